"""A plant manager logs without a connection: kept on the device, with photos, and sent once when it is back."""

from typing import Any

import pytest
from playwright.sync_api import expect

from leadership.models import Activity
from qms.models import Attachment
from tests.journeys.conftest import assert_accessible
from tests.journeys.connection import disconnect, reconnect
from tests.journeys.log_page import PHOTOS, choose, open_log, ready_for_offline

pytestmark = [pytest.mark.journey, pytest.mark.django_db(transaction=True)]


@pytest.mark.parametrize("device", ["phone", "desktop"])
def test_offline_walk_with_photos_survives_a_reload_and_is_sent_once(
    open_page: Any, manager: Any, shot: Any, device: str
):
    page = open_page(device, manager)
    ready_for_offline(page)
    disconnect(page)
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
    reconnect(page)
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
    ready_for_offline(page)
    disconnect(page)
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
    reconnect(page)
    expect(page.locator("[data-queue-count]").first).to_be_hidden(timeout=20_000)
    assert [a.title for a in Activity.objects.order_by("pk")] == ["First stop", "Second stop"]


def test_log_another_without_a_connection_starts_empty(open_page: Any, manager: Any):
    page = open_page("phone", manager)
    open_log(page)
    disconnect(page)
    for words in ("First", "Second"):
        choose(page, "Floor walk")
        expect(page.locator("#id_stops-0-seen")).to_have_value("")
        page.locator("#id_stops-0-seen").fill(words)
        page.locator("[data-send]").click()
        page.locator("[data-another]").click()
        expect(page.locator(".log-kinds")).to_be_visible()
    reconnect(page)
    expect(page.locator("[data-waiting-panel]")).to_be_hidden(timeout=20_000)
    assert [a.title for a in Activity.objects.order_by("pk")] == ["First", "Second"]


def test_drawing_on_a_photo_is_kept_beside_the_original(open_page: Any, manager: Any, shot: Any):
    page = open_page("phone", manager)
    ready_for_offline(page)
    disconnect(page)
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
    reconnect(page)
    expect(page.locator("[data-queue-count]").first).to_be_hidden(timeout=20_000)
    original, drawing = Attachment.objects.order_by("pk")
    assert (original.annotation_of, drawing.annotation_of) == (None, original)
