"""Acceptances that run out, and ratings carried over to another scale."""

from celery import shared_task
from django.utils import timezone

from objectives.services import risk_acceptance, risk_scale


@shared_task
def expire_acceptances() -> None:
    """End every acceptance of a risk whose last day has come."""
    risk_acceptance.expire_due(at=timezone.now())


@shared_task
def resume_carry_overs() -> None:
    """Take up what a lost message or a dead worker left."""
    risk_scale.resume(at=timezone.now())


@shared_task(acks_late=True)
def carry_over(job_id: int) -> None:
    """Carry open risks over to a new scale; goes on where it stopped."""
    risk_scale.carry_over(job_id)
