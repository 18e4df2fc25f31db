"""How objectives stand, day by day."""

from celery import shared_task
from django.db import OperationalError
from django.utils import timezone

from objectives.services import objective_standing


@shared_task(autoretry_for=(OperationalError,), retry_backoff=True, max_retries=5)
def refresh_standings() -> None:
    """Daily: apply the rule again, since time passes, and ask owners for the decisions it asks for."""
    objective_standing.refresh_all(at=timezone.now())
