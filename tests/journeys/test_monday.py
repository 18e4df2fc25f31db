"""A Monday of the plant manager on a phone: home, a planned walk done, thanks given, a request answered."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import expect

from leadership.models import Occurrence, Recognition, ResourceRequest
from leadership.services import recognition_value, resource_request, routine
from qms.models import Area, User
from tests.factories import ActivityTypeFactory, cast_member
from tests.journeys.conftest import OpenPage
from tests.journeys.stage import Clock, Player, Stage

pytestmark = [pytest.mark.journey, pytest.mark.django_db(transaction=True)]
MONDAY = datetime(2026, 11, 23, 16, tzinfo=UTC)
DEED = "Stopped the line when the bore ran out of true"
REQUEST = "Two setters trained on the new controller"


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch, MONDAY)


@pytest.fixture
def boss(clock: Clock, manager: User) -> User:
    """The plant manager, with a walk planned for today and a request that waits for him."""
    asker, at = cast_member("Tom Alder"), MONDAY - timedelta(days=3)
    recognition_value.load_defaults(by=None, at=at)
    routine.propose(
        uid=uuid.uuid4(), owner=manager.person, site=manager.person.site, activity_type=ActivityTypeFactory(),
        rule="FREQ=WEEKLY;BYDAY=MO", starts_on=MONDAY.date(), areas=[Area.objects.get(name="CNC line 3")],
        where="all", by=manager, at=at,
    )  # fmt: skip
    resource_request.open_request(
        uid=uuid.uuid4(), title=REQUEST, owner=asker.person, site=manager.person.site, resource="training",
        needed_on=(MONDAY + timedelta(days=60)).date(), without_it="Only one person can set line 3",
        serves_neither="A matter of every day", decider=manager.person, by=asker, at=at,
    )  # fmt: skip
    return manager


@pytest.fixture
def stage(open_page: OpenPage, shot: Callable[..., None]) -> Stage:
    return Stage(open_page, "phone", shot)


def test_a_monday_of_the_plant_manager(stage: Stage, boss: User) -> None:
    player = stage.enter(boss)
    player.page.clock.set_fixed_time(MONDAY)  # the phone says when it happened
    walk(player.go("/"))
    thank(player)
    answer(player.go("/"))
    rest(player.go("/"))


def walk(player: Player) -> None:
    """The planned walk is one tap away; what is left is a sentence."""
    expect(player.main.get_by_role("heading", name="This week")).to_be_visible()
    player.main.get_by_role("link", name="Log Floor walk of Monday").click()
    player.page.wait_for_url("**/log/?occurrence=*")
    player.page.locator("#id_title").fill("Asked about the gauge; two points written down")
    player.page.get_by_role("button", name="Log it").click()
    player.page.wait_for_url("**/log/*-*/")
    player.look()
    assert Occurrence.objects.get(planned_on=MONDAY.date()).status == "done"


def thank(player: Player) -> None:
    """Three taps: Thank, the person, and Say thank you; the value is chosen once."""
    player.page.get_by_role("link", name="Thank", exact=True).click()
    player.page.wait_for_url("**/recognition/new/")
    player.look()
    who = player.page.get_by_role("combobox", name="Whom do you thank?")
    who.fill("Paula")
    player.page.get_by_role("option", name="Paula Sato").first.click()
    player.page.locator("#id_title").fill(DEED)
    player.page.get_by_role("radio", name="Quality first").check()
    player.page.get_by_role("button", name="Say thank you").click()
    player.page.wait_for_url("**/leadership/recognition/*/")
    player.look()
    thanks = Recognition.objects.get()
    assert [(p.name, p.person is not None) for p in thanks.people() if p.part == "thanked"] == [("Paula Sato", True)]


def answer(player: Player) -> None:
    """What waits stands on Home, and leads to where it is decided."""
    player.main.get_by_role("link", name=f"Tom Alder asks for: {REQUEST}").click()
    player.page.wait_for_url("**/decide/")
    player.page.get_by_role("link", name=re.compile("^Provide it")).click()
    player.look().fill(granted="Both of them, in January", arrives_on="2027-01-20").send("Provide it")
    assert ResourceRequest.objects.get().status == "provided"


def rest(player: Player) -> None:
    """Home shows what was done."""
    expect(player.main.get_by_text("Asked about the gauge; two points written down")).to_be_visible()
    expect(player.main.get_by_role("link", name="Log Floor walk of Monday")).to_have_count(0)
    expect(player.main.get_by_text("Nobody waits for your answer or signature.")).to_be_visible()
