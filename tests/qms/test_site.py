"""Sites, areas, and codes that say where one is and permit nothing."""

import json

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from qms.models import Area, AreaCode, Site, TrailEntry, User
from qms.permissions import AccessProfile
from qms.services import site as service
from qms.services.trail_check import verify
from tests.factories import NOW, AreaFactory, SiteFactory, cast_member, hiro, logged_activity, omar, yusuf

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin() -> User:
    return cast_member("Ada Min", AccessProfile.ADMINISTRATOR)


@pytest.fixture
def elevated(client: Client, admin: User) -> Client:
    client.force_login(admin)
    session = client.session
    session["elevated_until"] = timezone.now().timestamp() + 600
    session.save()
    return client


def verbs(subject: Site | Area) -> list[str]:
    return list(TrailEntry.objects.filter(chain=subject.trail_key).order_by("seq").values_list("verb", flat=True))


def test_site_is_opened_and_joins_the_reach_of_a_limited_administrator(elevated: Client, admin: User) -> None:
    response = elevated.post(
        reverse("qms:site-new"), {"name": "Graz plant", "code": "grz", "time_zone": "Europe/Vienna"}
    )
    graz = Site.objects.get(code="GRZ")
    assert response.url == reverse("qms:site-detail", args=[graz.pk])
    assert elevated.get(response.url).status_code == 200
    assert list(admin.sites.order_by("code").values_list("code", flat=True)) == ["DEN", "GRZ"]
    assert verbs(graz) == ["site.created"]
    assert TrailEntry.objects.get(chain=admin.trail_key).verb == "user.sites_changed"


def test_site_of_another_administrator_is_not_found(elevated: Client) -> None:
    lyon = SiteFactory(code="LYO")
    far = AreaFactory(site=lyon, name="Far")
    assert elevated.get(reverse("qms:site-detail", args=[lyon.pk])).status_code == 404
    assert elevated.get(reverse("qms:area-detail", args=[far.pk])).status_code == 404
    assert elevated.get(reverse("qms:site-codes", args=[lyon.pk])).status_code == 404
    assert elevated.post(reverse("qms:area-code-change", args=[far.pk]), {"act": "issue"}).status_code == 404
    assert b"Lyon" not in elevated.get(reverse("qms:site-list")).content
    assert AreaCode.objects.count() == 0


def test_pages_ask_for_elevation_and_refuse_who_may_not(client: Client, admin: User) -> None:
    url = reverse("qms:site-list")
    client.force_login(admin)
    assert client.get(url).url == "/account/elevate/?next=%2Fadmin%2Fsites%2F"
    client.force_login(hiro())
    assert client.get(url).status_code == 403


def test_time_zone_nobody_knows_is_refused(admin: User) -> None:
    with pytest.raises(ValidationError) as caught:
        service.create_site(code="GRZ", name="Graz", time_zone="Mars/Olympus", by=admin, at=NOW)
    assert list(caught.value.message_dict) == ["time_zone"]


def test_code_in_reference_numbers_stays(admin: User) -> None:
    leader = yusuf()
    site = leader.person.site
    service.edit_site(site, code="DNV", name=site.name, time_zone=site.time_zone, by=admin, at=NOW)
    logged_activity(leader)
    with pytest.raises(service.CannotChangeCode):
        service.edit_site(site, code="XXX", name=site.name, time_zone=site.time_zone, by=admin, at=NOW)
    site.refresh_from_db()
    assert site.code == "DNV"
    assert json.loads(TrailEntry.objects.get(chain=site.trail_key).changes) == {"code": ["DEN", "DNV"]}


def test_area_name_differing_by_case_only_is_refused(elevated: Client) -> None:
    area = AreaFactory(name="CNC line 3")
    url = reverse("qms:area-new", args=[area.site_id])
    assert elevated.post(url, {"name": "cnc LINE 3"}).status_code == 422
    assert elevated.post(url, {"name": "Lab"}).status_code == 302
    assert list(Area.objects.order_by("pk").values_list("name", flat=True)) == ["CNC line 3", "Lab"]


def test_rename_and_out_of_use_are_in_the_trail(elevated: Client) -> None:
    area = AreaFactory()
    elevated.post(reverse("qms:area-detail", args=[area.pk]), {"name": "Line three"})
    elevated.post(reverse("qms:area-use", args=[area.pk]), {"is_active": "0", "reason": "moved"})
    elevated.post(reverse("qms:area-use", args=[area.pk]), {"is_active": "1"})
    assert verbs(area) == ["area.renamed", "area.deactivated", "area.reactivated"]


def test_one_code_per_area_replaced_and_revoked_with_trail(admin: User) -> None:
    area = AreaFactory()
    first = service.issue_code(area, by=admin, at=NOW)
    with pytest.raises(service.AlreadyIssued):
        service.issue_code(area, by=admin, at=NOW)
    second = service.reissue_code(area, by=admin, at=NOW)
    assert service.area_of(first.token) is None
    assert service.area_of(second.token) == area
    service.revoke_code(area, by=admin, at=NOW)
    assert service.area_of(second.token) is None
    assert service.revoke_code(area, by=admin, at=NOW) is None
    assert verbs(area) == ["area.code_issued", "area.code_revoked", "area.code_issued", "area.code_revoked"]
    told = "".join(TrailEntry.objects.filter(chain=area.trail_key).values_list("changes", flat=True))
    assert first.token not in told
    assert second.token not in told
    assert list(verify().problems) == []


def test_area_out_of_use_gets_no_code_and_its_old_one_leads_nowhere(admin: User) -> None:
    area = AreaFactory()
    code = service.issue_code(area, by=admin, at=NOW)
    service.set_area_use(area, is_active=False, by=admin, at=NOW)
    assert service.area_of(code.token) is None
    with pytest.raises(service.NotInUse):
        service.issue_code(area, by=admin, at=NOW)


def test_scanned_code_leads_to_the_log_with_the_area(client: Client, admin: User) -> None:
    area = AreaFactory()
    url = reverse("qms:area-code", args=[service.issue_code(area, by=admin, at=NOW).token])
    client.force_login(yusuf())
    response = client.get(url)
    assert (response.status_code, response.url) == (302, f"/log/?area={area.pk}")


def test_scanned_code_asks_a_stranger_to_log_in_and_permits_nothing(client: Client, admin: User) -> None:
    area = AreaFactory()
    url = reverse("qms:area-code", args=[service.issue_code(area, by=admin, at=NOW).token])
    response = client.get(url)
    assert (response.status_code, response.url) == (302, f"{reverse('account_login')}?next={url}")
    assert "_auth_user_id" not in client.session
    assert client.get(f"/log/?area={area.pk}").status_code == 302


@pytest.mark.parametrize("state", ["unknown", "revoked", "other site"])
def test_dead_code_says_so_with_404(client: Client, admin: User, state: str) -> None:
    area = AreaFactory()
    token = service.issue_code(area, by=admin, at=NOW).token
    if state == "unknown":
        token = "no-such-code"
    elif state == "revoked":
        service.revoke_code(area, by=admin, at=NOW)
    else:
        client.force_login(omar())
    response = client.get(reverse("qms:area-code", args=[token]))
    assert response.status_code == 404
    assert b"This code is not in use" in response.content
    assert area.name.encode() not in response.content


def test_sheets_show_every_area_big_with_its_address(elevated: Client, admin: User, settings: object) -> None:
    area, lab = AreaFactory(), AreaFactory(name="Lab")
    elevated.post(reverse("qms:site-codes-issue", args=[area.site_id]))
    elevated.post(reverse("qms:site-codes-issue", args=[area.site_id]))
    assert AreaCode.objects.count() == 2
    page = elevated.get(reverse("qms:site-codes", args=[area.site_id])).content.decode()
    for code in AreaCode.objects.order_by("pk"):
        assert f"http://localhost:8000/a/{code.token}/" in page
    assert page.count("<svg") == 2
    assert "style=" not in page
    one = elevated.get(reverse("qms:site-codes", args=[area.site_id]), {"area": lab.pk}).content.decode()
    assert (one.count("<svg"), "CNC line 3" in one) == (1, False)


def test_site_pages_open(elevated: Client) -> None:
    area = AreaFactory()
    for name, args in (("site-list", []), ("site-detail", [area.site_id]), ("site-edit", [area.site_id]),
                       ("area-detail", [area.pk]), ("site-new", [])):  # fmt: skip
        assert elevated.get(reverse(f"qms:{name}", args=args)).status_code == 200
