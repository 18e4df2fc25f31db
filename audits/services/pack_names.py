"""Personal names as initials, for packs that leave the house without them."""

from __future__ import annotations

import re
from typing import Any

from qms.services.redaction_text import MARK

NAME_KEYS = frozenset({"name"})
NAMED_PARTS = frozenset({"owner", "people", "promised_to", "raiser"})


def initials(name: str) -> str:
    """First letters of the first and last word: “Ximena Vega” is XV. What stands for a redacted name stays."""
    if name.startswith(MARK):
        return name
    words = name.split()
    return "".join(word[0] for word in words[:1] + words[1:][-1:]).upper()


class InitialsRedactor:
    """Replaces every name it knows by initials, in fields and inside free text, longest names first.

    Known are the people of the pack's sites, and in ``content`` also the free names that this content itself lists.
    Nicknames and misspellings inside free text are not found; the pack's reading key says so.
    """

    def __init__(self, known_names: dict[str, str]) -> None:
        self.known = dict(known_names)
        self.pattern = self._compile(self.known)

    @staticmethod
    def _compile(names: dict[str, str]) -> re.Pattern[str] | None:
        words = sorted((name for name in names if name.strip()), key=lambda name: (-len(name), name))
        return (
            re.compile(r"(?<!\w)(?:" + "|".join(map(re.escape, words)) + r")(?!\w)", re.IGNORECASE) if words else None
        )

    def text(self, value: str) -> str:
        """The text with every known name as initials."""
        return self._replace(value, self.pattern, self.known)

    @staticmethod
    def _replace(value: str, pattern: re.Pattern[str] | None, names: dict[str, str]) -> str:
        if pattern is None:
            return value
        return pattern.sub(lambda found: names.get(found[0]) or initials(found[0]), value)

    def content(self, value: Any) -> Any:
        """JSON content with every name as initials: those in name fields, and known ones wherever they are written."""
        listed = {name: initials(name) for name in _listed_names(value) if name.strip()}
        unknown = {name: short for name, short in listed.items() if name not in self.known}
        return self._walk(value, unknown, self._compile(unknown))

    def _walk(self, value: Any, more: dict[str, str], pattern: re.Pattern[str] | None) -> Any:
        if isinstance(value, str):
            return self._replace(self.text(value), pattern, more)
        if isinstance(value, list):
            return [self._walk(member, more, pattern) for member in value]
        if isinstance(value, dict):
            return {key: self._walk(member, more, pattern) for key, member in value.items()}
        return value


def _listed_names(value: Any, inside: bool = False) -> set[str]:
    """The values of name fields of people: owner, people, promised_to; also within lists of old and new values."""
    if isinstance(value, list):
        return {name for member in value for name in _listed_names(member, inside)}
    if isinstance(value, dict):
        found: set[str] = set()
        for key, member in value.items():
            if isinstance(member, str) and ((inside and key in NAME_KEYS) or key in NAMED_PARTS):
                found.add(member)
            else:
                found |= _listed_names(member, inside or key in NAMED_PARTS)
        return found
    return set()
