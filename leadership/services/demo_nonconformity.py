"""Nonconformities at the demo plant: one cause that comes back twice, one correction that did not work."""

from __future__ import annotations

import io
import uuid
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.db import transaction

from leadership.services.demo_improvement_action import DATA, Plant
from leadership.services.demo_nonconformity_story import NONCONFORMITIES, Step, ToldNonconformity
from objectives.models import CauseNode, ImprovementAction, Nonconformity
from objectives.services import improvement_action as action_service
from objectives.services import nonconformity as service
from objectives.services import nonconformity_cause, nonconformity_effect
from qms.models import User
from qms.services import attachment as attachment_service
from qms.services.attachment import Sent

NAMESPACE = uuid.UUID("2f6d0c18-93b5-4c0a-8f1e-5f0a7c1b9101")
Tell = Callable[[Plant, Nonconformity, int, User, dict[str, Any]], None]


def tell(plant: Plant) -> int:
    """Tell all of it through the services; what is there from an interrupted load is left alone. Returns how many."""
    for number, told in enumerate(NONCONFORMITIES):
        with transaction.atomic():
            _nonconformity(plant, told, uuid.uuid5(NAMESPACE, f"nonconformity {number}"))
    return len(NONCONFORMITIES)


def _nonconformity(plant: Plant, told: ToldNonconformity, uid: uuid.UUID) -> None:
    if Nonconformity.objects.filter(uid=uid).exists():
        return
    by = plant.users[told.owner]
    found = service.open_nonconformity(
        uid=uid, title=told.title, site=plant.site, area=plant.areas[told.area], owner=by.person,
        description=told.description, origin=told.origin, unit=told.unit,
        quantity=Decimal(told.quantity) if told.quantity else None, is_confidential=told.is_confidential, by=by,
        due_on=_day(plant, told.ago - 60), at=plant.at(told.ago, 8),
    )  # fmt: skip
    for ago, what, who, facts in _in_order(told.steps):
        TELL[what](plant, found, ago, plant.users[who], facts)


def _in_order(steps: tuple[Step, ...]) -> list[Step]:
    """The steps, with the actions that were done put where they belong."""
    done: list[Step] = [
        (ago - facts["done_after"], "done", who, {"title": facts["title"], "outcome": facts["outcome"]})
        for ago, what, who, facts in steps
        if what == "act" and facts["done_after"] is not None
    ]
    return sorted([*steps, *done], key=lambda step: -step[0])


def _contain(plant: Plant, found: Nonconformity, ago: int, by: User, facts: dict[str, Any]) -> None:
    service.contain(found, **facts, by=by, at=plant.at(ago, 9))


def _why(plant: Plant, found: Nonconformity, ago: int, by: User, facts: dict[str, Any]) -> None:
    parent: CauseNode | None = None
    for answer in facts["answers"]:
        parent = nonconformity_cause.answer_why(
            found, text=answer, branch=facts["branch"], parent=parent, by=by, at=plant.at(ago, 11)
        )


def _cause(plant: Plant, found: Nonconformity, ago: int, by: User, facts: dict[str, Any]) -> None:
    nonconformity_cause.analyze(found, **facts, by=by, at=plant.at(ago, 12))


def _act(plant: Plant, found: Nonconformity, ago: int, by: User, facts: dict[str, Any]) -> None:
    service.act(
        found, uid=uuid.uuid5(found.uid, facts["title"]), title=facts["title"], owner=by.person,
        due_on=_day(plant, ago - 45), by=found.owner.user, at=plant.at(ago, 13),
    )  # fmt: skip


def _done(plant: Plant, found: Nonconformity, ago: int, by: User, facts: dict[str, Any]) -> None:
    action = ImprovementAction.objects.get(uid=uuid.uuid5(found.uid, facts["title"]))
    action_service.complete(action, outcome=facts["outcome"], by=by, at=plant.at(ago, 14))


def _used(plant: Plant, found: Nonconformity, ago: int, by: User, facts: dict[str, Any]) -> None:
    day = _day(plant, ago)
    if facts["proof"]:
        body, name = (DATA / facts["proof"]).read_bytes(), facts["proof"]
    else:
        body = f"{found.reference}\n{day:%d %b %Y}\n{facts['used_note']}\n{by.person.name}\n".encode()
        name = "proof_of_use.txt"
    proof, _is_new = attachment_service.add(
        found, Sent(io.BytesIO(body), name, len(body)), uid=uuid.uuid5(found.uid, name), by=by, at=plant.at(ago, 15)
    )
    nonconformity_effect.prove_use(
        found, used_on=day, used_note=facts["used_note"], proof=proof, by=by, at=plant.at(ago, 16)
    )


def _judged(plant: Plant, found: Nonconformity, ago: int, by: User, facts: dict[str, Any]) -> None:
    nonconformity_effect.evaluate(found, **facts, by=by, at=plant.at(ago, 15))


def _close(plant: Plant, found: Nonconformity, ago: int, by: User, _facts: dict[str, Any]) -> None:
    service.close(found, by=by, at=plant.at(ago, 16))


def _day(plant: Plant, ago: int) -> date:
    return plant.today - timedelta(days=ago)


TELL: dict[str, Tell] = {
    "contain": _contain, "why": _why, "cause": _cause, "act": _act, "done": _done, "used": _used, "judged": _judged,
    "close": _close,
}  # fmt: skip
