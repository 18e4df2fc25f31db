"""The quality policy from its draft to a hundred acknowledgements, twenty of them by name and PIN at a shared phone.

The quality manager drafts it, top management signs it, everybody of the site is asked to read it. One acknowledges by a
link handed over, one with the own log-in, one by name and PIN; the others of each kind through the same pages without a
browser. In the end only those missing are reminded, in the outbox and nowhere else.
"""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from playwright.sync_api import Page, expect

from leadership.models import Acknowledgement, AcknowledgementCampaign, Addressee, Policy
from leadership.services import acknowledgement, acknowledgement_link
from qms.models import Notification, Organization, OutboxMessage, Person, TrailEntry, User
from qms.models.person import searchable
from qms.permissions import AccessProfile
from qms.services import person as person_service
from tests.factories import NOW, PASSWORD, AreaFactory, ClauseFactory, MappingFactory, cast_member, hiro, yusuf
from tests.journeys.conftest import OpenPage, assert_accessible, assert_targets_for_thumbs
from tests.leadership.policies import top

pytestmark = [pytest.mark.journey, pytest.mark.django_db(transaction=True)]
PIN = "428317"
BY_PIN, BY_LOG_IN, MISSING = 20, 10, 6
TEXT = "# What we promise\n\n- Anybody may stop a delivery.\n- We improve every week.\n"
RIGHT = "Yes, anybody may"


@pytest.fixture
def boss() -> User:
    """The plant manager, of top management; with a hundred and six colleagues at the site, Hiro among them."""
    Organization.objects.create(pk=1, name="Cordillera Components", time_zone="America/Denver", currency="USD")
    MappingFactory(kind="policy", subtype="", clause=ClauseFactory(number="5.2.1", title="Establishing the policy"))
    return top(yusuf())


@pytest.fixture
def floor(boss: User) -> list[Person]:
    """People of two areas without a log-in: the first twenty with a PIN, of the rest every other with an address."""
    areas = [AreaFactory(name="CNC line 3"), AreaFactory(name="Goods in")]
    count = 100 + MISSING - BY_LOG_IN
    people = [
        Person(
            name=f"Nora Number {n:03d}", search_name=searchable(f"Nora Number {n:03d}"), site=boss.person.site,
            area=areas[n % 2], email=f"nora{n}@plant.example" if n >= BY_PIN and n % 2 else "",
        )
        for n in range(count)
    ]  # fmt: skip
    Person.objects.bulk_create(people)
    person_service.set_pin(people[0], by=boss, at=NOW, pin=PIN)
    Person.objects.filter(pk__in=[p.pk for p in people[1:BY_PIN]]).update(
        pin_hash=Person.objects.get(pk=people[0].pk).pin_hash
    )
    return people


@pytest.fixture
def office(boss: User) -> list[User]:
    """Ten people who log in, the plant manager and the quality manager among them."""
    return [boss, hiro(), *(cast_member(f"Olga Office {n}", AccessProfile.EMPLOYEE) for n in range(BY_LOG_IN - 2))]


def test_from_the_draft_to_a_hundred_acknowledgements(
    open_page: OpenPage, boss: User, floor: list[Person], office: list[User], shot: Any
) -> None:
    draft(open_page("desktop", office[1]), shot)
    approve(open_page("phone", boss), shot)
    campaign = ask(open_page("desktop", office[1]), shot)
    assert Addressee.objects.filter(campaign=campaign).count() == 100 + MISSING
    by_log_in(open_page("phone", office[2]), campaign, office, shot)
    by_pin(open_page("phone"), campaign, floor[:BY_PIN], shot)
    by_link(open_page("desktop", office[1]), open_page("phone"), campaign, floor[BY_PIN:-MISSING], shot)
    ways = {way: Acknowledgement.objects.filter(way=way).count() for way in Acknowledgement.Way.values}
    assert ways == {"account": BY_LOG_IN, "mail": 0, "handed": 100 - BY_PIN - BY_LOG_IN, "pin": BY_PIN}
    assert campaign.trail.filter(verb="acknowledgement.given").count() == 100
    remind(open_page("desktop", office[1]), campaign, floor[-MISSING:], shot)


def settle(page: Page, name: str, shot: Any) -> None:
    """Every page is accessible; a picture of it, if wanted."""
    assert_accessible(page)
    shot(page, f"policy-{name}", full=True)


def draft(page: Page, shot: Any) -> None:
    """Written in Markdown, with a German translation, and handed in."""
    page.goto("/leadership/")
    page.get_by_role("link", name="Quality policy").first.click()
    page.get_by_role("link", name="New version").first.click()
    page.locator("#id_title").fill("Quality policy")
    page.locator("#id_text").fill(TEXT)
    page.locator("#id_applies_to").select_option(label="Denver plant")
    page.locator("#id_is_public").check()
    settle(page, "draft", shot)
    page.get_by_role("button", name="Save the draft").click()
    expect(page.get_by_role("heading", name="What we promise")).to_be_visible()
    page.goto(page.url + "translate/")
    page.locator("#id_language").select_option(value="de")
    page.locator("#id_title").fill("Qualitätspolitik")
    page.locator("#id_text").fill("Jeder darf eine Lieferung anhalten.")
    page.locator("#id_translated_by").fill("Hiro Weber")
    page.get_by_role("button", name="Save the translation").click()
    page.get_by_role("link", name="Hand in for review").click()
    page.get_by_role("button", name="Hand in for review").click()
    expect(page.get_by_text("In review").first).to_be_visible()
    settle(page, "in-review", shot)


def approve(page: Page, shot: Any) -> None:
    """Only the right password signs it; then the world may read it."""
    page.goto(reverse("leadership:policy-detail", args=[Policy.objects.get().pk]))
    page.get_by_role("link", name="Approve").click()
    settle(page, "approve", shot)
    page.guard.allow("422")  # type: ignore[attr-defined]
    page.locator("#id_password").fill("not my password")
    page.get_by_role("button", name="Sign and approve").click()
    expect(page.locator("#id_password")).to_be_visible()
    assert Policy.objects.get().status == "in_review"
    page.locator("#id_password").fill(PASSWORD)
    page.get_by_role("button", name="Sign and approve").click()
    expect(page.get_by_text("Version 1, approved by Yusuf Chen")).to_be_visible()
    settle(page, "approved", shot)
    page.goto("/policy/DEN/")
    page.get_by_role("link", name="Deutsch").click()
    expect(page.get_by_text("Jeder darf eine Lieferung anhalten.")).to_be_visible()
    settle(page, "open", shot)


def ask(page: Page, shot: Any) -> AcknowledgementCampaign:
    """Everybody of the site, with one question."""
    page.goto(reverse("leadership:policy-detail", args=[Policy.objects.get().pk]))
    page.get_by_role("link", name="Ask people to read it").click()
    page.locator("#id_due_on").fill("2030-01-31")
    page.get_by_label("Denver plant", exact=True).check()
    page.locator("#id_question").fill("May you stop a delivery?")
    page.locator("#id_right_answer").fill(RIGHT)
    page.locator("#id_wrong_answers").fill("Only the supervisor\nNo")
    page.locator("#id_explanation").fill("Read the first promise again.")
    settle(page, "ask", shot)
    page.get_by_role("button", name="Ask them").click()
    expect(page.get_by_text("Remind those missing now")).to_be_visible()
    settle(page, "asked", shot)
    return AcknowledgementCampaign.objects.get()


def by_log_in(page: Page, campaign: AcknowledgementCampaign, office: list[User], shot: Any) -> None:
    """From the home page; a wrong answer is explained. The others through the same page."""
    page.goto("/")
    page.get_by_role("link", name=re.compile("Read")).first.click()
    page.get_by_label("Only the supervisor").check()
    settle(page, "read", shot)
    page.guard.allow("422")  # type: ignore[attr-defined]
    page.get_by_role("button", name="I have read and understood it").click()
    expect(page.get_by_text("Read the first promise again.").first).to_be_visible()
    page.get_by_label(RIGHT).check()
    page.get_by_role("button", name="I have read and understood it").click()
    expect(page.get_by_role("heading", name="Thank you")).to_be_visible()
    settle(page, "thanks", shot)
    assert Acknowledgement.objects.get().wrong_answers == 1
    for user in (user for user in office if user != office[2]):
        client = Client()
        client.force_login(user)
        mine = acknowledgement.waiting_for(user).get()
        assert client.post(reverse("leadership:acknowledge-mine", args=[mine.pk]), {"answer": RIGHT}).status_code == 200


def by_pin(page: Page, campaign: AcknowledgementCampaign, people: list[Person], shot: Any) -> None:
    """At a shared phone, one after the other; nobody is listed."""
    address = reverse("leadership:acknowledge-at", args=[campaign.uid])
    page.goto(address)
    expect(page.locator("body")).not_to_contain_text("Nora")
    assert_targets_for_thumbs(page)
    settle(page, "pin", shot)
    page.guard.allow("422")  # type: ignore[attr-defined]
    for pin, answer in (("111119", "Name and PIN do not fit together here."), (PIN, "Please read this")):
        page.locator("#id_name").fill("nora number 000")
        page.locator("#id_pin").fill(pin)
        page.get_by_role("button", name="Go on").click()
        expect(page.get_by_text(answer).first).to_be_visible()
    page.get_by_role("button", name="Deutsch").click()
    expect(page.get_by_text("Jeder darf eine Lieferung anhalten.")).to_be_visible()
    page.get_by_label(RIGHT).check()
    settle(page, "pin-read", shot)
    page.get_by_role("button", name="I have read and understood it").click()
    page.get_by_role("link", name="The next person").click()
    expect(page.locator("#id_name")).to_have_value("")
    assert Acknowledgement.objects.get(person=people[0]).language == "de"
    client = Client()
    for person in people[1:]:
        opened = client.post(address, {"name": person.name, "pin": PIN}).content.decode()
        given = re.search(r'name="pass" value="([^"]+)"', opened)
        assert given, person.name
        assert client.post(address, {"pass": given.group(1), "answer": RIGHT}).status_code == 200


def by_link(
    desk: Page, phone: Page, campaign: AcknowledgementCampaign, people: list[Person], shot: Any
) -> None:  # fmt: skip
    """The quality manager hands a link over, the person opens it on the phone; the others through the same service."""
    desk.goto(reverse("leadership:acknowledgement-people", args=[campaign.pk]) + "?q=Number+020")
    settle(desk, "people", shot)
    desk.get_by_role("link", name=re.compile("Hand over a link")).click()
    desk.get_by_role("button", name="Make the link").click()
    settle(desk, "link", shot)
    secret = desk.locator("p.hash").inner_text()
    phone.goto("/" + secret.split("/", 3)[3])
    phone.get_by_label(RIGHT).check()
    phone.get_by_role("button", name="I have read and understood it").click()
    expect(phone.get_by_role("heading", name="Thank you")).to_be_visible()
    for person in people[1:]:
        addressee = Addressee.objects.select_related("campaign").get(campaign=campaign, person=person)
        made = acknowledgement_link.hand_over(addressee, by=campaign.recorded_by, at=NOW)  # type: ignore[arg-type]
        path = "/" + made.secret_link.split("/", 3)[3]
        assert Client().post(path, {"answer": RIGHT}).status_code == 200


def remind(page: Page, campaign: AcknowledgementCampaign, missing: list[Person], shot: Any) -> None:
    """The page says six are missing; those six, and only those, are told."""
    assert set(acknowledgement.missing(campaign).values_list("person_id", flat=True)) == {p.pk for p in missing}
    before, notices = set(OutboxMessage.objects.values_list("pk", flat=True)), Notification.objects.count()
    page.goto(reverse("leadership:acknowledgement-detail", args=[campaign.pk]))
    expect(page.get_by_text(f"of {100 + MISSING}").first).to_be_visible()
    page.get_by_role("button", name="Remind those missing now").click()
    expect(page.get_by_text(f"{MISSING} people are reminded.")).to_be_visible()
    settle(page, "reminded", shot)
    told = OutboxMessage.objects.exclude(pk__in=before)
    assert set(told.values_list("person_id", flat=True)) == {p.pk for p in missing if p.email}
    assert Notification.objects.count() == notices
    page.get_by_role("button", name="Remind those missing now").click()
    expect(page.get_by_text("They were reminded less than a day ago.")).to_be_visible()
    assert TrailEntry.objects.filter(verb="acknowledgement.reminded").count() == 1
