"""Strategic goals: the list's filters, setting and changing one; judging a place on the matrix."""

from __future__ import annotations

import uuid
from typing import Any, cast

import django_filters
from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from objectives.forms.improvement_action import NameField
from objectives.models import Correlation, StrategicGoal
from qms.forms.record_clash import ClashLine, clash_lines
from qms.forms.record_list import DayInput, RecordFilter
from qms.models import Area, Phase, Site, User

APART = ("version", "reason")


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


class StrategicGoalForm(forms.ModelForm):
    """A goal's facts. Setting one has a site and a ``uid``; changing one a version and a reason."""

    owner = NameField(label=_("Who stands for it"), max_length=160)
    reason = forms.CharField(label=_("Why you change it"), max_length=400, widget=forms.Textarea(attrs={"rows": 2}))
    version = forms.IntegerField(widget=forms.HiddenInput)
    uid = forms.UUIDField(widget=forms.HiddenInput)

    class Meta:
        model = StrategicGoal
        fields = [
            "title", "description", "starts_on", "ends_on", "owner", "parent", "site", "area", "is_confidential",
        ]  # fmt: skip
        labels = {"title": _("Where we want to be"), "parent": _("Serves the goal")}
        widgets = {
            "starts_on": DayInput, "ends_on": DayInput, "description": forms.Textarea(attrs={"rows": 4}),
        }  # fmt: skip

    def __init__(self, *args: Any, user: User, goal: StrategicGoal | None = None, **kwargs: Any) -> None:
        kwargs.setdefault("initial", {"uid": uuid.uuid4(), "owner": user.person, "site": user.person.site_id})
        if goal:
            kwargs["initial"] = {"owner": goal.owner, "version": goal.version}
        super().__init__(*args, instance=goal, **kwargs)  # type: ignore[misc]
        self.user = user
        cast(NameField, self.fields["owner"]).user = user
        areas = Area.objects.visible_to(user).select_related("site").order_by("site__name", "name", "pk")
        goals = StrategicGoal.objects.visible_to(user).exclude(phase=Phase.WITHDRAWN).order_by("title", "pk")
        self._set("site", Site.objects.visible_to(user).active().order_by("name", "pk"))
        self._set("area", areas.filter(site=goal.site_id) if goal else areas)
        self._set("parent", goals.exclude(pk=goal.pk) if goal else goals)
        for name in ("site", "uid") if goal else APART:
            del self.fields[name]

    def _set(self, name: str, rows: QuerySet[Any]) -> None:
        cast("forms.ModelChoiceField[Any]", self.fields[name]).queryset = rows

    def clean(self) -> dict[str, Any] | None:
        """The area belongs to the site."""
        values = super().clean() or self.cleaned_data
        area, site = values.get("area"), values.get("site")
        if area and site and area.site_id != site.pk:
            self.add_error("area", _now("This area belongs to another site. Choose an area of %s.") % site.name)
        return values

    def facts(self) -> dict[str, Any]:
        """What goes into the service."""
        return {name: self.cleaned_data[name] for name in self.cleaned_data if name not in (*APART, "uid", "site")}

    def clash(self, current: StrategicGoal) -> list[ClashLine]:
        """What stands now beside what was typed."""
        return clash_lines(self, StrategicGoalForm(user=self.user, goal=current), APART)

    def _post_clean(self) -> None:
        """The service changes and validates the record; the form only shows and parses."""


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
