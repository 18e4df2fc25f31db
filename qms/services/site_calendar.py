"""When a site works and who is away: read once into a ``Calendar``; closures and shifts, kept with their trail."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.utils.translation import gettext as _

from qms.models import Absence, Closure, Person, Shift, Site, User
from qms.services import trail

LONGEST_CLOSURE = timedelta(days=366)
FARTHEST = 800
"""How many days ``next_working_day`` looks ahead; a site closed for longer than that has no next one."""
DAY = timedelta(days=1)

Span = tuple[date, date]


class ShiftTaken(ValidationError):
    """The site already has a shift of this name."""


def moment_at(day: date, clock: time, zone: ZoneInfo) -> datetime:
    """The moment a wall clock shows on a day, in UTC.

    When clocks go forward, a time that does not exist counts as the one an hour later; when they go back, a time that
    comes twice counts as its first.
    """
    return datetime.combine(day, clock, tzinfo=zone).astimezone(UTC)


@dataclass(frozen=True)
class Calendar:
    """When one site works, by date there. Built by ``calendar_of`` or ``calendars``; asks the database nothing.

    ``absences`` hold approved absences of the people it was loaded for, by the person's id.
    """

    zone: ZoneInfo
    weekdays: frozenset[int]
    closures: tuple[Closure, ...] = ()
    shifts: Mapping[str, Shift] = field(default_factory=dict)
    absences: Mapping[int, tuple[Absence, ...]] = field(default_factory=dict)

    def closure_on(self, day: date) -> Closure | None:
        """The closure that holds on a day, if any."""
        return next((closure for closure in self.closures if closure.starts_on <= day <= closure.ends_on), None)

    def is_working(self, day: date) -> bool:
        """Whether the site works on that day: one of its weekdays, and no closure."""
        return day.isoweekday() in self.weekdays and self.closure_on(day) is None

    def next_working_day(self, day: date) -> date:
        """The day itself when the site works then, otherwise the next one; the day itself if none is in sight."""
        return next(self._working_from(day, DAY), day)

    def previous_working_day(self, day: date) -> date:
        """The day itself when the site works then, otherwise the last one before; the day itself if none is."""
        return next(self._working_from(day, -DAY), day)

    def add_working_days(self, day: date, number: int) -> date:
        """The day that lies so many working days after (or before, when negative) a day; 0 is the day itself."""
        step = DAY if number > 0 else -DAY
        for _n in range(abs(number)):
            day = next(self._working_from(day + step, step), day + step)
        return day

    def working_days(self, first: date, last: date) -> list[date]:
        """The working days from first to last, both included."""
        return [day for n in range((last - first).days + 1) if self.is_working(day := first + n * DAY)]

    def working_days_between(self, start: date, end: date) -> int:
        """How many working days lie after start, up to and with end; 0 when end is not later."""
        return len(self.working_days(start + DAY, end))

    def absence_of(self, person_id: int, day: date) -> Absence | None:
        """The approved absence of a person on a day, if any."""
        return next((a for a in self.absences.get(person_id, ()) if a.starts_on <= day <= a.ends_on), None)

    def is_absent(self, person_id: int, day: date) -> bool:
        """Whether the person is away on that day, with approval."""
        return self.absence_of(person_id, day) is not None

    def shift_named(self, name: str) -> Shift | None:
        """The shift in use that people with this word as their shift work in; case does not matter."""
        return self.shifts.get(name.strip().casefold())

    def shift_window(self, name: str, day: date) -> tuple[datetime, datetime] | None:
        """From when to when the shift that begins on a day lasts, in UTC; None for a name the site does not know."""
        shift = self.shift_named(name)
        if shift is None:
            return None
        last = day + DAY if shift.is_overnight else day
        return moment_at(day, shift.begins, self.zone), moment_at(last, shift.ends, self.zone)

    def is_on_shift(self, name: str, at: datetime) -> bool:
        """Whether the shift runs at a moment, on a working day; an unknown name is never on."""
        today = at.astimezone(self.zone).date()
        for day in (today - DAY, today):
            window = self.shift_window(name, day)
            if window and window[0] <= at < window[1] and self.is_working(day):
                return True
        return False

    def _working_from(self, day: date, step: timedelta) -> Iterator[date]:
        for _n in range(FARTHEST):
            if self.is_working(day):
                yield day
            day += step


def calendar_of(site: Site, *, people: Iterable[int] = ()) -> Calendar:
    """The calendar of one site, with the absences of the people given by id; three queries at most."""
    return calendars([site], people=people)[site.pk]


def calendars(sites: Iterable[Site], *, people: Iterable[int] | models.QuerySet[Any] = ()) -> dict[int, Calendar]:
    """The calendars of sites by id, all of them with the same people's absences; three queries however many.

    ``people``: ids, or a query that yields them.
    """
    wanted = list(sites)
    closures: dict[int, list[Closure]] = defaultdict(list)
    for closure in Closure.objects.in_force().filter(site__in=wanted).order_by("starts_on", "pk"):
        closures[closure.site_id].append(closure)
    shifts: dict[int, dict[str, Shift]] = defaultdict(dict)
    for shift in Shift.objects.filter(site__in=wanted, is_active=True).order_by("pk"):
        shifts[shift.site_id][shift.name.casefold()] = shift
    away: dict[int, list[Absence]] = defaultdict(list)
    if people if not isinstance(people, models.QuerySet) else True:
        for absence in Absence.objects.in_force().filter(person__in=people).order_by("starts_on", "pk"):
            away[absence.person_id].append(absence)
    absences = {pk: tuple(rows) for pk, rows in away.items()}
    return {
        site.pk: Calendar(
            zone=site.zone, weekdays=frozenset(int(digit) for digit in site.working_weekdays),
            closures=tuple(closures[site.pk]), shifts=shifts[site.pk], absences=absences,
        )
        for site in wanted
    }  # fmt: skip


@transaction.atomic
def set_weekdays(site: Site, *, weekdays: Iterable[int], by: User | None, at: datetime) -> Site:
    """Set the days of the week (1 is Monday) a site works on. Writes the trail; nothing when nothing differs.

    What was planned or judged before stays as it was. Raises ValidationError without a day.
    """
    site = Site.objects.select_for_update().get(pk=site.pk)
    digits = "".join(str(day) for day in sorted(set(weekdays)))
    if not digits or set(digits) - set("1234567"):
        raise ValidationError({"weekdays": _("A site works on at least one day of the week.")})
    if digits != site.working_weekdays:
        changes = {"working_weekdays": [site.working_weekdays, digits]}
        site.working_weekdays = digits
        site.save(update_fields=["working_weekdays"])
        trail.write(site, "site.weekdays_changed", by=by, at=at, changes=changes)
    return site


@transaction.atomic
def add_closure(
    site: Site, *, starts_on: date, ends_on: date, reason: str, by: User | None, at: datetime
) -> Closure:  # fmt: skip
    """Close a site for some days. Writes the trail of the site. Raises ValidationError by field."""
    words = " ".join(reason.split())
    _refuse_span(starts_on, ends_on)
    if not words:
        raise ValidationError({"reason": _("Say why the site is closed: a holiday, a shutdown.")})
    closure = Closure(
        site=site, starts_on=starts_on, ends_on=ends_on, reason=words, created_at=at, created_by=by
    )  # fmt: skip
    closure.full_clean(exclude=["site", "created_by"])
    closure.save(force_insert=True)
    trail.write(site, "site.closure_added", by=by, at=at, changes=_closure_facts(closure), reason=words)
    return closure


@transaction.atomic
def withdraw_closure(closure: Closure, *, by: User | None, at: datetime, reason: str = "") -> Closure:
    """Take a closure back: the site works on those days after all. It stays, withdrawn; the trail tells it."""
    current = Closure.objects.select_for_update(of=("self",)).select_related("site").get(pk=closure.pk)
    if current.withdrawn_at is None:
        current.withdrawn_at, current.withdrawn_by = at, by
        current.save(update_fields=["withdrawn_at", "withdrawn_by"])
        facts = _closure_facts(current) | {"closed_for": current.reason}
        trail.write(current.site, "site.closure_withdrawn", by=by, at=at, changes=facts, reason=reason)
    return current


@transaction.atomic
def add_shift(site: Site, *, name: str, begins: time, ends: time, by: User | None, at: datetime) -> Shift:
    """Add a shift to a site. Writes the trail of the site. Raises ShiftTaken, ValidationError by field."""
    shift = Shift(site=site, name=" ".join(name.split()), begins=begins, ends=ends)
    _refuse_twin(shift)
    shift.full_clean(exclude=["site"])
    shift.save(force_insert=True)
    trail.write(site, "site.shift_added", by=by, at=at, changes=_shift_facts(shift))
    return shift


@transaction.atomic
def change_shift(
    shift: Shift, *, begins: time, ends: time, is_active: bool = True, by: User | None, at: datetime
) -> Shift:  # fmt: skip
    """Change when a shift runs, or take it out of use. Writes old and new into the trail of the site."""
    current = Shift.objects.select_for_update(of=("self",)).select_related("site").get(pk=shift.pk)
    before = _shift_facts(current)
    current.begins, current.ends, current.is_active = begins, ends, is_active
    after = _shift_facts(current)
    changes: dict[str, Any] = {name: [before[name], after[name]] for name in after if before[name] != after[name]}
    if changes:
        current.save(update_fields=["begins", "ends", "is_active"])
        trail.write(
            current.site, "site.shift_changed", by=by, at=at, changes={"shift": current.name} | changes
        )  # fmt: skip
    return current


def unmatched_shifts(site: Site) -> list[str]:
    """Words that stand as the shift of active people of the site and name none of its shifts, in order."""
    words = Person.objects.active().filter(site=site).exclude(shift="").values_list("shift", flat=True).distinct()
    known = {name.casefold() for name in Shift.objects.filter(site=site, is_active=True).values_list("name", flat=True)}
    return sorted(word for word in words if word.strip().casefold() not in known)


def _refuse_span(starts_on: date, ends_on: date) -> None:
    if ends_on < starts_on:
        raise ValidationError({"ends_on": _("The last day lies before the first.")})
    if ends_on - starts_on > LONGEST_CLOSURE:
        raise ValidationError({"ends_on": _("At most a year at a time.")})


def _refuse_twin(shift: Shift) -> None:
    twin = Shift.objects.filter(site_id=shift.site_id, name__iexact=shift.name).first()
    if twin is not None:
        raise ShiftTaken({"name": _("The site already has the shift “%s”.") % twin.name})


def _closure_facts(closure: Closure) -> dict[str, str]:
    return {"from": closure.starts_on.isoformat(), "to": closure.ends_on.isoformat()}


def _shift_facts(shift: Shift) -> dict[str, Any]:
    return {
        "shift": shift.name, "begins": f"{shift.begins:%H:%M}", "ends": f"{shift.ends:%H:%M}",
        "is_active": shift.is_active,
    }  # fmt: skip
