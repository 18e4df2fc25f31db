"""Scenarios of the services of nonconformities, collected by name."""

from __future__ import annotations

import uuid
from typing import Any

from django.db import transaction

from objectives.services import cause_merge, nonconformity, nonconformity_cause, nonconformity_effect
from tests.contracts import world_nonconformity as some
from tests.contracts.world import World

BUILDING_BLOCKS = {
    "objectives.services.nonconformity.named_cause": "a part of naming the root cause; a new one has its own entry",
}


@transaction.atomic
def _removed(w: World, who: dict[str, Any]) -> Any:
    found, node = some.asked(w)
    return nonconformity_cause.remove_why(found, node, **who)


@transaction.atomic
def _proved(w: World, who: dict[str, Any]) -> Any:
    found = some.acting(w)
    return nonconformity_effect.prove_use(
        found, used_on=found.happened_on, used_note="Order 4711", proof=some.proof_of(w, found), **who
    )


@transaction.atomic
def _acted(w: World, who: dict[str, Any]) -> Any:
    found = some.analyzed(w)
    return nonconformity.act(found, uid=uuid.uuid4(), title="Count the parts", owner=w.person, due_on=None, **who)


@transaction.atomic
def _merged(w: World, who: dict[str, Any]) -> Any:
    old = some.analyzed(w).cause
    new, _is_new = nonconformity.named_cause("Worn insert", by=w.leader, at=w.now)
    return old and cause_merge.merge(old, into=new, reason="The same", **who)


SCENARIOS: dict[str, Any] = {
    "objectives.services.nonconformity.open_nonconformity": lambda w, who: nonconformity.open_nonconformity(
        uid=uuid.uuid4(), title="Scratched covers", site=w.site, owner=w.person, source=w.action, **who
    ),
    "objectives.services.nonconformity.change": lambda w, who: nonconformity.change(
        w.nonconformity, version=w.nonconformity.version, reason="Counted", title="Scratched", **who
    ),
    "objectives.services.nonconformity.contain": lambda w, who: nonconformity.contain(
        w.nonconformity, containment="Blocked", **who
    ),
    "objectives.services.nonconformity.act": _acted,
    "objectives.services.nonconformity.close": transaction.atomic(
        lambda w, who: nonconformity.close(some.ready_to_close(w), **who)
    ),
    "objectives.services.nonconformity.reopen": transaction.atomic(
        lambda w, who: nonconformity.reopen(
            nonconformity.close(some.ready_to_close(w), **who), reason="It came back", **who
        )
    ),
    "objectives.services.nonconformity.withdraw": lambda w, who: nonconformity.withdraw(
        w.nonconformity, reason="Twice", **who
    ),
    "objectives.services.nonconformity_cause.answer_why": lambda w, who: nonconformity_cause.answer_why(
        w.nonconformity, text="The insert was worn", branch="machine", **who
    ),
    "objectives.services.nonconformity_cause.remove_why": _removed,
    "objectives.services.nonconformity_cause.analyze": transaction.atomic(
        lambda w, who: nonconformity_cause.analyze(some.asked(w)[0], cause="No limit for tool wear", **who)
    ),
    "objectives.services.cause_merge.merge": _merged,
    "objectives.services.nonconformity_effect.prove_use": _proved,
    "objectives.services.nonconformity_effect.evaluate": transaction.atomic(
        lambda w, who: nonconformity_effect.evaluate(
            some.acting(w), effectiveness="effective", effectiveness_note="None since", **who
        )
    ),
}
