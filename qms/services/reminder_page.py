"""What the pages of reminders show to who watches them: rules with figures, what waits, what went out, what failed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Exists, OuterRef, QuerySet

from qms.models import OutboxMessage, Person, Reminder, ReminderRule, Silence, User
from qms.services import silence
from qms.services.reminder_rule import counts_by_rule
from qms.services.reminder_words import about, when, whom

FIGURES_OF = timedelta(days=30)


@dataclass(frozen=True)
class RuleLine:
    """A rule as the table shows it, with what came of it in the last 30 days."""

    rule: ReminderRule
    about: str
    when: str
    whom: str
    waiting: int
    sent: int
    untold: int

    @classmethod
    def of(cls, rule: ReminderRule, counts: dict[str, int]) -> RuleLine:
        """The line of a rule; ``counts``: reminders by status."""
        return cls(
            rule, about(rule.kind, rule.event), when(rule), whom(rule),
            waiting=counts.get("pending", 0) + counts.get("queued", 0), sent=counts.get("sent", 0),
            untold=counts.get("untold", 0),
        )  # fmt: skip


def rule_lines(*, at: datetime) -> list[RuleLine]:
    """The current version of every rule, those of single kinds after the general ones; two queries."""
    counts = counts_by_rule(at - FIGURES_OF)
    rules = ReminderRule.objects.current().order_by("event", "kind", "slug")
    return [RuleLine.of(rule, counts.get(rule.slug, {})) for rule in rules]


def messages_for(user: User) -> QuerySet[OutboxMessage]:
    """Messages to people the user may see."""
    people = Person.objects.visible_to(user).values("pk")
    return OutboxMessage.objects.filter(person_id__in=people).select_related("person")


def of_rule(messages: QuerySet[OutboxMessage], slug: str) -> QuerySet[OutboxMessage]:
    """Those that carry a reminder of a rule."""
    return messages.filter(Exists(Reminder.objects.filter(message=OuterRef("pk"), rule_slug=slug)))


def status_counts(messages: QuerySet[OutboxMessage], *, at: datetime) -> dict[str, int]:
    """How many messages are in each status: all that wait or were given up, the rest of the last 30 days; one query."""
    recent = messages.filter(created_at__gt=at - FIGURES_OF) | messages.exclude(
        status__in=[OutboxMessage.Status.SENT, OutboxMessage.Status.DROPPED]
    )
    found = dict(recent.order_by().values_list("status").annotate(Count("pk")))
    return {status: found.get(status, 0) for status in OutboxMessage.Status.values}


def standstill(*, at: datetime) -> list[tuple[str, datetime | None]]:
    """The parts of background work that are silent now, in words, with when they were last heard of."""
    return [(str(Silence.Part(part).label), last) for part, last in silence.silent_parts(at=at).items()]


def past_silences() -> list[Silence]:
    """The last standstills that have ended, newest first."""
    return list(Silence.objects.exclude(ended_at=None).order_by("-noticed_at", "-pk")[:10])
