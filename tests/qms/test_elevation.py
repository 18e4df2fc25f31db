"""Elevated sessions and proving who one is: short, limited, in the trail from start to end."""

import json
from datetime import timedelta

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal import auth as totp
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoCaptureOnCommitCallbacks

from qms.models import Elevation, TrailEntry, User
from qms.permissions import AccessProfile
from qms.services import elevation as service
from qms.services import reauthentication
from qms.tasks.elevation import end_overdue
from tests.factories import NOW, PASSWORD, cast_member, hiro, yusuf

pytestmark = pytest.mark.django_db
URL = "/account/elevate/"


@pytest.fixture
def admin() -> User:
    return cast_member("Ada Min", AccessProfile.ADMINISTRATOR)


def entries(user: User) -> list[tuple[str, dict[str, str]]]:
    rows = TrailEntry.objects.filter(chain=user.trail_key).order_by("seq").values_list("verb", "changes")
    return [(verb, json.loads(changes)) for verb, changes in rows]


def enrol(user: User) -> str:
    secret = totp.generate_totp_secret()
    totp.TOTP.activate(user, secret)
    return secret


def code_of(secret: str) -> str:
    counter = next(iter(totp.yield_hotp_counters_from_time()))
    return totp.format_hotp_value(totp.hotp_value(secret, counter))


def test_right_password_opens_what_was_asked_for(client: Client, admin: User) -> None:
    client.force_login(admin)
    asked = client.get(reverse("qms:site-list"))
    assert asked.url == "/account/elevate/?next=%2Fadmin%2Fsites%2F"
    page = client.get(asked.url)
    response = client.post(URL, {"password": PASSWORD, "next": page.context["next"]})
    assert response.url == "/admin/sites/"
    opened = client.get(response.url)
    assert opened.status_code == 200
    assert b"Leave now" in opened.content
    (verb, facts), *rest = entries(admin)
    assert (verb, facts["method"], rest) == ("user.elevation_started", "password", [])
    until = Elevation.objects.get().until
    assert timedelta(minutes=14) < until - timezone.now() <= timedelta(minutes=15)


def test_time_over_closes_the_door(client: Client, admin: User) -> None:
    client.force_login(admin)
    client.post(URL, {"password": PASSWORD})
    session = client.session
    session["elevated_until"] = timezone.now().timestamp() - 1
    session.save()
    assert client.get(reverse("qms:site-list")).status_code == 302
    assert b"Leave now" not in client.get(reverse("qms:me")).content


def test_leaving_ends_it_with_trail(client: Client, admin: User) -> None:
    client.force_login(admin)
    client.post(URL, {"password": PASSWORD})
    client.post(reverse("qms:elevate-leave"))
    assert client.get(reverse("qms:site-list")).status_code == 302
    assert entries(admin)[-1] == ("user.elevation_ended", {"end": "left"})
    client.post(reverse("qms:elevate-leave"))
    assert len(entries(admin)) == 2


def test_logout_ends_it_with_trail(client: Client, admin: User) -> None:
    client.force_login(admin)
    client.post(URL, {"password": PASSWORD})
    client.post(reverse("account_logout"))
    assert [verb for verb, _facts in entries(admin)][1:] == ["user.elevation_ended", "user.logged_out"]
    assert entries(admin)[1][1] == {"end": "logged_out"}


def test_overdue_sessions_are_closed_at_their_own_time_and_once(admin: User) -> None:
    begun = service.start(admin, password=PASSWORD, code="", at=NOW)
    end_overdue()
    end_overdue()
    begun.refresh_from_db()
    assert (begun.ended_at, begun.end) == (NOW + timedelta(minutes=15), "time_out")
    assert entries(admin)[-1] == ("user.elevation_ended", {"end": "time_out"})
    assert len(entries(admin)) == 2
    assert service.end(admin, how=Elevation.End.LEFT, at=NOW) == 0


def test_leaving_late_tells_that_time_had_run_out(admin: User) -> None:
    begun = service.start(admin, password=PASSWORD, code="", at=NOW)
    service.end(admin, how=Elevation.End.LEFT, at=NOW + timedelta(hours=2), only=begun.pk)
    assert entries(admin)[-1] == ("user.elevation_ended", {"end": "time_out"})


def test_wrong_password_is_refused_noted_and_limited(client: Client, admin: User) -> None:
    client.force_login(admin)
    for _attempt in range(5):
        response = client.post(URL, {"password": "wrong"})
        assert response.status_code == 422
    response = client.post(URL, {"password": PASSWORD})
    assert "Wait 15 minutes" in str(response.context["form"].errors["password"])
    assert "elevated_until" not in client.session
    assert [verb for verb, _facts in entries(admin)] == ["user.elevation_refused"] * 6


@pytest.mark.parametrize(
    "target", ["https://evil.example/", "//evil.example/", "javascript:alert(1)", "/\\evil.example", "evil"]
)
def test_next_is_a_path_of_this_site_only(client: Client, admin: User, target: str) -> None:
    client.force_login(admin)
    assert client.post(f"{URL}?next={target}", {"password": PASSWORD, "next": target}).url == "/admin/"


def test_profile_without_elevated_permissions_is_refused(client: Client) -> None:
    client.force_login(hiro())
    assert client.get(URL).status_code == 403
    assert client.post(URL, {"password": PASSWORD}).status_code == 403
    assert Elevation.objects.count() == 0


def test_second_factor_is_asked_for_and_a_code_works_once(client: Client, admin: User) -> None:
    secret = enrol(admin)
    client.force_login(admin)
    assert set(client.post(URL, {"password": PASSWORD}).context["form"].errors) == {"code"}
    code = code_of(secret)
    assert client.post(URL, {"password": PASSWORD, "code": "000000"}).status_code == 422
    assert client.post(URL, {"password": PASSWORD, "code": code}).status_code == 302
    assert entries(admin)[-1][1]["method"] == "password+totp"
    assert client.post(URL, {"password": PASSWORD, "code": code}).status_code == 422


def test_confirm_names_how_it_was_proven_and_what_was_missing() -> None:
    user = yusuf()
    assert reauthentication.confirm(user, PASSWORD) == "password"
    with pytest.raises(reauthentication.WrongPassword):
        reauthentication.confirm(user, "wrong")
    secret = enrol(user)
    with pytest.raises(reauthentication.CodeNeeded):
        reauthentication.confirm(user, PASSWORD)
    with pytest.raises(reauthentication.WrongCode):
        reauthentication.confirm(user, PASSWORD, "000000")
    assert reauthentication.confirm(user, PASSWORD, code_of(secret)) == "password+totp"
    recovery = RecoveryCodes.activate(user)
    unused = recovery.get_unused_codes()
    assert reauthentication.confirm(user, PASSWORD, unused[0]) == "password+recovery"
    with pytest.raises(reauthentication.WrongCode):
        reauthentication.confirm(user, PASSWORD, unused[0])


def test_confirm_without_a_password_and_after_too_many_failures() -> None:
    user = yusuf()
    for _attempt in range(4):
        with pytest.raises(reauthentication.WrongPassword):
            reauthentication.confirm(user, "wrong")
    with pytest.raises(reauthentication.TooManyFailures):
        reauthentication.confirm(user, "wrong")
    with pytest.raises(reauthentication.TooManyFailures):
        reauthentication.confirm(user, PASSWORD)
    other = hiro()
    other.set_unusable_password()
    with pytest.raises(reauthentication.NoPassword):
        reauthentication.confirm(other, "")


def test_second_factor_added_and_removed_is_in_the_trail(
    client: Client, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    user = yusuf()
    client.post(reverse("account_login"), {"login": user.email, "password": PASSWORD})
    page = client.get(reverse("mfa_activate_totp"))
    secret = page.context["form"].secret
    with django_capture_on_commit_callbacks(execute=True):
        client.post(reverse("mfa_activate_totp"), {"code": code_of(secret)})
    if not Authenticator.objects.filter(user=user).exists():
        pytest.fail("two-step log-in was not turned on")
    client.post(reverse("mfa_deactivate_totp"))
    verbs = [verb for verb, _facts in entries(user)]
    assert verbs == ["user.logged_in", "user.second_factor_added", "user.second_factor_removed"]
