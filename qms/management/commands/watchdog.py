"""`manage.py watchdog`: looks every minute whether workers and beat live, and mails people when they do not."""

import time
from argparse import ArgumentParser
from datetime import datetime
from typing import Any

import structlog
from django.core.management.base import BaseCommand
from django.db import close_old_connections
from django.utils import timezone

from qms.services import silence

LOOK_EVERY_SECONDS = 60.0
log = structlog.get_logger(__name__)


class Command(BaseCommand):
    """Runs until it is stopped. Neither a worker nor beat, so that it can tell of both."""

    help = "Watch workers and beat; mail administrators and quality managers when one is silent for five minutes."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take how often to look, and whether only once."""
        parser.add_argument("--every", type=float, default=LOOK_EVERY_SECONDS, help="seconds between two looks")
        parser.add_argument("--once", action="store_true", help="look once and end, for a cron of one's own")

    def handle(self, *args: Any, every: float, once: bool, **options: Any) -> None:
        """Look, tell, sleep."""
        since = datetime.min.replace(tzinfo=timezone.now().tzinfo) if once else timezone.now()
        while True:
            look_and_tell(since=since)
            if once:
                return
            close_old_connections()
            time.sleep(every)


def look_and_tell(*, since: datetime) -> None:
    """One look. What goes wrong (no database, no mail server) is logged, and the next look tries again."""
    at = timezone.now()
    try:
        if told := silence.tell(silence.look(at=at, since=since), at=at):
            log.warning("silence_told", silences=told)
    except Exception as error:  # noqa: BLE001  the watcher outlives whatever it watches
        log.error("watch_failed", error=str(error), kind=type(error).__name__)
