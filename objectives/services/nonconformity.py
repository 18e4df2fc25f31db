"""Nonconformities: raised, contained, asked why, corrected, closed with proof; moved along TRANSITIONS only.

Asking why is in nonconformity_cause, judging and proving in nonconformity_effect, coming back in the recurrence.
"""

from __future__ import annotations

import uuid as uuids
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from objectives.models import Cause, ImprovementAction, Nonconformity, lookback_start
from objectives.services import improvement_action as action_service
from qms.models import Area, Person, Phase, Record, Site, User, site_today
from qms.services import record as record_service
from qms.services import trail
from qms.services.record import CannotChange
from qms.services.wording import known_facts, said

Status, Effectiveness = Nonconformity.Status, Nonconformity.Effectiveness
PLAIN_FIELDS = (
    "title", "description", "origin", "quantity", "unit", "owner", "area", "happened_on", "due_on", "is_confidential",
)  # fmt: skip
DUE_DAYS = 30
"""A nonconformity is due so many days after it was raised, unless a date is given: our own choice, no requirement."""
DONE = frozenset({ImprovementAction.Status.DONE, ImprovementAction.Status.CHECKED, ImprovementAction.Status.CLOSED})


@dataclass(frozen=True)
class Missing:
    """One thing missing before it can be closed. ``step``: the verb that supplies it; ``action``: the one to end."""

    step: str
    text: str
    action: ImprovementAction | None = None


class NotReady(CannotChange):
    """It cannot be closed; ``missing`` lists everything that is not there yet."""

    def __init__(self, missing: list[Missing]) -> None:
        self.missing = missing
        super().__init__(_("It cannot be closed yet. Missing: %s") % "; ".join(item.text for item in missing))


@transaction.atomic
def open_nonconformity(
    *, uid: uuids.UUID, title: str, site: Site, owner: Person, area: Area | None = None, description: str = "",
    origin: str = Nonconformity.Origin.INTERNAL, quantity: Decimal | None = None, unit: str = "",
    happened_on: date | None = None, due_on: date | None = None, source: Record | None = None,
    is_confidential: bool = False, by: User, at: datetime,
) -> Nonconformity:  # fmt: skip
    """Raise a nonconformity; the same ``uid`` by the same user returns the first one.

    ``happened_on`` (default: the site's today) must not lie ahead; ``due_on`` defaults to DUE_DAYS from today. Side
    effects: its row, a version, a trail entry, clause links, and a trail entry of the ``source``. Raises
    ValidationError by field.
    """
    known = Nonconformity.objects.filter(uid=uid, recorded_by=by).first()
    if known:
        return known
    today = site_today(site, at)
    day = happened_on or today
    found = Nonconformity(
        uid=uid, title=title.strip(), site=site, owner=owner, area=area, description=description.strip(),
        origin=origin, quantity=quantity, unit=unit.strip(), occurred_on=day, happened_on=day,
        lookback_on=lookback_start(day), due_on=due_on or today + timedelta(days=DUE_DAYS), source=source,
        is_confidential=is_confidential,
    )  # fmt: skip
    _check_amount(found)
    record_service.refuse_future(found, at=at, field="happened_on")
    record_service.open_new(found, by=by, at=at)
    opened = record_service.seal(found, "nonconformity.opened", by=by, at=at)
    if source is not None:
        led_to = {"nonconformity": opened.reference}
        trail.write(record_service.lock(source), "record.became_nonconformity", by=by, at=at, changes=led_to)
    return opened


@transaction.atomic
def change(
    found: Nonconformity, *, version: int, reason: str, by: User, at: datetime, **changes: Any
) -> Nonconformity:  # fmt: skip
    """Change its facts (any of PLAIN_FIELDS); what it said before stays in its versions and in the trail.

    ``version`` is the one the form was opened with. Side effects: its row, a version, a trail entry, clause links.
    Raises ReasonMissing, StaleRecord, CannotChange (no longer open), ValidationError by field.
    """
    reason = said(reason)
    changes = known_facts(changes, PLAIN_FIELDS)
    current = lock_open(found, version=version)
    for name, value in changes.items():
        setattr(current, name, value)
    current.occurred_on = current.happened_on
    current.lookback_on = lookback_start(current.happened_on)
    _check_amount(current)
    record_service.refuse_future(current, at=at, field="happened_on")
    return record_service.seal(current, "nonconformity.changed", by=by, at=at, reason=reason)


@transaction.atomic
def contain(
    found: Nonconformity, *, containment: str, by: User, at: datetime, version: int | None = None
) -> Nonconformity:
    """Say what protects the customer now, or say it anew while it is open.

    Side effects: its row, a version, a trail entry, clause links. Raises ReasonMissing, StaleRecord, CannotChange.
    """
    containment = said(containment, field="containment")
    current = lock_open(found, version=version)
    verb = "nonconformity.containment_changed"
    if current.status == Status.OPEN:
        record_service.move(current, Status.CONTAINED)
        verb = "nonconformity.contained"
    current.containment = containment
    return record_service.seal(current, verb, by=by, at=at)


@transaction.atomic
def act(
    found: Nonconformity, *, uid: uuids.UUID, title: str, owner: Person, due_on: date | None, by: User, at: datetime,
    version: int | None = None,
) -> Nonconformity:  # fmt: skip
    """Decide a corrective action: opens an improvement action from it and stands at acting from now on.

    An effect that was judged before must be judged anew. The same ``uid`` opens no second action. Side effects: the
    action with its own, the row, a version, a trail entry, clause links. Raises StaleRecord, IllegalTransition (no
    root cause yet), ValidationError by field.
    """
    current = lock_open(found, version=version)
    if current.status != Status.ACTING:
        record_service.move(current, Status.ACTING)
        forget_judgement(current)
    action = action_service.open_action(
        uid=uid, title=" ".join(said(title, field="title").split()), owner=owner, due_on=due_on, site=current.site,
        area=current.area, source=current, origin=ImprovementAction.Origin.NONCONFORMITY,
        is_confidential=current.is_confidential, by=by, at=at,
    )  # fmt: skip
    return record_service.seal(
        current, "nonconformity.acted", by=by, at=at, facts={"action": {"name": f"{action.reference} {action.title}"}}
    )


def missing_to_close(found: Nonconformity) -> list[Missing]:
    """Everything that is not there yet, in the order it is done. Two queries: actions and proof."""
    missing = []
    if not found.containment:
        missing.append(Missing("contain", _("what protects the customer now")))
    if found.cause_id is None:
        missing.append(Missing("analyze", _("the root cause")))
    actions = list(actions_of(found))
    if not any(action.status in DONE for action in actions):
        missing.append(Missing("act", _("a corrective action that was done")))
    waiting = [action for action in actions if action.phase == Phase.OPEN]
    missing += [Missing("", _("the end of %s") % action.reference, action) for action in waiting]
    if not found.is_use_proved:
        missing.append(Missing("prove", _("proof that the new way was used once")))
    if found.effectiveness != Effectiveness.EFFECTIVE:
        missing.append(Missing("evaluate", _("the judgement that it was effective")))
    return missing


def actions_of(found: Nonconformity) -> Any:
    """Its corrective actions, all of them, in the order they were opened; withdrawn ones too."""
    return ImprovementAction.objects.filter(source_id=found.pk).select_related("owner").order_by("pk")


def actions_waiting(found: Nonconformity) -> int:
    """How many of its corrective actions are still open. One query."""
    return int(actions_of(found).filter(phase=Phase.OPEN).count())


@transaction.atomic
def close(found: Nonconformity, *, by: User, at: datetime, version: int | None = None) -> Nonconformity:
    """End it: cause named, every action ended and one done, the new way used once, the effect judged to be there.

    Today becomes its event date: the evidence is that it was dealt with. Side effects: its row, a version, a trail
    entry, clause links; it counts as evidence from now on. Raises NotReady, which lists all that is missing,
    StaleRecord, IllegalTransition.
    """
    current = record_service.lock(found, version=version)
    if current.phase == Phase.OPEN and (missing := missing_to_close(current)):
        raise NotReady(missing)
    record_service.move(current, Status.CLOSED)
    current.closed_on = current.occurred_on = site_today(current.site, at)
    return record_service.seal(current, "nonconformity.closed", by=by, at=at)


@transaction.atomic
def reopen(
    found: Nonconformity, *, reason: str, by: User, at: datetime, version: int | None = None
) -> Nonconformity:  # fmt: skip
    """Take a closed one up again: it stands at acting; effect and use of the next way are to be shown anew.

    Side effects: its row, a version, a trail entry, clause links (it counts no more). Raises ReasonMissing,
    StaleRecord, IllegalTransition.
    """
    reason = said(reason)
    current = record_service.lock(found, version=version)
    if current.status != Status.CLOSED:
        raise record_service.IllegalTransition(_("Only a closed nonconformity can be reopened."))
    record_service.move(current, Status.ACTING)
    current.closed_on, current.occurred_on = None, current.happened_on
    forget_judgement(current)
    forget_use(current)
    return record_service.seal(current, "nonconformity.reopened", by=by, at=at, reason=reason)


@transaction.atomic
def withdraw(
    found: Nonconformity, *, reason: str, by: User, at: datetime, version: int | None = None
) -> Nonconformity:  # fmt: skip
    """It should never have been raised. Writes a version and the trail; it stays readable and is counted no more.

    Raises ReasonMissing, StaleRecord, IllegalTransition.
    """
    reason = said(reason)
    current = record_service.lock(found, version=version)
    record_service.move(current, Status.WITHDRAWN)
    return record_service.seal(current, "nonconformity.withdrawn", by=by, at=at, reason=reason)


def lock_open(found: Nonconformity, *, version: int | None = None) -> Nonconformity:
    """Its row, locked. Raises StaleRecord, and CannotChange when it is no longer open."""
    current = record_service.lock(found, version=version)
    if current.phase != Phase.OPEN:
        raise CannotChange(_("Only an open nonconformity can be changed. Reopen it first."))
    return current


def forget_judgement(found: Nonconformity) -> None:
    """The effect is to be judged anew; the judgement so far stays in ``evaluations``."""
    found.effectiveness = found.effectiveness_note = ""
    found.evaluated_on = found.evaluated_by = None


def forget_use(found: Nonconformity) -> None:
    """The use of the new way is to be shown anew; what was shown stays in the versions."""
    found.used_on = found.used_proof = None
    found.used_note = ""


def _check_amount(found: Nonconformity) -> None:
    if found.quantity is not None and found.quantity < 0:
        raise ValidationError({"quantity": _("How much cannot be less than nothing.")})
    if found.quantity is not None and not found.unit:
        raise ValidationError({"unit": _("Say of what: pieces, kilograms, hours …")})


def named_cause(name: str, *, by: User, at: datetime) -> tuple[Cause, bool]:
    """The cause of that name in the catalogue, entered on the way where it is new, with its own trail entry.

    A name that was merged stands for the cause it was merged into. The row stays locked until the transaction ends, so
    that no merge passes by what is about to be named; call it before locking a record, as merging does.
    """
    words = said(name, field="cause")[:160]
    words = " ".join(words.split())
    known = Cause.objects.filter(name__iexact=words).select_for_update().first()
    while known and known.merged_into_id:
        known = Cause.objects.select_for_update().get(pk=known.merged_into_id)
    if known:
        return known, False
    cause, is_new = Cause.objects.get_or_create(name=words)
    if is_new:
        trail.write(cause, "cause.added", by=by, at=at, changes={"name": [None, words]}, is_first=True)
    return cause, is_new
