"""Progress of long work, kept in rows that pages watch, and notices at its end."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction

from qms.models import Job, Notification, User
from qms.services import trail


def start(
    kind: str, label: str, *, by: User | None, at: datetime, total: int = 0, params: dict[str, Any] | None = None
) -> Job:
    """Make the row that a task will work on. Enqueue the task with ``transaction.on_commit`` and the job's id."""
    return Job.objects.create(
        kind=kind, label=label[:200], requested_by=by, created_at=at, total=total, params=params or {}
    )


def claim(job_id: int, *, at: datetime, stale_before: datetime) -> Job | None:
    """Take a waiting job, or one whose worker is silent since ``stale_before``; None when another has it."""
    free = Job.objects.filter(pk=job_id, status=Job.Status.QUEUED) | Job.objects.filter(
        pk=job_id, status=Job.Status.RUNNING, heartbeat_at__lt=stale_before
    )
    if not free.update(status=Job.Status.RUNNING, heartbeat_at=at):
        return None
    return Job.objects.get(pk=job_id)


def advance(
    job: Job, *, at: datetime, done: int, total: int | None = None, message: str = "",
    params: dict[str, Any] | None = None,
) -> None:  # fmt: skip
    """Write how far the work is; ``params`` carries where to resume."""
    job.done, job.heartbeat_at, job.message = done, at, message[:400]
    if total is not None:
        job.total = total
    if params is not None:
        job.params = params
    job.save(update_fields=["done", "heartbeat_at", "message", "total", "params"])


@transaction.atomic
def finish(job: Job, *, at: datetime, message: str = "", result_url: str = "") -> None:
    """End the job well and tell who asked for it."""
    job.status, job.finished_at, job.message, job.result_url = Job.Status.DONE, at, message[:400], result_url
    job.done = job.total = max(job.total, job.done, 1)
    job.save()
    if job.requested_by:
        notify(job.requested_by, message or job.label, at=at, url=result_url)


@transaction.atomic
def fail(job: Job, *, at: datetime, error: str, result_url: str = "") -> None:
    """End the job badly, say why, and tell who asked for it."""
    job.status, job.finished_at, job.error, job.result_url = Job.Status.FAILED, at, error, result_url
    job.save()
    if job.requested_by:
        notify(job.requested_by, f"{job.label}: {error}", at=at, url=result_url)


def notify(user: User, text: str, *, at: datetime, url: str = "") -> Notification:
    """Put a notice into the user's list (no e-mail)."""
    return Notification.objects.create(user=user, text=text[:300], url=url, at=at)


def export_noted(user: User, name: str, *, at: datetime, filters: str = "") -> None:
    """Write into the user's own chain that a list was exported, with the filters as shown."""
    trail.write(user, "records.exported", by=user, at=at, changes={"list": name, "filters": filters})
