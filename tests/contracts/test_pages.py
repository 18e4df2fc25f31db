"""Pages: asking for one never writes, and lists cost the same whether they hold one row or three."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from leadership.services import corroboration
from objectives.services import improvement_action
from qms.models import Attachment, RecordPerson, User
from qms.permissions import AccessProfile
from qms.records import RecordKind, all_kinds
from qms.services import record as record_service
from qms.services import trail
from tests.contracts.collected import lists_by_profile, tables
from tests.contracts.rules import nothing
from tests.contracts.test_access import signed_in
from tests.contracts.world import ONE_OF, SAMPLES, World, addresses
from tests.factories import AreaFactory, ClauseFactory, MappingFactory, PersonFactory, SiteFactory, cast_member

pytestmark = pytest.mark.django_db

MOST_QUERIES = 12
WRITE = re.compile(r"^\s*(?:INSERT|UPDATE|DELETE|REPLACE|TRUNCATE)\b[^\"]*\"?(\w+)", re.IGNORECASE)
# Sessions and the user's own settings of the second factor are the framework's; what else a GET may write has a reason.
NOT_OURS = ("django_session", "qms_cache")
GET_MAY_WRITE = {
    "export": "an export is noted in the trail of who took it",
    "audits:pack-download": "a download is logged",
    "qms:person-import-problems": "an export is noted in the trail",
} | tables("world", "GET_MAY_WRITE")


@pytest.fixture
def world() -> World:
    return World()


def writes_of(ask: Callable[[], Any]) -> list[str]:
    """Tables written to while ``ask`` runs; whatever it writes is undone."""
    with transaction.atomic(), CaptureQueriesContext(connection) as queries:
        ask()
        transaction.set_rollback(True)
    found = (WRITE.match(query["sql"]) for query in queries.captured_queries)
    return sorted({match.group(1) for match in found if match} - set(NOT_OURS))


def writing_pages(world: World, user: User) -> Iterator[str]:
    client = signed_in(user)
    for address in addresses():
        if address.name.endswith("-export") or address.name in GET_MAY_WRITE:
            continue
        sample = SAMPLES.get(address.name)
        path = reverse(address.name, kwargs=sample(world, user) if sample else {})
        tables = writes_of(lambda path=path: b"".join(client.get(path)))  # type: ignore[misc]
        if tables:
            yield f"GET {address.name} writes {', '.join(tables)}"


@pytest.mark.parametrize("profile", [AccessProfile.QUALITY_MANAGER, AccessProfile.ADMINISTRATOR, AccessProfile.LEADER])
def test_get_never_writes(world: World, profile: str) -> None:
    nothing(writing_pages(world, world.users[profile]))


def test_writing_get_is_caught(world: World) -> None:
    assert writes_of(lambda: trail.write(world.leader, "user.noted", by=None, at=world.now)) == ["qms_trailentry"]


def queries_of(client: Client, path: str) -> int:
    client.get(path)  # what is cached after the first request is not what is measured
    with CaptureQueriesContext(connection) as queries:
        response = client.get(path)
        b"".join(response)
    assert response.status_code == 200, f"{path}: {response.status_code}"
    return len([query for query in queries.captured_queries if "SAVEPOINT" not in query["sql"]])


def costs_that_grow(world: World, client: Client, paths: dict[str, str], add: Callable[[], None]) -> Iterator[str]:
    """Pages whose number of queries differs between one row and three, or is above 12."""
    one = {name: queries_of(client, path) for name, path in paths.items()}
    add()
    add()
    for name, path in paths.items():
        three = queries_of(client, path)
        if three != one[name]:
            yield f"{name}: {one[name]} queries with one row, {three} with three"
        if three > MOST_QUERIES:
            yield f"{name}: {three} queries, at most {MOST_QUERIES}"


def pages_of(kind: RecordKind, world: World) -> dict[str, str]:
    record = world.one(kind.kind)
    return {
        f"{kind.kind} list": reverse(f"{kind.url_stem}-list"),
        f"{kind.kind} page": reverse(f"{kind.url_stem}-detail", args=[record.pk]),
    }


def more_of(world: World) -> Callable[[], None]:
    """Add one more of everything that a list or a record's page shows."""

    def add() -> None:
        world.own_activity(cast_member(f"Leader of {PersonFactory().name}"))
        for kind in ONE_OF:
            if kind != "activity":  # made above; the world's own is the one whose page is looked at
                world.one(kind, is_another=True)
        world.__dict__.pop("attachment", None)
        world.attachment  # noqa: B018  one more file
        person = PersonFactory()
        world.token(world.users[AccessProfile.ADMINISTRATOR], f"read{person.pk}")
        world.activity.participants.create(person=person, name=person.name, part="met")
        clause = ClauseFactory(number=f"9.{person.pk}", title="More")
        MappingFactory(clause=clause)
        AreaFactory(name=f"Area {person.pk}")
        SiteFactory(code=f"S{person.pk}")
        trail.write(world.activity, "activity.invited", by=world.leader, at=world.now, changes={"invited": ["x"]})

    return add


@pytest.mark.parametrize("name", [kind.kind for kind in all_kinds()])
def test_list_and_page_of_a_kind_cost_the_same_for_one_and_three(world: World, name: str) -> None:
    kind = next(kind for kind in all_kinds() if kind.kind == name)
    world.attachment  # noqa: B018  made now, so that one is there from the start
    paths = pages_of(kind, world)
    client = signed_in(world.users[AccessProfile.QUALITY_MANAGER])
    nothing(costs_that_grow(world, client, paths, more_of(world)))


OTHER_LISTS = {
    AccessProfile.QUALITY_MANAGER: (
        "qms:person-list", "qms:mapping-list", "qms:clause-list", "qms:evidence", "qms:trail", "qms:trail-check",
        "objectives:action-board", "objectives:action-balance", "objectives:idea-new", "leadership:home",
        "leadership:due", "objectives:strategy-matrix", "objectives:strategy-tree", "leadership:log",
        "leadership:activity-type-list", "qms:notification-list",
        "objectives:nonconformity-recurrence", "objectives:quality-cost", "objectives:quality-cost-account-list",
        "objectives:risk-map", "objectives:risk-register", "objectives:risk-scale-list",
    ),
    AccessProfile.LEADER: ("leadership:home", "leadership:due", "leadership:activity-list", "qms:evidence"),
    AccessProfile.ADMINISTRATOR: (
        "qms:site-list", "qms:user-list", "qms:admin", "qms:service-token-list", "qms:api-token-list", "api:reference",
    ),
}  # fmt: skip


def fill(world: World) -> None:
    """Give the activity everything a record's page can show: stops, answers, a signature, a used photo, a follow-up."""
    activity, by = world.activity, world.leader
    record_service.set_people(activity, RecordPerson.Part.MET, [(None, name) for name in "ABCDE"])
    met = activity.participants.filter(part=RecordPerson.Part.MET).values_list("pk", flat=True)
    for invitation in corroboration.invite(activity, participant_ids=met, by=by, at=world.now):
        corroboration.answer(
            invitation, happened="yes", point="none", words="Short", is_anonymous=False, at=world.now
        )  # fmt: skip
    activity.stops.create(area=world.area, seen="A guard was off")
    elsewhere = world.own_activity(by)
    other = Attachment.objects.create(
        record_id=elsewhere.pk, form="photo", name="a.jpg", media_type="image/jpeg", size=3, sha256="a" * 64,
        original_sha256="a" * 64, uploaded_at=world.now, uploaded_by=by,
    )  # fmt: skip
    Attachment.objects.filter(pk=world.attachment.pk).update(same_as=other)
    improvement_action.open_action(
        uid=uuid.uuid4(), title="Mend the guard", owner=by.person, due_on=date(2027, 1, 10), site=world.site,
        source=activity, by=by, at=world.now,
    )  # fmt: skip
    record_service.sign(activity, meaning="Confirmed", by=by, at=world.now, method="password")


@pytest.mark.parametrize("profile", [AccessProfile.QUALITY_MANAGER, AccessProfile.LEADER])
@pytest.mark.parametrize("has_all_sites", [False, True])
def test_the_fullest_record_page_keeps_the_budget(world: World, profile: str, has_all_sites: bool) -> None:
    fill(world)
    user = world.users[profile]
    User.objects.filter(pk=user.pk).update(has_all_sites=has_all_sites)
    client, page = signed_in(user), reverse("leadership:activity-detail", args=[world.activity.pk])
    text = client.get(page).content.decode()
    for shown in ("Confirmed", "n = 5", "A guard was off", "used before", "Mend the guard"):
        assert shown in text, shown
    assert queries_of(client, page) <= MOST_QUERIES


for _profile, _names in lists_by_profile().items():
    OTHER_LISTS[_profile] = (*OTHER_LISTS.get(_profile, ()), *_names)


@pytest.mark.parametrize("profile", OTHER_LISTS)
def test_other_lists_cost_the_same_for_one_and_three(world: World, profile: str) -> None:
    paths = {name: reverse(name) for name in OTHER_LISTS[profile]}  # type: ignore[index]
    for kind in ONE_OF:
        world.one(kind)
    world.attachment  # noqa: B018  made now, so that one is there from the start
    for _n in range(60):  # more than a page of the trail, which counts its entries only where it has a next page
        trail.write(world.activity, "activity.invited", by=world.leader, at=world.now, changes={"invited": ["x"]})
    client = signed_in(world.users[profile])
    nothing(costs_that_grow(world, client, paths, more_of(world)))


def test_growing_cost_is_caught(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    numbers = iter([5, 6])
    monkeypatch.setitem(globals(), "queries_of", lambda client, path: next(numbers))
    found = list(costs_that_grow(world, Client(), {"walks": "/"}, lambda: None))
    assert found == ["walks: 5 queries with one row, 6 with three"]


def test_cost_above_the_bar_is_caught(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(globals(), "queries_of", lambda client, path: 13)
    assert list(costs_that_grow(world, Client(), {"walks": "/"}, lambda: None)) == ["walks: 13 queries, at most 12"]
