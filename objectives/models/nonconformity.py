"""Nonconformities: what was found, how it was contained, why it happened, and whether the correction works."""

from __future__ import annotations

from datetime import date
from typing import ClassVar

from django.db import models
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from qms.models import Attachment, Json, Person, Phase, Record, RecordQuerySet

LOOKBACK_MONTHS = 24


def lookback_start(day: date) -> date:
    """The first day of the LOOKBACK_MONTHS before ``day``: within them the same root cause counts as come back."""
    year = day.year - LOOKBACK_MONTHS // 12
    return day.replace(year=year, day=28) if (day.month, day.day) == (2, 29) else day.replace(year=year)


class Cause(models.Model):
    """A root cause by name, so that the same cause is recognized when it comes back.

    One that was merged is no longer active and leads to the cause it was ``merged_into``, whoever names it again.
    """

    name = models.CharField(_("root cause"), max_length=160, unique=True)
    is_active = models.BooleanField(default=True)
    merged_into = models.ForeignKey("self", on_delete=models.PROTECT, null=True, blank=True, related_name="merged")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(merged_into=None)
                | (models.Q(is_active=False) & ~models.Q(merged_into=models.F("id"))),
                name="cause_merged_is_inactive",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def trail_key(self) -> str:
        return f"cause:{self.pk}"


class Nonconformity(Record):
    """Something that was not as required: ``quantity`` of ``unit``, found on the day it ``happened_on``.

    ``source`` is the record it was opened from, such as an idea that turned out to be a problem. Only a closed one is
    evidence of corrective action: its effect was judged, its actions have ended, and the new way was used. So its
    event date is the day it happened while it is open, and the day it was closed from then on.
    """

    class Status(models.TextChoices):
        OPEN = "open", _("Open")
        CONTAINED = "contained", _("Contained")
        ANALYZED = "analyzed", _("Cause found")
        ACTING = "acting", _("Corrective action under way")
        EVALUATED = "evaluated", _("Effectiveness evaluated")
        CLOSED = "closed", _("Closed")
        WITHDRAWN = "withdrawn", _("Withdrawn")

    class Origin(models.TextChoices):
        INTERNAL = "internal", _("Found in-house")
        CUSTOMER = "customer", _("Customer")
        SUPPLIER = "supplier", _("Supplier")
        AUDIT = "audit", _("Audit")

    class Effectiveness(models.TextChoices):
        EFFECTIVE = "effective", _("Effective")
        NOT_EFFECTIVE = "not_effective", _("Not effective")

    KIND = "nonconformity"
    TRANSITIONS = {
        Status.OPEN: frozenset({Status.CONTAINED, Status.WITHDRAWN}),
        Status.CONTAINED: frozenset({Status.ANALYZED, Status.WITHDRAWN}),
        Status.ANALYZED: frozenset({Status.ACTING, Status.CONTAINED, Status.WITHDRAWN}),
        Status.ACTING: frozenset({Status.EVALUATED, Status.ANALYZED, Status.WITHDRAWN}),
        Status.EVALUATED: frozenset({Status.CLOSED, Status.ACTING, Status.WITHDRAWN}),
        Status.CLOSED: frozenset({Status.ACTING}),
        Status.WITHDRAWN: frozenset(),
    }
    PHASES = {
        Status.OPEN: Phase.OPEN,
        Status.CONTAINED: Phase.OPEN,
        Status.ANALYZED: Phase.OPEN,
        Status.ACTING: Phase.OPEN,
        Status.EVALUATED: Phase.OPEN,
        Status.CLOSED: Phase.CLOSED,
        Status.WITHDRAWN: Phase.WITHDRAWN,
    }

    status = models.CharField(max_length=12, choices=Status, default=Status.OPEN, editable=False)
    origin = models.CharField(_("found by"), max_length=12, choices=Origin, default=Origin.INTERNAL)
    source = models.ForeignKey(
        Record, on_delete=models.PROTECT, null=True, blank=True, related_name="nonconformities_from",
        verbose_name=_("came from"),
    )  # fmt: skip
    description = models.TextField(_("more about it"), blank=True)
    happened_on = models.DateField(_("happened on"))
    quantity = models.DecimalField(_("quantity"), max_digits=14, decimal_places=3, null=True, blank=True)
    unit = models.CharField(_("unit"), max_length=24, blank=True)
    containment = models.TextField(_("containment: what protects the customer now"), blank=True)
    cause = models.ForeignKey(
        Cause, on_delete=models.PROTECT, null=True, blank=True, related_name="nonconformities",
        verbose_name=_("root cause"),
    )  # fmt: skip
    effectiveness = models.CharField(_("effectiveness"), max_length=16, choices=Effectiveness, blank=True)
    effectiveness_note = models.TextField(_("how we know"), blank=True)
    evaluated_on = models.DateField(null=True, blank=True, editable=False)
    evaluated_by = models.ForeignKey(
        Person, on_delete=models.PROTECT, null=True, blank=True, editable=False, related_name="+"
    )
    used_on = models.DateField(_("the new way was used on"), null=True, blank=True)
    used_note = models.TextField(_("where, by whom, with what result"), blank=True)
    used_proof = models.ForeignKey(
        Attachment, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("proof")
    )
    evaluations = models.JSONField(default=list, blank=True, editable=False)
    """Every judgement of the effect so far, oldest first; the newest is in the fields above while it stands."""
    lookback_on = models.DateField(editable=False)
    """First day of the lookback before the event, so that lists can count earlier ones; follows ``happened_on``."""
    closed_on = models.DateField(null=True, blank=True, editable=False)

    objects: ClassVar = RecordQuerySet["Nonconformity"].as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(
                    status__in=["open", "contained", "analyzed", "acting", "evaluated", "closed", "withdrawn"]
                ),
                name="nonconformity_status_known",
            ),
            models.CheckConstraint(
                condition=~models.Q(status="closed")
                | models.Q(
                    effectiveness="effective", used_on__isnull=False, used_proof__isnull=False, cause__isnull=False,
                    closed_on__isnull=False,
                ),
                name="nonconformity_closed_with_proof",
            ),
        ]  # fmt: skip
        indexes = [models.Index(fields=["cause", "happened_on"], name="nonconformity_by_cause")]

    @property
    def amount_words(self) -> str:
        """“12 pieces”; empty where nobody counted."""
        return f"{self.quantity.normalize():f} {self.unit}".strip() if self.quantity is not None else ""

    @property
    def is_use_proved(self) -> bool:
        """Whether the new way was used and a file that shows it still stands."""
        return self.used_on is not None and self.used_proof is not None and self.used_proof.withdrawn_at is None

    @property
    def is_evaluated_by_owner(self) -> bool:
        """True when nobody but the owner has judged the effect."""
        return self.evaluated_by_id is not None and self.evaluated_by_id == self.owner_id

    @cached_property
    def causes(self) -> list[CauseNode]:
        """Every answer to “why?”, each followed by its own answers, with ``depth`` from 1; read once per instance."""
        if not self.pk or self.version <= 1:
            return []
        below: dict[int | None, list[CauseNode]] = {}
        for node in self.cause_tree.order_by("pk"):
            below.setdefault(node.parent_id, []).append(node)
        branches = list(CauseNode.Branch)
        found: list[CauseNode] = []

        def walk(parent: int | None, depth: int) -> None:
            for node in below.get(parent, []):
                node.depth = depth
                found.append(node)
                walk(node.pk, depth + 1)

        below[None] = sorted(below.get(None, []), key=lambda n: (branches.index(CauseNode.Branch(n.branch)), n.pk))
        walk(None, 1)
        return found

    def content(self) -> dict[str, Json]:
        """The nonconformity's own facts and the tree of causes."""
        proof = self.used_proof
        return {
            "description": self.description,
            "origin": self.get_origin_display(),
            "source": self.source.reference if self.source else "",
            "happened_on": self.happened_on.isoformat(),
            "amount": self.amount_words,
            "containment": self.containment,
            "causes": [node.content() for node in self.causes],
            "cause": self.cause.name if self.cause else "",
            "effectiveness": self.get_effectiveness_display() if self.effectiveness else "",
            "effectiveness_note": self.effectiveness_note,
            "evaluated_by": self.evaluated_by.name if self.evaluated_by else "",
            "evaluated_on": self.evaluated_on.isoformat() if self.evaluated_on else "",
            "evaluations": self.evaluations,
            "used_on": self.used_on.isoformat() if self.used_on else "",
            "used_note": self.used_note,
            "used_proof": {"name": proof.caption or proof.name, "uid": str(proof.uid)} if proof else "",
            "closed_on": self.closed_on.isoformat() if self.closed_on else "",
        }


class CauseNode(models.Model):
    """One answer to "why?": a node in the tree of a nonconformity's causes; a chain of five is 5 whys."""

    class Branch(models.TextChoices):
        PEOPLE = "people", _("People")
        MACHINE = "machine", _("Machine")
        METHOD = "method", _("Method")
        MATERIAL = "material", _("Material")
        MEASUREMENT = "measurement", _("Measurement")
        ENVIRONMENT = "environment", _("Environment")

    nonconformity = models.ForeignKey(Nonconformity, on_delete=models.PROTECT, related_name="cause_tree")
    parent = models.ForeignKey("self", on_delete=models.CASCADE, null=True, blank=True, related_name="answers")
    branch = models.CharField(_("branch"), max_length=12, choices=Branch)
    text = models.CharField(_("because"), max_length=240)

    depth = 1
    """How many times “why?” was asked to get here; set where the tree is read."""

    def __str__(self) -> str:
        return self.text

    def content(self) -> dict[str, Json]:
        """What a version keeps of it; ``why`` says how often “why?” was asked to get here."""
        return {"branch": str(self.get_branch_display()), "why": self.depth, "because": self.text}
