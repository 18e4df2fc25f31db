"""Samples of the addresses of resource requests, collected by name."""

from __future__ import annotations

import uuid
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from leadership.models import ResourceRequest
from leadership.services import resource_request, resource_request_decision
from leadership.services.resource_request_decision import Bearing, Grant, NewTarget
from objectives.models import Objective
from qms.permissions import AccessProfile

if TYPE_CHECKING:
    from tests.contracts.world import World


def requested(w: World, **fields: Any) -> ResourceRequest:
    """One that the leader asks for and the quality manager decides."""
    facts: dict[str, Any] = {
        "uid": uuid.uuid4(), "title": "Two setters trained", "site": w.site, "area": w.area,
        "owner": w.leader.person, "decider": w.users[AccessProfile.QUALITY_MANAGER].person, "resource": "training",
        "needed_on": w.now.date() + timedelta(days=30), "without_it": "The line stands when one is ill",
        "serves_neither": "Nobody has set the objective yet",
    }  # fmt: skip
    return resource_request.open_request(**(facts | fields), by=w.leader, at=w.now)


def asked(w: World) -> ResourceRequest:
    """One with an open question."""
    by = w.users[AccessProfile.QUALITY_MANAGER]
    return resource_request.ask(requested(w), question="Why two?", by=by, at=w.now)


def bearing(w: World) -> Bearing:
    return Bearing(
        "No budget", "A contractor is on call", "The contractor leaves", w.now.date() + timedelta(days=90),
        "The line stands", 3, 3,
    )  # fmt: skip


def grant(w: World, days: int = 20) -> Grant:
    return Grant("One of the two", w.now.date() + timedelta(days=days))


def provided(w: World) -> ResourceRequest:
    by = w.users[AccessProfile.QUALITY_MANAGER]
    return resource_request_decision.provide(requested(w), grant=grant(w), by=by, at=w.now)


def declined(w: World) -> ResourceRequest:
    """One that served the world's objective."""
    by, objective = w.users[AccessProfile.QUALITY_MANAGER], Objective.objects.get(pk=w.objective.pk)
    target = NewTarget(objective.target_value + Decimal(1), objective.due_on or w.now.date(), objective.version)
    return resource_request_decision.decline(
        requested(w, objective_served=objective), bearing=bearing(w), target=target, method="password", by=by, at=w.now
    )


STEM = "leadership:resource-request"
ONE_OF = {"resource_request": requested}
OF_SITE: dict[str, Any] = {
    **{f"{STEM}-{page}": lambda w, u: {"pk": w.one("resource_request").pk} for page in (
        "detail", "print", "edit", "decide",
    )},
    f"{STEM}-decide-as": lambda w, u: {"pk": w.one("resource_request").pk, "answer": "decline"},
    f"{STEM}-step": lambda w, u: {"pk": w.one("resource_request").pk, "verb": "withdraw"},
}  # fmt: skip
RULES_BEYOND_THE_PERMISSION = {
    f"{STEM}-edit": "who asked, who entered it, or the quality manager",
    f"{STEM}-decide": "who decides, or somebody above in the organization; never who asks",
    f"{STEM}-decide-as": "the same",
    f"{STEM}-step": "each step by who asked or by who decides",
}
