"""Planning: which steps of which things that wait have been reached, and whom that concerns.

Asked again and again, it adds what is missing and nothing twice. It never asks “is it today?” but “has it been reached,
and was nobody told yet?”, so that an outage of any length loses nothing; of several steps missed only the last is told.
A leader is told only after the person it waits on has been.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from functools import reduce
from operator import or_
from typing import Any

from django.db import connection, transaction
from django.db.models import Case, CharField, Exists, F, IntegerField, OuterRef, Q, QuerySet, Value, When
from django.db.models.functions import Cast

from qms.models import Reminder, ReminderRule, Site
from qms.reminder_events import ReminderEvent, all_events, events_named, kinds_with_their_own
from qms.services import trail
from qms.services.reminder_look import THEN, Look
from qms.services.reminder_people import Directory
from qms.services.reminder_tell import Teller, Waiting

BATCH = 10_000
LOCK = "reminders:plan"
Status = Reminder.Status
TOLD = (Status.SENT, Status.UNTOLD)


def plan(*, at: datetime, batch: int = BATCH) -> int:
    """Plan what has been reached and not been planned yet; returns how many things that were.

    Side effects: Reminder rows, planned or (nobody can be told) untold. Idempotent; may run at the same time twice.
    """
    days = [(day, site_ids, in_force_on(day)) for day, site_ids in days_at_sites(at)]
    hits = _look(days, at=at).hits(at=at)
    if not hits:
        return 0
    directory = Directory(at=at)
    return sum(
        _plan_event(rule, event, rows, day, directory, at=at, batch=batch)
        for number, (rule, event, rows, day) in enumerate(_to_plan(days))
        if number in hits
    )


Days = list[tuple[date, list[int] | None, list[ReminderRule]]]


def _to_plan(days: Days) -> Iterator[tuple[ReminderRule, ReminderEvent, QuerySet[Any], date]]:
    """Each rule that is not paused with each event and the rows that wait, always in the same order."""
    for day, site_ids, rules in days:
        for rule, event, rows in rules_and_events(day, site_ids, rules):
            if not rule.is_paused:
                yield rule, event, rows, day


_kept: dict[tuple[Any, ...], Look] = {}
"""The last look, by everything its queries are made of; made anew every hour all the same."""


def _look(days: Days, *, at: datetime) -> Look:
    said = [
        (day, tuple(site_ids or ()), *(
            (rule.slug, rule.kind, rule.event, *rule.steps, "climbs", rule.escalate_after_days, rule.escalate_levels,
             rule.is_paused)
            for rule in rules
        )) for day, site_ids, rules in days
    ]  # fmt: skip
    key = (connection.vendor, at.replace(minute=0, second=0, microsecond=0), *said, *all_events())
    if key not in _kept:
        pairs = list(_to_plan(days))
        queries = [(n, unplanned(event, rows, rule, day)) for n, (rule, event, rows, day) in enumerate(pairs)]
        queries += [
            (n, to_escalate(event, rows, rule, day, THEN))
            for n, (rule, event, rows, day) in enumerate(pairs)
            if event.escalates and rule.escalate_levels
        ]
        waits = {timedelta(days=rule.escalate_after_days) for rule, *_rest in pairs}
        _kept.clear()
        _kept[key] = Look(queries, waits=waits)
    return _kept[key]


def days_at_sites(at: datetime) -> list[tuple[date, list[int] | None]]:
    """Today where the sites are: each date with its sites; None instead of all sites when there is one date only."""
    days: dict[date, list[int]] = {}
    for site in Site.objects.order_by("pk").only("pk", "time_zone"):
        days.setdefault(at.astimezone(site.zone).date(), []).append(site.pk)
    return [(day, site_ids if len(days) > 1 else None) for day, site_ids in days.items()]


def in_force_on(day: date) -> list[ReminderRule]:
    """The rules in force on a day, paused ones too; one query."""
    return list(ReminderRule.objects.effective_on(day).order_by("slug", "version"))


def rules_and_events(
    day: date, site_ids: list[int] | None, in_force: list[ReminderRule]
) -> Iterator[tuple[ReminderRule, ReminderEvent, QuerySet[Any]]]:
    """Each rule in force with each event it is about and the rows that wait.

    The rule of a kind goes before the general one, a paused one too: paused means silence.
    """
    with_rule = {(rule.kind, rule.event) for rule in in_force if rule.kind}
    for rule in in_force:
        for event in events_named(rule.event, rule.kind):
            if not rule.kind and (event.kind, event.event) in with_rule:
                continue
            rows: QuerySet[Any] = event.waiting()
            if event.obsolete_after is not None:
                rows = rows.filter(**{f"{event.due}__gte": day - timedelta(days=event.obsolete_after)})
            if site_ids is not None:
                rows = rows.filter(**{f"{event.site}__in": site_ids})
            if not event.kind:
                if rule.kind:
                    rows = rows.filter(kind=rule.kind)
                else:
                    others = {kind for kind, name in with_rule if name == rule.event}
                    rows = rows.exclude(kind__in=others | kinds_with_their_own(rule.event))
            yield rule, event, rows


def reached(event: ReminderEvent, rows: QuerySet[Any], rule: ReminderRule, day: date) -> QuerySet[Any]:
    """The rows that have reached a step of the rule by that day, with the last one reached as ``reached_step``."""
    steps = rule.steps
    if not steps:
        return rows.none()
    cases = [When(**{f"{event.due}__lte": day - timedelta(days=step)}, then=Value(step)) for step in reversed(steps)]
    found: QuerySet[Any] = rows.filter(**{f"{event.due}__lte": day - timedelta(days=steps[0])})
    by_step: QuerySet[Any] = found.annotate(reached_step=Case(*cases, output_field=IntegerField()))
    return by_step


def same_telling(event: ReminderEvent, rule: ReminderRule) -> QuerySet[Reminder]:
    """Reminders of the row of ``waiting`` around this subquery, under any version of the rule."""
    same = Reminder.objects.filter(
        record_id=OuterRef(event.record), rule_slug=rule.slug, due_on=OuterRef(event.due),
        responsible_id=OuterRef(event.responsible),
    ).exclude(status=Status.DROPPED)  # fmt: skip
    return same.filter(subject=Cast(OuterRef(event.subject), CharField())) if event.subject else same


def unplanned(event: ReminderEvent, rows: QuerySet[Any], rule: ReminderRule, day: date) -> QuerySet[Any]:
    """The rows whose last step reached nobody has been planned for."""
    there = same_telling(event, rule).filter(step=OuterRef("reached_step"), level=0)
    found: QuerySet[Any] = reached(event, rows, rule, day).filter(~Exists(there))
    return found


def to_escalate(
    event: ReminderEvent, rows: QuerySet[Any], rule: ReminderRule, day: date, at: datetime
) -> QuerySet[Any]:
    """The rows whose next leader is to be told, with the number of that leader as ``next_level``.

    The one before was told, long enough ago, and nobody has acknowledged.
    """
    wait = timedelta(days=rule.escalate_after_days)
    levels = range(1, rule.escalate_levels + 1)
    there = same_telling(event, rule)
    due = {level: Q(**{f"{event.due}__lte": day - wait * level}) for level in levels}
    waited = Q(sent_at__lte=at - wait) | Q(sent_at=None, planned_at__lte=at - wait)
    told = {level: there.filter(level=level - 1, status__in=TOLD) for level in levels}
    is_next = {
        level: due[level]
        & Q(Exists(told[level] if level == 1 else told[level].filter(waited)))
        & ~Q(Exists(there.filter(level=level)))
        for level in levels
    }
    nobody_cares = ~Exists(there.exclude(acknowledged_at=None))
    found: QuerySet[Any] = rows.filter(due[1], nobody_cares, reduce(or_, is_next.values()))
    whens = [When(is_next[level], then=Value(level)) for level in levels[:-1]]
    number = Case(*whens, default=Value(levels[-1]), output_field=IntegerField())
    numbered: QuerySet[Any] = found.annotate(next_level=number)
    return numbered


def _plan_event(
    rule: ReminderRule, event: ReminderEvent, rows: QuerySet[Any], day: date, directory: Directory, *, at: datetime,
    batch: int,
) -> int:  # fmt: skip
    teller = Teller(rule, event, day, directory, at=at)
    done = _plan_all(teller, unplanned(event, rows, rule, day), batch=batch)
    if event.escalates and rule.escalate_levels:
        done += _plan_all(teller, to_escalate(event, rows, rule, day, at), batch=batch, climbs=True)
    return done


def _plan_all(teller: Teller, found: QuerySet[Any], *, batch: int, climbs: bool = False) -> int:
    """Plan for all rows, batch by batch; each row gets at least one reminder, so that the next batch finds others.

    No transaction is begun where there is nothing to plan, which is nearly always.
    """
    done = 0
    while rows := _read(teller.event, found, "next_level" if climbs else "reached_step", batch):
        with transaction.atomic():
            trail.lock_chain(LOCK)
            reminders = [made for row in rows for made in (teller.climb(row) if climbs else teller.tell(row))]
            Reminder.objects.bulk_create(reminders, ignore_conflicts=True, batch_size=2_000)
        done += len(rows)
        if len(rows) < batch:
            break
    return done


def _read(event: ReminderEvent, found: QuerySet[Any], reached_as: str, batch: int) -> list[Waiting]:
    nothing = Value("", output_field=CharField())
    rows: Any = found.order_by(event.due, event.record).values_list(
        event.record, F("kind") if not event.kind else Value(event.kind, output_field=CharField()), event.due,
        event.responsible, event.site, event.area, event.subject or nothing,
        event.deputy or Value(None, output_field=IntegerField()), reached_as,
    )  # fmt: skip
    return [Waiting(*(*row[:6], str(row[6]), *row[7:])) for row in rows[:batch]]
