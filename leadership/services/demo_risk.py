"""Risks and opportunities at the demo plant: re-ratings, actions, judgements, two acceptances of which one ran out."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.db import transaction

from leadership.services.demo_improvement_action import Plant
from leadership.services.demo_risk_story import RISKS, Step, ToldRisk
from objectives.models import ImprovementAction, Risk
from objectives.services import improvement_action as action_service
from objectives.services import risk as risk_service
from objectives.services import risk_acceptance
from qms.models import User

NAMESPACE = uuid.UUID("c7f64a52-6f0e-4b8f-9a2b-2a6d51e46101")
Tell = Callable[[Plant, Risk, int, User, dict[str, Any]], None]


def tell(plant: Plant) -> int:
    """Tell all of it through the services; what is there from an interrupted load is left alone. Returns how many."""
    for number, told in enumerate(RISKS):
        with transaction.atomic():
            _risk(plant, told, uuid.uuid5(NAMESPACE, f"risk {number}"))
    return len(RISKS)


def _risk(plant: Plant, told: ToldRisk, uid: uuid.UUID) -> None:
    if Risk.objects.filter(uid=uid).exists():
        return
    by = plant.users[told.owner]
    risk = risk_service.open_risk(
        uid=uid, title=told.title, nature=told.nature, site=plant.site, owner=by.person,
        context_kind=told.context_kind, context=told.context, cause=told.cause, consequence=told.consequence,
        area=plant.areas[told.area] if told.area else None, is_confidential=told.is_confidential, by=by,
        at=plant.at(told.identified_ago),
    )  # fmt: skip
    for step in _in_order(told.steps):
        ago, what, who, facts = step
        TELL[what](plant, risk, ago, plant.users[who], facts)


def _in_order(steps: tuple[Step, ...]) -> list[Step]:
    """The steps, with the end of an acceptance that has run out and of the actions done put where they belong."""
    more: list[Step] = list(steps)
    for ago, what, who, facts in steps:
        if what == "accept" and facts["days"] < ago:
            more.append((ago - facts["days"], "expire", who, {}))
        if what == "action" and facts["done_after"] is not None:
            more.append((ago - facts["done_after"], "complete", who, {"title": facts["title"]}))
    return sorted(more, key=lambda step: -step[0])


def _rate(plant: Plant, risk: Risk, ago: int, by: User, facts: dict[str, Any]) -> None:
    risk_service.rate(risk, **facts, by=by, at=plant.at(ago, 11))


def _treat(plant: Plant, risk: Risk, ago: int, by: User, facts: dict[str, Any]) -> None:
    due = plant.at(ago).date() + timedelta(days=150)
    risk_service.treat(risk, **facts, due_on=due, by=by, at=plant.at(ago, 11))


def _judge(plant: Plant, risk: Risk, ago: int, by: User, facts: dict[str, Any]) -> None:
    risk_service.judge(risk, **facts, by=by, at=plant.at(ago, 14))


def _close(plant: Plant, risk: Risk, ago: int, by: User, facts: dict[str, Any]) -> None:
    risk_service.close(risk, **facts, by=by, at=plant.at(ago, 15))


def _accept(plant: Plant, risk: Risk, ago: int, by: User, facts: dict[str, Any]) -> None:
    words = {name: text for name, text in facts.items() if name != "days"}
    at = plant.at(ago, 16)
    until = at.astimezone(plant.site.zone).date() + timedelta(days=facts["days"])
    risk_acceptance.accept(risk, **words, expires_on=until, method="password", by=by, at=at)


def _expire(plant: Plant, _risk: Risk, ago: int, _by: User, _facts: dict[str, Any]) -> None:
    risk_acceptance.expire_due(at=plant.at(ago, 1))


def _open_action(plant: Plant, risk: Risk, ago: int, by: User, facts: dict[str, Any]) -> None:
    action_service.open_action(
        uid=uuid.uuid5(risk.uid, facts["title"]), title=facts["title"], owner=by.person, source=risk, site=risk.site,
        area=risk.area, due_on=plant.at(ago).date() + timedelta(days=120), by=by, at=plant.at(ago, 12),
    )  # fmt: skip


def _complete(plant: Plant, risk: Risk, ago: int, by: User, facts: dict[str, Any]) -> None:
    action = ImprovementAction.objects.get(uid=uuid.uuid5(risk.uid, facts["title"]))
    action_service.complete(action, outcome="Done and shown to the owner of the risk.", by=by, at=plant.at(ago, 13))


TELL: dict[str, Tell] = {
    "rate": _rate, "treat": _treat, "judge": _judge, "close": _close, "accept": _accept, "expire": _expire,
    "action": _open_action, "complete": _complete,
}  # fmt: skip
