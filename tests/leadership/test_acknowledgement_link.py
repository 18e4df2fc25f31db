"""The ways in to what one is asked to read: a mailed link, one handed over, the own log-in, name and PIN at a code."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse

from leadership.models import Acknowledgement, AcknowledgementCampaign, Addressee
from leadership.services import acknowledgement as service
from leadership.services import acknowledgement_link as link
from qms.models import Notification, OutboxMessage, Person, User
from qms.permissions import AccessProfile
from qms.services import person as person_service
from tests.factories import (
    NOW,
    AreaFactory,
    PersonFactory,
    cast_member,
    yusuf,
)  # fmt: skip
from tests.leadership.acknowledgements import PIN, acknowledged, addressee, begun, chain, sent
from tests.objectives.actions import as_user

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def boss() -> User:
    return yusuf()


@pytest.fixture
def paula() -> Person:
    return PersonFactory(name="Paula Sato", area=AreaFactory(name="CNC line 3"), job_title="Operator")


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
