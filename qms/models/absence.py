"""Days on which somebody is not at work."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from qms.models.person import Person, User


class AbsenceQuerySet(models.QuerySet["Absence"]):
    def in_force(self) -> AbsenceQuerySet:
        """Approved and not withdrawn: only these excuse anything."""
        return self.filter(withdrawn_at=None, approved_at__isnull=False)

    def awaiting(self) -> AbsenceQuerySet:
        """Announced by the person, not yet approved by anybody else."""
        return self.filter(withdrawn_at=None, approved_at=None)


class Absence(models.Model):
    """An absence of a person; approved by a leader above or the quality manager. Withdrawn, never deleted.

    ``cause`` is private: it is shown to the person and to those who approve, and never enters the trail.
    """

    class Cause(models.TextChoices):
        LEAVE = "leave", _("Leave")
        TRAVEL = "travel", _("Travel")
        TRAINING = "training", _("Training")
        OTHER = "other", _("Other")

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="absences", verbose_name=_("person"))
    starts_on = models.DateField(_("first day"))
    ends_on = models.DateField(_("last day"))
    cause = models.CharField(_("reason"), max_length=12, choices=Cause)
    stand_in = models.ForeignKey(
        Person, on_delete=models.PROTECT, null=True, blank=True, related_name="stands_in", verbose_name=_("stand-in")
    )
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    approved_at = models.DateTimeField(null=True, blank=True)
    approved_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    withdrawn_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")

    objects = AbsenceQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["person", "ends_on"], name="absence_by_person")]
        constraints = [
            models.CheckConstraint(condition=models.Q(ends_on__gte=models.F("starts_on")), name="absence_ends_later"),
            models.CheckConstraint(
                condition=models.Q(stand_in=None) | ~models.Q(stand_in=models.F("person")),
                name="absence_other_stands_in",
            ),
            models.CheckConstraint(
                condition=models.Q(cause__in=["leave", "travel", "training", "other"]), name="absence_cause_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person}: {self.starts_on} – {self.ends_on}"

    @property
    def status(self) -> str:
        """How it stands, as a status word."""
        if self.withdrawn_at:
            return "withdrawn"
        return "approved" if self.approved_at else "waiting"
