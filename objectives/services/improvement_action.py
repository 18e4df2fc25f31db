"""Improvement actions: opened from a record or on their own, changed with a reason, moved along TRANSITIONS."""

from __future__ import annotations

import uuid as uuids
from datetime import date, datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from objectives.models import ImprovementAction
from qms.models import Area, Person, Phase, Record, Site, User, site_today
from qms.services import record as record_service

Status = ImprovementAction.Status
PLAIN_FIELDS = ("title", "description", "owner", "due_on", "promised_to", "area", "is_confidential")


class ReasonMissing(ValidationError):
    """A change, or an end, without a word on why."""


class CannotChange(Exception):
    """The action is no longer open."""


@transaction.atomic
def open_action(
    *, uid: uuids.UUID, title: str, owner: Person, due_on: date | None, site: Site, description: str = "",
    source: Record | None = None, promised_to: Person | None = None, area: Area | None = None,
    is_confidential: bool = False, by: User, at: datetime,
) -> ImprovementAction:  # fmt: skip
    """Open an action; the same ``uid`` by the same user returns the first one.

    ``due_on`` is a date at the site. Side effects: the action's row, a version, a trail entry, clause links.
    Raises ValidationError by field.
    """
    known = ImprovementAction.objects.filter(uid=uid, recorded_by=by).first()
    if known:
        return known
    action = ImprovementAction(
        uid=uid, title=title.strip(), description=description.strip(), owner=owner, due_on=due_on, source=source,
        promised_to=promised_to, site=site, area=area, is_confidential=is_confidential,
        occurred_on=site_today(site, at),
    )  # fmt: skip
    record_service.open_new(action, by=by, at=at)
    return record_service.seal(action, "improvement_action.opened", by=by, at=at)


@transaction.atomic
def change(
    action: ImprovementAction, *, version: int, reason: str, by: User, at: datetime, **changes: Any
) -> ImprovementAction:
    """Change an action's facts (any of PLAIN_FIELDS); what it said before stays in its versions and in the trail.

    ``version`` is the one the form was opened with. Side effects: the action's row, a version, a trail entry, clause
    links. Raises ReasonMissing, StaleRecord, CannotChange (no longer open), ValidationError by field.
    """
    reason = _reason(reason)
    if unknown := changes.keys() - set(PLAIN_FIELDS):
        raise TypeError(f"An action cannot be changed in {sorted(unknown)}.")
    current = record_service.lock(action, version=version)
    if current.phase != Phase.OPEN:
        raise CannotChange(_("Only an open action can be changed. Reopen it first."))
    for name, value in changes.items():
        setattr(current, name, value.strip() if isinstance(value, str) else value)
    return record_service.seal(current, "improvement_action.changed", by=by, at=at, reason=reason)


@transaction.atomic
def start(action: ImprovementAction, *, by: User, at: datetime, version: int | None = None) -> ImprovementAction:
    """Work on the action has begun. Writes a version and the trail. Raises StaleRecord, IllegalTransition."""
    return _move(action, Status.IN_PROGRESS, "improvement_action.started", by=by, at=at, version=version)


@transaction.atomic
def complete(
    action: ImprovementAction, *, outcome: str, by: User, at: datetime, version: int | None = None
) -> ImprovementAction:
    """The action is done; ``outcome`` says what came of it. It is dated the site's today.

    Writes a version and the trail; the action counts as evidence from now on. Raises ReasonMissing (no outcome),
    StaleRecord, IllegalTransition.
    """
    outcome = _reason(outcome, field="outcome")
    facts = {"outcome": outcome, "completed_on": site_today(action.site, at)}
    return _move(action, Status.DONE, "improvement_action.completed", by=by, at=at, version=version, **facts)


@transaction.atomic
def decline(
    action: ImprovementAction, *, reason: str, by: User, at: datetime, version: int | None = None
) -> ImprovementAction:
    """It will not be done, and why. Writes a version and the trail.

    Raises ReasonMissing, StaleRecord, IllegalTransition.
    """
    reason = _reason(reason)
    return _move(action, Status.DECLINED, "improvement_action.declined", by=by, at=at, version=version, reason=reason)


@transaction.atomic
def reopen(
    action: ImprovementAction, *, reason: str, by: User, at: datetime, version: int | None = None
) -> ImprovementAction:
    """It is not done after all (back in progress), or is taken up again after it was declined (open).

    Writes a version and the trail. Raises ReasonMissing, StaleRecord, IllegalTransition.
    """
    reason = _reason(reason)
    target = Status.ASSESSED if action.status == Status.DECLINED else Status.IN_PROGRESS
    return _move(
        action, target, "improvement_action.reopened", by=by, at=at, version=version, reason=reason, completed_on=None
    )


@transaction.atomic
def withdraw(
    action: ImprovementAction, *, reason: str, by: User, at: datetime, version: int | None = None
) -> ImprovementAction:
    """It should never have been entered. Writes a version and the trail; it stays readable.

    Raises ReasonMissing, StaleRecord, IllegalTransition.
    """
    reason = _reason(reason)
    return _move(action, Status.WITHDRAWN, "improvement_action.withdrawn", by=by, at=at, version=version, reason=reason)


def _move(
    action: ImprovementAction, status: str, verb: str, *, by: User, at: datetime, version: int | None,
    reason: str = "", **facts: Any,
) -> ImprovementAction:  # fmt: skip
    current = record_service.lock(action, version=version)
    record_service.move(current, status)
    for name, value in facts.items():
        setattr(current, name, value)
    return record_service.seal(current, verb, by=by, at=at, reason=reason)


def _reason(text: str, *, field: str = "reason") -> str:
    reason = text.strip()
    if not reason:
        raise ReasonMissing({field: _("Say it in a few words; they stay in the timeline.")})
    return reason
