"""Improvement actions: opened from a record or on their own, changed with a reason, moved along TRANSITIONS.

The cycle of trying something is in improvement_cycle, ideas are in idea, money in benefit, promises in promise.
"""

from __future__ import annotations

import uuid as uuids
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from objectives.models import ImprovementAction, Objective
from objectives.services import action_board, promise
from objectives.services.improvement_notice import tell
from qms.models import Area, Person, Phase, Record, Site, User, site_today
from qms.records import as_child, kind_of
from qms.services import record as record_service
from qms.services.record import CannotChange
from qms.services.wording import known_facts, said

Status, Origin = ImprovementAction.Status, ImprovementAction.Origin
PLAIN_FIELDS = (
    "title", "description", "owner", "due_on", "promised_to", "area", "origin", "serves", "is_confidential",
)  # fmt: skip
ORIGIN_OF_KIND = {
    "activity": Origin.MEETING, "risk": Origin.RISK, "objective": Origin.OBJECTIVE, "audit": Origin.AUDIT_FINDING,
    "finding": Origin.AUDIT_FINDING, "nonconformity": Origin.NONCONFORMITY, "management_review": Origin.REVIEW,
    "improvement_action": Origin.SUGGESTION, "strategy": Origin.OBJECTIVE, "quality_cost": Origin.REVIEW,
}  # fmt: skip
"""Where an action comes from when its source is a record of that kind."""
ORIGIN_OF_TYPE = {"floor-walk": Origin.WALK, "quality-review": Origin.REVIEW, "audit-hosted": Origin.AUDIT_FINDING}
"""The same by the record's type, which goes before its kind."""


def origin_of(source: Record | None) -> str:
    """Where an action comes from, by the kind and type of the record that led to it; a suggestion without one."""
    if source is None:
        return Origin.SUGGESTION
    subtype = kind_of(source).subtype_of(as_child(source))
    return ORIGIN_OF_TYPE.get(subtype) or ORIGIN_OF_KIND.get(source.kind, Origin.SUGGESTION)


def said_in(source: Record | None) -> str:
    """What was written down in the record that led to an action, to begin its description with."""
    return kind_of(source).said(as_child(source)) if source else ""


@transaction.atomic
def open_action(
    *, uid: uuids.UUID, title: str, owner: Person, due_on: date | None, site: Site, description: str = "",
    source: Record | None = None, promised_to: Person | None = None, area: Area | None = None, origin: str = "",
    serves: Objective | None = None, raiser: Person | None = None, is_confidential: bool = False, by: User,
    at: datetime,
) -> ImprovementAction:  # fmt: skip
    """Open a planned action; the same ``uid`` by the same user returns the first one.

    ``due_on`` is a date at the site; without ``origin`` the source's kind decides. Side effects: the action's row, a
    version, a trail entry, clause links, the count of its month. Raises ValidationError by field.
    """
    known = ImprovementAction.objects.filter(uid=uid, recorded_by=by).first()
    if known:
        return known
    action = ImprovementAction(
        uid=uid, title=title.strip(), description=description.strip(), owner=owner, due_on=due_on, source=source,
        promised_to=promised_to, site=site, area=area, origin=origin or origin_of(source), serves=serves,
        raiser=raiser, is_confidential=is_confidential, occurred_on=site_today(site, at),
    )  # fmt: skip
    return begin(action, "improvement_action.opened", by=by, at=at)


def begin(
    action: ImprovementAction, verb: str, *, by: User | None, at: datetime, facts: dict[str, Any] | None = None
) -> ImprovementAction:
    """Number, write and count a new action, within the caller's transaction."""
    record_service.open_new(action, by=by, at=at)
    action_board.count(action, 1)
    return record_service.seal(action, verb, by=by, at=at, facts=facts)


@transaction.atomic
def change(
    action: ImprovementAction, *, version: int, reason: str, by: User, at: datetime, **changes: Any
) -> ImprovementAction:
    """Change an action's facts (any of PLAIN_FIELDS); what it said before stays in its versions and in the trail.

    ``version`` is the one the form was opened with. Side effects: the action's row, a version, a trail entry, clause
    links. Raises ReasonMissing, StaleRecord, CannotChange (no longer open), ValidationError by field.
    """
    reason = said(reason)
    changes = known_facts(changes, PLAIN_FIELDS)
    current = record_service.lock(action, version=version)
    if current.phase != Phase.OPEN:
        raise CannotChange(_("Only an open action can be changed. Reopen it first."))
    action_board.count(current, -1)
    for name, value in changes.items():
        setattr(current, name, value)
    action_board.count(current, 1)
    return record_service.seal(current, "improvement_action.changed", by=by, at=at, reason=reason)


@transaction.atomic
def start(action: ImprovementAction, *, by: User, at: datetime, version: int | None = None) -> ImprovementAction:
    """Work on the action has begun. Writes a version and the trail. Raises StaleRecord, IllegalTransition."""
    current = record_service.lock(action, version=version)
    record_service.move(current, Status.IN_PROGRESS)
    return record_service.seal(current, "improvement_action.started", by=by, at=at)


@transaction.atomic
def complete(
    action: ImprovementAction, *, outcome: str, by: User, at: datetime, version: int | None = None
) -> ImprovementAction:
    """The action is done; ``outcome`` says what came of it. It is dated the site's today.

    Who it was promised to is asked whether it is kept. Writes a version and the trail; the action counts as evidence
    from now on. Raises ReasonMissing (no outcome), StaleRecord, IllegalTransition.
    """
    outcome = said(outcome, field="outcome")
    current = record_service.lock(action, version=version)
    record_service.move(current, Status.DONE)
    current.outcome, current.completed_on, current.declined_reason = outcome, site_today(current.site, at), ""
    promise.put(current, at=at)
    done = record_service.seal(current, "improvement_action.completed", by=by, at=at)
    tell(done.raiser, _("Done: %(title)s") % {"title": done.title}, done, but=by, at=at)
    return done


@transaction.atomic
def decline(
    action: ImprovementAction, *, reason: str, by: User, at: datetime, version: int | None = None
) -> ImprovementAction:
    """It will not be done, and why. Writes a version and the trail.

    Who raised it is told the reason: by a notice, or on the page of the ticket. Raises ReasonMissing, StaleRecord,
    IllegalTransition.
    """
    reason = said(reason)
    current = record_service.lock(action, version=version)
    record_service.move(current, Status.DECLINED)
    current.declined_reason = reason
    declined = record_service.seal(current, "improvement_action.declined", by=by, at=at, reason=reason)
    words = {"title": declined.title, "reason": reason}
    tell(declined.raiser, _("Not done: %(title)s. Reason: %(reason)s") % words, declined, but=by, at=at)
    return declined


@transaction.atomic
def reopen(
    action: ImprovementAction, *, reason: str, by: User, at: datetime, version: int | None = None
) -> ImprovementAction:
    """It is not done after all (back in progress), or is taken up again after it was declined (open).

    A question about its promise is taken back. Writes a version and the trail. Raises ReasonMissing, StaleRecord,
    IllegalTransition.
    """
    reason = said(reason)
    current = record_service.lock(action, version=version)
    record_service.move(current, Status.ASSESSED if current.status == Status.DECLINED else Status.IN_PROGRESS)
    current.completed_on, current.checker, current.declined_reason = None, None, ""
    promise.take_back(current, at=at)
    return record_service.seal(current, "improvement_action.reopened", by=by, at=at, reason=reason)


@transaction.atomic
def withdraw(
    action: ImprovementAction, *, reason: str, by: User, at: datetime, version: int | None = None
) -> ImprovementAction:
    """It should never have been entered. Writes a version and the trail; it stays readable and is counted no more.

    Raises ReasonMissing, StaleRecord, IllegalTransition.
    """
    reason = said(reason)
    current = record_service.lock(action, version=version)
    record_service.move(current, Status.WITHDRAWN)
    action_board.count(current, -1)
    promise.take_back(current, at=at)
    return record_service.seal(current, "improvement_action.withdrawn", by=by, at=at, reason=reason)
