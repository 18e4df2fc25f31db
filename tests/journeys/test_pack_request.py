"""A leader chooses clauses for a pack: groups to open, boxes to check, by thumb, by keyboard, without script."""

import re
from typing import Any

import pytest
from playwright.sync_api import expect

from audits.models import Pack
from qms.models import StandardEdition, User
from tests.audits import packs
from tests.factories import ClauseFactory, EditionFactory, yusuf
from tests.journeys.conftest import assert_accessible, assert_targets_for_thumbs

pytestmark = [pytest.mark.journey, pytest.mark.django_db(transaction=True)]
ADDRESS = "/evidence/packs/request/"


@pytest.fixture
def leader(monkeypatch: pytest.MonkeyPatch) -> User:
    """Yusuf, with a small catalogue of two editions; packs are asked for and not built."""
    monkeypatch.setattr("audits.tasks.pack.start.run", lambda *args, **options: None)
    top, _general, _focus = packs.clauses()
    top.parent = ClauseFactory(edition=top.edition, number="5", title="Leadership")
    top.save()
    older = EditionFactory(slug="iso-9001-2015", edition="2015 (edition 5)", is_default=False)
    ClauseFactory(edition=older, number="4", title="Context of the organization")
    return yusuf()


def chosen() -> list[str]:
    return [clause.label for clause in Pack.objects.get().clauses.order_by("sort_key", "pk")]


def test_by_thumb_a_checked_clause_folds_away_what_it_brings(open_page: Any, leader: User, shot: Any) -> None:
    page = open_page("phone", leader)
    page.goto(ADDRESS + "?clause=5.1.2")
    expect(page.get_by_label("5.1.2 Customer focus")).to_be_checked()
    expect(page.locator(".clause-group-some")).to_be_visible()
    assert_accessible(page)
    assert_targets_for_thumbs(page, "#id_clauses")
    page.get_by_label("All of 5.1 Leadership and commitment").tap()
    expect(page.get_by_label("5.1.2 Customer focus")).to_be_hidden()
    shot(page, "phone-pack-clauses", full=True)
    assert_accessible(page)
    page.get_by_role("button", name="Build the pack").tap()
    page.wait_for_url(re.compile(r"/packs/\d+/"))
    assert chosen() == ["5.1"]


def test_by_keyboard(open_page: Any, leader: User) -> None:
    page = open_page("desktop", leader)
    page.goto(ADDRESS + "?clause=5.1.2")
    page.locator(".clause-group > summary").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_label("5.1.2 Customer focus")).to_be_hidden()
    page.keyboard.press("Enter")
    for _step in range(3):
        page.keyboard.press("Tab")
    page.keyboard.press("Space")
    expect(page.get_by_label("5.1.1 General")).to_be_checked()
    page.get_by_role("button", name="Build the pack").press("Enter")
    page.wait_for_url(re.compile(r"/packs/\d+/"))
    assert chosen() == ["5.1.1", "5.1.2"]


def test_another_edition_brings_its_own_clauses_and_a_new_estimate(open_page: Any, leader: User) -> None:
    page = open_page("desktop", leader)
    page.goto(ADDRESS)
    page.wait_for_selector("#pack-estimate .stat, #pack-estimate .alert")
    with page.expect_response(lambda answer: "/estimate/" in answer.url and "clauses=" not in answer.url):
        page.get_by_label("All of 5 Leadership").uncheck()
    with page.expect_response(
        re.compile(rf"/estimate/.*edition={StandardEdition.objects.get(slug='iso-9001-2015').pk}")
    ):
        page.get_by_label("Edition").select_option(label="ISO 9001 2015 (edition 5)")
    expect(page.locator(".clause-group-name")).to_have_text("4 Context of the organization")
    expect(page.locator(".clause-group-name")).to_have_count(1)
    assert_accessible(page)


def test_without_javascript(open_page: Any, leader: User) -> None:
    page = open_page("phone", leader, java_script_enabled=False)
    page.goto(ADDRESS + "?clause=5.1.1")
    page.get_by_label("5.1.2 Customer focus").check()
    page.get_by_role("button", name="Build the pack").click()
    expect(page.locator("h1")).to_contain_text("5.1.1")
    assert chosen() == ["5.1.1", "5.1.2"]
