"""What waits for finance: benefits and months to confirm, on the first page of who may."""

from __future__ import annotations

from datetime import date

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from objectives.services import benefit as benefit_service
from objectives.services import finance as service
from objectives.services import improvement_action
from qms.models import User
from tests.factories import NOW, TODAY, cast_member, hiro, yusuf
from tests.objectives.actions import as_user, done, opened
from tests.objectives.quality_costs import confirmed, posted, sian
from tests.objectives.test_benefit import saved

pytestmark = pytest.mark.django_db
THIS_MONTH = TODAY.replace(day=1)


def waiting(user: User) -> list[tuple[str, int | None]]:
    return [(row.kind, row.benefit_id) for row in service.waiting_for(user, today=TODAY)]  # type: ignore[attr-defined]


def test_benefits_of_done_actions_and_ended_months_wait_for_finance_only() -> None:
    boss, controller = yusuf(), sian()
    benefit = saved(boss)
    saved(boss, action=opened(boss))
    benefit_service.confirm(saved(boss), proof="password", by=controller, at=NOW)
    saved(controller, action=done(controller))
    posted(controller, month=date(2026, 9, 1))
    confirmed(controller, posted(controller, month=date(2026, 8, 1)).statements[0])
    posted(controller, month=THIS_MONTH)
    assert sorted(waiting(controller)) == [("improvement_action", benefit.pk), ("quality_cost", None)]
    with CaptureQueriesContext(connection) as queries:
        assert waiting(hiro()) == []
    assert not [query for query in queries if "benefit" in query["sql"]]


def test_withdrawn_action_and_another_site_wait_for_nobody_here() -> None:
    boss = yusuf()
    benefit = saved(boss)
    assert waiting(cast_member("Nils Berg", "finance", site="ROT")) == []
    improvement_action.withdraw(
        improvement_action.reopen(benefit.action, reason="Not done", by=boss, at=NOW), reason="Twice", by=boss, at=NOW
    )
    assert waiting(sian()) == []


def test_home_and_due_lead_finance_to_what_it_signs() -> None:
    boss, controller = yusuf(), sian()
    benefit = saved(boss)
    month = posted(controller, month=date(2026, 9, 1)).statements[0]
    with time_machine.travel(NOW, tick=False):
        client = as_user(controller)
        for address in ("/", "/due/"):
            page = client.get(address).content.decode()
            assert f"/benefits/{benefit.pk}/confirm/" in page
            assert f"/statements/{month.pk}/confirm/" in page
        assert "/confirm/" not in as_user(boss).get("/").content.decode()
