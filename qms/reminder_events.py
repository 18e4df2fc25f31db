"""The moments somebody may have to be told of: one declaration per event, read by rules, planner, digest and pages.

Each app's ``reminders.py`` declares its own with ``register``; see qms/reminders.py for the two that every kind has.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

from qms.models import Concern, Reminder
from qms.records import Text


@dataclass(frozen=True)
class ReminderEvent:
    """A moment, as a query over what waits, whatever the day. The engine filters it by date, site and record.

    ``kind``: the kind of record, empty for every kind. ``waiting``: rows of any model, one per thing that waits; the
    other names are ORM paths on it: to the record's id, to the ``due`` day (a date at the record's site), to the person
    it waits on, to the site, and, where one record can wait twice on the same day, to a ``subject`` that tells the two
    apart. What leaves ``waiting``, or gets another day or person, is no longer waited for: what was planned is dropped.
    ``words`` says what to do, with %(title)s, %(reference)s and %(due)s. ``escalates``: leaders may be told in the end.
    ``needs_signature``: nobody can unsubscribe from it. ``deputy`` and ``area`` are paths to who may be told besides.
    ``obsolete_after``: so many days after the due day it is no use any more to tell anybody. ``url``: the whole address
    of the page to act on, when that is not the record's; called when the letter is composed, so that it may make a
    secret link for who has no log-in. ``in_person``: only the person can answer, so no stand-in and no manager is told
    instead, and no link reaches them.
    """

    kind: str
    event: str
    label: Text
    words: Text
    waiting: Callable[[], QuerySet[Any]]
    record: str = "pk"
    due: str = "due_on"
    responsible: str = "owner_id"
    site: str = "site_id"
    area: str = "area_id"
    subject: str = ""
    deputy: str = ""
    concern: str = Concern.ACT
    escalates: bool = True
    needs_signature: bool = False
    obsolete_after: int | None = None
    in_person: bool = False
    url: Callable[[Reminder], str] | None = None

    @property
    def slug(self) -> str:
        """Its name in the registry: “risk.acceptance_expires”, “.due” for the one of every kind."""
        return f"{self.kind}.{self.event}"


_events: dict[str, ReminderEvent] = {}


def register(event: ReminderEvent) -> ReminderEvent:
    """Add a moment; a second declaration of the same is a programming error."""
    if event.slug in _events:
        raise ValueError(f"The event {event.slug!r} is declared twice.")
    _events[event.slug] = event
    return event


def all_events() -> Iterator[ReminderEvent]:
    """Every declared moment, in the order the apps declare them."""
    return iter(list(_events.values()))


def event_of(kind: str, event: str) -> ReminderEvent | None:
    """The moment a record of the kind has under that name: its own, or the one of every kind; None when unknown."""
    return _events.get(f"{kind}.{event}") or _events.get(f".{event}")


def events_named(event: str, kind: str = "") -> list[ReminderEvent]:
    """What a rule for the event is about: every moment of that name, or the one of the kind."""
    if kind:
        found = event_of(kind, event)
        return [found] if found else []
    return [declared for declared in _events.values() if declared.event == event]


def kinds_with_their_own(event: str) -> set[str]:
    """Kinds that declare a moment of that name themselves, which the one of every kind therefore leaves out."""
    return {declared.kind for declared in _events.values() if declared.event == event and declared.kind}
