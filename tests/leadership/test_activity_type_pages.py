"""The pages on which kinds of activity are worded, ordered and retired."""

import json

import pytest
from django.test import Client

from leadership.models import ActivityType
from qms.models import TrailEntry, User
from tests.factories import ActivityTypeFactory, hiro, yusuf

pytestmark = pytest.mark.django_db
LIST = "/leadership/activity-types/"
VALUES = {"label": "Gemba", "prefix": "GEM", "icon": "walk", "hint": "What?", "position": "5", "is_active": "on"}


def as_user(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def test_pages_need_the_permission() -> None:
    ActivityTypeFactory()
    client = as_user(yusuf())
    assert [client.get(LIST + path).status_code for path in ("", "new/", "floor-walk/")] == [403, 403, 403]


def test_list_shows_retired_kinds_last() -> None:
    ActivityTypeFactory(slug="a", label="Retired", is_active=False, position=1)
    ActivityTypeFactory(slug="b", label="Second", position=9)
    ActivityTypeFactory(slug="c", label="First", position=2)
    kinds = as_user(hiro()).get(LIST).context["kinds"]
    assert [kind.label for kind in kinds] == ["First", "Second", "Retired"]


def test_new_kind_gets_a_slug_from_its_name_and_a_trail() -> None:
    client = as_user(hiro())
    assert client.post(LIST + "new/", VALUES).status_code == 302
    kind = ActivityType.objects.get()
    assert (kind.slug, kind.prefix) == ("gemba", "GEM")
    assert TrailEntry.objects.get(chain=kind.trail_key).verb == "activity_type.added"
    assert client.post(LIST + "new/", VALUES).context["form"].errors["label"]


def test_kind_is_reworded_with_old_and_new_in_the_trail_and_keeps_its_slug() -> None:
    ActivityTypeFactory(hint="Old")
    client = as_user(hiro())
    client.post(LIST + "floor-walk/", VALUES | {"label": "Gemba walk", "prefix": "WALK", "is_active": ""})
    kind = ActivityType.objects.get()
    assert (kind.slug, kind.label, kind.is_active) == ("floor-walk", "Gemba walk", False)
    changes = json.loads(TrailEntry.objects.get(chain=kind.trail_key).changes)
    assert (changes["label"], changes["is_active"]) == (["Floor walk", "Gemba walk"], [True, False])
    assert "Gemba walk" in client.get(LIST + "floor-walk/").content.decode()


def test_bad_prefix_is_explained() -> None:
    ActivityTypeFactory()
    page = as_user(hiro()).post(LIST + "floor-walk/", VALUES | {"prefix": "w1"})
    assert page.context["form"].errors["prefix"] == ["Two to eight capital letters, such as WALK."]
