"""Improvement actions: what was promised or decided, by whom, until when."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from qms.models import Json, Person, Phase, Record, RecordQuerySet


class ImprovementAction(Record):
    """A follow-up with an owner and a due date; ``source`` is the record it came from, where there is one."""

    class Status(models.TextChoices):
        OPEN = "open", _("Open")
        IN_PROGRESS = "in_progress", _("In progress")
        DONE = "done", _("Done")
        DECLINED = "declined", _("Declined")
        WITHDRAWN = "withdrawn", _("Withdrawn")

    KIND = "improvement_action"
    TRANSITIONS = {
        Status.OPEN: frozenset({Status.IN_PROGRESS, Status.DONE, Status.DECLINED, Status.WITHDRAWN}),
        Status.IN_PROGRESS: frozenset({Status.OPEN, Status.DONE, Status.DECLINED, Status.WITHDRAWN}),
        Status.DONE: frozenset({Status.IN_PROGRESS, Status.WITHDRAWN}),
        Status.DECLINED: frozenset({Status.OPEN}),
        Status.WITHDRAWN: frozenset(),
    }
    PHASES = {
        Status.OPEN: Phase.OPEN,
        Status.IN_PROGRESS: Phase.OPEN,
        Status.DONE: Phase.CLOSED,
        Status.DECLINED: Phase.WITHDRAWN,
        Status.WITHDRAWN: Phase.WITHDRAWN,
    }

    status = models.CharField(max_length=12, choices=Status, default=Status.OPEN, editable=False)
    source = models.ForeignKey(
        Record, on_delete=models.PROTECT, null=True, blank=True, related_name="follow_ups", verbose_name=_("came from")
    )
    promised_to = models.ForeignKey(
        Person, on_delete=models.PROTECT, null=True, blank=True, related_name="promises", verbose_name=_("promised to")
    )
    description = models.TextField(_("description"), blank=True)
    outcome = models.TextField(_("outcome"), blank=True)
    completed_on = models.DateField(_("completed"), null=True, blank=True, editable=False)

    objects: ClassVar = RecordQuerySet["ImprovementAction"].as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(status__in=["open", "in_progress", "done", "declined", "withdrawn"]),
                name="improvement_action_status_known",
            ),
        ]

    def content(self) -> dict[str, Json]:
        """The action's own facts."""
        return {
            "description": self.description,
            "source": self.source.reference if self.source else "",
            "promised_to": self.promised_to.name if self.promised_to else "",
            "outcome": self.outcome,
            "completed_on": self.completed_on.isoformat() if self.completed_on else "",
        }
