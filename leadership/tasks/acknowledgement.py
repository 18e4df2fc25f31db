"""Acknowledgements: telling those who are asked, and following who works here."""

from celery import shared_task
from django.utils import timezone

from leadership.models import AcknowledgementCampaign
from leadership.services import acknowledgement, acknowledgement_link


@shared_task(autoretry_for=(OSError,), retry_backoff=True, max_retries=8)
def send_links(campaign_id: int) -> None:
    """Tell everybody missing who was not told yet."""
    campaign = AcknowledgementCampaign.objects.select_related("subject", "owner", "site").get(pk=campaign_id)
    acknowledgement_link.send_links(campaign, at=timezone.now())


@shared_task
def follow_people() -> None:
    """Let newcomers join the running campaigns and those who left drop out."""
    acknowledgement.follow_all(at=timezone.now())
