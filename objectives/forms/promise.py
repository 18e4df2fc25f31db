"""The one question to the person something was promised to."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from objectives.models import Promise

ANSWERS = [(Promise.Answer.KEPT.value, Promise.Answer.KEPT.label),
           (Promise.Answer.NOT_KEPT.value, Promise.Answer.NOT_KEPT.label)]  # fmt: skip


class PromiseForm(forms.Form):
    """Kept or not yet; ``answer`` is the button that was tapped."""

    answer = forms.ChoiceField(choices=ANSWERS, error_messages={"required": _("Tap one of the two answers.")})
    words = forms.CharField(
        label=_("In your words"), required=False, max_length=400, widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("Needed for “not yet”: what is still missing?"),
    )  # fmt: skip

    def clean(self) -> dict[str, Any] | None:
        """Not yet needs a word on what is missing."""
        values = super().clean() or self.cleaned_data
        if values.get("answer") == Promise.Answer.NOT_KEPT and not (values.get("words") or "").strip():
            self.add_error("words", _now("Say in a few words what is still missing."))
        return values


class PinPromiseForm(PromiseForm):
    """The same at the action's QR code, with the person's own PIN first."""

    pin = forms.CharField(
        label=_("Your PIN"), max_length=12,
        widget=forms.PasswordInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )  # fmt: skip
    field_order = ("pin",)
