"""Strategic goals: set, adopted, changed with a reason, ended with an outcome; a tree without circles."""

from __future__ import annotations

import uuid as uuids
from datetime import date, datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from objectives.models import StrategicGoal
from qms.models import Person, Phase, Site, User, site_today
from qms.services import record as record_service
from qms.services import trail
from qms.services.record import CannotChange
from qms.services.wording import known_facts, said

Status = StrategicGoal.Status
PLAIN_FIELDS = (
    "title", "owner", "area", "is_confidential", "parent", "starts_on", "ends_on", "description",
)  # fmt: skip
TREE = "strategy:goals"
"""The name of the lock that changes of the tree take, so that two of them cannot close a circle together."""


class Circle(ValidationError):
    """A goal would serve itself, directly or through others."""


@transaction.atomic
def set_goal(
    *, uid: uuids.UUID, title: str, owner: Person, site: Site, starts_on: date, ends_on: date, by: User, at: datetime,
    **facts: Any,
) -> StrategicGoal:  # fmt: skip
    """Write a goal down as a draft; the same ``uid`` by the same user returns the first one.

    ``facts``: any other of PLAIN_FIELDS. Side effects: the goal's row, a version, a trail entry. Raises
    ValidationError by field.
    """
    known = StrategicGoal.objects.filter(uid=uid, recorded_by=by).first()
    if known:
        return known
    facts = known_facts(facts, PLAIN_FIELDS)
    goal = StrategicGoal(
        uid=uid, title=title.strip(), owner=owner, site=site, starts_on=starts_on, ends_on=ends_on,
        occurred_on=site_today(site, at), **facts,
    )  # fmt: skip
    goal.due_on = ends_on
    _refuse_disorder(goal)
    record_service.open_new(goal, by=by, at=at)
    return record_service.seal(goal, "strategic_goal.set", by=by, at=at)


@transaction.atomic
def change(
    goal: StrategicGoal, *, version: int, reason: str, by: User, at: datetime, **changes: Any
) -> StrategicGoal:  # fmt: skip
    """Change a goal's facts (any of PLAIN_FIELDS) with a reason; what it said before stays in its versions.

    Side effects: the row, a version, a trail entry, clause links. Raises ReasonMissing, StaleRecord, CannotChange
    (over), Circle, ValidationError by field.
    """
    reason = said(reason)
    changes = known_facts(changes, PLAIN_FIELDS)
    trail.lock_chain(TREE)
    current = record_service.lock(goal, version=version)
    if current.phase not in (Phase.DRAFT, Phase.OPEN):
        raise CannotChange(_("Only a goal that is not over can be changed. Reopen it first."))
    for name, value in changes.items():
        setattr(current, name, value)
    current.due_on = current.ends_on
    _refuse_disorder(current)
    refuse_circle(current, current.parent)
    return record_service.seal(current, "strategic_goal.changed", by=by, at=at, reason=reason)


@transaction.atomic
def adopt(goal: StrategicGoal, *, by: User, at: datetime, version: int | None = None) -> StrategicGoal:
    """Top management stands for it from now on; the day becomes its event date, and it counts as evidence.

    Writes a version, the trail, clause links. Raises StaleRecord, IllegalTransition.
    """
    current = record_service.lock(goal, version=version)
    if current.status != Status.DRAFT:
        raise record_service.IllegalTransition(_("Only a draft is adopted. Reopen a goal that is over."))
    record_service.move(current, Status.ADOPTED)
    current.occurred_on = site_today(current.site, at)
    return record_service.seal(current, "strategic_goal.adopted", by=by, at=at)


@transaction.atomic
def achieve(
    goal: StrategicGoal, *, outcome: str, by: User, at: datetime, version: int | None = None
) -> StrategicGoal:  # fmt: skip
    """It is reached, and what came of it. Writes a version and the trail.

    Raises ReasonMissing (no outcome), StaleRecord, IllegalTransition.
    """
    return _end(goal, Status.ACHIEVED, "strategic_goal.achieved", outcome, by=by, at=at, version=version)


@transaction.atomic
def drop(
    goal: StrategicGoal, *, outcome: str, by: User, at: datetime, version: int | None = None
) -> StrategicGoal:  # fmt: skip
    """It is given up, and why. Writes a version and the trail; it no longer counts.

    Raises ReasonMissing (no outcome), StaleRecord, IllegalTransition.
    """
    return _end(goal, Status.DROPPED, "strategic_goal.dropped", outcome, by=by, at=at, version=version)


@transaction.atomic
def reopen(
    goal: StrategicGoal, *, reason: str, by: User, at: datetime, version: int | None = None
) -> StrategicGoal:  # fmt: skip
    """It is taken up again. Writes a version and the trail. Raises ReasonMissing, StaleRecord, IllegalTransition."""
    reason = said(reason)
    current = record_service.lock(goal, version=version)
    if current.status == Status.DRAFT:
        raise record_service.IllegalTransition(_("A draft is adopted, not reopened."))
    record_service.move(current, Status.ADOPTED)
    current.outcome = ""
    return record_service.seal(current, "strategic_goal.reopened", by=by, at=at, reason=reason)


@transaction.atomic
def withdraw(
    goal: StrategicGoal, *, reason: str, by: User, at: datetime, version: int | None = None
) -> StrategicGoal:  # fmt: skip
    """It should never have been entered. Writes a version and the trail; it stays readable.

    Raises ReasonMissing, StaleRecord, IllegalTransition.
    """
    reason = said(reason)
    current = record_service.lock(goal, version=version)
    record_service.move(current, Status.WITHDRAWN)
    return record_service.seal(current, "strategic_goal.withdrawn", by=by, at=at, reason=reason)


def refuse_circle(goal: StrategicGoal, parent: StrategicGoal | None) -> None:
    """Raise Circle when ``goal`` would come to serve itself. One query."""
    parents = dict(StrategicGoal.objects.values_list("pk", "parent_id"))
    above, seen = parent.pk if parent else None, set[int]()
    while above is not None and above not in seen:
        if above == goal.pk:
            raise Circle({"parent": _("This goal would serve itself. Choose a goal above it.")})
        seen.add(above)
        above = parents.get(above)


def _end(
    goal: StrategicGoal, status: str, verb: str, outcome: str, *, by: User, at: datetime, version: int | None
) -> StrategicGoal:
    outcome = said(outcome, field="outcome")
    current = record_service.lock(goal, version=version)
    record_service.move(current, status)
    current.outcome = outcome
    return record_service.seal(current, verb, by=by, at=at)


def _refuse_disorder(goal: StrategicGoal) -> None:
    if goal.ends_on < goal.starts_on:
        raise ValidationError({"ends_on": _("The end must not lie before the beginning.")})
