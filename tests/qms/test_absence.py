"""Absences: who enters and approves them, who sees why, and that only approved ones excuse anything."""

from datetime import date

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from qms.models import Absence, TrailEntry, User
from qms.permissions import AccessProfile
from qms.services import absence as service
from qms.services.site_calendar import calendar_of
from tests.factories import NOW, cast_member, hiro, omar, yusuf

pytestmark = pytest.mark.django_db
MON, FRI = date(2026, 12, 7), date(2026, 12, 11)


@pytest.fixture
def leader() -> User:
    return yusuf()


@pytest.fixture
def report(leader: User) -> User:
    return with_manager(cast_member("Lena Ortiz"), leader)


def with_manager(user: User, manager: User) -> User:
    user.person.manager = manager.person
    user.person.save()
    return user


def leave(of: User, by: User, **fields: object) -> Absence:
    facts: dict[str, object] = {"starts_on": MON, "ends_on": FRI, "cause": "leave", "by": by, "at": NOW}
    return service.enter(of.person, **(facts | fields))  # type: ignore[arg-type]


def is_absent(user: User, day: date) -> bool:
    assert user.person.site is not None
    return calendar_of(user.person.site, people=[user.person_id]).is_absent(user.person_id, day)


def test_own_absence_waits_for_a_leader_above(leader: User, report: User) -> None:
    announced = leave(report, report)
    assert announced.status == "waiting"
    assert not is_absent(report, MON)
    with pytest.raises(service.CannotDecide):
        service.approve(announced, by=report, at=NOW)
    service.approve(announced, by=leader, at=NOW)
    assert [is_absent(report, day) for day in (date(2026, 12, 6), MON, FRI, date(2026, 12, 12))] == [
        False, True, True, False,
    ]  # fmt: skip


def test_absence_entered_by_the_leader_is_approved_at_once(leader: User, report: User) -> None:
    assert leave(report, leader).approved_by == leader
    assert is_absent(report, MON)


def test_withdrawn_absence_excuses_nothing_and_stays(leader: User, report: User) -> None:
    entered = leave(report, leader)
    service.withdraw(entered, by=report, at=NOW)
    assert not is_absent(report, MON)
    assert Absence.objects.get().status == "withdrawn"
    service.approve(entered, by=leader, at=NOW)
    assert not is_absent(report, MON)


def test_trail_tells_the_days_and_never_the_reason(leader: User, report: User) -> None:
    service.approve(leave(report, report, cause="training"), by=leader, at=NOW)
    entries = list(TrailEntry.objects.filter(chain=report.person.trail_key).order_by("seq"))
    assert [entry.verb for entry in entries] == ["person.absence_announced", "person.absence_approved"]
    assert all("2026-12-07" in entry.changes for entry in entries)
    assert not any("training" in entry.changes for entry in entries)


def test_colleague_neither_enters_nor_sees(client: Client, report: User) -> None:
    colleague = cast_member("Nils Berg")
    with pytest.raises(service.CannotDecide):
        leave(report, colleague)
    client.force_login(colleague)
    assert client.get(reverse("qms:absence-list", args=[report.person.uid])).status_code == 403
    page = client.get(reverse("qms:person-detail", args=[report.person.uid])).content.decode()
    assert reverse("qms:absence-list", args=[report.person.uid]) not in page


def test_other_sites_quality_manager_finds_nothing(client: Client, leader: User, report: User) -> None:
    entered = leave(report, leader)
    client.force_login(omar())
    assert client.get(reverse("qms:absence-list", args=[report.person.uid])).status_code == 404
    assert client.post(reverse("qms:absence-move", args=[entered.pk, "withdraw"])).status_code == 404


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"ends_on": date(2026, 12, 1)}, "ends_on"),
        ({"ends_on": date(2028, 1, 1)}, "ends_on"),
        ({"cause": "x"}, "cause"),
    ],
)
def test_absence_that_makes_no_sense_is_refused(leader: User, fields: dict[str, object], field: str) -> None:
    with pytest.raises(ValidationError) as error:
        leave(leader, leader, **fields)
    assert list(error.value.message_dict) == [field]


def test_nobody_stands_in_for_himself(leader: User) -> None:
    with pytest.raises(ValidationError):
        leave(leader, leader, stand_in=leader.person)
    with pytest.raises(IntegrityError, match="absence_other_stands_in"), transaction.atomic():
        Absence.objects.create(
            person=leader.person, stand_in=leader.person, starts_on=MON, ends_on=FRI, cause="leave", created_at=NOW
        )


def test_pages_announce_and_approve(client: Client, leader: User, report: User) -> None:
    client.force_login(report)
    facts = {"starts_on": "2026-12-07", "ends_on": "2026-12-11", "cause": "travel", "stand_in": "Yusuf Chen"}
    response = client.post(reverse("qms:absence-new", args=[report.person.uid]), facts)
    assert response.url == reverse("qms:absence-list", args=[report.person.uid])
    announced = Absence.objects.get()
    assert (announced.stand_in, announced.approved_at) == (leader.person, None)
    own_page = client.get(response.url).content.decode()
    assert "Travel" in own_page
    assert reverse("qms:absence-move", args=[announced.pk, "approve"]) not in own_page
    client.force_login(leader)
    assert client.post(reverse("qms:absence-move", args=[announced.pk, "approve"])).status_code == 302
    announced.refresh_from_db()
    assert announced.approved_by == leader


def test_quality_manager_approves_for_who_leads_all() -> None:
    chief, manager = cast_member("Maria Chief", AccessProfile.LEADER), hiro()
    announced = leave(chief, chief)
    service.approve(announced, by=manager, at=NOW)
    assert is_absent(chief, MON)
    with pytest.raises(service.CannotDecide):
        service.approve(leave(manager, manager), by=manager, at=NOW)
