"""What concerns somebody now: what must be done, the news, and what is watched. The digest says the same."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Count, Exists, F, Max, OuterRef, Q, QuerySet
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from qms.models import Concern, Notification, OutboxMessage, Record, Reminder, TrailEntry, User, Watch
from qms.records import known_kinds
from qms.reminder_events import event_of
from qms.services.reminder_waiting import still_waiting

SHOWN = 50
NEWS_FOR = timedelta(days=30)


@dataclass(frozen=True)
class Item:
    """One thing to do, on one line. ``is_yours``: it waits on the reader, not on somebody he or she leads."""

    reminder: Reminder
    title: str
    words: str
    due_on: date
    is_overdue: bool
    is_yours: bool


@dataclass(frozen=True)
class Watched:
    """A record somebody follows, with how often something happened to it, and when last."""

    record: Record
    changes: int
    last_at: datetime


@dataclass(frozen=True)
class Inbox:
    """The three kinds, each cut at SHOWN. ``told`` are the news of the rules of reminding, ``news`` the notices."""

    acts: list[Item]
    told: list[Item]
    news: list[Notification]
    watched: list[Watched]


def inbox(user: User, *, at: datetime) -> Inbox:
    """What concerns the user now; four queries, however much there is."""
    news = Notification.objects.filter(user=user, at__gt=at - NEWS_FOR)
    items = items_of(_waiting(user), user=user, today=_today(user, at))
    return Inbox(
        acts=[line for line in items if line.reminder.concern == Concern.ACT],
        told=[line for line in items if line.reminder.concern != Concern.ACT],
        news=list(news.order_by(F("read_at").asc(nulls_first=True), "-at", "-pk")[:SHOWN]),
        watched=watched(user, since=at - NEWS_FOR),
    )


def open_reminders(user: User) -> QuerySet[Reminder]:
    """The newest telling of each thing that waits and has reached a step of its rule; the mail may come later."""
    told = Reminder.objects.filter(
        person_id=user.person_id, acknowledged_at=None,
        status__in=[Reminder.Status.PENDING, Reminder.Status.QUEUED, Reminder.Status.SENT],
    )  # fmt: skip
    later = told.filter(
        record=OuterRef("record"), event=OuterRef("event"), subject=OuterRef("subject"), pk__gt=OuterRef("pk")
    )
    return told.filter(~Exists(later)).order_by("concern", "due_on", "pk")  # "act" comes first


def items_of(reminders: list[Reminder], *, user: User | None, today: date) -> list[Item]:
    """Reminders, loaded with record and responsible, as lines; a record that ``user`` may not open is only named.

    Without a log-in one is told what is not confidential.
    """
    if user is None:
        open_to = {row.record_id for row in reminders if not row.record.is_confidential}
    else:
        ids = [row.record_id for row in reminders]
        open_to = set(Record.objects.visible_to(user).filter(pk__in=ids).values_list("pk", flat=True))
    return [item(row, today=today, may_see=row.record_id in open_to) for row in reminders]


def item(reminder: Reminder, *, today: date, may_see: bool) -> Item:
    """One reminder in words. What the reader may not open is named by its reference alone."""
    record, event = reminder.record, event_of(reminder.kind, reminder.event)
    title = record.title if may_see else record.reference
    facts = {"title": title, "reference": record.reference, "due": date_format(reminder.due_on, "j M Y")}
    words = str(event.words) % facts if event else ""
    is_yours = reminder.responsible_id == reminder.person_id
    if not is_yours:
        words = _("%(name)s: %(words)s") % {"name": reminder.responsible.name, "words": words}
    if reminder.instead_of:
        words += " " + _("In place of %s.") % reminder.instead_of.name
    return Item(reminder, title, words, reminder.due_on, reminder.due_on < today, is_yours)


def watched(user: User, *, since: datetime) -> list[Watched]:
    """Records the user follows and may see, to which others did something after ``since`` and after following began."""
    happened = (
        TrailEntry.objects.filter(at__gt=since, record__watches__person_id=user.person_id)
        .filter(at__gt=F("record__watches__began_at"))
        .exclude(by=user.person)
        .values("record_id")
        .annotate(n=Count("pk"), last=Max("at"))
        .order_by("-last", "-record_id")[:SHOWN]
    )
    found = {row["record_id"]: row for row in happened}
    records = Record.objects.visible_to(user).filter(pk__in=found)
    lines = [Watched(record, found[record.pk]["n"], found[record.pk]["last"]) for record in records]
    return sorted(lines, key=lambda line: (line.last_at, line.record.pk), reverse=True)


def last_digest_at(user: User, *, at: datetime) -> datetime:
    """When the user's last digest went out; a month ago for who never got one."""
    sent = OutboxMessage.objects.filter(person_id=user.person_id, letter="digest", status=OutboxMessage.Status.SENT)
    last: datetime | None = sent.aggregate(last=Max("sent_at"))["last"]
    return max(last, at - NEWS_FOR) if last else at - NEWS_FOR


def unread_news(user: User, *, since: datetime) -> list[Notification]:
    """Notices since then that the user has not read yet."""
    rows = Notification.objects.filter(Q(user=user), read_at=None, at__gt=since)
    return list(rows.order_by("-at", "-pk")[:SHOWN])


def is_watching(user: User, record: Record) -> bool:
    """Whether the user follows the record."""
    return Watch.objects.filter(person_id=user.person_id, record_id=record.pk).exists()


def kind_words(reminder: Reminder) -> str:
    """What kind of record it is about, in words."""
    declared = known_kinds().get(reminder.kind)
    return str(declared.label) if declared else ""


def _waiting(user: User) -> list[Reminder]:
    rows = list(open_reminders(user).select_related("record", "responsible", "instead_of")[:SHOWN])
    there = still_waiting(rows)
    return [row for row in rows if row.pk in there]


def _today(user: User, at: datetime) -> date:
    site = user.person.site
    return at.astimezone(site.zone).date() if site else at.date()
