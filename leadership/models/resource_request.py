"""Resource requests: what somebody needs, who decides, and what was provided, or declined with a signed risk."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from objectives.models import Objective, ObjectiveTarget, Risk, RiskAcceptance
from objectives.models.objective import plain_number
from qms.models import Attachment, Json, Person, Phase, Record, RecordQuerySet, Signature, User, site_today


class Decision(models.TextChoices):
    """What a leader answers to a request."""

    PROVIDED = "provided", _("Provided")
    PARTLY = "partly", _("Partly provided")
    DECLINED = "declined", _("Declined")


NOT_ALL = (Decision.PARTLY, Decision.DECLINED)
"""Decisions that leave a risk, which somebody signs."""


class ResourceRequestQuerySet(RecordQuerySet["ResourceRequest"]):
    """Requests as a user may see them: who decides sees a confidential one, too."""

    def confidential_for(self, user: User) -> Q:
        """One's own, and those one is asked to decide."""
        return super().confidential_for(user) | Q(decider_id=user.person_id)

    def waiting(self) -> ResourceRequestQuerySet:
        """Those whose decision is awaited, a question in between or not."""
        return self.filter(status__in=[ResourceRequest.Status.REQUESTED, ResourceRequest.Status.ASKED])

    def to_arrive(self) -> ResourceRequestQuerySet:
        """Those that were provided, whole or in part, and are not there yet."""
        return self.filter(status__in=[Decision.PROVIDED, Decision.PARTLY], arrived_on=None)

    def borne(self) -> ResourceRequestQuerySet:
        """Those that stand on an acceptance which has not ended."""
        return self.filter(status__in=NOT_ALL, acceptance__isnull=False, acceptance__ended_at=None)


class ResourceRequest(Record):
    """Somebody (the owner) asks a leader (``decider``) for a resource that serves an objective or a risk.

    ``needed_on`` is the need-by date; ``due_on`` is what is next: the need-by date while the decision is awaited, the
    day it will be there once provided. ``awaited_on``: since when the decision is awaited. ``occurred_on`` is the day
    something was last done about it (asked, decided, arrived), since that is the event it is evidence of. ``amount``
    and ``granted_amount`` count in ``amount_unit``; money in ``currency``, the organization's when it was asked for.

    A declined or partly provided one stands on ``acceptance`` and, where it serves an objective, on
    ``adjusted_target``: check constraints want both, triggers want them signed and for this risk and this objective
    (qms/trigger_rules.py). ``decisions`` keeps every decision; this row holds the one that stands.
    """

    class Resource(models.TextChoices):
        TRAINING = "training", _("Training")
        TECHNOLOGY = "technology", _("Technology and equipment")
        STAFFING = "staffing", _("People")
        TIME = "time", _("Time")
        MONEY = "money", _("Money")
        OTHER = "other", _("Something else")

    class AmountUnit(models.TextChoices):
        ONCE = "once", _("in money, once")
        YEARLY = "yearly", _("in money, per year")
        HOURS = "hours", _("hours")
        WEEKLY_HOURS = "weekly_hours", _("hours a week")
        PEOPLE = "people", _("people")

    class Status(models.TextChoices):
        DRAFT = "draft", _("Draft")
        REQUESTED = "requested", _("Decision awaited")
        ASKED = "asked", _("Question asked")
        PROVIDED = "provided", _("Provided")
        PARTLY = "partly", _("Partly provided")
        DECLINED = "declined", _("Declined")
        CLOSED = "closed", _("Closed")
        WITHDRAWN = "withdrawn", _("Withdrawn")

    KIND = "resource_request"
    TRANSITIONS = {
        Status.DRAFT: frozenset({Status.REQUESTED, Status.WITHDRAWN}),
        Status.REQUESTED: frozenset({
            Status.ASKED, Status.PROVIDED, Status.PARTLY, Status.DECLINED, Status.WITHDRAWN,
        }),
        Status.ASKED: frozenset({
            Status.REQUESTED, Status.PROVIDED, Status.PARTLY, Status.DECLINED, Status.WITHDRAWN,
        }),
        Status.PROVIDED: frozenset({Status.REQUESTED, Status.CLOSED}),
        Status.PARTLY: frozenset({Status.REQUESTED, Status.CLOSED}),
        Status.DECLINED: frozenset({Status.REQUESTED, Status.CLOSED}),
        Status.CLOSED: frozenset(),
        Status.WITHDRAWN: frozenset(),
    }  # fmt: skip
    PHASES = {
        Status.DRAFT: Phase.DRAFT,
        Status.REQUESTED: Phase.OPEN,
        Status.ASKED: Phase.OPEN,
        Status.PROVIDED: Phase.OPEN,
        Status.PARTLY: Phase.OPEN,
        Status.DECLINED: Phase.OPEN,
        Status.CLOSED: Phase.CLOSED,
        Status.WITHDRAWN: Phase.WITHDRAWN,
    }
    UNCOUNTED = frozenset({Status.REQUESTED, Status.ASKED})
    """Asked for and not decided: open to read, but no evidence of anything yet."""

    status = models.CharField(max_length=12, choices=Status, default=Status.DRAFT, editable=False)
    resource = models.CharField(_("kind of resource"), max_length=12, choices=Resource)
    description = models.TextField(_("what exactly"), blank=True)
    amount = models.DecimalField(_("how much"), max_digits=14, decimal_places=2, null=True, blank=True)
    amount_unit = models.CharField(_("counted in"), max_length=12, choices=AmountUnit, blank=True)
    currency = models.CharField(max_length=3, editable=False)
    needed_on = models.DateField(_("needed by"))
    without_it = models.TextField(_("what happens without it"))
    objective_served = models.ForeignKey(
        Objective, on_delete=models.PROTECT, null=True, blank=True, related_name="resource_requests",
        verbose_name=_("objective it serves"),
    )  # fmt: skip
    risk_served = models.ForeignKey(
        Risk, on_delete=models.PROTECT, null=True, blank=True, related_name="resource_requests",
        verbose_name=_("risk it serves"),
    )  # fmt: skip
    serves_neither = models.TextField(_("why it serves neither"), blank=True)
    decider = models.ForeignKey(
        Person, on_delete=models.PROTECT, related_name="resource_requests_to_decide", verbose_name=_("who decides")
    )
    asked_on = models.DateField(null=True, blank=True, editable=False)
    awaited_on = models.DateField(null=True, blank=True, editable=False)
    questions = models.JSONField(default=list, blank=True, editable=False)
    """Questions of who decides and their answers, oldest first, in words."""
    decision = models.CharField(_("decision"), max_length=12, choices=Decision, blank=True, editable=False)
    decided_on = models.DateField(null=True, blank=True, editable=False)
    decided_by = models.ForeignKey(
        Person, on_delete=models.PROTECT, null=True, blank=True, editable=False, related_name="+"
    )
    decided_because = models.TextField(blank=True, editable=False)
    granted = models.TextField(_("what is provided"), blank=True, editable=False)
    granted_amount = models.DecimalField(
        _("how much is provided"), max_digits=14, decimal_places=2, null=True, blank=True, editable=False
    )
    budget_line = models.CharField(_("budget line"), max_length=160, blank=True, editable=False)
    arrives_on = models.DateField(_("will be there on"), null=True, blank=True, editable=False)
    arrived_on = models.DateField(null=True, blank=True, editable=False)
    arrival_note = models.TextField(_("how one sees that it is there"), blank=True, editable=False)
    arrival_proof = models.ForeignKey(
        Attachment, on_delete=models.PROTECT, null=True, blank=True, editable=False, related_name="+"
    )
    acceptance = models.ForeignKey(
        RiskAcceptance, on_delete=models.PROTECT, null=True, blank=True, editable=False,
        related_name="resource_requests",
    )  # fmt: skip
    adjusted_target = models.ForeignKey(
        ObjectiveTarget, on_delete=models.PROTECT, null=True, blank=True, editable=False, related_name="+"
    )
    closed_because = models.TextField(blank=True, editable=False)

    objects: ClassVar = ResourceRequestQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["decider", "status", "awaited_on"], name="resource_request_by_decider"),
            models.Index(fields=["status", "awaited_on"], name="resource_request_awaited"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(
                    status__in=[
                        "draft", "requested", "asked", "provided", "partly", "declined", "closed", "withdrawn",
                    ]
                ),
                name="resource_request_status_known",
            ),
            models.CheckConstraint(
                condition=Q(objective_served__isnull=False) | Q(risk_served__isnull=False) | ~Q(serves_neither=""),
                name="resource_request_serves_something",
            ),
            models.CheckConstraint(
                condition=Q(status__in=["draft", "requested", "asked", "withdrawn"], decision="")
                | Q(status="provided", decision="provided")
                | Q(status="partly", decision="partly")
                | Q(status="declined", decision="declined")
                | Q(status="closed", decision__in=["provided", "partly", "declined"]),
                name="resource_request_decided_as_it_stands",
            ),
            models.CheckConstraint(
                condition=Q(decision="") | Q(decided_on__isnull=False, decided_by__isnull=False),
                name="resource_request_decided_by_somebody",
            ),
            models.CheckConstraint(
                condition=~Q(decision__in=["declined", "partly"])
                | Q(acceptance__isnull=False, risk_served__isnull=False),
                name="resource_request_risk_accepted",
            ),
            models.CheckConstraint(
                condition=~Q(decision__in=["declined", "partly"])
                | Q(objective_served__isnull=True)
                | Q(adjusted_target__isnull=False),
                name="resource_request_target_adjusted",
            ),
            models.CheckConstraint(
                condition=~Q(decision__in=["provided", "partly"]) | Q(arrives_on__isnull=False),
                name="resource_request_has_a_day",
            ),
            models.CheckConstraint(
                condition=Q(arrived_on__isnull=True) | ~Q(arrival_note="") | Q(arrival_proof__isnull=False),
                name="resource_request_arrived_with_proof",
            ),
            models.CheckConstraint(
                condition=~Q(status="closed", decision="provided") | Q(arrived_on__isnull=False),
                name="resource_request_closed_when_there",
            ),
        ]  # fmt: skip

    @property
    def days_waiting(self) -> int | None:
        """Days since the decision is awaited, where the site is; None when it is not."""
        return (site_today(self.site) - self.awaited_on).days if self.awaited_on else None

    @property
    def amount_words(self) -> str:
        """“12,000 USD per year”; empty where no amount was said."""
        return amount_in_words(self, self.amount)

    @property
    def granted_words(self) -> str:
        """The same for what is provided."""
        return amount_in_words(self, self.granted_amount)

    def content(self) -> dict[str, Json]:
        """The request's own facts: what was asked for, what was decided, on what that stands, and what came of it."""
        borne, target = self.acceptance, self.adjusted_target
        unit = self.objective_served.unit if self.objective_served else ""
        return {
            "resource": str(self.get_resource_display()),
            "description": self.description,
            "amount": self.amount_words,
            "needed_on": self.needed_on.isoformat(),
            "without_it": self.without_it,
            "objective": self.objective_served.reference if self.objective_served else "",
            "risk": self.risk_served.reference if self.risk_served else "",
            "serves_neither": self.serves_neither,
            "decider": self.decider.name,
            "asked_on": _iso(self.asked_on),
            "awaited_on": _iso(self.awaited_on),
            "questions": self.questions,
            "decision": str(self.get_decision_display()) if self.decision else "",
            "decided_on": _iso(self.decided_on),
            "decided_by": self.decided_by.name if self.decided_by else "",
            "decided_because": self.decided_because,
            "granted": self.granted,
            "granted_amount": self.granted_words,
            "budget_line": self.budget_line,
            "arrives_on": _iso(self.arrives_on),
            "arrived_on": _iso(self.arrived_on),
            "arrival_note": self.arrival_note,
            "arrival_proof": self.arrival_proof.name if self.arrival_proof else "",
            "accepted_until": borne.expires_on.isoformat() if borne else "",
            "adjusted_target": f"{plain_number(target.target_value)} {unit}".strip() if target else "",
            "adjusted_due_on": target.due_on.isoformat() if target else "",
            "closed_because": self.closed_because,
        }


def amount_in_words(request: ResourceRequest, amount: object) -> str:
    """An amount in the words of the request's unit; empty for none."""
    if amount is None:
        return ""
    number = f"{amount:,.2f}".removesuffix(".00")
    unit = ResourceRequest.AmountUnit
    if request.amount_unit in (unit.ONCE, unit.YEARLY):
        number = f"{number} {request.currency}"
        return f"{number} {_('per year')}" if request.amount_unit == unit.YEARLY else number
    return f"{number} {request.get_amount_unit_display()}".strip()


def _iso(day: object) -> str:
    return day.isoformat() if day else ""  # type: ignore[attr-defined]


class ResourceDecision(models.Model):
    """One decision about a request, never changed: a request that comes back is decided anew, by another row.

    ``days`` counts from ``awaited_on``, the day the decision was awaited from, to the day it was made.
    """

    request = models.ForeignKey(ResourceRequest, on_delete=models.PROTECT, related_name="decisions")
    number = models.PositiveSmallIntegerField()
    choice = models.CharField(max_length=12, choices=Decision)
    awaited_on = models.DateField()
    decided_on = models.DateField(db_index=True)
    decided_at = models.DateTimeField()
    decided_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    days = models.PositiveIntegerField()
    acceptance = models.ForeignKey(
        RiskAcceptance, on_delete=models.PROTECT, null=True, blank=True, related_name="resource_decisions"
    )
    adjusted_target = models.ForeignKey(
        ObjectiveTarget, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    signature = models.ForeignKey(Signature, on_delete=models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["request", "number"], name="resource_decision_once"),
            models.CheckConstraint(
                condition=Q(choice__in=["provided", "partly", "declined"]), name="resource_decision_known"
            ),
            models.CheckConstraint(
                condition=Q(choice="provided") | Q(acceptance__isnull=False, signature__isnull=False),
                name="resource_decision_signed",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.request_id} {self.number}: {self.choice}"
