"""Promises: asked when done, answered by link, PIN or log-in, lapsed after 14 days, and in the way of closing."""

from datetime import timedelta

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse

from objectives.models import ImprovementAction, Promise
from objectives.services import improvement_action, improvement_cycle
from objectives.services import promise as service
from objectives.tasks.promise import lapse_overdue
from qms.models import Notification, TrailEntry
from qms.permissions import AccessProfile
from qms.services import outbox, secret_link
from qms.services import person as person_service
from tests.factories import NOW, PersonFactory, cast_member, hiro, yusuf
from tests.objectives.actions import as_user, asked, done, opened

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def answered(question: Promise, answer: str = "kept", words: str = "") -> Promise:
    return service.answer(question, answer=answer, words=words, by=None, at=NOW + DAY)


def handed_out(question: Promise, by: object) -> str:
    """The secret of a link handed over."""
    made = service.ask_again(question.action, by=by, at=NOW + DAY)  # type: ignore[arg-type]
    return made.secret_link.rstrip("/").rsplit("/", 1)[-1]


def test_completing_asks_the_person_and_a_promise_to_oneself_is_not_asked() -> None:
    boss = yusuf()
    assert asked(boss).person.name == "Paula Sato"
    assert service.pending(done(boss, promised_to=boss.person)) is None
    assert service.pending(done(boss)) is None


def test_person_with_a_log_in_gets_a_notice_that_leads_to_the_question() -> None:
    boss, emma = yusuf(), cast_member("Emma Roth", AccessProfile.EMPLOYEE)
    question = asked(boss, emma.person)
    notice = Notification.objects.get(user=emma)
    assert notice.url == reverse("objectives:promise-mine", args=[question.pk])
    assert as_user(boss).get(notice.url).status_code == 404
    response = as_user(emma).post(notice.url, {"answer": "kept"})
    question.refresh_from_db()
    assert (response.status_code, question.answer, question.answered_by, question.answered_through) == (
        200, "kept", emma, "account",
    )  # fmt: skip


def test_person_with_only_an_address_is_mailed_a_link_that_opens_the_question() -> None:
    boss = yusuf()
    question = asked(boss, PersonFactory(name="Paula Sato", email="paula@plant.example"))
    assert outbox.deliver_waiting(clock=lambda: NOW, until=NOW + timedelta(minutes=1)) == 1
    (message,) = mail.outbox
    assert message.to == ["paula@plant.example"]
    token = message.body.split("/promise/")[1].split("/")[0]
    assert service.by_token(token, at=NOW).pk == question.pk


def test_link_handed_over_says_so_in_the_answer_and_works_once() -> None:
    boss = yusuf()
    question = asked(boss)
    token = handed_out(question, boss)
    address = reverse("objectives:promise-answer", args=[token])
    service_time = Promise.objects.filter(pk=question.pk)
    from django.utils import timezone

    service_time.update(asked_at=timezone.now())
    assert Client().post(address, {"answer": "kept", "words": "Good light"}).status_code == 200
    question.refresh_from_db()
    assert (question.answer, question.answered_through, question.words) == ("kept", "handed", "Good light")
    assert Client().get(address).status_code == 404


def test_code_of_a_confidential_action_shows_nothing() -> None:
    question = asked(yusuf())
    person_service.set_pin(question.person, by=None, at=NOW, pin="739158")
    assert service.open_at(question.action.uid, at=NOW) == question
    ImprovementAction.objects.filter(pk=question.action_id).update(is_confidential=True)
    assert service.open_at(question.action.uid, at=NOW) is None
    page = Client().get(reverse("objectives:promise-at", args=[question.action.uid]))
    assert (page.status_code, question.action.title in page.content.decode()) == (404, False)


def test_link_of_somebody_who_has_left_opens_nothing() -> None:
    boss = yusuf()
    question = asked(boss)
    token = handed_out(question, boss)
    assert service.by_token(token, at=NOW + DAY) == question
    person_service.deactivate(question.person, by=hiro(), at=NOW + DAY)
    with pytest.raises(service.CannotAnswer):
        service.by_token(token, at=NOW + DAY)


def test_secret_is_kept_as_a_digest_only() -> None:
    boss = yusuf()
    question = asked(boss)
    token = handed_out(question, boss)
    question.refresh_from_db()
    assert question.token_digest == secret_link.digest(token)
    assert not TrailEntry.objects.filter(changes__contains=token).exists()


def test_asking_again_voids_the_link_and_gives_no_more_time() -> None:
    boss = yusuf()
    question = asked(boss)
    first, second = handed_out(question, boss), handed_out(question, boss)
    with pytest.raises(service.CannotAnswer):
        service.by_token(first, at=NOW + DAY)
    assert service.by_token(second, at=NOW + DAY).asked_at == NOW


def test_pin_lets_in_only_the_person() -> None:
    from django.utils import timezone

    boss = yusuf()
    paula = PersonFactory(name="Paula Sato")
    pin = person_service.set_pin(paula, by=boss, at=NOW)
    paula.refresh_from_db()
    question = asked(boss, paula)
    Promise.objects.filter(pk=question.pk).update(asked_at=timezone.now())
    address = reverse("objectives:promise-at", args=[question.action.uid])
    wrong = Client().post(address, {"pin": "000001", "answer": "kept"})
    assert "not the PIN" in wrong.content.decode()
    question.refresh_from_db()
    assert question.answer == ""
    assert Client().post(address, {"pin": pin, "answer": "kept"}).status_code == 200
    question.refresh_from_db()
    assert (question.answer, question.answered_through) == ("kept", "pin")


def test_not_yet_takes_the_action_back_into_progress_and_asks_again_later() -> None:
    boss = yusuf()
    question = asked(boss)
    answered(question, "not_kept", "The lamp flickers")
    action = ImprovementAction.objects.get(pk=question.action_id)
    assert (action.status, action.completed_on) == ("in_progress", None)
    entry = TrailEntry.objects.get(record=action, verb="improvement_action.promise_not_kept")
    assert entry.reason == "The lamp flickers"
    assert "not yet" in Notification.objects.get(user=boss).text
    improvement_action.complete(action, outcome="New lamp", by=boss, at=NOW + 2 * DAY)
    assert list(action.questions.order_by("pk").values_list("answer", flat=True)) == ["not_kept", ""]


def test_not_yet_needs_words() -> None:
    from objectives.forms.promise import PromiseForm

    assert "words" in PromiseForm({"answer": "not_kept", "words": " "}).errors


def test_question_is_answered_once() -> None:
    question = asked(yusuf())
    answered(question)
    with pytest.raises(service.CannotAnswer):
        answered(question, "not_kept", "No")


@pytest.mark.parametrize(
    ("moment", "lapsed"), [(timedelta(days=14) - timedelta(seconds=1), 0), (timedelta(days=14), 1)]
)
def test_question_lapses_after_fourteen_days_and_once(moment: timedelta, lapsed: int) -> None:
    question = asked(yusuf())
    assert service.lapse_overdue(at=NOW + moment) == lapsed
    assert service.lapse_overdue(at=NOW + moment) == 0
    assert TrailEntry.objects.filter(verb="improvement_action.promise_lapsed").count() == lapsed
    question.refresh_from_db()
    assert question.answer == ("lapsed" if lapsed else "")


def test_answer_comes_too_late_at_the_very_moment_it_lapses() -> None:
    question = asked(yusuf())
    with pytest.raises(service.CannotAnswer):
        service.answer(question, answer="kept", words="", by=None, at=NOW + service.LIFETIME)
    assert service.open_questions(NOW + service.LIFETIME).count() == 0


def test_task_lets_lapse_what_is_overdue_now() -> None:
    from django.utils import timezone

    question = asked(yusuf())
    Promise.objects.filter(pk=question.pk).update(asked_at=timezone.now() - timedelta(days=15))
    lapse_overdue()
    question.refresh_from_db()
    assert question.answer == "lapsed"


def test_closing_waits_for_the_answer_or_the_lapse() -> None:
    boss = yusuf()
    question = asked(boss)
    action = improvement_cycle.check_effect(
        question.action, result="worked", checked_what="Bright", by=hiro(), at=NOW
    )  # fmt: skip
    with pytest.raises(improvement_cycle.PromiseOpen, match="Paula Sato has not said yet"):
        improvement_cycle.close(action, by=boss, at=NOW)
    page = as_user(boss).post(reverse("objectives:improvement-action-move", args=[action.pk, "close"]))
    assert "has not said yet" in page.content.decode()
    service.lapse_overdue(at=NOW + service.LIFETIME)
    assert improvement_cycle.close(action, by=boss, at=NOW + 15 * DAY).status == "closed"
    assert "Unconfirmed: no answer" in as_user(boss).get(
        reverse("objectives:improvement-action-detail", args=[action.pk])
    ).content.decode()  # fmt: skip


def test_reopening_takes_the_question_back() -> None:
    boss = yusuf()
    question = asked(boss)
    improvement_action.reopen(question.action, reason="Not done after all", by=boss, at=NOW)
    question.refresh_from_db()
    assert question.answer == "taken_back"
    with pytest.raises(service.CannotAnswer):
        answered(question)


def test_asking_is_refused_before_it_is_done_and_after_an_answer() -> None:
    boss = yusuf()
    with pytest.raises(service.CannotAsk):
        service.ask_again(opened(boss, promised_to=PersonFactory()), by=boss, at=NOW)
    question = asked(boss)
    answered(question)
    with pytest.raises(service.CannotAsk):
        service.ask_again(question.action, by=boss, at=NOW + DAY)


def test_lapsed_promise_may_be_asked_afresh() -> None:
    boss = yusuf()
    question = asked(boss)
    service.lapse_overdue(at=NOW + service.LIFETIME)
    again = service.ask_again(question.action, by=boss, at=NOW + 20 * DAY)
    assert (again.pk != question.pk, again.asked_at) == (True, NOW + 20 * DAY)


def test_too_many_tries_from_one_address_are_refused() -> None:
    codes = {Client().get(reverse("objectives:promise-answer", args=["x"])).status_code for _try in range(3)}
    assert codes == {404}
    page = ""
    for _try in range(41):
        page = Client().get(reverse("objectives:promise-answer", args=["x"])).content.decode()
    assert "Too many tries" in page
