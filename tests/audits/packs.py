"""A small world for packs: two clauses with mappings, some activities, and a pack built without a broker."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from itertools import count

from django.db import transaction

from audits.models import Pack
from audits.services import pack as pack_service
from audits.services import pack_build
from audits.services.pack_selection import PackScope
from leadership.models import Activity
from qms.models import Clause, Organization, User
from qms.services import record as record_service
from tests.factories import NOW, ClauseFactory, EditionFactory, MappingFactory, SiteFactory, logged_activity


def clauses() -> tuple[Clause, Clause, Clause]:
    """5.1 with 5.1.1 below it, and 5.1.2; floor walks count for 5.1.1 (mandatory) and 5.1.2."""
    edition = EditionFactory()
    top = ClauseFactory(edition=edition, number="5.1", title="Leadership and commitment")
    general = ClauseFactory(edition=edition, number="5.1.1", title="General", parent=top)
    focus = ClauseFactory(edition=edition, number="5.1.2", title="Customer focus", parent=top)
    MappingFactory(clause=general, strength="mandatory")
    MappingFactory(clause=focus)
    Organization.objects.get_or_create(pk=1, defaults={"name": "Cordillera Components", "time_zone": "America/Denver"})
    return top, general, focus


def scope(chosen: list[Clause], **fields: object) -> PackScope:
    """Denver, the year up to today, the chosen clauses."""
    values: dict[str, object] = {
        "sites": [SiteFactory(code="DEN")], "edition": chosen[0].edition, "clauses": chosen,
        "from_on": date(2026, 1, 1), "to_on": date(2026, 11, 20), "purpose": "Stage 2 audit",
    }  # fmt: skip
    return PackScope(**(values | fields))  # type: ignore[arg-type]


def clock_from(start: datetime = NOW) -> object:
    """A clock that goes on by a second each time it is looked at."""
    ticks = count()
    return lambda: start + timedelta(seconds=next(ticks))


def requested(by: User | None, chosen: list[Clause], at: datetime = NOW, **fields: object) -> Pack:
    return pack_service.request(scope(chosen, **fields), by=by, at=at, is_queued=False)


def built(by: User | None, chosen: list[Clause], at: datetime = NOW, **fields: object) -> Pack:
    return pack_build.build_now(requested(by, chosen, at, **fields), clock=clock_from(at))  # type: ignore[arg-type]


@transaction.atomic
def withdrawn(activity: Activity, by: User, at: datetime = NOW) -> Activity:
    current = record_service.lock(activity)
    record_service.move(current, Activity.Status.WITHDRAWN)
    return record_service.seal(current, "activity.withdrawn", by=by, at=at, reason="Logged twice")


@transaction.atomic
def corrected(activity: Activity, by: User, reason: str, at: datetime = NOW, **fields: object) -> Activity:
    current = record_service.lock(activity)
    for name, value in fields.items():
        setattr(current, name, value)
    return record_service.seal(current, "activity.corrected", by=by, at=at, reason=reason)


__all__ = ["built", "clauses", "clock_from", "corrected", "logged_activity", "requested", "scope", "withdrawn"]
