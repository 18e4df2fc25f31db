"""A person's calendar as iCalendar text (RFC 5545): standard work with its rules, due dates, reviews.

A routine is one event with the rule as it is kept. Days on which it is not done (closed, excused, cancelled) are
EXDATEs; a time that was moved has an event of its own with the RECURRENCE-ID of the rule's day. Beyond what is planned
already the site's calendar says the same, for as far as BEYOND. The text is the same until something changes, or a new
day begins, so that a calendar program that asks often gets “not modified”.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, time, timedelta

from django.conf import settings
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext as _
from icalendar import Calendar, Event, vRecur

from leadership.models import Occurrence, Routine
from leadership.services import occurrence_plan
from leadership.services.calendar_zone import vtimezone
from qms import recurrence
from qms.models import Phase, Record, User
from qms.services import site_calendar

DAY = timedelta(days=1)
BACK, BEYOND = timedelta(days=60), timedelta(days=400)
"""How far back ended routines and overdue dates are told, and how far ahead the site's closures are worked in."""
MOST_DATES = 500
PRODUCT = "-//Quality management system//Calendar//EN"
Status = Occurrence.Status
EVERY_DAY = "FREQ=DAILY"
GONE = frozenset({Status.EXCUSED, Status.CANCELLED})


def text(user: User, *, at: datetime) -> bytes:
    """The user's calendar at a moment, as bytes; at most eight queries, however much there is."""
    calendar = Calendar()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add("x-wr-calname", _("Quality: %s") % user.person.name)
    calendar.add("refresh-interval", timedelta(hours=1), parameters={"VALUE": "DURATION"})
    stamp = datetime.combine(at.astimezone(UTC).date(), time(), tzinfo=UTC)
    events = [*_standard_work(user, stamp), *_dates(user, stamp)]
    zones = {event.start.tzinfo.key for event in events if isinstance(event.start, datetime)}  # type: ignore[union-attr]
    for name in sorted(zones):
        calendar.add_component(vtimezone(name, at.year))
    for event in events:
        calendar.add_component(event)
    return bytes(calendar.to_ical())


def _standard_work(user: User, stamp: datetime) -> Iterator[Event]:
    since = stamp.date() - BACK
    routines = list(
        Routine.objects.visible_to(user)
        .filter(owner_id=user.person_id, phase__in=[Phase.OPEN, Phase.CLOSED])
        .filter(Q(ends_on=None) | Q(ends_on__gte=since))
        .select_related("site", "activity_type")
        .order_by("pk")
    )
    times: dict[int, list[Occurrence]] = defaultdict(list)
    for row in Occurrence.objects.filter(routine__in=routines).select_related("area").order_by("rule_on", "pk"):
        times[row.routine_id].append(row)
    sites = {routine.site_id: routine.site for routine in routines}
    calendars = site_calendar.calendars(sites.values()) if sites else {}
    for routine in routines:
        rows = times[routine.pk]
        if rows:
            yield from _routine(routine, rows, calendars[routine.site_id], stamp)


def _routine(
    routine: Routine, rows: list[Occurrence], calendar: site_calendar.Calendar, stamp: datetime
) -> Iterator[Event]:
    """The events of a routine as its last version plans it; what earlier versions planned stands in the product."""
    latest = max(row.routine_version for row in rows)
    rows = [row for row in rows if row.routine_version == latest]
    shift = calendar.shift_named(routine.shift) if routine.shift else None
    if shift and routine.at_time and routine.at_time < shift.begins:
        yield from (_single(routine, row, stamp) for row in rows if row.status not in GONE)  # the day after its rule's
        return
    first, last = rows[0].rule_on, routine.planned_until_on or rows[-1].rule_on
    end = min(filter(None, (routine.ends_on, stamp.date() + BEYOND)))
    given = recurrence.days(routine.rule, anchor=routine.anchor_on, first=first, last=max(end, last))
    planned_on = {row.rule_on: row.planned_on for row in rows if row.status not in GONE}
    ahead = occurrence_plan.slots(routine, calendar, last + DAY, end, planned_on.values()) if end > last else ()
    planned_on |= {slot.rule_on: slot.planned_on for slot in ahead if not slot.excuse}
    main = _event(routine, first, stamp)
    rule = vRecur.from_ical(_plain_rule(routine, calendar))
    if routine.ends_on:
        rule["UNTIL"] = [_until(routine)]
    main.add("rrule", rule)
    shown = _left_out(given, planned_on, calendar) if routine.rule == EVERY_DAY else set(given) - set(planned_on)
    for day in sorted(shown):
        main.add("exdate", _moment(routine, day))
    yield main
    for rule_on, day in sorted(planned_on.items()):
        if day != rule_on:
            moved = _event(routine, day, stamp)
            moved.add("recurrence-id", _moment(routine, rule_on))
            yield moved


def _plain_rule(routine: Routine, calendar: site_calendar.Calendar) -> str:
    """The rule as it is kept; “every day”, which here means every working day, names the weekdays."""
    if routine.rule != EVERY_DAY:
        return routine.rule
    return recurrence.weekly(calendar.weekdays)


def _left_out(given: Iterable[date], planned_on: dict[date, date], calendar: site_calendar.Calendar) -> set[date]:
    """Days a daily rule gives, as its weekly form does, on which it is not done."""
    return {day for day in given if day not in planned_on and day.isoweekday() in calendar.weekdays}


def _single(routine: Routine, row: Occurrence, stamp: datetime) -> Event:
    event = _event(routine, row.planned_on, stamp, start=row.begins_at.astimezone(routine.site.zone))
    event["uid"] = f"time-{row.uid}@quality"
    return event


def _event(routine: Routine, day: date, stamp: datetime, start: datetime | None = None) -> Event:
    begins = start or _moment(routine, day)
    event = _base(
        f"routine-{routine.uid}", _title(routine), reverse("leadership:routine-detail", args=[routine.pk]), stamp
    )
    event.add("dtstart", begins)
    if isinstance(begins, datetime):
        event.add("duration", timedelta(minutes=routine.minutes))
    else:
        event.add("dtend", begins + DAY)
    event.add("sequence", routine.version)
    if not routine.is_confidential:
        event.add("location", routine.site.name)
    event.add("transp", "OPAQUE" if routine.at_time else "TRANSPARENT")
    return event


def _moment(routine: Routine, day: date) -> date | datetime:
    return datetime.combine(day, routine.at_time, tzinfo=routine.site.zone) if routine.at_time else day


def _until(routine: Routine) -> date | datetime:
    assert routine.ends_on is not None  # noqa: S101  asked only then
    if not routine.at_time:
        return routine.ends_on
    return site_calendar.moment_at(routine.ends_on, time(23, 59, 59), routine.site.zone)


def _dates(user: User, stamp: datetime) -> Iterator[Event]:
    """Due dates and reviews of what the user owns, as whole days."""
    mine = Record.objects.visible_to(user).filter(owner_id=user.person_id, phase=Phase.OPEN)
    first, last = stamp.date() - BACK, stamp.date() + BEYOND
    soon = Q(due_on__range=(first, last)) | Q(review_on__range=(first, last))
    for record in mine.filter(soon).order_by("pk")[:MOST_DATES]:
        if record.due_on and first <= record.due_on <= last:
            yield _whole_day(record, "due", _("Due: %s"), record.due_on, stamp)
        if record.review_on and first <= record.review_on <= last:
            yield _whole_day(record, "review", _("Review: %s"), record.review_on, stamp)


def _whole_day(record: Record, what: str, words: str, day: date, stamp: datetime) -> Event:
    event = _base(f"{what}-{record.uid}", words % _title(record), reverse("qms:record", args=[record.uid]), stamp)
    event.add("dtstart", day)
    event.add("dtend", day + DAY)
    event.add("sequence", record.version)
    event.add("transp", "TRANSPARENT")
    return event


def _base(uid: str, title: str, path: str, stamp: datetime) -> Event:
    event = Event()
    event.add("uid", f"{uid}@quality")
    event.add("dtstamp", stamp)
    event.add("summary", title)
    event.add("url", f"{settings.PUBLIC_URL}{path}")
    return event


def _title(record: Record) -> str:
    """The title; a confidential record is named by its reference only, since calendars are shared and read aloud."""
    return _("%s (confidential)") % record.reference if record.is_confidential else record.title
