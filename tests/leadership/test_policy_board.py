"""Policies of the past: a superseded version counts on its day, and a pack shows what was in force in its period."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta

import pytest

from audits.models import Pack, PackItem
from audits.services.pack_data import FrozenPack
from audits.services.pack_render import part_html
from leadership.models import Policy
from leadership.services import policy as service
from leadership.services.policy_board import policy as board_of
from qms.models import Clause, ClauseLink, User
from qms.services.coverage import coverage
from tests.audits.packs import built, clauses
from tests.factories import NOW, TODAY, ClauseFactory, MappingFactory, SiteFactory, hiro, yusuf
from tests.leadership.policies import approve, drafted, top

pytestmark = pytest.mark.django_db
THEN = datetime(2025, 3, 3, 15, tzinfo=UTC)
LAST_YEAR = {"from_on": date(2025, 1, 1), "to_on": date(2025, 12, 31)}


@pytest.fixture
def boss() -> User:
    return top(yusuf())


@pytest.fixture
def clause() -> Clause:
    clauses()
    found: Clause = ClauseFactory(number="5.2.1", title="Establishing the policy", max_age_days=365)
    MappingFactory(kind="policy", subtype="", clause=found)
    return found


def old_and_new(boss: User) -> tuple[Policy, Policy]:
    """The policy of March 2025, superseded today."""
    review_on = THEN.date() + timedelta(days=365)
    old = approve(drafted(boss, text="Fit for 2025.", at=THEN), boss, at=THEN, review_on=review_on)
    new = approve(drafted(boss, text="Fit for 2026."), boss)
    old.refresh_from_db()
    return old, new


def status(clause: Clause, boss: User, on: date) -> str:
    (found,) = [row for row in coverage(clause.edition, [boss.person.site], on=on) if row.clause == clause]
    return str(found.status)


def held(boss: User, from_on: date, to_on: date) -> list[tuple[int, str]]:
    board = board_of([boss.person.site], from_on=from_on, to_on=to_on, on=TODAY, by=None)
    return [(row["number"], row["ended_on"]) for row in board.get("policies", [])]


def board_words(pack: Pack) -> str:
    frozen = FrozenPack(pack)
    html = "".join(part_html(part, frozen) for part in pack.parts.all() if part.spec["form"] == "boards")
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))


def test_superseded_policy_counts_on_its_own_day_and_not_on_todays(boss: User, clause: Clause) -> None:
    old, new = old_and_new(boss)
    assert (old.status, new.status) == ("superseded", "approved")
    assert {link.record_id for link in ClauseLink.objects.filter(clause=clause, counts=True)} == {old.pk, new.pk}
    assert status(clause, boss, date(2025, 6, 30)) == "current"
    assert status(clause, boss, TODAY - timedelta(days=1)) == "stale"
    assert status(clause, boss, TODAY) == "current"


def test_pack_of_last_year_holds_last_years_policy_and_its_text(boss: User, clause: Clause) -> None:
    old, new = old_and_new(boss)
    pack = built(hiro(), [clause], at=NOW + timedelta(hours=1), **LAST_YEAR)
    items = PackItem.objects.filter(pack=pack)
    assert [(item.record_id, item.standing) for item in items] == [(old.pk, PackItem.Standing.COUNTS)]
    words = board_words(pack)
    assert f"1 {old.reference} Denver plant 3 Mar 2025" in words
    assert "superseded Yusuf Chen" in words
    assert "Fit for 2025." in words
    assert new.reference not in words


def test_version_stands_for_every_day_on_which_it_held(boss: User) -> None:
    old_and_new(boss)
    today = TODAY.isoformat()
    assert held(boss, date(2024, 1, 1), date(2025, 3, 2)) == []
    assert held(boss, date(2025, 3, 3), date(2025, 3, 3)) == [(1, today)]
    assert held(boss, date(2026, 6, 1), date(2026, 6, 30)) == [(1, today)]  # its event date lies before the period
    assert held(boss, TODAY, TODAY) == [(1, today), (2, "")]
    assert held(boss, TODAY + timedelta(days=1), TODAY + timedelta(days=9)) == [(2, "")]


def test_withdrawn_version_held_until_its_withdrawal(boss: User) -> None:
    _old, new = old_and_new(boss)
    service.withdraw(new, reason="The plant is sold", by=boss, at=NOW + timedelta(days=5))
    gone = TODAY + timedelta(days=5)
    assert held(boss, gone, gone) == [(2, gone.isoformat())]
    assert held(boss, gone + timedelta(days=1), gone + timedelta(days=1)) == []


def test_board_knows_the_organizations_policy_and_no_other_sites_nor_confidential_ones_nor_drafts(boss: User) -> None:
    approve(drafted(boss, applies_to=None, title="For all"), boss)
    approve(drafted(boss, applies_to=SiteFactory(code="LYO")), boss)
    secret = drafted(boss)
    Policy.objects.filter(pk=secret.pk).update(is_confidential=True)
    approve(secret, boss)
    drafted(boss)
    board = board_of([boss.person.site], from_on=TODAY, to_on=TODAY, on=TODAY, by=None)
    assert [(row["title"], row["applies_to"]) for row in board["policies"]] == [("For all", "")]
