"""Kinds of activity: the defaults come once, and an administrator's words stay."""

from io import StringIO

import pytest
from django.core.exceptions import ValidationError
from django.core.management import call_command

from leadership.models import ActivityType
from leadership.services import activity_type as service
from qms.models import TrailEntry
from qms.templatetags.components import sprite
from tests.factories import NOW, hiro

pytestmark = pytest.mark.django_db

SLUGS = {
    "quality-first-meeting", "floor-walk", "quality-review", "vision-communicated", "recognition", "coaching",
    "customer-contact", "audit-hosted", "procedure-followed", "sponsored-improvement", "quality-over-schedule",
}  # fmt: skip


def load() -> str:
    out = StringIO()
    call_command("load_activity_types", stdout=out)
    return out.getvalue()


def test_load_twice_adds_the_eleven_once():
    assert load() == "11 kinds of activity and 5 values added.\n"
    assert set(ActivityType.objects.values_list("slug", flat=True)) == SLUGS
    assert ActivityType.objects.values("prefix").distinct().count() == 11
    assert load() == "0 kinds of activity and 0 values added.\n"
    assert TrailEntry.objects.filter(verb="activity_type.added").count() == 11


def test_load_keeps_the_words_of_an_administrator():
    load()
    walk = ActivityType.objects.get(slug="floor-walk")
    service.change(walk, label="Gemba", is_active=False, by=hiro(), at=NOW)
    load()
    walk.refresh_from_db()
    assert (walk.label, walk.is_active) == ("Gemba", False)


def test_every_default_icon_is_in_the_sprite():
    load()
    assert set(ActivityType.objects.values_list("icon", flat=True)) <= sprite().keys()


def test_change_tells_the_trail_what_changed_and_nothing_else():
    load()
    walk = ActivityType.objects.get(slug="floor-walk")
    service.change(walk, label="Gemba", prefix="WALK", by=hiro(), at=NOW)
    service.change(walk, label="Gemba", by=None, at=NOW)
    entry = TrailEntry.objects.get(verb="activity_type.changed")
    assert entry.changes == '{"label":["Floor walk","Gemba"]}'


def test_change_refuses_a_bad_prefix_and_a_new_slug():
    load()
    walk = ActivityType.objects.get(slug="floor-walk")
    with pytest.raises(ValidationError, match="capital letters"):
        service.change(walk, prefix="w1", by=None, at=NOW)
    with pytest.raises(TypeError, match="slug"):
        service.change(walk, slug="gemba", by=None, at=NOW)


def test_add_a_kind_of_ones_own():
    kind = ActivityType(slug="safety-talk", label="Safety talk", prefix="SAFE")
    service.add(kind, by=hiro(), at=NOW)
    assert ActivityType.objects.get().label == "Safety talk"
    with pytest.raises(ValidationError, match="already exists"):
        service.add(ActivityType(slug="safety-talk", label="Again", prefix="SAFE"), by=None, at=NOW)
