"""The Log page is there for everybody: in the dark theme, by keyboard, without JavaScript."""

import re
from typing import Any

import pytest
from playwright.sync_api import expect

from leadership.models import Activity
from tests.journeys.conftest import assert_accessible, assert_targets_for_thumbs
from tests.journeys.log_page import PHOTOS, choose, open_log

pytestmark = [pytest.mark.journey, pytest.mark.django_db(transaction=True)]


def test_dark_theme_and_everything_open_is_accessible(open_page: Any, manager: Any, shot: Any):
    page = open_page("phone", manager, theme="dark")
    open_log(page)
    shot(page, "phone-15-dark-kinds")
    assert_accessible(page)
    choose(page, "Floor walk")
    page.locator("#id_stops-0-seen").fill("Gauge 12 is out of date")
    page.locator("[data-photo-input]").first.set_input_files(PHOTOS[0])
    page.locator("[data-when] summary").click()
    page.locator("[data-more] summary").click()
    page.locator("#id_people_met-search").fill("pau")
    expect(page.locator("[role=option]").first).to_be_visible()
    shot(page, "phone-16-dark-all", full=True)
    assert_accessible(page)
    assert_targets_for_thumbs(page)


def test_without_javascript_the_form_is_an_ordinary_one(open_page: Any, manager: Any, shot: Any):
    page = open_page("phone", manager, java_script_enabled=False)
    page.goto("/log/")
    shot(page, "phone-17-no-js", full=True)
    page.locator(".tile", has_text="Coaching").click()
    page.locator("#id_title").fill("Went through the change-over")
    page.locator("#id_people_met").fill("Paula Sato\nThe night shift")
    page.locator("#id_photos").set_input_files(PHOTOS)
    page.locator("[data-send]").click()
    expect(page.locator("h1")).to_have_text("Logged")
    activity = Activity.objects.get()
    assert [p.name for p in activity.people()] == ["Yusuf Chen", "Paula Sato", "The night shift"]
    assert activity.attachments.count() == 2


def test_whole_page_works_by_keyboard(open_page: Any, manager: Any):
    page = open_page("desktop", manager)
    open_log(page)
    page.locator("#kind-floor-walk").focus()
    for _step in range(2):
        page.keyboard.press("ArrowDown")
    expect(page.locator(".log-kinds")).to_be_visible()
    page.keyboard.press("Enter")
    expect(page.locator("[data-chosen-label]")).to_have_text("Coaching")
    expect(page.locator("#id_title")).to_be_focused()
    page.keyboard.type("Went through the change-over")
    page.locator("#id_people_met-search").focus()
    page.keyboard.type("paul")
    expect(page.locator("[role=option]", has_text="Paula Sato")).to_be_visible()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.locator("[data-send]").focus()
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/log/[0-9a-f-]{36}/"))
    activity = Activity.objects.get()
    assert (activity.activity_type.slug, [p.name for p in activity.people()]) == (
        "coaching", ["Yusuf Chen", "Paula Sato"],
    )  # fmt: skip
