"""Which record counts for which clause, since when: data that an administrator decides in the browser."""

from __future__ import annotations

from datetime import date

from django.db import models
from django.utils.translation import gettext_lazy as _

from qms.models.clause import Clause
from qms.models.person import User


class MappingQuerySet(models.QuerySet["ClauseMapping"]):
    def effective_on(self, day: date) -> MappingQuerySet:
        """Mappings in force on a day; a record keeps the meaning of its own event date."""
        return self.filter(effective_from__lte=day).filter(models.Q(effective_to=None) | models.Q(effective_to__gt=day))


class ClauseMapping(models.Model):
    """Records of ``kind`` (and ``subtype``, where given) are evidence for ``clause`` from a day on.

    ``max_age_days`` says how long one record keeps the clause current (empty: the clause's own default);
    ``min_count`` and ``min_people`` say how many records, by how many different leaders, within that time.
    A change closes the row (``effective_to``, exclusive) and opens a new one that ``supersedes`` it.
    """

    class Strength(models.TextChoices):
        MANDATORY = "mandatory", _("Mandatory")
        SUPPORTING = "supporting", _("Supporting")

    kind = models.CharField(_("kind of record"), max_length=40)
    subtype = models.CharField(_("type"), max_length=60, blank=True)
    clause = models.ForeignKey(Clause, on_delete=models.PROTECT, related_name="mappings", verbose_name=_("clause"))
    strength = models.CharField(_("strength"), max_length=12, choices=Strength, default=Strength.SUPPORTING)
    max_age_days = models.PositiveIntegerField(_("fresh for (days)"), null=True, blank=True)
    min_count = models.PositiveSmallIntegerField(_("records needed"), default=1)
    min_people = models.PositiveSmallIntegerField(_("leaders needed"), default=1)
    effective_from = models.DateField(_("effective from"))
    effective_to = models.DateField(_("effective until"), null=True, blank=True)
    supersedes = models.ForeignKey("self", on_delete=models.PROTECT, null=True, blank=True, related_name="successors")
    reason = models.CharField(_("reason"), max_length=400, blank=True)
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")

    objects = MappingQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["kind", "subtype", "effective_from"], name="mapping_by_kind")]
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "subtype", "clause"], condition=models.Q(effective_to=None), name="mapping_one_current",
                violation_error_message=_("This kind of record is already mapped to this clause; edit that row."),
            ),
            models.CheckConstraint(
                condition=models.Q(effective_to=None) | models.Q(effective_to__gte=models.F("effective_from")),
                name="mapping_dates_ordered",
                violation_error_message=_("The mapping must end on or after the day it starts."),
            ),
            models.CheckConstraint(
                condition=models.Q(min_count__gte=1, min_people__gte=1), name="mapping_needs_at_least_one",
                violation_error_message=_("At least one record and one leader are needed."),
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.kind}{'/' + self.subtype if self.subtype else ''} → {self.clause}"

    @property
    def record_words(self) -> str:
        """The type, or the kind, in words: “Floor walk”."""
        return (self.subtype or self.kind).replace("-", " ").replace("_", " ").capitalize()

    @property
    def trail_key(self) -> str:
        return f"mapping:{self.kind}:{self.subtype}:{self.clause_id}"[:60]
