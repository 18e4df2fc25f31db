"""Times in which background work stood still: kept, since reminders were late then and an auditor may ask."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class Silence(models.Model):
    """From when to when nothing was heard of a part of the installation, and when people were told of it."""

    class Part(models.TextChoices):
        WORKER = "worker", _("Workers")
        BEAT = "beat", _("Scheduler (beat)")

    part = models.CharField(max_length=8, choices=Part)
    last_heard_at = models.DateTimeField(null=True)
    noticed_at = models.DateTimeField()
    told_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["part"], condition=models.Q(ended_at=None), name="silence_one_at_a_time"),
            models.CheckConstraint(condition=models.Q(part__in=["worker", "beat"]), name="silence_part_known"),
            models.CheckConstraint(
                condition=models.Q(ended_at=None) | models.Q(ended_at__gte=models.F("noticed_at")),
                name="silence_in_order",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.part} since {self.last_heard_at}"
