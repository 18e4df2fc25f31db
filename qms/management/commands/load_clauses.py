"""`manage.py load_clauses [FILE]`: load a clause catalogue, and the default mappings with the one that ships."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone

from qms.services import clause, mapping
from qms.services.clause_catalogue import CatalogueRefused


class Command(BaseCommand):
    """May be run any number of times; what administrators edited is kept. All or nothing."""

    help = "Load standards with their clauses from FILE (default: ISO 9001 as shipped, with its default mappings)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the file, and whether the default mappings are wanted."""
        parser.add_argument("file", nargs="?", type=Path, default=clause.DEFAULT_FILE)
        parser.add_argument("--no-mappings", action="store_true", help="load the clauses only")

    def handle(self, *args: Any, file: Path, no_mappings: bool, **options: Any) -> None:
        """Load the file; the default mappings follow when it is the file that ships."""
        at = timezone.now()
        try:
            with transaction.atomic():
                done = clause.load_catalogue(file, by=None, at=at)
                wants_mappings = file == clause.DEFAULT_FILE and not no_mappings
                opened = mapping.load_default_mappings(by=None, at=at) if wants_mappings else 0
        except CatalogueRefused as error:
            raise CommandError(f"Nothing was loaded. {error}") from error
        self.stdout.write(
            f"{file.name}: {done.created} rows made, {done.updated} changed, {done.kept} kept as edited by an "
            f"administrator; {opened} default mappings opened."
        )
