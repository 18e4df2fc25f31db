"""Access: given, changed, taken; never beyond one's own reach, never the last administrator."""

import json
import re
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.core import mail
from django.core.exceptions import ValidationError
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoCaptureOnCommitCallbacks

from qms.models import OutboxMessage, TrailEntry, User
from qms.permissions import PROFILES, AccessProfile, Permission
from qms.services import outbox
from qms.services import user as service
from qms.services.trail_check import verify
from tests.factories import NOW, PASSWORD, PersonFactory, SiteFactory, UserFactory, cast_member, hiro, omar, yusuf

pytestmark = pytest.mark.django_db
NEW_PASSWORD = "a fresh sentence of words"


@pytest.fixture
def admin() -> User:
    return cast_member("Ada Min", AccessProfile.ADMINISTRATOR)


def elevate(client: Client, user: User) -> Client:
    client.force_login(user)
    session = client.session
    session["elevated_until"] = timezone.now().timestamp() + 600
    session.save()
    return client


@pytest.fixture
def elevated(client: Client, admin: User) -> Client:
    return elevate(client, admin)


def verbs(user: User) -> list[str]:
    return list(TrailEntry.objects.filter(chain=user.trail_key).order_by("seq").values_list("verb", flat=True))


def change(user: User, by: User, **more: object) -> User:
    values: dict[str, object] = {
        "email": user.email, "profile": user.profile, "sites": list(user.sites.order_by("pk")),
        "has_all_sites": user.has_all_sites, "access_expires_at": user.access_expires_at,
    }  # fmt: skip
    return service.change_access(user, by=by, at=NOW, **(values | more))  # type: ignore[arg-type]


def test_invited_person_sets_a_password_by_mail_and_logs_in(
    elevated: Client, admin: User, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    paula = PersonFactory(name="Paula Sato")
    posted = {"person": "Paula Sato", "email": "Paula@plant.example", "profile": "leader", "sites": [paula.site_id]}
    with django_capture_on_commit_callbacks(execute=True):
        response = elevated.post(reverse("qms:user-new"), posted)
    login = User.objects.get(person=paula)
    assert response.url == reverse("qms:user-detail", args=[login.uid])
    assert (login.email, login.profile, login.has_usable_password()) == ("paula@plant.example", "leader", False)
    assert [message.to for message in mail.outbox] == [["paula@plant.example"]]
    link = next(word for word in mail.outbox[0].body.split() if "/password/reset/key/" in word)
    visitor = Client()
    page = visitor.get(link.removeprefix("http://localhost:8000"), follow=True)
    visitor.post(page.request["PATH_INFO"], {"password1": NEW_PASSWORD, "password2": NEW_PASSWORD})
    visitor.post(reverse("account_login"), {"login": login.email, "password": NEW_PASSWORD})
    assert visitor.session["_auth_user_id"] == str(login.pk)
    assert verbs(login) == ["user.invited", "user.password_reset", "user.logged_in"]


def test_person_gets_one_login_and_an_address_belongs_to_one(admin: User) -> None:
    leader = yusuf()
    common = {"profile": "leader", "sites": [leader.person.site], "has_all_sites": False, "access_expires_at": None}
    for person, email in ((leader.person, "new@plant.example"), (PersonFactory(), leader.email.upper())):
        with pytest.raises(service.AlreadyHasAccess):
            service.invite(person, email=email, by=admin, at=NOW, **common)  # type: ignore[arg-type]
    assert User.objects.count() == 2


def test_change_of_access_is_written_with_old_and_new(admin: User) -> None:
    leader = yusuf()
    ends = datetime(2027, 1, 1, tzinfo=UTC)
    change(leader, admin, profile="quality_manager", access_expires_at=ends, reason="promoted")
    entry = TrailEntry.objects.get(chain=leader.trail_key)
    assert json.loads(entry.changes) == {
        "profile": ["leader", "quality_manager"],
        "access_expires_at": ["", "2027-01-01T00:00:00.000000+00:00"],
    }
    assert (entry.reason, entry.by_id) == ("promoted", admin.person.uid)
    assert list(verify().problems) == []


def test_nobody_changes_his_own_access(elevated: Client, admin: User) -> None:
    for attempt in (
        lambda: change(admin, admin, profile="quality_manager"),
        lambda: change(admin, admin, has_all_sites=True),
        lambda: service.disable(admin, by=admin, at=NOW),
    ):
        with pytest.raises(service.CannotChangeOwnAccess):
            attempt()
    posted = {"email": admin.email, "profile": "quality_manager", "sites": [admin.person.site_id]}
    assert elevated.post(reverse("qms:user-detail", args=[admin.uid]), posted).status_code == 422
    admin.refresh_from_db()
    assert (admin.profile, admin.has_all_sites, verbs(admin)) == ("administrator", False, [])


def test_last_administrator_cannot_be_removed_in_any_way(admin: User) -> None:
    other = cast_member("Bea Admin", AccessProfile.ADMINISTRATOR)
    service.disable(other, by=admin, at=NOW)
    bea = User.objects.get(pk=other.pk)
    past = NOW - timedelta(days=1)
    for attempt in (
        lambda: change(admin, bea, profile="leader"),
        lambda: change(admin, bea, access_expires_at=past),
        lambda: service.disable(admin, by=bea, at=NOW),
    ):
        with pytest.raises(service.LastAdministrator):
            attempt()
    admin.refresh_from_db()
    assert (admin.profile, admin.is_active, admin.access_expires_at) == ("administrator", True, None)


def test_administrator_gives_no_site_that_he_does_not_reach(elevated: Client, admin: User) -> None:
    leader, lyon = yusuf(), SiteFactory(code="LYO")
    with pytest.raises(service.OutOfReach):
        change(leader, admin, sites=[lyon])
    with pytest.raises(service.OutOfReach):
        change(leader, admin, has_all_sites=True)
    posted = {"email": leader.email, "profile": "leader", "sites": [lyon.pk], "has_all_sites": "on"}
    response = elevated.post(reverse("qms:user-detail", args=[leader.uid]), posted)
    assert set(response.context["form"].errors) == {"sites"}


def test_login_that_reaches_further_is_out_of_reach(admin: User) -> None:
    wide = cast_member("Wide Reach", AccessProfile.QUALITY_MANAGER, has_all_sites=True)
    for attempt in (
        lambda: change(wide, admin, email="mine@plant.example"),
        lambda: service.disable(wide, by=admin, at=NOW),
        lambda: service.reset_second_factor(wide, by=admin, at=NOW, reason="asked"),
    ):
        with pytest.raises(service.OutOfReach):
            attempt()


def test_login_of_another_site_is_not_found(elevated: Client) -> None:
    far = omar()
    assert elevated.get(reverse("qms:user-detail", args=[far.uid])).status_code == 404
    assert elevated.post(reverse("qms:user-act", args=[far.uid, "disable"])).status_code == 404
    assert far.email.encode() not in elevated.get(reverse("qms:user-list")).content


def test_pages_are_for_elevated_administrators_only(client: Client, admin: User) -> None:
    url = reverse("qms:user-list")
    client.force_login(hiro())
    assert client.get(url).status_code == 403
    client.force_login(admin)
    assert client.get(url).url.startswith("/account/elevate/")


def test_disabled_login_loses_its_sessions_for_good(admin: User) -> None:
    leader, browser = yusuf(), Client()
    browser.post(reverse("account_login"), {"login": leader.email, "password": PASSWORD})
    assert browser.get(reverse("qms:me")).status_code == 200
    service.disable(leader, by=admin, at=NOW, reason="left")
    assert browser.get(reverse("qms:me")).status_code == 302
    service.enable(leader, by=admin, at=NOW)
    assert browser.get(reverse("qms:me")).status_code == 302
    assert verbs(leader) == ["user.logged_in", "user.disabled", "user.enabled"]


def test_enabling_waits_for_the_person(admin: User) -> None:
    leader = yusuf()
    service.disable(leader, by=admin, at=NOW)
    leader.person.deactivated_at = NOW
    leader.person.save()
    with pytest.raises(ValidationError):
        service.enable(leader, by=admin, at=NOW)


def test_second_factor_is_removed_with_a_reason_and_ends_the_sessions(admin: User) -> None:
    leader, browser = yusuf(), Client()
    Authenticator.objects.create(user=leader, type=Authenticator.Type.TOTP, data={"secret": "x"})
    browser.force_login(leader)
    with pytest.raises(ValidationError):
        service.reset_second_factor(leader, by=admin, at=NOW, reason=" ")
    assert service.reset_second_factor(leader, by=admin, at=NOW, reason="phone lost, asked in person") == 1
    assert browser.get(reverse("qms:me")).status_code == 302
    assert verbs(leader) == ["user.second_factor_removed"]


def test_guest_needs_a_last_day_and_loses_access_after_it(elevated: Client, admin: User) -> None:
    leader = yusuf()
    url = reverse("qms:user-detail", args=[leader.uid])
    posted = {"email": leader.email, "profile": "guest_auditor", "sites": [leader.person.site_id]}
    assert set(elevated.post(url, posted).context["form"].errors) == {"last_day"}
    day = timezone.now().date() + timedelta(days=3)
    elevated.post(url, posted | {"last_day": day.isoformat()})
    leader.refresh_from_db()
    ends = leader.access_expires_at
    assert ends == datetime.combine(day + timedelta(days=1), datetime.min.time(), tzinfo=UTC)
    assert leader.may_log_in_at(ends - timedelta(seconds=1))
    assert not leader.may_log_in_at(ends)
    assert elevated.get(url).context["form"]["last_day"].value() == day
    assert isinstance(day, date)


def test_login_after_the_end_of_access_is_refused_with_the_reason(client: Client) -> None:
    leader = cast_member("Gus Gone", access_expires_at=timezone.now() - timedelta(hours=1))
    response = client.post(reverse("account_login"), {"login": leader.email, "password": PASSWORD})
    assert response.status_code == 403
    assert b"that time is over" in response.content
    assert "_auth_user_id" not in client.session
    assert verbs(leader) == ["user.login_refused"]


def test_disabled_login_is_told_so_and_a_wrong_password_is_noted(client: Client) -> None:
    leader = cast_member("Dis Abled", is_active=False)
    response = client.post(reverse("account_login"), {"login": leader.email, "password": PASSWORD})
    assert (response.status_code, b"has disabled this log-in" in response.content) == (403, True)
    client.post(reverse("account_login"), {"login": leader.email, "password": "wrong"})
    client.post(reverse("account_login"), {"login": "nobody@plant.example", "password": "wrong"})
    assert verbs(leader) == ["user.login_refused", "user.login_failed"]


def test_login_and_logout_are_in_the_trail(client: Client) -> None:
    leader = yusuf()
    client.post(reverse("account_login"), {"login": leader.email, "password": PASSWORD})
    client.post(reverse("account_logout"))
    assert verbs(leader) == ["user.logged_in", "user.logged_out"]
    entry = TrailEntry.objects.get(chain=leader.trail_key, verb="user.logged_in")
    assert json.loads(entry.changes) == {"methods": "password"}


def test_list_has_the_same_queries_for_one_and_three_rows(elevated: Client) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as caught:
            elevated.get(reverse("qms:user-list"))
        return len(caught)

    queries()
    one = queries()
    for _number in range(3):
        UserFactory()
    assert queries() == one <= 12


def test_profile_page_explains_every_profile_with_its_permissions(client: Client) -> None:
    client.force_login(yusuf())
    page = client.get(reverse("qms:user-profiles"))
    shown = {item["profile"]: {label for label, _elevated in item["permissions"]} for item in page.context["profiles"]}
    assert shown == {
        profile: {permission.label for permission in Permission if permission in PROFILES[profile]}
        for profile in AccessProfile
    }


def test_new_email_unties_the_identity_at_the_companys_provider(admin: User) -> None:
    leader = yusuf()
    tied = SocialAccount.objects.create(user=leader, provider="company", uid="somebody-else")
    change(leader, admin, profile="quality_manager")
    assert SocialAccount.objects.filter(pk=tied.pk).exists()
    change(leader, admin, email="right@plant.example")
    assert not SocialAccount.objects.filter(pk=tied.pk).exists()


def test_new_email_replaces_the_old_one_for_login(admin: User) -> None:
    leader, browser = yusuf(), Client()
    browser.post(reverse("account_login"), {"login": leader.email, "password": PASSWORD})
    old = leader.email
    change(leader, admin, email="Yusuf.New@plant.example")
    for email, works in ((old, False), ("yusuf.new@plant.example", True)):
        fresh = Client()
        fresh.post(reverse("account_login"), {"login": email, "password": PASSWORD})
        assert ("_auth_user_id" in fresh.session) == works
    assert browser.get(reverse("qms:me")).status_code == 302


def test_invitation_is_not_sent_to_a_login_that_was_disabled_meanwhile(admin: User) -> None:
    leader = yusuf()
    service.invited_again(leader, by=admin, at=NOW)
    service.disable(leader, by=admin, at=NOW)
    assert outbox.deliver_waiting(clock=lambda: NOW, until=NOW + timedelta(minutes=1)) == 0
    assert mail.outbox == []
    assert OutboxMessage.objects.get().dropped_reason == "This log-in cannot be used any more"


def test_link_that_sets_a_password_lies_nowhere_in_the_outbox(admin: User) -> None:
    leader = yusuf()
    service.invited_again(leader, by=admin, at=NOW)
    service.invited_again(leader, by=admin, at=NOW)
    assert outbox.deliver_waiting(clock=lambda: NOW, until=NOW + timedelta(minutes=1)) == 1
    key = mail.outbox[0].body.split("/password/reset/key/")[1].split("/")[0]
    assert [row["status"] for row in OutboxMessage.objects.order_by("pk").values("status")] == ["dropped", "sent"]
    assert key not in str(list(OutboxMessage.objects.values()))


def ask_for_a_new_password(email: str) -> None:
    answer = Client().post(reverse("account_reset_password"), {"email": email})
    assert answer.status_code == 302


def send_all(at: datetime) -> int:
    return outbox.deliver_waiting(clock=lambda: at, until=at + timedelta(minutes=1))


def test_new_password_comes_through_the_outbox_and_survives_a_mail_server_that_is_away(
    admin: User, settings: Any
) -> None:
    leader = yusuf()
    backend, settings.EMAIL_BACKEND = settings.EMAIL_BACKEND, "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    ask_for_a_new_password(leader.email.upper())
    now = timezone.now()
    assert send_all(now) == 0
    message = OutboxMessage.objects.get()
    assert (message.letter, message.status, message.attempts) == ("password_reset", "failed", 1)
    settings.EMAIL_BACKEND = backend
    assert send_all(now + timedelta(hours=1)) == 1
    (letter,) = mail.outbox
    assert letter.to == [leader.email]
    path = re.search(r"https?://[^/]+(/\S*/password/reset/key/\S+)", letter.body)
    assert path
    assert path[1].rstrip("/").rpartition("-")[2] not in str(list(OutboxMessage.objects.values()))
    browser = Client()
    form = browser.get(path[1], follow=True)
    new = {"password1": "Tall-cranes-7-lift", "password2": "Tall-cranes-7-lift"}
    browser.post(form.redirect_chain[-1][0], new)
    leader.refresh_from_db()
    assert leader.check_password("Tall-cranes-7-lift")


def test_nobody_gets_a_letter_about_an_unknown_address_and_a_second_asking_replaces_the_first(admin: User) -> None:
    leader = yusuf()
    for email in ("nobody@plant.example", leader.email, leader.email):
        ask_for_a_new_password(email)
    assert sorted(OutboxMessage.objects.values_list("status", flat=True)) == ["dropped", "pending"]
    assert send_all(timezone.now()) == 1


def test_letter_for_a_new_password_is_dropped_when_it_is_a_day_old_or_the_log_in_was_closed(admin: User) -> None:
    leader, other = yusuf(), hiro()
    for user in (leader, other):
        ask_for_a_new_password(user.email)
    service.disable(other, by=admin, at=timezone.now())
    assert send_all(timezone.now() + timedelta(hours=25)) == 0
    why = dict(OutboxMessage.objects.values_list("about", "dropped_reason"))
    assert why == {leader.pk: "Asked for too long ago", other.pk: "This log-in cannot be used any more"}
