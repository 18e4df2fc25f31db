"""`manage.py setup`: bring database, catalogue and static files to the state this version of the program needs."""

import hashlib
import os
import subprocess  # gettext's own compiler, no shell
from argparse import ArgumentParser
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command
from django.core.management.base import BaseCommand


class Command(BaseCommand):
    """Everything here may be run any number of times: what is already done is left alone."""

    help = (
        "Compile translations, migrate, load the clause catalogue, collect static files; "
        "with --demo also load the demo plant."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take whether the demo plant is wanted."""
        parser.add_argument("--demo", action="store_true", help="load the demo plant unless there are data already")
        parser.add_argument("--no-static", action="store_true", help="leave the static files alone")

    def handle(self, *args: Any, demo: bool, no_static: bool, **options: Any) -> None:
        """Run the steps in order; the first that fails stops the rest."""
        compile_translations(self.stdout.write)
        call_command("migrate", interactive=False, verbosity=0)
        call_command("createcachetable", verbosity=0)
        call_command("load_clauses")
        call_command("load_reminder_rules")
        if demo:
            call_command("load_demo", if_empty=True)  # with the kinds of activity
        else:
            call_command("load_activity_types")
        call_command("make_signing_key")  # after the demo, which names the organization it is made out to
        if not no_static:
            self._collect_static()

    def _collect_static(self) -> None:
        """Collect and compress, unless no source file has changed since the last time (it takes seconds)."""
        stamp = settings.STATIC_ROOT / ".sources"
        wanted = _static_fingerprint()
        if stamp.is_file() and stamp.read_text() == wanted:
            return
        call_command("collectstatic", interactive=False, clear=True, verbosity=0)
        stamp.write_text(wanted)
        self.stdout.write("Static files collected.")


def _static_fingerprint() -> str:
    """Return a hash over name, size and time of change of every static source file."""
    digest = hashlib.sha256()
    for finder in get_finders():
        for name, storage in finder.list(None):
            modified = storage.get_modified_time(name).isoformat()
            digest.update(f"{name}\0{storage.size(name)}\0{modified}\n".encode())
    return digest.hexdigest()


def compile_translations(report: Callable[[str], object] = str) -> None:
    """Compile the texts of other languages where they are newer than what was compiled; an image brings them."""
    for source in sorted(settings.BASE_DIR.glob("locale/*/LC_MESSAGES/django.po")):
        target = source.with_suffix(".mo")
        if target.is_file() and target.stat().st_mtime >= source.stat().st_mtime:
            continue
        made = target.with_suffix(f".{os.getpid()}")  # others may read or compile it at this moment
        subprocess.run(["msgfmt", "-o", made, source], check=True)
        made.replace(target)
        report(f"Translations compiled: {source.parts[-3]}.")
