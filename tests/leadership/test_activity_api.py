"""Activities sent in by another system."""

from __future__ import annotations

import json
import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from leadership.models import Activity
from objectives.models import ImprovementAction
from qms.models import TrailEntry, User
from tests.factories import ActivityTypeFactory, AreaFactory, PersonFactory, omar, yusuf
from tests.qms.test_api import caller

pytestmark = pytest.mark.django_db


@pytest.fixture
def leader() -> User:
    AreaFactory()
    ActivityTypeFactory()
    return yusuf()


def walk(**fields: Any) -> dict[str, Any]:
    return {
        "uid": str(uuid.uuid4()), "activity_type": "floor-walk", "title": "Walked line 3",
        "happened_at": (timezone.now() - timedelta(hours=1)).isoformat(),
    } | fields  # fmt: skip


def send(api: Client, body: dict[str, Any]) -> Any:
    return api.post("/api/v1/activities", json.dumps(body), content_type="application/json")


def test_activity_is_logged_whole_and_the_trail_names_the_token(leader: User) -> None:
    PersonFactory(name="Paula Sato", email="paula.sato@plant.example")
    body = walk(
        area="CNC line 3", leaders=[str(leader.person.uid)], people_met=["paula.sato@plant.example", "A visitor"],
        stops=[{"area": "CNC line 3", "seen": "The guard was off"}], duration_minutes=20,
        follow_ups=[{"title": "Mend the guard", "due_on": "2030-01-01", "owner": "PAULA.SATO@plant.example"}],
    )  # fmt: skip
    answer = send(caller(leader), body)
    assert (answer.status_code, answer.json()["is_new"]) == (201, True)
    activity = Activity.objects.get(uid=body["uid"])
    assert (activity.reference, activity.recorded_by, activity.area.name) == (
        answer.json()["reference"], leader, "CNC line 3",
    )  # fmt: skip
    assert [(p.name, bool(p.person), p.part) for p in activity.people()] == [
        ("Yusuf Chen", True, "leader"), ("Paula Sato", True, "met"), ("A visitor", False, "met"),
    ]  # fmt: skip
    assert activity.stops.get().seen == "The guard was off"
    assert ImprovementAction.objects.get(source=activity).owner.name == "Paula Sato"
    for entry in TrailEntry.objects.filter(verb__in=["activity.logged", "improvement_action.opened"]):
        assert json.loads(entry.changes)["through"].startswith("Robot (qms_"), entry.verb
    assert entry.by == leader.person


def test_same_uid_again_changes_nothing(leader: User) -> None:
    api, body = caller(leader), walk()
    assert send(api, body).status_code == 201
    again = send(api, body | {"title": "Another text"})
    assert (again.status_code, again.json()["is_new"]) == (200, False)
    assert Activity.objects.get().title == "Walked line 3"
    stranger = send(caller(omar()), body)
    assert (stranger.status_code, stranger.json()["error"]) == (409, "conflict")


def test_time_without_offset_is_the_clock_of_the_site(leader: User) -> None:
    wall = timezone.now().astimezone(leader.person.site.zone) - timedelta(hours=2)
    send(caller(leader), walk(happened_at=wall.replace(tzinfo=None).isoformat()))
    assert abs(Activity.objects.get().happened_at - wall) < timedelta(seconds=1)


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"activity_type": "flying"}, "activity_type"),
        ({"area": "Nowhere"}, "area"),
        ({"site": "LYO"}, "site"),
        ({"leaders": ["nobody@plant.example"]}, "leaders"),
        ({"people_met": [str(uuid.uuid4())]}, "people_met"),
        ({"follow_ups": [{"title": "Do it", "owner": "A visitor"}]}, "follow_ups"),
        ({"happened_at": "2090-01-01T00:00:00Z"}, "happened_at"),
        ({"happened_at": "0001-01-01T00:00:00Z"}, "happened_at"),
        ({"happened_at": "2020-01-01T00:00:00Z"}, "late_reason"),
        ({"duration_minutes": 0}, "duration_minutes"),
        ({"stops": [{"seen": "x" * 601}]}, "stops.0.seen"),
        ({"title": "a\0b"}, "title"),
    ],
)
def test_wrong_value_is_named_and_nothing_is_kept(leader: User, fields: dict[str, Any], field: str) -> None:
    answer = send(caller(leader), walk(**fields))
    assert (answer.status_code, list(answer.json()["fields"])) == (422, [field])
    assert not Activity.objects.exists()


def test_token_for_one_record_logs_nothing(leader: User) -> None:
    api = caller(leader)
    send(api, walk())
    narrow = caller(leader, "read", record=Activity.objects.get())
    assert send(narrow, walk()).status_code == 403


def test_kinds_of_activity_are_listed(leader: User) -> None:
    kinds = caller(leader).get("/api/v1/activity-types").json()
    assert {"slug": "floor-walk", "label": "Floor walk", "has_stops": True} in kinds
