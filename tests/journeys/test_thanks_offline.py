"""Thanks written without a connection: nothing is said to be sent that was not, and no word is lost."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from leadership.models import Recognition
from leadership.services import recognition_value
from tests.factories import NOW
from tests.journeys.conftest import assert_accessible
from tests.journeys.connection import disconnect, reconnect
from tests.journeys.log_page import ready_for_offline

pytestmark = [pytest.mark.journey, pytest.mark.django_db(transaction=True)]
DEED = "Stopped the line when the bore ran out of true"
PLACE = "/leadership/recognition/new/"


def write(page: Page) -> None:
    page.locator("form[data-kept-ready]").wait_for()
    page.get_by_role("combobox", name="Whom do you thank?").fill("Paula")
    page.get_by_role("option", name="Paula Sato").first.click()
    page.locator("#id_title").fill(DEED)
    page.get_by_role("radio", name="Quality first").check()


def test_thanks_without_a_connection_are_kept_said_so_and_sent_once(open_page: Any, manager: Any, shot: Any) -> None:
    recognition_value.load_defaults(by=None, at=NOW)
    page = open_page("phone", manager)
    ready_for_offline(page)
    disconnect(page)
    page.goto("/evidence/")
    page.get_by_role("link", name="Thank somebody").click()
    write(page)
    page.get_by_role("button", name="Say thank you").click()
    expect(page.get_by_text("There is no connection. Nothing was sent; your words are kept")).to_be_visible()
    assert_accessible(page)
    shot(page, "thanks-offline", full=True)
    page.goto("/log/")
    page.goto(PLACE)
    expect(page.get_by_text("These words of yours were not sent yet.")).to_be_visible()
    expect(page.locator("#id_title")).to_have_value(DEED)
    expect(page.locator(".picker-chip")).to_contain_text("Paula Sato")
    assert Recognition.objects.count() == 0
    reconnect(page)
    page.get_by_role("button", name="Say thank you").click()
    page.wait_for_url(re.compile(r"/recognition/\d+/$"))
    thanks = Recognition.objects.get()
    assert thanks.title == DEED
    assert [(p.name, p.person is not None) for p in thanks.people() if p.part == "thanked"] == [("Paula Sato", True)]
    page.goto(PLACE)
    page.locator("form[data-kept-ready]").wait_for()
    expect(page.locator("#id_title")).to_have_value("")


def test_thanks_after_the_log_in_ran_out_are_there_after_the_next(open_page: Any, manager: Any) -> None:
    recognition_value.load_defaults(by=None, at=NOW)
    page = open_page("phone", manager)
    page.goto(PLACE)
    write(page)
    cookies = page.context.cookies()
    page.context.clear_cookies(name="sessionid")
    page.get_by_role("button", name="Say thank you").click()
    expect(page.get_by_text("You are not logged in any more.")).to_be_visible()
    page.context.add_cookies(cookies)
    page.goto(PLACE)
    expect(page.locator("#id_title")).to_have_value(DEED)
    page.get_by_role("button", name="Throw them away").click()
    expect(page.locator("#id_title")).to_have_value("")
    assert Recognition.objects.count() == 0
