from celery import shared_task
from django.db import OperationalError
from django.utils import timezone

from qms.services import trail_check


@shared_task(autoretry_for=(OperationalError,), retry_backoff=True, max_retries=5)
def checkpoint() -> None:
    """Hourly: seal what was written since the last checkpoint."""
    trail_check.checkpoint(at=timezone.now())


@shared_task
def run_check(job_id: int) -> None:
    """Check everything the trail protects, for the integrity page."""
    trail_check.run_check(job_id, at=timezone.now())
