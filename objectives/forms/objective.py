"""Objectives: the list's filters, setting and changing one, its target, approval, measurements and decisions."""

from __future__ import annotations

from typing import Any, cast

import django_filters
from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from objectives.models import Measurement, Objective, ObjectiveDecision, QualityCostAccount, StrategicGoal
from objectives.models.objective import plain_number
from objectives.services import objective as service
from qms.forms.name_field import NameField
from qms.forms.record_form import RecordForm
from qms.forms.record_list import DayInput, RecordFilter
from qms.forms.signature import SignForm
from qms.models import Phase, Site, User

AREA_TEXT = {"rows": 3}


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


class ObjectiveForm(RecordForm):
    """An objective's facts; after the approval without the locked ones, for the target has a form of its own."""

    owner = NameField(label=_("Who is answerable"), max_length=160)
    of_site = ("area", "account")

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

    def __init__(self, *args: Any, user: User, record: Objective | None = None, **kwargs: Any) -> None:
        super().__init__(*args, user=user, record=record, initial=plain_numbers(record) if record else {}, **kwargs)
        accounts = QualityCostAccount.objects.filter(
            site__in=Site.objects.visible_to(user).active(), is_active=True
        ).select_related("site")  # fmt: skip
        goals = StrategicGoal.objects.visible_to(user).filter(phase__in=[Phase.DRAFT, Phase.OPEN])
        if record:
            accounts = accounts.filter(site=record.site_id)
            # what it names already may stay, even if it could not be chosen anew
            goals |= StrategicGoal.objects.visible_to(user).filter(pk__in=[record.goal_id or 0])
        self.choose_from("account", accounts.order_by("site__name", "name", "pk"))
        self.choose_from("goal", goals.order_by("title", "pk"))
        if record and record.status != Objective.Status.DRAFT:
            for name in service.LOCKED_FIELDS:
                del self.fields[name]

    def clean(self) -> dict[str, Any] | None:
        """A baseline has a day before the target's."""
        values = super().clean() or self.cleaned_data
        if values.get("baseline_value") is not None and "baseline_on" in self.fields and not values.get("baseline_on"):
            self.add_error("baseline_on", _now("Say when the baseline was measured."))
        return values


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
