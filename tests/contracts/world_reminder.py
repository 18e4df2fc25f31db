"""Samples of the addresses of reminders, the outbox and the inbox, collected by name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from qms.models import OutboxMessage, Reminder, ReminderRule, User
from qms.permissions import AccessProfile
from qms.services import digest, reminder_rule, signed_link
from qms.services.reminder_rule import Definition

if TYPE_CHECKING:
    from tests.contracts.world import World


def rule(w: World) -> ReminderRule:
    """The rule for what is due."""
    found = ReminderRule.objects.filter(slug="due", to_on=None).first()
    return found or reminder_rule.add(
        Definition(name="What is due", before_days=(0,)), event="due", slug="due", from_on=w.now.date(), by=None,
        at=w.now,
    )  # fmt: skip


def reminder(w: World, user: User) -> Reminder:
    """One of the action that the user was told of."""
    facts: dict[str, Any] = {
        "rule": rule(w), "rule_slug": "due", "event": "due", "kind": w.action.kind, "record_id": w.action.pk,
        "due_on": w.action.due_on, "step": 0, "responsible": w.action.owner, "person": user.person,
    }  # fmt: skip
    found = Reminder.objects.filter(**facts).first()
    return found or Reminder.objects.create(
        **facts, part="owner", channel="digest", planned_at=w.now, send_at=w.now, status="sent", sent_at=w.now
    )


def given_up(w: World) -> OutboxMessage:
    """A letter to the leader that could not be sent."""
    return OutboxMessage.objects.create(
        letter="digest", person=w.leader.person, created_at=w.now, next_at=w.now, status="dead", attempts=3,
        failed_reason="Refused",
    )  # fmt: skip


def _token(address: str) -> dict[str, Any]:
    return {"token": address.rstrip("/").rpartition("/")[2]}


OF_SITE: dict[str, Any] = {
    "qms:outbox-resend": lambda w, u: {"uid": given_up(w).uid},
    "qms:record-watch": lambda w, u: {"uid": w.activity.uid},
}
OF_USER: dict[str, Any] = {
    "qms:reminder-acknowledge": lambda w, u: {"pk": reminder(w, u).pk},
}
OF_ALL: dict[str, Any] = {
    "qms:reminder-detail": lambda w, u: {"slug": rule(w).slug},
    "qms:reminder-edit": lambda w, u: {"slug": rule(w).slug},
    "qms:reminder-act": lambda w, u: {"slug": rule(w).slug, "act": "pause"},
    "qms:reminder-go": lambda w, u: _token(digest.open_url(reminder(w, w.leader))),
    "qms:unsubscribe": lambda w, u: _token(signed_link.address_of(digest.UNSUBSCRIBE, f"{w.leader.person.uid}:news")),
}
OTHER_LISTS = {
    AccessProfile.QUALITY_MANAGER: (
        "qms:inbox", "qms:reminder-list", "qms:reminder-watch", "qms:reminder-forecast",
    ),
    AccessProfile.LEADER: ("qms:inbox",),
}  # fmt: skip
ELSEWHERE = {"qms:reminder-go": "login"}  # what it is about is opened by who is logged in
