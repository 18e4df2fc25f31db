"""Boards: columns cut short, what is overdue by level, proactive to reactive from kept sums."""

from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from objectives.models import ActionMonth, ImprovementAction
from objectives.services import action_board as service
from objectives.services import improvement_action
from tests.factories import NOW, TODAY, AreaFactory, PersonFactory, SiteFactory, cast_member, hiro, omar, yusuf
from tests.objectives.actions import as_user, done, opened

pytestmark = pytest.mark.django_db
BOARD, BALANCE = "/actions/board/", "/actions/balance/"


def sums() -> dict[tuple[str, str, str], int]:
    rows = ActionMonth.objects.exclude(count=0).select_related("area")
    return {(r.begins_on.isoformat(), r.area.name if r.area else "", r.drive.partition("-")[0]): r.count for r in rows}


def test_columns_hold_what_stands_there_soonest_due_first_and_are_cut_short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "PER_COLUMN", 2)
    boss = yusuf()
    for days in (9, 2, 5):
        opened(boss, title=str(days), due_on=TODAY + timedelta(days=days))
    done(boss, title="finished")
    columns = {column.status: column for column in as_user(boss).get(BOARD).context["columns"]}
    planned = columns["assessed"]
    assert ([a.title for a in planned.rows], planned.count, planned.has_more) == (["2", "5"], "2+", True)
    assert [a.title for a in columns["done"].rows] == ["finished"]


def test_board_shows_mine_my_area_or_all_of_the_place_and_period() -> None:
    boss, quality = yusuf(), hiro()
    area = AreaFactory()
    boss.person.area = area
    boss.person.save()
    opened(boss, title="mine")
    opened(quality, title="here", area=area)
    client = as_user(boss)

    def shown(**query: object) -> list[str]:
        columns = client.get(BOARD, query).context["columns"]
        return sorted(a.title for column in columns for a in column.rows)

    assert shown() == ["mine"]
    assert shown(view="area") == ["here"]
    assert shown(view="all") == ["here", "mine"]
    assert shown(view="all", area=area.pk) == ["here"]
    assert shown(view="all", since=TODAY + timedelta(days=1)) == []


def test_board_of_another_site_is_empty() -> None:
    opened(yusuf(), due_on=date(2020, 1, 1))
    stranger = as_user(omar())
    for query in ({"view": "all"}, {"view": "overdue"}):
        response = stranger.get(BOARD, query)
        assert not any(column.rows for column in response.context["columns"])
        assert response.context["levels"] == []


def test_overdue_stands_by_the_level_of_its_owner() -> None:
    boss = yusuf()
    middle = PersonFactory(name="Mia", manager=boss.person)
    low = PersonFactory(name="Leo", manager=middle)
    for owner, number in ((boss.person, 1), (middle, 2), (low, 1)):
        for _one in range(number):
            opened(boss, owner=owner, due_on=date(2020, 1, 1))
    opened(boss, owner=low)
    levels = as_user(boss).get(BOARD, {"view": "overdue"}).context["levels"]
    assert [(level.level, level.count) for level in levels] == [(1, 1), (2, 2), (3, 1)]


def test_overdue_numbers_say_where_counting_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    boss = yusuf()
    for _row in range(3):
        opened(boss, due_on=TODAY - timedelta(days=2))
    rows = ImprovementAction.objects.visible_to(boss)
    assert [level.count_words for level in service.overdue_by_level(rows, today=TODAY)] == ["3"]
    monkeypatch.setattr(service, "OVERDUE_COUNTED", 2)
    assert [level.count_words for level in service.overdue_by_level(rows, today=TODAY)] == ["2+"]


def test_circle_of_managers_ends() -> None:
    a = PersonFactory()
    b = PersonFactory(manager=a)
    type(a).objects.filter(pk=a.pk).update(manager=b)
    assert sorted(service.levels()) == sorted([a.pk, b.pk])


def test_sums_follow_opening_changing_and_withdrawing() -> None:
    boss = yusuf()
    area = AreaFactory()
    action = opened(boss, area=area)
    opened(boss, origin="complaint")
    assert sums() == {("2026-11-01", area.name, "proactive"): 1, ("2026-11-01", "", "reactive"): 1}
    improvement_action.change(action, version=1, reason="Wrong", origin="audit_finding", by=boss, at=NOW)
    assert sums() == {("2026-11-01", area.name, "reactive"): 1, ("2026-11-01", "", "reactive"): 1}
    improvement_action.withdraw(action, reason="Twice", by=boss, at=NOW)
    assert sums() == {("2026-11-01", "", "reactive"): 1}


def test_recounting_gives_the_same_sums() -> None:
    boss = yusuf()
    opened(boss, area=AreaFactory())
    opened(boss, origin="complaint")
    improvement_action.withdraw(opened(boss), reason="Twice", by=boss, at=NOW)
    before = sums()
    service.recount()
    assert sums() == before


def test_balance_tells_share_and_n_for_every_month() -> None:
    boss = yusuf()
    for origin in ("walk", "walk", "risk", "complaint"):
        opened(boss, origin=origin)
    months = service.balance([SiteFactory()], from_on=date(2026, 10, 1), to_on=date(2026, 11, 30))
    assert [(m.month.month, m.proactive, m.reactive, m.n, m.share) for m in months] == [
        (10, 0, 0, 0, None), (11, 3, 1, 4, 75.0),
    ]  # fmt: skip
    assert service.in_words(months).startswith("3 proactive to 1 reactive: 75 %")
    assert service.in_words([]) == "No action began in this period."


def test_balance_page_counts_only_visible_sites_and_takes_a_period() -> None:
    opened(yusuf(), origin="complaint")
    query = {"since": "2026-11-01", "until": "2026-11-30"}
    page = as_user(hiro()).get(BALANCE, query)
    assert [row.n for row in page.context["months"]] == [1]
    assert [row.n for row in as_user(omar()).get(BALANCE, query).context["months"]] == [0]
    wrong = as_user(cast_member("Nia Okafor")).get(BALANCE, {"since": "2026-11-30", "until": "2026-11-01"})
    assert wrong.status_code == 200


def test_boards_cost_the_same_for_one_and_for_many() -> None:
    boss = yusuf()
    client = as_user(boss)
    addresses = [BOARD + "?view=all", BOARD + "?view=overdue", BALANCE, reverse("objectives:idea-new")]
    counts = []
    for number in (1, 5):
        for _one in range(number):
            opened(boss, owner=PersonFactory(), area=AreaFactory(name=f"A{number}"), due_on=date(2020, 1, 1))
        costs = []
        for address in addresses:
            client.get(address)
            with CaptureQueriesContext(connection) as queries:
                client.get(address)
            costs.append(len(queries))
        counts.append(costs)
    assert counts[0] == counts[1]
    assert max(counts[0]) <= 14, counts
    assert ImprovementAction.objects.count() == 6
