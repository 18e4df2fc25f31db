"""When a site works: weekdays, closures, shifts; and when a person is away."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils import dates
from django.utils.translation import gettext_lazy as _

from qms.forms.person import PersonField
from qms.forms.record_list import DayInput
from qms.models import Absence, Person, Shift, Site, User

CLOCK = forms.TimeInput(attrs={"type": "time"}, format="%H:%M")


class WeekdaysForm(forms.Form):
    """The days of the week a site works on."""

    weekdays = forms.TypedMultipleChoiceField(
        label=_("Working days"), coerce=int, widget=forms.CheckboxSelectMultiple,
        choices=[(number + 1, name) for number, name in dates.WEEKDAYS.items()],
        error_messages={"required": _("A site works on at least one day of the week.")},
    )  # fmt: skip

    def __init__(self, *args: Any, site: Site, **kwargs: Any) -> None:
        kwargs["initial"] = {"weekdays": list(site.working_weekdays)}
        super().__init__(*args, **kwargs)


class ClosureForm(forms.Form):
    """Days on which a site is closed."""

    starts_on = forms.DateField(label=_("First day"), widget=DayInput)
    ends_on = forms.DateField(
        label=_("Last day"), widget=DayInput, required=False, help_text=_("Empty: the first day only.")
    )
    reason = forms.CharField(label=_("Why"), max_length=120, help_text=_("Such as: Labor Day, summer shutdown."))

    def clean(self) -> dict[str, Any]:
        """One day when there is no last one."""
        data = super().clean() or {}
        data["ends_on"] = data.get("ends_on") or data.get("starts_on")
        return data


class ShiftForm(forms.Form):
    """A shift by the clock on the wall."""

    name = forms.CharField(label=_("Name"), max_length=20, help_text=_("As it stands with the people who work in it."))
    begins = forms.TimeField(label=_("Begins"), widget=CLOCK)
    ends = forms.TimeField(label=_("Ends"), widget=CLOCK, help_text=_("Earlier than it begins: on the next day."))

    def __init__(self, *args: Any, shift: Shift | None = None, **kwargs: Any) -> None:
        if shift is not None:
            names = ("begins", "ends", "is_active")
            kwargs["initial"] = {name: getattr(shift, name) for name in names}
        super().__init__(*args, **kwargs)
        if shift is not None:
            del self.fields["name"]
            self.fields["is_active"] = forms.BooleanField(label=_("In use"), required=False)


class AbsenceForm(forms.Form):
    """When somebody is away, and who stands in."""

    starts_on = forms.DateField(label=_("First day"), widget=DayInput)
    ends_on = forms.DateField(
        label=_("Last day"), widget=DayInput, required=False, help_text=_("Empty: the first day only.")
    )
    cause = forms.ChoiceField(
        label=_("Reason"), choices=Absence.Cause.choices,
        help_text=_("Only the person and those who approve absences see it."),
    )  # fmt: skip
    stand_in = PersonField(label=_("Who stands in"), required=False)

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["stand_in"].people = Person.objects.visible_to(user).active()  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """One day when there is no last one."""
        data = super().clean() or {}
        data["ends_on"] = data.get("ends_on") or data.get("starts_on")
        return data
