"""Strategic goals: the list's filters, setting and changing one; judging a place on the matrix."""

from __future__ import annotations

from typing import Any, cast

import django_filters
from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from objectives.models import Correlation, StrategicGoal
from qms.forms.name_field import NameField
from qms.forms.record_form import RecordForm
from qms.forms.record_list import DayInput, RecordFilter
from qms.models import Phase, Site, User


class StrategicGoalFilter(RecordFilter):
    """Filters of the list; the period is the one a goal runs in."""

    since = django_filters.DateFilter("ends_on", "gte", label=_("Runs on or after"), widget=DayInput)
    until = django_filters.DateFilter("starts_on", "lte", label=_("Runs on or before"), widget=DayInput)
    status = django_filters.MultipleChoiceFilter(
        label=_("Status"), choices=StrategicGoal.Status.choices, widget=forms.CheckboxSelectMultiple
    )
    only = django_filters.MultipleChoiceFilter(
        method="by_marks", label=_("Only those"), widget=forms.CheckboxSelectMultiple,
        choices=[("bare", _("without an objective")), ("confidential", _("confidential"))],
    )  # fmt: skip
    search_fields = ("title__icontains", "description__icontains", "reference__istartswith")

    class Meta:
        model = StrategicGoal
        fields: list[str] = []

    def by_marks(self, rows: QuerySet[Any], name: str, value: list[str]) -> QuerySet[Any]:
        """Rows that carry every mark that is ticked."""
        if "bare" in value:
            rows = rows.exclude(objectives__phase__in=[Phase.DRAFT, Phase.OPEN, Phase.CLOSED])
        return super().by_marks(rows, name, value)


class StrategicGoalForm(RecordForm):
    """A goal's facts."""

    owner = NameField(label=_("Who stands for it"), max_length=160)

    class Meta:
        model = StrategicGoal
        fields = [
            "title", "description", "starts_on", "ends_on", "owner", "parent", "site", "area", "is_confidential",
        ]  # fmt: skip
        labels = {"title": _("Where we want to be"), "parent": _("Serves the goal")}
        widgets = {
            "starts_on": DayInput, "ends_on": DayInput, "description": forms.Textarea(attrs={"rows": 4}),
        }  # fmt: skip

    def __init__(self, *args: Any, user: User, record: StrategicGoal | None = None, **kwargs: Any) -> None:
        super().__init__(*args, user=user, record=record, **kwargs)
        goals = StrategicGoal.objects.visible_to(user).exclude(phase=Phase.WITHDRAWN).order_by("title", "pk")
        self.choose_from("parent", goals.exclude(pk=record.pk) if record else goals)


class CorrelationForm(forms.Form):
    """How strongly one part of the strategy serves another."""

    strength = forms.ChoiceField(
        label=_("How strongly?"), choices=[*Correlation.Strength.choices, ("", _("Not at all"))], required=False,
        widget=forms.RadioSelect,
    )  # fmt: skip


class SiteForm(forms.Form):
    """The site a matrix or a tree is of."""

    site = forms.ModelChoiceField(
        label=_("Site"), queryset=Site.objects.none(), required=False, empty_label=_("Every site"),
        widget=forms.Select(attrs={"class": "form-select w-auto"}),
    )  # fmt: skip

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        rows = Site.objects.visible_to(user).order_by("name", "pk")
        cast("forms.ModelChoiceField[Any]", self.fields["site"]).queryset = rows

    def chosen(self) -> Site | None:
        """The site, or none for all."""
        return cast("Site | None", self.cleaned_data.get("site")) if self.is_valid() else None
