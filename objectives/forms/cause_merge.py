"""The form that merges one root cause into another."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from objectives.models import Cause
from objectives.services import cause_merge as service


class CauseField(forms.ModelChoiceField):
    """Offers the causes that stand; one merged meanwhile is found too, so that the service can say so."""

    def to_python(self, value: Any) -> Cause | None:
        """The cause of that key, whether it is still on offer or not."""
        known = Cause.objects.filter(pk=value).first() if str(value).isdecimal() and len(str(value)) < 19 else None
        return known or super().to_python(value)


class CauseMergeForm(forms.Form):
    """Which cause into which, and why; ``confirm`` is a button, after the preview."""

    cause = CauseField(
        label=_("This cause"), queryset=service.choices(), empty_label=_("Choose"),
        help_text=_("It leaves the list; its nonconformities move."),
    )  # fmt: skip
    into = CauseField(
        label=_("means the same as"), queryset=service.choices().filter(is_active=True), empty_label=_("Choose"),
        help_text=_("It stays, under the name it has."),
    )  # fmt: skip
    reason = forms.CharField(
        label=_("Why they are the same"), max_length=400, widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"required": _("Say in a few words why they mean the same; it stays in the timelines.")},
    )  # fmt: skip
