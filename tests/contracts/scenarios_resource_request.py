"""Scenarios of the services of resource requests, collected by name."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

from django.db import transaction

from leadership.services import resource_request, resource_request_arrival, resource_request_decision
from qms.permissions import AccessProfile
from tests.contracts import world_resource_request as some
from tests.contracts.world import World

Who = dict[str, Any]


def _leader(w: World, who: Who) -> Who:
    return who | {"by": w.leader}


def _drafted(w: World, who: Who) -> Any:
    return resource_request.send(some.requested(w, is_draft=True), **_leader(w, who))


def _late(w: World, who: Who) -> Any:
    request = some.provided(w)
    return resource_request_arrival.send_back(
        request, reason="It has not come", by=w.leader, at=who["at"] + timedelta(days=40)
    )


def _handed_on(w: World, who: Who) -> Any:
    other = w.strangers[AccessProfile.LEADER]
    other.sites.add(w.site)
    return resource_request.hand_on(some.requested(w), decider=other.person, reason="Beyond my budget", **who)


SCENARIOS: dict[str, Any] = {
    "leadership.services.resource_request.open_request": lambda w, who: resource_request.open_request(
        uid=uuid.uuid4(), title="A second gauge", site=w.site, owner=w.leader.person, resource="technology",
        needed_on=w.now.date(), without_it="We measure by hand", serves_neither="New line",
        decider=w.users[AccessProfile.QUALITY_MANAGER].person, **who,
    ),
    "leadership.services.resource_request.send": transaction.atomic(_drafted),
    "leadership.services.resource_request.change": lambda w, who: resource_request.change(
        w.one("resource_request"), version=w.one("resource_request").version, reason="Counted", title="Three", **who
    ),
    "leadership.services.resource_request.hand_on": transaction.atomic(_handed_on),
    "leadership.services.resource_request.ask": lambda w, who: resource_request.ask(
        w.one("resource_request"), question="Why two?", **who
    ),
    "leadership.services.resource_request.answer": transaction.atomic(
        lambda w, who: resource_request.answer(some.asked(w), answer="Two shifts", **_leader(w, who))
    ),
    "leadership.services.resource_request.withdraw": lambda w, who: resource_request.withdraw(
        w.one("resource_request"), reason="Twice", **who
    ),
    "leadership.services.resource_request_decision.provide": lambda w, who: resource_request_decision.provide(
        w.one("resource_request"), grant=some.grant(w), **who
    ),
    "leadership.services.resource_request_decision.decline": lambda w, who: resource_request_decision.decline(
        w.one("resource_request"), bearing=some.bearing(w), method="password", **who
    ),
    "leadership.services.resource_request_arrival.confirm_arrival": transaction.atomic(
        lambda w, who: resource_request_arrival.confirm_arrival(
            some.provided(w), note="Both have their certificates", **_leader(w, who)
        )
    ),
    "leadership.services.resource_request_arrival.postpone": transaction.atomic(
        lambda w, who: resource_request_arrival.postpone(
            some.provided(w), arrives_on=w.now.date() + timedelta(days=50), reason="The trainer is ill", **who
        )
    ),
    "leadership.services.resource_request_arrival.send_back": transaction.atomic(_late),
    "leadership.services.resource_request_arrival.reconsider": transaction.atomic(
        lambda w, who: resource_request_arrival.reconsider(some.declined(w), reason="The budget is there", **who)
    ),
    "leadership.services.resource_request_arrival.close": transaction.atomic(
        lambda w, who: resource_request_arrival.close(some.declined(w), reason="The line is sold", **_leader(w, who))
    ),
}  # fmt: skip
