"""The outbox under everything that goes wrong: refusals, a server that is away, two senders, a sender that died."""

import smtplib
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend
from django.db import IntegrityError, transaction
from pytest_django import DjangoCaptureOnCommitCallbacks

from qms import letters
from qms.letters import Composed, Letter, Obsolete
from qms.models import OutboxMessage, Person, Reminder, TrailEntry
from qms.services import outbox as service
from tests.factories import NOW, hiro, yusuf
from tests.qms.reminders import MONDAY, due, person, rule, run

pytestmark = pytest.mark.django_db
LETTER = "test_letter"


class Moody(EmailBackend):
    """A mail server whose next answers a test decides."""

    answers: list[Exception | None] = []

    def send_messages(self, messages: list[mail.EmailMessage]) -> int:
        answer = Moody.answers.pop(0) if Moody.answers else None
        if answer is not None:
            raise answer
        return int(super().send_messages(messages))


@pytest.fixture(autouse=True)
def moody_server(settings: object, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    settings.EMAIL_BACKEND = "tests.qms.test_outbox.Moody"  # type: ignore[attr-defined]
    monkeypatch.setattr(letters, "_letters", dict(letters._letters))
    letters.register(Letter(LETTER, "A letter", compose))
    yield
    Moody.answers.clear()


def compose(message: OutboxMessage, _at: datetime) -> Composed:
    context = {"name": message.person.name, "lines": [], "subject": "Hello"}
    return Composed(to=message.person.email, subject="Hello", template="emails/digest", context=context)


@pytest.fixture
def paula() -> Person:
    return person("Paula Sato")


def put(to: Person) -> OutboxMessage:
    return service.put(LETTER, person_id=to.pk, at=NOW)


def send(at: datetime = NOW) -> int:
    return service.deliver_waiting(clock=lambda: at, until=at + timedelta(minutes=1))


def state(message: OutboxMessage) -> tuple[str, int, str]:
    message.refresh_from_db()
    return message.status, message.attempts, message.failed_reason or message.dropped_reason


def test_message_is_sent_once_and_keeps_what_went_to_whom(paula: Person) -> None:
    message = put(paula)
    assert (send(), send()) == (1, 0)
    (letter,) = mail.outbox
    assert letter.extra_headers["Message-ID"] == f"<{message.uid}@localhost>"
    assert state(message)[0] == "sent"
    assert (message.sent_at, message.to_sha256) == (NOW, service._hash("paula.sato@plant.example"))


def test_message_rolls_back_with_what_it_tells_of(paula: Person) -> None:
    def tell_and_fail() -> None:
        put(paula)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        transaction.atomic(tell_and_fail)()
    assert OutboxMessage.objects.count() == 0


def test_only_one_of_two_claims_succeeds(paula: Person) -> None:
    message = put(paula)
    first, second = service.claim(message.pk, at=NOW), service.claim(message.pk, at=NOW)
    assert first is not None
    assert second is None


def test_claim_of_a_dead_sender_comes_back_and_a_living_one_keeps_it(paula: Person) -> None:
    message = put(paula)
    assert service.claim(message.pk, at=NOW)
    assert service.free_stale(at=NOW + service.STALE) == 0
    later = NOW + service.STALE + timedelta(seconds=1)
    assert service.free_stale(at=later) == 1
    assert send(later) == 1
    assert state(message)[:2] == ("sent", 2)


def test_sender_thought_dead_cannot_write_over_the_one_that_took_over(paula: Person) -> None:
    message = put(paula)
    slow = service.claim(message.pk, at=NOW)
    later = NOW + service.STALE + timedelta(seconds=1)
    service.free_stale(at=later)
    send(later)
    assert slow is not None
    service._fail(slow, ValueError("too late"), at=later)
    assert state(message)[0] == "sent"


def test_server_that_is_away_stops_the_round_and_loses_nothing(paula: Person) -> None:
    messages = [put(paula) for _n in range(3)]
    Moody.answers = [ConnectionRefusedError("away")]
    assert send() == 0
    assert [state(message)[0] for message in messages] == ["failed", "pending", "pending"]
    assert send(NOW + timedelta(minutes=1)) == 3
    assert len(mail.outbox) == 3


def test_what_a_sender_took_and_did_not_get_to_is_free_at_once(paula: Person) -> None:
    messages = [put(paula) for _n in range(3)]
    ticks = iter([0, 0, 1, 1, 1, 90])  # seconds: time is up after the first letter
    sent = service.deliver_waiting(
        clock=lambda: NOW + timedelta(seconds=next(ticks, 90)), until=NOW + timedelta(seconds=60)
    )
    assert sent == 1
    assert [state(message)[:2] for message in messages] == [("sent", 1), ("pending", 0), ("pending", 0)]


def test_two_senders_share_the_work_and_double_nothing(paula: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "CLAIMED_AT_ONCE", 2)
    messages = [put(paula) for _n in range(4)]
    first = service._claim_some(at=NOW)
    assert send() == 2
    service._give_back(first)
    assert send() == 2
    assert len(mail.outbox) == len({letter.extra_headers["Message-ID"] for letter in mail.outbox}) == 4
    assert {state(message)[:2] for message in messages} == {("sent", 1)}


def test_many_messages_wake_several_senders(django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks) -> None:
    for messages, senders in ((1, 1), (200, 1), (201, 2), (100_000, 4)):
        with django_capture_on_commit_callbacks() as asked:
            service.wake(messages)
        assert len(asked) == senders


def test_away_for_days_is_tried_ever_more_seldom_and_given_up_after_a_week(paula: Person) -> None:
    message, at, tries = put(paula), NOW, 0
    while state(message)[0] != "dead":
        Moody.answers = [ConnectionRefusedError("away")]
        tries += 1
        send(at := message.next_at)
    assert at - NOW > timedelta(days=7)
    assert 160 < tries < 190


@pytest.mark.parametrize(
    ("error", "tries"),
    [
        (smtplib.SMTPRecipientsRefused({"x": (550, b"no such user")}), 3),
        (smtplib.SMTPDataError(554, b"spam"), 3),
        (ValueError("a template is wrong"), 6),
    ],
)
def test_refused_message_is_given_up_and_holds_up_no_other(paula: Person, error: Exception, tries: int) -> None:
    message, other = put(paula), put(person("Ben Low"))
    at = NOW
    for n in range(tries):
        assert state(message)[0] == ("failed" if n else "pending")
        Moody.answers = [error]
        send(at)
        at += timedelta(hours=1)
    assert state(message)[:2] == ("dead", tries)
    assert state(other)[0] == "sent"


def test_full_mailbox_is_tried_again(paula: Person) -> None:
    message = put(paula)
    Moody.answers = [smtplib.SMTPRecipientsRefused({"x": (452, b"full")})]
    send()
    assert state(message)[0] == "failed"
    send(NOW + timedelta(minutes=1))
    assert state(message)[0] == "sent"


def test_person_without_an_address_is_given_up_at_once() -> None:
    message = put(person("Ben Low", email=""))
    send()
    assert state(message) == ("dead", 1, "NoAddress: There is no e-mail address")


def test_what_is_not_true_any_more_is_dropped_with_the_reason(paula: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(_message: OutboxMessage, _at: datetime) -> Composed:
        raise Obsolete("Answered meanwhile")

    monkeypatch.setitem(letters._letters, LETTER, Letter(LETTER, "A letter", gone))
    message = put(paula)
    assert send() == 0
    assert state(message) == ("dropped", 1, "Answered meanwhile")


def test_given_up_message_is_sent_again_by_hand_and_trailed(paula: Person) -> None:
    admin, message = hiro(), put(paula)
    with pytest.raises(service.CannotResend):
        service.resend(message, by=admin, at=NOW)
    OutboxMessage.objects.filter(pk=message.pk).update(status="dead", failed_reason="x")
    service.resend(message, by=admin, at=NOW)
    assert send() == 1
    assert TrailEntry.objects.get(verb="outbox.resent").by_id == admin.person.uid


def test_reminders_of_a_letter_given_up_stand_as_untold_until_it_is_sent_again() -> None:
    rule()
    owner = person("Paula Sato")
    due(owner, MONDAY.date(), by=yusuf())
    at = MONDAY
    for _n in range(3):
        Moody.answers = [smtplib.SMTPDataError(554, b"spam")]
        run(at)
        at += timedelta(minutes=30)
    assert Reminder.objects.get(step=0).status == "untold"
    service.resend(OutboxMessage.objects.get(), by=hiro(), at=at)
    run(at)
    assert Reminder.objects.get(step=0).status == "sent"


@pytest.mark.parametrize(
    ("values", "name"),
    [
        ({"status": "sent"}, "outbox_sent_says_when_and_to_whom"),
        ({"status": "claimed"}, "outbox_claim_has_a_holder"),
        ({"status": "dead"}, "outbox_failure_has_a_reason"),
        ({"status": "dropped"}, "outbox_drop_has_a_reason"),
        ({"status": "lost"}, "outbox_status_known"),
    ],
)
def test_database_holds_what_a_status_means(paula: Person, values: dict[str, str], name: str) -> None:
    message = put(paula)
    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        OutboxMessage.objects.filter(pk=message.pk).update(**values)


def test_key_is_in_the_table_once(paula: Person) -> None:
    service.put(LETTER, person_id=paula.pk, at=NOW, key="only one")
    with pytest.raises(IntegrityError), transaction.atomic():
        service.put(LETTER, person_id=paula.pk, at=NOW, key="only one")
