"""How often something comes back: an iCalendar rule (RFC 5545) as text, its days, and its words.

A rule is kept without its start and end (``DTSTART``, ``UNTIL``, ``COUNT``): those are days of whatever recurs.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, time

from dateutil.rrule import rrulestr
from django.core.exceptions import ValidationError
from django.utils import dates
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

LONGEST = 200
MOST_APART = 60
"""The largest interval: every 60 days, weeks, months or years."""
WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
WORKING_WEEK = "MO,TU,WE,TH,FR"
LAST_WORKING_DAY = f"FREQ=MONTHLY;BYDAY={WORKING_WEEK};BYSETPOS=-1"
FREQUENCIES = ("DAILY", "WEEKLY", "MONTHLY", "YEARLY")
PARTS = frozenset({"FREQ", "INTERVAL", "BYDAY", "BYMONTHDAY", "BYMONTH", "BYSETPOS", "WKST"})
ENDS = frozenset({"UNTIL", "COUNT"})
NTH = {
    1: gettext_lazy("first"), 2: gettext_lazy("second"), 3: gettext_lazy("third"), 4: gettext_lazy("fourth"),
    5: gettext_lazy("fifth"), -1: gettext_lazy("last"), -2: gettext_lazy("last but one"),
}  # fmt: skip


class RuleNotUnderstood(ValidationError):
    """The text is no rule this product keeps."""


def parts_of(rule: str) -> dict[str, str]:
    """The parts of a rule by name, in the order written. Raises RuleNotUnderstood for what is no list of parts."""
    found: dict[str, str] = {}
    for part in rule.strip().removeprefix("RRULE:").split(";"):
        name, _equals, value = part.partition("=")
        if not name or not value or name.upper() in found:
            raise RuleNotUnderstood(_("“%s” is not a rule such as FREQ=WEEKLY;BYDAY=MO.") % rule[:80])
        found[name.upper()] = value.upper()
    return found


def tidy(rule: str) -> str:
    """The rule as it is kept. Raises RuleNotUnderstood, saying what is not kept or cannot be read."""
    if len(rule) > LONGEST:
        raise RuleNotUnderstood(_("This rule is too long."))
    parts = parts_of(rule)
    if parts.get("FREQ") not in FREQUENCIES:
        raise RuleNotUnderstood(_("It must come back daily, weekly, monthly or yearly."))
    if unknown := parts.keys() - PARTS:
        raise RuleNotUnderstood(_("A rule with %s is not kept here.") % ", ".join(sorted(unknown)))
    every = parts.get("INTERVAL", "1")
    if not (every.isascii() and every.isdigit() and 1 <= int(every) <= MOST_APART):
        raise RuleNotUnderstood(_("At most every 60 days, weeks, months or years."))
    if every == "1":
        parts.pop("INTERVAL", None)
    text = ";".join(f"{name}={value}" for name, value in parts.items())
    try:
        first = rrulestr(text, dtstart=datetime(2024, 1, 1)).after(datetime(2023, 12, 31))  # noqa: DTZ001  days only
    except (ValueError, TypeError) as error:
        raise RuleNotUnderstood(_("“%s” is not a rule such as FREQ=WEEKLY;BYDAY=MO.") % rule[:80]) from error
    if first is None:
        raise RuleNotUnderstood(_("There is no day on which this comes back."))
    return text


def days(rule: str, *, anchor: date, first: date, last: date) -> list[date]:
    """The days from first to last, both included, on which the rule holds; counted from ``anchor``, never before it.

    ``anchor`` is the rule's start: “every second week” counts from there. Unlike in a calendar, the anchor itself is
    only among the days when the rule holds on it.
    """
    if last < anchor or last < first:
        return []
    recurring = rrulestr(rule, dtstart=datetime.combine(anchor, time()))
    found = recurring.between(datetime.combine(first, time()), datetime.combine(last, time()), inc=True)
    return [moment.date() for moment in found]


def last_of(rule: str, count: int, *, anchor: date) -> date:
    """The day of the ``count``-th time a rule holds, counted from its anchor."""
    moments = rrulestr(f"{rule};COUNT={count}", dtstart=datetime.combine(anchor, time()))
    return max(moments, default=datetime.combine(anchor, time())).date()


def weekly(weekdays: Iterable[int], *, every: int = 1) -> str:
    """Every so many weeks on those days of the week; 1 is Monday."""
    chosen = ",".join(WEEKDAYS[number - 1] for number in sorted(set(weekdays)))
    return tidy(f"FREQ=WEEKLY;INTERVAL={every};BYDAY={chosen}")


def monthly(nth: int, weekday: int, *, every: int = 1) -> str:
    """Every so many months on the nth (-1: the last) of a day of the week; 1 is Monday."""
    return tidy(f"FREQ=MONTHLY;INTERVAL={every};BYDAY={nth}{WEEKDAYS[weekday - 1]}")


def words(rule: str) -> str:
    """The rule as people say it: “every 2 weeks on Friday”; the rule itself where there are no words for it."""
    parts = parts_of(rule)
    every = int(parts.get("INTERVAL", "1"))
    how = {"DAILY": _daily, "WEEKLY": _weekly, "MONTHLY": _monthly, "YEARLY": _yearly}[parts["FREQ"]]
    return how(parts, every) or rule


def _daily(parts: dict[str, str], every: int) -> str:
    if parts.keys() - {"FREQ", "INTERVAL", "WKST"}:
        return ""
    return ngettext("every day", "every %(n)d days", every) % {"n": every}


def _weekly(parts: dict[str, str], every: int) -> str:
    if parts.keys() - {"FREQ", "INTERVAL", "BYDAY", "WKST"}:
        return ""
    again = ngettext("every week", "every %(n)d weeks", every) % {"n": every}
    chosen = parts.get("BYDAY", "")
    if chosen == WORKING_WEEK:
        return _("%(again)s, Monday to Friday") % {"again": again}
    named = [_weekday(day) for day in chosen.split(",") if day]
    return _("%(again)s on %(days)s") % {"again": again, "days": ", ".join(named)} if named else again


def _monthly(parts: dict[str, str], every: int) -> str:
    again = ngettext("every month", "every %(n)d months", every) % {"n": every}
    kept = {name: value for name, value in parts.items() if name not in ("FREQ", "INTERVAL", "WKST")}
    if kept == {"BYDAY": WORKING_WEEK, "BYSETPOS": "-1"}:
        return _("%(again)s on the last working day") % {"again": again}
    if kept.keys() == {"BYMONTHDAY"}:
        day = kept["BYMONTHDAY"]
        on = _("on the last day") if day == "-1" else _("on day %s") % day
        return f"{again} {on}"
    if kept.keys() == {"BYDAY"} and "," not in kept["BYDAY"]:
        nth = kept["BYDAY"][:-2]
        if nth and int(nth) in NTH:
            facts = {"again": again, "nth": NTH[int(nth)], "day": _weekday(kept["BYDAY"][-2:])}
            return _("%(again)s on the %(nth)s %(day)s") % facts
    return "" if kept else again


def _yearly(parts: dict[str, str], every: int) -> str:
    if parts.keys() - {"FREQ", "INTERVAL", "WKST"}:
        return ""
    return ngettext("every year", "every %(n)d years", every) % {"n": every}


def _weekday(code: str) -> str:
    return str(dates.WEEKDAYS[WEEKDAYS.index(code[-2:])])
