"""The form with which somebody's personal data is redacted."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _


class RedactionForm(forms.Form):
    """Why, and that one knows what it means."""

    reason = forms.CharField(
        label=_("Reason"), max_length=400, help_text=_("Kept in the trail. Do not name the person."),
    )  # fmt: skip
    is_final = forms.BooleanField(
        label=_("I know that this cannot be undone"),
        error_messages={"required": _("Tick the box: what is replaced cannot be brought back.")},
    )
