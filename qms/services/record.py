"""The one path of a change to a record: ``open_new`` or ``lock``, then change, then ``seal``."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import connection, models, transaction
from django.utils.translation import gettext as _

from qms.models import (
    Json,
    Person,
    Record,
    RecordPerson,
    RecordVersion,
    ReferenceCounter,
    Signature,
    Site,
    User,
    site_today,
)
from qms.models.record import RecordT
from qms.records import kind_of
from qms.services import coverage, one_message, trail


class StaleRecord(Exception):
    """Somebody saved this record since the form was opened. ``current`` holds it as it stands now."""

    def __init__(self, current: Record) -> None:
        self.current = current
        super().__init__(_("Somebody else has changed this record since you opened it. Nothing was saved."))


class IllegalTransition(Exception):
    """The record's TRANSITIONS do not lead from where it stands to where it should go."""


class CannotChange(Exception):
    """The record does not stand where this can be done to it; the message says what to do first."""


class EventInFuture(ValidationError):
    """The event date lies after today at the site."""


def next_reference(prefix: str, site: Site, *, at: datetime) -> str:
    """The next number of a prefix at a site in the year of recording, ``WALK-DEN-2026-0042``; locks the counter."""
    year = at.astimezone(site.zone).year
    table = connection.ops.quote_name(ReferenceCounter._meta.db_table)
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {table} AS counter (prefix, site_id, year, last) VALUES (%s, %s, %s, 1) "  # noqa: S608
            "ON CONFLICT (prefix, site_id, year) DO UPDATE SET last = counter.last + 1 RETURNING last",
            [prefix, site.pk, year],
        )
        number = cursor.fetchone()[0]
    return f"{prefix}-{site.code}-{year}-{number:04d}".upper()


def validate(instance: models.Model) -> None:
    """``full_clean`` without a query per foreign key or constraint: those the database refuses by itself."""
    foreign = {f.name for f in instance._meta.concrete_fields if f.is_relation}
    instance.full_clean(exclude=foreign, validate_unique=False, validate_constraints=False)


def refuse_future(record: Record, *, at: datetime, field: str = "occurred_on") -> None:
    """Raise EventInFuture when the event date lies after today at the site; ``field`` is where a form asked for it."""
    if record.occurred_on > site_today(record.site, at):
        raise EventInFuture({field: _("This date is in the future. Log what has happened; plan the rest.")})


def open_new(record: RecordT, *, by: User | None, at: datetime) -> RecordT:
    """Give a new record its number, its server-side facts and its row. Call ``seal`` after its own rows are written.

    The row says version 1 at once, which saves an UPDATE of what was just inserted; the object says 0 until ``seal``.
    """
    declared = kind_of(record.KIND)
    record.kind = record.KIND
    record.recorded_at, record.recorded_by = at, by
    prefix = declared.prefix_of(record) if declared.prefix_of else declared.prefix
    record.reference = next_reference(prefix, record.site, at=at)
    record.phase = record.PHASES.get(getattr(record, "status", ""), record.phase)
    validate(record)
    record.version = 1
    record.save(force_insert=True)
    record.version = 0
    return record


def lock(record: RecordT, *, version: int | None = None) -> RecordT:
    """The record's row, locked for this transaction.

    Raises StaleRecord when ``version`` is given and is not the one that stands.
    """
    Record.objects.select_for_update().only("pk").get(pk=record.pk)
    current: RecordT = type(record)._default_manager.get(pk=record.pk)  # type: ignore[assignment]
    if version is not None and current.version != version:
        raise StaleRecord(current)
    return current


def move(record: Record, status: str) -> None:
    """Set the status along TRANSITIONS, and the phase with it. Raises IllegalTransition, changing nothing."""
    now = getattr(record, "status")  # noqa: B009  the child's field; Record itself has none
    if status not in record.TRANSITIONS.get(now, frozenset()):
        raise IllegalTransition(_("A record that is “%(now)s” cannot become “%(new)s”.") % {"now": now, "new": status})
    record.status = status  # type: ignore[attr-defined]
    record.phase = record.PHASES[status]


def set_people(record: Record, part: str, entries: Iterable[tuple[Person | None, str]]) -> None:
    """Make the people of one part these; each entry is a person, or None with a free name.

    Who stays keeps row and name, so that invitations and answers stay with them; a new name is frozen as it is now.
    The people of a record that is being opened are written when it is sealed.
    """
    there = record.participants.filter(part=part) if record.version else ()
    kept = {row.person_id or row.name.casefold(): row for row in there}
    seen: set[int | str] = set()
    added, moved = [], []
    for person, free_name in entries:
        name = person.name if person else " ".join(free_name.split())
        key = person.pk if person else name.casefold()
        if not key or key in seen:
            continue
        position = len(seen)
        seen.add(key)
        if key not in kept:
            added.append(RecordPerson(record_id=record.pk, person=person, name=name, part=part, position=position))
        elif kept[key].position != position:
            kept[key].position = position
            moved.append(kept[key])
    if gone := [row.pk for key, row in kept.items() if key not in seen]:
        RecordPerson.objects.filter(pk__in=gone).delete()
    if moved:
        RecordPerson.objects.bulk_update(moved, ["position"])
    if record.version == 0:
        record.known_people = [*(record.known_people or ()), *added]
    else:
        RecordPerson.objects.bulk_create(added)


def full_content(record: Record) -> dict[str, Json]:
    """Everything a version freezes: what all records share, the people, the files, and the child's own content."""
    people = record.participants.select_related("person") if record.known_people is None else record.known_people
    return {
        "kind": record.kind,
        "uid": str(record.uid),
        "reference": record.reference,
        "title": record.title,
        "site": record.site.code,
        "area": record.area.name if record.area else "",
        "owner": {"uid": str(record.owner.uid), "name": record.owner.name},
        "occurred_on": record.occurred_on.isoformat(),
        "recorded_at": trail.moment(record.recorded_at),
        "recorded_by": str(record.recorded_by.person.uid) if record.recorded_by else "",
        "phase": record.phase,
        "status": getattr(record, "status", record.phase),
        "due_on": record.due_on.isoformat() if record.due_on else "",
        "review_on": record.review_on.isoformat() if record.review_on else "",
        "is_confidential": record.is_confidential,
        "subtype": kind_of(record).subtype_of(record),
        "people": [
            {"uid": str(p.person.uid) if p.person else "", "name": p.name, "part": p.part}
            for p in sorted(people, key=lambda p: (p.part != "leader", p.position, p.pk or 0))
        ],
        "attachments": [
            {"uid": str(a.uid), "name": a.name, "sha256": a.sha256, "original_sha256": a.original_sha256}
            for a in (record.attachments.filter(withdrawn_at=None).order_by("pk") if record.version > 1 else ())
        ],
        "facts": record.content(),
    }


def differences(old: dict[str, Json], new: dict[str, Json]) -> dict[str, list[Json]]:
    """[old, new] for each fact that differs; facts of the child are named ``facts.<key>``."""

    def flat(content: dict[str, Json]) -> dict[str, Json]:
        rest = {k: v for k, v in content.items() if k != "facts"}
        return rest | {f"facts.{k}": v for k, v in content.get("facts", {}).items()}

    before, after = flat(old), flat(new)
    return {k: [before.get(k), after.get(k)] for k in sorted(before | after) if before.get(k) != after.get(k)}


def seal(
    record: RecordT, verb: str, *, by: User | None, at: datetime, reason: str = "", facts: dict[str, Any] | None = None
) -> RecordT:
    """End a change: validate, count the version, freeze its content, write the trail, update the clause links.

    Side effects, all in the caller's transaction: the record's rows, a RecordVersion, a TrailEntry, ClauseLinks.
    """
    is_new = record.version == 0
    record.version += 1
    validate(record)
    content = full_content(record)
    text = trail.canonical(content)
    changes: dict[str, Any] = {"version": record.version, "content_hash": trail.digest(text), **(facts or {})}
    people = record.known_people or () if is_new else ()
    record.forget_written()
    if not is_new:
        last = record.versions.order_by("-version").values_list("content", flat=True).first()
        changes["fields"] = differences(json.loads(last) if last else {}, content)
        record.save()
    version = RecordVersion(
        record_id=record.pk, version=record.version, at=at, content=text, content_hash=changes["content_hash"]
    )
    entry = trail.next_entry(record, verb, by=by, at=at, changes=changes, reason=reason, is_first=is_new)
    one_message.insert(*people, version, entry)
    coverage.link(record)
    return record


@transaction.atomic
def sign(
    record: Record, *, meaning: str, by: User | None, at: datetime, method: str, signer: Person | None = None
) -> Signature:
    """Bind the signer's name, time and meaning to the content hash of the record's current version.

    The signer is the user, or ``signer`` for somebody without a log-in (``by`` None). The caller must have made sure
    just now who signs (``method`` says how). Writes the trail.
    """
    signer = by.person if by else signer
    if signer is None:
        raise TypeError("A signature needs somebody who signs.")
    locked = lock(record)
    version = locked.versions.get(version=locked.version)
    signature = Signature(
        record_id=locked.pk, version=locked.version, content_hash=version.content_hash, signer=signer,
        name=signer.name, meaning=meaning, at=at, method=method,
    )  # fmt: skip
    validate(signature)
    signature.save(force_insert=True)
    facts = {"meaning": meaning, "version": locked.version, "content_hash": version.content_hash, "method": method}
    if by is None:
        facts["signer"] = str(signer.uid)  # the entry's own “by” is empty then
    trail.write(locked, "record.signed", by=by, at=at, changes=facts)
    return signature
