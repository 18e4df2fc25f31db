"""Moments of risks, objectives and promises that somebody is reminded of."""

from datetime import timedelta

import pytest
from django.core import mail

from objectives.services import promise
from qms.models import OutboxMessage, Reminder
from qms.services import outbox
from tests.factories import NOW, cast_member, yusuf
from tests.objectives.actions import asked
from tests.qms.reminders import person, rule, run

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(days=4)


def test_question_about_a_promise_is_repeated_with_a_fresh_link_to_the_person_alone() -> None:
    boss = yusuf()
    rule(slug="promises", kind="improvement_action", event="promise_unanswered", before_days=[], after_days=[4])
    paula = person("Paula Sato", manager=person("Mona Adler"))
    question = asked(boss, paula)
    outbox.deliver_waiting(clock=lambda: NOW, until=LATER)
    run(LATER)
    first, second = mail.outbox
    assert first.to == second.to == ["paula.sato@plant.example"]
    tokens = [letter.body.split("/promise/")[1].split("/")[0] for letter in (first, second)]
    with pytest.raises(promise.CannotAnswer):
        promise.by_token(tokens[0], at=LATER)
    assert promise.by_token(tokens[1], at=LATER).pk == question.pk
    assert tokens[1] not in str(list(OutboxMessage.objects.values()) + list(Reminder.objects.values()))


def test_link_that_answers_for_somebody_never_goes_to_the_manager() -> None:
    boss = yusuf()
    rule(slug="promises", kind="improvement_action", event="promise_unanswered", before_days=[], after_days=[4])
    asked(boss, person("Paula Sato", email="", manager=person("Mona Adler")))
    run(LATER)
    assert (len(mail.outbox), Reminder.objects.get().status) == (0, "untold")


def test_who_logs_in_is_led_to_the_question_without_a_secret() -> None:
    boss, emma = yusuf(), cast_member("Emma Berg")
    emma.person.email = "emma@plant.example"
    emma.person.save()
    rule(slug="promises", kind="improvement_action", event="promise_unanswered", before_days=[], after_days=[4])
    question = asked(boss, emma.person)
    run(LATER)
    (letter,) = mail.outbox
    assert f"/promise/mine/{question.pk}/" in letter.body


@pytest.mark.parametrize(("days", "mails"), [(3, 0), (4, 1), (13, 1), (14, 0)])
def test_question_that_has_lapsed_is_not_repeated(days: int, mails: int) -> None:
    boss = yusuf()
    rule(slug="promises", kind="improvement_action", event="promise_unanswered", before_days=[], after_days=[4])
    asked(boss, person("Paula Sato"))
    OutboxMessage.objects.update(status="dropped", dropped_reason="not the letter this is about")
    run(NOW + timedelta(days=days))
    assert len(mail.outbox) == mails


def test_answered_question_is_not_repeated() -> None:
    boss = yusuf()
    rule(slug="promises", kind="improvement_action", event="promise_unanswered", before_days=[], after_days=[4])
    question = asked(boss, person("Paula Sato"))
    OutboxMessage.objects.update(status="dropped", dropped_reason="not the letter this is about")
    promise.answer(question, answer="kept", words="", by=None, at=NOW)
    run(LATER)
    assert mail.outbox == []
