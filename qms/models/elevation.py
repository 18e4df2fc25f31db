"""Elevated administrator sessions: when each began, when it had to end, and how it did."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from qms.models.person import User


class Elevation(models.Model):
    """One period in which an administrator could change what reaches everybody."""

    class End(models.TextChoices):
        LEFT = "left", _("left")
        LOGGED_OUT = "logged_out", _("logged out")
        TIME_OUT = "time_out", _("time ran out")
        REPLACED = "replaced", _("started anew")
        ACCESS_ENDED = "access_ended", _("access ended")

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="elevations")
    started_at = models.DateTimeField()
    until = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    end = models.CharField(max_length=12, choices=End, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["until"], condition=models.Q(ended_at=None), name="elevation_running"),
        ]

    def __str__(self) -> str:
        return f"{self.user} {self.started_at:%Y-%m-%d %H:%M}"
