"""The demo plant's standard work: its calendar, the routines of its leaders, and what became of each planned time.

Routines exist before the story is told, so that its acts count for them by the rule of the product; the rest was
missed, and most of it explained. One leader is always in time, at the same minute: something to talk about.
"""

from __future__ import annotations

import random
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from leadership.models import ActivityType, Occurrence, Routine
from leadership.services import activity, occurrence, occurrence_plan, routine
from leadership.services.demo_story import SUPERVISORS
from qms.models import Absence, Area, Closure, Shift, Site, User
from qms.services import absence, site_calendar

SEED = 9003
NAMESPACE = uuid.UUID("0b0f5a52-5d49-4a8e-9a3e-7f6a2f1d9003")
WEEK, FORTNIGHT, MONTH = "FREQ=WEEKLY;BYDAY=FR", "FREQ=WEEKLY;INTERVAL=2;BYDAY=FR", "FREQ=MONTHLY;BYDAY=3WE"
# By rule: hours the window opens before the day, and hours of grace after it; together about the whole period.
WINDOWS = {WEEK: (120, 24), FORTNIGHT: (240, 24), MONTH: (336, 336)}
ROUTINES: tuple[tuple[str, str, str], ...] = (
    ("yusuf.chen", "floor-walk", WEEK),
    ("yusuf.chen", "quality-first-meeting", FORTNIGHT),
    ("yusuf.chen", "recognition", MONTH),
    ("hiro.weber", "quality-review", MONTH),
    ("hiro.weber", "floor-walk", MONTH),
    ("grace.weber", "quality-first-meeting", MONTH),
    *((name, "quality-first-meeting", MONTH) for name in SUPERVISORS),
)
PUNCTUAL, PUNCTUAL_WEEKS = "zoe.tran", 30
SHIFTS = (("A", time(6), time(14)), ("B", time(14), time(22)), ("C", time(22), time(6)), ("day", time(8), time(16, 30)))
HOLIDAYS = ((1, 1, "New Year’s Day"), (7, 4, "Independence Day"), (12, 25, "Christmas Day"))
# Days ago, first and last, as the story leaves them empty.
SHUTDOWNS = ((331, 324, "Summer shutdown"), (143, 137, "Inventory and maintenance"))
AWAY = (("ximena.weber", 150, 55), ("karin.alvarez", 210, 200), ("hiro.fischer", 96, 86))
REASONS: tuple[tuple[str, str], ...] = (
    ("customer", "Customer audit all week"), ("emergency", "Press 2 stood still, everybody was there"),
    ("forgotten", ""), ("unsuitable", "Handover moved to the afternoon"), ("leave", "Home with the flu"),
    ("forgotten", "Phone left in the office"), ("customer", "Gamma visited about the labels"),
    ("emergency", "Supplier lot blocked, sorted it with the team"), ("shutdown", "Line rebuilt, nobody to meet"),
)  # fmt: skip
UNEXPLAINED_DAYS = 9


@dataclass
class Setting:
    """What the story's standard work refers to; ``judged_at`` is how far time has gone."""

    site: Site
    users: dict[str, User]
    types: dict[str, ActivityType]
    areas: dict[str, Area]
    today: date
    judged_at: datetime


def begin(setting: Setting) -> int:
    """Set up the calendar, absences and routines at the beginning of the story. Returns how many routines."""
    at, manager = setting.judged_at, setting.users["hiro.weber"]
    _calendar(setting, manager)
    _absences(setting)
    wanted = [*ROUTINES, (PUNCTUAL, "coaching", WEEK)]
    for leader, kind, rule in wanted:
        user, starts_on = setting.users[leader], at.date() + timedelta(days=14)
        before, grace = WINDOWS[rule]
        facts: dict[str, Any] = {"opens_before_hours": before, "grace_hours": grace, "on_closed": "previous"}
        if leader == PUNCTUAL and kind == "coaching":
            starts_on = setting.today - timedelta(weeks=PUNCTUAL_WEEKS)
            facts = {"minutes": 30, "on_closed": "skip"}
        routine.propose(
            uid=uuid.uuid5(NAMESPACE, f"{leader} {kind}"), owner=user.person, site=setting.site,
            activity_type=setting.types[kind], rule=rule, starts_on=starts_on, by=user, at=at, **facts,
        )  # fmt: skip
    return len(wanted)


def until(setting: Setting, at: datetime) -> None:
    """Let time go on: plan ahead and judge what is over, week by week, as the beat does."""
    while setting.judged_at + timedelta(days=7) <= at:
        setting.judged_at += timedelta(days=7)
        _go_on(setting, setting.judged_at)


def finish(setting: Setting, at: datetime) -> int:
    """Up to now, and a proposal that waits for its leader. Returns how many times were planned in all."""
    until(setting, at)
    _go_on(setting, at)
    leader, manager = setting.users["ximena.vega"], setting.users["hiro.weber"]
    routine.propose(
        uid=uuid.uuid5(NAMESPACE, "proposal"), owner=leader.person, site=setting.site,
        activity_type=setting.types["floor-walk"], rule=FORTNIGHT, starts_on=setting.today, where="rotating",
        areas=[setting.areas[name] for name in sorted(setting.areas)[:4]], by=manager, at=at, grace_hours=24,
    )  # fmt: skip
    return Occurrence.objects.count()


def _go_on(setting: Setting, at: datetime) -> None:
    occurrence_plan.plan_all(at=at)
    _punctual(setting, at)
    occurrence.judge(at=at)
    _explain(setting, at)


def _calendar(setting: Setting, manager: User) -> None:
    at, site = setting.judged_at, setting.site
    for name, begins, ends in SHIFTS:
        if not Shift.objects.filter(site=site, name=name).exists():
            site_calendar.add_shift(site, name=name, begins=begins, ends=ends, by=manager, at=at)
    for first, last, reason in _closed(setting):
        if not Closure.objects.filter(site=site, starts_on=first).exists():
            site_calendar.add_closure(site, starts_on=first, ends_on=last, reason=reason, by=manager, at=at)


def _closed(setting: Setting) -> Iterator[tuple[date, date, str]]:
    for year in range(setting.judged_at.year, setting.today.year + 2):
        for month, day, words in HOLIDAYS:
            yield date(year, month, day), date(year, month, day), words
        november = date(year, 11, 1)
        thursday = november + timedelta(days=(3 - november.weekday()) % 7 + 21)
        yield thursday, thursday + timedelta(days=1), "Thanksgiving"
    for first, last, words in SHUTDOWNS:
        yield setting.today - timedelta(days=first), setting.today - timedelta(days=last), words


def _absences(setting: Setting) -> None:
    boss = setting.users["hiro.weber"]
    for name, first, last in AWAY:
        person, starts_on = setting.users[name].person, setting.today - timedelta(days=first)
        if not Absence.objects.filter(person=person, starts_on=starts_on).exists():
            absence.enter(
                person, starts_on=starts_on, ends_on=setting.today - timedelta(days=last), cause="leave",
                stand_in=setting.users["yusuf.chen"].person, by=boss, at=setting.judged_at,
            )  # fmt: skip


def _punctual(setting: Setting, at: datetime) -> None:
    """A short coaching on every planned day, always entered as of four o'clock."""
    user = setting.users[PUNCTUAL]
    planned = Routine.objects.get(uid=uuid.uuid5(NAMESPACE, f"{PUNCTUAL} coaching"))
    rows = planned.occurrences.filter(planned_on__lt=min(at.date(), setting.today)).exclude(
        status__in=["excused", "cancelled"]
    )
    for row in rows.filter(activity=None).order_by("planned_on"):
        when = datetime.combine(row.planned_on, time(16), tzinfo=setting.site.zone).astimezone(UTC)
        activity.log(
            uid=uuid.uuid5(NAMESPACE, f"coaching {row.planned_on}"), activity_type=setting.types["coaching"],
            site=setting.site, title="Coached the team lead on the day’s figures", happened_at=when, planned=row.uid,
            duration_minutes=30, by=user, at=when + timedelta(minutes=5),
        )  # fmt: skip


def _explain(setting: Setting, at: datetime) -> None:
    """Most misses get a reason within days; the newest still wait, and one in eight never gets any."""
    by_person = {user.person_id: user for user in setting.users.values()}
    latest = datetime.combine(setting.today - timedelta(days=UNEXPLAINED_DAYS), time(), tzinfo=UTC)
    rows = Occurrence.objects.unexplained().filter(planned_on__gte=at.date() - timedelta(days=45))
    for row in rows.select_related("routine").order_by("planned_on", "pk"):
        chance = random.Random(f"{SEED} {row.routine.uid} {row.planned_on}")  # noqa: S311  believable data, not secrets
        cause, note = chance.choice(REASONS)
        told_at = row.closes_at + timedelta(hours=chance.randint(2, 70))
        if chance.random() >= 0.125 and told_at <= min(at, latest):
            occurrence.explain(row, cause=cause, note=note, by=by_person[row.leader_id], at=told_at)
