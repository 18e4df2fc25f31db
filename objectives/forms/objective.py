"""Objectives: the list's filters, setting and changing one, its target, approval, measurements and decisions."""

from __future__ import annotations

import uuid
from typing import Any, cast

import django_filters
from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from objectives.forms.improvement_action import NameField
from objectives.models import Measurement, Objective, ObjectiveDecision, QualityCostAccount, StrategicGoal
from objectives.models.objective import plain_number
from objectives.services import objective as service
from qms.forms.record_clash import ClashLine, clash_lines
from qms.forms.record_list import DayInput, RecordFilter
from qms.forms.signature import SignForm
from qms.models import Area, Phase, Site, User

AREA_TEXT = {"rows": 3}
APART = ("version", "reason")


class ObjectiveFilter(RecordFilter):
    """Filters of the list and board; the period is the one from approval to target date that an objective runs in."""

    since = django_filters.DateFilter("due_on", "gte", label=_("Runs on or after"), widget=DayInput)
    until = django_filters.DateFilter("approved_on", "lte", label=_("Approved on or before"), widget=DayInput)
    standing = django_filters.MultipleChoiceFilter(
        label=_("How it stands"), choices=Objective.Standing.choices, widget=forms.CheckboxSelectMultiple
    )
    status = django_filters.MultipleChoiceFilter(
        label=_("Status"), choices=Objective.Status.choices, widget=forms.CheckboxSelectMultiple
    )
    only = django_filters.MultipleChoiceFilter(
        method="by_marks", label=_("Only those"), widget=forms.CheckboxSelectMultiple,
        choices=[
            ("unconnected", _("unconnected")), ("deciding", _("with an open decision")),
            ("confidential", _("confidential")),
        ],
    )  # fmt: skip
    search_fields = ("title__icontains", "measure__icontains", "reference__istartswith")
    field_order = ("owner", "site", "area", "since", "until", "standing", "status", "only")

    class Meta:
        model = Objective
        fields: list[str] = []

    def by_marks(self, rows: QuerySet[Any], name: str, value: list[str]) -> QuerySet[Any]:
        """Rows that carry every mark that is ticked."""
        if "unconnected" in value:
            rows = cast(Any, rows).connected(is_connected=False)
        if "deciding" in value:
            rows = rows.filter(pk__in=ObjectiveDecision.objects.filter(decided_at=None).values("objective_id"))
        return super().by_marks(rows, name, value)


def plain_numbers(objective: Objective) -> dict[str, str]:
    """The measured numbers as one writes them, without the zeros they are kept with."""
    names = ("baseline_value", "target_value", "forecast_value")
    return {name: plain_number(getattr(objective, name)) for name in names}


class ObjectiveForm(forms.ModelForm):
    """An objective's facts. Setting one has a site and a ``uid``; changing one a version and a reason.

    After the approval the locked facts are not on the form: the target has a form of its own.
    """

    owner = NameField(label=_("Who is answerable"), max_length=160)
    reason = forms.CharField(label=_("Why you change it"), max_length=400, widget=forms.Textarea(attrs={"rows": 2}))
    version = forms.IntegerField(widget=forms.HiddenInput)
    uid = forms.UUIDField(widget=forms.HiddenInput)

    class Meta:
        model = Objective
        fields = [
            "title", "measure", "unit", "direction", "baseline_value", "baseline_on", "target_value", "due_on",
            "forecast_value", "measure_every_days", "owner", "site", "area", "means", "judged_how", "communicated_to",
            "goal", "account", "money_effect", "customer_effect", "is_confidential",
        ]  # fmt: skip
        labels = {"title": _("What is to be reached"), "due_on": _("By when")}
        help_texts = {
            "title": _("In plain words: scrap rate of CNC line 3 down to 2 %."),
            "due_on": _("The approval locks target and date; a change then needs a reason and a signature."),
            "judged_how": _("Who compares which numbers when, and what counts as reached."),
            "means": _("What will be done, with which people, money and time."),
            "communicated_to": _("Who was told, when and how."),
        }
        widgets = {
            "baseline_on": DayInput, "due_on": DayInput, "means": forms.Textarea(attrs=AREA_TEXT),
            "judged_how": forms.Textarea(attrs=AREA_TEXT), "communicated_to": forms.Textarea(attrs=AREA_TEXT),
            "customer_effect": forms.Textarea(attrs=AREA_TEXT), "direction": forms.RadioSelect,
        }  # fmt: skip

    def __init__(self, *args: Any, user: User, objective: Objective | None = None, **kwargs: Any) -> None:
        kwargs.setdefault("initial", {"uid": uuid.uuid4(), "owner": user.person, "site": user.person.site_id})
        if objective:
            kwargs["initial"] = {"owner": objective.owner, "version": objective.version, **plain_numbers(objective)}
        super().__init__(*args, instance=objective, **kwargs)  # type: ignore[misc]
        self.user = user
        cast(NameField, self.fields["owner"]).user = user
        self._choices(objective)
        for name in ("site", "uid") if objective else ("reason", "version"):
            del self.fields[name]
        if objective and objective.status != Objective.Status.DRAFT:
            for name in service.LOCKED_FIELDS:
                del self.fields[name]

    def _choices(self, objective: Objective | None) -> None:
        sites = Site.objects.visible_to(self.user).active()
        areas = Area.objects.visible_to(self.user).select_related("site").order_by("site__name", "name", "pk")
        accounts = QualityCostAccount.objects.filter(site__in=sites, is_active=True).select_related("site")
        goals = StrategicGoal.objects.visible_to(self.user).filter(phase__in=[Phase.DRAFT, Phase.OPEN])
        if objective:
            areas = areas.filter(site=objective.site_id)
            accounts = accounts.filter(site=objective.site_id)
            # what it names already may stay, even if it could not be chosen anew
            goals |= StrategicGoal.objects.visible_to(self.user).filter(pk__in=[objective.goal_id or 0])
        self._set("site", sites.order_by("name", "pk"))
        self._set("area", areas)
        self._set("account", accounts.order_by("site__name", "name", "pk"))
        self._set("goal", goals.order_by("title", "pk"))

    def _set(self, name: str, rows: QuerySet[Any]) -> None:
        cast("forms.ModelChoiceField[Any]", self.fields[name]).queryset = rows

    def clean(self) -> dict[str, Any] | None:
        """Area and account belong to the site; a baseline has a day before the target's."""
        values = super().clean() or self.cleaned_data
        site = values.get("site")
        for name in ("area", "account"):
            chosen = values.get(name)
            if chosen and site and chosen.site_id != site.pk:
                self.add_error(name, _now("This belongs to another site. Choose one of %s.") % site.name)
        if values.get("baseline_value") is not None and "baseline_on" in self.fields and not values.get("baseline_on"):
            self.add_error("baseline_on", _now("Say when the baseline was measured."))
        return values

    def facts(self) -> dict[str, Any]:
        """What goes into the service."""
        return {name: self.cleaned_data[name] for name in self.cleaned_data if name not in (*APART, "uid", "site")}

    def clash(self, current: Objective) -> list[ClashLine]:
        """What stands now beside what was typed."""
        theirs = ObjectiveForm(user=self.user, objective=current)
        return clash_lines(self, theirs, APART)

    def _post_clean(self) -> None:
        """The service changes and validates the record; the form only shows and parses."""


class ApproveForm(SignForm):
    """The proof of who approves; what the signature says is fixed."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        del self.fields["meaning"]


class TargetForm(ApproveForm):
    """Another target for an approved objective, with the reason and the signature."""

    target_value = forms.DecimalField(label=_("Target"), max_digits=16, decimal_places=4)
    due_on = forms.DateField(label=_("By when"), widget=DayInput)
    baseline_value = forms.DecimalField(label=_("Baseline"), max_digits=16, decimal_places=4, required=False)
    baseline_on = forms.DateField(label=_("Baseline measured"), widget=DayInput, required=False)
    reason = forms.CharField(
        label=_("Why the target changes"), max_length=400, widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("The old target stays visible beside it."),
    )  # fmt: skip
    version = forms.IntegerField(widget=forms.HiddenInput)
    field_order = ("target_value", "due_on", "baseline_value", "baseline_on", "reason", "password", "code", "version")

    def __init__(self, *args: Any, objective: Objective, **kwargs: Any) -> None:
        names = (*service.TARGET_FIELDS, "version")
        initial = {name: getattr(objective, name) for name in names} | plain_numbers(objective)
        super().__init__(*args, initial=initial, **kwargs)

    def facts(self) -> dict[str, Any]:
        """The new target."""
        return {name: self.cleaned_data[name] for name in service.TARGET_FIELDS}


class MeasurementForm(forms.ModelForm):
    """One value of a day; the same day again is a correction."""

    class Meta:
        model = Measurement
        fields = ["measured_on", "value", "sample_size", "note"]
        widgets = {"measured_on": DayInput}
        labels = {"sample_size": _("n (number of parts, cases)")}
        help_texts = {
            "measured_on": _("A value for a day that has one already replaces it; the old one stays visible."),
        }

    def _post_clean(self) -> None:
        """The service validates; the form only parses."""


class DecisionForm(forms.Form):
    """What the owner decides after two misses in a row."""

    choice = forms.ChoiceField(
        label=_("What do you decide?"), choices=ObjectiveDecision.Choice.choices, widget=forms.RadioSelect,
        error_messages={"required": _("Choose what you decide.")},
    )  # fmt: skip
    words = forms.CharField(label=_("Why, in your words"), widget=forms.Textarea(attrs={"rows": 3}))
