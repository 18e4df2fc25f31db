"""What is planned goes out: checked once more, gathered into one message a person; acknowledged by who got it."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet, Subquery
from django.utils.translation import gettext as _

from qms.letters import Composed, Obsolete
from qms.models import NEWS_OF_A_DIGEST, OutboxMessage, Reminder, ReminderChannel, User
from qms.reminder_events import all_events, kinds_with_their_own
from qms.services import digest, outbox, trail
from qms.services.reminder_plan import LOCK
from qms.services.reminder_waiting import still_waiting, waits

LETTER = "digest"
PEOPLE_AT_ONCE = 500
Status = Reminder.Status


def gather(*, at: datetime) -> int:
    """Put everything whose time has come into the outbox, one message a person and channel; returns how many messages.

    What is not waited for any more is dropped first, and of several steps of one thing only the last goes out. News
    wait for a digest that goes out for something to do. Side effects: reminders dropped or queued, outbox messages, the
    mail task woken after the commit.
    """
    made = 0
    if not _calling(at).exists():
        return 0
    drop_obsolete(_ripe(at), at=at)
    while batch := _gather_batch(at=at):
        made += batch
    if made:
        outbox.wake(made)
    return made


def _ripe(at: datetime) -> QuerySet[Reminder]:
    return Reminder.objects.filter(status=Status.PENDING, send_at__lte=at)


def _calling(at: datetime) -> QuerySet[Reminder]:
    """Those of them for which a letter goes out: all but the news of a digest."""
    return _ripe(at).exclude(NEWS_OF_A_DIGEST)


@transaction.atomic
def _gather_batch(*, at: datetime) -> int:
    """One message a channel for the next people, and their reminders into it by one statement a channel."""
    trail.lock_chain(LOCK)
    ripe = _ripe(at)
    people = list(_calling(at).order_by("person_id").values_list("person_id", flat=True).distinct()[:PEOPLE_AT_ONCE])
    made = 0
    for channel, chosen in (
        (OutboxMessage.Channel.IN_APP, ripe.filter(channel=ReminderChannel.IN_APP)),
        (OutboxMessage.Channel.MAIL, ripe.exclude(channel=ReminderChannel.IN_APP)),
    ):
        mine = chosen.filter(person_id__in=people)
        called = mine.exclude(NEWS_OF_A_DIGEST).order_by("person_id").values_list("person_id", flat=True).distinct()
        messages = OutboxMessage.objects.bulk_create(
            outbox.new(LETTER, person_id=person_id, channel=channel, at=at) for person_id in called
        )
        if messages:
            first = min(message.pk for message in messages)
            theirs = OutboxMessage.objects.filter(
                person=OuterRef("person"), pk__gte=first, letter=LETTER, created_at=at
            )
            theirs_now = mine.filter(person_id__in=[message.person_id for message in messages])
            theirs_now.update(status=Status.QUEUED, message=Subquery(theirs.filter(channel=channel).values("pk")[:1]))
        made += len(messages)
    return made


def drop_obsolete(reminders: QuerySet[Reminder], *, at: datetime) -> int:
    """Drop what is not waited for any more, not until that day or not for that person, or too old; returns how many.

    Of those left, an earlier step gives way to a later one for the same thing and person that goes out now as well; one
    that was planned after an outage for the next digest must not take the late one along to then.
    """
    dropped = 0
    for event in all_events():
        rows = reminders.filter(event=event.event)
        of_kind = (
            rows.filter(kind=event.kind) if event.kind else rows.exclude(kind__in=kinds_with_their_own(event.event))
        )
        gone = of_kind.filter(~Exists(waits(event)))
        dropped += gone.update(status=Status.DROPPED, dropped_reason=_("Done, or planned anew"))
        if event.obsolete_after is not None:
            old = of_kind.filter(due_on__lt=at.date() - timedelta(days=event.obsolete_after + 1))
            dropped += old.update(status=Status.DROPPED, dropped_reason=_("Too long ago"))
    later = Reminder.objects.filter(
        record=OuterRef("record"), rule_slug=OuterRef("rule_slug"), subject=OuterRef("subject"),
        person=OuterRef("person"), level=OuterRef("level"), step__gt=OuterRef("step"), status=Status.PENDING,
        send_at__lte=at,
    )  # fmt: skip
    return dropped + reminders.filter(Exists(later)).update(
        status=Status.DROPPED, dropped_reason=_("A later reminder took its place")
    )


def compose(message: OutboxMessage, at: datetime) -> Composed:
    """The letter of the reminders in a message, as true as they are now. Raises Obsolete when none is left.

    Side effect: those that are not true any more are dropped.
    """
    queued = message.reminders.filter(status__in=[Status.QUEUED, Status.UNTOLD])
    reminders = list(queued.select_related("record", "responsible", "instead_of"))
    there = still_waiting(reminders)
    if gone := [reminder.pk for reminder in reminders if reminder.pk not in there]:
        Reminder.objects.filter(pk__in=gone).update(status=Status.DROPPED, dropped_reason=_("Done, or planned anew"))
    left = [reminder for reminder in reminders if reminder.pk in there]
    if not any(reminder.calls_for_a_letter for reminder in left):
        raise Obsolete(_("Nothing of it is waiting any more"))
    return digest.compose(message.person, left, at)


@transaction.atomic
def acknowledge(reminder: Reminder, *, by: User | None, at: datetime) -> None:
    """Say that one has seen it and takes care of it: no leader is told about this due day any more. Idempotent.

    ``by`` is None for who came by a link. Side effects: the reminder, planned escalations dropped, a trail entry of the
    record.
    """
    if not Reminder.objects.filter(pk=reminder.pk, acknowledged_at=None).update(acknowledged_at=at, acknowledged_by=by):
        return
    same = Reminder.objects.filter(
        record_id=reminder.record_id, rule_slug=reminder.rule_slug, due_on=reminder.due_on, subject=reminder.subject
    )
    waiting = same.filter(level__gte=1, status__in=[Status.PENDING, Status.QUEUED])
    waiting.update(status=Status.DROPPED, dropped_reason=_("Acknowledged"))
    facts = {"event": reminder.event, "due_on": reminder.due_on.isoformat(), "person": reminder.person.name}
    trail.write(reminder.record, "reminder.acknowledged", by=by, at=at, changes=facts)
