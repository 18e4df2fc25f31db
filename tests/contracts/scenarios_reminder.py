"""Scenarios of the services of reminding, collected by name."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db import transaction

from qms.models import OutboxMessage, Reminder, ReminderRule
from qms.services import outbox, reminder, reminder_rule
from qms.services.reminder_rule import Definition
from tests.contracts.world import World

DEFINITION = Definition(name="Due", before_days=(3,), after_days=(1, 7))


def rule(w: World) -> ReminderRule:
    """A rule of the world's own."""
    return ReminderRule.objects.filter(slug="world").first() or ReminderRule.objects.create(
        slug="world", event="due", name="Due", before_days=[1], from_on=w.now.date(), created_at=w.now
    )


def _reminder(w: World) -> Reminder:
    record = w.one("improvement_action")
    return Reminder.objects.create(
        rule=rule(w), rule_slug="world", event="due", kind=record.kind, record=record, due_on=w.now.date(), step=0,
        responsible=record.owner, person=record.owner, part="owner", channel="digest", planned_at=w.now, send_at=w.now,
    )  # fmt: skip


def _dead(w: World) -> OutboxMessage:
    return OutboxMessage.objects.create(
        letter="digest", person=w.leader.person, status="dead", failed_reason="No such address", created_at=w.now,
        next_at=w.now,
    )  # fmt: skip


def _paused(w: World, who: dict[str, Any]) -> Any:
    return reminder_rule.resume(reminder_rule.pause(rule(w), reason="Shutdown", **who), **who)


# Each makes what it acts on first: all of it or nothing.
SCENARIOS: dict[str, Any] = {
    f"qms.services.{name}": transaction.atomic(scenario)
    for name, scenario in {
        "reminder_rule.add": lambda w, who: reminder_rule.add(DEFINITION, event="due", from_on=w.now.date(), **who),
        "reminder_rule.change": lambda w, who: reminder_rule.change(
            rule(w), DEFINITION, from_on=w.now.date() + timedelta(days=1), reason="Earlier", **who
        ),
        "reminder_rule.end": lambda w, who: reminder_rule.end(rule(w), to_on=w.now.date(), reason="Not needed", **who),
        "reminder_rule.pause": lambda w, who: reminder_rule.pause(rule(w), reason="Shutdown", **who),
        "reminder_rule.resume": _paused,
        "reminder_rule.load_default_rules": lambda w, who: reminder_rule.load_default_rules(**who),
        "reminder.acknowledge": lambda w, who: reminder.acknowledge(_reminder(w), **who),
        "outbox.resend": lambda w, who: outbox.resend(_dead(w), **who),
    }.items()
}
