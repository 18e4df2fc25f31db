"""Acknowledgements: following who works here."""

from celery import shared_task
from django.utils import timezone

from leadership.services import acknowledgement


@shared_task
def follow_people() -> None:
    """Let newcomers join the running campaigns and those who left drop out."""
    acknowledgement.follow_all(at=timezone.now())
