"""What the Evidence page shows: site, edition, day and period, all in the address."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from qms.models import Site, StandardEdition

YEAR = timedelta(days=364)


class EvidenceFilterForm(forms.Form):
    """Filters of the Evidence pages. What cannot be read falls back to the usual, with a message at the field."""

    site = forms.ChoiceField(label=_("Site"), required=False)
    edition = forms.ChoiceField(label=_("Edition"), required=False)
    on = forms.DateField(
        label=_("As of"), required=False, widget=forms.DateInput(attrs={"type": "date"}),
        error_messages={"invalid": _("Write the date as 2026-11-22.")},
    )  # fmt: skip
    since = forms.DateField(
        label=_("Count records from"), required=False, widget=forms.DateInput(attrs={"type": "date"}),
        error_messages={"invalid": _("Write the date as 2026-11-22.")},
    )  # fmt: skip
    show = forms.ChoiceField(
        label=_("Clauses"), required=False,
        choices=[("", _("Leadership first")), ("all", _("All clauses"))],
    )  # fmt: skip

    def __init__(
        self,
        data: Any,
        *,
        sites: Sequence[Site],
        editions: Sequence[StandardEdition],
        today: date,
        is_clause: bool = False,
    ) -> None:
        super().__init__(data)
        self.all_sites, self.editions, self.today = sites, editions, today
        self._field("site").choices = [("", _("All my sites")), *((str(s.pk), s.name) for s in sites)]
        default = next((e for e in editions if e.is_default), None)
        named = [(e.slug, str(e)) for e in editions]
        self._field("edition").choices = [
            ("", str(default or "")),
            *(c for e, c in zip(editions, named, strict=True) if e != default),
        ]
        if len(editions) == 1 and is_clause:
            del self.fields["edition"], self.fields["show"]
        self.is_valid()

    def _field(self, name: str) -> forms.ChoiceField:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101  declared above
        return field

    def clean_on(self) -> date | None:
        """A day that has come."""
        on: date | None = self.cleaned_data["on"]
        if on and on > self.today:
            raise ValidationError(_("Choose today or an earlier day; nobody knows later evidence."))
        return on

    @property
    def sites(self) -> list[Site]:
        """The site chosen, or all the user sees."""
        chosen = self.cleaned_data.get("site")
        return [s for s in self.all_sites if not chosen or str(s.pk) == chosen]

    @property
    def edition_chosen(self) -> StandardEdition | None:
        """The edition chosen, or the default."""
        slug = self.cleaned_data.get("edition")
        if len(self.editions) == 1:
            return self.editions[0]
        return next((e for e in self.editions if (e.slug == slug if slug else e.is_default)), None)

    @property
    def on_chosen(self) -> date:
        """The day chosen, or today."""
        return self.cleaned_data.get("on") or self.today

    @property
    def since_chosen(self) -> date:
        """The first day counted; a year before the day chosen, unless said otherwise and possible."""
        since: date | None = self.cleaned_data.get("since")
        return since if since and since <= self.on_chosen else self.on_chosen - YEAR
