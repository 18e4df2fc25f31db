"""The cost of quality: accounts in four categories, and a statement per site and month with its postings."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from qms.models import Json, Phase, Record, RecordQuerySet, Site, User


class QualityCostAccount(models.Model):
    """What a plant books the cost of quality on; ``category`` follows the prevention-appraisal-failure model."""

    class Category(models.TextChoices):
        PREVENTION = "prevention", _("Prevention")
        APPRAISAL = "appraisal", _("Appraisal")
        INTERNAL_FAILURE = "internal_failure", _("Internal failure")
        EXTERNAL_FAILURE = "external_failure", _("External failure")

    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="quality_cost_accounts")
    name = models.CharField(_("name"), max_length=120)
    category = models.CharField(_("category"), max_length=20, choices=Category)
    description = models.CharField(_("what is booked here"), max_length=400, blank=True)
    is_active = models.BooleanField(_("in use"), default=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["site", "name"], name="quality_cost_account_once")]

    def __str__(self) -> str:
        return self.name

    @property
    def trail_key(self) -> str:
        return f"quality_cost_account:{self.pk}"


class QualityCostStatement(Record):
    """One month's cost of quality at a site: open while postings come in, closed when finance has confirmed it."""

    class Status(models.TextChoices):
        OPEN = "open", _("Open")
        CONFIRMED = "confirmed", _("Confirmed")
        WITHDRAWN = "withdrawn", _("Withdrawn")

    KIND = "quality_cost"
    TRANSITIONS = {
        Status.OPEN: frozenset({Status.CONFIRMED, Status.WITHDRAWN}),
        Status.CONFIRMED: frozenset({Status.OPEN}),
        Status.WITHDRAWN: frozenset(),
    }
    PHASES = {Status.OPEN: Phase.OPEN, Status.CONFIRMED: Phase.CLOSED, Status.WITHDRAWN: Phase.WITHDRAWN}

    status = models.CharField(max_length=12, choices=Status, default=Status.OPEN, editable=False)
    begins_on = models.DateField(_("month"), help_text=_("The first day of the month."))
    currency = models.CharField(_("currency"), max_length=3)
    net_sales = models.DecimalField(_("net sales"), max_digits=16, decimal_places=2, null=True, blank=True)
    note = models.TextField(_("note"), blank=True)

    objects: ClassVar = RecordQuerySet["QualityCostStatement"].as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(status__in=["open", "confirmed", "withdrawn"]), name="quality_cost_status_known"
            ),
        ]

    def content(self) -> dict[str, Json]:
        """The statement's sales and its current postings, by account."""
        postings = self.postings.filter(replaced_at=None).select_related("account").order_by("account__name", "pk")
        return {
            "month": self.begins_on.isoformat(),
            "currency": self.currency,
            "net_sales": str(self.net_sales) if self.net_sales is not None else "",
            "postings": [[p.account.category, p.account.name, str(p.amount), p.key] for p in postings],
            "note": self.note,
        }


class QualityCostPosting(models.Model):
    """One amount on an account in a month, known by its ``key``: the same key again replaces it, never adds."""

    class Source(models.TextChoices):
        HAND = "hand", _("By hand")
        SHEET = "sheet", _("Import")
        API = "api", _("Interface")

    statement = models.ForeignKey(QualityCostStatement, on_delete=models.PROTECT, related_name="postings")
    account = models.ForeignKey(QualityCostAccount, on_delete=models.PROTECT, related_name="postings")
    amount = models.DecimalField(_("amount"), max_digits=16, decimal_places=2)
    key = models.CharField(_("key"), max_length=120)
    source = models.CharField(max_length=8, choices=Source, default=Source.HAND)
    recorded_at = models.DateTimeField()
    recorded_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    replaced_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [models.Index(fields=["account", "statement"], name="quality_cost_by_account")]
        constraints = [
            models.UniqueConstraint(
                fields=["statement", "key"], condition=models.Q(replaced_at=None), name="quality_cost_key_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.key}: {self.amount}"
