"""Routines: the list's filters, entering and changing one; explaining and moving a planned time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, cast

import django_filters
from django import forms
from django.utils import dates
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from leadership.models import ActivityType, Occurrence, Routine
from qms import recurrence
from qms.forms.name_field import NameField
from qms.forms.record_form import ONLY_CHANGED, RecordForm
from qms.forms.record_list import DayInput, RecordFilter
from qms.models import Area, User

WEEKDAYS = [(number + 1, name) for number, name in dates.WEEKDAYS.items()]
HOURS = [
    (0, _("None")), (1, _("1 hour")), (2, _("2 hours")), (4, _("4 hours")), (8, _("8 hours")), (12, _("12 hours")),
    (24, _("1 day")), (48, _("2 days")), (72, _("3 days")), (120, _("5 days")), (168, _("1 week")),
    (336, _("2 weeks")),
]  # fmt: skip
PER_YEAR = [(1, _("Once a year")), (2, _("Twice a year")), (3, _("Three times a year")), (4, _("Four times a year")),
            (6, _("Six times a year"))]  # fmt: skip


class RoutineFilter(RecordFilter):
    """Filters of the list."""

    status = django_filters.MultipleChoiceFilter(
        label=_("Status"), choices=Routine.Status.choices, widget=forms.CheckboxSelectMultiple
    )
    activity_type = django_filters.ModelChoiceFilter(
        label=_("Kind"), queryset=lambda _request: ActivityType.objects.in_order(), empty_label=_("Any kind")
    )
    only = django_filters.MultipleChoiceFilter(
        method="by_marks", label=_("Only those"), widget=forms.CheckboxSelectMultiple,
        choices=[("confidential", _("confidential"))],
    )  # fmt: skip

    class Meta:
        model = Routine
        fields: ClassVar[list[str]] = []


class RoutineForm(RecordForm):
    """What a leader does, how often, where, and within which window."""

    owner = NameField(label=_("Leader"), max_length=160, help_text=_("Somebody else is asked to agree to it first."))
    title = forms.CharField(
        label=_("Name"), max_length=240, required=False, help_text=_("Empty: the kind and how often, in words.")
    )
    frequency = forms.ChoiceField(
        label=_("How often"),
        choices=[
            ("working", _("Every working day")), ("weekly", _("Weekly, on certain days")),
            ("monthly", _("Monthly, on a certain weekday")), ("last", _("On the last working day of the month")),
            ("yearly", _("So many times a year")), ("own", _("By a rule of my own")),
        ],
    )  # fmt: skip
    every = forms.IntegerField(
        label=_("Every so many weeks or months"), min_value=1, max_value=52, initial=1, required=False,
        help_text=_("1: every one; 2: every second."),
    )  # fmt: skip
    weekdays = forms.TypedMultipleChoiceField(
        label=_("Weekly on"), choices=WEEKDAYS, coerce=int, required=False, widget=forms.CheckboxSelectMultiple
    )
    nth = forms.TypedChoiceField(
        label=_("Monthly on the"), choices=list(recurrence.NTH.items()), coerce=int, required=False, empty_value=None
    )
    weekday = forms.TypedChoiceField(label=_("Weekday"), choices=WEEKDAYS, coerce=int, required=False, empty_value=None)
    per_year = forms.TypedChoiceField(
        label=_("Times a year"), choices=PER_YEAR, coerce=int, required=False, empty_value=None
    )
    rule = forms.CharField(
        label=_("Rule of my own"), max_length=recurrence.LONGEST, required=False,
        help_text=_("As calendars write it: FREQ=MONTHLY;BYMONTHDAY=15"),
    )  # fmt: skip
    opens_before_hours = forms.TypedChoiceField(
        label=_("May be done before the day"), choices=HOURS, coerce=int, initial=0,
        help_text=_("The day itself, or the shift, always counts."),
    )  # fmt: skip
    grace_hours = forms.TypedChoiceField(
        label=_("Still in time after the day"), choices=HOURS, coerce=int, initial=0,
        help_text=_("Later than this it is done late, and stays late."),
    )  # fmt: skip
    areas = forms.ModelMultipleChoiceField(
        label=_("Areas"), queryset=Area.objects.none(), required=False, widget=forms.CheckboxSelectMultiple
    )
    effective_on = forms.DateField(
        label=_("From which day on"), widget=DayInput, required=False,
        help_text=_("Empty: from tomorrow. What was planned before stays."),
    )  # fmt: skip
    of_site = ()

    class Meta:
        model = Routine
        fields: ClassVar[list[str]] = [
            "owner", "activity_type", "site", "starts_on", "ends_on", "at_time", "minutes", "shift", "where",
            "on_closed", "is_confidential",
        ]  # fmt: skip
        widgets: ClassVar[dict[str, Any]] = {
            "starts_on": DayInput, "ends_on": DayInput,
            "at_time": forms.TimeInput(attrs={"type": "time"}, format="%H:%M"), "where": forms.RadioSelect,
            "on_closed": forms.RadioSelect,
        }  # fmt: skip

    field_order = (
        "owner", "activity_type", "title", "site", "frequency", "every", "weekdays", "nth", "weekday", "per_year",
        "rule", "starts_on", "ends_on", "at_time", "minutes", "shift", "where", "areas", "opens_before_hours",
        "grace_hours", "on_closed", "is_confidential", "effective_on", "reason", "version", "uid",
    )  # fmt: skip

    def __init__(self, *args: Any, user: User, record: Routine | None = None, **kwargs: Any) -> None:
        if record:
            names = ("title", "opens_before_hours", "grace_hours")
            start = {name: getattr(record, name) for name in names} | friendly(record.rule)
            kwargs["initial"] = start | {"areas": [area.pk for area in record.ordered_areas()]}
        super().__init__(*args, user=user, record=record, **kwargs)
        self.choose_from("activity_type", ActivityType.objects.active().in_order())
        areas = Area.objects.visible_to(user).active().select_related("site").order_by("site__name", "name", "pk")
        self.choose_from("areas", areas.filter(site=record.site_id) if record else areas)
        if record is None or record.status != Routine.Status.AGREED:
            del self.fields["effective_on"]
        if record:
            self.fields["owner"].disabled = True

    def clean(self) -> dict[str, Any] | None:
        """The rule in words becomes the rule as it is kept; the areas belong to the site."""
        values = super().clean() or self.cleaned_data
        try:
            self.cleaned_data["rule"] = recurrence.tidy(rule_of(values))
        except recurrence.RuleNotUnderstood as error:
            self.add_error({"own": "rule", "weekly": "weekdays"}.get(values.get("frequency", ""), "frequency"), error)
        site = values.get("site") or (self.instance.site if self.instance.pk else None)
        if site and any(area.site_id != site.pk for area in values.get("areas") or ()):
            self.add_error("areas", _now("This belongs to another site. Choose one of %s.") % site.name)
        return values

    def facts(self) -> dict[str, Any]:
        """What goes into the service, by its names."""
        helpers = {"frequency", "every", "weekdays", "nth", "weekday", "per_year", *ONLY_CHANGED}
        found = {name: value for name, value in self.cleaned_data.items() if name not in helpers}
        if self.instance.pk:
            found.pop("owner", None)
        return found | {"areas": list(found.get("areas") or ())}


def rule_of(values: Mapping[str, Any]) -> str:
    """The rule that the friendly fields say. Raises RuleNotUnderstood where a part is missing."""
    frequency, every = values.get("frequency"), values.get("every") or 1
    if frequency == "working":
        return "FREQ=DAILY"
    if frequency == "weekly":
        if not values.get("weekdays"):
            raise recurrence.RuleNotUnderstood(_now("Choose at least one day of the week."))
        return recurrence.weekly(values["weekdays"], every=every)
    if frequency == "last":
        return f"{recurrence.LAST_WORKING_DAY};INTERVAL={every}"
    if frequency in ("monthly", "yearly"):
        months = every if frequency == "monthly" else 12 // (values.get("per_year") or 1)
        return recurrence.monthly(values.get("nth") or 1, values.get("weekday") or 1, every=months)
    return values.get("rule") or ""


def friendly(rule: str) -> dict[str, Any]:
    """The friendly fields that say a rule; “own” where they cannot."""
    parts = recurrence.parts_of(rule)
    every = int(parts.get("INTERVAL", "1"))
    on = [day for day in parts.get("BYDAY", "").split(",") if day]
    kept = parts.keys() - {"INTERVAL", "WKST"}
    start: dict[str, Any] = {"rule": rule, "every": every}
    if rule == "FREQ=DAILY":
        return start | {"frequency": "working"}
    if parts["FREQ"] == "WEEKLY" and kept == {"FREQ", "BYDAY"} and all(len(day) == 2 for day in on):
        return start | {"frequency": "weekly", "weekdays": [recurrence.WEEKDAYS.index(day) + 1 for day in on]}
    if parts["FREQ"] == "MONTHLY" and kept == {"FREQ", "BYDAY", "BYSETPOS"} and parts["BYSETPOS"] == "-1":
        return start | {"frequency": "last"}
    if parts["FREQ"] == "MONTHLY" and kept == {"FREQ", "BYDAY"} and len(on) == 1 and len(on[0]) > 2:
        nth, weekday = int(on[0][:-2]), recurrence.WEEKDAYS.index(on[0][-2:]) + 1
        return start | {"frequency": "monthly", "nth": nth, "weekday": weekday}
    return start | {"frequency": "own"}


class ExplainForm(forms.Form):
    """Why a planned time was missed."""

    cause = forms.ChoiceField(
        label=_("What came in between?"), choices=Occurrence.Cause.choices, widget=forms.RadioSelect
    )
    note = forms.CharField(
        label=_("In a few words"), max_length=400, required=False, widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("Nobody is blamed for a miss. A reason that comes back shows what to change."),
    )  # fmt: skip


class ReplanForm(forms.Form):
    """Another day for a planned time."""

    planned_on = forms.DateField(label=_("New day"), widget=DayInput)
    reason = forms.CharField(label=_("Why"), max_length=400, widget=forms.Textarea(attrs={"rows": 2}))


class PeriodForm(forms.Form):
    """The months a measure is taken over."""

    MONTHS: ClassVar[list[tuple[int, Any]]] = [(3, _("3 months")), (6, _("6 months")), (12, _("12 months"))]

    months = forms.TypedChoiceField(
        label=_("Period"), choices=MONTHS, coerce=int, required=False, empty_value=None,
        widget=forms.Select(attrs={"class": "form-select w-auto"}),
    )  # fmt: skip

    def chosen(self) -> int:
        """How many months; three without a choice."""
        return cast(int, self.cleaned_data["months"] or 3) if self.is_valid() else 3
