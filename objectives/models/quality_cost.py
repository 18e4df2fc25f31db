"""The cost of quality: accounts in four categories, and a statement per site and month with its postings."""

from __future__ import annotations

import json
from collections.abc import Sequence
from decimal import Decimal
from hashlib import sha256
from typing import Any, ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from qms.models import Json, Phase, Record, RecordQuerySet, Site, User
from qms.permissions import Permission


class QualityCostAccountQuerySet(models.QuerySet["QualityCostAccount"]):
    """Accounts as a user may see them."""

    def visible_to(self, user: User) -> QualityCostAccountQuerySet:
        """Accounts of the sites the user reaches; nobody without the right to read records sees any."""
        if not user.is_authenticated or not user.can(Permission.RECORD_VIEW):
            return self.none()
        return self if user.has_all_sites else self.filter(site_id__in=user.visible_site_ids)

    def active(self) -> QualityCostAccountQuerySet:
        return self.filter(is_active=True)


class QualityCostAccount(models.Model):
    """What a plant books the cost of quality on; ``category`` follows the prevention-appraisal-failure model."""

    class Category(models.TextChoices):
        PREVENTION = "prevention", _("Prevention")
        APPRAISAL = "appraisal", _("Appraisal")
        INTERNAL_FAILURE = "internal_failure", _("Internal failure")
        EXTERNAL_FAILURE = "external_failure", _("External failure")

    FAILURES = (Category.INTERNAL_FAILURE, Category.EXTERNAL_FAILURE)

    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="quality_cost_accounts")
    name = models.CharField(_("name"), max_length=120)
    category = models.CharField(_("category"), max_length=20, choices=Category)
    description = models.CharField(_("what is booked here"), max_length=400, blank=True)
    is_active = models.BooleanField(_("in use"), default=True)

    objects = QualityCostAccountQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["site", "name"], name="quality_cost_account_once")]

    def __str__(self) -> str:
        return self.name

    @property
    def trail_key(self) -> str:
        return f"quality_cost_account:{self.pk}"


class QualityCostStatementQuerySet(RecordQuerySet["QualityCostStatement"]):
    """Statements, and what stands on them."""

    def with_sums(self) -> QualityCostStatementQuerySet:
        """Each with its current postings: ``posting_count``, ``total`` and ``failures`` (None without any)."""
        rows = QualityCostPosting.objects.filter(statement=models.OuterRef("pk"), replaced_at=None).order_by()
        of_failure = rows.filter(account__category__in=QualityCostAccount.FAILURES)
        return self.annotate(
            posting_count=_one(rows, models.Count("pk"), models.IntegerField()),
            total=_one(rows, models.Sum("amount"), None), failures=_one(of_failure, models.Sum("amount"), None),
        )  # fmt: skip


def _one(
    rows: models.QuerySet[QualityCostPosting], what: models.Aggregate, output: models.Field[Any, Any] | None
) -> models.Subquery:
    """One figure of the rows as a value inside another query."""
    return models.Subquery(rows.values("statement").annotate(figure=what).values("figure"), output_field=output)


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

    objects: ClassVar = QualityCostStatementQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(status__in=["open", "confirmed", "withdrawn"]), name="quality_cost_status_known"
            ),
        ]

    def content(self) -> dict[str, Json]:
        """The statement's sales and what stands on each account now.

        ``postings_sha256`` is over the JSON list of [key, account, amount] of the current postings, in the order of
        their keys; postings are rows that are never changed, only replaced, so it can be computed again at any time.
        """
        rows = self.postings.filter(replaced_at=None).select_related("account").order_by("key")
        current = list(rows)
        return {
            "month": self.begins_on.strftime("%Y-%m"),
            "currency": self.currency,
            "net_sales": f"{self.net_sales:,.2f}" if self.net_sales is not None else "",
            "accounts": account_lines(current),
            "postings": len(current),
            "postings_sha256": postings_digest(current),
            "note": self.note,
        }


def account_lines(postings: Sequence[QualityCostPosting]) -> list[dict[str, Json]]:
    """What stands on each account, in the order of the categories and of the names."""
    found: dict[int, list[QualityCostPosting]] = {}
    for posting in postings:
        found.setdefault(posting.account_id, []).append(posting)
    order = list(QualityCostAccount.Category)
    rows = sorted(found.values(), key=lambda own: (order.index(own[0].account.category), own[0].account.name))  # type: ignore[arg-type]
    return [
        {
            "category": str(own[0].account.get_category_display()), "account": own[0].account.name,
            "amount": f"{sum((posting.amount for posting in own), Decimal()):,.2f}", "postings": len(own),
        }
        for own in rows
    ]  # fmt: skip


def postings_digest(postings: Sequence[QualityCostPosting]) -> str:
    """SHA-256 over the postings, in hexadecimal; empty for none."""
    if not postings:
        return ""
    told = [[row.key, row.account.name, str(row.amount)] for row in sorted(postings, key=lambda row: row.key)]
    return sha256(json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode()).hexdigest()


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
