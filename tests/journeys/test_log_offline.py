"""A plant manager logs a walk on the phone: in few taps, without a connection, with photos, once."""

import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from leadership.models import Activity
from leadership.services import activity_type
from qms.models import Attachment
from tests.factories import NOW, AreaFactory, ClauseFactory, MappingFactory, PersonFactory, hiro, yusuf
from tests.journeys.conftest import assert_accessible, assert_targets_for_thumbs, log_in_quickly

pytestmark = [pytest.mark.journey, pytest.mark.django_db(transaction=True)]
PHOTOS = [Path(__file__).parent.parent / "data" / "photos" / name for name in ("walk_line3.jpg", "board_monday.jpg")]
NO_CONNECTION = r"ERR_INTERNET_DISCONNECTED"


class Thumb:
    """A thumb that counts its taps."""

    def __init__(self, page: Page) -> None:
        self.page, self.taps = page, 0

    def tap(self, selector: str) -> None:
        self.page.locator(selector).first.tap()
        self.taps += 1


@pytest.fixture
def manager() -> Any:
    """Yusuf, with two areas, a colleague to meet, and kinds mapped to a clause."""
    activity_type.load_defaults(by=None, at=NOW)
    user = yusuf()
    AreaFactory(name="CNC line 3")
    AreaFactory(name="Goods in")
    PersonFactory(name="Paula Sato", job_title="Machine operator")
    MappingFactory(clause=ClauseFactory(number="5.1.1", letter="g", title="Supporting people"))
    return user


def open_log(page: Page, query: str = "") -> None:
    page.goto("/log/" + query)
    page.wait_for_selector("#log-form[data-ready]")


def ready_for_offline(page: Page) -> None:
    """Wait until the service worker keeps the page, as after any first visit."""
    open_log(page)
    page.wait_for_selector("html[data-shell-kept]")
    open_log(page)
    assert page.evaluate("navigator.serviceWorker.controller !== null")


def choose(page: Page, label: str) -> None:
    page.locator(".tile", has_text=label).click()


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


@pytest.mark.parametrize("device", ["phone", "desktop"])
def test_offline_walk_with_photos_survives_a_reload_and_is_sent_once(
    open_page: Any, manager: Any, shot: Any, device: str
):
    page = open_page(device, manager)
    page.guard.allow(NO_CONNECTION)
    ready_for_offline(page)
    page.context.set_offline(True)
    for words in ("First stop", "Second stop"):
        open_log(page)
        choose(page, "Floor walk")
        page.locator("#id_stops-0-seen").fill(words)
        if words == "First stop":
            page.locator("[data-photo-input]").last.set_input_files(PHOTOS)
            expect(page.locator(".log-photo")).to_have_count(2)
            page.locator("#id_people_met-search").fill("paul")
            page.locator("[role=option]", has_text="Paula Sato").click()
            shot(page, f"{device}-4-offline-filled", full=True)
        page.locator("[data-send]").click()
        expect(page.locator("[data-kept]")).to_be_visible()
        shot(page, f"{device}-5-kept")
    expect(page.locator("[data-queue-count]").first).to_have_text("2 waiting")
    open_log(page)
    expect(page.locator(".log-waiting-item")).to_have_count(2)
    expect(page.locator("[data-queue-count]").first).to_have_text("2 waiting")
    shot(page, f"{device}-6-queue")
    assert_accessible(page)
    page.goto("/evidence/")
    expect(page.locator("h1")).to_have_text("No connection")
    shot(page, f"{device}-7-offline-page")
    open_log(page)
    assert Activity.objects.count() == 0
    page.context.set_offline(False)
    expect(page.locator("[data-waiting-panel]")).to_be_hidden(timeout=20_000)
    expect(page.locator("[data-queue-count]").first).to_be_hidden()
    assert [a.title for a in Activity.objects.order_by("pk")] == ["First stop", "Second stop"]
    first = Activity.objects.order_by("pk")[0]
    assert [a.name for a in first.attachments.order_by("pk")] == [path.name for path in PHOTOS]
    assert [p.name for p in first.people()] == ["Yusuf Chen", "Paula Sato"]
    open_log(page)
    assert Activity.objects.count() == 2


def test_entries_on_the_page_the_device_kept_are_entries_of_their_own(open_page: Any, manager: Any):
    page = open_page("phone", manager)
    page.guard.allow(NO_CONNECTION)
    ready_for_offline(page)
    worker = page.context.service_workers[0]
    worker.evaluate("() => { self.realFetch = fetch; self.fetch = () => Promise.reject(new TypeError('offline')); }")
    page.context.set_offline(True)  # this cuts off the page only, the line above its service worker
    uids = set()
    for number, words in enumerate(("First stop", "Second stop"), start=1):
        open_log(page)
        choose(page, "Floor walk")
        page.locator("#id_stops-0-seen").fill(words)
        uids.add(page.locator("#id_uid").input_value())
        page.locator("[data-send]").click()
        expect(page.locator("[data-kept]")).to_be_visible()
        expect(page.locator("[data-queue-count]").first).to_have_text(f"{number} waiting")
    assert len(uids) == 2
    worker.evaluate("() => { self.fetch = self.realFetch; }")
    page.context.set_offline(False)
    expect(page.locator("[data-queue-count]").first).to_be_hidden(timeout=20_000)
    assert [a.title for a in Activity.objects.order_by("pk")] == ["First stop", "Second stop"]


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


def test_drawing_on_a_photo_is_kept_beside_the_original(open_page: Any, manager: Any, shot: Any):
    page = open_page("phone", manager)
    page.guard.allow(NO_CONNECTION)
    ready_for_offline(page)
    page.context.set_offline(True)
    choose(page, "Floor walk")
    page.locator("#id_stops-0-seen").fill("Worn edge")
    page.locator("[data-photo-input]").first.set_input_files(PHOTOS[0])
    page.locator("[data-photo-draw]").first.click()
    expect(page.locator("[data-draw-canvas]")).to_be_visible()
    box = page.locator("[data-draw-canvas]").bounding_box()
    assert box
    page.mouse.move(box["x"] + 40, box["y"] + 40)
    page.mouse.down()
    page.mouse.move(box["x"] + 160, box["y"] + 120, steps=5)
    page.mouse.up()
    page.locator("[data-draw-tool=circle]").click()
    page.mouse.move(box["x"] + 150, box["y"] + 100)
    page.mouse.down()
    page.mouse.move(box["x"] + 260, box["y"] + 170, steps=5)
    page.mouse.up()
    page.locator("[data-draw-tool=text]").click()
    page.locator("[data-draw-color='#ffd21f']").click()
    page.mouse.click(box["x"] + 60, box["y"] + 30)
    page.locator("#drawing-words").fill("worn here")
    page.keyboard.press("Enter")
    shot(page, "phone-9-drawing")
    assert_accessible(page)
    page.locator("[data-draw-save]").click()
    expect(page.locator(".log-photo")).to_have_count(2)
    shot(page, "phone-10-drawn", full=True)
    page.locator("[data-send]").click()
    expect(page.locator("[data-kept]")).to_be_visible()
    page.context.set_offline(False)
    expect(page.locator("[data-queue-count]").first).to_be_hidden(timeout=20_000)
    original, drawing = Attachment.objects.order_by("pk")
    assert (original.annotation_of, drawing.annotation_of) == (None, original)


def test_refused_entry_stays_and_can_be_mended(open_page: Any, manager: Any, shot: Any):
    page = open_page("phone", manager)
    page.guard.allow(NO_CONNECTION)
    page.guard.allow("422")
    ready_for_offline(page)
    page.context.set_offline(True)
    choose(page, "Coaching")
    page.locator("#id_title").fill("Went through the change-over")
    page.locator("#id_people_met-search").fill("Paula")
    page.locator("[role=option]", has_text="Paula Sato").click()
    page.locator("[data-send]").click()
    expect(page.locator("[data-kept]")).to_be_visible()
    paula = PersonFactory._meta.model.objects.get(name="Paula Sato")
    paula.deactivated_at = NOW
    paula.save()
    page.context.set_offline(False)
    open_log(page)
    expect(page.locator(".log-waiting-errors")).to_contain_text("Paula Sato” can no longer be chosen")
    shot(page, "phone-11-refused")
    assert_accessible(page)
    page.locator("[data-item-mend]").click()
    expect(page.locator("#id_title")).to_have_value("Went through the change-over")
    shot(page, "phone-12-mending", full=True)
    assert_accessible(page)
    page.locator(".picker-remove").first.click()
    page.locator("#id_people_met-search").fill("Paula Sato")
    page.locator("[data-send]").click()
    page.wait_for_url(re.compile(r"/log/[0-9a-f-]{36}/"))
    assert [p.name for p in Activity.objects.get().people()] == ["Yusuf Chen", "Paula Sato"]


def test_logged_out_meanwhile_keeps_the_entry_and_another_account_never_sends_it(
    open_page: Any, manager: Any, live_server: Any, shot: Any
):
    page = open_page("phone", manager)
    open_log(page)
    choose(page, "Coaching")
    page.locator("#id_title").fill("Went through the change-over")
    page.context.clear_cookies()
    page.locator("[data-send]").click()
    expect(page.locator("[data-kept]")).to_contain_text("You are logged out. Nothing is lost")
    shot(page, "phone-13-logged-out")
    log_in_quickly(page.context, hiro(), live_server.url)
    open_log(page)
    expect(page.locator(".log-waiting-item")).to_contain_text("with another account")
    assert Activity.objects.count() == 0
    page.context.clear_cookies()
    log_in_quickly(page.context, manager, live_server.url)
    open_log(page)
    expect(page.locator("[data-waiting-panel]")).to_be_hidden()
    assert Activity.objects.get().recorded_by == manager


def test_log_out_with_waiting_entries_asks_first(open_page: Any, manager: Any, shot: Any):
    page = open_page("phone", manager)
    page.guard.allow(NO_CONNECTION)
    ready_for_offline(page)
    page.context.set_offline(True)
    choose(page, "Coaching")
    page.locator("#id_title").fill("Went through the change-over")
    page.locator("[data-send]").click()
    expect(page.locator("[data-kept]")).to_be_visible()
    page.locator(".user-menu > summary").click()
    page.locator("[data-logout] button").click()
    expect(page.locator("#queue-logout")).to_be_visible()
    expect(page.locator("#queue-logout")).to_contain_text("1 waiting")
    shot(page, "phone-14-logout")
    assert_accessible(page)
    page.locator("#queue-logout [data-dialog-close]").click()
    expect(page.locator("#queue-logout")).to_be_hidden()
    expect(page.locator("[data-queue-count]").first).to_have_text("1 waiting")


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


def test_log_another_without_a_connection_starts_empty(open_page: Any, manager: Any):
    page = open_page("phone", manager)
    page.guard.allow(NO_CONNECTION)
    open_log(page)
    page.context.set_offline(True)
    for words in ("First", "Second"):
        choose(page, "Floor walk")
        expect(page.locator("#id_stops-0-seen")).to_have_value("")
        page.locator("#id_stops-0-seen").fill(words)
        page.locator("[data-send]").click()
        page.locator("[data-another]").click()
        expect(page.locator(".log-kinds")).to_be_visible()
    page.context.set_offline(False)
    expect(page.locator("[data-waiting-panel]")).to_be_hidden(timeout=20_000)
    assert [a.title for a in Activity.objects.order_by("pk")] == ["First", "Second"]


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
    for _step in range(3):
        page.keyboard.press("ArrowDown")
    expect(page.locator(".log-kinds")).to_be_visible()
    page.keyboard.press("Enter")
    expect(page.locator("[data-chosen-label]")).to_have_text("Coaching")
    expect(page.locator("#id_title")).to_be_focused()
    page.keyboard.type("Went through the change-over")
    page.locator("#id_people_met-search").focus()
    page.keyboard.type("paul")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.locator("[data-send]").focus()
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/log/[0-9a-f-]{36}/"))
    activity = Activity.objects.get()
    assert (activity.activity_type.slug, [p.name for p in activity.people()]) == (
        "coaching", ["Yusuf Chen", "Paula Sato"],
    )  # fmt: skip


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
