"""Long work that a page can watch, and the notice that tells somebody it has ended."""

from __future__ import annotations

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _

from qms.models.person import User


class Job(models.Model):
    """One piece of background work. Progress lives here, not in a result backend, and survives restarts."""

    class Status(models.TextChoices):
        QUEUED = "queued", _("Waiting")
        RUNNING = "running", _("Running")
        DONE = "done", _("Done")
        FAILED = "failed", _("Failed")

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    kind = models.CharField(max_length=40)
    label = models.CharField(max_length=200)
    status = models.CharField(max_length=12, choices=Status, default=Status.QUEUED)
    total = models.PositiveIntegerField(default=0)
    done = models.PositiveIntegerField(default=0)
    message = models.CharField(max_length=400, blank=True)
    error = models.TextField(blank=True)
    params = models.JSONField(default=dict, blank=True)
    result_url = models.CharField(max_length=400, blank=True)
    requested_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="jobs")
    created_at = models.DateTimeField()
    heartbeat_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return self.label

    @property
    def percent(self) -> int:
        """Whole percent done, 0 to 100."""
        return (
            min(100, self.done * 100 // self.total) if self.total else (100 if self.status == self.Status.DONE else 0)
        )


class Notification(models.Model):
    """A short in-product notice to one user."""

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="notifications")
    text = models.CharField(max_length=300)
    url = models.CharField(max_length=400, blank=True)
    at = models.DateTimeField()
    read_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [models.Index(fields=["user", "read_at", "-at"], name="notification_unread")]

    def __str__(self) -> str:
        return self.text
