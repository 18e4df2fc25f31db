"""Scenarios of the services of improvement actions, ideas, benefits and promises, collected by name."""

from __future__ import annotations

import uuid
from typing import Any

from django.db import transaction

from objectives.services import benefit, idea, improvement_cycle, promise
from tests.contracts.world import World
from tests.contracts.world_improvement import done_action, promised_with_pin, raised_idea, some_benefit

BUILDING_BLOCKS = {
    "objectives.services.improvement_action.begin": "a part of opening, raising and copying; their scenarios show it",
    "objectives.services.idea.who_takes_up": "only looks",
}
SHOWN_ELSEWHERE = {
    "objectives.services.improvement_cycle.add_photo": "tests/objectives/test_improvement_cycle.py",
}


@transaction.atomic
def _confirmed(w: World, who: dict[str, Any]) -> Any:
    return benefit.confirm(some_benefit(w), proof="password", **who)


@transaction.atomic
def _closed(w: World, who: dict[str, Any]) -> Any:
    checked = improvement_cycle.check_effect(done_action(w), result="worked", checked_what="It shines", **who)
    return improvement_cycle.close(checked, **who)


@transaction.atomic
def _answered(w: World, who: dict[str, Any]) -> Any:
    question = promise.pending(promised_with_pin(w))
    assert question is not None
    return promise.answer(question, answer="kept", words="", **who)


@transaction.atomic
def _photo_placed(w: World, who: dict[str, Any]) -> Any:
    w.attachment.record = w.action.record_ptr
    w.attachment.save()
    return improvement_cycle.place_photo(w.action, w.attachment, moment="before", **who)


@transaction.atomic
def _copied(w: World, who: dict[str, Any]) -> Any:
    target = improvement_cycle.Target(w.area, w.person)
    return improvement_cycle.copy_to(done_action(w), [target], due_on=None, uid=uuid.uuid4(), **who)


@transaction.atomic
def _written(w: World, who: dict[str, Any]) -> Any:
    texts = {"plan": "Less glare", "done_what": "", "checked_what": "", "acted_how": ""}
    return improvement_cycle.write_cycle(w.action, version=w.action.version, **texts, **who)


SCENARIOS: dict[str, Any] = {
    "objectives.services.improvement_cycle.write_cycle": _written,
    "objectives.services.improvement_cycle.place_photo": _photo_placed,
    "objectives.services.improvement_cycle.check_effect": transaction.atomic(
        lambda w, who: improvement_cycle.check_effect(done_action(w), result="partly", checked_what="Seen", **who)
    ),
    "objectives.services.improvement_cycle.close": _closed,
    "objectives.services.improvement_cycle.copy_to": _copied,
    "objectives.services.idea.raise_idea": lambda w, who: idea.raise_idea(
        uid=uuid.uuid4(), title="A hook for the hose", area=w.area, **who
    ),
    "objectives.services.idea.assess": transaction.atomic(
        lambda w, who: idea.assess(raised_idea(w), owner=w.person, due_on=None, **who)
    ),
    "objectives.services.benefit.add": lambda w, who: benefit.add(
        w.action, nature="qualitative", description="Easier", **who
    ),
    "objectives.services.benefit.change": transaction.atomic(
        lambda w, who: benefit.change(some_benefit(w), reason="Counted anew", actual_amount=900, **who)
    ),
    "objectives.services.benefit.withdraw": transaction.atomic(
        lambda w, who: benefit.withdraw(some_benefit(w), reason="Counted twice", **who)
    ),
    "objectives.services.benefit.confirm": _confirmed,
    "objectives.services.promise.ask_again": transaction.atomic(
        lambda w, who: promise.ask_again(promised_with_pin(w), **who)
    ),
    "objectives.services.promise.answer": _answered,
}
