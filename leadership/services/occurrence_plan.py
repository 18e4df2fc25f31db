"""Planning the times of routines ahead, by the rule and the site's calendar; planning again adds nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.db import models, transaction
from django.utils.translation import gettext as _

from leadership.models import Occurrence, Routine
from qms import recurrence
from qms.models import Record, User, site_today
from qms.services import site_calendar, trail
from qms.services.site_calendar import Calendar, moment_at

Status, Where, OnClosed = Occurrence.Status, Routine.Where, Routine.OnClosed
HORIZON = timedelta(days=42)
"""How far ahead times are planned."""


@dataclass(frozen=True)
class Slot:
    """A day the rule gave, and what becomes of it: planned for a day, or excused with words."""

    rule_on: date
    planned_on: date
    excuse: str = ""
    is_cancelled: bool = False


@transaction.atomic
def plan(routine: Routine, *, at: datetime, first: date | None = None, until: date | None = None) -> int:
    """Plan the routine's times up to a day (default: HORIZON ahead); planning again adds nothing. Returns how many.

    Starts after the last day planned, never before ``first`` (default: today). Side effects: occurrences, one trail
    entry in the routine's chain.
    """
    Record.objects.select_for_update().only("pk").get(pk=routine.pk)
    routine = Routine.objects.select_related("site", "activity_type", "owner").get(pk=routine.pk)
    today = site_today(routine.site, at)
    begin = max(first or today, routine.starts_on)
    if routine.planned_until_on and first is None:
        begin = max(begin, routine.planned_until_on + timedelta(days=1), routine.starts_on)
    last = min(filter(None, (until or today + HORIZON, routine.ends_on)))
    if routine.status != Routine.Status.AGREED or last < begin:
        return 0
    made = list(_new(routine, begin, last))
    Occurrence.objects.bulk_create(made)
    Routine.objects.filter(pk=routine.pk).update(planned_until_on=last)
    if made:
        facts = {"from": begin.isoformat(), "to": last.isoformat(), "number": len(made)}
        trail.write(routine, "routine.planned", by=None, at=at, changes=facts)
    return len(made)


def plan_all(*, at: datetime) -> int:
    """Plan ahead for every agreed routine that is due to be. Idempotent, for the beat. Returns how many times."""
    soon = (at + HORIZON - timedelta(days=7)).date()
    due = Routine.objects.filter(status=Routine.Status.AGREED).filter(
        models.Q(planned_until_on=None) | models.Q(planned_until_on__lt=soon)
    )
    return sum(plan(routine, at=at) for routine in due.order_by("pk").iterator(chunk_size=500))


def cancel_from(routine: Routine, first: date, *, reason: str, by: User | None, at: datetime) -> int:
    """Cancel what is planned from a day on, with a reason, so that the routine can be planned anew from there.

    Part of a change of the routine, which writes the version; tells the number in the trail. Returns it.
    """
    rows = Occurrence.objects.filter(
        routine=routine, planned_on__gte=first, status__in=[Status.PLANNED, Status.EXCUSED]
    )  # fmt: skip
    number = rows.update(status=Status.CANCELLED, note=reason[:400])
    Routine.objects.filter(pk=routine.pk, planned_until_on__gte=first).update(
        planned_until_on=first - timedelta(days=1)
    )  # fmt: skip
    if number:
        facts = {"from": first.isoformat(), "number": number}
        trail.write(routine, "routine.cancelled", by=by, at=at, changes=facts, reason=reason)
    return number


def window(routine: Routine, calendar: Calendar, day: date) -> tuple[datetime, datetime, datetime]:
    """When a time planned for a day begins, and its window opens and closes, in UTC.

    The window is the day, or the shift that begins on it, from ``opens_before_hours`` before until ``grace_hours``
    after, by the clock on the wall.
    """
    shift = calendar.shift_named(routine.shift) if routine.shift else None
    start, end = datetime.combine(day, time()), datetime.combine(day + timedelta(days=1), time())
    if shift:
        start = datetime.combine(day, shift.begins)
        end = datetime.combine(day + timedelta(days=int(shift.is_overnight)), shift.ends)
    begins = start if routine.at_time is None else datetime.combine(day, routine.at_time)
    if shift and shift.is_overnight and begins < start:
        begins += timedelta(days=1)  # at two o'clock in the night shift of the day before
    opens = start - timedelta(hours=routine.opens_before_hours)
    closes = end + timedelta(hours=routine.grace_hours)
    return tuple(moment_at(m.date(), m.time(), calendar.zone) for m in (begins, opens, closes))  # type: ignore[return-value]


def slots(routine: Routine, calendar: Calendar, first: date, last: date, taken: Iterable[date] = ()) -> Iterator[Slot]:
    """What becomes of each day the rule gives from first to last. ``taken``: days it is planned for already."""
    margin = timedelta(days=14)
    given = recurrence.days(routine.rule, anchor=routine.anchor_on, first=first - margin, last=last + margin)
    told = {date.fromisoformat(on): to for on, to in routine.exceptions}
    busy = {*taken, *(day for day in given if calendar.is_working(day) and day not in told)}
    for rule_on in given:
        if not first <= rule_on <= last:
            continue
        if rule_on in told:
            yield _told(rule_on, told[rule_on])
            continue
        if calendar.is_working(rule_on):
            yield Slot(rule_on, rule_on)
            continue
        moved = _moved_day(routine, calendar, rule_on)
        closure = calendar.closure_on(rule_on)
        if moved and moved not in busy:
            busy.add(moved)
            yield Slot(rule_on, moved)
        elif closure:
            yield Slot(rule_on, rule_on, _("The site was closed: %s") % closure.reason)


def _told(rule_on: date, to: str) -> Slot:
    if to:
        return Slot(rule_on, date.fromisoformat(to))
    return Slot(rule_on, rule_on, _("Left out in the calendar it came from"), is_cancelled=True)


def _status(slot: Slot) -> str:
    if slot.is_cancelled:
        return Status.CANCELLED
    return Status.EXCUSED if slot.excuse else Status.PLANNED


def _new(routine: Routine, first: date, last: date) -> Iterator[Occurrence]:
    calendar = site_calendar.calendar_of(routine.site)
    live = Occurrence.objects.filter(routine=routine, planned_on__gte=first - timedelta(days=14))
    known = live.filter(routine_version=routine.version).values_list("rule_on", flat=True)
    taken = set(live.exclude(status=Status.CANCELLED).values_list("planned_on", flat=True))
    areas = list(routine.ordered_areas()) if routine.where == Where.ROTATING else []
    turn = routine.occurrences.exclude(status=Status.CANCELLED).count() if areas else 0
    done = set(known)
    for number, slot in enumerate(slots(routine, calendar, first, last, taken)):
        if slot.rule_on in done or (slot.planned_on in taken):
            continue
        begins_at, opens_at, closes_at = window(routine, calendar, slot.planned_on)
        yield Occurrence(
            routine=routine, routine_version=routine.version, leader_id=routine.owner_id, site_id=routine.site_id,
            activity_type_id=routine.activity_type_id, area=areas[(turn + number) % len(areas)] if areas else None,
            rule_on=slot.rule_on, planned_on=slot.planned_on, begins_at=begins_at, opens_at=opens_at,
            closes_at=closes_at, status=_status(slot), note=slot.excuse[:400],
        )  # fmt: skip


def _moved_day(routine: Routine, calendar: Calendar, day: date) -> date | None:
    if routine.on_closed == OnClosed.NEXT:
        return calendar.next_working_day(day)
    return calendar.previous_working_day(day) if routine.on_closed == OnClosed.PREVIOUS else None
