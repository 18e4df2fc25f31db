"""Sending what lies in the outbox. A task ends well before ``outbox.STALE``, when others may take over its claims."""

from datetime import timedelta

from celery import shared_task
from django.utils import timezone

from qms.services import outbox


@shared_task(soft_time_limit=60, time_limit=90, ignore_result=True)
def deliver(message_id: int) -> None:
    """Send one message now."""
    try:
        outbox.deliver(message_id, clock=timezone.now)
    except outbox.ServerAway:
        return  # its row says so, and when it is tried again


@shared_task(soft_time_limit=270, time_limit=300)
def deliver_waiting() -> None:
    """Send everything that waits."""
    outbox.deliver_waiting(clock=timezone.now, until=timezone.now() + timedelta(minutes=4))


@shared_task(soft_time_limit=270, time_limit=300)
def sweep() -> None:
    """Take over what dead workers claimed, and send what the broker lost or what failed before."""
    outbox.free_stale(at=timezone.now())
    outbox.deliver_waiting(clock=timezone.now, until=timezone.now() + timedelta(minutes=4))
