"""Load the demo plant into an empty database, or add activities in bulk for trying the product at size."""

from argparse import ArgumentParser
from datetime import date
from io import StringIO
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from leadership.services import demo, demo_bulk
from qms.permissions import AccessProfile


class Command(BaseCommand):
    """Idempotent: a second run without ``--records`` changes nothing."""

    help = "Load the demo plant (once), and with --records N also N bulk activities."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--records", type=int, default=0, help="how many bulk activities to add")
        parser.add_argument("--if-empty", action="store_true", help="do nothing where somebody's data are")
        parser.add_argument("--today", type=date.fromisoformat, help="the day the 18 months end (default: today)")

    def handle(self, *args: Any, **options: Any) -> None:
        at = timezone.now()
        call_command("load_activity_types", stdout=StringIO())
        today = options["today"] or at.date()
        try:
            is_new = demo.load(today=today, at=at, report=self.stdout.write)
        except demo.NotEmpty as error:
            if options["if_empty"]:
                return
            if not options["records"]:
                raise CommandError(str(error)) from error
            is_new = False
        self._keep_log_ins()
        self.stdout.write("The demo plant is loaded." if is_new else "The demo plant is there already.")
        if options["records"]:
            made = demo_bulk.load(options["records"], today=today, report=self._progress)
            self.stdout.write(f"{made} activities added.")

    def _keep_log_ins(self) -> None:
        """Write the log-ins where `manage.py serve` shows them at each start."""
        shown = [(f"{name}@plant.example", profile) for name, profile in demo.LOG_INS[:6]]
        shown.append((demo.GUEST, AccessProfile.GUEST_AUDITOR))
        lines = [f"  {email:<30}{AccessProfile(profile).label}" for email, profile in shown]
        text = "\n".join([f"Demo log-ins, password {demo.PASSWORD}:", *lines, ""])
        (settings.VAR_DIR / "demo_logins.txt").write_text(text, encoding="utf-8")

    def _progress(self, done: int) -> None:
        self.stdout.write(f"  {done} …")
