"""The letter that asks for a yes to a role: one tap opens it, the secret lies nowhere, the answer stays a signature."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone

from leadership.models import Role, RoleAcceptance
from leadership.services import role as service
from leadership.services import role_acceptance as acceptance
from leadership.services import role_letter
from qms.models import OutboxMessage, Person, Reminder, Signature
from qms.services import digest, outbox, reminder, reminder_plan
from tests.factories import NOW
from tests.leadership.test_role import STOP, hiro, offered, with_pin, yusuf
from tests.qms.reminders import rule

pytestmark = pytest.mark.django_db


def mailed_to(person: Person) -> Person:
    person.refresh_from_db()
    person.email = f"{person.name.lower().replace(' ', '.')}@plant.example"
    person.save(update_fields=["email"])
    return person


def send(at: object = NOW) -> int:
    return outbox.deliver_waiting(clock=lambda: at, until=at + timedelta(minutes=1))  # type: ignore[arg-type,operator,return-value]


def link() -> str:
    (letter,) = mail.outbox
    found = re.search(r"https?://[^/]+(/\S*role\S*/)", letter.body)
    assert found, letter.body
    mail.outbox.clear()
    return found[1]


def test_one_tap_opens_the_role_and_the_pin_signs_it(client: Client) -> None:
    role = service.offer(
        offered(with_pin("Ben Low")), holder=mailed_to(with_pin()), reason="Swap", by=hiro(), at=timezone.now()
    )
    assert send(timezone.now()) == 1
    path = link()
    assert path.rstrip("/").rpartition("/")[2] not in str(list(OutboxMessage.objects.values()))
    page = client.get(path)
    assert STOP in page.content.decode()
    assert RoleAcceptance.objects.count() == 0  # opening it answers nothing
    client.post(path, {"answer": "accept", "pin": "271828", "version": role.version})
    assert Signature.objects.get().method == "link+pin"
    assert Role.objects.get(pk=role.pk).status == "accepted"


def test_holder_with_a_log_in_comes_to_the_signature_by_way_of_the_log_in(client: Client) -> None:
    leader = yusuf()
    mailed_to(leader.person)
    role = offered(leader.person)
    assert send() == 1
    path = link()
    assert client.get(path).status_code == 302
    client.force_login(leader)
    assert "password" in client.get(path).content.decode()
    assert Role.objects.get(pk=role.pk).status == "offered"


def test_letter_is_not_sent_when_the_answer_was_given_or_another_is_asked_or_nobody_could_answer() -> None:
    role = offered(mailed_to(with_pin()))
    link_ = acceptance.make_link(role, by=hiro(), at=NOW)
    acceptance.accept_by_link(
        acceptance.by_token(link_.rstrip("/").rpartition("/")[2], at=NOW), pin="271828", version=role.version, at=NOW
    )
    other = offered(mailed_to(with_pin("Ana Pop")))
    service.offer(other, holder=mailed_to(with_pin("Ben Low")), reason="Swap", by=hiro(), at=NOW)
    assert send() == 1
    (letter,) = mail.outbox
    assert letter.to == ["ben.low@plant.example"]
    assert sorted(OutboxMessage.objects.values_list("status", flat=True)) == ["dropped", "dropped", "sent"]
    without = mailed_to(with_pin("Carla Moss"))
    Person.objects.filter(pk=without.pk).update(pin_hash="")
    without.refresh_from_db()
    offered(without)
    assert OutboxMessage.objects.count() == 3


def test_reminder_brings_the_holder_a_link_and_nobody_else(client: Client) -> None:
    rule(slug="due", recipients=["owner", "manager"], before_days=[0], after_days=[])
    boss = mailed_to(yusuf().person)
    holder = mailed_to(with_pin())
    Person.objects.filter(pk=holder.pk).update(manager=boss)
    role = offered(holder)
    OutboxMessage.objects.update(status="dropped", dropped_reason="Not of this test")
    at = NOW + timedelta(days=15)
    reminder_plan.plan(at=at)
    reminder.gather(at=at)
    told = {row.person_id: row for row in Reminder.objects.filter(record_id=role.pk)}
    assert role_letter.reminder_link(told[boss.pk]) == digest.open_url(told[boss.pk])
    before = Role.objects.get(pk=role.pk).link_digest
    address = role_letter.reminder_link(told[holder.pk])
    assert Role.objects.get(pk=role.pk).link_digest != before
    path = "/" + address.split("/", 3)[3]
    assert STOP in client.get(path).content.decode()


def test_confidential_role_is_named_by_its_number_only() -> None:
    role = offered(mailed_to(with_pin()), is_confidential=True, title="Heir of the plant manager")
    send()
    (letter,) = mail.outbox
    assert "Heir" not in letter.subject + letter.body
    assert role.reference in letter.body
