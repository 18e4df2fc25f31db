"""What the tests of resource requests share: a small organization, and requests at each of their stages.

Ana Ruiz heads production; she reports to Yusuf Chen, the plant manager, and he to Maria Chief. Tom Alder, a
supervisor, reports to Ana: what he asks for, she decides.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.test import Client
from django.urls import reverse

from leadership.models import ResourceRequest
from leadership.services import resource_request as service
from leadership.services import resource_request_decision as decision
from leadership.services.resource_request_decision import Bearing, Grant, NewTarget
from objectives.models import Objective
from qms.models import User
from qms.permissions import AccessProfile
from tests.factories import NOW, TODAY, cast_member
from tests.objectives.objectives import approved


@dataclass(frozen=True)
class Plant:
    """Who plays."""

    tom: User
    ana: User
    yusuf: User
    maria: User
    hiro: User


def plant() -> Plant:
    maria, yusuf = cast_member("Maria Chief"), cast_member("Yusuf Chen")
    ana, tom = cast_member("Ana Ruiz"), cast_member("Tom Alder")
    for user, boss in ((tom, ana), (ana, yusuf), (yusuf, maria)):
        user.person.manager = boss.person
        user.person.save(update_fields=["manager"])
    return Plant(tom, ana, yusuf, maria, cast_member("Hiro Weber", AccessProfile.QUALITY_MANAGER))


def asked_for(by: User, **values: Any) -> ResourceRequest:
    facts: dict[str, Any] = {
        "uid": uuid.uuid4(), "title": "Two setters trained on the new controller", "site": by.person.site,
        "owner": by.person, "resource": "training", "needed_on": TODAY + timedelta(days=60), "amount": Decimal(4200),
        "amount_unit": "once", "without_it": "Only one person can set line 3; when he is ill the line stands.",
        "serves_neither": "", "by": by, "at": NOW,
    }  # fmt: skip
    facts |= values
    if not (facts.get("objective_served") or facts.get("risk_served") or facts["serves_neither"]):
        facts["serves_neither"] = "Nobody has written the objective down yet"
    return service.open_request(**facts)


def scrap(by: User, **values: Any) -> Objective:
    """An approved objective: scrap at 2 % by 27 Dec 2026."""
    return approved(by, **values)


def bearing(**values: Any) -> Bearing:
    facts: dict[str, Any] = {
        "why": "No budget before the new year", "compensating_control": "A contractor is on call",
        "void_if": "The contractor leaves", "expires_on": TODAY + timedelta(days=200),
        "title": "Line 3 stands when its one setter is ill", "likelihood": 3, "impact": 4,
    }  # fmt: skip
    return Bearing(**(facts | values))


def grant(**values: Any) -> Grant:
    facts: dict[str, Any] = {
        "granted": "One of the two courses", "arrives_on": TODAY + timedelta(days=30),
        "granted_amount": Decimal(2100), "budget_line": "Training 2026",
    }  # fmt: skip
    return Grant(**(facts | values))


def easier(objective: Objective, **values: Any) -> NewTarget:
    current = Objective.objects.get(pk=objective.pk)
    facts = {"target_value": Decimal("2.5"), "due_on": current.due_on, "version": current.version}
    return NewTarget(**(facts | values))


def declined(request: ResourceRequest, by: User, **values: Any) -> ResourceRequest:
    facts: dict[str, Any] = {"bearing": bearing(), "method": "password", "by": by, "at": NOW}
    if request.objective_served:
        facts["target"] = easier(request.objective_served)
    return decision.decline(request, **(facts | values))


def provided(request: ResourceRequest, by: User, **values: Any) -> ResourceRequest:
    return decision.provide(request, grant=grant(**values), by=by, at=NOW)


def fresh(request: ResourceRequest) -> ResourceRequest:
    return ResourceRequest.objects.get(pk=request.pk)


def as_user(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def url(request: ResourceRequest, what: str = "detail", *more: Any) -> str:
    return reverse(f"leadership:resource-request-{what}", args=[request.pk, *more])
