"""Check everything the trail protects: ``manage.py verify_trail``. Exit code 1 when something does not fit."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import connection

from qms.services import trail_check

SHOWN = 20


class Command(BaseCommand):
    help = "Recompute every hash chain, version, signature and checkpoint; name what was changed behind the program."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--processes", type=int, default=2, help="how many work at a time (default 2; SQLite: 1)")
        parser.add_argument(
            "--anchor", action="append", default=[], metavar="HASH",
            help="a checkpoint's hash as printed in a pack; it must still be there (may be given several times)",
        )  # fmt: skip

    def handle(self, *args: Any, **options: Any) -> None:
        processes = 1 if connection.vendor == "sqlite" or connection.in_atomic_block else max(1, options["processes"])
        report = trail_check.verify(processes=processes, anchors=options["anchor"])
        counts = ", ".join(f"{count:,} {name}" for name, count in sorted(report.counts.items()))
        self.stdout.write(
            f"Checked {counts or 'an empty trail'} in {report.seconds:.1f} s ({report.rate:,} entries/s)."
        )
        if report.is_intact:
            self.stdout.write(self.style.SUCCESS("Nothing was altered."))
            return
        for problem in report.problems[1:SHOWN]:
            self.stderr.write(f"also: {problem}")
        more = len(report.problems) - SHOWN
        if more > 0:
            self.stderr.write(f"and {more:,} more")
        raise CommandError(f"First broken link: {report.problems[0]}")
