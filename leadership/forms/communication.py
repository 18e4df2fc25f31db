"""Communications: the list's filters, entering one, giving a planned one, asking and answering."""

from __future__ import annotations

from typing import Any, cast

import django_filters
from django import forms
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from leadership.forms.role import LinesField
from leadership.models import Communication
from qms.forms.name_field import NameField
from qms.forms.record_form import RecordForm
from qms.forms.record_list import DayInput, RecordFilter
from qms.models import Area, Person, RecordPerson, User
from qms.models.person import searchable


class CommunicationFilter(RecordFilter):
    """Filters of the list; the period is when it was given, or entered while it is planned."""

    status = django_filters.MultipleChoiceFilter(
        label=_("Status"), choices=Communication.Status.choices, widget=forms.CheckboxSelectMultiple
    )
    channel = django_filters.ChoiceFilter(label=_("How"), choices=Communication.Channel.choices)
    only = django_filters.MultipleChoiceFilter(
        method="by_marks", label=_("Only those"), widget=forms.CheckboxSelectMultiple,
        choices=[("asked", _("with an open question")), ("late", _("entered late")),
                 ("confidential", _("confidential"))],
    )  # fmt: skip
    search_fields = ("title__icontains", "message__icontains", "reference__istartswith")

    class Meta:
        model = Communication
        fields: list[str] = []

    def by_marks(self, rows: QuerySet[Any], name: str, value: list[str]) -> QuerySet[Any]:
        """Rows that carry every mark that is ticked."""
        rows = rows.filter(waiting__gt=0) if "asked" in value else rows
        return super().by_marks(rows, name, value)


class PeopleField(LinesField):
    """People reached by name, one in each line: known ones are found, others stay a free name."""

    user: User

    def clean(self, value: Any) -> list[tuple[Person | None, str]]:
        """Each line as a person, or None with the name. One query."""
        names = super().clean(value)
        if len(names) > 200 or any(len(name) > 160 for name in names):
            raise forms.ValidationError(_now("At most 200 names of 160 characters; give the number for more."))
        known = Person.objects.visible_to(self.user).active().filter(search_name__in=[searchable(n) for n in names])
        found: dict[str, list[Person]] = {}
        for person in known.order_by("pk"):
            found.setdefault(person.search_name, []).append(person)
        return [(only[0] if len(only := found.get(searchable(n), [])) == 1 else None, n) for n in names]


class CommunicationForm(RecordForm):
    """A communication's facts: without the day it was given it is planned."""

    owner = NameField(label=_("Who speaks"), max_length=160)
    occurred_on = forms.DateField(
        label=_("Given on"), required=False, widget=DayInput, help_text=_("Empty while it is only planned.")
    )
    due_on = forms.DateField(label=_("Planned for"), required=False, widget=DayInput)
    areas = forms.ModelMultipleChoiceField(
        label=_("Areas"), queryset=Area.objects.none(), required=False, widget=forms.CheckboxSelectMultiple
    )
    job_titles = LinesField(
        label=_("Job titles"), required=False, max_length=2000, widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("One in each line."),
    )  # fmt: skip
    people = PeopleField(
        label=_("People by name"), required=False, max_length=20_000, widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("One in each line, with a log-in or not. Leave it empty for a crowd."),
    )  # fmt: skip

    class Meta:
        model = Communication
        fields = [
            "title", "message", "owner", "channel", "occurred_on", "due_on", "areas", "job_titles", "audience",
            "audience_size", "questions_until_on", "site", "area", "is_confidential",
        ]  # fmt: skip
        labels = {"title": _("What it is about")}
        widgets = {"message": forms.Textarea(attrs={"rows": 5}), "questions_until_on": DayInput}
        help_texts = {"questions_until_on": _("Until then anybody with the link or code may ask, without a log-in.")}

    field_order = (
        "title", "message", "owner", "channel", "occurred_on", "due_on", "areas", "job_titles", "people", "audience",
        "audience_size", "questions_until_on", "site", "area", "is_confidential", "reason",
    )  # fmt: skip

    def __init__(self, *args: Any, user: User, record: Communication | None = None, **kwargs: Any) -> None:
        start: dict[str, Any] = {"occurred_on": timezone.localdate()}
        if record:
            met = [p.name for p in record.people() if p.part == RecordPerson.Part.MET]
            is_given = record.status == Communication.Status.GIVEN
            start = {"people": met, "occurred_on": record.occurred_on if is_given else None}
        kwargs["initial"] = start | kwargs.get("initial", {})
        super().__init__(*args, user=user, record=record, **kwargs)
        cast(PeopleField, self.fields["people"]).user = user
        areas = Area.objects.visible_to(user).active().order_by("name", "pk")
        self.choose_from("areas", areas.filter(site=record.site_id) if record else areas)
        if record:
            self.fields.pop("due_on" if is_given else "occurred_on")

    def clean(self) -> dict[str, Any] | None:
        """The areas are of the site, and a given one is not planned."""
        values = super().clean() or self.cleaned_data
        site = values.get("site")
        if site and any(area.site_id != site.pk for area in values.get("areas", ())):
            self.add_error("areas", _now("These areas belong to another site."))
        return values


class GiveForm(forms.Form):
    """When it was said, and to how many."""

    occurred_on = forms.DateField(label=_("Given on"), widget=DayInput)
    audience_size = forms.IntegerField(label=_("How many people"), required=False, min_value=1, max_value=1_000_000)


class QuestionForm(forms.Form):
    """A question somebody asked on the spot, or asks now."""

    text = forms.CharField(label=_("Question"), max_length=400, widget=forms.Textarea(attrs={"rows": 3}))
    asker = forms.CharField(
        label=_("Who asks"), max_length=160, required=False, help_text=_("Leave it empty for no name.")
    )


class AnswerQuestionForm(forms.Form):
    """The answer, by whom and when."""

    text = forms.CharField(label=_("Answer"), max_length=4000, widget=forms.Textarea(attrs={"rows": 5}))
    answered_by = NameField(label=_("Who answers"), max_length=160)
    answered_on = forms.DateField(label=_("When"), widget=DayInput)

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        kwargs["initial"] = {"answered_by": user.person, "answered_on": timezone.localdate()}
        super().__init__(*args, **kwargs)
        self.fields["answered_by"].user = user  # type: ignore[attr-defined]
