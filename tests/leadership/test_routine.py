"""Routines: proposed and agreed by the leader, planned by rule and calendar, changed from a day on, ended."""

import uuid
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from leadership.models import Occurrence, Routine
from leadership.services import occurrence, occurrence_plan
from leadership.services import routine as service
from qms.models import Notification, TrailEntry, User
from qms.services import site_calendar
from qms.services.record import IllegalTransition, StaleRecord
from tests.factories import NOW, TODAY, ActivityTypeFactory, AreaFactory, SiteFactory, cast_member, hiro, omar, yusuf

pytestmark = pytest.mark.django_db
MON = date(2026, 11, 23)


@pytest.fixture
def leader() -> User:
    return yusuf()


def routine_of(leader: User, rule: str = "FREQ=WEEKLY;BYDAY=FR", **fields: Any) -> Routine:
    values: dict[str, Any] = {
        "uid": uuid.uuid4(), "owner": leader.person, "site": leader.person.site, "by": leader, "at": NOW,
        "activity_type": ActivityTypeFactory(), "rule": rule, "starts_on": TODAY,
    }  # fmt: skip
    return service.propose(**(values | fields))


def planned(routine: Routine, *statuses: str) -> list[date]:
    rows = routine.occurrences.filter(status__in=statuses or ["planned"])
    return list(rows.order_by("planned_on").values_list("planned_on", flat=True))


def close(leader: User, first: date, last: date | None = None) -> None:
    assert leader.person.site is not None
    site_calendar.add_closure(
        leader.person.site, starts_on=first, ends_on=last or first, reason="Shutdown", by=leader, at=NOW
    )


def test_own_routine_is_agreed_at_once_and_planned_six_weeks_ahead(leader: User) -> None:
    routine = routine_of(leader)
    assert (routine.status, routine.title) == ("agreed", "Floor walk, every week on Friday")
    assert planned(routine) == [TODAY + timedelta(days=7 * n) for n in range(7)]
    verbs = TrailEntry.objects.filter(chain=routine.trail_key).order_by("seq").values_list("verb", flat=True)
    assert list(verbs) == ["routine.proposed", "routine.agreed", "routine.planned"]


def test_proposal_waits_for_the_leader_and_nobody_else_agrees(leader: User) -> None:
    manager = hiro()
    routine = routine_of(leader, by=manager)
    assert (routine.status, planned(routine)) == ("proposed", [])
    assert "Hiro Weber proposes a routine" in Notification.objects.get(user=leader).text
    with pytest.raises(service.NotTheLeader):
        service.agree(routine, by=manager, at=NOW)
    assert service.agree(routine, by=leader, at=NOW).status == "agreed"
    assert len(planned(routine)) == 7
    with pytest.raises(IllegalTransition):
        service.withdraw(routine, reason="No", by=manager, at=NOW)


def test_proposal_is_seen_by_the_leader_and_who_proposed_it_only(leader: User) -> None:
    manager, colleague = hiro(), cast_member("Nils Berg")
    routine_of(leader, by=manager)
    seen = [Routine.objects.all().visible_to(user).count() for user in (leader, manager, colleague, omar())]
    assert seen == [1, 1, 0, 0]


def test_same_uid_gives_the_first_one(leader: User) -> None:
    first = routine_of(leader)
    assert routine_of(leader, uid=first.uid, rule="FREQ=DAILY") == first
    assert Routine.objects.count() == 1


def test_planning_again_adds_nothing_and_goes_on_later(leader: User) -> None:
    routine = routine_of(leader)
    before = planned(routine)
    assert occurrence_plan.plan(routine, at=NOW) == 0
    assert planned(routine) == before
    assert occurrence_plan.plan_all(at=NOW) == 0
    assert occurrence_plan.plan_all(at=NOW + timedelta(days=21)) == 3
    assert planned(routine) == [TODAY + timedelta(days=7 * n) for n in range(10)]


def test_daily_routine_keeps_to_working_days_and_says_what_a_closure_excused(leader: User) -> None:
    close(leader, MON, MON + timedelta(days=1))
    routine = routine_of(leader, "FREQ=DAILY", ends_on=MON + timedelta(days=7))
    assert planned(routine) == [TODAY, *(MON + timedelta(days=n) for n in (2, 3, 4, 7))]
    assert planned(routine, "excused") == [MON, MON + timedelta(days=1)]
    assert {row.note for row in routine.occurrences.filter(status="excused")} == {"The site was closed: Shutdown"}


@pytest.mark.parametrize(
    ("on_closed", "day"), [("next", date(2026, 11, 30)), ("previous", date(2026, 11, 26)), ("skip", None)]
)
def test_closed_day_is_moved_or_left_out_by_choice(leader: User, on_closed: str, day: date | None) -> None:
    close(leader, date(2026, 11, 27))
    routine = routine_of(leader, on_closed=on_closed, starts_on=MON, ends_on=date(2026, 12, 1))
    assert planned(routine) == ([day] if day else [])
    assert planned(routine, "excused") == ([] if day else [date(2026, 11, 27)])
    moved = routine.occurrences.get()
    assert (moved.rule_on, moved.is_moved) == (date(2026, 11, 27), day is not None)


def test_day_of_the_month_on_a_weekend_is_never_planned_or_moved_by_choice(leader: User) -> None:
    span = {"starts_on": date(2026, 11, 23), "ends_on": date(2026, 12, 31)}
    skipped = routine_of(leader, "FREQ=MONTHLY;BYMONTHDAY=13", **span)
    moved = routine_of(leader, "FREQ=MONTHLY;BYMONTHDAY=13", on_closed="next", **span)
    assert (planned(skipped, "planned", "excused"), planned(moved)) == ([], [date(2026, 12, 14)])


def test_areas_take_turns(leader: User) -> None:
    areas = [AreaFactory(name=name) for name in ("Line 1", "Line 2", "Line 3")]
    routine = routine_of(leader, where="rotating", areas=areas)
    occurrence_plan.plan_all(at=NOW + timedelta(days=21))
    names = [row.area.name for row in routine.occurrences.order_by("planned_on") if row.area]
    assert names == ["Line 1", "Line 2", "Line 3"] * 3 + ["Line 1"]


@pytest.mark.parametrize(
    ("fields", "window"),
    [
        ({}, ("06:00", "20T07:00", "21T07:00")),
        ({"opens_before_hours": 24, "grace_hours": 4}, ("06:00", "19T07:00", "21T11:00")),
        ({"shift": "night"}, ("22:00", "21T05:00", "21T13:00")),
    ],
)
def test_window_is_the_day_or_the_shift_with_what_is_added(
    leader: User, fields: dict[str, Any], window: tuple[str, str, str]
) -> None:
    assert leader.person.site is not None
    site_calendar.add_shift(leader.person.site, name="Night", begins=time(22), ends=time(6), by=leader, at=NOW)
    at_time = None if "shift" in fields else time(6)
    row = routine_of(leader, at_time=at_time, **fields).occurrences.order_by("planned_on")[0]
    begins = row.begins_at.astimezone(row.site.zone)
    assert (f"{begins:%H:%M}", f"{row.opens_at:%dT%H:%M}", f"{row.closes_at:%dT%H:%M}") == window


def test_day_on_which_the_clocks_change_has_23_hours(leader: User) -> None:
    assert leader.person.site is not None
    calendar = site_calendar.calendar_of(leader.person.site)
    routine = routine_of(leader)
    _begins, opens_at, closes_at = occurrence_plan.window(routine, calendar, date(2027, 3, 14))
    assert closes_at - opens_at == timedelta(hours=23)
    assert opens_at == datetime(2027, 3, 14, 7, tzinfo=UTC)


def test_change_takes_effect_on_a_day_and_what_was_planned_before_stays(leader: User) -> None:
    routine = routine_of(leader)
    changed = service.change(
        routine, version=routine.version, reason="Tuesdays are calmer", rule="FREQ=WEEKLY;BYDAY=TU",
        effective_on=date(2026, 12, 1), by=leader, at=NOW,
    )  # fmt: skip
    assert planned(changed) == [
        TODAY, date(2026, 11, 27), *(date(2026, 12, 1) + timedelta(days=7 * n) for n in range(5)),
    ]  # fmt: skip
    assert planned(changed, "cancelled") == [date(2026, 12, 4) + timedelta(days=7 * n) for n in range(5)]
    assert {row.note for row in changed.occurrences.filter(status="cancelled")} == {"Tuesdays are calmer"}
    versions = {row.planned_on: row.routine_version for row in changed.occurrences.filter(status="planned")}
    assert (versions[TODAY], versions[date(2026, 12, 1)]) == (2, 3)
    assert changed.title == "Floor walk, every week on Tuesday"


def test_change_to_the_same_day_replaces_the_cancelled_one(leader: User) -> None:
    routine = routine_of(leader)
    changed = service.change(
        routine,
        version=routine.version,
        reason="Longer",
        minutes=30,
        effective_on=date(2026, 11, 27),
        by=leader,
        at=NOW,
    )
    assert planned(changed) == [TODAY + timedelta(days=7 * n) for n in range(7)]
    assert len(planned(changed, "cancelled")) == 6


def test_change_is_refused_for_the_past_without_reason_and_when_stale(leader: User) -> None:
    routine = routine_of(leader)
    with pytest.raises(ValidationError):
        service.change(routine, version=routine.version, reason=" ", by=leader, at=NOW)
    with pytest.raises(ValidationError):
        service.change(
            routine, version=routine.version, reason="x", effective_on=TODAY - timedelta(days=1), by=leader, at=NOW
        )
    with pytest.raises(StaleRecord):
        service.change(routine, version=1, reason="x", by=leader, at=NOW)


def test_ended_routine_keeps_the_past_and_cancels_the_rest(leader: User) -> None:
    routine = routine_of(leader)
    ended = service.end(routine, reason="Another job", by=leader, at=NOW)
    assert (ended.status, ended.ends_on, planned(ended), len(planned(ended, "cancelled"))) == (
        "ended",
        TODAY,
        [TODAY],
        6,
    )
    assert occurrence_plan.plan_all(at=NOW + timedelta(days=30)) == 0


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"rule": "FREQ=HOURLY"}, "rule"),
        ({"ends_on": date(2026, 1, 1)}, "ends_on"),
        ({"where": "rotating"}, "areas"),
        ({"shift": "Night"}, "shift"),
        ({"grace_hours": 1000}, "grace_hours"),
    ],
)
def test_routine_that_makes_no_sense_is_refused(leader: User, fields: dict[str, Any], field: str) -> None:
    with pytest.raises(ValidationError) as error:
        routine_of(leader, **fields)
    assert list(error.value.message_dict) == [field]
    assert Routine.objects.count() == 0


def test_area_of_another_site_is_refused(leader: User) -> None:
    with pytest.raises(ValidationError):
        routine_of(leader, where="all", areas=[AreaFactory(site=SiteFactory(code="LYO"), name="Hall")])


def test_database_holds_one_live_time_a_day_and_one_activity_a_time(leader: User) -> None:
    row = routine_of(leader).occurrences.order_by("planned_on")[0]
    again = {name: getattr(row, name) for name in (
        "routine", "leader", "site", "activity_type", "planned_on", "begins_at", "opens_at", "closes_at",
    )}  # fmt: skip
    with pytest.raises(IntegrityError, match=r"occurrence_one_a_day|planned_on|append-only"), transaction.atomic():
        Occurrence.objects.create(**again, routine_version=99, rule_on=row.rule_on)
    with pytest.raises(IntegrityError, match="occurrence_done_by_an_activity"), transaction.atomic():
        Occurrence.objects.filter(pk=row.pk).update(status="done")


FORM = {
    "activity_type": "", "frequency": "weekly", "every": "2", "weekdays": ["5"], "nth": "1", "weekday": "1",
    "per_year": "1", "starts_on": "2026-11-27", "minutes": "15", "where": "anywhere", "on_closed": "next",
    "opens_before_hours": "0", "grace_hours": "24", "owner": "Yusuf Chen",
}  # fmt: skip


def test_pages_enter_and_change_a_routine(client: Client, leader: User) -> None:
    client.force_login(leader)
    kind, site = ActivityTypeFactory(), leader.person.site
    assert site is not None
    sent = FORM | {"activity_type": kind.pk, "site": site.pk, "uid": str(uuid.uuid4())}
    response = client.post(reverse("leadership:routine-new"), sent)
    routine = Routine.objects.get()
    assert response.url == reverse("leadership:routine-detail", args=[routine.pk])
    assert (routine.rule, routine.status, routine.grace_hours) == ("FREQ=WEEKLY;INTERVAL=2;BYDAY=FR", "agreed", 24)
    page = client.get(reverse("leadership:routine-edit", args=[routine.pk]))
    assert page.context["form"].initial["weekdays"] == [5]
    sent |= {"frequency": "last", "every": "1", "version": routine.version, "reason": "Once a month is enough"}
    assert client.post(reverse("leadership:routine-edit", args=[routine.pk]), sent).status_code == 302
    routine.refresh_from_db()
    assert (routine.rule, routine.often) == (
        "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1", "every month on the last working day",
    )  # fmt: skip


def test_page_says_which_weekday_is_missing(client: Client, leader: User) -> None:
    client.force_login(leader)
    site = leader.person.site
    assert site is not None
    sent = FORM | {"activity_type": ActivityTypeFactory().pk, "site": site.pk, "weekdays": [], "uid": str(uuid.uuid4())}
    response = client.post(reverse("leadership:routine-new"), sent)
    assert "Choose at least one day of the week." in response.content.decode()
    assert Routine.objects.count() == 0


def test_colleague_may_look_and_not_change(client: Client, leader: User) -> None:
    routine = routine_of(leader)
    occurrence.judge(at=NOW + timedelta(days=2))
    address = reverse("leadership:routine-detail", args=[routine.pk])
    client.force_login(leader)
    assert "Planned time missed" in client.get(address).content.decode()
    client.force_login(cast_member("Nils Berg"))
    page = client.get(address)
    assert page.status_code == 200
    assert "Planned time missed" not in page.content.decode()
    assert "adherence" not in page.context
    assert client.get(reverse("leadership:routine-edit", args=[routine.pk])).status_code == 403
    client.force_login(omar())
    assert client.get(reverse("leadership:routine-detail", args=[routine.pk])).status_code == 404


def test_list_and_page_cost_the_same_queries_for_few_and_many(client: Client, leader: User) -> None:
    client.force_login(leader)
    counts = []
    for number in (1, 3):
        for _n in range(number):
            routine = routine_of(leader, "FREQ=DAILY")
        for url in (reverse("leadership:routine-list"), reverse("leadership:standard-work")):
            with CaptureQueriesContext(connection) as queries:
                assert client.get(url).status_code == 200
            counts.append(len(queries))
    assert counts[:2] == counts[2:]
    assert max(counts) <= 12
    assert client.get(reverse("leadership:routine-detail", args=[routine.pk])).status_code == 200
