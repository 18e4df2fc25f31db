"""Resource requests at the demo plant: provided, late, declined with a signed risk, in part, come back, still waiting.

Told through the product's own services; what is there from an interrupted load is left alone. Run it after the
objectives and risks, which the requests serve.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.db import transaction

from leadership.models import ResourceRequest
from leadership.services import resource_request as service
from leadership.services import resource_request_arrival as arrival
from leadership.services import resource_request_decision as decision
from leadership.services.demo_improvement_action import Plant
from leadership.services.demo_resource_request_story import REQUESTS, ToldRequest
from leadership.services.resource_request_decision import Bearing, Grant, NewTarget
from objectives.models import Objective, Risk
from objectives.services import risk_acceptance
from qms.models import Phase, User

NAMESPACE = uuid.UUID("9d1f6c1e-8f2b-4c0e-9a55-3b7e6a2d7701")
Tell = Callable[[Plant, ResourceRequest, int, User, dict[str, Any]], None]


def tell(plant: Plant) -> int:
    """Tell all of it; returns how many requests there are."""
    for number, told in enumerate(REQUESTS):
        with transaction.atomic():
            _request(plant, told, uuid.uuid5(NAMESPACE, f"request {number}"))
    return len(REQUESTS)


def _request(plant: Plant, told: ToldRequest, uid: uuid.UUID) -> None:
    if ResourceRequest.objects.filter(uid=uid).exists():
        return
    by = plant.users[told.owner]
    objective = Objective.objects.filter(title__startswith=told.objective, status="approved").order_by("pk").first()
    risk = Risk.objects.filter(title__startswith=told.risk, phase=Phase.OPEN).order_by("pk").first()
    request = service.open_request(
        uid=uid, title=told.title, site=plant.site, owner=by.person, resource=told.resource,
        description=told.description, needed_on=plant.at(told.asked_ago - told.needed_after).date(),
        amount=Decimal(told.amount) if told.amount else None, amount_unit=told.amount_unit, without_it=told.without_it,
        objective_served=objective if told.objective else None,
        risk_served=risk if told.risk else None, serves_neither=told.serves_neither,
        area=plant.areas.get(told.area), by=by, at=plant.at(told.asked_ago, 9),
    )  # fmt: skip
    for ago, what, who, facts in told.steps:
        TELL[what](plant, request, ago, plant.users[who], facts)


def _ask(plant: Plant, request: ResourceRequest, ago: int, by: User, facts: dict[str, Any]) -> None:
    service.ask(request, **facts, by=by, at=plant.at(ago, 11))


def _answer(plant: Plant, request: ResourceRequest, ago: int, by: User, facts: dict[str, Any]) -> None:
    service.answer(request, **facts, by=by, at=plant.at(ago, 12))


def _hand_on(plant: Plant, request: ResourceRequest, ago: int, by: User, facts: dict[str, Any]) -> None:
    to = plant.users[facts["to"]].person
    service.hand_on(request, decider=to, reason=facts["reason"], by=by, at=plant.at(ago, 13))


def _provide(plant: Plant, request: ResourceRequest, ago: int, by: User, facts: dict[str, Any]) -> None:
    decision.provide(request, grant=_grant(plant, ago, facts), because="", by=by, at=plant.at(ago, 14))


def _decline(plant: Plant, request: ResourceRequest, ago: int, by: User, facts: dict[str, Any]) -> None:
    at = plant.at(ago, 15)
    day = at.astimezone(plant.site.zone).date()
    bearing = Bearing(
        facts["why"], facts["control"], facts["void_if"], day + timedelta(days=facts["days"]), facts["risk"],
        facts["likelihood"], facts["impact"],
    )  # fmt: skip
    target = None
    if request.objective_served_id:
        objective = Objective.objects.get(pk=request.objective_served_id)
        target = NewTarget(Decimal(facts["target"]), objective.due_on or day, objective.version)
    grant = _grant(plant, ago, facts) if "granted" in facts else None
    decision.decline(request, bearing=bearing, target=target, grant=grant, method="password", by=by, at=at)


def _grant(plant: Plant, ago: int, facts: dict[str, Any]) -> Grant:
    amount = Decimal(facts["amount"]) if facts.get("amount") else None
    return Grant(facts["granted"], plant.at(ago - facts["after"]).date(), amount, facts.get("budget", ""))


def _postpone(plant: Plant, request: ResourceRequest, ago: int, by: User, facts: dict[str, Any]) -> None:
    day = plant.at(ago - facts["after"]).date()
    arrival.postpone(request, arrives_on=day, reason=facts["reason"], by=by, at=plant.at(ago, 10))


def _arrive(plant: Plant, request: ResourceRequest, ago: int, by: User, facts: dict[str, Any]) -> None:
    arrival.confirm_arrival(request, **facts, by=by, at=plant.at(ago, 16))


def _expire(plant: Plant, _request: ResourceRequest, ago: int, _by: User, _facts: dict[str, Any]) -> None:
    risk_acceptance.expire_due(at=plant.at(ago, 1))
    arrival.follow_acceptances(at=plant.at(ago, 2))


def _withdraw(plant: Plant, request: ResourceRequest, ago: int, by: User, facts: dict[str, Any]) -> None:
    service.withdraw(request, **facts, by=by, at=plant.at(ago, 10))


TELL: dict[str, Tell] = {
    "ask": _ask, "answer": _answer, "hand_on": _hand_on, "provide": _provide, "decline": _decline,
    "postpone": _postpone, "arrive": _arrive, "expire": _expire, "withdraw": _withdraw,
}  # fmt: skip
