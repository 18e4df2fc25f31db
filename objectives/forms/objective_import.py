"""Measurements from a table: the file, then what its columns mean."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from objectives.services import objective_import as service


class MeasurementFileForm(forms.Form):
    """The table."""

    file = forms.FileField(
        label=_("CSV or Excel file"), widget=forms.ClearableFileInput(attrs={"accept": ".csv,.xlsx,.txt,text/csv"}),
        error_messages={"required": _("Choose a file."), "empty": _("The file is empty.")},
        help_text=_("One row per day, with the day and the value; n if you have it. Other columns stay out."),
    )  # fmt: skip


class ColumnsForm(forms.Form):
    """Which column means what; sent with the address, so that a look at the preview changes nothing."""

    order = forms.ChoiceField(label=_("Order of dates"), choices=list(service.ORDERS.items()), required=False)

    def __init__(self, *args: Any, header: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        columns = [
            (str(n), heading or _now("Column %d (no heading)") % (n + 1)) for n, heading in enumerate(header)
        ]  # fmt: skip
        guessed = service.guess(header).columns
        for field, label in service.FIELDS.items():
            first = [] if field in ("measured_on", "value") else [("", _now("is not in the file"))]
            self.fields[field] = forms.ChoiceField(
                label=label, choices=[*first, *columns], required=False, initial=str(guessed.get(field, ""))
            )
        self.order_fields([*service.FIELDS, "order"])
        self.guessed = guessed

    def mapping(self) -> service.Mapping:
        """What was chosen, or guessed when nothing was."""
        if not self.is_bound or not self.is_valid():
            return service.Mapping(self.guessed)
        chosen = {field: self.cleaned_data[field] for field in service.FIELDS}
        return service.Mapping({f: int(n) for f, n in chosen.items() if n != ""}, self.cleaned_data["order"])
