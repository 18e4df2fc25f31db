"""`manage.py make_signing_key`: the key evidence packs are signed with."""

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from audits.services import pack_signing


class Command(BaseCommand):
    """Make the organization's signing key unless there is one; say whose it is and until when."""

    help = "Make the key evidence packs are signed with, unless there is one already."

    def handle(self, *args: Any, **options: Any) -> None:
        """Make it, then open it, so that a wrong password shows now."""
        at = timezone.now()
        path = pack_signing.make_key(at=at)
        known = pack_signing.certificate(at=at)
        self.stdout.write(f"{path}: {known.subject.rfc4514_string()}, valid until {known.not_valid_after_utc:%Y-%m-%d}")
