"""Asking people who were there, and their answer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from leadership.models import Answer, Invitation
from qms.models import RecordPerson


class InviteForm(forms.Form):
    """Whom to ask, out of the people met who have not answered."""

    people = forms.MultipleChoiceField(
        label=_("Whom do you ask?"), widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Choose at least one person.")},
    )  # fmt: skip

    def __init__(self, *args: Any, people: Sequence[RecordPerson], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["people"]
        field.choices = [(person.pk, person.name) for person in people]  # type: ignore[attr-defined]
        field.initial = [person.pk for person in people]

    def chosen(self) -> list[int]:
        """The chosen participants' keys."""
        return [int(pk) for pk in self.cleaned_data["people"]]


class AnswerForm(forms.Form):
    """One answer; ``happened`` is the button that was tapped."""

    happened = forms.ChoiceField(
        choices=Answer.Happened.choices, error_messages={"required": _("Tap one of the three answers.")}
    )
    point = forms.ChoiceField(
        label=_("If you raised a point: was it answered?"), choices=Answer.Point.choices, widget=forms.RadioSelect,
        initial=Answer.Point.NONE, required=False,
    )  # fmt: skip
    words = forms.CharField(
        label=_("In your words"), required=False, max_length=400, widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("Only if you like."),
    )  # fmt: skip
    is_anonymous = forms.BooleanField(
        label=_("Answer without my name"), required=False,
        help_text=_("Your answer is then kept without your name and without the time."),
    )  # fmt: skip

    def clean_point(self) -> str:
        """Nothing chosen means nothing raised."""
        return str(self.cleaned_data["point"] or Answer.Point.NONE)


class PinAnswerForm(AnswerForm):
    """The same at the activity's QR code: who one is comes first."""

    who = forms.ModelChoiceField(
        label=_("Who are you?"), queryset=Invitation.objects.none(), empty_label=_("Your name")
    )
    pin = forms.CharField(
        label=_("Your PIN"), max_length=12,
        widget=forms.PasswordInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )  # fmt: skip
    field_order = ("who", "pin")

    def __init__(self, *args: Any, invitations: Sequence[Invitation], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["who"]
        pks = [invitation.pk for invitation in invitations]
        field.queryset = Invitation.objects.filter(pk__in=pks).select_related(  # type: ignore[attr-defined]
            "participant__person", "activity__site", "activity__owner", "activity__activity_type"
        ).order_by("participant__name", "pk")  # fmt: skip
        field.label_from_instance = lambda invitation: invitation.participant.name  # type: ignore[attr-defined]
