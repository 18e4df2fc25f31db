"""Times are those of the wall clock at the user's own site."""

from datetime import UTC, datetime

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from tests.factories import cast_member, hiro

pytestmark = pytest.mark.django_db
LATE_EVENING = datetime(2026, 11, 21, 4, 0, tzinfo=UTC)  # 20 Nov, 21:00 in Denver; 21 Nov, 05:00 in Paris


@pytest.mark.parametrize(("site", "day"), [("DEN", "2026-11-20"), ("LYO", "2026-11-21")])
def test_today_is_the_day_at_the_users_site(client: Client, site: str, day: str) -> None:
    user = hiro() if site == "DEN" else cast_member("Lea Lyon", "quality_manager", site="LYO")
    with time_machine.travel(LATE_EVENING, tick=False):
        client.force_login(user)
        response = client.get(reverse("qms:mapping-new"))
    assert response.context["form"].initial["effective_from"].isoformat() == day
