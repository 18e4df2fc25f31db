"""The digest: one letter that says what somebody must do, what is new, and what happened to what he or she watches."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from qms.letters import Composed
from qms.models import Checkpoint, Concern, Notification, Person, Reminder, User
from qms.records import known_kinds
from qms.reminder_events import event_of
from qms.services import inbox, signed_link
from qms.services.inbox import Item, Watched

GO, UNSUBSCRIBE = "qms:reminder-go", "qms:unsubscribe"


@dataclass(frozen=True)
class Line:
    """A thing to do as the letter shows it; ``url`` opens it."""

    item: Item
    url: str


def compose(person: Person, reminders: list[Reminder], at: datetime) -> Composed:
    """The letter about reminders that are still true, which are at least one.

    News and what is watched come along with something to do; alone only by a rule that mails its news at once. The last
    checkpoint of the trail stands in the footer: whoever keeps the mail holds a mark outside the system by which an
    altered trail is found.
    """
    user: User | None = getattr(person, "user", None)
    acts = _lines(person, user, [row for row in reminders if row.concern == Concern.ACT], at=at)
    told = _lines(person, user, [row for row in reminders if row.concern != Concern.ACT], at=at)
    return Composed(
        to=person.email, subject=subject_of(acts or told), template="emails/digest",
        context={
            "name": person.name, "acts": acts, "told": told, "first_lines": (acts or told)[:3],
            "stops": _stops(acts + told, person),
            "inbox_url": settings.PUBLIC_URL + reverse("qms:inbox"),
            "preference_url": settings.PUBLIC_URL + reverse("qms:reminder-preference"),
            "checkpoint": Checkpoint.objects.order_by("-seq").first(),
        } | _besides(person, user, at=at),
        headers={"List-Unsubscribe": f"<{settings.PUBLIC_URL}{reverse('qms:reminder-preference')}>"},
    )  # fmt: skip


def subject_of(lines: list[Line]) -> str:
    """“3 things wait for you: Gauge 4, …”, “News: …”; of something confidential its reference, as anybody who looks
    at a locked phone reads a subject.
    """
    first = lines[0].item.title
    if lines[0].item.reminder.record.is_confidential:
        first = lines[0].item.reminder.record.reference
    if lines[0].item.reminder.concern != Concern.ACT:
        return _("News: %(title)s") % {"title": first}
    if len(lines) == 1:
        return _("Waiting for you: %(title)s") % {"title": first}
    words = ngettext("%(n)d thing waits for you", "%(n)d things wait for you", len(lines)) % {"n": len(lines)}
    return f"{words}: {first} …"


def open_url(reminder: Reminder) -> str:
    """The address that opens what one reminder is about, with one tap: signed, so that nobody can try numbers."""
    return signed_link.address_of(GO, str(reminder.pk))


def stop_url(person: Person, subject: str) -> str:
    """The address that ends mails about a subject, for the reader of a mail alone."""
    return signed_link.address_of(UNSUBSCRIBE, f"{person.uid}:{subject}")


def _lines(person: Person, user: User | None, reminders: list[Reminder], *, at: datetime) -> list[Line]:
    today = at.astimezone(person.site.zone).date() if person.site else at.date()
    rows = sorted(reminders, key=lambda row: (row.due_on, row.pk))
    items = inbox.items_of(rows[: inbox.SHOWN], user=user, today=today)
    return [Line(item, _url(item.reminder)) for item in items]


def _url(reminder: Reminder) -> str:
    """Where to act: the page the event names, which may let in who has no log-in, or the record's own."""
    event = event_of(reminder.kind, reminder.event)
    return event.url(reminder) if event and event.url else open_url(reminder)


def _stops(acts: list[Line], person: Person) -> list[tuple[str, str]]:
    """Each kind of record in the letter that its reader may do without by mail: its words, the address that ends it."""
    found: dict[str, str] = {}
    for line in acts:
        kind, event = line.item.reminder.kind, event_of(line.item.reminder.kind, line.item.reminder.event)
        if (declared := known_kinds().get(kind)) and not (event and event.needs_signature):
            found[kind] = str(declared.label_plural)
    return [(words, stop_url(person, kind)) for kind, words in found.items()]


def _besides(person: Person, user: User | None, *, at: datetime) -> dict[str, Any]:
    """News and what is watched since the last digest, for who has a log-in and has not declined them."""
    stops = {"stop_news_url": stop_url(person, "news"), "stop_watched_url": stop_url(person, "watched")}
    if user is None or not user.may_log_in_at(at):
        return stops | {"news": [], "watched": []}
    declined = set(getattr(getattr(person, "reminder_preference", None), "unsubscribed", ()))
    since = inbox.last_digest_at(user, at=at)
    news = [] if "news" in declined else inbox.unread_news(user, since=since)
    seen = [] if "watched" in declined else inbox.watched(user, since=since)
    return stops | {
        "news": [{"text": row.text, "url": _whole(row)} for row in news],
        "watched": [{"line": line, "url": _record_url(line)} for line in seen],
    }  # fmt: skip


def _whole(notice: Notification) -> str:
    return settings.PUBLIC_URL + notice.url if notice.url.startswith("/") else notice.url


def _record_url(line: Watched) -> str:
    return str(settings.PUBLIC_URL + reverse("qms:record", args=[line.record.uid]))
