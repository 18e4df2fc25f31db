"""`manage.py make_translations`: bring the texts to translate up to date with the pages."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import CommandParser
from django.core.management.commands import makemessages

from qms import shop_floor

MOVING = ('"POT-Creation-Date:', '"Report-Msgid-Bugs-To:')


class Command(makemessages.Command):
    """Django's own command, for the pages of the shop floor only, written so that only texts make a difference."""

    help = "Collect the texts of the pages a shop floor sees into locale/*/LC_MESSAGES/django.po (needs gettext)."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take Django's options, with our defaults."""
        super().add_arguments(parser)
        languages = [code for code, _name in settings.LANGUAGES if code != settings.LANGUAGE_CODE]
        parser.set_defaults(locale=languages, no_location=True, no_wrap=True, no_obsolete=True)

    def write_po_file(self, potfile: str, locale: str) -> None:
        """Leave out when it was made, so that the same texts give the same file."""
        super().write_po_file(potfile, locale)
        for folder in settings.LOCALE_PATHS:
            target = folder / locale / "LC_MESSAGES" / f"{self.domain}.po"
            lines = target.read_text(encoding="utf-8").splitlines(keepends=True)
            target.write_text("".join(line for line in lines if not line.startswith(MOVING)), encoding="utf-8")

    def find_files(self, root: str) -> list[Any]:
        """Leave out what no shop floor sees."""
        wanted = set(shop_floor.files(settings.BASE_DIR))
        return [file for file in super().find_files(root) if Path(file.path).resolve() in wanted]
