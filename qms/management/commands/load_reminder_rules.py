"""manage.py load_reminder_rules: the rules of reminding the product comes with."""

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from qms.services import reminder_rule


class Command(BaseCommand):
    help = "Add the default rules of reminding that were never there; what was changed or ended stays so."

    def handle(self, *args: Any, **options: Any) -> None:
        added = reminder_rule.load_default_rules(by=None, at=timezone.now())
        self.stdout.write(f"{added} rules of reminding added.")
