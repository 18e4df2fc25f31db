"""Every operation of the API is called with what its schema allows and forbids; the answers must be what it promises.

The examples are the same in every run (``derandomize``) and bounded, so that a failure is one of the code.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import pytest
import schemathesis
from django.core import signals
from django.db import close_old_connections
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import CHECKS, load_all_checks

from qms.api import bearer
from qms.permissions import AccessProfile
from qms.wsgi import application
from tests.contracts.world import World

pytestmark = pytest.mark.django_db
EXAMPLES = 20
load_all_checks()
# Values that fit the schema may name a site, an area or a person who is not there: 422 is right, then.
UNFIT = [CHECKS.get_one("positive_data_acceptance")]
OPERATIONS = [
    "GET /api/v1/me", "GET /api/v1/sites", "GET /api/v1/kinds", "GET /api/v1/kinds/{kind}/records",
    "GET /api/v1/records/{uid}", "GET /api/v1/objectives/{uid}/measurements",
    "POST /api/v1/objectives/{uid}/measurements", "POST /api/v1/ideas", "GET /api/v1/activity-types",
    "POST /api/v1/activities", "GET /api/v1/cost-accounts", "POST /api/v1/cost-postings",
]  # fmt: skip


@lru_cache(maxsize=1)
def operations() -> dict[str, Any]:
    """Every operation of the description, as the application gives it out, by method and path."""
    schema = schemathesis.openapi.from_wsgi("/api/openapi.json", application)
    found = (result.ok() for result in schema.get_all_operations())
    return {f"{operation.method.upper()} {operation.path}": operation for operation in found}


@pytest.fixture(autouse=True)
def one_connection() -> Iterator[None]:
    """As Django's own test client does it: the end of a request must not close the connection of the test."""
    signals.request_started.disconnect(close_old_connections)
    signals.request_finished.disconnect(close_old_connections)
    yield
    signals.request_started.connect(close_old_connections)
    signals.request_finished.connect(close_old_connections)


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setattr(bearer.rate_limit, "is_over", lambda *args, **kwargs: False)
    made = World()
    made.objective  # noqa: B018  there is one to measure
    return made


def test_every_operation_is_tried() -> None:
    assert sorted(operations()) == sorted(OPERATIONS)


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
@pytest.mark.parametrize("name", OPERATIONS)
def test_operation_keeps_what_its_schema_promises(world: World, name: str, mode: GenerationMode) -> None:
    operation = operations()[name]
    _token, secret = world.token(world.users[AccessProfile.QUALITY_MANAGER])
    known = {"kind": "activity", "uid": str(world.objective.uid)}

    @settings(
        max_examples=EXAMPLES, derandomize=True, deadline=None, database=None, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(data=st.data())
    def tried(data: Any) -> None:
        case = data.draw(operation.as_strategy(generation_mode=mode))
        if mode is GenerationMode.POSITIVE:  # one that is there, or the body would never be looked at
            case.path_parameters = {name: known[name] for name in case.path_parameters or {}}
        case.call_and_validate(headers={"Authorization": f"Bearer {secret}"}, excluded_checks=UNFIT)

    tried()
