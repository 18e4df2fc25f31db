"""Entries that wait on the device: refused ones, those of somebody logged out, and a log-out that would leave them."""

import re
from typing import Any

import pytest
from playwright.sync_api import expect

from leadership.models import Activity
from tests.factories import NOW, PersonFactory, hiro
from tests.journeys.conftest import assert_accessible, log_in_quickly
from tests.journeys.connection import disconnect, reconnect
from tests.journeys.log_page import choose, open_log, ready_for_offline

pytestmark = [pytest.mark.journey, pytest.mark.django_db(transaction=True)]


def test_refused_entry_stays_and_can_be_mended(open_page: Any, manager: Any, shot: Any):
    page = open_page("phone", manager)
    page.guard.allow("422")
    ready_for_offline(page)
    disconnect(page)
    choose(page, "Coaching")
    page.locator("#id_title").fill("Went through the change-over")
    page.locator("#id_people_met-search").fill("Paula")
    page.locator("[role=option]", has_text="Paula Sato").click()
    page.locator("[data-send]").click()
    expect(page.locator("[data-kept]")).to_be_visible()
    paula = PersonFactory._meta.model.objects.get(name="Paula Sato")
    paula.deactivated_at = NOW
    paula.save()
    reconnect(page)
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
    ready_for_offline(page)
    disconnect(page)
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
