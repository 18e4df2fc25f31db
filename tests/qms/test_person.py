"""People: found, entered, changed, deactivated, never deleted; only within what one sees."""

import csv
import io
import json
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from qms.models import Person, TrailEntry, User
from qms.permissions import AccessProfile
from qms.services import person as service
from qms.services.trail_check import verify
from tests.factories import NOW, AreaFactory, PersonFactory, SiteFactory, UserFactory, cast_member, hiro, omar, yusuf

pytestmark = pytest.mark.django_db


@pytest.fixture
def manager() -> User:
    return hiro()


@pytest.fixture
def hiros_client(client: Client, manager: User) -> Client:
    client.force_login(manager)
    return client


def verbs(person: Person) -> list[str]:
    return list(TrailEntry.objects.filter(chain=person.trail_key).order_by("seq").values_list("verb", flat=True))


def names(page: Any) -> list[str]:
    return [person.name for person in page.context["page"].rows]


def facts(**more: object) -> dict[str, object]:
    return {"name": "Ana Sol", "email": "", "job_title": "", "shift": "", "manager": "", "area": ""} | more


def test_list_shows_own_site_and_nobody_of_another(hiros_client: Client) -> None:
    PersonFactory(name="Paula Sato")
    PersonFactory(name="Zoé Loin", site=SiteFactory(code="LYO"))
    assert names(hiros_client.get(reverse("qms:person-list"))) == ["Hiro Weber", "Paula Sato"]


def test_person_of_another_site_is_not_found_anywhere(client: Client, manager: User) -> None:
    paula = PersonFactory(name="Paula Sato")
    client.force_login(omar())
    for name in ("person-detail", "person-edit"):
        assert client.get(reverse(f"qms:{name}", args=[paula.uid])).status_code == 404
    for name in ("person-deactivate", "person-pin", "person-pin-remove", "person-reactivate"):
        assert client.post(reverse(f"qms:{name}", args=[paula.uid])).status_code == 404
    assert client.get(reverse("qms:person-options"), {"q": "Paula"}).content.strip() == b""
    assert b"Paula" not in client.get(reverse("qms:organization-chart")).content


def test_search_finds_by_word_without_accents_and_by_email(hiros_client: Client) -> None:
    PersonFactory(name="José Ibarra")
    PersonFactory(name="Ana Chen", email="a.chen@plant.example")
    assert names(hiros_client.get(reverse("qms:person-list"), {"q": "jose"})) == ["José Ibarra"]
    assert names(hiros_client.get(reverse("qms:person-list"), {"q": "a.chen@"})) == ["Ana Chen"]


def test_filters_by_area_top_management_and_state(hiros_client: Client, manager: User) -> None:
    area = AreaFactory()
    PersonFactory(name="Ana", area=area)
    PersonFactory(name="Boss", is_top_management=True)
    service.deactivate(PersonFactory(name="Gone"), by=manager, at=NOW)
    url = reverse("qms:person-list")
    assert names(hiros_client.get(url, {"area": area.pk})) == ["Ana"]
    assert names(hiros_client.get(url, {"only": "top"})) == ["Boss"]
    assert names(hiros_client.get(url, {"state": "deactivated"})) == ["Gone"]
    assert names(hiros_client.get(url)) == ["Ana", "Boss", "Hiro Weber"]


def test_list_pages_hold_everybody_once(hiros_client: Client) -> None:
    for number in range(120):
        PersonFactory(name=f"Same Name {number % 3}")
    seen: list[int] = []
    key = ""
    while True:
        page = hiros_client.get(reverse("qms:person-list"), {"after": key}).context["page"]
        seen += [person.pk for person in page.rows]
        key = page.next_key
        if not key:
            break
    assert len(seen) == len(set(seen)) == 121


@pytest.mark.parametrize("name", ["person-list", "organization-chart", "person-export"])
def test_query_count_is_the_same_for_one_and_three_rows(hiros_client: Client, name: str) -> None:
    def queries() -> int:
        with CaptureQueriesContext(
            connection,
        ) as caught:
            response = hiros_client.get(reverse(f"qms:{name}"))
            b"".join(response.streaming_content) if response.streaming else response.content
        return len(caught)

    boss = PersonFactory(name="Boss", area=AreaFactory())
    queries()
    one = queries()
    for number in range(3):
        UserFactory(
            person=PersonFactory(name=f"Worker {number}", manager=boss, area=AreaFactory(name=f"Line {number}"))
        )
    assert queries() == one <= 12


def test_detail_page_has_no_more_queries_with_more_reports(hiros_client: Client) -> None:
    boss = PersonFactory(name="Boss", manager=PersonFactory(name="Top", manager=PersonFactory(name="Topmost")))
    url = reverse("qms:person-detail", args=[boss.uid])

    def queries() -> int:
        with CaptureQueriesContext(connection) as caught:
            hiros_client.get(url)
        return len(caught)

    PersonFactory(manager=boss)
    one = queries()
    for _number in range(3):
        PersonFactory(manager=boss)
    assert queries() == one <= 12


def test_export_holds_what_the_list_shows_and_is_noted(hiros_client: Client, manager: User) -> None:
    PersonFactory(name="=Paula", email="p@plant.example")
    PersonFactory(name="Ana")
    response = hiros_client.get(reverse("qms:person-export"), {"q": "paula"})
    rows = list(csv.reader(io.StringIO(b"".join(response.streaming_content).decode("utf-8-sig"))))
    assert [row[:2] for row in rows] == [["Name", "E-mail"], ["'=Paula", "p@plant.example"]]
    entry = TrailEntry.objects.get(chain=manager.trail_key, verb="records.exported")
    assert json.loads(entry.changes)["list"] == "people"
    assert hiros_client.get(reverse("qms:person-export"), {"format": "xlsx"})["Content-Type"].endswith("sheet")


def test_enter_a_person(hiros_client: Client, manager: User) -> None:
    area = AreaFactory()
    posted = facts(site=area.site.pk, area=area.pk, manager="Hiro Weber", is_top_management="on")
    response = hiros_client.post(reverse("qms:person-new"), posted)
    ana = Person.objects.get(name="Ana Sol")
    assert response.url == reverse("qms:person-detail", args=[ana.uid])
    assert (ana.manager, ana.area, ana.is_top_management) == (manager.person, area, True)
    entry = TrailEntry.objects.get(chain=ana.trail_key)
    assert json.loads(entry.changes) == {
        "name": "Ana Sol",
        "site": "DEN",
        "area": "CNC line 3",
        "manager": "Hiro Weber",
        "is_top_management": True,
    }
    assert entry.by_id == manager.person.uid


def test_posted_site_area_and_manager_lie_within_what_one_sees(hiros_client: Client) -> None:
    far = AreaFactory(site=SiteFactory(code="LYO"), name="Far")
    PersonFactory(name="Far Boss", site=far.site)
    response = hiros_client.post(reverse("qms:person-new"), facts(site=far.site.pk, area=far.pk, manager="Far Boss"))
    assert response.status_code == 422
    assert set(response.context["form"].errors) == {"site", "area", "manager"}


def test_ambiguous_manager_is_asked_for_more_clearly_and_the_label_decides(hiros_client: Client) -> None:
    site = SiteFactory()
    PersonFactory(name="Luis Usman", job_title="Operator")
    setter = PersonFactory(name="Luis Usman", job_title="Setter")
    response = hiros_client.post(reverse("qms:person-new"), facts(site=site.pk, manager="Luis Usman"))
    assert "2 people fit" in str(response.context["form"].errors["manager"])
    hiros_client.post(reverse("qms:person-new"), facts(site=site.pk, manager="Luis Usman · Setter"))
    assert Person.objects.get(name="Ana Sol").manager == setter


def test_change_writes_old_and_new_and_nothing_when_nothing_differs(manager: User) -> None:
    person = PersonFactory(name="Ana")
    service.edit(person, by=manager, at=NOW, job_title="Setter")
    service.edit(person, by=manager, at=NOW, job_title="Setter")
    entry = TrailEntry.objects.get(chain=person.trail_key)
    assert json.loads(entry.changes) == {"job_title": ["", "Setter"]}


def test_circle_of_managers_is_refused_with_a_name(hiros_client: Client, manager: User) -> None:
    top = PersonFactory(name="Top")
    middle = PersonFactory(name="Middle", manager=top)
    bottom = PersonFactory(name="Bottom", manager=middle)
    with pytest.raises(ValidationError) as caught:
        service.edit(top, by=manager, at=NOW, manager=bottom)
    assert "circle of managers" in str(caught.value)
    response = hiros_client.post(
        reverse("qms:person-edit", args=[top.uid]), facts(name="Top", site=top.site.pk, manager="Bottom")
    )
    assert response.status_code == 422
    top.refresh_from_db()
    assert top.manager is None


def test_area_of_another_site_is_refused(manager: User) -> None:
    with pytest.raises(ValidationError) as caught:
        service.create(by=manager, at=NOW, name="Ana", site=SiteFactory(code="LYO"), area=AreaFactory())
    assert list(caught.value.message_dict) == ["area"]


def test_email_of_somebody_else_is_refused_whatever_its_case(manager: User) -> None:
    PersonFactory(email="ana@plant.example")
    with pytest.raises(ValidationError):
        service.create(by=manager, at=NOW, name="Ana", email="ANA@plant.example")


def test_deactivate_disables_the_login_and_keeps_everything(manager: User) -> None:
    login = yusuf()
    service.deactivate(login.person, by=manager, at=NOW, reason="left")
    login.refresh_from_db()
    assert (login.is_active, Person.objects.filter(pk=login.person_id).exists()) == (False, True)
    assert verbs(login.person) == ["person.deactivated"]
    service.reactivate(login.person, by=manager, at=NOW)
    login.refresh_from_db()
    assert (login.is_active, login.person.deactivated_at) == (False, None)


def test_nobody_deactivates_oneself_or_the_last_administrator(manager: User) -> None:
    admin = cast_member("Ada Min", AccessProfile.ADMINISTRATOR)
    with pytest.raises(service.CannotDeactivate):
        service.deactivate(manager.person, by=manager, at=NOW)
    with pytest.raises(service.CannotDeactivate, match="last administrator"):
        service.deactivate(admin.person, by=None, at=NOW)
    admin.refresh_from_db()
    assert (admin.is_active, admin.person.deactivated_at) == (True, None)


def test_an_administrator_is_shut_out_by_an_administrator_only(manager: User) -> None:
    ada, bo = (cast_member(name, AccessProfile.ADMINISTRATOR) for name in ("Ada Min", "Bo Min"))
    with pytest.raises(service.CannotDeactivate, match="another administrator"):
        service.deactivate(ada.person, by=manager, at=NOW)
    ada.refresh_from_db()
    assert ada.is_active
    service.deactivate(ada.person, by=bo, at=NOW)
    ada.refresh_from_db()
    assert not ada.is_active


def test_pin_is_shown_once_and_only_its_hash_is_kept(hiros_client: Client) -> None:
    paula = PersonFactory(name="Paula")
    response = hiros_client.post(reverse("qms:person-pin", args=[paula.uid]))
    pin = response.context["pin"]
    paula.refresh_from_db()
    assert len(pin) == 6
    assert pin not in paula.pin_hash
    assert pin not in TrailEntry.objects.get(chain=paula.trail_key).changes
    assert "no-store" in response["Cache-Control"]
    assert service.check_pin(paula, pin)
    assert pin.encode() not in hiros_client.get(reverse("qms:person-detail", args=[paula.uid])).content


def test_pin_wrong_too_often_is_not_taken_even_when_right(manager: User) -> None:
    paula = PersonFactory(name="Paula")
    service.set_pin(paula, pin="492716", by=manager, at=NOW)
    paula.refresh_from_db()
    assert [service.check_pin(paula, "000001") for _ in range(service.PIN_MAX_FAILURES)] == [False] * 5
    with pytest.raises(service.TooManyPinFailures):
        service.check_pin(paula, "492716")
    service.set_pin(paula, pin="829461", by=manager, at=NOW)
    paula.refresh_from_db()
    assert service.check_pin(paula, "829461")


def test_wrong_pins_at_the_same_moment_are_all_counted(manager: User, monkeypatch: pytest.MonkeyPatch) -> None:
    paula = PersonFactory(name="Paula")
    service.set_pin(paula, pin="492716", by=manager, at=NOW)
    compared: list[str] = []

    def while_others_try(pin: str, _kept: str) -> bool:
        compared.append(pin)
        if len(compared) < 3 * service.PIN_MAX_FAILURES:
            service.check_pin(paula, "000001")
        return False

    monkeypatch.setattr(service, "check_password", while_others_try)
    with pytest.raises(service.TooManyPinFailures):
        service.check_pin(paula, "000001")
    assert len(compared) == service.PIN_MAX_FAILURES


def test_pin_of_a_deactivated_person_and_a_missing_pin_never_fit(manager: User) -> None:
    paula = PersonFactory(name="Paula")
    assert not service.check_pin(paula, "")
    service.set_pin(paula, pin="492716", by=manager, at=NOW)
    paula = service.deactivate(paula, by=manager, at=NOW)
    assert not service.check_pin(paula, "492716")


@pytest.mark.parametrize("pin", ["111111", "123456", "987654", "12345", "12a456", "１２３９８７"])
def test_easy_or_broken_pin_is_refused(manager: User, pin: str) -> None:
    with pytest.raises(service.PinRefused):
        service.set_pin(PersonFactory(), pin=pin, by=manager, at=NOW)


def test_organization_chart_nests_and_counts(hiros_client: Client, manager: User) -> None:
    top = PersonFactory(name="Top", is_top_management=True)
    middle = PersonFactory(name="Middle", manager=top)
    PersonFactory(name="Bottom", manager=middle)
    roots = hiros_client.get(reverse("qms:organization-chart")).context["roots"]
    assert [(node.person.name, node.size) for node in roots] == [("Top", 2), ("Hiro Weber", 0)]
    assert [(n.person.name, n.size) for n in roots[0].reports] == [("Middle", 1)]
    assert [n.person.name for n in roots[0].reports[0].reports] == ["Bottom"]


def test_leader_sees_people_but_neither_edits_nor_reads_their_trail(client: Client) -> None:
    paula = PersonFactory(name="Paula")
    client.force_login(yusuf())
    page = client.get(reverse("qms:person-detail", args=[paula.uid]))
    assert (page.status_code, page.context["entries"]) == (200, None)
    assert client.get(reverse("qms:person-edit", args=[paula.uid])).status_code == 403
    assert client.post(reverse("qms:person-pin", args=[paula.uid])).status_code == 403
    assert client.get(reverse("qms:person-export")).status_code == 403


def test_every_chain_still_verifies(manager: User) -> None:
    person = service.create(by=manager, at=NOW, name="Ana", site=SiteFactory())
    service.edit(person, by=manager, at=NOW, job_title="Setter")
    service.set_pin(person, by=manager, at=NOW)
    service.deactivate(person, by=manager, at=NOW)
    assert verbs(person) == ["person.created", "person.changed", "person.pin_set", "person.deactivated"]
    assert list(verify().problems) == []
