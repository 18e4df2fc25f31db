"""Planning: which steps of which things that wait have been reached, and whom that concerns.

Asked again and again, it adds what is missing and nothing twice. It never asks “is it today?” but “has it been reached,
and was nobody told yet?”, so that an outage of any length loses nothing; of several steps missed only the last is told.
A leader is told only after the person it waits on has been.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Case, CharField, Exists, F, IntegerField, OuterRef, Q, QuerySet, Value, When
from django.db.models.functions import Cast

from qms.models import Reminder, ReminderChannel, ReminderRule, Site
from qms.reminder_events import ReminderEvent, events_named, kinds_with_their_own
from qms.services import trail
from qms.services.reminder_people import Directory, Told
from qms.services.reminder_time import next_digest, out_of_quiet

BATCH = 10_000
LOCK = "reminders:plan"
Status, Part = Reminder.Status, Reminder.Part
TOLD = (Status.SENT, Status.UNTOLD)


@dataclass(frozen=True)
class Waiting:
    """One thing that waits, with the step it has reached."""

    record_id: int
    kind: str
    due_on: date
    responsible_id: int
    site_id: int
    area_id: int | None
    subject: str
    deputy_id: int | None
    step: int


def plan(*, at: datetime, batch: int = BATCH) -> int:
    """Plan what has been reached and not been planned yet; returns how many things that were.

    Side effects: Reminder rows, planned or (nobody can be told) untold. Idempotent; may run at the same time twice.
    """
    directory = Directory(at=at)
    return sum(
        _plan_event(rule, event, narrowed, day, directory, at=at, batch=batch)
        for day, site_ids in days_at_sites(at)
        for rule, event, narrowed in rules_and_events(day, site_ids)
        if not rule.is_paused
    )


def days_at_sites(at: datetime) -> list[tuple[date, list[int] | None]]:
    """Today where the sites are: each date with its sites; None instead of all sites when there is one date only."""
    days: dict[date, list[int]] = {}
    for site in Site.objects.order_by("pk").only("pk", "time_zone"):
        days.setdefault(at.astimezone(site.zone).date(), []).append(site.pk)
    return [(day, site_ids if len(days) > 1 else None) for day, site_ids in days.items()]


def rules_and_events(
    day: date, site_ids: list[int] | None = None, rules: list[ReminderRule] | None = None
) -> Iterator[tuple[ReminderRule, ReminderEvent, QuerySet[Any]]]:
    """Each rule in force with each event it is about and the rows that wait.

    The rule of a kind goes before the general one, a paused one too: paused means silence.
    """
    in_force = list(ReminderRule.objects.effective_on(day).order_by("slug", "version")) if rules is None else rules
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


def _to_escalate(
    event: ReminderEvent, rows: QuerySet[Any], rule: ReminderRule, level: int, day: date, at: datetime
) -> QuerySet[Any]:
    """The rows whose next leader is to be told: the one before was, long enough ago, and nobody has acknowledged."""
    wait = timedelta(days=rule.escalate_after_days)
    before = same_telling(event, rule).filter(level=level - 1, status__in=TOLD)
    if level > 1:
        before = before.filter(Q(sent_at__lte=at - wait) | Q(sent_at=None, planned_at__lte=at - wait))
    there = same_telling(event, rule)
    found: QuerySet[Any] = rows.filter(
        Exists(before),
        ~Exists(there.filter(level=level)),
        ~Exists(there.exclude(acknowledged_at=None)),
        **{f"{event.due}__lte": day - wait * level},
    ).annotate(reached_step=Value(rule.escalate_after_days * level, output_field=IntegerField()))
    return found


def _plan_event(
    rule: ReminderRule, event: ReminderEvent, rows: QuerySet[Any], day: date, directory: Directory, *, at: datetime,
    batch: int,
) -> int:  # fmt: skip
    levels = rule.escalate_levels if event.escalates else 0
    done = 0
    for level in range(levels + 1):
        found = _to_escalate(event, rows, rule, level, day, at) if level else unplanned(event, rows, rule, day)
        while waiting := _plan_batch(rule, event, found, level, day, directory, at=at, batch=batch):
            done += waiting
            if waiting < batch:
                break
    return done


@transaction.atomic
def _plan_batch(
    rule: ReminderRule, event: ReminderEvent, found: QuerySet[Any], level: int, day: date, directory: Directory, *,
    at: datetime, batch: int,
) -> int:  # fmt: skip
    """Plan for the first rows; each gets at least one reminder, so that the next batch finds others."""
    rows = _read(event, found, batch)
    if not rows:
        return 0
    trail.lock_chain(LOCK)
    reminders = [reminder for row in rows for reminder in _reminders(rule, event, row, level, day, directory, at=at)]
    Reminder.objects.bulk_create(reminders, ignore_conflicts=True, batch_size=2_000)
    return len(rows)


def _read(event: ReminderEvent, found: QuerySet[Any], batch: int) -> list[Waiting]:
    nothing = Value("", output_field=CharField())
    rows: Any = found.order_by(event.due, event.record).values_list(
        event.record, F("kind") if not event.kind else Value(event.kind, output_field=CharField()), event.due,
        event.responsible, event.site, event.area, event.subject or nothing,
        event.deputy or Value(None, output_field=IntegerField()), "reached_step",
    )  # fmt: skip
    return [Waiting(*(*row[:6], str(row[6]), *row[7:])) for row in rows[:batch]]


def _reminders(
    rule: ReminderRule, event: ReminderEvent, row: Waiting, level: int, day: date, directory: Directory, *, at: datetime
) -> Iterator[Reminder]:
    told = _leader(rule, row, level, day, directory) if level else _recipients(rule, event, row, day, directory)
    for person in told:
        yield Reminder(
            rule=rule, rule_slug=rule.slug, event=event.event, kind=row.kind, record_id=row.record_id,
            subject=row.subject, due_on=row.due_on, step=row.step, level=level, responsible_id=row.responsible_id,
            person_id=person.person_id, instead_of_id=person.instead_of_id, part=person.part, concern=event.concern,
            channel=person.channel, status=Status.UNTOLD if person.why_not else Status.PENDING,
            dropped_reason=person.why_not, planned_at=at,
            send_at=at if person.why_not else _send_at(rule, row, person, directory, at=at),
        )  # fmt: skip


def _send_at(rule: ReminderRule, row: Waiting, told: Told, directory: Directory, *, at: datetime) -> datetime:
    if told.channel == ReminderChannel.IN_APP:
        return at
    calendar = directory.calendar(told.person_id)
    if told.channel == ReminderChannel.MAIL:
        return out_of_quiet(rule, calendar=calendar, at=at)
    before = row.due_on if row.step <= 0 else None
    return next_digest(directory.preference(told.person_id), calendar=calendar, at=at, before=before)


def _leader(rule: ReminderRule, row: Waiting, level: int, day: date, directory: Directory) -> list[Told]:
    chain = directory.chain(row.responsible_id)
    if len(chain) < level:
        return [Told(row.responsible_id, Part.ESCALATION, why_not="no leader above")]
    return [directory.reached(chain[level - 1], Part.ESCALATION, rule.channel, day=day, but=row.responsible_id)]


def _recipients(rule: ReminderRule, event: ReminderEvent, row: Waiting, day: date, directory: Directory) -> list[Told]:
    """Each person once, by the first name of the rule that leads to him or her."""
    told: dict[int, Told] = {}
    for name in rule.recipients:
        part = Part.ROLE if name.startswith("role:") else Part(name)
        for person_id in _named(name, row, directory):
            by_mail = event.needs_signature or not _unsubscribed(directory, person_id, row.kind, event)
            person = directory.reached(
                person_id, part, rule.channel, day=day, by_mail=by_mail, in_person=event.in_person
            )
            if person.person_id not in told or told[person.person_id].why_not:
                told[person.person_id] = person
    reachable = [person for person in told.values() if not person.why_not]
    return reachable or list(told.values())[:1] or [Told(row.responsible_id, Part.OWNER, why_not="nobody is named")]


def _named(name: str, row: Waiting, directory: Directory) -> list[int]:
    """The people a rule's word stands for."""
    if name == "owner":
        return [row.responsible_id]
    if name == "deputy":
        return [row.deputy_id] if row.deputy_id else []
    if name == "team":
        return directory.team(row.responsible_id)
    if name == "area_leader":
        return directory.area_leaders(row.area_id)
    if name == "manager":
        return directory.chain(row.responsible_id)[:1]
    return directory.role_holders(name.removeprefix("role:"), row.site_id)


def _unsubscribed(directory: Directory, person_id: int, kind: str, event: ReminderEvent) -> bool:
    chosen = directory.preference(person_id).unsubscribed
    return kind in chosen or event.concern in chosen
