"""The calendar feed: two independent readers agree on it, over changes of the clocks too; who gets it, who not."""

import uuid
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import icalendar
import pytest
import recurring_ical_events
import vobject
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from leadership.models import CalendarFeed, Routine
from leadership.services import calendar_feed as service
from leadership.services import calendar_text, occurrence
from leadership.services import routine as routine_service
from leadership.services.calendar_zone import vtimezone
from objectives.services import improvement_action
from qms.models import TrailEntry, User
from qms.services import secret_link, site_calendar
from qms.services import user as user_service
from tests.factories import NOW, cast_member, hiro, yusuf
from tests.leadership.test_routine import routine_of

pytestmark = pytest.mark.django_db
FIRST, LAST = date(2026, 11, 20), date(2027, 4, 30)


@pytest.fixture
def leader() -> User:
    return yusuf()


def text_of(user: User, at: datetime = NOW) -> bytes:
    return calendar_text.text(User.objects.get(pk=user.pk), at=at)


def test_address_ends_with_the_password_and_with_the_log_in_it_was_made_under(leader: User) -> None:
    admin = cast_member("Ada Admin", "administrator")
    for change in (
        lambda: user_service.password_changed(leader, "user.password_changed", at=NOW),
        lambda: user_service.disable(leader, by=admin, at=NOW),
    ):
        _feed, secret = service.make(leader, by=leader, at=NOW)
        assert service.user_of(secret, at=NOW) == leader
        change()
        User.objects.filter(pk=leader.pk).update(is_active=True)
        with pytest.raises(service.NotAccepted):
            service.user_of(secret, at=NOW)


def by_icalendar(text: bytes, first: date = FIRST, last: date = LAST) -> list[datetime | date]:
    """When something is on, as icalendar reads it and recurring_ical_events repeats it."""
    found = recurring_ical_events.of(icalendar.Calendar.from_ical(text)).between(first, last + timedelta(days=1))
    starts = [event["DTSTART"].dt for event in found]
    return sorted(s.astimezone(UTC) if isinstance(s, datetime) else s for s in starts)


def by_vobject(text: bytes, first: date = FIRST, last: date = LAST) -> list[datetime | date]:
    """The same as vobject reads it: rules repeated by it, with the events that stand in for one of their times."""
    calendar = vobject.readOne(text.decode())
    starts: list[Any] = []
    moved = {(e.uid.value, e.recurrence_id.value) for e in calendar.vevent_list if hasattr(e, "recurrence_id")}
    for event in calendar.vevent_list:
        begins = event.dtstart.value
        if event.rruleset is None or hasattr(event, "recurrence_id"):
            starts.append(begins)
            continue
        for again in event.getrruleset(addRDate=True):
            day = again if isinstance(begins, datetime) else again.date()
            if isinstance(day, datetime):
                day = day.replace(tzinfo=begins.tzinfo)
            if (day.date() if isinstance(day, datetime) else day) > last:
                break
            if (event.uid.value, day) not in moved:
                starts.append(day)
    inside = [s for s in starts if first <= (s.date() if isinstance(s, datetime) else s) <= last]
    return sorted(s.astimezone(UTC) if isinstance(s, datetime) else s for s in inside)


@pytest.mark.parametrize("at_time", [time(8, 30), None])
@pytest.mark.parametrize(
    "rule",
    [
        "FREQ=WEEKLY;INTERVAL=2;BYDAY=FR", "FREQ=DAILY", "FREQ=MONTHLY;BYDAY=2TU", "FREQ=MONTHLY;BYMONTHDAY=-1",
        "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1", "FREQ=DAILY;INTERVAL=3",
    ],
)  # fmt: skip
def test_two_readers_agree_on_every_rule_over_both_changes_of_the_clocks(
    leader: User, rule: str, at_time: time | None
) -> None:
    assert leader.person.site is not None
    site_calendar.add_closure(
        leader.person.site, starts_on=date(2026, 12, 24), ends_on=date(2027, 1, 1), reason="Shutdown", by=leader, at=NOW
    )
    routine = routine_of(leader, rule, at_time=at_time, on_closed="next", ends_on=date(2027, 4, 15))
    text = text_of(leader)
    found = by_icalendar(text)
    assert found == by_vobject(text)
    planned = set(routine.occurrences.filter(status="planned").values_list("planned_on", flat=True))
    zone = leader.person.site.zone
    shown = {moment.astimezone(zone).date() if isinstance(moment, datetime) else moment for moment in found}
    assert {day for day in shown if day <= date(2026, 12, 31)} == {day for day in planned if day <= date(2026, 12, 31)}
    if at_time:
        clocks = {f"{moment.astimezone(zone):%H:%M}" for moment in found}  # type: ignore[union-attr]
        assert clocks == {"08:30"}
        assert {moment.hour for moment in found} == {14, 15}  # type: ignore[union-attr]
    assert not any(date(2026, 12, 24) <= day <= date(2027, 1, 1) for day in shown)


def test_moved_and_excused_times_are_where_the_plan_has_them(leader: User) -> None:
    routine = routine_of(leader, at_time=time(10), ends_on=date(2027, 1, 31))
    rows = list(routine.occurrences.order_by("planned_on"))
    occurrence.replan(rows[1], planned_on=date(2026, 12, 1), reason="Customer", by=leader, at=NOW)
    assert leader.person.site is not None
    site_calendar.add_closure(
        leader.person.site, starts_on=rows[2].planned_on, ends_on=rows[2].planned_on, reason="Fair", by=leader, at=NOW
    )
    occurrence.judge(at=NOW)
    text = text_of(leader)
    days = [moment.date() for moment in by_icalendar(text)]  # type: ignore[union-attr]
    assert days == [m.date() for m in by_vobject(text)]  # type: ignore[union-attr]
    assert days[:3] == [date(2026, 11, 20), date(2026, 12, 1), date(2026, 12, 11)]
    assert b"RECURRENCE-ID;TZID=America/Denver:20261127T100000" in text
    assert b"EXDATE;TZID=America/Denver:20261204T100000" in text
    assert text.count(b"BEGIN:VTIMEZONE") == 1


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("America/Denver", ["FREQ=YEARLY;BYDAY=2SU;BYMONTH=3", "FREQ=YEARLY;BYDAY=1SU;BYMONTH=11"]),
        ("Europe/Paris", ["FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3", "FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10"]),
        ("Australia/Sydney", ["FREQ=YEARLY;BYDAY=1SU;BYMONTH=4", "FREQ=YEARLY;BYDAY=1SU;BYMONTH=10"]),
        ("Asia/Kolkata", []),
    ],
)
def test_zone_changes_by_rule_and_reads_as_the_zone_does(name: str, parts: list[str]) -> None:
    found = vtimezone(name, 2026)
    assert [rule["RRULE"].to_ical().decode() for rule in found.subcomponents if "RRULE" in rule] == parts
    read = found.to_tz(lookup_tzid=False)
    for month in range(1, 13):
        for hour in (1, 12, 23):
            wall = datetime(2029, month, 14, hour)  # noqa: DTZ001  a wall clock
            assert wall.replace(tzinfo=read).utcoffset() == wall.replace(tzinfo=ZoneInfo(name)).utcoffset()


def test_zone_without_a_rule_is_told_by_its_dates() -> None:
    assert "RDATE" in vtimezone("Africa/Casablanca", 2026).to_ical().decode()


def test_due_dates_and_reviews_are_whole_days_and_confidential_titles_hidden(leader: User) -> None:
    for title, is_confidential in (("Replace gauge 4", False), ("Talk about the bonus", True)):
        improvement_action.open_action(
            uid=uuid.uuid4(), title=title, owner=leader.person, due_on=date(2027, 1, 10), site=leader.person.site,
            is_confidential=is_confidential, by=leader, at=NOW,
        )  # fmt: skip
    improvement_action.open_action(
        uid=uuid.uuid4(), title="Somebody else's", owner=hiro().person, due_on=date(2027, 1, 10),
        site=leader.person.site, by=leader, at=NOW,
    )  # fmt: skip
    routine_of(leader, is_confidential=True, title="Ask about the bonus")
    text = text_of(leader)
    events = icalendar.Calendar.from_ical(text).walk("VEVENT")
    due = [event for event in events if str(event["UID"]).startswith("due-")]
    assert [event["DTSTART"].dt for event in due] == [date(2027, 1, 10)] * 2
    assert b"Replace gauge 4" in text
    assert b"bonus" not in text
    assert b"Somebody" not in text


def test_text_and_uids_stay_the_same_until_something_changes(leader: User) -> None:
    routine = routine_of(leader)
    before = text_of(leader)
    assert text_of(leader, NOW + timedelta(hours=2)) == before
    uids = {str(event["UID"]) for event in icalendar.Calendar.from_ical(before).walk("VEVENT")}
    routine_service.change(
        Routine.objects.get(pk=routine.pk), version=routine.version, reason="Shorter", minutes=5, by=leader, at=NOW
    )
    after = text_of(leader)
    assert after != before
    assert {str(event["UID"]) for event in icalendar.Calendar.from_ical(after).walk("VEVENT")} == uids


def test_feed_is_cheap_however_much_there_is(client: Client, leader: User) -> None:
    _feed, secret = service.make(leader, by=leader, at=NOW)
    address = reverse("leadership:calendar-feed", args=[secret])
    counts = []
    for number in (1, 4):
        for _n in range(number):
            routine_of(leader, at_time=time(8))
        with CaptureQueriesContext(connection) as queries:
            assert client.get(address).status_code == 200
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 12


def test_address_is_made_once_asked_conditionally_and_revoked(client: Client, leader: User) -> None:
    client.force_login(leader)
    page = client.post(reverse("leadership:calendar"))
    address = page.context["address"]
    secret = address.rstrip("/").rsplit("/", 1)[-1]
    assert CalendarFeed.objects.get().digest == secret_link.digest(secret)
    assert secret not in client.get(reverse("leadership:calendar")).content.decode()
    outside = Client()
    path = reverse("leadership:calendar-feed", args=[secret])
    first = outside.get(path)
    assert (first.status_code, first["Content-Type"]) == (200, "text/calendar; charset=utf-8")
    again = outside.get(path, headers={"if-none-match": first["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    client.post(reverse("leadership:calendar-revoke"))
    assert outside.get(path).status_code == 404
    entries = TrailEntry.objects.filter(chain=leader.trail_key).order_by("seq")
    assert [entry.verb for entry in entries] == ["user.calendar_made", "user.calendar_revoked"]
    assert secret not in "".join(entry.changes for entry in entries)


def test_new_address_ends_the_old_one_and_closed_access_ends_both(leader: User) -> None:
    _old, first = service.make(leader, by=leader, at=NOW)
    _new, second = service.make(leader, by=leader, at=NOW)
    with pytest.raises(service.NotAccepted):
        service.user_of(first, at=NOW)
    assert service.user_of(second, at=NOW) == leader
    User.objects.update(is_active=False)
    with pytest.raises(service.NotAccepted):
        service.user_of(second, at=NOW)
    with pytest.raises(IntegrityError, match=r"calendar_feed_one_live|user_id"), transaction.atomic():
        CalendarFeed.objects.create(user=leader, digest="b" * 64, made_at=NOW, made_by=leader)


def test_guessing_is_slowed_down() -> None:
    guesser = Client()
    answers = [guesser.get(f"/calendar/{number:032d}/").status_code for number in range(61)]
    assert (set(answers[:60]), answers[60]) == ({404}, 429)


def test_employee_has_a_calendar_of_due_dates_too() -> None:
    worker = cast_member("Uma Jensen", "employee")
    assert b"BEGIN:VCALENDAR" in text_of(worker)
    assert b"VEVENT" not in text_of(worker)
