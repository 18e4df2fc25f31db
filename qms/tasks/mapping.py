from celery import Task, shared_task
from django.utils import timezone

from qms.services import mapping


@shared_task(bind=True, max_retries=None)
def relink(self: Task, job_id: int) -> None:
    """Re-link records after mappings changed; comes back later while another worker still holds the job."""
    if not mapping.run_relink(job_id, clock=timezone.now):
        self.retry(countdown=90)


@shared_task
def sweep() -> None:
    """Queue re-linking again that a worker or the broker lost."""
    mapping.queue_again(at=timezone.now())
