"""Every service that acts for somebody leaves a trail, and does nothing at all when the trail cannot be written."""

from __future__ import annotations

import copy
import importlib
import inspect
import shutil
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.conf import settings
from django.db import connection, transaction
from django.test import override_settings

from qms.models import TrailEntry
from qms.permissions import AccessProfile
from tests.contracts.rules import nothing
from tests.contracts.scenarios import BUILDING_BLOCKS, SCENARIOS, SHOWN_ELSEWHERE
from tests.contracts.world import ONE_OF, World

PACKAGES = ("qms", "objectives", "audits", "leadership")


class TrailIsFull(Exception):
    """The trail cannot be written."""


def acting_services() -> dict[str, Callable[..., Any]]:
    """Public functions of the service modules that take ``by``, by their full name."""
    found = {}
    for package in PACKAGES:
        for path in sorted((Path(settings.BASE_DIR) / package / "services").glob("*.py")):
            if path.stem == "__init__" or path.stem.startswith("demo"):
                continue
            module = importlib.import_module(f"{package}.services.{path.stem}")
            for name, function in inspect.getmembers(module, inspect.isfunction):
                own = function.__module__ == module.__name__ and not name.startswith("_")
                if own and "by" in inspect.signature(function).parameters:
                    found[f"{module.__name__}.{name}"] = function
    return found


def without_scenario(services: Iterable[str]) -> Iterator[str]:
    known = SCENARIOS.keys() | BUILDING_BLOCKS.keys() | SHOWN_ELSEWHERE.keys() | {"qms.services.trail.write"}
    yield from (f"{name}: no scenario in tests/contracts/scenarios.py" for name in services if name not in known)


def badly_signed(services: dict[str, Callable[..., Any]]) -> Iterator[str]:
    """``by`` and ``at`` are keywords; nobody passes them by position."""
    for name, function in services.items():
        parameters = inspect.signature(function).parameters
        for keyword in ("by", "at"):
            kind = parameters[keyword].kind if keyword in parameters else inspect.Parameter.KEYWORD_ONLY
            if kind != inspect.Parameter.KEYWORD_ONLY and name not in BUILDING_BLOCKS:
                yield f"{name}: {keyword} is not keyword-only"


def everything() -> dict[str, list[tuple[Any, ...]]]:
    """All rows of the product's own tables."""
    own = [model for model in apps.get_models() if model._meta.app_label in PACKAGES]
    return {m._meta.label: sorted(m._base_manager.values_list(), key=repr) for m in own}


@pytest.fixture(scope="module")
def made(
    django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[World, Path]]:
    """One of everything and the folder with its files, made once: it takes longer than any service."""
    media = tmp_path_factory.mktemp("made")
    with django_db_blocker.unblock(), transaction.atomic(), override_settings(MEDIA_ROOT=media):
        world = World()
        for kind in ONE_OF:
            world.one(kind)
        for part in ("decision", "draft_objective", "upload", "link", "attachment", "exclusion"):
            getattr(world, part)
        world.token(world.leader)
        yield world, media
        transaction.set_rollback(True)


@pytest.fixture
def db(made: tuple[World, Path], django_db_blocker: Any, settings: Any) -> Iterator[None]:
    """What pytest-django calls so, here inside the transaction of what was made: each test finds its rows and files."""
    shutil.copytree(made[1], settings.MEDIA_ROOT, dirs_exist_ok=True)
    with django_db_blocker.unblock(), transaction.atomic():
        yield
        transaction.set_rollback(True)


@pytest.fixture
def world(made: tuple[World, Path], db: None) -> World:
    """Objects of the test's own for the rows that were made."""
    return copy.deepcopy(made[0])


def act(world: World, name: str) -> None:
    by = world.users[AccessProfile.ADMINISTRATOR if ".user." in name else AccessProfile.QUALITY_MANAGER]
    SCENARIOS[name](world, {"by": by, "at": world.now})


def leaves_no_trail(world: World, name: str) -> str:
    before = TrailEntry.objects.count()
    act(world, name)
    return "" if TrailEntry.objects.count() > before else f"{name} wrote nothing into the trail"


def test_every_acting_service_has_a_scenario() -> None:
    services = acting_services()
    assert len(services) > 50
    nothing([*without_scenario(services), *badly_signed(services)])


def test_scenarios_are_of_services_that_exist() -> None:
    gone = (SCENARIOS.keys() | BUILDING_BLOCKS.keys() | SHOWN_ELSEWHERE.keys()) - acting_services().keys()
    nothing(f"{name}: there is no such service" for name in gone)


@pytest.mark.parametrize("name", SCENARIOS)
def test_service_leaves_a_trail_entry(world: World, name: str) -> None:
    assert leaves_no_trail(world, name) == ""


@pytest.mark.parametrize("name", SCENARIOS)
def test_service_does_nothing_when_the_trail_cannot_be_written(world: World, name: str) -> None:
    def full(execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
        if 'INSERT INTO "qms_trailentry"' in sql:
            raise TrailIsFull
        return execute(sql, *rest)

    before = everything()
    with connection.execute_wrapper(full), pytest.raises(TrailIsFull):
        act(world, name)
    after = everything()
    assert [label for label in before if before[label] != after[label]] == []


def test_service_without_scenario_is_caught() -> None:
    assert list(without_scenario(["qms.services.new.thing"])) == [
        "qms.services.new.thing: no scenario in tests/contracts/scenarios.py"
    ]


def test_by_given_by_position_is_caught() -> None:
    def thing(record: Any, by: Any, *, at: Any) -> None: ...

    assert list(badly_signed({"x.thing": thing})) == ["x.thing: by is not keyword-only"]


def test_service_without_a_trail_is_caught(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(SCENARIOS, "x.silent", lambda w, who: None)
    assert leaves_no_trail(world, "x.silent") == "x.silent wrote nothing into the trail"
