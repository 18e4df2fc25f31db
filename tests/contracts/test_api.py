"""Every operation of the API, tried with a token of every profile, a stranger's, one without the scope, and none."""

from __future__ import annotations

import inspect
import json
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse

from objectives.models import QualityCostAccount
from qms.api import bearer
from qms.api.routes import operations as api_addresses
from qms.models import ApiToken, User
from qms.permissions import AccessProfile, Permission
from qms.records import RecordKind, all_kinds
from tests.contracts.rules import nothing
from tests.contracts.test_pages import costs_that_grow, more_of
from tests.contracts.world import OF_SITE, SAMPLES, World

pytestmark = pytest.mark.django_db

DONE = {200, 201}
# Holders of the permission who are still told 403, each with the rule that says so.
RULES_BEYOND_THE_PERMISSION = {("api:measurements", "POST"): "its owner, who entered it, or the quality manager"}


def cost_account(user: User) -> QualityCostAccount:
    """An account of the user's own site."""
    site = user.person.site
    assert site is not None
    facts = {"category": QualityCostAccount.Category.INTERNAL_FAILURE}
    return QualityCostAccount.objects.get_or_create(site=site, name="Scrap", defaults=facts)[0]


Body = Callable[[World, User], dict[str, Any]]
BODIES: dict[str, Body] = {
    "api:measurements": lambda w, u: {"measurements": [{"measured_on": str(w.now.date()), "value": "2.9"}]},
    "api:ideas": lambda w, u: {
        "uid": str(uuid.uuid4()), "title": "A hook for the hose", "site": u.person.site.code, "area": "CNC line 3",
    },
    "api:cost-postings": lambda w, u: {
        "site": u.person.site.code,
        "postings": [{"month": "2026-10-07", "account": cost_account(u).name, "amount": "120.50", "key": "V-1"}],
    },
    "api:activities": lambda w, u: {
        "uid": str(uuid.uuid4()), "activity_type": w.activity.activity_type.slug, "title": "Walked the line",
        "happened_at": w.now.isoformat(),
    },
}  # fmt: skip


@dataclass(frozen=True)
class Operation:
    """One method of one address, with what its token must hold."""

    name: str
    method: str
    scope: str | None
    permission: Permission
    is_bearer: bool = True


def operations() -> list[Operation]:
    """Every operation, as the library holds it behind the view."""
    found = []
    for pattern in api_addresses.values():
        held = inspect.getclosurevars(inspect.unwrap(pattern.callback)).nonlocals["self"]
        for operation in held.operations:
            (auth,) = operation.auth_callbacks
            is_bearer = isinstance(auth, bearer.Bearer)
            found += [
                Operation(f"api:{pattern.name}", method, auth.scope, auth.permission, is_bearer)
                for method in operation.methods
            ]
    return found


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bearer.rate_limit, "is_over", lambda *args, **kwargs: False)


@pytest.fixture
def world() -> World:
    made = World()
    made.objective  # noqa: B018  made by the leader, before anybody asks for it
    return made


def ask(world: World, user: User, operation: Operation, *scopes: str) -> int:
    """The status of a call with the user's token; whatever it does is undone."""
    _token, secret = world.token(user, *scopes)
    return call(world, user, operation, Client(headers={"authorization": f"Bearer {secret}"}))


def call(world: World, user: User, operation: Operation, client: Client) -> int:
    sample = SAMPLES.get(operation.name)
    path = reverse(operation.name, kwargs=sample(world, user) if sample else {})
    body = json.dumps(BODIES[operation.name](world, user)) if operation.method == "POST" else ""
    with transaction.atomic():
        response = client.generic(operation.method, path, body, content_type="application/json")
        transaction.set_rollback(True)
    assert response.headers["Content-Type"].startswith("application/json"), response.content[:200]
    assert "no-store" in response.headers["Cache-Control"]
    return int(response.status_code)


def wrong_answers(world: World, user: User, *, is_stranger: bool) -> Iterator[str]:
    for operation in operations():
        status = ask(world, user, operation)
        key = (operation.name, operation.method)
        if not user.can(operation.permission):
            fits = status == 403
        elif is_stranger and operation.name in OF_SITE:
            fits = status == 404
        else:
            fits = status in DONE or (status == 403 and key in RULES_BEYOND_THE_PERMISSION)
        if not fits:
            yield f"{operation.method} {operation.name} by {user.email}: {status}"


def test_every_operation_asks_for_a_token_and_is_tried_with_a_body() -> None:
    found = operations()
    assert len(found) >= 8
    nothing(f"{o.name}: no Bearer" for o in found if not o.is_bearer)
    nothing(f"{o.name}: no body in BODIES" for o in found if o.method != "GET" and o.name not in BODIES)
    nothing(f"{o.method} {o.name}: writes without a scope" for o in found if o.method != "GET" and not o.scope)


@pytest.mark.parametrize("profile", AccessProfile.values)
def test_token_of_a_profile_reaches_what_its_permissions_say(world: World, profile: str) -> None:
    nothing(wrong_answers(world, world.users[profile], is_stranger=False))


@pytest.mark.parametrize("profile", AccessProfile.values)
def test_token_of_a_stranger_finds_nothing_of_this_site(world: World, profile: str) -> None:
    from tests.factories import AreaFactory, SiteFactory

    AreaFactory(site=SiteFactory(code="LYO"))
    nothing(wrong_answers(world, world.strangers[profile], is_stranger=True))


def test_rule_beyond_the_permission_leaves_somebody_in(world: World) -> None:
    assert ask(world, world.leader, next(o for o in operations() if (o.name, o.method) == ("api:measurements", "POST")))


def test_token_without_the_scope_is_refused(world: World) -> None:
    user = world.users[AccessProfile.QUALITY_MANAGER]
    for operation in operations():
        if operation.scope:
            others = [scope for scope in ApiToken.Scope.values if scope != operation.scope]
            assert ask(world, user, operation, *others) == 403, operation
            assert ask(world, user, operation, operation.scope) in DONE, operation


def test_session_and_wrong_token_open_nothing(world: World) -> None:
    user = world.users[AccessProfile.QUALITY_MANAGER]
    for operation in operations():
        client = Client()
        client.force_login(user)
        assert call(world, user, operation, client) == 401, operation
        assert call(world, user, operation, Client(headers={"authorization": "Bearer qms_wrong"})) == 401, operation
        assert call(world, user, operation, Client(headers={"authorization": "Basic cW1zOng="})) == 401, operation


def pages_of(kind: RecordKind, world: World) -> dict[str, str]:
    record = world.one(kind.kind)
    return {
        f"{kind.kind} list": reverse("api:records", args=[kind.kind]),
        f"{kind.kind} record": reverse("api:record", args=[record.uid]),
    }


@pytest.mark.parametrize("name", [kind.kind for kind in all_kinds()])
def test_list_and_record_of_a_kind_cost_the_same_for_one_and_three(world: World, name: str) -> None:
    kind = next(kind for kind in all_kinds() if kind.kind == name)
    world.attachment  # noqa: B018  made now, so that one is there from the start
    paths = pages_of(kind, world)
    _token, secret = world.token(world.users[AccessProfile.QUALITY_MANAGER])
    client = Client(headers={"authorization": f"Bearer {secret}"})
    for path in paths.values():
        told = client.get(path).json()
        first = told["records"][0] if "records" in told else told
        assert first["kind"] == name
    nothing(costs_that_grow(world, client, paths, more_of(world)))
