"""A plant manager logs an act where it happened: in few taps, once, with what was promised."""

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from leadership.models import Activity
from tests.factories import AreaFactory
from tests.journeys.conftest import assert_accessible, assert_targets_for_thumbs
from tests.journeys.log_page import PHOTOS, choose, open_log

pytestmark = [pytest.mark.journey, pytest.mark.django_db(transaction=True)]


class Thumb:
    """A thumb that counts its taps."""

    def __init__(self, page: Page) -> None:
        self.page, self.taps = page, 0

    def tap(self, selector: str) -> None:
        self.page.locator(selector).first.tap()
        self.taps += 1


def test_walk_stop_with_a_person_takes_at_most_six_taps(open_page: Any, manager: Any, shot: Any):
    page = open_page("phone", manager)
    open_log(page)
    shot(page, "phone-1-kinds")
    assert_accessible(page)
    assert_targets_for_thumbs(page)
    thumb = Thumb(page)
    thumb.tap(".tile:has-text('Floor walk')")
    expect(page.locator("#id_stops-0-seen")).to_be_focused()
    page.keyboard.type("Gauge 12 is out of date")
    thumb.tap("#id_people_met-search")
    page.keyboard.type("pau")
    thumb.tap("[role=option]:has-text('Paula Sato')")
    shot(page, "phone-2-walk", full=True)
    assert_accessible(page)
    assert_targets_for_thumbs(page)
    thumb.tap("[data-send]")
    page.wait_for_url(re.compile(r"/log/[0-9a-f-]{36}/"))
    activity = Activity.objects.get()
    assert thumb.taps <= 6
    assert activity.title == "Gauge 12 is out of date"
    assert [p.name for p in activity.people()] == ["Yusuf Chen", "Paula Sato"]
    expect(page.locator("main")).to_contain_text(activity.reference)
    expect(page.locator("main")).to_contain_text("5.1.1 g)")
    shot(page, "phone-3-done")
    assert_accessible(page)
    open_log(page)
    expect(page.locator(".tile").first).to_contain_text("Floor walk")
    expect(page.locator(".log-kinds")).to_be_visible()  # the draft is gone


def test_double_tap_makes_one_record(open_page: Any, manager: Any):
    page = open_page("phone", manager)
    open_log(page)
    choose(page, "Coaching")
    page.locator("#id_title").fill("Went through the change-over with Paula")
    page.locator("[data-send]").dblclick()
    page.wait_for_url(re.compile(r"/log/[0-9a-f-]{36}/"))
    assert Activity.objects.count() == 1


def test_scanned_code_sets_the_area(open_page: Any, manager: Any):
    page = open_page("phone", manager)
    area = AreaFactory(name="Goods in")
    open_log(page, f"?area={area.pk}")
    choose(page, "Floor walk")
    expect(page.locator("#id_stops-0-area")).to_have_value(str(area.pk))
    page.locator("#id_stops-0-heard").fill("The scanner is slow")
    page.locator("[data-send]").click()
    page.wait_for_url(re.compile(r"/log/[0-9a-f-]{36}/"))
    assert Activity.objects.get().area == area


def test_late_entry_asks_why(open_page: Any, manager: Any, shot: Any):
    page = open_page("desktop", manager)
    open_log(page)
    shot(page, "desktop-1-kinds")
    assert_accessible(page)
    choose(page, "Quality first in a meeting")
    page.locator("#id_title").fill("Scrap of line 3 opened the meeting")
    page.locator("[data-when] summary").click()
    page.locator("#id_happened_at").fill("2026-01-05T08:00")
    expect(page.locator("#id_late_reason")).to_be_visible()
    page.locator("[data-send]").click()
    expect(page.locator(".error-summary")).to_contain_text("more than 24 hours ago")
    page.locator("[data-more] summary").click()
    shot(page, "desktop-2-late", full=True)
    assert_accessible(page)
    page.locator("#id_late_reason").fill("Was travelling")
    page.locator("[data-send]").click()
    page.wait_for_url(re.compile(r"/log/[0-9a-f-]{36}/"))
    assert Activity.objects.get().late_reason == "Was travelling"
    shot(page, "desktop-3-done")


def test_promise_of_a_stop_becomes_a_follow_up(open_page: Any, manager: Any, shot: Any):
    page = open_page("phone", manager)
    open_log(page)
    choose(page, "Floor walk")
    expect(page.locator("[data-promise]").first).to_be_hidden()
    page.locator("#id_stops-0-promised").fill("A second scanner")
    page.locator("[data-promise]").first.click()
    expect(page.locator("#id_follow_ups-0-title")).to_have_value("A second scanner")
    expect(page.locator("[data-promise]").first).to_be_hidden()
    page.locator("#id_follow_ups-0-due_on").fill("2099-01-01")
    page.locator("#id_follow_ups-0-promised_to-search").fill("paul")
    page.locator("[role=option]", has_text="Paula Sato").click()
    shot(page, "phone-18-promise", full=True)
    assert_accessible(page)
    page.locator("[data-send]").click()
    page.wait_for_url(re.compile(r"/log/[0-9a-f-]{36}/"))
    expect(page.locator("main")).to_contain_text("1 follow-up opened")
    action = Activity.objects.get().follow_ups.get().improvementaction
    assert (action.title, action.owner.name, action.promised_to.name) == (
        "A second scanner", "Yusuf Chen", "Paula Sato",
    )  # fmt: skip
    shot(page, "phone-19-done")


def test_words_typed_just_before_the_page_is_left_are_in_the_draft(open_page: Any, manager: Any):
    page = open_page("phone", manager)
    open_log(page)
    choose(page, "Floor walk")
    expect(page.locator("#log-form[data-draft=kept]")).to_be_visible()
    page.evaluate("document.querySelector('#log-form').addEventListener('input', () => location.assign('/me/'))")
    page.locator("#id_stops-0-seen").fill("Gauge 12")  # and away, before any pause in typing
    page.wait_for_url("**/me/")
    open_log(page)
    expect(page.locator("#id_stops-0-seen")).to_have_value("Gauge 12")


def test_draft_with_photo_is_there_after_a_reload(open_page: Any, manager: Any, shot: Any):
    page = open_page("phone", manager)
    open_log(page)
    choose(page, "Floor walk")
    page.locator("#id_stops-0-seen").fill("Gauge 12")
    page.locator("[data-row-add]").first.click()
    page.locator("#id_stops-1-area").select_option(label="Goods in")
    page.locator("#id_stops-1-promised").fill("A second scanner")
    page.locator("[data-photo-input]").first.set_input_files(PHOTOS[0])
    expect(page.locator(".log-photo")).to_have_count(1)
    expect(page.locator("#log-form[data-draft=kept]")).to_be_visible()
    expect(page.locator("[data-saved]")).to_have_text("Draft kept on this device")
    page.reload()
    page.wait_for_selector("#log-form[data-ready]")
    expect(page.locator("#id_stops-0-seen")).to_have_value("Gauge 12")
    expect(page.locator("#id_stops-1-promised")).to_have_value("A second scanner")
    expect(page.locator(".log-photo")).to_have_count(1)
    shot(page, "phone-8-stops", full=True)
    page.locator("[data-send]").click()
    page.wait_for_url(re.compile(r"/log/[0-9a-f-]{36}/"))
    stops = Activity.objects.get().stops.order_by("position")
    assert [(str(stop.area or ""), stop.seen, stop.promised) for stop in stops] == [
        ("", "Gauge 12", ""), ("Goods in", "", "A second scanner"),
    ]  # fmt: skip
