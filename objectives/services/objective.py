"""Objectives: set, approved with a signature, changed with a reason, ended with an outcome, taken up again."""

from __future__ import annotations

import uuid as uuids
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from objectives.models import Objective, ObjectiveTarget
from objectives.services import objective_standing
from qms.models import Person, Phase, Signature, Site, User, site_today
from qms.services import record as record_service
from qms.services.record import CannotChange
from qms.services.wording import known_facts, said

Status = Objective.Status
OPEN_FIELDS = (
    "title", "owner", "area", "is_confidential", "goal", "account", "forecast_value", "measure_every_days", "means",
    "judged_how", "communicated_to", "money_effect", "customer_effect",
)  # fmt: skip
"""What may be changed at any time, with a reason."""
LOCKED_FIELDS = (
    "measure", "unit", "direction", "baseline_value", "baseline_on", "target_value", "due_on",
)  # fmt: skip
"""What the approval locks: the target, and what one would otherwise bend to reach it."""
TARGET_FIELDS = ("target_value", "due_on", "baseline_value", "baseline_on")
"""What a new version of the target may change; another measure or unit is another objective."""
APPROVAL = "I approve this objective and its target"
TARGET_CHANGE = "I approve the changed target"


class NotReady(ValidationError):
    """What must be known before anybody can approve it is missing; by field."""


@transaction.atomic
def set_objective(
    *, uid: uuids.UUID, title: str, owner: Person, site: Site, measure: str, unit: str, target_value: Decimal,
    by: User, at: datetime, **facts: Any,
) -> Objective:  # fmt: skip
    """Write an objective down as a draft; the same ``uid`` by the same user returns the first one.

    ``facts``: any of OPEN_FIELDS and LOCKED_FIELDS. Side effects: the objective's row, a version, a trail entry.
    Raises ValidationError by field.
    """
    known = Objective.objects.filter(uid=uid, recorded_by=by).first()
    if known:
        return known
    facts = known_facts(facts, OPEN_FIELDS + LOCKED_FIELDS)
    objective = Objective(
        uid=uid, title=title.strip(), owner=owner, site=site, measure=measure.strip(), unit=unit.strip(),
        target_value=target_value, occurred_on=site_today(site, at), **facts,
    )  # fmt: skip
    _refuse_disorder(objective)
    record_service.open_new(objective, by=by, at=at)
    return record_service.seal(objective, "objective.set", by=by, at=at)


@transaction.atomic
def change(
    objective: Objective, *, version: int, reason: str, by: User, at: datetime, **changes: Any
) -> Objective:  # fmt: skip
    """Change a draft in everything, an approved objective in OPEN_FIELDS; the target has ``change_target``.

    Side effects: the row, a version, a trail entry, clause links, the standing. Raises ReasonMissing, StaleRecord,
    CannotChange (ended, or a locked fact), ValidationError by field.
    """
    reason = said(reason)
    changes = known_facts(changes, OPEN_FIELDS + LOCKED_FIELDS)
    current = record_service.lock(objective, version=version)
    if current.phase not in (Phase.DRAFT, Phase.OPEN):
        raise CannotChange(_("Only an open objective can be changed. Reopen it first."))
    changes = {name: value for name, value in changes.items() if getattr(current, name) != value}
    if current.status != Status.DRAFT and (locked := changes.keys() & set(LOCKED_FIELDS)):
        raise CannotChange(_("The approval locked this: %s. Change the target with a reason and a signature.") % (
            ", ".join(str(Objective._meta.get_field(name).verbose_name) for name in sorted(locked))  # type: ignore[union-attr]
        ))  # fmt: skip
    for name, value in changes.items():
        setattr(current, name, value)
    _refuse_disorder(current)
    record_service.seal(current, "objective.changed", by=by, at=at, reason=reason)
    return objective_standing.refresh(current, at=at)


@transaction.atomic
def approve(
    objective: Objective, *, by: User, at: datetime, method: str, version: int | None = None
) -> Objective:  # fmt: skip
    """Approve the objective and lock its target. The caller re-authenticated ``by`` just now (``method`` says how).

    The day of the approval becomes the event date: from then on it is evidence. Side effects: a version, the trail,
    clause links, a signature under the new version, the first ObjectiveTarget, the standing. Raises NotReady,
    StaleRecord, IllegalTransition.
    """
    current = record_service.lock(objective, version=version)
    _refuse_unready(current)
    record_service.move(current, Status.APPROVED)
    current.occurred_on = site_today(current.site, at)
    current.approved_on = current.approved_on or current.occurred_on
    record_service.seal(current, "objective.approved", by=by, at=at)
    signature = record_service.sign(current, meaning=APPROVAL, by=by, at=at, method=method)
    _keep_target(current, signature, reason="", at=at)
    return objective_standing.refresh(current, at=at)


@transaction.atomic
def change_target(
    objective: Objective, *, version: int, reason: str, by: User, at: datetime, method: str, **changes: Any
) -> Objective:
    """Give an approved objective another target (any of TARGET_FIELDS); the old one stays visible.

    Side effects: a version, the trail, a signature, a new ObjectiveTarget, the standing. Raises ReasonMissing,
    StaleRecord, CannotChange (not approved, or nothing changed), ValidationError by field.
    """
    reason = said(reason)
    changes = known_facts(changes, TARGET_FIELDS)
    current = record_service.lock(objective, version=version)
    if current.status != Status.APPROVED:
        raise CannotChange(_("Only an approved, open objective has a target to change."))
    if all(getattr(current, name) == value for name, value in changes.items()):
        raise CannotChange(_("This is the target as it stands. Nothing was saved."))
    for name, value in changes.items():
        setattr(current, name, value)
    _refuse_disorder(current)
    _refuse_unready(current)
    current.occurred_on = site_today(current.site, at)
    record_service.seal(current, "objective.target_changed", by=by, at=at, reason=reason)
    signature = record_service.sign(current, meaning=TARGET_CHANGE, by=by, at=at, method=method)
    _keep_target(current, signature, reason=reason, at=at)
    return objective_standing.refresh(current, at=at)


@transaction.atomic
def achieve(
    objective: Objective, *, outcome: str, by: User, at: datetime, version: int | None = None
) -> Objective:  # fmt: skip
    """The target is reached, and what came of it. Writes a version and the trail.

    Raises ReasonMissing (no outcome), StaleRecord, IllegalTransition.
    """
    return _end(objective, Status.ACHIEVED, "objective.achieved", outcome, by=by, at=at, version=version)


@transaction.atomic
def miss(
    objective: Objective, *, outcome: str, by: User, at: datetime, version: int | None = None
) -> Objective:  # fmt: skip
    """The target was not reached, and what was learned. Writes a version and the trail.

    Raises ReasonMissing (no outcome), StaleRecord, IllegalTransition.
    """
    return _end(objective, Status.MISSED, "objective.missed", outcome, by=by, at=at, version=version)


@transaction.atomic
def drop(
    objective: Objective, *, outcome: str, by: User, at: datetime, version: int | None = None
) -> Objective:  # fmt: skip
    """It is given up, and why. Writes a version and the trail; it no longer counts as evidence.

    Raises ReasonMissing (no outcome), StaleRecord, IllegalTransition.
    """
    return _end(objective, Status.DROPPED, "objective.dropped", outcome, by=by, at=at, version=version)


@transaction.atomic
def reopen(
    objective: Objective, *, reason: str, by: User, at: datetime, version: int | None = None
) -> Objective:  # fmt: skip
    """It is taken up again with the target as it was approved. Writes a version, the trail, the standing.

    Raises ReasonMissing, StaleRecord, IllegalTransition (it is open already).
    """
    reason = said(reason)
    current = record_service.lock(objective, version=version)
    if current.status == Status.DRAFT:
        raise record_service.IllegalTransition(_("A draft is approved, not reopened."))
    record_service.move(current, Status.APPROVED)
    current.outcome = ""
    record_service.seal(current, "objective.reopened", by=by, at=at, reason=reason)
    return objective_standing.refresh(current, at=at)


@transaction.atomic
def withdraw(
    objective: Objective, *, reason: str, by: User, at: datetime, version: int | None = None
) -> Objective:  # fmt: skip
    """It should never have been entered. Writes a version and the trail; it stays readable.

    Raises ReasonMissing, StaleRecord, IllegalTransition.
    """
    reason = said(reason)
    current = record_service.lock(objective, version=version)
    record_service.move(current, Status.WITHDRAWN)
    return record_service.seal(current, "objective.withdrawn", by=by, at=at, reason=reason)


def missing_for_approval(objective: Objective) -> dict[str, str]:
    """What is missing before it can be approved, by field: planning how to reach it asks for all of this."""
    wanted = {
        "measure": _("Say what is measured."),
        "unit": _("Say in which unit."),
        "due_on": _("Say by when."),
        "means": _("Say what will be done, and with which resources."),
        "judged_how": _("Say how the result is judged."),
    }
    return {name: words for name, words in wanted.items() if not getattr(objective, name)}


def unconnected_because(objective: Objective) -> list[str]:
    """Why the objective hangs in the air; empty when it is connected. The same rule as ``connected`` of its queries."""
    return [
        words
        for is_missing, words in (
            (objective.goal_id is None, _("it serves no strategic goal")),
            (not objective.owner.is_active, _("its owner is no longer here")),
            (
                objective.money_effect is None and objective.account_id is None and not objective.customer_effect,
                _("nobody says what it does for money or for customers"),
            ),
        )
        if is_missing
    ]


def _end(
    objective: Objective, status: str, verb: str, outcome: str, *, by: User, at: datetime, version: int | None
) -> Objective:
    outcome = said(outcome, field="outcome")
    current = record_service.lock(objective, version=version)
    record_service.move(current, status)
    current.outcome, current.occurred_on = outcome, site_today(current.site, at)
    return record_service.seal(current, verb, by=by, at=at)


def _keep_target(objective: Objective, signature: Signature, *, reason: str, at: datetime) -> ObjectiveTarget:
    target = ObjectiveTarget(
        objective=objective, number=objective.targets.count() + 1, approved_at=at, signature=signature,
        reason=reason[:400], **{name: getattr(objective, name) for name in TARGET_FIELDS},
    )  # fmt: skip
    record_service.validate(target)
    target.save(force_insert=True)
    return target


def _refuse_unready(objective: Objective) -> None:
    if missing := missing_for_approval(objective):
        raise NotReady({name: [words] for name, words in missing.items()})


def _refuse_disorder(objective: Objective) -> None:
    if objective.baseline_on and objective.due_on and objective.baseline_on >= objective.due_on:
        raise ValidationError({"due_on": _("The target's date must lie after the baseline's.")})
