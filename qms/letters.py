"""The kinds of letter the outbox sends: one declaration each, composed anew at the moment of sending.

A letter lies in the outbox as a name and the id of what it is about, never as text: the secret of a link is made when
it is sent, and what is not true any more by then is not sent. Each app's ``reminders.py`` declares its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from qms.models import OutboxMessage
from qms.records import Text


class Obsolete(Exception):
    """By now there is nothing to send; the message says why, for the list of what was sent."""


@dataclass(frozen=True)
class Composed:
    """A letter ready to go: ``template`` is the path of its two templates without .txt and .html.

    The subject is one line, whatever title or name it quotes: a mail with a break in its subject is never sent.
    """

    to: str
    subject: str
    template: str
    context: dict[str, Any] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "subject", " ".join(self.subject.split()))


@dataclass(frozen=True)
class Letter:
    """A kind of letter. ``compose`` raises Obsolete; it may write (the digest of a new secret), and may run twice."""

    name: str
    label: Text
    compose: Callable[[OutboxMessage, datetime], Composed]


_letters: dict[str, Letter] = {}


def register(letter: Letter) -> Letter:
    """Add a kind of letter; a second declaration of the same name is a programming error."""
    if letter.name in _letters:
        raise ValueError(f"The letter {letter.name!r} is declared twice.")
    _letters[letter.name] = letter
    return letter


def letter_named(name: str) -> Letter:
    """The declaration of a letter. Raises KeyError for an unknown name."""
    return _letters[name]


def all_letters() -> Iterator[Letter]:
    """Every declared kind of letter."""
    return iter(list(_letters.values()))
