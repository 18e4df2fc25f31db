"""Scenarios of the services of communications, collected by name."""

from __future__ import annotations

import uuid
from typing import Any

from django.db import transaction

from leadership.models import Communication
from leadership.services import communication, communication_question
from tests.contracts import world_communication as some
from tests.contracts.world import World


def _one(w: World) -> Communication:
    return Communication.objects.get(pk=w.one("communication").pk)


@transaction.atomic
def _given(w: World, who: dict[str, Any]) -> Any:
    one = some.planned(w)
    return communication.give(one, occurred_on=one.occurred_on, **who)


SCENARIOS: dict[str, Any] = {
    "leadership.services.communication.enter": lambda w, who: communication.enter(
        uid=uuid.uuid4(), title="Policy", message="What it means here", owner=w.leader.person, site=w.site, **who
    ),
    "leadership.services.communication.give": _given,
    "leadership.services.communication.change": lambda w, who: communication.change(
        _one(w), version=_one(w).version, reason="Said better", message="A wrong part stays wrong.", **who
    ),
    "leadership.services.communication.withdraw": lambda w, who: communication.withdraw(
        _one(w), reason="Entered twice", **who
    ),
    "leadership.services.communication_question.ask": lambda w, who: communication_question.ask(
        _one(w), text="Who decides?", **who
    ),
    "leadership.services.communication_question.answer": lambda w, who: communication_question.answer(
        _one(w).questions.get(), text="The shift lead.", **who
    ),
}
