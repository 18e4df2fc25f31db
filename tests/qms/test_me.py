"""One's own page and notices."""

from datetime import timedelta

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from qms.models import Notification, TrailEntry, User
from qms.services import person as person_service
from tests.factories import NOW, cast_member, hiro, yusuf

pytestmark = pytest.mark.django_db


@pytest.fixture
def leader(client: Client) -> User:
    user = yusuf()
    client.force_login(user)
    return user


def notice(user: User, text: str = "Pack is ready", **more: object) -> Notification:
    return Notification.objects.create(user=user, text=text, at=NOW, **more)


def test_my_page_shows_my_profile_sites_and_state(client: Client, leader: User) -> None:
    page = client.get(reverse("qms:me"))
    assert page.status_code == 200
    assert [site.code for site in page.context["sites"]] == ["DEN"]
    assert (page.context["profile"]["profile"], page.context["has_second_factor"]) == ("leader", False)


def test_guest_auditor_has_a_page_of_his_own(client: Client) -> None:
    guest = cast_member("Gus Guest", "guest_auditor")
    client.force_login(guest)
    assert client.get(reverse("qms:me")).status_code == 200


def test_my_own_pin_is_never_shown_and_a_random_one_once(client: Client, leader: User) -> None:
    response = client.post(reverse("qms:me-pin"), {"pin": "492716"})
    leader.person.refresh_from_db()
    assert response.url == reverse("qms:me")
    assert person_service.check_pin(leader.person, "492716")
    shown = client.post(reverse("qms:me-pin"), {"pin": ""})
    leader.person.refresh_from_db()
    assert person_service.check_pin(leader.person, shown.context["pin"])
    told = TrailEntry.objects.filter(chain=leader.person.trail_key).order_by("seq")
    assert [entry.verb for entry in told] == ["person.pin_set", "person.pin_reset"]


def test_easy_pin_is_refused_with_a_message(client: Client, leader: User) -> None:
    page = client.post(reverse("qms:me-pin"), {"pin": "111111"}, follow=True)
    assert b"easy to guess" in page.content
    leader.person.refresh_from_db()
    assert leader.person.pin_hash == ""


def test_notices_are_mine_only_and_newest_first(client: Client, leader: User) -> None:
    first = notice(leader, "first")
    Notification.objects.filter(pk=first.pk).update(at=NOW - timedelta(days=1))
    notice(leader, "second")
    notice(hiro(), "secret")
    rows = client.get(reverse("qms:notification-list")).context["page"].rows
    assert [row.text for row in rows] == ["second", "first"]


def test_reading_one_opens_it_and_leaves_the_others(client: Client, leader: User) -> None:
    one, two = notice(leader, url="/people/"), notice(leader)
    other = notice(hiro())
    url = reverse("qms:notification-read")
    assert client.post(url, {"id": one.pk}).url == "/people/"
    assert client.post(url, {"id": other.pk}).url == "/notifications/"
    read = set(Notification.objects.exclude(read_at=None).values_list("pk", flat=True))
    assert read == {one.pk}
    client.post(url)
    assert set(Notification.objects.exclude(read_at=None).values_list("pk", flat=True)) == {one.pk, two.pk}


def test_notice_that_points_elsewhere_is_not_followed(client: Client, leader: User) -> None:
    bad = notice(leader, url="https://evil.example/")
    assert client.post(reverse("qms:notification-read"), {"id": bad.pk}).url == "/notifications/"


def test_reading_changes_nothing_by_get(client: Client, leader: User) -> None:
    one = notice(leader)
    assert client.get(reverse("qms:notification-read")).status_code == 405
    client.get(reverse("qms:notification-list"))
    one.refresh_from_db()
    assert one.read_at is None


def test_notices_have_the_same_queries_for_one_and_three_rows(client: Client, leader: User) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as caught:
            client.get(reverse("qms:notification-list"))
        return len(caught)

    notice(leader)
    queries()
    one = queries()
    notice(leader)
    notice(leader)
    assert queries() == one <= 12


def test_nobody_changes_the_address_he_logs_in_with(client: Client, leader: User) -> None:
    for action in ("action_add", "action_primary"):
        answer = client.post("/account/email/", {action: "", "email": "director@plant.example"})
        assert (answer.status_code, answer.url) == (302, reverse("qms:me"))
    leader.refresh_from_db()
    assert leader.email == "yusuf.chen@plant.example"
    assert not leader.emailaddress_set.filter(email="director@plant.example").exists()


def test_my_language_is_kept_on_this_device_and_may_go_back_to_the_browsers(client: Client) -> None:
    client.force_login(yusuf())
    client.post(reverse("qms:me-language"), {"language": "es"})
    assert client.cookies[settings.LANGUAGE_COOKIE_NAME].value == "es"
    assert '<html lang="es"' in client.get(reverse("qms:me")).content.decode()
    client.post(reverse("qms:me-language"), {"language": "../tlh"})
    assert '<html lang="en"' in client.get(reverse("qms:me")).content.decode()


def test_the_browsers_language_decides_until_somebody_chooses(client: Client) -> None:
    client.force_login(yusuf())
    page = client.get(reverse("leadership:log"), headers={"accept-language": "es-MX,es;q=0.9"})
    assert '<html lang="es"' in page.content.decode()
    assert (
        '<html lang="en"' in client.get(reverse("leadership:log"), headers={"accept-language": "ja"}).content.decode()
    )
