"""Routines from a calendar file: rules and exceptions kept, time zones respected, nothing lost without a word."""

import io
from datetime import date, time
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from leadership.models import Routine
from leadership.services import routine_import as service
from qms.models import Site, User
from tests.factories import NOW, ActivityTypeFactory, SiteFactory, cast_member, omar, yusuf

pytestmark = pytest.mark.django_db
SAMPLE = Path(__file__).parents[1] / "data" / "as_is" / "meeting_calendar.ics"


@pytest.fixture
def leader() -> User:
    return yusuf()


@pytest.fixture
def chicago() -> Site:
    site = SiteFactory()
    site.time_zone = "America/Chicago"
    site.save()
    return site


def calendar(*lines: str) -> io.BytesIO:
    events = "\r\n".join(("BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:x", *lines, "END:VCALENDAR", ""))
    return io.BytesIO(events.encode())


def event(*lines: str, title: str = "Floor walk", start: str = "DTSTART:20261127T100000") -> list[str]:
    return ["BEGIN:VEVENT", "UID:7", f"SUMMARY:{title}", start, *lines, "END:VEVENT"]


def entries(leader: User, source: io.BytesIO) -> list[service.Entry]:
    assert leader.person.site is not None
    job = service.keep(leader.person.site, source, name="a.ics", leader=leader.person, by=leader, at=NOW)
    return service.entries_of(job)


def test_sample_of_a_plant_is_read_whole_with_its_rules(leader: User, chicago: Site) -> None:
    job = service.keep(
        chicago, io.BytesIO(SAMPLE.read_bytes()), name="meetings.ics", leader=leader.person, by=leader, at=NOW
    )
    found = service.entries_of(job)
    assert [(e.title, e.rule, e.at_time, e.minutes, e.kind, e.problem) for e in found] == [
        ("Shift start huddle line 1-3", "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR", "06:00", 10, "quality-first-meeting", ""),
        ("Production meeting", "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR", "08:30", 30, "quality-first-meeting", ""),
        ("Quality review", "FREQ=WEEKLY;BYDAY=WE", "13:00", 60, "quality-review", ""),
        ("Plant manager walk", "FREQ=WEEKLY;INTERVAL=2;BYDAY=FR", "10:00", 45, "floor-walk", ""),
        ("Customer call ACME", "FREQ=MONTHLY;BYMONTHDAY=15", "15:00", 45, "customer-contact", ""),
        ("Management review", "FREQ=YEARLY", "09:00", 180, "quality-review", ""),
        ("Suggestion committee", "FREQ=MONTHLY;BYDAY=3TU", "14:00", 45, "sponsored-improvement", ""),
        ("Town hall", "FREQ=MONTHLY;INTERVAL=3;BYMONTHDAY=-1", "11:00", 60, "vision-communicated", ""),
    ]
    assert found[1].exceptions == [["2026-07-03", ""]]


def test_chosen_entries_become_agreed_routines_once(leader: User, chicago: Site) -> None:
    source = io.BytesIO(SAMPLE.read_bytes())
    job = service.keep(chicago, source, name="meetings.ics", leader=leader.person, by=leader, at=NOW)
    (walk,) = service.apply(job, chosen={4: ActivityTypeFactory()}, by=leader, at=NOW)
    assert (walk.status, walk.title, walk.at_time, walk.anchor_on) == (
        "agreed", "Plant manager walk", time(10), date(2026, 1, 9),
    )  # fmt: skip
    days = walk.occurrences.filter(status="planned").order_by("planned_on").values_list("planned_on", flat=True)
    assert list(days)[:2] == [date(2026, 11, 27), date(2026, 12, 11)]
    with pytest.raises(service.AlreadyApplied):
        service.apply(job, chosen={1: ActivityTypeFactory()}, by=leader, at=NOW)
    again = service.keep(
        chicago, io.BytesIO(SAMPLE.read_bytes()), name="meetings.ics", leader=leader.person, by=leader, at=NOW
    )
    assert [e.line for e in service.entries_of(again) if "Imported before" in e.problem] == [4]


def test_left_out_and_moved_days_are_kept_and_planned_so(leader: User) -> None:
    source = calendar(
        *event("RRULE:FREQ=WEEKLY;BYDAY=FR", "EXDATE:20261204T100000"),
        *event("RECURRENCE-ID:20261211T100000", start="DTSTART:20261210T100000"),
        *event("RECURRENCE-ID:20261218T100000", "STATUS:CANCELLED", start="DTSTART:20261218T100000"),
    )
    assert leader.person.site is not None
    job = service.keep(leader.person.site, source, name="a.ics", leader=leader.person, by=leader, at=NOW)
    (routine,) = service.apply(job, chosen={1: ActivityTypeFactory()}, by=leader, at=NOW)
    stands = {row.rule_on: (row.planned_on, row.status) for row in routine.occurrences.filter(rule_on__month=12)}
    assert stands[date(2026, 12, 4)] == (date(2026, 12, 4), "cancelled")
    assert stands[date(2026, 12, 11)] == (date(2026, 12, 10), "planned")
    assert stands[date(2026, 12, 18)] == (date(2026, 12, 18), "cancelled")
    assert stands[date(2026, 12, 25)] == (date(2026, 12, 25), "planned")


def test_times_of_another_zone_are_the_sites_and_say_so(leader: User) -> None:
    (entry,) = entries(leader, calendar(*event("RRULE:FREQ=WEEKLY;BYDAY=FR", start="DTSTART:20261127T170000Z")))
    assert (entry.at_time, entry.notes) == ("10:00", ["17:00 in UTC is 10:00 at the site."])
    (entry,) = entries(leader, calendar(*event("RRULE:FREQ=WEEKLY;BYDAY=FR", start="DTSTART:20261127T030000Z")))
    assert entry.problem == "At the site it falls on another day. Enter it by hand."


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("DESCRIPTION:once", "It does not come back"),
        ("RRULE:FREQ=HOURLY", "daily, weekly, monthly or yearly"),
        ("RRULE:FREQ=WEEKLY;UNTIL=20260901T000000Z", "It ended on 31 Aug 2026."),
        ("RRULE:FREQ=WEEKLY;BYHOUR=9", "A rule with BYHOUR is not kept here."),
    ],
)
def test_entry_that_cannot_become_a_routine_says_why(leader: User, line: str, words: str) -> None:
    (entry,) = entries(leader, calendar(*event(line)))
    assert words in entry.problem


def test_counted_rule_ends_on_its_last_day(leader: User) -> None:
    (entry,) = entries(leader, calendar(*event("RRULE:FREQ=WEEKLY;COUNT=3;BYDAY=FR")))
    assert (entry.rule, entry.ends_on, entry.notes) == (
        "FREQ=WEEKLY;BYDAY=FR", "2026-12-11", ["3 times: until 11 Dec 2026."],
    )  # fmt: skip


@pytest.mark.parametrize("data", [b"", b"Name;Date\r\n", b"BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n", b"x" * 2_000_001])
def test_file_that_is_no_calendar_is_refused(leader: User, data: bytes) -> None:
    with pytest.raises(service.CannotRead):
        entries(leader, io.BytesIO(data))


def test_pages_show_every_entry_and_import_what_is_ticked(client: Client, leader: User) -> None:
    client.force_login(leader)
    ActivityTypeFactory()
    site = leader.person.site
    assert site is not None
    sent = {"file": SimpleUploadedFile("m.ics", SAMPLE.read_bytes()), "site": site.pk, "leader": "Yusuf Chen"}
    address = client.post(reverse("leadership:routine-import"), sent).url
    page = client.get(address).content.decode()
    assert "Plant manager walk" in page
    ticked = {"entry-4-is_chosen": "on", "entry-4-kind": ""}
    assert "Choose what kind of activity it is" in client.post(address, ticked).content.decode()
    assert client.post(address, ticked | {"entry-4-kind": "floor-walk"}).url == reverse("leadership:routine-list")
    assert [routine.title for routine in Routine.objects.all()] == ["Plant manager walk"]
    client.force_login(omar())
    assert client.get(address).status_code == 404
    client.force_login(cast_member("Nils Berg"))
    assert client.get(address).status_code == 404
