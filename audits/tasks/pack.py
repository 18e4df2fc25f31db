from celery import shared_task
from django.utils import timezone

from audits.services import pack_build


@shared_task
def start(pack_id: int) -> None:
    """Freeze a requested pack and queue its parts."""
    pack_build.start(pack_id, at=timezone.now())


@shared_task
def render_part(part_id: int) -> None:
    """Render one part; the last one merges and signs."""
    pack_build.run_part(part_id, clock=timezone.now)


@shared_task
def sweep() -> None:
    """Take over what dead workers left."""
    pack_build.sweep(at=timezone.now())
