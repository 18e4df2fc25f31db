"""Strategic goals, and how strongly the parts of the strategy thread serve each other."""

from __future__ import annotations

from typing import ClassVar, TypeVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from qms.models import Json, Phase, Record, RecordQuerySet, User
from qms.permissions import Permission

PlannedT = TypeVar("PlannedT", bound=Record)


class PlannedQuerySet(RecordQuerySet[PlannedT]):
    """Goals and objectives: a draft is seen by everybody who may work on them, since somebody else approves it."""

    def drafts_for(self, user: User) -> models.Q:
        """All drafts for who may set or approve objectives; for others those they entered or are to own."""
        if user.can(Permission.OBJECTIVE_EDIT) or user.can(Permission.OBJECTIVE_APPROVE):
            return models.Q(phase=Phase.DRAFT)
        return models.Q(recorded_by=user) | models.Q(owner_id=user.person_id)


class StrategicGoal(Record):
    """A goal of the organization or of a site for a period, in a tree of goals; objectives hang on it."""

    class Status(models.TextChoices):
        DRAFT = "draft", _("Draft")
        ADOPTED = "adopted", _("Adopted")
        ACHIEVED = "achieved", _("Achieved")
        DROPPED = "dropped", _("Dropped")
        WITHDRAWN = "withdrawn", _("Withdrawn")

    KIND = "strategic_goal"
    TRANSITIONS = {
        Status.DRAFT: frozenset({Status.ADOPTED, Status.WITHDRAWN}),
        Status.ADOPTED: frozenset({Status.ACHIEVED, Status.DROPPED, Status.WITHDRAWN}),
        Status.ACHIEVED: frozenset({Status.ADOPTED, Status.WITHDRAWN}),
        Status.DROPPED: frozenset({Status.ADOPTED}),
        Status.WITHDRAWN: frozenset(),
    }
    PHASES = {
        Status.DRAFT: Phase.DRAFT,
        Status.ADOPTED: Phase.OPEN,
        Status.ACHIEVED: Phase.CLOSED,
        Status.DROPPED: Phase.WITHDRAWN,
        Status.WITHDRAWN: Phase.WITHDRAWN,
    }

    status = models.CharField(max_length=12, choices=Status, default=Status.DRAFT, editable=False)
    parent = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="children", verbose_name=_("serves")
    )
    starts_on = models.DateField(_("from"))
    ends_on = models.DateField(_("to"))
    description = models.TextField(_("what it means"), blank=True)
    outcome = models.TextField(_("outcome"), blank=True)

    objects: ClassVar = PlannedQuerySet["StrategicGoal"].as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(status__in=["draft", "adopted", "achieved", "dropped", "withdrawn"]),
                name="strategic_goal_status_known",
            ),
            models.CheckConstraint(
                condition=models.Q(ends_on__gte=models.F("starts_on")), name="strategic_goal_period_in_order"
            ),
        ]

    def content(self) -> dict[str, Json]:
        """The goal's own facts."""
        return {
            "description": self.description,
            "parent": self.parent.reference if self.parent else "",
            "starts_on": self.starts_on.isoformat(),
            "ends_on": self.ends_on.isoformat(),
            "outcome": self.outcome,
        }


class Correlation(models.Model):
    """How strongly one part of the strategy serves another, as leaders judged it on the X-matrix.

    ``aspect`` says which side of an objective is meant: the objective itself or its measure. Changing a judgement ends
    the row and opens another, so that what was believed at any time can be seen.
    """

    class Strength(models.TextChoices):
        STRONG = "strong", _("Strong")
        WEAK = "weak", _("Weak")

    class Aspect(models.TextChoices):
        OBJECTIVE = "objective", _("Objective")
        MEASURE = "measure", _("Measure")

    serving = models.ForeignKey(Record, on_delete=models.PROTECT, related_name="correlations_up")
    served = models.ForeignKey(Record, on_delete=models.PROTECT, related_name="correlations_down")
    aspect = models.CharField(max_length=12, choices=Aspect, default=Aspect.OBJECTIVE)
    strength = models.CharField(max_length=8, choices=Strength)
    judged_at = models.DateTimeField()
    judged_by = models.ForeignKey("qms.User", on_delete=models.PROTECT, null=True, related_name="+")
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["serving", "served", "aspect"], condition=models.Q(ended_at=None), name="correlation_once"
            ),
            models.CheckConstraint(condition=~models.Q(serving=models.F("served")), name="correlation_of_two"),
        ]

    def __str__(self) -> str:
        return f"{self.serving_id} -> {self.served_id}: {self.strength}"


class Contribution(models.Model):
    """A record that serves a goal or an objective, as somebody said; another choice ends the row and opens another."""

    record = models.ForeignKey(Record, on_delete=models.PROTECT, related_name="contributions")
    serves = models.ForeignKey(Record, on_delete=models.PROTECT, related_name="contributed")
    made_at = models.DateTimeField()
    made_by = models.ForeignKey("qms.User", on_delete=models.PROTECT, null=True, related_name="+")
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["record"], condition=models.Q(ended_at=None), name="contribution_once"),
            models.CheckConstraint(condition=~models.Q(record=models.F("serves")), name="contribution_of_two"),
        ]

    def __str__(self) -> str:
        return f"{self.record_id} -> {self.serves_id}"
