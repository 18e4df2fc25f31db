"""Elevated sessions whose time has run out."""

from celery import shared_task
from django.utils import timezone

from qms.services import elevation


@shared_task
def end_overdue() -> None:
    """Write the end of every elevated session whose time is over into the trail."""
    elevation.end_overdue(at=timezone.now())
