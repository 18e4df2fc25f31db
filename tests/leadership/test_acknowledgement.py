"""Acknowledgements: who is asked, how each way in is counted, what is refused, and who is missing."""

import json
import re
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core import mail
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from leadership.models import Acknowledgement, AcknowledgementCampaign, Addressee
from leadership.services import acknowledgement as service
from leadership.services import acknowledgement_link as link
from leadership.services import acknowledgement_page as page
from leadership.services.acknowledgement_sheet import sheet_facts
from leadership.tasks.acknowledgement import follow_people
from qms.models import ClauseLink, Notification, OutboxMessage, Person, TrailEntry, User
from qms.permissions import AccessProfile
from qms.services import outbox
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
from tests.leadership.acknowledgements import PIN, acknowledged, addressee, asked
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


def begun(boss: User, **values: Any) -> AcknowledgementCampaign:
    return asked(logged_activity(boss), by=boss, **values)


def sent(at: datetime = NOW) -> int:
    """Deliver what lies in the outbox; how many mails went out."""
    return outbox.deliver_waiting(clock=lambda: at, until=at + timedelta(minutes=1))


def chain(campaign: AcknowledgementCampaign) -> list[str]:
    return list(campaign.trail.order_by("seq").values_list("verb", flat=True))


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


# --- ways in ----------------------------------------------------------------------------------------------------------


def test_mailed_link_goes_to_who_has_only_an_address_and_a_notice_to_who_logs_in(boss: User) -> None:
    emma = cast_member("Emma Roth", AccessProfile.EMPLOYEE)
    mailed = PersonFactory(name="Max Mail", email="max@plant.example")
    campaign = begun(boss, people=[emma.person, mailed, PersonFactory(name="Paula Sato")], target_percent=100)
    assert sent() == 1
    (message,) = mail.outbox
    assert message.to == ["max@plant.example"]
    assert [notice.user for notice in Notification.objects.all()] == [emma]
    service.follow(campaign, at=NOW)
    assert sent() == 0
    token = re.search(r"/read/([\w-]+)/", message.body).group(1)  # type: ignore[union-attr]
    response = Client().post(reverse("leadership:acknowledge", args=[token]), {})
    assert response.status_code == 200
    assert Acknowledgement.objects.get().way == "mail"
    assert Client().get(reverse("leadership:acknowledge", args=[token])).status_code == 404
    assert token not in str(list(Addressee.objects.values_list()))


def test_letter_to_who_acknowledged_meanwhile_is_dropped(boss: User, paula: Person) -> None:
    mailed = PersonFactory(name="Max Mail", email="max@plant.example")
    campaign = begun(boss, people=[mailed, paula], target_percent=100)
    acknowledged(campaign, mailed)
    assert sent() == 0
    assert OutboxMessage.objects.get().status == "dropped"


def test_link_handed_over_says_so_and_voids_the_one_before(boss: User, paula: Person) -> None:
    campaign = begun(boss, people=[paula, boss.person], target_percent=100)
    first = link.hand_over(addressee(campaign, paula), by=boss, at=NOW).secret_link
    second = link.hand_over(addressee(campaign, paula), by=boss, at=NOW).secret_link
    path = "/" + first.split("/", 3)[3]
    assert Client().get(path).status_code == 404
    assert Client().post("/" + second.split("/", 3)[3], {}).status_code == 200
    assert Acknowledgement.objects.get().way == "handed"
    assert chain(campaign).count("acknowledgement.link_handed") == 2


def test_own_log_in_acknowledges_only_ones_own(boss: User) -> None:
    emma = cast_member("Emma Roth", AccessProfile.EMPLOYEE)
    campaign = begun(boss, people=[emma.person, boss.person], target_percent=100)
    address = reverse("leadership:acknowledge-mine", args=[addressee(campaign, emma.person).pk])
    assert as_user(boss).post(address).status_code == 404
    assert as_user(emma).post(address).status_code == 200
    given = Acknowledgement.objects.get()
    assert (given.person, given.by, given.way) == (emma.person, emma, "account")
    assert list(service.waiting_for(emma)) == []
    assert [row.person for row in service.waiting_for(boss)] == [boss.person]


def at_the_code(campaign: AcknowledgementCampaign, name: str, pin: str) -> Any:
    return Client().post(reverse("leadership:acknowledge-at", args=[campaign.uid]), {"name": name, "pin": pin})


def given_pass(response: Any) -> str:
    return re.search(r'name="pass" value="([^"]+)"', response.content.decode()).group(1)  # type: ignore[union-attr]


def test_name_and_pin_open_the_text_and_the_code_lists_nobody(boss: User, paula: Person) -> None:
    campaign = begun(boss, people=[paula, boss.person], target_percent=100)
    person_service.set_pin(paula, by=boss, at=NOW, pin=PIN)
    address = reverse("leadership:acknowledge-at", args=[campaign.uid])
    first = Client().get(address).content.decode()
    for name in ("Paula", "Sato", "Yusuf", campaign.title):
        assert name not in first
    response = at_the_code(campaign, "paula  SATO", PIN)
    assert campaign.title in response.content.decode()
    assert Acknowledgement.objects.count() == 0
    assert Client().post(address, {"pass": given_pass(response)}).status_code == 200
    assert Acknowledgement.objects.get().way == "pin"


def test_shared_device_speaks_the_language_of_the_browser(boss: User, paula: Person) -> None:
    campaign = begun(boss, people=[paula])
    reader = Client(headers={"accept-language": "es-MX,es;q=0.9"})
    address = reverse("leadership:acknowledge-at", args=[campaign.uid])
    assert "Su PIN" in reader.get(address).content.decode()
    refused = reader.post(address, {"name": "Paula Sato", "pin": "111112"}).content.decode()
    assert "El nombre y el PIN no coinciden aquí." in refused


def test_refusals_at_the_code_read_the_same_and_wrong_pins_are_limited_per_person(boss: User, paula: Person) -> None:
    ana = PersonFactory(name="Ana Other")
    campaign = begun(boss, people=[paula, ana], target_percent=100)
    for person, pin in ((paula, PIN), (ana, "713952")):
        person_service.set_pin(person, by=boss, at=NOW, pin=pin)

    def words(name: str, pin: str) -> str:
        with pytest.raises(service.CannotAcknowledge) as error:
            link.by_name_and_pin(campaign, name, pin)
        return str(error.value)

    refusals = {words("Paula Sato", "111112") for _ in range(6)} | {words("Nobody Here", PIN), words("", PIN)}
    assert len(refusals) == 1
    assert words("Paula Sato", PIN) in refusals
    assert link.by_name_and_pin(campaign, "Ana Other", "713952").person == ana
    assert addressee(campaign, paula).failed_pins == 5


def test_people_of_one_name_are_told_apart_and_do_not_lock_each_other_out(boss: User) -> None:
    inside, line = AreaFactory(name="Goods in"), AreaFactory(name="CNC line 3")
    first = PersonFactory(name="Ana Pop", area=inside, job_title="Setter")
    second = PersonFactory(name="Ana Pop", area=line, job_title="Setter")
    campaign = begun(boss, people=[first, second], target_percent=100)
    for person, pin in ((first, PIN), (second, "713952")):
        person_service.set_pin(person, by=boss, at=NOW, pin=pin)
    for _time in range(link.MAX_FAILED_PINS + 1):
        assert link.by_name_and_pin(campaign, "Ana Pop", "713952").person == second
    assert link.by_name_and_pin(campaign, "Ana Pop", PIN).person == first
    assert [addressee(campaign, person).failed_pins for person in (first, second)] == [0, 0]
    person_service.set_pin(second, by=boss, at=NOW, pin=PIN)
    with pytest.raises(service.CannotAcknowledge, match="Two people of this name"):
        link.by_name_and_pin(campaign, "Ana Pop", PIN)
    assert link.by_name_and_pin(campaign, "ana pop, cnc LINE 3", PIN).person == second
    assert link.by_name_and_pin(campaign, "Ana Pop, Setter, Goods in", PIN).person == first
    with pytest.raises(service.CannotAcknowledge, match="do not fit"):
        link.by_name_and_pin(campaign, "Ana Pop, Office", PIN)
    assert [addressee(campaign, person).failed_pins for person in (first, second)] == [0, 0]


def test_ten_wrong_pins_end_this_way_for_the_campaign(boss: User, paula: Person) -> None:
    campaign = begun(boss, people=[paula])
    person_service.set_pin(paula, by=boss, at=NOW, pin=PIN)
    Addressee.objects.update(failed_pins=link.MAX_FAILED_PINS)
    with pytest.raises(service.CannotAcknowledge, match="do not fit"):
        link.by_name_and_pin(campaign, "Paula Sato", PIN)


def test_pass_of_one_campaign_or_an_altered_one_opens_nothing(boss: User, paula: Person) -> None:
    campaign, other = begun(boss, people=[paula]), begun(boss, people=[paula])
    text = link.pass_for(addressee(campaign, paula))
    assert link.by_pass(campaign, text).person == paula
    for wrong, where in ((text, other), (text[:-2] + "xx", campaign)):
        with pytest.raises(service.CannotAcknowledge):
            link.by_pass(where, wrong)
    Person.objects.filter(pk=paula.pk).update(deactivated_at=NOW)
    with pytest.raises(service.CannotAcknowledge):
        link.by_pass(campaign, text)


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
