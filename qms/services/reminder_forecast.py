"""What the rules in force will tell in the coming days, counted per rule and day without reading a single record."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import CharField, Count, F, QuerySet, Value

from qms.models import ReminderRule, Site, User
from qms.reminder_events import ReminderEvent, all_events, kinds_with_their_own

DAYS = 7


@dataclass(frozen=True)
class Forecast:
    """How many things each rule tells of on each of the days. Things, not letters: a digest gathers many."""

    days: list[date]
    rows: list[tuple[ReminderRule, list[tuple[date, int]]]]

    @property
    def totals(self) -> list[tuple[date, int]]:
        """Per day, over all rules."""
        return [
            (day, sum(numbers[position][1] for _rule, numbers in self.rows)) for position, day in enumerate(self.days)
        ]


def forecast(user: User, *, at: datetime, days: int = DAYS) -> Forecast:
    """The coming days from tomorrow on, at the user's sites; two queries.

    Steps are counted by their calendar day; where a rule keeps to working days or a person gets a weekly digest the
    letter itself goes out somewhat later. Escalations are left out: they depend on what people do until then.
    """
    today = _today(user, at)
    coming = [today + timedelta(days=number) for number in range(1, days + 1)]
    rules = list(ReminderRule.objects.effective_on(today).filter(paused_at=None).order_by("slug", "version"))
    waiting = _waiting(user, rules, first=coming[0], last=coming[-1]) if rules else Counter()
    with_rule = {(rule.kind, rule.event) for rule in ReminderRule.objects.effective_on(today).exclude(kind="")}
    return Forecast(coming, [(rule, _of_rule(rule, coming, waiting, with_rule)) for rule in rules])


def _of_rule(
    rule: ReminderRule, coming: list[date], waiting: Counter[tuple[str, str, date]], with_rule: set[tuple[str, str]]
) -> list[tuple[date, int]]:
    kinds = {kind for kind, event, _due in waiting if event == rule.event}
    if rule.kind:
        kinds &= {rule.kind}
    else:
        kinds -= {kind for kind, event in with_rule if event == rule.event}
    return [
        (day, sum(waiting[kind, rule.event, day - timedelta(days=step)] for kind in kinds for step in rule.steps))
        for day in coming
    ]


def _waiting(
    user: User, rules: list[ReminderRule], *, first: date, last: date
) -> Counter[tuple[str, str, date]]:  # fmt: skip
    """How many things of a kind wait until a day for an event, as far as a step of some rule can fall into the days."""
    steps = [step for rule in rules for step in rule.steps] or [0]
    earliest, latest = first - timedelta(days=max(steps)), last - timedelta(days=min(steps))
    named = {rule.event for rule in rules}
    parts = [_grouped(event, user, earliest, latest) for event in all_events() if event.event in named]
    if not parts:
        return Counter()
    found: Counter[tuple[str, str, date]] = Counter()
    for kind, event, due, number in parts[0].union(*parts[1:], all=True):
        found[kind, event, due] += number
    return found


def _grouped(event: ReminderEvent, user: User, earliest: date, latest: date) -> QuerySet[Any, Any]:
    rows = event.waiting().filter(**{f"{event.due}__range": (earliest, latest)})
    if not user.has_all_sites:
        rows = rows.filter(**{f"{event.site}__in": user.visible_site_ids})
    if not event.kind:
        rows = rows.exclude(kind__in=kinds_with_their_own(event.event))
    kind = Value(event.kind, output_field=CharField()) if event.kind else F("kind")
    name = Value(event.event, output_field=CharField())
    named = rows.order_by().annotate(of_kind=kind, of_event=name, day=F(event.due))
    counted: QuerySet[Any, Any] = named.values_list("of_kind", "of_event", "day").annotate(number=Count("pk"))
    return counted


def _today(user: User, at: datetime) -> date:
    site: Site | None = user.person.site
    return at.astimezone(site.zone).date() if site else at.date()
