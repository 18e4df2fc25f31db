from celery import shared_task
from django.utils import timezone

from qms.services import health


@shared_task
def heartbeat() -> None:
    """Queued by beat, run by a worker: shows that both live."""
    health.record_heartbeat(at=timezone.now())
