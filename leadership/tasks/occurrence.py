"""Planned times of standard work: planned ahead, and judged when their window is over."""

from celery import shared_task
from django.utils import timezone

from leadership.services import occurrence, occurrence_plan


@shared_task
def plan_ahead() -> None:
    """Plan every agreed routine as far ahead as the horizon."""
    occurrence_plan.plan_all(at=timezone.now())


@shared_task
def judge() -> None:
    """Excuse, or call missed, what was not done."""
    occurrence.judge(at=timezone.now())
