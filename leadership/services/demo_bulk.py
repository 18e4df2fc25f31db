"""As many activities as asked for, for trying the product at size: real versions, trail chains and links, in bulk.

Rows are made by the same hash functions as everywhere else and written with COPY (PostgreSQL) or executemany (SQLite),
so ``verify_trail`` passes over them; clause links and sums are made from the mappings at the end. Deterministic: the
same numbers give the same rows but for database ids.
"""

from __future__ import annotations

import io
import random
import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import Max
from django.db.models.base import Model

from leadership.models import Activity, ActivityType
from qms.models import (
    GENESIS,
    Area,
    Person,
    Record,
    RecordPerson,
    RecordVersion,
    ReferenceCounter,
    Site,
    TrailEntry,
    User,
)
from qms.services import coverage, trail

BATCH = 20_000
SPAN_DAYS = 550
NAMESPACE = uuid.UUID("6f0a3f6e-58d5-4d55-9d0b-0d3c4c7a9001")
SENTENCES = (
    "Walked the line and asked what slows people down",
    "Opened the shift meeting with last week's complaints",
    "Checked the gauge record together with the setter",
    "Listened to the night shift about tool changes",
    "Thanked the team for stopping the batch in time",
    "Followed the release procedure step by step",
)


@dataclass(frozen=True)
class Setting:
    """What bulk rows refer to; loaded once."""

    site: Site
    areas: list[Area]
    leaders: list[User]
    people: list[Person]
    types: list[ActivityType]


def load(count: int, *, today: date, report: Callable[[int], None] = lambda _done: None) -> int:
    """Add ``count`` logged activities spread over the 550 days up to ``today``; returns how many were made.

    Needs a site, leaders and activity types (``load_demo`` makes them). One transaction per 20,000 records.
    """
    setting = _setting()
    for start in range(0, count, BATCH):
        with transaction.atomic():
            _load_batch(setting, start, min(BATCH, count - start), count, today)
        report(min(start + BATCH, count))
    coverage.rebuild()
    return count


def _setting() -> Setting:
    site = Site.objects.active().order_by("pk").first()
    leaders = list(User.objects.filter(profile="leader").select_related("person").order_by("pk"))
    types = list(ActivityType.objects.active().in_order())
    if site is None or not leaders or not types:
        raise ValueError("There is no site, leader or activity type yet: run load_demo without --records first.")
    people = list(Person.objects.active().order_by("pk")[:200])
    return Setting(site, list(site.areas.order_by("pk")), leaders, people, types)


def _load_batch(setting: Setting, start: int, size: int, count: int, today: date) -> None:
    first_id = (Record.objects.aggregate(top=Max("pk"))["top"] or 0) + 1
    rows: dict[type[Model], list[list[Any]]] = {
        model: [] for model in (Record, Activity, RecordPerson, RecordVersion, TrailEntry)
    }
    numbers = _Numbers(setting)
    for offset in range(size):
        index = start + offset
        _add_rows(rows, setting, first_id + offset, index, today - timedelta(days=index * SPAN_DAYS // count), numbers)
    numbers.save()
    _insert(Record, RECORD_COLUMNS, rows[Record])
    _insert(Activity, ACTIVITY_COLUMNS, rows[Activity])
    _insert(RecordPerson, PERSON_COLUMNS, rows[RecordPerson])
    _insert(RecordVersion, VERSION_COLUMNS, rows[RecordVersion])
    _insert(TrailEntry, TRAIL_COLUMNS, rows[TrailEntry])
    _reset_sequence(Record)


class _Numbers:
    """Reference numbers taken in bulk, per prefix and year."""

    def __init__(self, setting: Setting) -> None:
        self.site = setting.site
        self.last: dict[tuple[str, int], int] = {
            (counter.prefix, counter.year): counter.last
            for counter in ReferenceCounter.objects.select_for_update().filter(site=setting.site).order_by("pk")
        }

    def take(self, prefix: str, year: int) -> str:
        self.last[prefix, year] = number = self.last.get((prefix, year), 0) + 1
        return f"{prefix}-{self.site.code}-{year}-{number:04d}".upper()

    def save(self) -> None:
        for (prefix, year), last in self.last.items():
            ReferenceCounter.objects.update_or_create(prefix=prefix, site=self.site, year=year, defaults={"last": last})


RECORD_COLUMNS = (
    "id", "uid", "kind", "reference", "site_id", "area_id", "title", "owner_id", "occurred_on", "recorded_at",
    "recorded_by_id", "phase", "due_on", "review_on", "is_confidential", "version",
)  # fmt: skip
ACTIVITY_COLUMNS = (
    "record_ptr_id", "status", "activity_type_id", "happened_at", "duration_minutes", "audience_size", "notes",
    "late_reason", "withdrawn_reason",
)  # fmt: skip
PERSON_COLUMNS = ("record_id", "person_id", "name", "part", "position")
VERSION_COLUMNS = ("record_id", "version", "at", "content", "content_hash")
TRAIL_COLUMNS = (
    "chain", "seq", "record_id", "at", "by_id", "verb", "changes", "reason", "request_id", "previous_hash", "hash",
)  # fmt: skip


def _add_rows(
    rows: dict[type[Model], list[list[Any]]], setting: Setting, pk: int, index: int, day: date, numbers: _Numbers
) -> None:
    chance = random.Random(index)  # noqa: S311  believable data, not secrets
    leader, kind = chance.choice(setting.leaders), chance.choice(setting.types)
    area, met = chance.choice(setting.areas), chance.choice(setting.people)
    happened_at = datetime(day.year, day.month, day.day, chance.randint(14, 20), chance.randrange(0, 60, 5), tzinfo=UTC)
    at = happened_at + timedelta(minutes=chance.randint(1, 90))
    uid = uuid.uuid5(NAMESPACE, str(index))
    reference = numbers.take(kind.prefix, at.astimezone(setting.site.zone).year)
    title, minutes = chance.choice(SENTENCES), chance.choice((10, 15, 20, 30))
    people = [(leader.person, "leader", 0)] + ([(met, "met", 0)] if met.pk != leader.person_id else [])
    content = _content(setting, uid, reference, title, area, leader, kind, happened_at, at, day, minutes, people)
    text = trail.canonical(content)
    content_hash = trail.digest(text)
    changes = trail.canonical({"content_hash": content_hash, "version": 1})
    chain, by = f"record:{uid}", str(leader.person.uid)
    digest = trail.entry_hash(GENESIS, chain, 1, trail.moment(at), by, "activity.logged", changes, "", "")
    rows[Record].append([
        pk, uid, Activity.KIND, reference, setting.site.pk, area.pk, title, leader.person_id, day, at, leader.pk,
        "closed", None, None, False, 1,
    ])  # fmt: skip
    rows[Activity].append([pk, "logged", kind.pk, happened_at, minutes, None, "", "", ""])
    rows[RecordPerson] += [[pk, person.pk, person.name, part, position] for person, part, position in people]
    rows[RecordVersion].append([pk, 1, at, text, content_hash])
    rows[TrailEntry].append([chain, 1, pk, at, leader.person.uid, "activity.logged", changes, "", "", GENESIS, digest])


def _content(
    setting: Setting, uid: uuid.UUID, reference: str, title: str, area: Area, leader: User, kind: ActivityType,
    happened_at: datetime, at: datetime, day: date, minutes: int, people: Iterable[tuple[Person, str, int]],
) -> dict[str, Any]:  # fmt: skip
    """What ``record.full_content`` gives for such an activity (a test holds the two together)."""
    return {
        "kind": Activity.KIND, "uid": str(uid), "reference": reference, "title": title, "site": setting.site.code,
        "area": area.name, "owner": {"uid": str(leader.person.uid), "name": leader.person.name},
        "occurred_on": day.isoformat(), "recorded_at": trail.moment(at), "recorded_by": str(leader.person.uid),
        "phase": "closed", "status": "logged", "due_on": "", "review_on": "", "is_confidential": False,
        "subtype": kind.slug,
        "people": [{"uid": str(person.uid), "name": person.name, "part": part} for person, part, _n in people],
        "attachments": [],
        "facts": {
            "activity_type": kind.label, "summary": title,
            "happened_at": happened_at.astimezone(setting.site.zone).isoformat(timespec="minutes"),
            "duration_minutes": minutes, "audience_size": None, "notes": "", "stops": [], "late_reason": "",
            "withdrawn_reason": "",
        },
    }  # fmt: skip


def _insert(model: type[Model], columns: Sequence[str], rows: list[list[Any]]) -> None:
    table = model._meta.db_table
    names = ", ".join(f'"{column}"' for column in columns)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.cursor.copy_expert(f"COPY {table} ({names}) FROM STDIN", io.StringIO("".join(map(_copied, rows))))
            return
        marks = ", ".join(["%s"] * len(columns))
        statement = f"INSERT INTO {table} ({names}) VALUES ({marks})"  # noqa: S608  names of our own models
        cursor.executemany(statement, list(_for_sqlite(rows)))


def _copied(row: list[Any]) -> str:
    """One line of COPY's text format: tabs between, \\N for nothing, backslash escapes."""
    cells = (
        "\\N" if value is None
        else str(value).replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n").replace("\r", "\\r")
        for value in row
    )  # fmt: skip
    return "\t".join(cells) + "\n"


def _for_sqlite(rows: list[list[Any]]) -> Iterator[list[Any]]:
    for row in rows:
        yield [
            value.hex if isinstance(value, uuid.UUID)
            else value.astimezone(UTC).replace(tzinfo=None).isoformat(" ") if isinstance(value, datetime)
            else value.isoformat() if isinstance(value, date)
            else value
            for value in row
        ]  # fmt: skip


def _reset_sequence(model: type[Model]) -> None:
    """PostgreSQL does not count ids that were given by hand."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            table = model._meta.db_table
            statement = f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), (SELECT MAX(id) FROM {table}))"  # noqa: S608
            cursor.execute(statement)
