"""The outbox: a row in the same transaction as what it tells of, sent later by whoever claims it first.

A claim is one conditional UPDATE. Who claims a row and dies leaves it claimed; after ``STALE`` it is free again, and is
sent anew under the same Message-ID: nothing is lost, and a crash after sending doubles one message at most. What cannot
be sent is tried again, ever more seldom, and in the end given up where everybody who watches the queue sees it.
"""

from __future__ import annotations

import smtplib
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from functools import cached_property
from hashlib import sha256
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import structlog
from celery import current_app
from celery.exceptions import SoftTimeLimitExceeded
from django.core.mail import EmailMultiAlternatives, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.template.loader import render_to_string
from django.utils.translation import gettext as _

from qms.letters import Composed, Obsolete, letter_named
from qms.models import NEWS_OF_A_DIGEST, Concern, Notification, Organization, OutboxMessage, Reminder, User
from qms.services import trail

STALE = timedelta(minutes=10)
"""Longer than any task that sends may run (qms/tasks/outbox.py): whoever claimed before that is dead."""
BACK_OFF = [timedelta(seconds=30), *(timedelta(minutes=minutes) for minutes in (2, 10, 30, 60))]
GIVE_UP_AFTER = timedelta(days=7)
MOST_REFUSALS = 3
MOST_ERRORS = 6
CLAIMED_AT_ONCE = 20
MESSAGES_A_SENDER, MOST_SENDERS = 200, 4
"""From so many messages on a second worker is asked to help, and so on."""
DELIVER, DELIVER_WAITING = "qms.tasks.outbox.deliver", "qms.tasks.outbox.deliver_waiting"
Status = OutboxMessage.Status
log = structlog.get_logger(__name__)


class NoAddress(Exception):
    """The person has neither an e-mail address nor a log-in by now."""


class ServerAway(Exception):
    """The mail server does not answer; the other messages need not be tried now."""


class CannotResend(Exception):
    """Only what was given up can be sent again; the message says so."""


def new(
    letter: str, *, person_id: int, at: datetime, about: int | None = None, channel: str = OutboxMessage.Channel.MAIL,
    concern: str = Concern.ACT, facts: dict[str, Any] | None = None, key: str | None = None,
) -> OutboxMessage:  # fmt: skip
    """An unsaved message; who writes many at once saves them and calls ``wake`` in the end."""
    return OutboxMessage(
        letter=letter, person_id=person_id, about=about, channel=channel, concern=concern, facts=facts or {}, key=key,
        created_at=at, next_at=at,
    )  # fmt: skip


def put(letter: str, *, person_id: int, at: datetime, about: int | None = None, **more: Any) -> OutboxMessage:
    """Write a message in the caller's transaction; it is sent right after the commit, or by the next sweep."""
    letter_named(letter)
    message = new(letter, person_id=person_id, at=at, about=about, **more)
    message.save(force_insert=True)
    pk = message.pk
    transaction.on_commit(lambda: current_app.signature(DELIVER, args=[pk]).delay(), robust=True)
    return message


def wake(messages: int = 1) -> None:
    """Ask for the waiting messages to be delivered, after the commit; many by several workers at the same time."""
    for _n in range(min(-(-messages // MESSAGES_A_SENDER), MOST_SENDERS)):
        transaction.on_commit(lambda: current_app.signature(DELIVER_WAITING).delay(), robust=True)


def claim(message_id: int, *, at: datetime) -> OutboxMessage | None:
    """Take a waiting message for oneself; None when it is not waiting any more, or not yet."""
    return next(iter(_claim([message_id], at=at)), None)


def _claim(message_ids: list[int], *, at: datetime) -> list[OutboxMessage]:
    """Those of the messages that were still waiting, taken by one conditional UPDATE, the oldest first."""
    token = uuid4().hex
    taken = {"status": Status.CLAIMED, "claimed_at": at, "claim_token": token, "attempts": F("attempts") + 1}
    if not _waiting(at).filter(pk__in=message_ids).update(**taken):
        return []
    mine = OutboxMessage.objects.filter(pk__in=message_ids, claim_token=token)
    return list(mine.select_related("person__site", "person__user").order_by("next_at", "pk"))


def _claim_some(*, at: datetime) -> list[OutboxMessage]:
    """The oldest that wait and that nobody else is taking at this moment."""
    with transaction.atomic():
        free = _waiting(at).select_for_update(skip_locked=True).order_by("next_at", "pk")
        if ids := list(free.values_list("pk", flat=True)[:CLAIMED_AT_ONCE]):
            return _claim(ids, at=at)
    return []


def _waiting(at: datetime) -> QuerySet[OutboxMessage]:
    return OutboxMessage.objects.filter(status__in=[Status.PENDING, Status.FAILED], next_at__lte=at)


def _give_back(messages: list[OutboxMessage]) -> None:
    """Let others have what was taken and not begun, as if it had not been taken."""
    mine = OutboxMessage.objects.filter(pk__in=[message.pk for message in messages], status=Status.CLAIMED)
    for token in {message.claim_token for message in messages}:
        free = mine.filter(claim_token=token)
        before = {"claim_token": "", "attempts": F("attempts") - 1}
        free.filter(failed_reason="").update(status=Status.PENDING, **before)
        free.exclude(failed_reason="").update(status=Status.FAILED, **before)


def deliver_waiting(*, clock: Callable[[], datetime], until: datetime) -> int:
    """Deliver what waits, the oldest first, until nothing does or time is up; returns how many were sent.

    Several may run at the same time: each takes a few messages for itself, and gives back what it does not get to.
    """
    postman, sent = Postman(), 0
    with suppress(ServerAway), postman:
        while clock() < until and (taken := _claim_some(at=clock())):
            try:
                while taken and clock() < until:
                    sent += _deliver(taken.pop(0), clock=clock, postman=postman)
            finally:
                if taken:
                    _give_back(taken)
    return sent


def deliver(message_id: int, *, clock: Callable[[], datetime]) -> bool:
    """Claim, compose and send one message; False when it was not sent, for a reason that stands in its row.

    Raises ServerAway, after the row was written, when the mail server does not answer.
    """
    message = claim(message_id, at=clock())
    return message is not None and _deliver(message, clock=clock, postman=Postman())


def _deliver(message: OutboxMessage, *, clock: Callable[[], datetime], postman: Postman) -> bool:
    try:
        with transaction.atomic():
            composed = letter_named(message.letter).compose(message, clock())
        _hand_over(message, composed, postman, at=clock())
    except Obsolete as reason:
        _drop(message, str(reason))
        return False
    except SoftTimeLimitExceeded:
        raise  # it may be on its way: the claim goes stale, and it is sent again
    except Exception as error:
        _fail(message, error, at=clock())
        if is_away(error):
            raise ServerAway from error
        return False
    _sent(message, composed, at=clock())
    return True


def is_away(error: Exception) -> bool:
    """Whether the mail server as a whole does not answer, rather than refusing this message."""
    if isinstance(error, smtplib.SMTPResponseException | smtplib.SMTPRecipientsRefused):
        return isinstance(error, smtplib.SMTPConnectError | smtplib.SMTPAuthenticationError)
    return isinstance(error, OSError)


def is_refused(error: Exception) -> bool:
    """Whether the mail server refuses the message or its address for good."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return all(code >= 500 for code, _text in error.recipients.values())
    return isinstance(error, smtplib.SMTPResponseException) and error.smtp_code >= 500 and not is_away(error)


class Postman:
    """One connection to the mail server, opened for the first letter and closed at the end or after a failure."""

    def __init__(self) -> None:
        self._connection: BaseEmailBackend | None = None

    @cached_property
    def _organization_name(self) -> str:
        return Organization.current().name

    def __enter__(self) -> Postman:
        self._connection = get_connection()
        return self

    def __exit__(self, *_error: object) -> None:
        if self._connection is not None:
            with suppress(OSError):
                self._connection.close()
        self._connection = None

    def send(self, message: OutboxMessage, composed: Composed) -> None:
        """Send one mail. Raises what the mail back end raises; the next mail then gets a connection of its own."""
        words = {"organization_name": self._organization_name} | composed.context
        mail = EmailMultiAlternatives(
            composed.subject, render_to_string(f"{composed.template}.txt", words), to=[composed.to],
            headers={"Message-ID": message.message_id, "Auto-Submitted": "auto-generated"} | composed.headers,
            connection=self._connection,
        )  # fmt: skip
        mail.attach_alternative(render_to_string(f"{composed.template}.html", words), "text/html")
        try:
            if self._connection is not None:
                self._connection.open()
            mail.send()
        except Exception:
            if self._connection is not None:
                with suppress(OSError):
                    self._connection.close()
            raise


def _hand_over(message: OutboxMessage, composed: Composed, postman: Postman, *, at: datetime) -> None:
    if message.channel == OutboxMessage.Channel.MAIL:
        if not composed.to:
            raise NoAddress(_("There is no e-mail address"))
        postman.send(message, composed)
        return
    user = getattr(message.person, "user", None)
    if user is None or not user.may_log_in_at(at):
        raise NoAddress(_("There is no log-in"))
    url = urlsplit(str(composed.context.get("inbox_url", ""))).path
    Notification.objects.create(user=user, text=composed.subject[:300], url=url, at=at)


@transaction.atomic
def _sent(message: OutboxMessage, composed: Composed, *, at: datetime) -> None:
    address = composed.to if message.channel == OutboxMessage.Channel.MAIL else message.person.trail_key
    if _claimed(message).update(
        status=Status.SENT, sent_at=at, subject=composed.subject[:300], to_sha256=_hash(address.lower()),
        subject_sha256=_hash(composed.subject), failed_reason="",
    ):  # fmt: skip
        queued = message.reminders.filter(status__in=[Reminder.Status.QUEUED, Reminder.Status.UNTOLD])
        queued.update(status=Reminder.Status.SENT, sent_at=at, dropped_reason="")


@transaction.atomic
def _drop(message: OutboxMessage, reason: str) -> None:
    """The message and the reminders in it; what composing it had written was rolled back.

    News that were to go along wait for the next digest.
    """
    _claimed(message).update(status=Status.DROPPED, dropped_reason=reason[:400])
    queued = message.reminders.filter(status=Reminder.Status.QUEUED)
    queued.filter(NEWS_OF_A_DIGEST).update(status=Reminder.Status.PENDING, message=None)
    queued.update(status=Reminder.Status.DROPPED, dropped_reason=reason[:200])


@transaction.atomic
def _fail(message: OutboxMessage, error: Exception, *, at: datetime) -> None:
    """Back into the queue, later each time; given up when it can never go."""
    reason = f"{type(error).__name__}: {error}"[:400]
    is_over = (
        isinstance(error, NoAddress)
        or at - message.created_at > GIVE_UP_AFTER
        or (is_refused(error) and message.attempts >= MOST_REFUSALS)
        or (not isinstance(error, OSError) and message.attempts >= MOST_ERRORS)
    )
    wait = BACK_OFF[min(message.attempts, len(BACK_OFF)) - 1]
    status = Status.DEAD if is_over else Status.FAILED
    _claimed(message).update(status=status, failed_reason=reason, next_at=at + wait)
    if is_over:
        untold = {"status": Reminder.Status.UNTOLD, "dropped_reason": reason[:200]}
        message.reminders.filter(status=Reminder.Status.QUEUED).update(**untold)
    log.warning("message_not_sent", message=str(message.uid), letter=message.letter, reason=reason, status=status)


def _claimed(message: OutboxMessage) -> Any:
    return OutboxMessage.objects.filter(pk=message.pk, status=Status.CLAIMED, claim_token=message.claim_token)


def _hash(text: str) -> str:
    return sha256(text.encode()).hexdigest()


def free_stale(*, at: datetime) -> int:
    """Give back what somebody claimed and never finished; returns how many. Idempotent."""
    stale = OutboxMessage.objects.filter(status=Status.CLAIMED, claimed_at__lt=at - STALE)
    return stale.update(status=Status.PENDING, claim_token="", next_at=at)


def drop_about(letter: str, about: int, *, reason: str) -> int:
    """Drop what waits to be sent about something, because it was decided otherwise; returns how many."""
    waiting = OutboxMessage.objects.filter(letter=letter, about=about)
    waiting = waiting.filter(Q(status=Status.PENDING) | Q(status=Status.FAILED))
    return waiting.update(status=Status.DROPPED, dropped_reason=reason[:400])


@transaction.atomic
def resend(message: OutboxMessage, *, by: User, at: datetime) -> None:
    """Try again what was given up. Raises CannotResend for anything else. Writes the trail; sends after the commit."""
    again = {"status": Status.PENDING, "attempts": 0, "next_at": at, "created_at": at}
    if not OutboxMessage.objects.filter(pk=message.pk, status=Status.DEAD).update(**again):
        raise CannotResend(_("Only what was given up can be sent again."))
    message.reminders.filter(status=Reminder.Status.UNTOLD).update(status=Reminder.Status.QUEUED, dropped_reason="")
    trail.write(message, "outbox.resent", by=by, at=at, changes={"letter": message.letter})
    pk = message.pk
    transaction.on_commit(lambda: current_app.signature(DELIVER, args=[pk]).delay(), robust=True)
