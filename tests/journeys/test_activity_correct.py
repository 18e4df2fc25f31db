"""A leader corrects who was there, with the same type-ahead as on the Log page."""

import re
from typing import Any

import pytest
from playwright.sync_api import expect

from leadership.models import Activity
from qms.models import User
from tests.factories import logged_activity
from tests.journeys.conftest import assert_accessible, assert_targets_for_thumbs

pytestmark = [pytest.mark.journey, pytest.mark.django_db(transaction=True)]


def test_somebody_met_is_added_by_type_ahead(open_page: Any, manager: User, shot: Any) -> None:
    activity = logged_activity(manager)
    page = open_page("phone", manager)
    page.goto(f"/leadership/activities/{activity.pk}/edit/")
    expect(page.locator(".picker-chip")).to_have_text(re.compile("Yusuf Chen"))
    page.locator("#id_people_met-search").fill("pau")
    page.locator("[role=option]", has_text="Paula Sato").click()
    page.locator("#id_people_met-search").fill("The night shift")
    shot(page, "phone-correct", full=True)
    assert_accessible(page)
    assert_targets_for_thumbs(page)
    page.locator("#id_reason").fill("Paula was there too")
    page.get_by_role("button", name="Save the correction").click()
    page.wait_for_url(re.compile(rf"/activities/{activity.pk}/(\?.*)?$"))
    people = Activity.objects.get().people()
    assert [(p.name, bool(p.person)) for p in people] == [
        ("Yusuf Chen", True), ("Paula Sato", True), ("The night shift", False),
    ]  # fmt: skip
