"""A time zone as a VTIMEZONE whose changes recur by rule, so that it holds for as long as the events do."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from icalendar import Timezone, TimezoneDaylight, TimezoneStandard, vRecur

WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
YEARS = 4
"""How many years must change by the same rule for it to be told as one."""


@dataclass(frozen=True)
class Change:
    """A moment at which a zone changes its clocks, as the clock shows it that is changed."""

    onset: datetime
    before: timedelta
    after: timedelta
    name: str
    is_summer: bool

    @property
    def places(self) -> tuple[str, str]:
        """The day within its month, counted from the front and, where it is the last such weekday, from the end."""
        day, weekday = self.onset.day, WEEKDAYS[self.onset.weekday()]
        is_last = day + 7 > monthrange(self.onset.year, self.onset.month)[1]
        return f"{(day - 1) // 7 + 1}{weekday}", f"-1{weekday}" if is_last else ""


@lru_cache(maxsize=64)
def vtimezone(name: str, year: int) -> Timezone:
    """The zone's clock from two years before ``year`` on; kept, since working it out takes a moment.

    A zone whose changes follow no rule of weekdays is told by its dates for some years.
    """
    zone = ZoneInfo(name)
    years = [list(changes(zone, y)) for y in range(year - 2, year - 2 + YEARS)]
    if not any(years):
        return _fixed(zone, name, year)
    rules = [_rule([y[n] for y in years]) for n in range(len(years[0]))] if len({len(y) for y in years}) == 1 else []
    if not rules or not all(rules):
        return Timezone.from_tzinfo(zone, name, first_date=date(year - 2, 1, 1), last_date=date(year + 5, 1, 1))
    found = Timezone()
    found.add("tzid", name)
    for change, rule in zip(years[0], rules, strict=True):
        found.add_component(_part(change.onset, change.before, change.after, change.name, rule, change.is_summer))
    return found


def changes(zone: ZoneInfo, year: int) -> Iterator[Change]:
    """The changes of a zone's clocks in a year, to the minute, in order."""
    moment, end = datetime(year, 1, 1, tzinfo=UTC), datetime(year + 1, 1, 1, tzinfo=UTC)
    while moment < end:
        later = moment + timedelta(days=1)
        if _offset(zone, moment) != _offset(zone, later):
            yield _change(zone, moment, later)
        moment = later


def _change(zone: ZoneInfo, low: datetime, high: datetime) -> Change:
    before = _offset(zone, low)
    while high - low > timedelta(minutes=1):
        middle = low + timedelta(minutes=(high - low) // timedelta(minutes=2))
        low, high = (middle, high) if _offset(zone, middle) == before else (low, middle)
    local = high.astimezone(zone)
    onset = (high + before).replace(tzinfo=None)
    return Change(onset, before, _offset(zone, high), local.tzname() or "", bool(local.dst()))


def _offset(zone: ZoneInfo, moment: datetime) -> timedelta:
    return moment.astimezone(zone).utcoffset() or timedelta()


def _rule(same: list[Change]) -> str:
    """The yearly rule that all these changes follow; empty when they follow none."""
    shapes = {(c.onset.month, c.onset.time(), c.before, c.after) for c in same}
    if len(shapes) > 1:
        return ""
    places = [c.places for c in same]
    common = next((p[0] for p in zip(*places, strict=True) if len(set(p)) == 1 and p[0]), "")
    return f"FREQ=YEARLY;BYMONTH={same[0].onset.month};BYDAY={common}" if common else ""


def _fixed(zone: ZoneInfo, name: str, year: int) -> Timezone:
    found, start = Timezone(), datetime(year - 2, 1, 1, tzinfo=UTC)
    found.add("tzid", name)
    offset = _offset(zone, start)
    words = start.astimezone(zone).tzname() or ""
    found.add_component(_part(datetime(year - 2, 1, 1), offset, offset, words, "", is_summer=False))  # noqa: DTZ001
    return found


def _part(
    onset: datetime, before: timedelta, after: timedelta, name: str, rule: str, is_summer: bool
) -> TimezoneStandard | TimezoneDaylight:  # fmt: skip
    part = TimezoneDaylight() if is_summer else TimezoneStandard()
    part.add("dtstart", onset)
    part.add("tzoffsetfrom", before)
    part.add("tzoffsetto", after)
    part.add("tzname", name)
    if rule:
        part.add("rrule", vRecur.from_ical(rule))
    return part
