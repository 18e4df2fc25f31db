"""Questions about promises: sent, and let go when nobody answers."""

from celery import shared_task
from django.utils import timezone

from objectives.models import Promise
from objectives.services import promise


@shared_task(autoretry_for=(OSError,), retry_backoff=True, max_retries=5)
def send_question(question_id: int) -> None:
    """Mail one person the link to answer at."""
    promise.send_question(Promise.objects.select_related("action__owner", "person").get(pk=question_id))


@shared_task
def lapse_overdue() -> None:
    """Let questions lapse that nobody has answered in 14 days."""
    promise.lapse_overdue(at=timezone.now())
