"""When somebody is told: quiet hours, working days and digests, by the clock and calendar of the person's site."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

from qms.models import ReminderPreference, ReminderRule
from qms.services.site_calendar import Calendar, moment_at

MORNING = time(7)
"""When a rule without quiet hours lets out on a working day what it kept back on a day off."""


def out_of_quiet(rule: ReminderRule, *, calendar: Calendar, at: datetime) -> datetime:
    """The first moment from ``at`` on at which the rule lets an e-mail out to somebody at the site."""
    here = at.astimezone(calendar.zone)
    has_quiet = rule.quiet_from != rule.quiet_until
    start = rule.quiet_until if has_quiet else MORNING
    day, is_now = here.date(), True
    if has_quiet and _is_quiet(rule, here.time()):
        day, is_now = (day if here.time() < rule.quiet_until else day + timedelta(days=1)), False
    if rule.is_working_days_only and not calendar.is_working(day):
        day, is_now = calendar.next_working_day(day), False
    return at.astimezone(UTC) if is_now else moment_at(day, start, calendar.zone)


def _is_quiet(rule: ReminderRule, now: time) -> bool:
    if rule.quiet_from < rule.quiet_until:
        return rule.quiet_from <= now < rule.quiet_until
    return now >= rule.quiet_from or now < rule.quiet_until


def next_digest(
    preference: ReminderPreference, *, calendar: Calendar, at: datetime, before: date | None = None
) -> datetime:
    """The person's next digest from ``at`` on, on a working day.

    ``before``: what must be known by that day does not wait for a later weekly digest; it comes the next working
    morning.
    """
    here = at.astimezone(calendar.zone)
    first = here.date() if here.time() <= preference.at_time else here.date() + timedelta(days=1)
    morning = calendar.next_working_day(first)
    if preference.rhythm == ReminderPreference.Rhythm.DAILY:
        day = morning
    else:
        day = calendar.next_working_day(first + timedelta(days=(preference.weekday - first.weekday()) % 7))
        if before is not None and day > before:
            day = morning
    return moment_at(day, preference.at_time, calendar.zone)
