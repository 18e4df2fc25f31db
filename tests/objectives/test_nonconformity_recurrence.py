"""The same root cause again: counted within 24 months, over what the user may see."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse

from objectives.models import Nonconformity, lookback_start
from objectives.services import nonconformity as service
from objectives.services import nonconformity_recurrence as recurrence
from qms.models import User
from tests.factories import NOW, TODAY, cast_member, hiro, omar, yusuf
from tests.objectives.actions import as_user
from tests.objectives.nonconformities import analyzed, closed, raised, url

pytestmark = pytest.mark.django_db
PAGE = reverse("objectives:nonconformity-recurrence")


def times(user: User) -> dict[str, int]:
    rows = recurrence.with_times(Nonconformity.objects.visible_to(user), user)
    return dict(rows.values_list("title", "earlier"))


def test_third_time_within_24_months_names_the_two_before() -> None:
    boss = yusuf()
    first = analyzed(boss, title="A", happened_on=TODAY - timedelta(days=700))
    second = analyzed(boss, title="B", happened_on=TODAY - timedelta(days=100))
    third = analyzed(boss, title="C")
    analyzed(boss, "Old papers", title="D")
    found = recurrence.of(third, boss)
    assert (found.time, found.is_repeat) == (3, True)
    assert [row.pk for row in found.earlier] == [first.pk, second.pk]
    assert [row.pk for row in recurrence.of(first, boss).later] == [second.pk, third.pk]
    assert times(boss) == {"A": 0, "B": 1, "C": 2, "D": 0}


def test_slow_one_comes_back_by_the_day_it_happened_and_not_by_its_closing() -> None:
    boss = yusuf()
    closed(boss, title="Slow", happened_on=TODAY - timedelta(days=300))
    analyzed(boss, title="Meanwhile", happened_on=TODAY - timedelta(days=100))
    assert times(boss) == {"Slow": 0, "Meanwhile": 1}
    rows = recurrence.come_back(Nonconformity.objects.visible_to(boss), boss)
    assert list(rows.values_list("title", flat=True)) == ["Meanwhile"]


def test_lookback_ends_on_its_first_day() -> None:
    boss = yusuf()
    edge = lookback_start(TODAY)
    analyzed(boss, title="Just in", happened_on=edge)
    analyzed(boss, title="Just out", happened_on=edge - timedelta(days=1))
    now = analyzed(boss, title="Now")
    assert [row.title for row in recurrence.of(now, boss).earlier] == ["Just in"]
    assert times(boss)["Now"] == 1


def test_on_one_day_the_one_entered_first_came_first() -> None:
    boss = yusuf()
    one, two = analyzed(boss, title="One"), analyzed(boss, title="Two")
    assert (recurrence.of(one, boss).time, recurrence.of(two, boss).time) == (1, 2)
    assert times(boss) == {"One": 0, "Two": 1}


def test_withdrawn_ones_and_those_without_a_cause_do_not_count() -> None:
    boss = yusuf()
    service.withdraw(analyzed(boss, title="Gone"), reason="Twice", by=boss, at=NOW)
    raised(boss, title="No cause")
    now = analyzed(boss, title="Now")
    assert recurrence.of(now, boss).time == 1
    assert times(boss) == {"Gone": 0, "No cause": 0, "Now": 0}


def test_only_what_the_user_may_see_is_counted_and_named() -> None:
    boss, other, quality = yusuf(), cast_member("Ximena Vega"), hiro()
    analyzed(boss, title="Customer Acme", is_confidential=True)
    foreign = omar()
    analyzed(foreign, title="Lyon")
    now = analyzed(other, title="Now")
    assert recurrence.of(now, other).time == 1
    assert recurrence.of(now, quality).time == 2
    page = as_user(other).get(url(now)).content.decode()
    assert "Acme" not in page
    assert "time in 24 months" not in page
    assert "2nd time in 24 months" in as_user(quality).get(url(now)).content.decode()


def test_share_is_of_the_closed_ones_and_asks_for_a_later_event() -> None:
    boss = yusuf()
    long_ago = NOW - timedelta(days=300)
    closed(boss, at=long_ago)
    closed(boss, at=NOW - timedelta(days=60))
    analyzed(boss, happened_on=TODAY - timedelta(days=10))
    closed(boss, cause="Old papers", at=long_ago)
    analyzed(boss, "Never closed")
    wear, *rest = recurrence.causes(boss, today=TODAY)
    assert (wear.count, wear.closed, wear.came_back, wear.share) == (3, 2, 2, 100)
    assert [(line.name, line.closed, line.came_back, line.share) for line in rest] == [
        ("Never closed", 0, 0, None), ("Old papers", 1, 0, 0),
    ]  # fmt: skip


def test_event_before_the_closing_is_no_coming_back() -> None:
    boss = yusuf()
    closed(boss, at=NOW - timedelta(days=60))
    analyzed(boss, happened_on=TODAY - timedelta(days=61), at=NOW)
    (line,) = recurrence.causes(boss, today=TODAY)
    assert (line.count, line.closed, line.came_back) == (2, 1, 0)


def test_newest_five_are_named_and_all_are_counted() -> None:
    boss = yusuf()
    for age in range(recurrence.NAMED + 2):
        analyzed(boss, title=f"{age} days ago", happened_on=TODAY - timedelta(days=age))
    closed(boss, cause="Old papers", happened_on=lookback_start(TODAY) - timedelta(days=5))
    wear, old = recurrence.causes(boss, today=TODAY)
    assert wear.count == recurrence.NAMED + 2
    assert [row["title"] for row in wear.newest] == [f"{age} days ago" for age in range(recurrence.NAMED)]
    assert (old.count, old.closed, old.came_back, old.newest) == (0, 1, 0, [])


def test_page_shows_the_most_frequent_and_all_when_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("objectives.views.nonconformity_recurrence.MOST_LINES", 1)
    boss = yusuf()
    analyzed(boss)
    analyzed(boss)
    analyzed(boss, "Old papers")
    page = " ".join(as_user(boss).get(PAGE).content.decode().split())
    assert "The 1 most frequent of 2 causes" in page
    assert page.count("Old papers") < as_user(boss).get(PAGE, {"all": "1"}).content.decode().count("Old papers")


def test_page_says_how_it_counts_and_narrows_to_a_site() -> None:
    boss = yusuf()
    closed(boss, at=NOW - timedelta(days=60))
    analyzed(boss, title="Again", happened_on=TODAY - timedelta(days=10))
    text = " ".join(as_user(boss).get(PAGE).content.decode().split())
    for words in ("1 of 1 (100 %)", "No limit for tool wear", "The share is of the closed ones", "24 months from"):
        assert words in text, words
    assert "No root cause yet" in as_user(omar()).get(PAGE).content.decode()
    assert as_user(boss).get(PAGE, {"site": "x"}).status_code == 200


def test_list_shows_and_filters_what_came_back() -> None:
    boss = yusuf()
    analyzed(boss, title="First time")
    analyzed(boss, title="Second time")
    client, page = as_user(boss), reverse("objectives:nonconformity-list")
    text = client.get(page).content.decode()
    assert text.count("2nd time in 24 months") == 1
    repeated = client.get(page, {"view": "repeated"}).content.decode()
    assert "Second time" in repeated
    assert "First time" not in repeated
    assert "First time" not in client.get(page, {"only": "repeated"}).content.decode()
    sheet = b"".join(client.get(reverse("objectives:nonconformity-export")).streaming_content).decode()  # type: ignore[attr-defined]
    assert "Same cause before" in sheet
