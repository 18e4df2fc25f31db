"""Who has to be told of what, asked again and again."""

from celery import shared_task
from django.utils import timezone

from qms.services import reminder, reminder_plan


@shared_task(soft_time_limit=540, time_limit=600)
def remind() -> None:
    """Plan what has been reached, and put into the outbox whose time has come."""
    now = timezone.now()
    reminder_plan.plan(at=now)
    reminder.gather(at=now)
