"""As many activities as asked for, for trying the product at size: real versions, trail chains and links, in bulk.

Rows are made by the same hash functions as everywhere else and written by ``bulk_load``, oldest first, so
``verify_trail`` passes over them; clause links and sums are made from the mappings at the end. Deterministic: the
same numbers give the same rows but for database ids.
"""

from __future__ import annotations

import random
import uuid
from bisect import bisect_left
from collections.abc import Callable, Iterable
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.db import transaction
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
from qms.services import bulk_load, coverage, trail

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


COLUMNS: dict[type[Model], tuple[str, ...]] = {
    Record: (
        "id", "uid", "kind", "reference", "site_id", "area_id", "title", "owner_id", "occurred_on", "recorded_at",
        "recorded_by_id", "phase", "due_on", "review_on", "is_confidential", "version",
    ),
    Activity: (
        "record_ptr_id", "status", "activity_type_id", "happened_at", "duration_minutes", "audience_size", "notes",
        "late_reason", "withdrawn_reason",
    ),
    RecordPerson: ("record_id", "person_id", "name", "part", "position"),
    RecordVersion: ("record_id", "version", "at", "content", "content_hash"),
    TrailEntry: (
        "chain", "seq", "record_id", "at", "by_id", "verb", "changes", "reason", "request_id", "previous_hash", "hash",
    ),
}  # fmt: skip


@dataclass(frozen=True)
class Setting:
    """What bulk rows refer to; loaded once."""

    site: Site
    areas: list[Area]
    leaders: list[User]
    people: list[Person]
    types: list[ActivityType]


def load(count: int, *, today: date, report: Callable[[int], None] = lambda _done: None) -> int:
    """Add ``count`` logged activities spread over the 550 days before ``today``; returns how many were made.

    Needs a site, leaders and activity types (``load_demo`` makes them). One transaction; on PostgreSQL nobody else can
    use the tables meanwhile when more comes than is there. A second load goes on with new records.
    """
    setting = _setting()
    with transaction.atomic():
        bare = bulk_load.bare_tables(*COLUMNS) if count > Record.objects.count() else nullcontext()
        with bare:
            _write(setting, count, today, report)
        for model in (Record, RecordPerson, RecordVersion, TrailEntry):
            bulk_load.reset_sequence(model)
        coverage.rebuild()
    return count


def _write(setting: Setting, count: int, today: date, report: Callable[[int], None]) -> None:
    first_index, numbers = _first_index(), _Numbers(setting)
    first_id = (Record.objects.aggregate(top=Max("pk"))["top"] or 0) + 1
    with bulk_load.RowWriter() as writer:
        for start in range(0, count, BATCH):
            rows: dict[type[Model], list[list[Any]]] = {model: [] for model in COLUMNS}
            for n in range(start, min(start + BATCH, count)):
                day = today - timedelta(days=SPAN_DAYS - n * SPAN_DAYS // count)
                _add_rows(rows, setting, first_id + n, first_index + n, day, numbers)
            writer.write({model: (columns, rows[model]) for model, columns in COLUMNS.items()})
            report(min(start + BATCH, count))
    numbers.save()


def _uid(index: int) -> uuid.UUID:
    return uuid.uuid5(NAMESPACE, str(index))


def _first_index() -> int:
    """The number of bulk records there are: doubled until it is free, then halved into."""

    def is_taken(index: int) -> bool:
        return Record.objects.filter(uid=_uid(index)).exists()

    free = 1
    while is_taken(free - 1):
        free *= 2
    return bisect_left(range(free - 1), 1, key=lambda index: int(not is_taken(index)))


def _setting() -> Setting:
    site = Site.objects.active().order_by("pk").first()
    leaders = list(User.objects.filter(profile="leader").select_related("person").order_by("pk"))
    types = list(ActivityType.objects.active().in_order())
    if site is None or not leaders or not types:
        raise ValueError("There is no site, leader or activity type yet: run load_demo without --records first.")
    people = list(Person.objects.active().order_by("pk")[:200])
    return Setting(site, list(site.areas.order_by("pk")), leaders, people, types)


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


def _add_rows(
    rows: dict[type[Model], list[list[Any]]], setting: Setting, pk: int, index: int, day: date, numbers: _Numbers
) -> None:
    chance = random.Random(index)  # noqa: S311  believable data, not secrets
    leader, kind = chance.choice(setting.leaders), chance.choice(setting.types)
    area, met = chance.choice(setting.areas), chance.choice(setting.people)
    happened_at = datetime(day.year, day.month, day.day, chance.randint(14, 20), chance.randrange(0, 60, 5), tzinfo=UTC)
    at = happened_at + timedelta(minutes=chance.randint(1, 90))
    uid = _uid(index)
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
