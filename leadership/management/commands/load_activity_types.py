"""manage.py load_activity_types: the eleven kinds of leadership activity the product comes with, and its values."""

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from leadership.services import activity_type, recognition_value


class Command(BaseCommand):
    help = "Add the default kinds of activity and values that are missing; nobody's wording is overwritten."

    def handle(self, *args: Any, **options: Any) -> None:
        at = timezone.now()
        added = activity_type.load_defaults(by=None, at=at)
        values = recognition_value.load_defaults(by=None, at=at)
        self.stdout.write(f"{added} kinds of activity and {values} values added.")
