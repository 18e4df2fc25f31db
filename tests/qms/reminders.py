"""What tests of reminders share: a rule, an action that is due, one run of the engine at a moment, what was mailed."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from django.core import mail

from objectives.models import ImprovementAction
from qms.models import Person, ReminderRule, User
from qms.services import outbox, reminder, reminder_plan
from qms.services import record as record_service
from tests.factories import NOW, PersonFactory, SiteFactory

MONDAY = datetime.fromisoformat("2026-11-23T14:30:00+00:00")
"""Half past seven on a Monday morning in Denver."""


def rule(**fields: Any) -> ReminderRule:
    """A rule on what is due, mailed at once, without quiet hours, unless told otherwise."""
    values: dict[str, Any] = {
        "slug": "due", "event": "due", "name": "Due", "before_days": [7, 0], "after_days": [1, 3, 7],
        "recipients": ["owner"], "channel": "mail", "quiet_from": "00:00", "quiet_until": "00:00",
        "is_working_days_only": False, "from_on": date(2026, 1, 1), "created_at": NOW,
    }  # fmt: skip
    made = ReminderRule(**(values | fields))
    made.save(force_insert=True)
    return ReminderRule.objects.get(pk=made.pk)


def person(name: str, **fields: Any) -> Person:
    """Somebody in Denver with an address made of the name."""
    values = {"email": f"{name.lower().replace(' ', '.')}@plant.example", "site": SiteFactory()}
    return PersonFactory(name=name, **(values | fields))


def due(owner: Person, due_on: date, *, by: User, **fields: Any) -> ImprovementAction:
    """An open action of somebody that is due on a day."""
    values: dict[str, Any] = {
        "title": "Fix the gauge", "site": owner.site, "owner": owner, "due_on": due_on, "status": "in_progress",
        "occurred_on": NOW.date(),
    }  # fmt: skip
    action = record_service.open_new(ImprovementAction(**(values | fields)), by=by, at=NOW)
    return record_service.seal(action, "improvement_action.opened", by=by, at=NOW)


def run(at: datetime) -> None:
    """What beat asks for, once: plan, gather, send."""
    reminder_plan.plan(at=at)
    reminder.gather(at=at)
    outbox.free_stale(at=at)
    outbox.deliver_waiting(clock=lambda: at, until=at + timedelta(minutes=1))


def mailed() -> list[str]:
    """To whom mails went, since last asked."""
    to = [address for message in mail.outbox for address in message.to]
    mail.outbox.clear()
    return to
