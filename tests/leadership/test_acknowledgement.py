"""Acknowledgements: who is asked, how each way in is counted, what is refused, and who is missing."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from leadership.models import Acknowledgement, AcknowledgementCampaign
from leadership.services import acknowledgement as service
from leadership.services import acknowledgement_link as link
from leadership.services import acknowledgement_page as page
from leadership.services.acknowledgement_sheet import sheet_facts
from leadership.tasks.acknowledgement import follow_people
from qms.models import ClauseLink, Person, TrailEntry, User
from qms.permissions import AccessProfile
from qms.services import person as person_service
from tests.factories import (
    NOW,
    TODAY,
    AreaFactory,
    ClauseFactory,
    MappingFactory,
    PersonFactory,
    cast_member,
    hiro,
    logged_activity,
    omar,
    yusuf,
)  # fmt: skip
from tests.leadership.acknowledgements import acknowledged, addressee, asked, begun, chain, sent
from tests.objectives.actions import as_user

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def boss() -> User:
    return yusuf()


@pytest.fixture
def paula() -> Person:
    return PersonFactory(name="Paula Sato", area=AreaFactory(name="CNC line 3"), job_title="Operator")


def names(campaign: AcknowledgementCampaign) -> list[str]:
    return sorted(service.missing(campaign).values_list("person__name", flat=True))


# --- who is asked -----------------------------------------------------------------------------------------------------


def test_area_job_title_and_chosen_people_are_asked_together_and_nobody_else(boss: User, paula: Person) -> None:
    setter = PersonFactory(name="Ana Setter", job_title="Setter")
    PersonFactory(name="Lyon Setter", job_title="Setter", site=omar().person.site)
    chosen = PersonFactory(name="Nora Chosen")
    PersonFactory(name="Zoe Other", job_title="Operator", area=AreaFactory(name="Goods in"))
    campaign = begun(boss, for_areas=[paula.area], for_job_titles=["Setter"], people=[chosen])
    assert names(campaign) == ["Ana Setter", "Nora Chosen", "Paula Sato"]
    assert setter.name not in campaign.audience
    assert "1 chosen person" in campaign.audience


def test_nobody_fitting_and_a_draft_are_refused(boss: User) -> None:
    with pytest.raises(service.CannotAsk, match="Nobody who works here"):
        begun(boss, for_job_titles=["Astronaut"])
    with pytest.raises(service.CannotAsk, match="Say who is asked"):
        begun(boss)
    withdrawn = logged_activity(boss, status="withdrawn")
    with pytest.raises(service.CannotAsk, match="not a draft"):
        asked(withdrawn, by=boss, people=[boss.person])
    assert AcknowledgementCampaign.objects.count() == 0


def test_campaign_is_bound_to_the_version_that_stood(boss: User) -> None:
    activity = logged_activity(boss)
    campaign = asked(activity, by=boss, people=[boss.person])
    version = activity.versions.get()
    assert (campaign.subject_version, campaign.subject_hash) == (1, version.content_hash)
    given = acknowledged(campaign, boss.person)
    assert given.subject_hash == version.content_hash
    told = TrailEntry.objects.get(record=activity, verb="record.acknowledgement_asked")
    assert json.loads(told.changes) == {"asked": 1, "campaign": campaign.reference, "version": 1}


def test_newcomers_join_and_those_who_leave_drop_out_as_facts(boss: User, paula: Person) -> None:
    campaign = begun(boss, for_areas=[paula.area], target_percent=100)
    newcomer = PersonFactory(name="Nils New", area=paula.area)
    assert service.follow_all(at=NOW + DAY) == 1
    assert names(campaign) == ["Nils New", "Paula Sato"]
    person_service.deactivate(paula, by=None, at=NOW + DAY)
    assert service.follow_all(at=NOW + 2 * DAY) == 1
    assert names(campaign) == ["Nils New"]
    assert addressee(campaign, paula).left_at == NOW + 2 * DAY
    assert service.follow_all(at=NOW + 3 * DAY) == 0
    person_service.reactivate(paula, by=None, at=NOW + 4 * DAY)
    service.follow_all(at=NOW + 4 * DAY)
    assert names(campaign) == ["Nils New", "Paula Sato"]
    entries = campaign.trail.filter(verb="acknowledgement.audience_followed").order_by("seq")
    assert [json.loads(entry.changes) for entry in entries] == [
        {"joined": ["Nils New"]}, {"left": ["Paula Sato"]}, {"back": ["Paula Sato"]},
    ]  # fmt: skip
    assert newcomer.pk


def test_who_moves_is_counted_where_the_work_is_now_unless_acknowledged(boss: User, paula: Person) -> None:
    done = PersonFactory(name="Dora Done", area=paula.area)
    campaign = begun(boss, for_sites=[boss.person.site])
    acknowledged(campaign, done)
    Person.objects.update(area=AreaFactory(name="Goods in"))
    service.follow(campaign, at=NOW + DAY)
    areas = {area.name: (area.done, area.asked) for area in page.progress_of(campaign).areas}
    assert areas == {"Goods in": (0, 2), "CNC line 3": (1, 1)}


def test_a_changed_person_has_the_campaigns_followed(
    boss: User, paula: Person, django_capture_on_commit_callbacks: Any, settings: Any
) -> None:
    assert follow_people.name in settings.TASKS_AFTER_PEOPLE_CHANGED
    campaign = begun(boss, for_areas=[paula.area])
    with django_capture_on_commit_callbacks(execute=True):
        person_service.create(name="Nils New", site=paula.site, area=paula.area, by=boss, at=NOW)
    assert names(campaign) == ["Nils New", "Paula Sato"]


# --- acknowledging ----------------------------------------------------------------------------------------------------


def test_acknowledgement_is_a_row_and_a_trail_entry_and_is_given_once(boss: User, paula: Person) -> None:
    campaign = begun(boss, people=[paula, boss.person], target_percent=100)
    given = acknowledged(campaign, paula, way="pin", language="de")
    entry = campaign.trail.get(verb="acknowledgement.given")
    assert json.loads(entry.changes) == {
        "who": "Paula Sato", "way": "pin", "subject_version": 1, "subject_hash": given.subject_hash, "language": "de",
    }  # fmt: skip
    with pytest.raises(service.CannotAcknowledge, match="already"):
        acknowledged(campaign, paula)
    assert Acknowledgement.objects.count() == 1
    assert service.counts(campaign) == (1, 2)


def test_database_refuses_a_second_word_and_a_way_nobody_knows(boss: User, paula: Person) -> None:
    campaign = begun(boss, people=[paula, boss.person], target_percent=100)
    given = acknowledged(campaign, paula)
    given.pk = None
    with pytest.raises(IntegrityError), transaction.atomic():
        given.save(force_insert=True)
    given.person, given.way = boss.person, "gossip"
    with pytest.raises(IntegrityError), transaction.atomic():
        given.save(force_insert=True)


def test_campaign_becomes_evidence_on_the_day_it_reaches_its_target(boss: User, paula: Person) -> None:
    MappingFactory(kind="acknowledgement", subtype="", clause=ClauseFactory(number="7.3", title="Awareness"))
    people = [PersonFactory() for _ in range(3)]
    campaign = begun(boss, people=[paula, *people], target_percent=75)
    acknowledged(campaign, people[0])
    acknowledged(campaign, people[1], at=NOW + DAY)
    assert not ClauseLink.objects.filter(record=campaign, counts=True).exists()
    acknowledged(campaign, people[2], at=NOW + 2 * DAY)
    link_made = ClauseLink.objects.get(record=campaign, counts=True)
    assert link_made.occurred_on == TODAY + 2 * DAY
    campaign.refresh_from_db()
    assert campaign.status == "reached"


def test_ended_below_its_target_it_counts_for_nothing_and_says_so(boss: User, paula: Person) -> None:
    MappingFactory(kind="acknowledgement", subtype="", clause=ClauseFactory(number="7.3", title="Awareness"))
    campaign = begun(boss, people=[paula, boss.person])
    acknowledged(campaign, paula)
    ended = service.close(campaign, by=boss, at=NOW + DAY, reason="The shutdown begins")
    assert (ended.status, ended.phase) == ("short", "closed")
    assert not ClauseLink.objects.filter(record=campaign, counts=True).exists()
    with pytest.raises(service.CannotAcknowledge, match="over"):
        acknowledged(campaign, boss.person)
    told = TrailEntry.objects.get(record_id=campaign.subject_id, verb="record.acknowledgement_ended")
    head = campaign.trail.order_by("-seq").first()
    assert head is not None
    assert json.loads(told.changes) == {
        "acknowledged": 1, "asked": 2, "campaign": campaign.reference, "head": head.hash,
    }  # fmt: skip


def test_last_one_missing_who_leaves_makes_it_reached(boss: User, paula: Person) -> None:
    campaign = begun(boss, people=[paula, boss.person], target_percent=100)
    acknowledged(campaign, boss.person)
    person_service.deactivate(paula, by=None, at=NOW)
    service.follow(campaign, at=NOW + DAY)
    campaign.refresh_from_db()
    assert (campaign.status, service.counts(campaign)) == ("reached", (1, 1))


# --- the question -----------------------------------------------------------------------------------------------------

QUESTION: dict[str, Any] = {
    "question": "May you stop the line?", "right_answer": "Yes, anybody may",
    "wrong_answers": ["Only the supervisor", "No"], "explanation": "Anybody who sees a defect stops the line.",
}  # fmt: skip


def test_wrong_answer_is_explained_counted_and_repeatable(boss: User, paula: Person) -> None:
    campaign = begun(boss, people=[paula, boss.person], target_percent=100, **QUESTION)
    person = addressee(campaign, paula)
    for answer in ("No", "Only the supervisor"):
        with pytest.raises(service.WrongAnswer, match="stops the line"):
            service.check_answer(person, answer)
    with pytest.raises(service.WrongAnswer):
        acknowledged(campaign, paula, answer="No")
    given = acknowledged(campaign, paula, answer="Yes, anybody may")
    assert (given.wrong_answers, given.words) == (2, "")


def test_question_without_choices_keeps_the_words(boss: User, paula: Person) -> None:
    campaign = begun(boss, people=[paula, boss.person], target_percent=100, question="What does it mean for you?")
    with pytest.raises(service.WrongAnswer):
        service.check_answer(addressee(campaign, paula), "  ")
    assert acknowledged(campaign, paula, answer="I stop when the gauge is off").words == "I stop when the gauge is off"


def test_right_answer_is_not_in_what_everybody_may_read(boss: User, paula: Person) -> None:
    campaign = begun(boss, people=[paula], **QUESTION)
    assert campaign.question in campaign.versions.get().content
    assert "Yes, anybody may" not in campaign.versions.get().content
    assert sorted(campaign.choices) == ["No", "Only the supervisor", "Yes, anybody may"]


# --- reminders, lists, export -----------------------------------------------------------------------------------------


def test_only_those_missing_are_reminded_and_not_twice_a_day(boss: User) -> None:
    done, missing = (PersonFactory(name=n, email=f"{n}@plant.example") for n in ("done", "missing"))
    left = PersonFactory(name="left", email="left@plant.example")
    campaign = begun(boss, people=[done, missing, left], target_percent=100)
    sent()
    acknowledged(campaign, done)
    person_service.deactivate(left, by=None, at=NOW)
    service.follow(campaign, at=NOW)
    mail.outbox.clear()
    assert link.remind(campaign, by=boss, at=NOW + DAY) == 1
    sent(at=NOW + DAY)
    assert [message.to for message in mail.outbox] == [["missing@plant.example"]]
    with pytest.raises(service.CannotAsk, match="less than a day"):
        link.remind(campaign, by=boss, at=NOW + DAY + timedelta(hours=3))


def test_missing_all_names_those_of_campaigns_due(boss: User, paula: Person) -> None:
    begun(boss, people=[paula], due_on=TODAY + 3 * DAY)
    begun(boss, people=[boss.person], due_on=TODAY + 9 * DAY)
    found = service.missing_all(TODAY + 3 * DAY)
    assert [(row.person, row.campaign.due_on) for row in found] == [(paula, TODAY + 3 * DAY)]


def test_list_of_names_is_for_who_runs_it_and_others_see_their_reports(boss: User, paula: Person) -> None:
    chief = cast_member("Carla Chief", AccessProfile.EMPLOYEE)
    employee = cast_member("Emma Roth", AccessProfile.EMPLOYEE)
    Person.objects.filter(pk=paula.pk).update(manager=chief.person)
    campaign = begun(boss, people=[paula, employee.person], target_percent=100)
    address = reverse("leadership:acknowledgement-people", args=[campaign.pk])

    def shown(user: User) -> tuple[bool, bool]:
        text = as_user(user).get(address).content.decode()
        return "Paula Sato" in text, ">Emma Roth" in text.split("list-head")[1]

    assert shown(boss) == (True, True)
    assert shown(chief) == (True, False)
    assert shown(employee) == (False, False)
    assert as_user(omar()).get(address).status_code == 404
    text = as_user(employee).get(reverse("leadership:acknowledgement-detail", args=[campaign.pk])).content.decode()
    assert "Paula Sato" not in text


def test_export_holds_what_the_list_shows_and_is_noted(boss: User, paula: Person) -> None:
    campaign = begun(boss, people=[paula, boss.person], target_percent=100)
    acknowledged(campaign, boss.person)
    address = reverse("leadership:acknowledgement-people-export", args=[campaign.pk])
    lines = b"".join(as_user(boss).get(address)).decode().splitlines()
    assert [line.split(",")[0] for line in lines[1:]] == ["Paula Sato"]
    everybody = b"".join(as_user(boss).get(address + "?state=all")).decode()
    assert "by a link mailed to them" in everybody
    assert TrailEntry.objects.filter(verb="records.exported").count() == 2


def test_page_shows_progress_and_the_reminder_button_reminds(boss: User, paula: Person) -> None:
    campaign = begun(boss, people=[paula, boss.person], target_percent=100)
    acknowledged(campaign, boss.person)
    client = as_user(boss)
    address = reverse("leadership:acknowledgement-detail", args=[campaign.pk])
    assert "1 more acknowledgement reaches the target" in client.get(address).content.decode()
    client.post(reverse("leadership:acknowledgement-remind", args=[campaign.pk]))
    text = client.get(address).content.decode()
    assert "1 person is reminded." in text
    client.post(reverse("leadership:acknowledgement-remind", args=[campaign.pk]))
    assert chain(campaign).count("acknowledgement.reminded") == 1


def test_asking_through_the_form(boss: User, paula: Person) -> None:
    activity = logged_activity(boss)
    address = reverse("leadership:acknowledgement-ask", args=[activity.uid])
    client = as_user(boss)
    sent = {
        "uid": "7c9e6679-7425-40de-944b-e07fc1f90ae7", "due_on": (timezone.now() + 9 * DAY).date().isoformat(),
        "owner": "Yusuf Chen", "target_percent": "90", "for_people": "Paula Sato\nNobody Atall",
    }  # fmt: skip
    assert "Nobody here is called “Nobody Atall”" in client.post(address, sent).content.decode()
    sent["for_people"] = "Paula Sato"
    assert client.post(address, sent).status_code == 302
    assert client.post(address, sent).status_code == 302
    assert names(AcknowledgementCampaign.objects.get()) == ["Paula Sato"]
    employee = cast_member("Emma Roth", AccessProfile.EMPLOYEE)
    assert as_user(employee).get(address).status_code == 403


def test_wrong_answer_on_the_page_is_explained(boss: User, paula: Person) -> None:
    campaign = begun(boss, people=[paula, boss.person], target_percent=100, **QUESTION)
    path = "/" + link.hand_over(addressee(campaign, paula), by=boss, at=NOW).secret_link.split("/", 3)[3]
    response = Client().post(path, {"answer": "No"})
    assert (response.status_code, "Anybody who sees a defect" in response.content.decode()) == (422, True)
    assert Client().post(path, {"answer": "Yes, anybody may"}).status_code == 200


def test_pack_counts_as_of_the_cut_off(boss: User, paula: Person) -> None:
    others = [PersonFactory(area=paula.area) for _ in range(3)]
    campaign = begun(boss, people=[paula, *others], target_percent=100, **QUESTION)
    acknowledged(campaign, others[0], answer="Yes, anybody may", way="pin")
    acknowledged(campaign, others[1], answer="Yes, anybody may", at=NOW + 5 * DAY)
    content = json.loads(campaign.versions.get().content)
    facts = sheet_facts({campaign.pk: content}, at=NOW + DAY, name=str, text=str)[campaign.pk]
    total = facts["progress"].total
    assert (total.done, total.asked, total.percent) == (1, 4, 25)
    assert facts["ways"] == [("at the QR code with their PIN", 1)]
    assert facts["right_answer"] == "Yes, anybody may"


def test_thousands_cost_a_handful_of_queries(boss: User) -> None:
    site = boss.person.site
    Person.objects.bulk_create([Person(name=f"P {n}", search_name=f"p {n}", site=site) for n in range(3000)])
    with CaptureQueriesContext(connection) as queries:
        campaign = begun(boss, for_sites=[site])
    assert service.missing(campaign).count() == 3001
    assert len(queries) < 80
    with CaptureQueriesContext(connection) as queries:
        service.follow(campaign, at=NOW + DAY)
    assert len(queries) < 12


def test_quality_manager_who_began_nothing_may_run_what_is_read(boss: User, paula: Person) -> None:
    campaign = begun(boss, people=[paula])
    assert page.may_run(hiro(), campaign)
    assert not page.may_run(cast_member("Emma Roth", AccessProfile.EMPLOYEE), campaign)
