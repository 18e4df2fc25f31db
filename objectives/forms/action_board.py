"""The filters of the boards: place and period."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from qms.forms.record_list import DayInput
from qms.models import Area, Site, User

MOST_DAYS = 1830


class BoardForm(forms.Form):
    """Where and when; everything may be left empty."""

    site = forms.ModelChoiceField(label=_("Site"), queryset=Site.objects.none(), required=False, empty_label=_("All"))
    area = forms.ModelChoiceField(label=_("Area"), queryset=Area.objects.none(), required=False, empty_label=_("All"))
    since = forms.DateField(label=_("Began from"), widget=DayInput, required=False)
    until = forms.DateField(label=_("Began until"), widget=DayInput, required=False)

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        sites, areas = self.fields["site"], self.fields["area"]
        sites.queryset = Site.objects.visible_to(user).order_by("name", "pk")  # type: ignore[attr-defined]
        found = Area.objects.visible_to(user).select_related("site").order_by("site__name", "name", "pk")
        areas.queryset = found  # type: ignore[attr-defined]
        areas.label_from_instance = lambda area: f"{area.site.name} · {area.name}"  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any] | None:
        """The period is in order, and at most five years long."""
        values = super().clean() or self.cleaned_data
        since, until = values.get("since"), values.get("until")
        if since and until and (since > until or (until - since).days > MOST_DAYS):
            self.add_error("until", _now("Choose a day after the first one, at most five years later."))
        return values

    def period(self, default: tuple[date, date]) -> tuple[date, date]:
        """The chosen period, or what is left of the default one."""
        values = self.cleaned_data if self.is_valid() else {}
        since, until = values.get("since") or default[0], values.get("until") or default[1]
        return (since, until) if since <= until else default
