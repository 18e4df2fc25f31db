"""How many improvement actions began in each month, kept beside them so that a chart never counts them all."""

from __future__ import annotations

from django.db import models

from objectives.models.improvement_action import ImprovementAction
from qms.models import Area, Site


class ActionMonth(models.Model):
    """Actions of one place and month by drive; changed in the transaction of each action, made anew by ``recount``."""

    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="+", db_index=False)
    area = models.ForeignKey(Area, on_delete=models.PROTECT, null=True, related_name="+")
    begins_on = models.DateField()
    """The first day of the month of the event date."""
    drive = models.CharField(max_length=20, choices=ImprovementAction.Drive)
    count = models.IntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["site", "begins_on", "area", "drive"], condition=models.Q(area__isnull=False),
                name="action_month_once_per_area",
            ),
            models.UniqueConstraint(
                fields=["site", "begins_on", "drive"], condition=models.Q(area=None),
                name="action_month_once_without_area",
            ),
        ]  # fmt: skip
        indexes = [models.Index(fields=["site", "begins_on"], name="action_month_by_site")]

    def __str__(self) -> str:
        return f"{self.begins_on:%Y-%m} {self.drive}: {self.count}"
