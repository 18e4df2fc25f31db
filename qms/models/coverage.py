"""Clause links: the projection of records on clauses that coverage, lists and packs read."""

from __future__ import annotations

from django.db import models

from qms.models.clause import Clause
from qms.models.mapping import ClauseMapping
from qms.models.person import Person
from qms.models.record import Record
from qms.models.site import Site


class ClauseLink(models.Model):
    """``record`` is evidence for ``clause`` by ``mapping``; ``counts`` once its phase makes it evidence.

    Derived data, one row per record and clause: updated in the transaction of every change, rebuilt by one idempotent
    task. The foreign keys have no index of their own: the two below serve every query and keep logging cheap.
    """

    record = models.ForeignKey(Record, on_delete=models.PROTECT, related_name="clause_links", db_index=False)
    clause = models.ForeignKey(Clause, on_delete=models.PROTECT, related_name="links", db_index=False)
    mapping = models.ForeignKey(ClauseMapping, on_delete=models.PROTECT, related_name="links", db_index=False)
    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="+", db_index=False)
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+", db_index=False)
    occurred_on = models.DateField()
    counts = models.BooleanField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["record", "clause"], name="link_once_per_clause")]
        indexes = [
            models.Index(
                fields=["clause", "-occurred_on", "-record"], name="link_newest", condition=models.Q(counts=True)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.record_id} → {self.clause_id}"


class CoverageDay(models.Model):
    """How many records counted by ``mapping`` at ``site`` on an event day: what coverage adds up instead of records.

    ``month`` is year * 12 + month - 1. Kept in step with the links in the same transaction; zero is allowed.
    """

    mapping = models.ForeignKey(ClauseMapping, on_delete=models.PROTECT, related_name="+", db_index=False)
    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="+", db_index=False)
    day = models.DateField()
    month = models.PositiveIntegerField()
    count = models.IntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["mapping", "site", "day"], name="coverage_day_once")]

    def __str__(self) -> str:
        return f"{self.mapping_id} {self.day}: {self.count}"


class CoveragePerson(models.Model):
    """On which days of a month a person's records counted by ``mapping`` at ``site``: bit 0 of ``days`` is the 1st."""

    mapping = models.ForeignKey(ClauseMapping, on_delete=models.PROTECT, related_name="+", db_index=False)
    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="+", db_index=False)
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+", db_index=False)
    month = models.PositiveIntegerField()
    days = models.PositiveBigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["mapping", "month", "site", "person"], name="coverage_person_once")
        ]

    def __str__(self) -> str:
        return f"{self.mapping_id} {self.person_id} {self.month}"
