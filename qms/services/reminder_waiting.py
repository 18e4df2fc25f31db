"""Whether what a reminder tells of is still true: asked before it is sent, and by whoever shows it."""

from __future__ import annotations

from collections.abc import Iterable
from functools import reduce
from operator import or_
from typing import Any

from django.db.models import CharField, Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Cast

from qms.models import Reminder
from qms.reminder_events import ReminderEvent, event_of


def still_waiting(reminders: Iterable[Reminder]) -> set[int]:
    """The ids of those whose record still waits on the same person by the same day, in one query."""
    groups: dict[ReminderEvent, list[int]] = {}
    for reminder in reminders:
        if event := event_of(reminder.kind, reminder.event):
            groups.setdefault(event, []).append(reminder.pk)
    there = [Q(pk__in=ids) & Q(Exists(waits(event))) for event, ids in groups.items()]
    return set(Reminder.objects.filter(reduce(or_, there, Q(pk__in=[]))).values_list("pk", flat=True))


def waits(event: ReminderEvent) -> QuerySet[Any]:
    """Rows of the event that a reminder in an outer query tells of."""
    rows = event.waiting().filter(**{
        event.record: OuterRef("record_id"), event.due: OuterRef("due_on"),
        event.responsible: OuterRef("responsible_id"),
    })  # fmt: skip
    if event.subject:
        rows = rows.annotate(as_subject=Cast(event.subject, CharField())).filter(as_subject=OuterRef("subject"))
    return rows
