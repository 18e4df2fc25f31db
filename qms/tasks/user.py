"""Letters to people who got access."""

from celery import shared_task

from qms.models import User
from qms.services import user


@shared_task(autoretry_for=(OSError,), retry_backoff=30, retry_backoff_max=3600, max_retries=8)
def send_invitation(user_id: int) -> None:
    """Send the link that sets the first password."""
    user.send_invitation(User.objects.select_related("person").get(pk=user_id))
