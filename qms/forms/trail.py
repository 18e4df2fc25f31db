"""Filters of the whole system's trail."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from qms.services.trail_list import verb_choices


class DayInput(forms.DateInput):
    input_type = "date"


class TrailFilterForm(forms.Form):
    q = forms.CharField(label=_("Reference or chain"), required=False, max_length=60)
    by = forms.CharField(label=_("By whom"), required=False, max_length=80)
    verb = forms.ChoiceField(label=_("What happened"), required=False, choices=verb_choices)
    since = forms.DateField(label=_("From (UTC)"), required=False, widget=DayInput)
    until = forms.DateField(label=_("Until (UTC)"), required=False, widget=DayInput)

    def values(self) -> dict[str, Any]:
        """What was filtered by; a value that cannot be read is left out and its field says so."""
        self.is_valid()
        return self.cleaned_data
