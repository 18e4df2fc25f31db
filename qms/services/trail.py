"""Writing the trail. Called by services only, inside the transaction of the change it tells of.

How an entry is hashed (an outsider can repeat it from a pack): ``hash`` = SHA-256, in hexadecimal, of the UTF-8 text
``previous_hash`` + canonical JSON of [chain, seq, at, by, verb, SHA-256(changes), reason, request_id], where ``at`` is
ISO 8601 in UTC with microseconds, ``by`` is the person's uid or "", and canonical JSON has no spaces, sorted keys and
no ASCII escapes. ``changes`` stands as its own hash so that personal data in it can be redacted by a trailed act.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any, Protocol

import structlog
from django.db import connection

from qms.models import GENESIS, Record, TrailEntry, User

_through: ContextVar[list[str]] = ContextVar("through")


class HasTrail(Protocol):
    """Anything with a chain of its own: a record, a person, a mapping, the organization."""

    @property
    def trail_key(self) -> str: ...


def canonical(value: Any) -> str:
    """JSON text that is the same for the same value, everywhere. Raises TypeError for what JSON cannot hold."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def digest(text: str) -> str:
    """SHA-256 of a text's UTF-8 bytes, in hexadecimal."""
    return sha256(text.encode()).hexdigest()


def moment(at: datetime) -> str:
    """A time as it is hashed: UTC, microseconds."""
    return at.astimezone(UTC).isoformat(timespec="microseconds")


def entry_hash(
    previous: str, chain: str, seq: int, at: str, by: str, verb: str, changes: str, reason: str, request_id: str
) -> str:  # fmt: skip
    """The hash of one entry from its parts, as the module's text defines it."""
    return digest(previous + canonical([chain, seq, at, by, verb, digest(changes), reason, request_id]))


def current_request_id() -> str:
    """The id of the web request or task that is running, as the logs show it."""
    return str(structlog.contextvars.get_contextvars().get("request_id", ""))[:40]


@contextmanager
def means() -> Iterator[None]:
    """A stretch of work in which ``came_through`` may name the means by which somebody acts; forgotten at its end."""
    before = _through.set([])
    try:
        yield
    finally:
        _through.reset(before)


def came_through(what: str) -> None:
    """From now until the end of ``means``, every entry says what its ``by`` acted through, such as an API token."""
    _through.get().append(what)


def lock_chain(chain: str) -> None:
    """Make other writers of this chain wait. SQLite transactions are IMMEDIATE, so there it is already so."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [chain])


def build_entry(
    subject: HasTrail, verb: str, *, by: User | None, at: datetime, changes: dict[str, Any] | None = None,
    reason: str = "", seq: int = 1, previous: str = GENESIS, request_id: str | None = None,
) -> TrailEntry:  # fmt: skip
    """An unsaved, hashed entry; bulk loaders use it directly, everybody else calls ``write``."""
    by_uid = by.person.uid if by else None
    through = {"through": used[-1]} if (used := _through.get([])) else {}
    text = canonical((changes or {}) | through)
    request_id = current_request_id() if request_id is None else request_id
    chain = subject.trail_key
    return TrailEntry(
        chain=chain, seq=seq, record_id=subject.pk if isinstance(subject, Record) else None, at=at, by_id=by_uid,
        verb=verb, changes=text, reason=reason, request_id=request_id, previous_hash=previous,
        hash=entry_hash(previous, chain, seq, moment(at), str(by_uid or ""), verb, text, reason, request_id),
    )  # fmt: skip


def next_entry(
    subject: HasTrail, verb: str, *, by: User | None, at: datetime, changes: dict[str, Any] | None = None,
    reason: str = "", is_first: bool = False,
) -> TrailEntry:  # fmt: skip
    """The unsaved entry that comes next in the subject's chain, which is locked until the transaction ends.

    ``is_first`` skips the look at the chain's head for a subject created in this very transaction.
    """
    seq, previous = 1, GENESIS
    if not is_first:
        lock_chain(subject.trail_key)
        head = TrailEntry.objects.filter(chain=subject.trail_key).order_by("-seq").values_list("seq", "hash").first()
        if head is not None:
            seq, previous = head[0] + 1, head[1]
    return build_entry(subject, verb, by=by, at=at, changes=changes, reason=reason, seq=seq, previous=previous)


def write(
    subject: HasTrail, verb: str, *, by: User | None, at: datetime, changes: dict[str, Any] | None = None,
    reason: str = "", is_first: bool = False,
) -> TrailEntry:  # fmt: skip
    """Append one entry to the subject's chain; ``is_first`` as in ``next_entry``.

    ``verb`` is dotted past tense: ``activity.logged``. ``changes`` holds [old, new] per field, or plain facts.
    Must run inside a transaction; a failing write rolls the change back with it.
    """
    entry = next_entry(subject, verb, by=by, at=at, changes=changes, reason=reason, is_first=is_first)
    entry.save(force_insert=True)
    return entry
