"""The API as a program meets it: lists, filters, pages, whole records, refusals, and what the trail tells of it."""

from __future__ import annotations

import json
import uuid
from datetime import timedelta
from hashlib import sha256
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from qms.api import bearer
from qms.models import ApiToken, User
from qms.services import api_token
from qms.services import record as record_service
from tests.factories import AreaFactory, ClauseFactory, MappingFactory, cast_member, hiro, logged_activity, omar, yusuf

pytestmark = pytest.mark.django_db
LIST = "/api/v1/kinds/activity/records"


def token_for(user: User, *scopes: str, **fields: Any) -> str:
    now = timezone.now()
    _token, secret = api_token.issue(
        owner=user, name="Robot", scopes=scopes or ApiToken.Scope.values, expires_at=now + timedelta(days=9), by=user,
        at=now, **fields,
    )  # fmt: skip
    return secret


def caller(user: User, *scopes: str, **fields: Any) -> Client:
    return Client(headers={"authorization": f"Bearer {token_for(user, *scopes, **fields)}"})


@pytest.fixture
def leader() -> User:
    return yusuf()


def test_list_is_newest_first_and_goes_on_by_key(leader: User) -> None:
    made = [logged_activity(leader, days_ago=days, at=timezone.now()) for days in (3, 1, 2, 1, 5)]
    api, seen, after = caller(leader), [], ""
    for expected in (2, 2, 1):
        page = api.get(LIST, {"limit": 2} | ({"after": after} if after else {})).json()
        assert len(page["records"]) == expected
        seen += [row["reference"] for row in page["records"]]
        after = page["next"]
    assert after is None
    wanted = sorted(made, key=lambda a: (a.occurred_on, a.pk), reverse=True)
    assert seen == [a.reference for a in wanted]


def test_line_tells_what_the_page_tells(leader: User) -> None:
    activity = logged_activity(leader, area=AreaFactory())
    (row,) = caller(leader).get(LIST).json()["records"]
    assert row == {
        "uid": str(activity.uid), "kind": "activity", "reference": activity.reference, "title": activity.title,
        "site": "DEN", "area": "CNC line 3", "owner": {"uid": str(leader.person.uid), "name": "Yusuf Chen"},
        "occurred_on": "2026-11-20", "recorded_at": "2026-11-20T15:30:00+00:00", "phase": "closed",
        "status": "logged", "subtype": "floor-walk", "due_on": None, "review_on": None, "is_confidential": False,
        "version": 1, "url": f"http://localhost:8000/records/{activity.uid}/",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        ({"site": "DEN"}, 2), ({"site": "LYO"}, 0), ({"area": "CNC line 3"}, 1), ({"status": "logged"}, 2),
        ({"phase": "open"}, 0), ({"subtype": "floor-walk"}, 2), ({"since": "2026-11-19"}, 1),
        ({"until": "2026-11-19"}, 1), ({"since": "2026-11-19", "until": "2026-11-19"}, 0),
        ({"due_until": "2030-01-01"}, 0), ({"sort": "occurred_on"}, 2), ({"owner": str(uuid.uuid4())}, 0),
    ],
)  # fmt: skip
def test_filter_narrows_the_list(leader: User, filters: dict[str, str], found: int) -> None:
    logged_activity(leader, area=AreaFactory())
    logged_activity(leader, days_ago=4)
    assert len(caller(leader).get(LIST, filters).json()["records"]) == found


@pytest.mark.parametrize(
    ("filters", "field"),
    [
        ({"sight": "DEN"}, "sight"), ({"limit": "101"}, "limit"), ({"since": "yesterday"}, "since"),
        ({"after": "here"}, "after"), ({"phase": "half"}, "phase"), ({"status": "a\0"}, "status"),
    ],
)  # fmt: skip
def test_wrong_filter_is_named_and_never_passed_over(leader: User, filters: dict[str, str], field: str) -> None:
    answer = caller(leader).get(LIST, filters)
    assert (answer.status_code, list(answer.json()["fields"])) == (422, [field])


def test_whole_record_is_its_frozen_version_with_the_head_of_its_trail(leader: User) -> None:
    MappingFactory(clause=ClauseFactory())
    activity = logged_activity(leader)
    record_service.sign(activity, meaning="Confirmed", by=leader, at=timezone.now(), method="password")
    told = caller(leader).get(f"/api/v1/records/{activity.uid}").json()
    version = activity.versions.get()
    assert told["content"] == json.loads(version.content)["facts"]
    assert told["content_hash"] == version.content_hash == sha256(version.content.encode()).hexdigest()
    assert [(p["name"], p["part"]) for p in told["people"]] == [("Yusuf Chen", "leader")]
    assert [(c["clause"], c["counts"]) for c in told["clauses"]] == [("5.1.2", True)]
    assert [s["meaning"] for s in told["signatures"]] == ["Confirmed"]
    head = activity.trail.order_by("-seq").first()
    assert told["trail"]["hash"] == head.hash
    assert (told["trail"]["entries"], told["trail"]["verb"]) == (2, "record.signed")


def test_confidential_drafts_and_other_sites_do_not_exist(leader: User) -> None:
    hidden = logged_activity(hiro(), is_confidential=True)
    elsewhere = logged_activity(omar())
    api = caller(leader)
    assert api.get(LIST).json()["records"] == []
    for record in (hidden, elsewhere):
        answer = api.get(f"/api/v1/records/{record.uid}")
        assert (answer.status_code, answer.json()["error"]) == (404, "not_found")


def test_token_for_one_record_sees_that_one_only(leader: User) -> None:
    mine, other = logged_activity(leader), logged_activity(leader)
    api = caller(leader, "read", record=mine)
    assert [row["uid"] for row in api.get(LIST).json()["records"]] == [str(mine.uid)]
    assert api.get(f"/api/v1/records/{mine.uid}").status_code == 200
    assert api.get(f"/api/v1/records/{other.uid}").status_code == 404
    assert api.get("/api/v1/me").json()["only_for"] == str(mine.uid)


def test_kinds_say_what_their_facts_are_called(leader: User) -> None:
    kinds = {kind["kind"]: kind for kind in caller(leader).get("/api/v1/kinds").json()}
    assert {"activity", "objective", "risk"} <= set(kinds)
    assert kinds["activity"]["content"]["duration_minutes"] == "Minutes"
    assert kinds["activity"]["statuses"]["logged"] == "Logged"


def test_sites_are_those_of_the_owner_with_their_areas(leader: User) -> None:
    AreaFactory()
    omar()
    assert caller(leader).get("/api/v1/sites").json() == [
        {"code": "DEN", "name": "Denver plant", "time_zone": "America/Denver", "areas": ["CNC line 3"]}
    ]


def test_refusals_are_json_in_words(leader: User) -> None:
    no_token = Client().get("/api/v1/me")
    assert (no_token.status_code, no_token["WWW-Authenticate"]) == (401, 'Bearer realm="API"')
    wrong = Client(headers={"authorization": "Bearer qms_wrong"}).get("/api/v1/me")
    assert (wrong.status_code, wrong.json()["message"]) == (401, "This token is not known here.")
    scope = caller(leader, "idea").get("/api/v1/kinds")
    assert (scope.status_code, scope.json()["message"]) == (403, "This token may not do that: it needs “Read records”.")
    api = caller(leader)
    assert api.get("/api/v1/nowhere").json()["error"] == "not_found"
    assert api.get("/api/v1/kinds/moon/records").json()["error"] == "not_found"
    method = api.delete("/api/v1/me")
    assert (method.status_code, method.json()["error"], method["Allow"]) == (405, "method", "GET")
    large = api.post("/api/v1/ideas", "x" * 3_000_000, content_type="application/json")
    assert (large.status_code, large.json()["error"]) == (413, "too_large")
    text = api.post("/api/v1/ideas", "{", content_type="application/json")
    assert (text.status_code, text.json()["error"]) == (400, "unreadable")


def test_session_gives_nothing_and_a_token_leaves_no_cookie(leader: User, client: Client) -> None:
    client.force_login(leader)
    assert client.get("/api/v1/me").status_code == 401
    answer = caller(leader).get("/api/v1/me")
    assert (answer.status_code, dict(answer.cookies), answer["Cache-Control"]) == (200, {}, "private, no-store")


def test_too_many_calls_are_told_when_to_come_back(
    leader: User, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    settings.API_CALLS_PER_TEN_SECONDS = 2
    monkeypatch.setattr(bearer, "MISSES", 1)
    api, other = caller(leader), caller(hiro())
    assert [api.get("/api/v1/me").status_code for _ in range(3)] == [200, 200, 429]
    assert api.get("/api/v1/me")["Retry-After"] == str(bearer.CALLS_SECONDS)
    assert other.get("/api/v1/me").status_code == 200
    stranger = Client(headers={"authorization": "Bearer qms_wrong"})
    assert [stranger.get("/api/v1/me").status_code for _ in range(2)] == [401, 429]


def test_description_is_for_everybody_and_the_page_for_who_is_logged_in(leader: User, client: Client) -> None:
    described = client.get("/api/openapi.json").json()
    assert "/api/v1/kinds/{kind}/records" in described["paths"]
    assert described["servers"] == [{"url": "http://localhost:8000"}]
    assert "/account/login/" in client.get(reverse("api:reference")).url
    client.force_login(cast_member("Paul Employee", "employee"))
    page = client.get(reverse("api:reference")).content.decode()
    for path in described["paths"]:
        assert path in page
    assert "<script>" not in page
