"""Tokens of the interface: made once, kept as digests, scoped, ended; the pages that make them."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from leadership.models import Activity
from qms.models import ApiToken, Notification, TrailEntry, User
from qms.services import api_token, secret_link, trail
from qms.services import user as user_service
from qms.services.timeline import timeline_of
from tests.contracts.test_access import signed_in
from tests.factories import NOW, PASSWORD, cast_member, hiro, logged_activity, omar, yusuf

pytestmark = pytest.mark.django_db
SOON = NOW + timedelta(days=90)
DAYS = timedelta(days=90)


@pytest.fixture
def leader() -> User:
    return yusuf()


def issue(owner: User, **fields: object) -> tuple[ApiToken, str]:
    facts = {"owner": owner, "name": "Report", "scopes": ["read"], "expires_at": SOON, "by": owner, "at": NOW}
    return api_token.issue(**(facts | fields))  # type: ignore[arg-type]


def agreed(owner: User, **fields: object) -> str:
    """The secret of a token for a machine that its owner agreed to."""
    token, secret = issue(owner, is_service=True, **fields)
    api_token.agree(token, by=owner, at=token.created_at)
    return secret


def test_secret_is_given_once_and_only_its_digest_is_kept(leader: User) -> None:
    token, secret = issue(leader)
    token.refresh_from_db()
    assert secret.startswith("qms_")
    assert len(secret) > 40
    assert token.digest == secret_link.digest(secret)
    assert secret not in str([getattr(token, field.name) for field in ApiToken._meta.fields])
    assert api_token.find(secret, at=NOW) == token


def test_making_and_revoking_are_in_the_trail_of_the_owner(leader: User) -> None:
    token, secret = issue(leader)
    api_token.revoke(token, by=leader, at=NOW)
    api_token.revoke(token, by=leader, at=NOW)
    entries = TrailEntry.objects.filter(chain=leader.trail_key).order_by("seq")
    assert [entry.verb for entry in entries] == ["user.token_issued", "user.token_revoked"]
    assert secret not in entries[0].changes
    assert timeline_of(leader)[0].label == "Token of the interface revoked"


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"name": " "}, "name"),
        ({"scopes": []}, "scopes"),
        ({"scopes": ["read", "everything"]}, "scopes"),
        ({"expires_at": NOW}, "expires_at"),
        ({"expires_at": NOW + timedelta(days=367)}, "expires_at"),
    ],
)
def test_wrong_token_is_refused_by_field(leader: User, fields: dict[str, object], field: str) -> None:
    with pytest.raises(ValidationError) as refused:
        issue(leader, **fields)
    assert list(refused.value.message_dict) == [field]
    assert not ApiToken.objects.exists()


def test_token_for_a_record_reads_and_measures_only_and_only_what_the_owner_sees(leader: User) -> None:
    activity = logged_activity(leader)
    with pytest.raises(ValidationError) as refused:
        issue(leader, record=activity, scopes=["read", "activity"])
    assert "scopes" in refused.value.message_dict
    stranger = omar()
    with pytest.raises(ValidationError) as refused:
        issue(stranger, record=activity)
    assert "record" in refused.value.message_dict
    assert issue(leader, record=activity, scopes=["read", "measurement"])[0].record_id == activity.pk


def test_nobody_makes_a_personal_token_for_another_or_without_the_permission(leader: User) -> None:
    for owner, by in ((leader, hiro()), (employee := cast_member("Paul Employee", "employee"), employee)):
        with pytest.raises(api_token.CannotIssue):
            issue(owner, by=by)


def test_service_token_is_an_administrators_and_its_owner_is_told(leader: User) -> None:
    admin = cast_member("Ada Admin", "administrator")
    token, secret = issue(leader, by=admin, is_service=True)
    assert Notification.objects.get(user=leader).text.startswith("A service token would act for you")
    api_token.agree(token, by=leader, at=NOW)
    assert api_token.find(secret, at=NOW).owner == leader
    elsewhere = cast_member("Lea Admin", "administrator", site="LYO")
    for by in (leader, elsewhere):
        with pytest.raises(api_token.CannotIssue):
            issue(leader, by=by, is_service=True)


def test_token_with_more_than_its_maker_may_opens_nothing_before_its_owner_agrees() -> None:
    admin, quality = cast_member("Ada Admin", "administrator"), hiro()
    token, secret = issue(quality, by=admin, is_service=True)
    for stranger in (admin, yusuf()):
        with pytest.raises(api_token.CannotIssue, match="Only who a token acts for"):
            api_token.agree(token, by=stranger, at=NOW)
    with pytest.raises(api_token.NotAccepted, match="has not agreed"):
        api_token.find(secret, at=NOW)
    for _time in range(2):
        api_token.agree(token, by=quality, at=NOW)
    assert api_token.find(secret, at=NOW) == token
    entry = TrailEntry.objects.get(chain=quality.trail_key, verb="user.token_agreed")
    assert (entry.by_id, token.name in entry.changes) == (quality.person.uid, True)
    assert Notification.objects.get(user=admin).text == "Hiro Weber agreed to the service token “Report”."


def test_token_with_no_more_than_its_maker_may_works_at_once_until_its_owner_may_more() -> None:
    admin, robot = cast_member("Ada Admin", "administrator"), cast_member("Robot", "employee")
    token, secret = issue(robot, by=admin, is_service=True, scopes=["idea"])
    assert api_token.find(secret, at=NOW) == token
    assert Notification.objects.get(user=robot).text.startswith("A service token that acts for you was made")
    User.objects.filter(pk=robot.pk).update(profile="quality_manager")
    with pytest.raises(api_token.NotAccepted, match="has not agreed"):
        api_token.find(secret, at=NOW)


def test_token_that_reads_waits_for_its_owner_whose_confidential_records_its_maker_may_not_read() -> None:
    admin, employee = cast_member("Ada Admin", "administrator"), cast_member("Eve Employee", "employee")
    own = logged_activity(employee, is_confidential=True)
    token, secret = issue(employee, by=admin, is_service=True, at=timezone.now(), expires_at=timezone.now() + DAYS)
    page = reverse("api:record", args=[own.uid])
    assert signed_in(admin).get(own_page(own)).status_code == 404
    assert Client().get(page, headers={"authorization": f"Bearer {secret}"}).status_code == 401
    api_token.agree(token, by=employee, at=timezone.now())
    assert Client().get(page, headers={"authorization": f"Bearer {secret}"}).status_code == 200


def own_page(activity: Activity) -> str:
    return reverse("leadership:activity-detail", args=[activity.pk])


def test_token_that_ended_is_not_agreed_to(leader: User) -> None:
    admin = cast_member("Ada Admin", "administrator")
    gone, late = issue(leader, by=admin, is_service=True)[0], issue(leader, by=admin, is_service=True)[0]
    api_token.revoke(gone, by=admin, at=NOW)
    for token, at in ((gone, NOW), (late, SOON)):
        with pytest.raises(api_token.CannotIssue, match="has ended"):
            api_token.agree(token, by=leader, at=at)
    assert not ApiToken.objects.exclude(agreed_at=None).exists()


def test_owner_agrees_with_a_fresh_proof_or_ends_it(client: Client) -> None:
    admin, finance = cast_member("Ada Admin", "administrator"), cast_member("Fay Money", "finance")
    facts = {"by": admin, "is_service": True, "expires_at": timezone.now() + timedelta(days=9), "at": timezone.now()}
    token, secret = issue(finance, **facts)
    client.force_login(finance)
    page = reverse("qms:api-token-agree", args=[token.pk])
    assert "Ada Admin" in client.get(page).content.decode()
    assert page in client.get(reverse("qms:api-token-list")).content.decode()
    assert "until its owner agrees" in signed_in(admin).get(reverse("qms:service-token-list")).content.decode()
    assert client.post(page, {"password": "wrong"}).status_code == 422
    assert signed_in(yusuf()).post(page, {"password": PASSWORD}).status_code == 404
    with pytest.raises(api_token.NotAccepted):
        api_token.find(secret, at=timezone.now())
    assert client.post(page, {"password": PASSWORD}).status_code == 302
    assert api_token.find(secret, at=timezone.now()) == token
    client.post(reverse("qms:api-token-revoke", args=[token.pk]))
    with pytest.raises(api_token.NotAccepted, match="revoked"):
        api_token.find(secret, at=timezone.now())


def test_owner_without_tokens_of_the_own_ends_one_too(client: Client) -> None:
    admin, robot = cast_member("Ada Admin", "administrator"), cast_member("Robot", "employee")
    token, _secret = issue(robot, by=admin, is_service=True)
    client.force_login(robot)
    answer = client.post(reverse("qms:api-token-revoke", args=[token.pk]))
    assert answer.url == reverse("qms:me")
    assert ApiToken.objects.get().revoked_at


def test_no_machine_acts_for_another_administrator() -> None:
    admin, other = cast_member("Ada Admin", "administrator"), cast_member("Ben Admin", "administrator")
    with pytest.raises(api_token.CannotIssue, match="another administrator"):
        issue(other, by=admin, is_service=True)
    _token, secret = issue(admin, by=admin, is_service=True)
    assert api_token.find(secret, at=NOW).owner == admin


def test_new_password_ends_personal_tokens_and_leaves_the_machine_its_own(leader: User, client: Client) -> None:
    admin = cast_member("Ada Admin", "administrator")
    later = timezone.now() + timedelta(days=30)
    made = {"at": timezone.now(), "expires_at": later}
    own, machine = issue(leader, **made)[1], agreed(leader, by=admin, **made)
    client.force_login(leader)
    changed = {"oldpassword": PASSWORD, "password1": "Walk-the-floor-42!", "password2": "Walk-the-floor-42!"}
    assert client.post(reverse("account_change_password"), changed).status_code == 302
    with pytest.raises(api_token.NotAccepted, match="revoked"):
        api_token.find(own, at=timezone.now())
    assert api_token.find(machine, at=timezone.now()).owner == leader
    entry = TrailEntry.objects.get(chain=leader.trail_key, verb="user.tokens_revoked")
    assert (entry.reason, own not in entry.changes) == ("the password was changed", True)


def test_disabled_log_in_gets_no_personal_token_back_and_the_machine_rests_meanwhile(leader: User) -> None:
    admin = cast_member("Ada Admin", "administrator")
    own, machine = issue(leader)[1], agreed(leader, by=admin)
    user_service.disable(leader, by=admin, at=NOW)
    for secret in (own, machine):
        with pytest.raises(api_token.NotAccepted):
            api_token.find(secret, at=NOW)
    user_service.enable(leader, by=admin, at=NOW)
    with pytest.raises(api_token.NotAccepted, match="revoked"):
        api_token.find(own, at=NOW)
    assert api_token.find(machine, at=NOW).owner == leader


def test_token_opens_nothing_when_it_ran_out_was_revoked_or_its_owner_has_gone(leader: User) -> None:
    token, secret = issue(leader)
    with pytest.raises(api_token.NotAccepted, match="run out"):
        api_token.find(secret, at=SOON)
    with pytest.raises(api_token.NotAccepted, match="not known"):
        api_token.find(secret + "x", at=NOW)
    User.objects.filter(pk=leader.pk).update(profile="employee")
    with pytest.raises(api_token.NotAccepted, match="may not use"):
        api_token.find(secret, at=NOW)
    User.objects.filter(pk=leader.pk).update(profile="leader", is_active=False)
    with pytest.raises(api_token.NotAccepted, match="may not use"):
        api_token.find(secret, at=NOW)
    User.objects.filter(pk=leader.pk).update(is_active=True)
    api_token.revoke(token, by=leader, at=NOW)
    with pytest.raises(api_token.NotAccepted, match="revoked"):
        api_token.find(secret, at=NOW)


def test_use_is_kept_once_a_minute(leader: User) -> None:
    token, secret = issue(leader)
    api_token.note_use(token, at=NOW)
    for at in (NOW + timedelta(seconds=50), NOW + timedelta(seconds=70)):
        api_token.note_use(api_token.find(secret, at=NOW), at=at)
        token.refresh_from_db()
        assert token.last_used_at == (NOW if at < NOW + timedelta(seconds=60) else at)


def test_means_end_with_their_stretch_of_work(leader: User) -> None:
    with trail.means():
        trail.came_through("Robot (qms_abc…)")
        inside = trail.write(leader, "user.noted", by=leader, at=NOW)
    outside = trail.write(leader, "user.noted", by=leader, at=NOW)
    assert inside.changes == '{"through":"Robot (qms_abc…)"}'
    assert outside.changes == "{}"
    assert timeline_of(leader)[1].changes[0].label == "Through the token"


# --- pages ------------------------------------------------------------------------------------------------------------


def last_day() -> str:
    return str((timezone.now() + timedelta(days=30)).date())


def test_my_new_token_is_shown_once_and_revoked_by_a_button(client: Client, leader: User) -> None:
    client.force_login(leader)
    made = client.post(
        reverse("qms:api-token-new"),
        {"name": "Report", "scopes": ["read", "idea"], "last_day": last_day(), "password": PASSWORD},
    )
    secret = made.context["secret"]
    assert made["Cache-Control"].startswith("max-age=0")
    assert secret in made.content.decode()
    page = client.get(reverse("qms:api-token-list")).content.decode()
    assert secret not in page
    assert "Read records, Raise ideas" in page or "Raise ideas, Read records" in page
    token = ApiToken.objects.get()
    assert token.scopes == ["idea", "read"]
    client.post(reverse("qms:api-token-revoke", args=[token.pk]))
    token.refresh_from_db()
    assert token.revoked_at


def test_wrong_form_says_what_is_wrong(client: Client, leader: User) -> None:
    client.force_login(leader)
    day = (timezone.now() + timedelta(days=400)).date()
    answer = client.post(reverse("qms:api-token-new"), {"name": "Report", "last_day": str(day), "password": ""})
    assert answer.status_code == 422
    assert set(answer.context["form"].errors) == {"scopes", "last_day", "password"}


def test_stolen_session_makes_no_token(client: Client, leader: User) -> None:
    client.force_login(leader)
    sent = {"name": "Report", "scopes": ["read"], "last_day": last_day(), "password": "guessed"}
    answer = client.post(reverse("qms:api-token-new"), sent)
    assert set(answer.context["form"].errors) == {"password"}
    assert not ApiToken.objects.exists()


def test_somebody_elses_token_is_not_mine_to_revoke(client: Client, leader: User) -> None:
    token, _secret = issue(leader)
    client.force_login(hiro())
    assert client.post(reverse("qms:api-token-revoke", args=[token.pk])).status_code == 404
    token.refresh_from_db()
    assert token.revoked_at is None


def test_administrator_makes_a_service_token_in_an_elevated_session_only(client: Client, leader: User) -> None:
    admin = cast_member("Ada Admin", "administrator")
    client.force_login(admin)
    new = reverse("qms:service-token-new")
    assert "/account/elevate/" in client.get(new).url
    data = {"person": "Yusuf Chen", "name": "Scale", "scopes": ["measurement"], "last_day": last_day()}
    data["password"] = PASSWORD
    made = signed_in(admin).post(new, data)
    token = ApiToken.objects.get()
    assert (token.owner, token.is_service, token.created_by) == (leader, True, admin)
    assert made.context["secret"]
    listed = signed_in(admin).get(reverse("qms:service-token-list")).content.decode()
    assert "Yusuf Chen" in listed
    signed_in(admin).post(reverse("qms:service-token-revoke", args=[token.pk]))
    token.refresh_from_db()
    assert token.revoked_at


def test_my_page_leads_to_tokens_for_who_may_make_them(client: Client, leader: User) -> None:
    client.force_login(leader)
    assert reverse("qms:api-token-list") in client.get(reverse("qms:me")).content.decode()
    client.force_login(cast_member("Paul Employee", "employee"))
    assert reverse("qms:api-token-list") not in client.get(reverse("qms:me")).content.decode()
