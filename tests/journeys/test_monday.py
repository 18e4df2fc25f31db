"""A Monday of the plant manager on a phone: the digest, home, a planned walk done, thanks given, a request answered.

The digest is planned on Friday by the engine itself and sent on Monday, an hour late because the machine was away over
the weekend; the link that the phone opens is taken out of the letter.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.core import mail
from django.utils import timezone
from playwright.sync_api import expect

from leadership.models import Occurrence, Recognition, ResourceRequest
from leadership.services import recognition_value, resource_request, routine
from qms.models import Area, Person, User
from qms.services import outbox, reminder_rule
from qms.tasks.reminder import remind
from tests.factories import PASSWORD, ActivityTypeFactory, cast_member
from tests.journeys.conftest import OpenPage
from tests.journeys.stage import Clock, Player, Stage

pytestmark = [pytest.mark.journey, pytest.mark.django_db(transaction=True)]
MONDAY = datetime(2026, 11, 23, 16, tzinfo=UTC)
FRIDAY = MONDAY - timedelta(days=3)
DEED = "Stopped the line when the bore ran out of true"
REQUEST = "Two setters trained on the new controller"


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch, MONDAY)


@pytest.fixture
def boss(clock: Clock, manager: User) -> User:
    """The plant manager, with a walk planned for today and a request that waits for him since Friday."""
    asker, at = cast_member("Tom Alder"), FRIDAY
    Person.objects.filter(pk=manager.person_id).update(email=manager.email)
    reminder_rule.load_default_rules(by=None, at=FRIDAY - timedelta(days=30))
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


def test_a_monday_of_the_plant_manager(stage: Stage, clock: Clock, boss: User) -> None:
    address = digest(clock, boss)
    player = stage.enter(boss, is_logged_in=False)
    player.page.clock.set_fixed_time(MONDAY)  # the phone says when it happened
    walk(tap(player, address, boss))
    thank(player)
    answer(player.go("/"))
    rest(player.go("/"))


def digest(clock: Clock, boss: User) -> str:
    """One letter comes before work begins and names what waits; returns the address behind it."""
    for moment in (FRIDAY, MONDAY - timedelta(hours=1)):
        clock.set(moment)
        remind()
    outbox.deliver_waiting(clock=timezone.now, until=timezone.now() + timedelta(minutes=1))
    clock.set(MONDAY)
    (letter,) = [sent for sent in mail.outbox if sent.to == [boss.email]]
    (page, _mime), text = letter.alternatives[0], str(letter.body)  # type: ignore[attr-defined]
    assert REQUEST in text
    links = re.findall(r'<a href="https?://[^/"]+(/[^"]+)"[^>]*>([^<]*)</a>', str(page))
    (address,) = {url for url, words in links if REQUEST in words}
    assert address in text
    return address


def tap(player: Player, address: str, boss: User) -> Player:
    """One tap; the phone has to log in first, and then the very request is there, and Home one tap from it."""
    player.go(address)
    player.page.locator("input[name=login]").fill(boss.email)
    player.page.locator("input[name=password]").fill(PASSWORD)
    player.page.locator("form:has(input[name=password]) [type=submit]").first.click()
    player.page.wait_for_url("**/leadership/resources/*/")
    expect(player.main.get_by_role("heading", name=REQUEST)).to_be_visible()
    player.look()
    player.page.get_by_role("navigation").get_by_role("link", name="Home").locator("visible=true").first.click()
    player.page.wait_for_url(re.compile(r"//[^/]+/$"))
    return player.look()


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
    player.page.wait_for_url(re.compile(r"/recognition/\d+/$"))
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
