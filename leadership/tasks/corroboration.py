from celery import shared_task

from leadership.models import Invitation
from leadership.services import corroboration


@shared_task(autoretry_for=(OSError,), retry_backoff=True, max_retries=5)
def send_invitation(invitation_id: int) -> None:
    """Mail one person the link to answer at."""
    invitation = Invitation.objects.select_related("activity__owner", "activity__activity_type", "participant__person")
    corroboration.send_invitation(invitation.get(pk=invitation_id))
