"""What every service checks of the words and facts it is given, before it touches a record."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _


class ReasonMissing(ValidationError):
    """A change, or an end, without the words it needs; by the field they are missing in."""


def said(text: str, *, field: str = "reason") -> str:
    """The words somebody gave, trimmed. Raises ReasonMissing, by field, when there are none."""
    words = text.strip()
    if not words:
        raise ReasonMissing({field: _("Say it in a few words; they stay in the timeline.")})
    return words


def known_facts(given: Mapping[str, Any], known: Collection[str]) -> dict[str, Any]:
    """The facts a service takes, texts trimmed. Raises TypeError for a name that is not among the ``known``.

    A form that sends more than it should is a mistake of ours, which must not quietly change a column.
    """
    if unknown := given.keys() - set(known):
        raise TypeError(f"These facts cannot be given here: {', '.join(sorted(unknown))}.")
    return {name: value.strip() if isinstance(value, str) else value for name, value in given.items()}
