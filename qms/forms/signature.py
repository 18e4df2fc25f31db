"""Signing a record: what the signature means, and the proof of who signs."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from qms.models import User
from qms.services import reauthentication

MEANINGS = [
    (_("I took part: it happened as recorded"), _("I took part: it happened as recorded")),
    (_("I have reviewed this record"), _("I have reviewed this record")),
    (_("I approve this record"), _("I approve this record")),
]


class SignForm(forms.Form):
    """Meaning, password and, with two-step log-in, a code. ``method`` says how the signer proved who signs."""

    meaning = forms.ChoiceField(
        label=_("What your signature says"), choices=MEANINGS, widget=forms.RadioSelect,
        error_messages={"required": _("Choose what your signature says.")},
    )  # fmt: skip
    password = forms.CharField(
        label=_("Your password"), widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
        help_text=_("A signature needs a fresh proof that it is you."),
    )  # fmt: skip
    code = forms.CharField(
        label=_("Code from your authenticator app"), required=False,
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "inputmode": "numeric"}),
    )  # fmt: skip
    method = ""

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user
        if not reauthentication.needs_code(user):
            del self.fields["code"]

    def clean(self) -> dict[str, Any] | None:
        """Check the proof; a wrong answer is counted."""
        values = super().clean()
        if not self.errors:
            try:
                self.method = reauthentication.confirm(
                    self.user, self.cleaned_data["password"], self.cleaned_data.get("code")
                )
            except (reauthentication.WrongCode, reauthentication.CodeNeeded) as error:
                self.add_error("code", str(error))
            except reauthentication.NotConfirmed as error:
                self.add_error("password", str(error))
        return values
