"""The fresh proof of who somebody is, and signing a record: what the signature means."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from qms.forms.elevation import ProofForm
from qms.models import Record, User
from qms.services import reauthentication

MEANINGS = [
    (_("I took part: it happened as recorded"), _("I took part: it happened as recorded")),
    (_("I have reviewed this record"), _("I have reviewed this record")),
    (_("I approve this record"), _("I approve this record")),
]


class ConfirmedForm(ProofForm):
    """A form that wants the proof and checks it; ``method`` says how the user proved who is there."""

    method = ""

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, needs_code=reauthentication.needs_code(user), **kwargs)
        self.user = user
        self.fields["password"].help_text = _("This needs a fresh proof that it is you.")

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


class SignForm(ConfirmedForm):
    """What the signature says, and the proof of who signs."""

    meaning = forms.ChoiceField(
        label=_("What your signature says"), choices=MEANINGS, widget=forms.RadioSelect,
        error_messages={"required": _("Choose what your signature says.")},
    )  # fmt: skip
    field_order: Iterable[str] | None = ("meaning", "password", "code")


class SignVersionForm(ConfirmedForm):
    """A signature that says one thing, under the version of the record that was shown: ``version`` is sent back."""

    version = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, record: Record, **kwargs: Any) -> None:
        kwargs.setdefault("initial", {"version": record.version})
        super().__init__(*args, **kwargs)
