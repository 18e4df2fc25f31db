"""Uploading a table of people and saying what its columns mean."""

from __future__ import annotations

from typing import Any, cast

from django import forms
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from qms.models import PersonImport, Site, User
from qms.services.person_import_columns import FIELDS


class UploadForm(forms.Form):
    """The file, and the site of people whose row names none."""

    file = forms.FileField(
        label=_("CSV or Excel file"), widget=forms.ClearableFileInput(attrs={"accept": ".csv,.xlsx,.txt,text/csv"}),
        error_messages={"required": _("Choose a file."), "empty": _("The file is empty.")},
    )  # fmt: skip
    site = forms.ModelChoiceField(
        label=_("Site"), queryset=Site.objects.none(), empty_label=_("Choose a site"),
        help_text=_("Where people work whose row does not say so."),
    )  # fmt: skip

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        site = cast(forms.ModelChoiceField, self.fields["site"])
        site.queryset = Site.objects.visible_to(user).active().order_by("name", "pk")
        if len(site.queryset) == 1:
            self.initial["site"] = site.queryset[0]


class MappingForm(forms.Form):
    """One choice per column: which fact it holds, or that it stays out."""

    def __init__(self, *args: Any, person_import: PersonImport, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [("", _now("will not be imported")), *FIELDS.items()]
        for number, heading in enumerate(person_import.header):
            label = heading or _now("Column %d (no heading)") % (number + 1)
            self.fields[f"column_{number}"] = forms.ChoiceField(
                label=label, choices=choices, required=False, initial=person_import.mapping[number]
            )
        self.samples = [
            [c for _l, cells in person_import.rows[:60] if (c := cells[number] if number < len(cells) else "")][:3]
            for number in range(len(person_import.header))
        ]

    def columns(self) -> list[tuple[Any, list[str]]]:
        """Each field with examples of what stands in the column."""
        return list(zip(self, self.samples, strict=True))

    def mapping(self) -> list[str]:
        """The chosen field names, column by column."""
        return [self.cleaned_data[f"column_{number}"] for number in range(len(self.samples))]


class ApplyForm(forms.Form):
    """Which rows, of which preview."""

    digest = forms.CharField(max_length=64)
    areas = forms.BooleanField(required=False)
    which = forms.ChoiceField(choices=[("all", "all"), ("chosen", "chosen")])
    line = forms.TypedMultipleChoiceField(coerce=int, required=False)

    def __init__(self, *args: Any, lines: list[int], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        cast(forms.TypedMultipleChoiceField, self.fields["line"]).choices = [(line, str(line)) for line in lines]

    def lines(self) -> list[int] | None:
        """The chosen lines; None for all."""
        return None if self.cleaned_data["which"] == "all" else list(self.cleaned_data["line"])
