"""manage.py load_activity_types: the eleven kinds of leadership activity the product comes with."""

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from leadership.services import activity_type


class Command(BaseCommand):
    help = "Add the default kinds of leadership activity that are missing; never overwrites an administrator's wording."

    def handle(self, *args: Any, **options: Any) -> None:
        added = activity_type.load_defaults(by=None, at=timezone.now())
        self.stdout.write(f"{added} kinds of activity added.")
