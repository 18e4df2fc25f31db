"""Questions about promises that nobody answers."""

from celery import shared_task
from django.utils import timezone

from objectives.services import promise


@shared_task
def lapse_overdue() -> None:
    """Let questions lapse that nobody has answered in 14 days."""
    promise.lapse_overdue(at=timezone.now())
