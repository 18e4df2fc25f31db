"""Notices about a record to the people it concerns, where those log in."""

from __future__ import annotations

from datetime import datetime

from django.urls import reverse

from qms.models import Person, Record, User
from qms.records import kind_of
from qms.services import job


def log_in_of(person: Person, *, at: datetime) -> User | None:
    """The person's log-in, if there is one that works."""
    user: User | None = getattr(person, "user", None)
    return user if user is not None and user.may_log_in_at(at) else None


def tell(
    person: Person | None, text: str, record: Record, *, but: User | None = None, at: datetime
) -> None:  # fmt: skip
    """A notice to the person, leading to the record; nothing for who has no log-in or did it (``but``)."""
    user = log_in_of(person, at=at) if person else None
    if user is not None and user != but:
        job.notify(user, text, at=at, url=reverse(f"{kind_of(record).url_stem}-detail", args=[record.pk]))
