"""Quality objectives: a target with its measure, its versions, the measurements, and the decisions they asked for."""

from __future__ import annotations

from decimal import Decimal
from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from objectives.models.quality_cost import QualityCostAccount
from objectives.models.strategy import PlannedQuerySet, StrategicGoal
from qms.models import Json, Person, Phase, Record, Signature, User


class ObjectiveQuerySet(PlannedQuerySet["Objective"]):
    """Objectives, and whether they hang together with the strategy."""

    def connected(self, *, is_connected: bool = True) -> ObjectiveQuerySet:
        """Objectives with a goal, an owner who is here, and an effect in money or for customers; or those without."""
        money = models.Q(money_effect__isnull=False) | models.Q(account__isnull=False)
        whole = models.Q(goal__isnull=False, owner__deactivated_at=None) & (money | ~models.Q(customer_effect=""))
        return self.filter(whole) if is_connected else self.exclude(whole)

    def with_open_decision(self) -> ObjectiveQuerySet:
        """Each with what its owner is asked to decide, as ``asked_because`` and ``asked_on`` (None: nothing)."""
        rows = ObjectiveDecision.objects.filter(objective=models.OuterRef("pk"), decided_at=None)
        return self.annotate(
            asked_because=models.Subquery(rows.values("asked_because")[:1]),
            asked_on=models.Subquery(rows.values("asked_on")[:1]),
        )


class Objective(Record):
    """What is to be reached: ``target_value`` in ``unit`` by ``due_on``, from ``baseline_value``.

    ``approved_on`` is the day of the first approval and never moves. ``occurred_on`` is the day something was last done
    about it (approved, measured, its target changed, ended), since that is the event it is evidence of.

    ``standing``, ``actual_value`` and ``actual_on`` are what the rule made of the measurements (objective_rule in
    services); they are projections for lists and boards, not a part of the frozen content.
    """

    class Status(models.TextChoices):
        DRAFT = "draft", _("Draft")
        APPROVED = "approved", _("Approved")
        ACHIEVED = "achieved", _("Achieved")
        MISSED = "missed", _("Missed")
        DROPPED = "dropped", _("Dropped")
        WITHDRAWN = "withdrawn", _("Withdrawn")

    class Direction(models.TextChoices):
        LOWER = "lower", _("Lower is better")
        HIGHER = "higher", _("Higher is better")

    class Standing(models.TextChoices):
        OFF_TRACK = "off_track", _("Off track")
        AT_RISK = "at_risk", _("At risk")
        UNMEASURED = "unmeasured", _("Not measured")
        ON_TRACK = "on_track", _("On track")

    RANKS = {Standing.OFF_TRACK: 0, Standing.AT_RISK: 1, Standing.UNMEASURED: 2, Standing.ON_TRACK: 3}
    """The worst first, as lists are sorted."""

    KIND = "objective"
    TRANSITIONS = {
        Status.DRAFT: frozenset({Status.APPROVED, Status.WITHDRAWN}),
        Status.APPROVED: frozenset({Status.ACHIEVED, Status.MISSED, Status.DROPPED, Status.WITHDRAWN}),
        Status.ACHIEVED: frozenset({Status.APPROVED}),
        Status.MISSED: frozenset({Status.APPROVED}),
        Status.DROPPED: frozenset({Status.APPROVED}),
        Status.WITHDRAWN: frozenset(),
    }
    PHASES = {
        Status.DRAFT: Phase.DRAFT,
        Status.APPROVED: Phase.OPEN,
        Status.ACHIEVED: Phase.CLOSED,
        Status.MISSED: Phase.CLOSED,
        Status.DROPPED: Phase.WITHDRAWN,
        Status.WITHDRAWN: Phase.WITHDRAWN,
    }

    status = models.CharField(max_length=12, choices=Status, default=Status.DRAFT, editable=False)
    goal = models.ForeignKey(
        StrategicGoal, on_delete=models.PROTECT, null=True, blank=True, related_name="objectives",
        verbose_name=_("strategic goal"),
    )  # fmt: skip
    account = models.ForeignKey(
        QualityCostAccount, on_delete=models.PROTECT, null=True, blank=True, related_name="objectives",
        verbose_name=_("quality-cost account it moves"),
    )  # fmt: skip
    measure = models.CharField(_("measure"), max_length=160, help_text=_("What is measured: scrap rate of line 3."))
    unit = models.CharField(_("unit"), max_length=24, help_text=_("%, ppm, days, complaints"))
    direction = models.CharField(_("direction"), max_length=8, choices=Direction, default=Direction.LOWER)
    baseline_value = models.DecimalField(_("baseline"), max_digits=16, decimal_places=4, null=True, blank=True)
    baseline_on = models.DateField(_("baseline measured"), null=True, blank=True)
    target_value = models.DecimalField(_("target"), max_digits=16, decimal_places=4)
    forecast_value = models.DecimalField(_("forecast"), max_digits=16, decimal_places=4, null=True, blank=True)
    measure_every_days = models.PositiveSmallIntegerField(_("measured every (days)"), default=30)
    means = models.TextField(_("means: what will be done, with which resources"), blank=True)
    judged_how = models.TextField(_("how the result is judged"), blank=True)
    communicated_to = models.TextField(_("communicated to"), blank=True)
    money_effect = models.DecimalField(
        _("money effect per year"), max_digits=16, decimal_places=2, null=True, blank=True
    )
    customer_effect = models.TextField(_("effect for customers"), blank=True)
    outcome = models.TextField(_("outcome"), blank=True)
    approved_on = models.DateField(_("approved"), null=True, blank=True, editable=False)
    standing = models.CharField(max_length=12, choices=Standing, default=Standing.UNMEASURED, editable=False)
    standing_rank = models.PositiveSmallIntegerField(default=2, editable=False)
    standing_reason = models.CharField(max_length=400, blank=True, editable=False)
    actual_value = models.DecimalField(
        _("actual"), max_digits=16, decimal_places=4, null=True, blank=True, editable=False
    )
    actual_on = models.DateField(null=True, blank=True, editable=False)

    objects: ClassVar = ObjectiveQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["standing_rank", "record_ptr"], name="objective_by_rank"),
            models.Index(fields=["standing", "status"], name="objective_by_standing"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(
                    status__in=["draft", "approved", "achieved", "missed", "dropped", "withdrawn"]
                ),
                name="objective_status_known",
            ),
            models.CheckConstraint(condition=models.Q(measure_every_days__gte=1), name="objective_measured_sometime"),
        ]  # fmt: skip

    @property
    def is_connected(self) -> bool:
        """Whether it serves a goal, has an owner who is here, and says what it does for money or customers."""
        money = self.money_effect is not None or self.account_id is not None
        return self.goal_id is not None and self.owner.is_active and (money or bool(self.customer_effect))

    def follow_up_rows(self) -> models.QuerySet[models.Model]:
        """The actions that came from it, and those that serve it."""
        actions = self.follow_ups.model._default_manager
        return actions.filter(models.Q(source=self.pk) | models.Q(serves=self.pk))

    def content(self) -> dict[str, Json]:
        """The objective's own facts; measurements are rows of their own, named in the trail."""
        return {
            "measure": self.measure,
            "unit": self.unit,
            "direction": self.get_direction_display(),
            "baseline_value": plain_number(self.baseline_value),
            "baseline_on": self.baseline_on.isoformat() if self.baseline_on else "",
            "target_value": plain_number(self.target_value),
            "forecast_value": plain_number(self.forecast_value),
            "measure_every_days": self.measure_every_days,
            "goal": self.goal.reference if self.goal else "",
            "account": self.account.name if self.account else "",
            "means": self.means,
            "judged_how": self.judged_how,
            "communicated_to": self.communicated_to,
            "money_effect": plain_number(self.money_effect),
            "customer_effect": self.customer_effect,
            "approved_on": self.approved_on.isoformat() if self.approved_on else "",
            "outcome": self.outcome,
        }


def plain_number(value: Decimal | None) -> str:
    """The number without exponent and needless zeros: ``2.5``, ``-0.03``, ``1200``; empty for none."""
    text = "" if value is None else f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


class ObjectiveTarget(models.Model):
    """One version of the target as it was approved; the newest holds, the older ones stay for everybody to see."""

    objective = models.ForeignKey(Objective, on_delete=models.PROTECT, related_name="targets")
    number = models.PositiveSmallIntegerField()
    target_value = models.DecimalField(max_digits=16, decimal_places=4)
    due_on = models.DateField()
    baseline_value = models.DecimalField(max_digits=16, decimal_places=4, null=True, blank=True)
    baseline_on = models.DateField(null=True, blank=True)
    reason = models.CharField(max_length=400, blank=True)
    approved_at = models.DateTimeField()
    signature = models.ForeignKey(Signature, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["objective", "number"], name="objective_target_once")]

    def __str__(self) -> str:
        return f"{self.objective_id} target {self.number}: {self.target_value}"


class Measurement(models.Model):
    """A value of an objective's measure on a day. A correction is a new row; the replaced one stays."""

    class Source(models.TextChoices):
        HAND = "hand", _("By hand")
        SHEET = "sheet", _("Import")
        API = "api", _("Interface")

    objective = models.ForeignKey(Objective, on_delete=models.PROTECT, related_name="measurements")
    measured_on = models.DateField(_("measured on"))
    value = models.DecimalField(_("value"), max_digits=16, decimal_places=4)
    sample_size = models.PositiveIntegerField(_("n"), null=True, blank=True)
    note = models.CharField(_("note"), max_length=240, blank=True)
    source = models.CharField(max_length=8, choices=Source, default=Source.HAND)
    recorded_at = models.DateTimeField()
    recorded_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    replaced_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["objective", "measured_on"], condition=models.Q(replaced_at=None), name="measurement_once_a_day"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.measured_on}: {self.value}"


class ObjectiveDecision(models.Model):
    """What the owner was asked to decide after two missed measurements in a row, and what was decided."""

    class Choice(models.TextChoices):
        KEEP = "keep", _("Keep going, and why that is right")
        ACT = "act", _("New action")
        CHANGE_TARGET = "change_target", _("Change the target")
        DROP = "drop", _("Give the objective up")

    objective = models.ForeignKey(Objective, on_delete=models.PROTECT, related_name="decisions")
    asked_on = models.DateField()
    asked_at = models.DateTimeField()
    asked_because = models.CharField(max_length=400)
    choice = models.CharField(_("decision"), max_length=16, choices=Choice, blank=True)
    words = models.TextField(_("in your words"), blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["objective"], condition=models.Q(decided_at=None), name="objective_one_open_decision"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.objective_id} {self.asked_on}: {self.choice or '?'}"
