"""What is done for the strategy: a record, above all a leader's act, that serves a goal or an objective."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from objectives.models import Contribution, Objective, StrategicGoal
from qms.models import Phase, Record, User
from qms.services import record as record_service
from qms.services import trail

SHOWN = 6
"""Acts named beside a goal or an objective; the newest."""
PLANNED = (StrategicGoal, Objective)


MOST = 1_000
"""Links that are looked at for all goals and objectives of a page together."""


class CannotServe(ValidationError):
    """The record itself is part of the plan, or is gone, or what it should serve is neither goal nor objective."""


def may_serve(record: Record) -> bool:
    """Whether the record can be said to serve the strategy: goals and objectives have their own place in it."""
    return record.phase in (Phase.OPEN, Phase.CLOSED) and record.kind not in {model.KIND for model in PLANNED}


def choices(user: User) -> QuerySet[Record]:
    """The goals and objectives that run, as far as the user may see them."""
    rows = Record.objects.visible_to(user).filter(kind__in=[model.KIND for model in PLANNED], phase=Phase.OPEN)
    return rows.order_by("-kind", "title", "pk")


def find(uid: uuid.UUID, user: User) -> Record | None:
    """The goal or objective of that uid, also one that has ended since it was on offer; withdrawn ones are gone."""
    rows = Record.objects.visible_to(user).filter(kind__in=[model.KIND for model in PLANNED])
    return rows.filter(uid=uid, phase__in=(Phase.OPEN, Phase.CLOSED)).first()


def served_by(record: Record) -> Record | None:
    """The goal or objective the record serves now. One query."""
    row = Contribution.objects.filter(record=record.pk, ended_at=None).select_related("serves").first()
    return row.serves if row else None


@transaction.atomic
def link(record: Record, *, serves: Record | None, by: User, at: datetime) -> Contribution | None:
    """Say which goal or objective the record serves, or with None that it serves none.

    The same again changes nothing. Side effects: the earlier link ends and stays, a new row, a trail entry at the
    record. Raises CannotServe.
    """
    if not may_serve(record) or (serves is not None and serves.kind not in {model.KIND for model in PLANNED}):
        raise CannotServe({"serves": _("Choose a goal or an objective that runs.")})
    current = record_service.lock(Record.objects.get(pk=record.pk))
    rows = Contribution.objects.filter(record=current.pk, ended_at=None)
    old = rows.select_related("serves").first()
    if (old.serves_id if old else None) == (serves.pk if serves else None):
        return old
    rows.update(ended_at=at)
    new = None
    if serves is not None:
        new = Contribution(record=current, serves_id=serves.pk, made_at=at, made_by=by)
        record_service.validate(new)
        new.save(force_insert=True)
    words = [old.serves.reference if old else "", serves.reference if serves else ""]
    trail.write(current, "strategy.contribution_set", by=by, at=at, changes={"serves": words})
    return new


def acts_for(served: Iterable[int], user: User) -> dict[int, list[Record]]:
    """The newest acts for each goal or objective, by its key, as far as the user may see them. One query."""
    rows = Contribution.objects.filter(
        serves__in=list(served),
        ended_at=None,
        record__in=Record.objects.visible_to(user).exclude(phase=Phase.WITHDRAWN),
    )
    found: dict[int, list[Record]] = {}
    for row in rows.select_related("record").order_by("-record__occurred_on", "-record_id")[:MOST]:
        acts = found.setdefault(row.serves_id, [])
        if len(acts) < SHOWN:
            acts.append(row.record)
    return found
