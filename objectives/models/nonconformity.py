"""Nonconformities: what was found, how it was contained, why it happened, and whether the correction works."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from qms.models import Attachment, Json, Person, Phase, Record, RecordQuerySet


class Cause(models.Model):
    """A root cause by name, so that the same cause is recognized when it comes back."""

    name = models.CharField(_("root cause"), max_length=160, unique=True)
    is_active = models.BooleanField(default=True)

    def __str__(self) -> str:
        return self.name

    @property
    def trail_key(self) -> str:
        return f"cause:{self.pk}"


class Nonconformity(Record):
    """Something that was not as required: ``quantity`` of ``unit``, found on the event date."""

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
    description = models.TextField(_("what is not as required"))
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
                | (~models.Q(effectiveness="") & models.Q(used_on__isnull=False, cause__isnull=False)),
                name="nonconformity_closed_with_proof",
            ),
        ]

    def content(self) -> dict[str, Json]:
        """The nonconformity's own facts and the tree of causes."""
        return {
            "description": self.description,
            "origin": self.get_origin_display(),
            "quantity": f"{self.quantity.normalize():f}" if self.quantity is not None else "",
            "unit": self.unit,
            "containment": self.containment,
            "causes": [[n.branch, n.text, n.parent_id or 0, n.pk] for n in self.cause_tree.order_by("pk")],
            "cause": self.cause.name if self.cause else "",
            "effectiveness": self.get_effectiveness_display() if self.effectiveness else "",
            "effectiveness_note": self.effectiveness_note,
            "used_on": self.used_on.isoformat() if self.used_on else "",
            "used_note": self.used_note,
            "used_proof": self.used_proof.sha256 if self.used_proof else "",
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

    def __str__(self) -> str:
        return self.text
