"""The organization's data and the way into administration."""

import json

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from qms.models import Organization, TrailEntry, User
from qms.permissions import AccessProfile
from qms.services import organization as service
from tests.factories import NOW, cast_member, hiro, yusuf

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin() -> User:
    return cast_member("Ada Min", AccessProfile.ADMINISTRATOR)


def test_change_is_written_with_old_and_new(client: Client, admin: User) -> None:
    service.edit(name="Acme", scope_statement="", time_zone="UTC", by=admin, at=NOW)
    client.force_login(admin)
    session = client.session
    session["elevated_until"] = timezone.now().timestamp() + 600
    session.save()
    posted = {"name": "Acme", "scope_statement": "Machined parts in Denver.", "time_zone": "America/Denver"}
    posted |= {"request_answer_days": "10", "role_answer_days": "14"}
    assert client.post(reverse("qms:organization"), posted).status_code == 302
    assert client.post(reverse("qms:organization"), posted).status_code == 302
    told = TrailEntry.objects.filter(chain="organization").order_by("seq")
    assert [json.loads(entry.changes) for entry in told][1:] == [
        {
            "scope_statement": ["", "Machined parts in Denver."],
            "time_zone": ["UTC", "America/Denver"],
            "request_answer_days": [14, 10],
        }
    ]
    assert Organization.current().scope_statement == "Machined parts in Denver."


def test_days_beyond_a_year_or_none_are_refused(client: Client, admin: User) -> None:
    for days in (0, 366):
        with pytest.raises(ValidationError):
            service.edit(name="Acme", scope_statement="", time_zone="UTC", role_answer_days=days, by=admin, at=NOW)


def test_time_zone_nobody_knows_is_refused(admin: User) -> None:
    with pytest.raises(ValidationError):
        service.edit(name="Acme", scope_statement="", time_zone="Nowhere", by=admin, at=NOW)
    assert Organization.objects.count() == 0


def test_page_needs_elevation(client: Client, admin: User) -> None:
    client.force_login(admin)
    assert client.get(reverse("qms:organization")).status_code == 302
    client.force_login(hiro())
    assert client.get(reverse("qms:organization")).status_code == 403


def test_admin_page_offers_only_what_one_may_open(client: Client, admin: User) -> None:
    def offered() -> set[str]:
        groups = client.get(reverse("qms:admin")).context["groups"]
        return {area.url_name for _title, areas in groups for area in areas}

    client.force_login(hiro())
    quality = offered()
    client.force_login(admin)
    assert {"qms:site-list", "qms:user-list", "qms:organization"} <= offered()
    assert quality.isdisjoint({"qms:site-list", "qms:user-list", "qms:organization"})
    assert {"qms:person-list", "qms:person-import"} <= quality
    employee = cast_member("Emp Loyee", AccessProfile.EMPLOYEE)
    client.force_login(employee)
    assert client.get(reverse("qms:admin")).status_code == 403
    client.force_login(yusuf())
    assert "qms:person-import" not in offered()
