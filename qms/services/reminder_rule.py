"""Rules of reminding as data: added, changed, paused and ended with effective dates, a trail and a preview."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import models, transaction
from django.db.models import Count
from django.utils.text import slugify
from django.utils.translation import gettext as _

from qms.models import Reminder, ReminderChannel, ReminderRule, User
from qms.records import known_kinds
from qms.reminder_events import events_named
from qms.services import reminder_plan, trail
from qms.services.clause_catalogue import CatalogueRefused, read_yaml

DEFAULT_FILE = Path(settings.BASE_DIR) / "qms" / "data" / "reminders.yaml"
RECIPIENTS = ("owner", "deputy", "team", "area_leader", "manager")
LONGEST_DAYS = 730
MOST_STEPS = 12
MOST_LEVELS = 5
Status = Reminder.Status


class RuleRefused(ValueError):
    """The rule cannot be saved like this; the message says why and what to do."""


@dataclass(frozen=True)
class Definition:
    """What a rule says; see ReminderRule for what each word means."""

    name: str
    before_days: tuple[int, ...] = ()
    after_days: tuple[int, ...] = ()
    then_every_days: int = 0
    most_after: int = 6
    recipients: tuple[str, ...] = ("owner",)
    channel: str = ReminderChannel.DIGEST
    is_working_days_only: bool = True
    quiet_from: time = field(default=time(18))
    quiet_until: time = field(default=time(6))
    escalate_after_days: int = 0
    escalate_levels: int = 0

    @classmethod
    def of(cls, rule: ReminderRule) -> Definition:
        """What a saved rule says."""
        values = {name: getattr(rule, name) for name in cls.__dataclass_fields__}
        lists = {name: tuple(values[name]) for name in ("before_days", "after_days", "recipients")}
        return cls(**(values | lists))

    def values(self) -> dict[str, Any]:
        """For the fields of a rule."""
        lists = {name: list(getattr(self, name)) for name in ("before_days", "after_days", "recipients")}
        return asdict(self) | lists

    def facts(self) -> dict[str, Any]:
        """For the trail."""
        clocks = {name: f"{getattr(self, name):%H:%M}" for name in ("quiet_from", "quiet_until")}
        return self.values() | clocks | {"channel": str(self.channel)}


@dataclass(frozen=True)
class Preview:
    """What a rule would send: things to tell right now and on each of the next days, and of how many people."""

    now: int
    by_day: list[tuple[date, int]]
    people: int

    @property
    def total(self) -> int:
        return self.now + sum(count for _day, count in self.by_day)


@transaction.atomic
def add(
    definition: Definition, *, event: str, kind: str = "", slug: str = "", from_on: date, reason: str = "",
    by: User | None, at: datetime,
) -> ReminderRule:  # fmt: skip
    """Make a rule for an event, of one kind or of all. Side effects: the row, a trail entry. Raises RuleRefused."""
    _check(definition, event=event, kind=kind)
    slug = slug or _free_slug(f"{kind} {event}")
    if ReminderRule.objects.filter(slug=slug).exists():
        raise RuleRefused(_("There is already a rule called “%s”.") % slug)
    rule = ReminderRule(
        slug=slug, event=event, kind=kind, from_on=from_on, reason=reason, created_at=at, created_by=by,
        **definition.values(),
    )  # fmt: skip
    rule.save(force_insert=True)
    facts = {"event": event, "kind": kind, "from_on": from_on.isoformat(), **definition.facts()}
    trail.write(rule, "reminder_rule.added", by=by, at=at, changes=facts, reason=reason)
    return rule


@transaction.atomic
def change(
    rule: ReminderRule, definition: Definition, *, from_on: date, reason: str, by: User | None, at: datetime
) -> ReminderRule:  # fmt: skip
    """Close the rule on ``from_on`` and open a version that supersedes it; the same definition changes nothing.

    What was told under the old version is not told again. Side effects: two rows, a trail entry. Raises RuleRefused.
    """
    current = _locked(rule)
    old = Definition.of(current)
    if definition == old:
        return current
    _check(definition, event=current.event, kind=current.kind)
    if from_on < current.from_on:
        raise RuleRefused(_("It cannot change before it began (%s).") % current.from_on.isoformat())
    _close(current, from_on)
    successor = ReminderRule(
        slug=current.slug, version=current.version + 1, event=current.event, kind=current.kind, from_on=from_on,
        supersedes=current, reason=reason, created_at=at, created_by=by, paused_at=current.paused_at,
        paused_by=current.paused_by, **definition.values(),
    )  # fmt: skip
    successor.save(force_insert=True)
    before, after = old.facts(), definition.facts()
    fields = {name: [before[name], after[name]] for name in after if before[name] != after[name]}
    changes = {"fields": fields, "from_on": from_on.isoformat()}
    trail.write(successor, "reminder_rule.changed", by=by, at=at, changes=changes, reason=reason)
    return successor


@transaction.atomic
def end(rule: ReminderRule, *, to_on: date, reason: str, by: User | None, at: datetime) -> ReminderRule:
    """Let the rule hold until a day (exclusive). What is planned under it is dropped. Writes the trail."""
    current = _locked(rule)
    if to_on < current.from_on:
        raise RuleRefused(_("It cannot end before it began (%s).") % current.from_on.isoformat())
    _close(current, to_on)
    _drop_planned(current, _("The rule has ended"))
    trail.write(current, "reminder_rule.ended", by=by, at=at, changes={"to_on": to_on.isoformat()}, reason=reason)
    return current


@transaction.atomic
def pause(rule: ReminderRule, *, reason: str, by: User, at: datetime) -> ReminderRule:
    """Send nothing under the rule until it is resumed; the general rule does not step in. Idempotent.

    Side effects: every version's row, what is planned is dropped (after resuming, what has been reached by then is
    planned anew), a trail entry.
    """
    current = _locked(rule)
    if not current.is_paused:
        ReminderRule.objects.filter(slug=current.slug).update(paused_at=at, paused_by=by)
        _drop_planned(current, _("The rule was paused"))
        trail.write(current, "reminder_rule.paused", by=by, at=at, reason=reason)
    return ReminderRule.objects.get(pk=current.pk)


@transaction.atomic
def resume(rule: ReminderRule, *, reason: str = "", by: User, at: datetime) -> ReminderRule:
    """Send again under the rule. Side effects: every version's row, a trail entry. Idempotent."""
    current = _locked(rule)
    if current.is_paused:
        ReminderRule.objects.filter(slug=current.slug).update(paused_at=None, paused_by=None)
        trail.write(current, "reminder_rule.resumed", by=by, at=at, reason=reason)
    return ReminderRule.objects.get(pk=current.pk)


def preview(
    definition: Definition, *, event: str, kind: str = "", slug: str = "", at: datetime, days: int = 7
) -> Preview:
    """What a rule of that slug with this definition would tell now and in the next days, were it in force.

    Things that wait are counted, not letters: a digest gathers many. Escalations are left out, since they depend on
    what people do until then. Raises RuleRefused.
    """
    _check(definition, event=event, kind=kind)
    trial = ReminderRule(slug=slug or "trial", event=event, kind=kind, **definition.values())
    now, people = 0, set()
    coming: dict[date, int] = {}
    for today, site_ids in reminder_plan.days_at_sites(at):
        others = list(ReminderRule.objects.effective_on(today).exclude(slug=slug))
        rules = [trial, *(rule for rule in others if rule.event == event)]
        for rule, moment, rows in reminder_plan.rules_and_events(today, site_ids, rules):
            if rule is not trial:
                continue
            reached = reminder_plan.unplanned(moment, rows, trial, today)
            now += reached.count()
            people |= set(reached.order_by().values_list(moment.responsible, flat=True).distinct())
            for n in range(1, days + 1):
                day = today + timedelta(days=n)
                steps = [day - timedelta(days=step) for step in trial.steps]
                due = rows.filter(**{f"{moment.due}__in": steps})
                coming[day] = coming.get(day, 0) + due.count()
                people |= set(due.order_by().values_list(moment.responsible, flat=True).distinct())
    return Preview(now=now, by_day=sorted(coming.items()), people=len(people))


def counts_by_rule(since: datetime) -> dict[str, dict[str, int]]:
    """How many reminders of each rule (by slug) are in which status, of those planned since; one query."""
    rows = Reminder.objects.filter(models.Q(planned_at__gte=since) | models.Q(status=Status.PENDING))
    found: dict[str, dict[str, int]] = {}
    for slug, status, number in rows.order_by().values_list("rule_slug", "status").annotate(Count("pk")):
        found.setdefault(slug, {})[status] = number
    return found


@transaction.atomic
def load_default_rules(path: Path = DEFAULT_FILE, *, by: User | None, at: datetime) -> int:
    """Add the default rules that have never been there; returns how many. What was changed or ended stays so.

    Raises CatalogueRefused naming the rule that is wrong, before anything is written.
    """
    data = read_yaml(path)
    known = set(ReminderRule.objects.order_by().values_list("slug", flat=True).distinct())
    made = 0
    for line in data.get("rules") or []:
        values: dict[str, Any] = {
            key: tuple(value) if isinstance(value, list) else value for key, value in line.items()
        }
        slug, event, kind = values.pop("slug", ""), values.pop("event", ""), values.pop("kind", "")
        try:
            definition = Definition(**values)
            _check(definition, event=event, kind=kind)
        except (TypeError, RuleRefused) as error:
            raise CatalogueRefused(f"{path.name}: {slug}: {error}") from error
        if slug not in known:
            add(definition, event=event, kind=kind, slug=slug, from_on=at.date() - timedelta(days=1), by=by, at=at)
            made += 1
    return made


def _check(definition: Definition, *, event: str, kind: str) -> None:
    if kind and kind not in known_kinds():
        raise RuleRefused(_("There is no kind of record “%s”.") % kind)
    if not events_named(event, kind):
        raise RuleRefused(_("There is no event “%s” to be told of.") % event)
    for is_wrong, words in _FAULTS:
        if is_wrong(definition):
            raise RuleRefused(str(words()))


def _unknown(definition: Definition) -> bool:
    return any(name not in RECIPIENTS and not name.startswith("role:") for name in definition.recipients)


def _out_of_range(definition: Definition) -> bool:
    days = (*definition.before_days, *definition.after_days, definition.then_every_days)
    return any(not 0 <= number <= LONGEST_DAYS for number in days)


_FAULTS: list[tuple[Callable[[Definition], bool], Callable[[], str]]] = [
    (lambda d: not d.name.strip(), lambda: _("Give the rule a name.")),
    (lambda d: not d.recipients or _unknown(d), lambda: _("Say who is told.")),
    (lambda d: not (d.before_days or d.after_days or d.then_every_days), lambda: _("Say when somebody is told.")),
    (_out_of_range, lambda: _("Days are whole numbers from 0 to %d.") % LONGEST_DAYS),
    (lambda d: not 0 <= d.most_after <= MOST_STEPS, lambda: _("At most %d times after the day.") % MOST_STEPS),
    (lambda d: d.channel not in ReminderChannel.values, lambda: _("Choose how people are told.")),
    (lambda d: not 0 <= d.escalate_levels <= MOST_LEVELS, lambda: _("At most %d leaders are told.") % MOST_LEVELS),
    (
        lambda d: d.escalate_levels > 0 and not 1 <= d.escalate_after_days <= LONGEST_DAYS,
        lambda: _("Say after how many days leaders are told."),
    ),
]


def _free_slug(words: str) -> str:
    base = slugify(words)[:50]
    taken = set(ReminderRule.objects.filter(slug__startswith=base).values_list("slug", flat=True))
    return next(slug for n in range(len(taken) + 1) if (slug := f"{base}-{n + 1}" if n else base) not in taken)


def _locked(rule: ReminderRule) -> ReminderRule:
    rows = ReminderRule.objects.select_for_update().filter(slug=rule.slug, to_on=None)
    current = rows.first()
    if current is None:
        raise RuleRefused(_("This rule has ended."))
    return current


def _close(rule: ReminderRule, day: date) -> None:
    rule.to_on = day
    rule.save(update_fields=["to_on"])


def _drop_planned(rule: ReminderRule, reason: str) -> None:
    planned = Reminder.objects.filter(rule_slug=rule.slug, status=Status.PENDING)
    planned.update(status=Status.DROPPED, dropped_reason=reason)
