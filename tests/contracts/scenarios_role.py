"""Scenarios of the services of roles and processes, collected by name."""

from __future__ import annotations

import uuid
from typing import Any

from django.db import transaction

from leadership.models import Role
from leadership.services import process, role, role_acceptance
from tests.contracts import world_role as some
from tests.contracts.world import World

BUILDING_BLOCKS = {"leadership.services.role.leave": "a part of giving a role up, ending or withdrawing it"}


def _accepted(w: World) -> Role:
    return Role.objects.get(pk=w.one("role").pk)


@transaction.atomic
def _accept(w: World, who: dict[str, Any]) -> Any:
    one = some.offered(w, who["by"].person)
    return role_acceptance.accept(one, version=one.version, method="password", **who)


@transaction.atomic
def _witness(w: World, who: dict[str, Any]) -> Any:
    one = some.offered_to_somebody_without_log_in(w)
    return role_acceptance.accept_before_witness(one, version=one.version, method="password", **who)


@transaction.atomic
def _decline(w: World, who: dict[str, Any]) -> Any:
    one = some.offered(w, who["by"].person)
    return role_acceptance.decline(one, version=one.version, reason="No time for it", **who)


@transaction.atomic
def _taken_up(w: World, who: dict[str, Any]) -> Any:
    return role.take_up(role.end(_accepted(w), reason="Not needed", **who), reason="Needed after all", **who)


SCENARIOS: dict[str, Any] = {
    "leadership.services.role.draft": lambda w, who: role.draft(
        uid=uuid.uuid4(), title="Fire watch", owner=w.person, site=w.site, **who
    ),
    "leadership.services.role.change": lambda w, who: role.change(
        _accepted(w), version=_accepted(w).version, reason="Said better", responsibilities=["All of it"], **who
    ),
    "leadership.services.role.offer": lambda w, who: role.offer(
        _accepted(w), holder=w.person, reason="Moves to another site", **who
    ),
    "leadership.services.role.open_vacant": transaction.atomic(
        lambda w, who: role.open_vacant(some.drafted(w), **who)
    ),
    "leadership.services.role.vacate": lambda w, who: role.vacate(_accepted(w), reason="Retires", **who),
    "leadership.services.role.review": lambda w, who: role.review(_accepted(w), outcome="Read together", **who),
    "leadership.services.role.end": lambda w, who: role.end(_accepted(w), reason="Line closed", **who),
    "leadership.services.role.take_up": _taken_up,
    "leadership.services.role.withdraw": lambda w, who: role.withdraw(_accepted(w), reason="Twice", **who),
    "leadership.services.role_acceptance.accept": _accept,
    "leadership.services.role_acceptance.accept_before_witness": _witness,
    "leadership.services.role_acceptance.decline": _decline,
    "leadership.services.role_acceptance.make_link": transaction.atomic(
        lambda w, who: role_acceptance.make_link(some.offered_to_somebody_without_log_in(w), **who)
    ),
    "leadership.services.process.add": lambda w, who: process.add(
        name="Receiving", site=w.site, owner_role=None, **who
    ),
    "leadership.services.process.edit": transaction.atomic(
        lambda w, who: process.edit(some.a_process(w), name="Milling", owner_role=None, position=5, **who)
    ),
    "leadership.services.process.set_in_use": transaction.atomic(
        lambda w, who: process.set_in_use(some.a_process(w), is_active=False, **who)
    ),
    "leadership.services.process.set_letters": transaction.atomic(
        lambda w, who: process.set_letters(some.a_process(w), letters={_accepted(w).pk: "A"}, **who)
    ),
}  # fmt: skip
