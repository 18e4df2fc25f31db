"""Filters of the list of activities, and the form that corrects one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import django_filters
from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from leadership.forms.person_entry import Entry, PeopleField, as_lines, without_uids
from leadership.models import Activity, ActivityType
from leadership.services import activity as service
from objectives.forms.contribution import ServesField
from objectives.services import contribution
from qms.forms.record_clash import ClashLine, clash_lines
from qms.forms.record_list import ChoiceFilter, RecordFilter
from qms.models import Area, Record, RecordPerson, User

PARTS = {"leaders": RecordPerson.Part.LEADER, "people_met": RecordPerson.Part.MET}


def types_in_order(_request: Any) -> QuerySet[ActivityType]:
    """Every kind, retired ones too: old activities have them."""
    return ActivityType.objects.in_order()


class ActivityFilter(RecordFilter):
    """Filters of the list of activities."""

    kind = ChoiceFilter(
        "activity_type", queryset=types_in_order, to_field_name="slug", label=_("Kind"), empty_label=_("Any kind")
    )
    status = django_filters.ChoiceFilter(
        label=_("Status"), choices=Activity.Status.choices, empty_label=_("Any status")
    )
    owner = django_filters.CharFilter(method="by_owner", label=_("Leader"))
    search_fields = ("title__icontains", "notes__icontains", "reference__istartswith")

    field_order = ("kind", "owner", "site", "area", "since", "until", "status", "only")

    class Meta:
        model = Activity
        fields: list[str] = []


class MomentInput(forms.DateTimeInput):
    """The browser's own picker of a day and a time."""

    input_type = "datetime-local"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%dT%H:%M")


class ActivityForm(forms.Form):
    """What may be corrected in a logged activity, with the obligatory reason. Times are in the site's zone."""

    title = forms.CharField(label=_("What happened, in one sentence"), max_length=240)
    activity_type = forms.ModelChoiceField(label=_("Kind"), queryset=ActivityType.objects.none())
    area = forms.ModelChoiceField(label=_("Area"), queryset=Area.objects.none(), required=False)
    happened_at = forms.DateTimeField(label=_("When"), widget=MomentInput, input_formats=["%Y-%m-%dT%H:%M"])
    duration_minutes = forms.IntegerField(label=_("Minutes"), required=False, min_value=1, max_value=1440)
    audience_size = forms.IntegerField(label=_("Size of the audience"), required=False, min_value=0)
    leaders = PeopleField(label=_("Who led"), most=10, required=True, help_text=_("One name per line."))
    people_met = PeopleField(
        label=_("People met"), most=400,
        help_text=_("One name per line. Names of people you see are recognized; other names are kept as written."),
    )  # fmt: skip
    notes = forms.CharField(label=_("Notes"), widget=forms.Textarea(attrs={"rows": 4}), required=False)
    serves = ServesField(
        label=_("Goal or objective it was for"), queryset=Record.objects.none(), required=False,
        empty_label=_("None in particular"),
    )  # fmt: skip
    is_confidential = forms.BooleanField(
        label=_("Confidential"), required=False,
        help_text=_("Only you, the leader, the quality manager and auditors see it."),
    )  # fmt: skip
    late_reason = forms.CharField(label=_("Why it was entered late"), max_length=400, required=False)
    reason = forms.CharField(
        label=_("Why you correct it"), max_length=400, widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("Stays in the timeline for everybody who sees this record."),
    )  # fmt: skip
    version = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, activity: Activity, user: User, **kwargs: Any) -> None:
        self.activity, self.user = activity, user
        kwargs.setdefault("initial", values_of(activity))
        super().__init__(*args, **kwargs)
        kinds = ActivityType.objects.filter(is_active=True) | ActivityType.objects.filter(pk=activity.activity_type_id)
        self.fields["activity_type"].queryset = kinds.in_order()  # type: ignore[attr-defined]
        areas = Area.objects.visible_to(user).filter(site=activity.site)
        self.fields["area"].queryset = areas.order_by("name", "pk")  # type: ignore[attr-defined]
        serves = contribution.choices(user)
        standing = Record.objects.visible_to(user).filter(pk=self.initial.get("serves") or 0)
        if standing.exists():  # it may have ended
            serves = serves | standing
        else:  # what somebody may not see stays as it is
            self.initial["serves"] = None
        self.fields["serves"].queryset = serves  # type: ignore[attr-defined]
        for name, part in PARTS.items():
            self.fields[name].user = user  # type: ignore[attr-defined]
            self.fields[name].standing = entries_of(activity, part)  # type: ignore[attr-defined]

    def changes(self) -> dict[str, Any]:
        """What the service takes: plain facts, and people where they were changed."""
        found = {name: self.cleaned_data[name] for name in service.PLAIN_FIELDS}
        return found | {name: self.cleaned_data[name] for name in (*PARTS, "serves") if name in self.changed_data}

    def clash(self, current: Activity) -> list[ClashLine]:
        """What was typed beside the activity as it stands now."""
        lines = clash_lines(self, ActivityForm(activity=current, user=self.user), leave_out=("version", "reason"))
        return [replace(line, theirs=without_uids(line.theirs), yours=without_uids(line.yours)) for line in lines]


def entries_of(activity: Activity, part: str) -> list[Entry]:
    """The people of a record as the field takes them."""
    return [(entry.person, entry.name) for entry in activity.people() if entry.part == part]


def values_of(activity: Activity) -> dict[str, Any]:
    """The form's first values."""
    plain = {name: getattr(activity, name) for name in service.PLAIN_FIELDS}
    serves = contribution.served_by(activity)
    return plain | {
        "serves": serves.pk if serves else None,
        "activity_type": activity.activity_type_id,
        "area": activity.area_id,
        **{name: as_lines(entries_of(activity, part)) for name, part in PARTS.items()},
        "version": activity.version,
    }


class StopForm(forms.Form):
    """One stop of a walk; a stop without words is dropped."""

    area = forms.ModelChoiceField(label=_("Area"), queryset=Area.objects.none(), required=False)
    seen = forms.CharField(label=_("Seen"), max_length=600, required=False)
    heard = forms.CharField(label=_("Heard"), max_length=600, required=False)
    promised = forms.CharField(label=_("Promised"), max_length=600, required=False)

    def __init__(self, *args: Any, areas: QuerySet[Area], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["area"].queryset = areas  # type: ignore[attr-defined]


StopForms = forms.formset_factory(StopForm, extra=1, max_num=60)


def stop_forms(data: Any, activity: Activity, user: User) -> forms.BaseFormSet[StopForm]:
    """The stops of a walk as a list of small forms, one empty one at the end."""
    stops = activity.stops.order_by("position", "pk")
    initial = [{"area": s.area_id, "seen": s.seen, "heard": s.heard, "promised": s.promised} for s in stops]
    areas = Area.objects.visible_to(user).filter(site=activity.site).order_by("name", "pk")
    return StopForms(data, initial=initial, prefix="stops", form_kwargs={"areas": areas})


def stops_sent(forms_: forms.BaseFormSet[StopForm]) -> Sequence[service.Stop]:
    """The stops as the service takes them."""
    return [
        {"area": row.get("area"), "seen": row.get("seen", ""), "heard": row.get("heard", ""),
         "promised": row.get("promised", "")}
        for row in (form.cleaned_data for form in forms_)
        if row
    ]  # fmt: skip


def stops_in_words(forms_: forms.BaseFormSet[StopForm]) -> str:
    """The stops as lines of text, for the comparison of two versions."""
    lines = []
    for form in forms_:
        values = [form[name].value() or "" for name in ("seen", "heard", "promised")]
        if any(values):
            lines.append(" · ".join(str(value) for value in values if value))
    return "\n".join(lines)


class WithdrawForm(forms.Form):
    """Why a record is withdrawn."""

    reason = forms.CharField(
        label=_("Why it is withdrawn"), max_length=400, widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("The record stays readable with this reason; it no longer counts as evidence."),
    )  # fmt: skip
