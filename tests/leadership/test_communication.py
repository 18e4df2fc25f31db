"""Communications: evidence once given, questions that stay open until somebody answers them."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from leadership.models import Communication, CommunicationQuestion
from leadership.services import communication as service
from leadership.services import communication_question as questions
from qms.models import ClauseLink, Notification, TrailEntry
from qms.services.record import CannotChange, EventInFuture
from qms.services.wording import ReasonMissing
from tests.factories import NOW, TODAY, ClauseFactory, MappingFactory, PersonFactory, cast_member, logged_activity
from tests.leadership.test_role import hiro, yusuf

pytestmark = pytest.mark.django_db


def told(**fields: Any) -> Communication:
    facts: dict[str, Any] = {
        "uid": uuid.uuid4(), "title": "Stop, do not sort", "message": "A sorted part is still a wrong part.",
        "owner": yusuf().person, "site": yusuf().person.site, "occurred_on": TODAY,
    }  # fmt: skip
    return service.enter(**(facts | fields), by=yusuf(), at=NOW)


def counted(one: Communication) -> list[bool]:
    return list(ClauseLink.objects.filter(record=one).values_list("counts", flat=True))


def test_planned_one_counts_from_the_day_it_was_given() -> None:
    MappingFactory(clause=ClauseFactory(number="7.4"), kind="communication", subtype="own")
    one = told(occurred_on=None, due_on=TODAY + timedelta(days=3))
    assert (one.status, one.due_on, counted(one)) == ("planned", TODAY + timedelta(days=3), [False])
    later = NOW + timedelta(days=4)
    given = service.give(one, occurred_on=TODAY + timedelta(days=3), audience_size=40, by=yusuf(), at=later)
    assert (given.status, given.occurred_on, given.due_on, given.audience_size) == (
        "given", TODAY + timedelta(days=3), None, 40
    )  # fmt: skip
    assert counted(given) == [True]


def test_nothing_is_given_in_the_future() -> None:
    with pytest.raises(EventInFuture):
        told(occurred_on=TODAY + timedelta(days=1))


def test_one_written_up_from_an_act_counts_no_second_time_and_is_made_once() -> None:
    MappingFactory(clause=ClauseFactory(number="7.4"), kind="communication", subtype="own")
    act = logged_activity(yusuf())
    one = told(source=act)
    assert (one.origin, counted(one), counted(told())) == ("from-activity", [], [True])
    with pytest.raises(ValidationError, match="written up already"):
        told(source=act)


def test_people_by_name_areas_and_titles_are_its_audience() -> None:
    one = told(people=[(PersonFactory(name="Paula Sato"), ""), (None, "A visitor")], job_titles=["Setter", " "])
    assert [p.name for p in one.participants.order_by("position")] == ["Paula Sato", "A visitor"]
    assert one.content()["audience"] == "Setter"


def test_question_stays_open_until_it_is_answered_and_the_asker_is_told() -> None:
    asker = hiro()
    asked = questions.ask(told(), text="And the rush orders?", person=asker.person, way="account", by=asker, at=NOW)
    assert list(questions.waiting_for(yusuf())) == [asked]
    assert Notification.objects.filter(user=yusuf()).count() == 1
    questions.answer(asked, text="They too.", by=yusuf(), at=NOW)
    assert (list(questions.waiting_for(yusuf())), Notification.objects.filter(user=asker).count()) == ([], 1)
    with pytest.raises(CannotChange, match="answered already"):
        questions.answer(asked, text="Really.", by=yusuf(), at=NOW)
    facts = Communication.objects.get().content()["questions"]
    assert [(one["question"], one["asked by"], one["answer"], one["answered by"]) for one in facts] == [
        ("And the rush orders?", asker.person.name, "They too.", "Yusuf Chen")
    ]


def test_auditor_from_outside_reads_it_and_asks_nothing(client: Client) -> None:
    one = told()
    client.force_login(cast_member("Gus Guest", "guest_auditor"))
    page = reverse("leadership:communication-question", args=[one.pk])
    assert client.post(page, {"text": "Why?"}).status_code == 403
    assert not CommunicationQuestion.objects.exists()
    read = client.get(reverse("leadership:communication-detail", args=[one.pk]))
    assert (read.status_code, page.encode() in read.content) == (200, False)


def test_nobody_asks_before_it_was_said_or_without_words() -> None:
    with pytest.raises(CannotChange, match="once it was said"):
        questions.ask(told(occurred_on=None), text="When?", by=yusuf(), at=NOW)
    with pytest.raises(ReasonMissing):
        questions.ask(told(), text=" ", by=yusuf(), at=NOW)


def test_question_by_link_without_a_name_names_nobody() -> None:
    one = told(questions_until_on=TODAY)
    asked = questions.ask_by_link(one.uid, text="Who decides?", asker="", at=NOW)
    assert (asked.asked_by, asked.asker, asked.entered_by, asked.way) == (None, "", None, "link")
    assert TrailEntry.objects.filter(verb="communication.asked").get().by_id is None


@pytest.mark.parametrize("until", [None, TODAY - timedelta(days=1)])
def test_link_is_closed_unless_it_was_opened_and_not_after_its_day(until: Any) -> None:
    one = told(questions_until_on=until)
    with pytest.raises(questions.CannotAsk):
        questions.ask_by_link(one.uid, text="Who decides?", asker="", at=NOW)


def test_answer_cannot_lie_before_its_question() -> None:
    asked = questions.ask(told(), text="Who decides?", by=yusuf(), at=NOW)
    with pytest.raises(ValidationError, match="from when it was asked"):
        questions.answer(asked, text="I do.", answered_on=TODAY - timedelta(days=1), by=yusuf(), at=NOW)


def test_database_refuses_an_answer_of_nobody_and_a_source_that_does_not_fit() -> None:
    asked = questions.ask(told(), text="Who decides?", by=yusuf(), at=NOW)
    with pytest.raises(IntegrityError, match="answered_by_somebody"), transaction.atomic():
        CommunicationQuestion.objects.filter(pk=asked.pk).update(answer="I do.")
    with pytest.raises(IntegrityError, match="origin_fits_source"), transaction.atomic():
        Communication.objects.update(origin="from-activity")


def test_public_page_takes_a_question_and_shows_no_other(client: Client) -> None:
    one = told()
    questions.ask(one, text="A secret worry", by=yusuf(), at=NOW)
    path = reverse("leadership:communication-ask", args=[one.uid])
    assert client.get(path).status_code == 404
    Communication.objects.update(questions_until_on=TODAY + timedelta(days=4000))
    assert "A secret worry" not in client.get(path).content.decode()
    assert client.post(path, {"text": ""}).status_code == 422
    assert client.post(path, {"text": "Who decides?"}).status_code == 200
    assert list(one.questions.order_by("pk").values_list("text", flat=True)) == ["A secret worry", "Who decides?"]


def test_form_keeps_known_people_and_free_names(client: Client) -> None:
    client.force_login(yusuf())
    paula = PersonFactory(name="Paula Sato", site=yusuf().person.site)
    sent = {
        "uid": str(uuid.uuid4()), "title": "Labels", "message": "Check the label", "owner": "Yusuf Chen",
        "channel": "board", "occurred_on": "2026-11-02", "site": yusuf().person.site_id, "job_titles": "Packer\nSetter",
        "people": "Paula Sato\nA visitor",
    }  # fmt: skip
    assert client.post(reverse("leadership:communication-new"), sent).status_code == 302
    one = Communication.objects.get()
    assert (one.status, one.job_titles) == ("given", ["Packer", "Setter"])
    people = one.participants.order_by("position").values_list("person", "name")
    assert list(people) == [(paula.pk, "Paula Sato"), (None, "A visitor")]
