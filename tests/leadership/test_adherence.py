"""Adherence: what is counted and what is not, its band, what is worth a talk, and who may see it."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from leadership.models import Occurrence, Routine
from leadership.services import adherence, adherence_sheet, occurrence
from leadership.services.adherence import Adherence
from qms.models import User
from qms.permissions import AccessProfile
from tests.factories import NOW, cast_member, hiro, logged_activity, omar, yusuf
from tests.leadership.test_routine import routine_of

pytestmark = pytest.mark.django_db
FIRST, LAST = date(2026, 6, 1), date(2026, 11, 19)


@pytest.fixture
def leader() -> User:
    return yusuf()


@pytest.fixture
def routine(leader: User) -> Routine:
    return routine_of(leader, starts_on=date(2027, 1, 1))


def time_on(routine: Routine, day: date, status: str, **facts: Any) -> Occurrence:
    """A planned time of a day in the past, as it stands now."""
    noon = datetime(day.year, day.month, day.day, 18, tzinfo=UTC)
    return Occurrence.objects.create(
        routine=routine, routine_version=1, leader=routine.owner, site=routine.site,
        activity_type=routine.activity_type, rule_on=day, planned_on=day, begins_at=noon, opens_at=noon,
        closes_at=noon + timedelta(hours=12), status=status, **facts,
    )  # fmt: skip


def done(
    routine: Routine, leader: User, number: int, *, minute: int | None = None, entered: datetime | None = None
) -> None:
    """The planned time of the day so many days after FIRST, done in its window by an act at that minute."""
    day = FIRST + timedelta(days=number)
    when = datetime(day.year, day.month, day.day, 19, (number * 7) % 60 if minute is None else minute, tzinfo=UTC)
    walk = logged_activity(leader, at=entered or when, happened_at=when, occurred_on=day)
    time_on(routine, day, "done", activity=walk)


def notes(leader: User) -> list[str]:
    return adherence.coaching(leader.person, FIRST, LAST)


@pytest.mark.parametrize(
    ("figures", "percent", "late", "band"),
    [
        ({"done": 9, "late": 1}, 90, 10, "healthy"),
        ({"done": 17, "missed": 3}, 85, 0, "healthy"),
        ({"done": 16, "missed": 4}, 80, 0, "below"),
        ({"done": 20}, 100, 0, "above"),
        ({"missed": 2}, 0, None, "below"),
        ({"excused": 5}, None, None, ""),
    ],
)
def test_share_band_and_lateness(figures: dict[str, int], percent: int | None, late: int | None, band: str) -> None:
    found = Adherence(**figures)
    assert (found.percent, found.late_percent, found.band) == (percent, late, band)
    assert found.counted == sum(number for name, number in figures.items() if name != "excused")


def test_excused_planned_and_cancelled_times_are_not_counted(leader: User, routine: Routine) -> None:
    for number in range(4):
        done(routine, leader, number)
    walk = logged_activity(leader)
    time_on(routine, date(2026, 7, 1), "late", activity=walk)
    time_on(routine, date(2026, 7, 2), "missed", cause="customer", explained_at=NOW)
    time_on(routine, date(2026, 7, 3), "missed")
    time_on(routine, date(2026, 7, 6), "excused", note="Closed")
    time_on(routine, date(2026, 7, 7), "cancelled", note="Changed")
    time_on(routine, date(2026, 7, 8), "planned")
    time_on(routine, date(2026, 5, 29), "missed")
    with CaptureQueriesContext(connection) as queries:
        total, kinds = adherence.measure(adherence.of_site(routine.site), FIRST, LAST)
    assert len(queries) == 1
    assert total == Adherence(
        done=4, late=1, missed=2, excused=1, unexplained=1, causes=[("A customer or an authority was here", 1)]
    )
    assert (total.counted, total.percent, total.late_percent) == (7, 57, 20)
    assert [(line.label, line.adherence) for line in kinds] == [("Floor walk", total)]
    months = adherence.by_month(adherence.of_person(leader.person), FIRST, LAST)
    assert [(line.label, line.adherence.counted) for line in months] == [("Jun 2026", 4), ("Jul 2026", 3)]


@pytest.mark.parametrize(("number", "is_told"), [(19, False), (20, True)])
def test_constant_hundred_percent_is_worth_a_talk_from_twenty_on(
    leader: User, routine: Routine, number: int, is_told: bool
) -> None:
    for n in range(number):
        done(routine, leader, n)
    assert any("That is rare" in words for words in notes(leader)) == is_told
    time_on(routine, date(2026, 9, 1), "missed")
    assert not any("That is rare" in words for words in notes(leader))


@pytest.mark.parametrize(("number", "is_told"), [(9, False), (10, True)])
def test_entries_of_the_last_day_of_the_month_are_pointed_out(
    leader: User, routine: Routine, number: int, is_told: bool
) -> None:
    for n in range(number):
        done(routine, leader, n, entered=datetime(2026, 6, 30, 20, n, tzinfo=UTC))
    assert any("2026-06 were made on the last day" in words for words in notes(leader)) == is_told


@pytest.mark.parametrize(("number", "is_told"), [(9, False), (10, True)])
def test_acts_at_the_same_minute_are_pointed_out(leader: User, routine: Routine, number: int, is_told: bool) -> None:
    for n in range(number):
        done(routine, leader, n, minute=0)
    assert any("entered as of 13:00" in words for words in notes(leader)) == is_told


def test_acts_at_the_planned_minute_are_not(leader: User, routine: Routine) -> None:
    Routine.objects.update(at_time="13:00")
    for n in range(12):
        done(routine, leader, n, minute=0)
    assert not any("entered as of" in words for words in notes(leader))


@pytest.mark.parametrize(("quiet", "is_told"), [(14, False), (15, True)])
def test_streak_without_anything_heard_is_pointed_out(
    leader: User, routine: Routine, quiet: int, is_told: bool
) -> None:
    done(routine, leader, 0)
    Occurrence.objects.get(planned_on=FIRST).activity.stops.create(heard="Inserts wear too fast")  # type: ignore[union-attr]
    for n in range(quiet):
        done(routine, leader, n + 1)
    assert any("nothing was heard" in words for words in notes(leader)) == is_told


def test_person_is_seen_by_himself_the_leaders_above_and_the_quality_manager(client: Client, leader: User) -> None:
    boss, colleague = cast_member("Maria Chief"), cast_member("Nils Berg")
    leader.person.manager = boss.person
    leader.person.save()
    address = reverse("leadership:adherence-person", args=[leader.person.uid])
    answers = {}
    for user in (leader, boss, hiro(), colleague, cast_member("Ana Aud", AccessProfile.INTERNAL_AUDITOR), omar()):
        client.force_login(user)
        answers[user.person.name] = client.get(address).status_code
    assert answers == {
        "Yusuf Chen": 200, "Maria Chief": 200, "Hiro Weber": 200, "Nils Berg": 403, "Ana Aud": 403,
        "Omar Outsider": 404,
    }  # fmt: skip


def test_site_page_names_nobody_and_costs_the_same_for_few_and_many(
    client: Client, leader: User, routine: Routine
) -> None:
    client.force_login(hiro())
    counts = []
    for n in range(2):
        for number in range(3 * n, 3 * n + 1 + 2 * n):
            done(routine, leader, number)
        with CaptureQueriesContext(connection) as queries:
            page = client.get(reverse("leadership:adherence"), {"months": 12})
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 12
    assert page.context["total"].done == 4
    assert "Yusuf Chen" not in page.content.decode()


def test_pack_sheet_tells_the_sites_figures_as_of_the_cut_off(leader: User) -> None:
    routine = routine_of(leader)
    row = routine.occurrences.order_by("planned_on")[0]
    after = row.closes_at + timedelta(hours=1)
    occurrence.judge(at=after)
    content = {"site": "DEN", "subtype": "floor-walk", "is_confidential": False}
    words = {"name": str, "text": str.upper}
    before = adherence_sheet.sheet_facts({routine.pk: content}, at=after, **words)[routine.pk]
    occurrence.explain(row, cause="emergency", note="Press fire", by=leader, at=after + timedelta(hours=1))
    later = adherence_sheet.sheet_facts({routine.pk: content}, at=after + timedelta(hours=2), **words)[routine.pk]
    assert before["kind"] == {"done": 0, "late": 0, "missed": 1, "n": 1, "percent": 0, "excused": 0} == later["site"]
    assert before["misses"] == [{"day": "2026-11-20", "cause": "", "words": ""}]
    assert later["misses"] == [{"day": "2026-11-20", "cause": "Something urgent came first", "words": "PRESS FIRE"}]
    again = adherence_sheet.sheet_facts({routine.pk: content}, at=after, **words)[routine.pk]
    assert again == before
