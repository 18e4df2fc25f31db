"""What a token of the interface is for, what it may do, until when, and whom it acts for."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, cast

from django import forms
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from qms.forms.person import PersonField
from qms.forms.record_list import DayInput
from qms.forms.signature import ConfirmedForm
from qms.models import ApiToken, Person, User
from qms.services.api_token import LONGEST

USUAL = timedelta(days=90)


class TokenForm(ConfirmedForm):
    """A token for one record: what for, until when, and the proof of who makes it, as it outlives the session.

    ``today``: the day in UTC, in which tokens end.
    """

    name = forms.CharField(
        label=_("What is it for"), max_length=80, help_text=_("The program or machine that uses it: scale of line 3.")
    )
    last_day = forms.DateField(
        label=_("Last day"), widget=DayInput, help_text=_("At most twelve months from now. It ends at midnight UTC."),
    )  # fmt: skip
    field_order: Iterable[str] | None = ("name", "last_day", "password", "code")

    def __init__(self, *args: Any, today: date, **kwargs: Any) -> None:
        self.today = today
        kwargs.setdefault("initial", {"last_day": today + USUAL})
        super().__init__(*args, **kwargs)
        self.fields["last_day"].widget.attrs |= {"min": str(today), "max": str(today + LONGEST - timedelta(days=1))}

    def clean_last_day(self) -> date:
        """Within the twelve months a token may live."""
        day: date = self.cleaned_data["last_day"]
        if not self.today <= day < self.today + LONGEST:
            raise forms.ValidationError(_now("Choose a day from today on, at most twelve months away."))
        return day

    def facts(self) -> dict[str, Any]:
        """The values by the service's names."""
        ends = datetime.combine(self.cleaned_data["last_day"] + timedelta(days=1), time.min, tzinfo=UTC)
        return {"name": self.cleaned_data["name"], "expires_at": ends, "scopes": self.cleaned_data.get("scopes", [])}


class PersonalTokenForm(TokenForm):
    """A token of one's own: also what it may do."""

    scopes = forms.MultipleChoiceField(
        label=_("It may"), choices=ApiToken.Scope.choices, widget=forms.CheckboxSelectMultiple,
        help_text=_("Never more than the one it acts for may do."),
    )  # fmt: skip
    field_order = ("person", "name", "scopes", "last_day", "password", "code")


class ServiceTokenForm(PersonalTokenForm):
    """A token for a machine: also the log-in it acts for."""

    person = PersonField(
        label=_("It acts for"),
        help_text=_(
            "Somebody with a log-in, whose rights it gets, whose name stands in the trail, and who is told of it. "
            "Where that is more than you may yourself, it opens nothing before that person agrees."
        ),
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, user=user, **kwargs)
        people = Person.objects.visible_to(user).active().filter(user__is_active=True)
        cast(PersonField, self.fields["person"]).people = people.order_by("name", "pk")

    def owner(self) -> User:
        """The log-in of the person chosen."""
        return User.objects.get(person=self.cleaned_data["person"])
