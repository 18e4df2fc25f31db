"""Who gets to a page at all: access that ran out is explained, and an administrator has a second factor."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from allauth.mfa.totp.internal import auth as totp
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from qms.models import User
from qms.permissions import AccessProfile
from tests.factories import PASSWORD, cast_member, hiro

pytestmark = pytest.mark.django_db
SET_UP = "/account/2fa/totp/activate/"


@pytest.fixture
def admin() -> User:
    return cast_member("Ada Min", AccessProfile.ADMINISTRATOR)


@pytest.fixture
def needed(settings: Any) -> None:
    settings.ADMINISTRATORS_NEED_SECOND_FACTOR = True


def log_in(client: Client, user: User) -> None:
    client.post(reverse("account_login"), {"login": user.email, "password": PASSWORD})


def test_access_that_ends_while_somebody_is_logged_in_is_explained(client: Client) -> None:
    ends = timezone.now() + timedelta(hours=1)
    user = cast_member("Gus Going", access_expires_at=ends)
    client.force_login(user)
    assert client.get("/me/").status_code == 200
    with time_machine.travel(ends + timedelta(minutes=1)):
        response = client.get("/me/")
        assert response.status_code == 403
        assert b"that time is over" in response.content
        assert reverse("account_logout").encode() in response.content
        assert client.get("/verify/").status_code == 200
        assert client.post(reverse("account_logout")).status_code == 302
    assert "_auth_user_id" not in client.session


@pytest.mark.usefixtures("needed")
def test_administrator_without_second_factor_is_taken_to_its_set_up(client: Client, admin: User) -> None:
    log_in(client, admin)
    for address in ("/", "/admin/mappings/", "/account/elevate/"):
        assert client.get(address).url == SET_UP + "?why=administrator"
    page = client.get(SET_UP + "?why=administrator")
    assert b"Administrators give access to everybody else" in page.content
    assert client.get("/verify/").status_code == 200
    secret = page.context["form"].secret
    code = totp.format_hotp_value(totp.hotp_value(secret, next(iter(totp.yield_hotp_counters_from_time()))))
    assert client.post(SET_UP, {"code": code}).status_code == 302
    assert client.get("/admin/mappings/").status_code == 200
    assert client.get(reverse("mfa_view_recovery_codes")).status_code == 200


@pytest.mark.usefixtures("needed")
def test_change_is_refused_as_well(client: Client, admin: User) -> None:
    client.force_login(admin)
    assert client.post("/account/elevate/", {"password": PASSWORD}).url == SET_UP + "?why=administrator"
    assert "elevated_until" not in client.session


@pytest.mark.usefixtures("needed")
def test_other_profiles_and_the_companys_log_in_get_through(client: Client, admin: User) -> None:
    client.force_login(hiro())
    assert client.get("/admin/mappings/").status_code == 200
    client.force_login(admin)
    session = client.session
    session["account_authentication_methods"] = [{"method": "socialaccount", "at": 0}]
    session.save()
    assert client.get("/admin/mappings/").status_code == 200


def test_where_the_demo_is_tried_the_password_is_enough(client: Client, admin: User, settings: Any) -> None:
    settings.ADMINISTRATORS_NEED_SECOND_FACTOR = False
    client.force_login(admin)
    assert client.get("/admin/mappings/").status_code == 200


def test_set_up_asks_for_the_password_only_when_the_log_in_is_a_while_ago(client: Client, admin: User) -> None:
    now = datetime.now(UTC)
    with time_machine.travel(now, tick=False):
        log_in(client, admin)
        assert client.get(SET_UP).status_code == 200
    with time_machine.travel(now + timedelta(minutes=6), tick=False):
        assert client.get(SET_UP).url.startswith(reverse("account_reauthenticate"))
