"""What becomes of planned times: done by logging, matched by a stated rule, late, missed, excused, moved."""

import uuid
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from leadership.models import Activity, Occurrence
from leadership.services import activity as activity_service
from leadership.services import occurrence as service
from qms.models import TrailEntry, User
from qms.services import absence, site_calendar
from qms.services.record import CannotChange
from qms.services.trail_check import verify
from tests.factories import NOW, TODAY, ActivityTypeFactory, AreaFactory, PersonFactory, cast_member, hiro, omar, yusuf
from tests.leadership.test_log import entry
from tests.leadership.test_routine import routine_of

pytestmark = pytest.mark.django_db
THAT_DAY = datetime(2026, 11, 20, 18, tzinfo=UTC)
"""Eleven in the morning of Friday at the site, for which the routine is planned."""
AFTER = datetime(2026, 11, 21, 18, tzinfo=UTC)


@pytest.fixture
def leader() -> User:
    return yusuf()


def done(leader: User, *, when: datetime = THAT_DAY, **fields: Any) -> Activity:
    values: dict[str, Any] = {
        "uid": uuid.uuid4(), "activity_type": ActivityTypeFactory(), "site": leader.person.site, "title": "Walked",
        "happened_at": when, "by": leader, "at": max(when, THAT_DAY), "late_reason": "On paper first",
    }  # fmt: skip
    return activity_service.log(**(values | fields))


def first_of(leader: User, **fields: Any) -> Occurrence:
    return routine_of(leader, **fields).occurrences.order_by("planned_on")[0]


def stands(row: Occurrence) -> tuple[str, Activity | None]:
    row.refresh_from_db()
    return row.status, row.activity


def test_matching_activity_counts_by_itself_and_the_trail_says_so(leader: User) -> None:
    row = first_of(leader)
    walk = done(leader)
    assert stands(row) == ("done", walk)
    assert row.is_matched
    told = TrailEntry.objects.filter(chain=row.routine.trail_key).order_by("-seq")[0]
    assert (told.verb, walk.reference in told.changes) == ("routine.done", True)
    assert verify().problems == []


@pytest.mark.parametrize(
    "fields",
    [
        {"when": datetime(2026, 11, 20, 6, 59, tzinfo=UTC)},
        {"when": datetime(2026, 11, 21, 7, tzinfo=UTC), "at": AFTER},
        {"activity_type": "quality-review"},
        {"leaders": "Nils Berg"},
    ],
)
def test_activity_outside_the_window_of_another_kind_or_leader_does_not(leader: User, fields: dict[str, Any]) -> None:
    if "activity_type" in fields:
        fields = fields | {"activity_type": ActivityTypeFactory(slug="quality-review", prefix="REV")}
    if "leaders" in fields:
        fields = fields | {"leaders": [(PersonFactory(name="Nils Berg"), "")]}
    row = first_of(leader)
    done(leader, **fields)
    assert stands(row) == ("planned", None)


def test_planned_area_must_be_the_activitys_or_one_of_its_stops(leader: User) -> None:
    here, there = AreaFactory(name="Line 1"), AreaFactory(name="Line 2")
    row = first_of(leader, where="rotating", areas=[here])
    done(leader, area=there)
    assert stands(row) == ("planned", None)
    walk = done(leader, stops=[{"area": there, "seen": "Tags"}, {"area": here, "seen": "Gauge"}])
    assert stands(row) == ("done", walk)


def test_each_activity_counts_once_and_for_what_closes_first(leader: User) -> None:
    longer, shorter = first_of(leader, grace_hours=48), first_of(leader)
    first, second, third = done(leader), done(leader), done(leader)
    assert stands(shorter) == ("done", first)
    assert stands(longer) == ("done", second)
    assert not Occurrence.objects.filter(activity=third).exists()
    with pytest.raises(IntegrityError), transaction.atomic():
        Occurrence.objects.filter(pk=longer.pk).update(activity=first)


def test_chosen_time_is_done_late_and_stays_late(leader: User) -> None:
    row = first_of(leader)
    service.judge(at=AFTER)
    assert stands(row) == ("missed", None)
    walk = done(leader, when=AFTER, at=AFTER, planned=row.uid)
    assert stands(row) == ("late", walk)
    assert not row.is_matched
    assert service.judge(at=AFTER + timedelta(days=1)) == 0
    assert stands(row) == ("late", walk)


def test_chosen_time_that_cannot_count_loses_nothing(leader: User) -> None:
    row = first_of(cast_member("Nils Berg"))
    walk = done(leader, planned=row.uid)
    again = done(leader, planned=uuid.uuid4())
    assert [walk.status, again.status] == ["logged", "logged"]
    assert stands(row) == ("planned", None)


def test_stand_in_may_do_what_the_absent_leader_planned(leader: User) -> None:
    away, manager = cast_member("Nils Berg"), hiro()
    row = first_of(away)
    absence.enter(
        away.person, starts_on=TODAY, ends_on=TODAY, cause="leave", stand_in=leader.person, by=manager, at=NOW
    )
    service.judge(at=NOW)
    assert stands(row) == ("excused", None)
    walk = done(leader, planned=row.uid)
    assert stands(row) == ("done", walk)


def test_withdrawn_activity_opens_the_time_again_or_leaves_it_missed(leader: User) -> None:
    row = first_of(leader)
    walk = done(leader)
    activity_service.withdraw(walk, reason="Twice", by=leader, at=THAT_DAY)
    assert stands(row) == ("planned", None)
    other = done(leader)
    activity_service.withdraw(other, reason="Twice", by=leader, at=AFTER)
    assert stands(row) == ("missed", None)


def test_corrected_time_is_judged_again(leader: User) -> None:
    row = first_of(leader)
    walk = done(leader)
    late = datetime(2026, 11, 21, 8, tzinfo=UTC)
    activity_service.correct(walk, version=1, reason="Was Saturday", happened_at=late, by=leader, at=AFTER)
    assert stands(row) == ("late", walk)
    activity_service.correct(walk, version=2, reason="No, Friday", happened_at=THAT_DAY, by=leader, at=AFTER)
    assert stands(row) == ("done", walk)


def test_miss_waits_for_a_reason_and_keeps_it(leader: User) -> None:
    row = first_of(leader)
    with pytest.raises(CannotChange):
        service.explain(row, cause="customer", by=leader, at=NOW)
    service.judge(at=AFTER)
    assert list(service.missed_unexplained(leader)) == [row]
    with pytest.raises(ValidationError):
        service.explain(row, cause="other", by=leader, at=AFTER)
    service.explain(row, cause="customer", note=" Audit by  Gamma ", by=leader, at=AFTER)
    row.refresh_from_db()
    assert (row.cause, row.note, row.explained_by) == ("customer", "Audit by Gamma", leader)
    assert list(service.missed_unexplained(leader)) == []


def test_judging_twice_or_late_gives_the_same(leader: User) -> None:
    routine = routine_of(leader, "FREQ=DAILY")
    assert service.judge(at=AFTER) == 1
    assert service.judge(at=AFTER) == 0
    assert service.judge(at=NOW + timedelta(days=8)) == 5
    assert routine.occurrences.filter(status="missed").count() == 6


def test_approved_absence_and_closure_excuse_until_withdrawn(leader: User) -> None:
    manager, site = hiro(), leader.person.site
    assert site is not None
    row, other = first_of(leader), routine_of(leader).occurrences.order_by("planned_on")[1]
    away = absence.enter(leader.person, starts_on=TODAY, ends_on=TODAY, cause="leave", by=leader, at=NOW)
    assert service.judge(at=NOW) == 0
    absence.approve(away, by=manager, at=NOW)
    closed = site_calendar.add_closure(
        site, starts_on=other.planned_on, ends_on=other.planned_on, reason="Thanksgiving", by=manager, at=NOW
    )
    service.judge(at=NOW)
    assert (stands(row), stands(other)) == (("excused", None), ("excused", None))
    assert "leave" not in row.note.lower()
    absence.withdraw(away, by=manager, at=AFTER)
    site_calendar.withdraw_closure(closed, by=manager, at=AFTER)
    service.judge(at=AFTER)
    assert (stands(row), stands(other)) == (("missed", None), ("planned", None))


def test_time_is_moved_within_a_month_and_its_first_day_stays(leader: User) -> None:
    row = routine_of(leader).occurrences.order_by("planned_on")[1]
    for day in (date(2026, 11, 28), date(2026, 11, 19), date(2027, 1, 8), date(2026, 12, 4)):
        with pytest.raises(ValidationError):
            service.replan(row, planned_on=day, reason="Customer", by=leader, at=NOW)
    moved = service.replan(row, planned_on=date(2026, 11, 30), reason="Customer", by=leader, at=NOW)
    assert (moved.rule_on, moved.planned_on, moved.is_moved) == (date(2026, 11, 27), date(2026, 11, 30), True)
    assert moved.opens_at == datetime(2026, 11, 30, 7, tzinfo=UTC)
    service.judge(at=datetime(2026, 12, 1, 8, tzinfo=UTC))
    with pytest.raises(CannotChange):
        service.replan(row, planned_on=date(2026, 12, 2), reason="Late", by=leader, at=NOW)


def test_queries_for_home_and_reminders(leader: User) -> None:
    row = first_of(leader)
    with CaptureQueriesContext(connection) as queries:
        found = list(service.planned_for(leader, TODAY, TODAY + timedelta(days=6)))
        _shown = [(time.routine.title, time.activity_type.label, time.area, time.activity) for time in found]
    assert (found, len(queries)) == ([row], 1)
    assert list(service.window_opens(TODAY)) == [row]
    done(leader)
    assert list(service.window_opens(TODAY)) == []
    assert list(service.planned_for(omar(), TODAY, TODAY)) == []


@pytest.fixture
def today_routine(leader: User) -> Occurrence:
    now = timezone.now()
    site = leader.person.site
    assert site is not None
    site_calendar.set_weekdays(site, weekdays=range(1, 8), by=leader, at=now)
    site.refresh_from_db()
    return first_of(leader, rule="FREQ=DAILY", starts_on=now.astimezone(site.zone).date(), at=now, site=site)


def test_log_page_opens_from_a_planned_time_and_its_entry_counts(
    client: Client, leader: User, today_routine: Occurrence
) -> None:
    client.force_login(leader)
    page = client.get(f"/log/?occurrence={today_routine.uid}")
    assert page.context["form"]["activity_type"].value() == "floor-walk"
    assert page.context["form"]["occurrence"].value() == str(today_routine.uid)
    answer = client.post("/log/", entry(occurrence=str(today_routine.uid)), headers={"accept": "application/json"})
    assert answer.status_code == 201
    assert stands(today_routine)[0] == "done"
    assert not today_routine.is_matched
    assert "Counts for the time planned for" in client.get(answer.json()["url"]).content.decode()


def test_log_page_ignores_a_planned_time_of_somebody_else(client: Client, today_routine: Occurrence) -> None:
    client.force_login(cast_member("Nils Berg"))
    for uid in (today_routine.uid, "nonsense", uuid.uuid4()):
        assert client.get(f"/log/?occurrence={uid}").context["form"]["occurrence"].value() == ""


def test_queued_entry_sent_twice_counts_once(client: Client, leader: User, today_routine: Occurrence) -> None:
    client.force_login(leader)
    sent = entry(occurrence=str(today_routine.uid))
    answers = [client.post("/log/", sent, headers={"accept": "application/json"}) for _n in range(2)]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert Activity.objects.count() == 1
    assert stands(today_routine) == ("done", Activity.objects.get())


def test_missed_time_is_offered_after_logging_and_counted_by_a_tap(client: Client, leader: User) -> None:
    client.force_login(leader)
    now = timezone.now()
    row = first_of(leader, rule="FREQ=DAILY", starts_on=now.date() - timedelta(days=9), at=now - timedelta(days=9))
    service.judge(at=now - timedelta(days=2))
    Occurrence.objects.exclude(pk=row.pk).update(status="cancelled", note="Not looked at here")
    walk = done(leader, when=now - timedelta(minutes=5), at=now)
    page = client.get(reverse("leadership:log-done", args=[walk.uid]))
    assert page.context["offered"] == [row]
    response = client.post(reverse("leadership:occurrence-count", args=[row.uid]), {"activity": walk.uid})
    assert response.url == reverse("leadership:activity-detail", args=[walk.pk])
    assert stands(row) == ("late", walk)
    again = client.post(reverse("leadership:occurrence-count", args=[row.uid]), {"activity": walk.uid}, follow=True)
    assert "cannot count" in again.content.decode()


def test_pages_explain_and_move_ones_own_only(client: Client, leader: User) -> None:
    now = timezone.now()
    routine = routine_of(leader, "FREQ=DAILY", starts_on=now.date() - timedelta(days=9), at=now - timedelta(days=9))
    service.judge(at=now)
    row = service.missed_unexplained(leader)[0]
    address = reverse("leadership:occurrence-explain", args=[row.uid])
    client.force_login(cast_member("Nils Berg"))
    assert client.post(address, {"cause": "leave"}).status_code == 403
    client.force_login(omar())
    assert client.post(address, {"cause": "leave"}).status_code == 404
    client.force_login(leader)
    assert "a word on why is enough" in client.get(reverse("leadership:standard-work")).content.decode()
    assert client.post(address, {"cause": "other"}).status_code == 422
    assert client.post(address, {"cause": "forgotten"}).url == reverse("leadership:standard-work")
    row.refresh_from_db()
    assert (row.cause, row.explained_by) == ("forgotten", leader)
    ahead = routine.occurrences.filter(status="planned").order_by("planned_on")[3]
    move = reverse("leadership:occurrence-replan", args=[ahead.uid])
    assert client.post(move, {"planned_on": str(ahead.planned_on), "reason": " "}).status_code == 422
