"""Resource requests whose risk acceptance has ended."""

from celery import shared_task
from django.utils import timezone

from leadership.services import resource_request_arrival


@shared_task
def follow_acceptances() -> None:
    """Bring back what stood on an acceptance that has ended."""
    resource_request_arrival.follow_acceptances(at=timezone.now())
