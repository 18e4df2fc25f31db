"""Asking people to read and acknowledge: the list's filters, whom to ask and who is missing."""

from __future__ import annotations

import uuid
from typing import Any, cast

import django_filters
from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from leadership.models import AcknowledgementCampaign, Addressee
from qms.forms.name_field import NameField
from qms.forms.record_form import RecordForm
from qms.forms.record_list import AreaFilter, DayInput, RecordFilter, visible_areas
from qms.models import Area, Person, Record, Site, User, site_today

MOST_NAMES = 200
MOST_WRONG = 6


class AcknowledgementFilter(RecordFilter):
    """Filters of the list of campaigns."""

    status = django_filters.MultipleChoiceFilter(
        label=_("Status"), choices=AcknowledgementCampaign.Status.choices, widget=forms.CheckboxSelectMultiple
    )
    only = django_filters.MultipleChoiceFilter(
        method="by_marks", label=_("Only those"), widget=forms.CheckboxSelectMultiple,
        choices=[("confidential", _("confidential"))],
    )  # fmt: skip

    class Meta:
        model = AcknowledgementCampaign
        fields: list[str] = []


class NamesField(forms.CharField):
    """People by name, one a line; cleaned to the people the ``user`` may see."""

    user: User
    widget = forms.Textarea(attrs={"rows": 3})

    def clean(self, value: Any) -> list[Person]:
        """Everybody named. Raises ValidationError for each name that nobody, or more than one, has."""
        lines = [line.strip() for line in str(super().clean(value)).splitlines() if line.strip()]
        if len(lines) > MOST_NAMES:
            raise forms.ValidationError(_now("At most %d names. Choose areas or job titles for more.") % MOST_NAMES)
        one = NameField(max_length=160)
        one.user = self.user
        found, wrong = {}, []
        for line in lines:
            try:
                person = cast(Person, one.clean(line))
            except forms.ValidationError as error:
                wrong += error.messages
            else:
                found[person.pk] = person
        if wrong:
            raise forms.ValidationError(wrong)
        return list(found.values())


def _label(row: Any) -> str:
    return f"{row.site.name} · {row.name}" if isinstance(row, Area) else str(row.name)


class AskForm(forms.Form):
    """Who is asked to read a version, until when, and the question that shows it was understood."""

    uid = forms.UUIDField(widget=forms.HiddenInput)
    due_on = forms.DateField(label=_("Until"), widget=DayInput)
    owner = NameField(label=_("Who looks after it"), max_length=160)
    for_sites = forms.ModelMultipleChoiceField(
        label=_("Everybody of"), queryset=Site.objects.none(), required=False, widget=forms.CheckboxSelectMultiple
    )
    for_areas = forms.ModelMultipleChoiceField(
        label=_("Areas"), queryset=Area.objects.none(), required=False, widget=forms.CheckboxSelectMultiple
    )
    for_job_titles = forms.MultipleChoiceField(
        label=_("Job titles"), required=False, widget=forms.SelectMultiple(attrs={"size": 8}),
        help_text=_("Whoever has one of them at this site. Newcomers join by themselves."),
    )  # fmt: skip
    for_people = NamesField(
        label=_("People by name"), required=False, max_length=20_000, help_text=_("One name per line.")
    )
    target_percent = forms.IntegerField(
        label=_("Reached at, in percent"), min_value=1, max_value=100, initial=95,
        help_text=_("From here on it counts as evidence. Somebody is always on leave: a constant 100 % is rare."),
    )  # fmt: skip
    question = forms.CharField(
        label=_("Question"), max_length=300, required=False,
        help_text=_("Optional. One question that shows whether it was understood."),
    )  # fmt: skip
    right_answer = forms.CharField(
        label=_("Right answer"), max_length=300, required=False, help_text=_("Empty: people answer in their own words.")
    )
    wrong_answers = forms.CharField(
        label=_("Wrong answers"), max_length=2000, required=False, widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("One per line; the order is mixed."),
    )  # fmt: skip
    explanation = forms.CharField(
        label=_("What explains it"), max_length=1000, required=False, widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("Shown after a wrong answer; then they try again. Tries are counted."),
    )  # fmt: skip

    def __init__(self, *args: Any, user: User, subject: Record, **kwargs: Any) -> None:
        kwargs.setdefault("initial", {"uid": uuid.uuid4(), "owner": user.person})
        super().__init__(*args, **kwargs)
        self.user, self.subject = user, subject
        for name in ("owner", "for_people"):
            self.fields[name].user = user  # type: ignore[attr-defined]
        areas = Area.objects.visible_to(user).active().select_related("site").order_by("site__name", "name", "pk")
        self._choose("for_sites", Site.objects.visible_to(user).active().order_by("name", "pk"))
        self._choose("for_areas", areas)
        people = Person.objects.visible_to(user).active().filter(site_id=subject.site_id).exclude(job_title="")
        titles = people.order_by("job_title").values_list("job_title", flat=True).distinct()
        cast(forms.MultipleChoiceField, self.fields["for_job_titles"]).choices = [(title, title) for title in titles]

    def _choose(self, name: str, rows: QuerySet[Any]) -> None:
        field = cast("forms.ModelMultipleChoiceField[Any]", self.fields[name])
        field.queryset = rows
        field.label_from_instance = _label  # type: ignore[assignment,method-assign]

    def clean_wrong_answers(self) -> list[str]:
        """One answer a line."""
        lines = [line.strip()[:300] for line in self.cleaned_data["wrong_answers"].splitlines() if line.strip()]
        if len(lines) > MOST_WRONG:
            raise forms.ValidationError(_now("At most %d wrong answers.") % MOST_WRONG)
        return lines

    def clean(self) -> dict[str, Any] | None:
        """Somebody is asked, and the day is still to come."""
        values = super().clean() or self.cleaned_data
        chosen = ("for_sites", "for_areas", "for_job_titles", "for_people")
        if not any(values.get(name) for name in chosen) and not set(chosen) & set(self.errors):
            self.add_error(None, _now("Say who is asked: sites, areas, job titles or people."))
        if values.get("due_on") and values["due_on"] < site_today(self.subject.site):
            self.add_error("due_on", _now("Choose a day that is still to come."))
        return values

    def facts(self) -> dict[str, Any]:
        """What goes into the service, by its names."""
        return dict(self.cleaned_data)


class AcknowledgementForm(RecordForm):
    """What may be changed of a running campaign."""

    owner = NameField(label=_("Who looks after it"), max_length=160)

    class Meta:
        model = AcknowledgementCampaign
        fields = ["due_on", "target_percent", "owner"]
        labels = {"due_on": _("Until"), "target_percent": _("Reached at, in percent")}
        widgets = {"due_on": DayInput}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["due_on"].required = True


class AddresseeFilter(django_filters.FilterSet):
    """Which of the people a page lists; those missing unless asked otherwise."""

    q = django_filters.CharFilter(method="by_words", label=_("Search name"))
    area = AreaFilter(queryset=visible_areas, label=_("Area"), empty_label=_("Any area"))
    state = django_filters.ChoiceFilter(
        method="by_state", label=_("State"), empty_label=_("Missing"),
        choices=[("done", _("Acknowledged")), ("left", _("Left before")), ("all", _("Everybody"))],
    )  # fmt: skip

    class Meta:
        model = Addressee
        fields: list[str] = []

    def by_words(self, rows: Any, name: str, value: str) -> Any:  # noqa: ARG002  as django-filter calls it
        """Every word in the name."""
        people = Person.objects.matching(value).values("pk")
        return rows.filter(person_id__in=people)

    def by_state(self, rows: Any, name: str, value: str) -> Any:  # noqa: ARG002  as django-filter calls it
        """Those who acknowledged, those who left without, or everybody."""
        if value == "done":
            return rows.exclude(acknowledged_at=None)
        return rows.filter(acknowledged_at=None).exclude(left_at=None) if value == "left" else rows

    def filter_queryset(self, queryset: Any) -> Any:
        """Those missing unless the state is asked for."""
        rows = super().filter_queryset(queryset)
        return rows if self.form.cleaned_data.get("state") else rows.filter(acknowledged_at=None, left_at=None)
