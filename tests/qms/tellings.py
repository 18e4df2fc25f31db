"""Reminders for the tests of what people see of them."""

from __future__ import annotations

import uuid
from datetime import date, timedelta
from typing import Any

from objectives.models import ImprovementAction
from objectives.services import improvement_action
from qms.models import Person, Reminder, ReminderRule, User
from tests.factories import NOW


def action_of(
    by: User, *, due_on: date, title: str = "Mend the guard", person: Person | None = None, **fields: Any
) -> ImprovementAction:
    """An open action that the user, or the person, has to do by a day."""
    facts = {"uid": uuid.uuid4(), "title": title, "owner": person or by.person, "site": by.person.site} | fields
    return improvement_action.open_action(**facts, due_on=due_on, by=by, at=NOW)


def rule(**fields: Any) -> ReminderRule:
    """The rule for what is due."""
    values: dict[str, Any] = {
        "slug": "due", "name": "What is due", "event": "due", "before_days": [0], "recipients": ["owner"],
        "from_on": NOW.date() - timedelta(days=400), "created_at": NOW,
    }  # fmt: skip
    slug = (values | fields)["slug"]
    return ReminderRule.objects.filter(slug=slug).first() or ReminderRule.objects.create(**(values | fields))


def told(action: ImprovementAction, to: User, **fields: Any) -> Reminder:
    """A reminder of the action that went out to somebody."""
    values: dict[str, Any] = {
        "rule": rule(), "rule_slug": "due", "event": "due", "kind": action.kind, "record_id": action.pk,
        "due_on": action.due_on, "step": 0, "responsible": action.owner, "person": to.person, "part": "owner",
        "channel": "digest", "planned_at": NOW, "send_at": NOW, "status": "sent", "sent_at": NOW,
    }  # fmt: skip
    return Reminder.objects.create(**(values | fields))
