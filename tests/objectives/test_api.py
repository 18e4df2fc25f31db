"""Measurements, ideas and cost postings sent in by machines and other systems."""

from __future__ import annotations

import json
import uuid
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from objectives.models import (
    ImprovementAction,
    Measurement,
    Objective,
    QualityCostAccount,
    QualityCostPosting,
    QualityCostStatement,
)
from objectives.services import objective as objective_service
from objectives.services import quality_cost
from qms.models import ApiToken, TrailEntry, User
from tests.contracts.test_access import signed_in
from tests.factories import PASSWORD, AreaFactory, cast_member, hiro, yusuf
from tests.qms.test_api import caller

pytestmark = pytest.mark.django_db
TODAY = timezone.now().date()


@pytest.fixture
def leader() -> User:
    return yusuf()


@pytest.fixture
def scrap(leader: User) -> Objective:
    now = timezone.now()
    drafted = objective_service.set_objective(
        uid=uuid.uuid4(), title="Scrap of line 3 at 2 %", owner=leader.person, site=leader.person.site,
        measure="Scrap rate", unit="%", target_value=Decimal(2), baseline_value=Decimal("3.4"),
        baseline_on=date(2026, 1, 1), due_on=date(2030, 6, 30), means="Trial", judged_how="Monthly mean",
        by=leader, at=now,
    )  # fmt: skip
    return objective_service.approve(drafted, by=leader, at=now, method="password")


def send(api: Client, path: str, body: Any) -> Any:
    return api.post(f"/api/v1/{path}", json.dumps(body), content_type="application/json")


def readings(*values: str, **fields: Any) -> dict[str, Any]:
    days = [TODAY - timedelta(days=number) for number in range(1, len(values) + 1)]
    pairs = zip(days, values, strict=True)
    return {"measurements": [{"measured_on": str(day), "value": value} | fields for day, value in pairs]}


def test_measurements_are_recorded_once_per_day_and_corrected_in_the_trail(leader: User, scrap: Objective) -> None:
    api, path = caller(leader), f"objectives/{scrap.uid}/measurements"
    first = send(api, path, readings("2.9", sample_size=400))
    assert first.json()["unit"] == "%"
    assert first.json()["measurements"][0]["value"] == "2.9"
    assert send(api, path, readings("2.9")).status_code == 200
    assert Measurement.objects.count() == 1
    send(api, path, readings("2.7"))
    row = Measurement.objects.get(replaced_at=None)
    assert (row.value, row.source, row.recorded_by) == (Decimal("2.7"), "api", leader)
    entries = TrailEntry.objects.filter(chain=scrap.trail_key, verb__startswith="objective.measure").order_by("seq")
    assert [entry.verb for entry in entries] == ["objective.measured", "objective.measurement_corrected"]
    assert all(json.loads(entry.changes)["through"].startswith("Robot (qms_") for entry in entries)


def test_many_measurements_come_at_once_and_are_read_newest_first(leader: User, scrap: Objective) -> None:
    api, path = caller(leader), f"objectives/{scrap.uid}/measurements"
    assert send(api, path, readings("2.9", "3", "3.05")).status_code == 200
    assert [row["value"] for row in api.get(f"/api/v1/{path}").json()["measurements"]] == ["2.9", "3", "3.05"]
    told = api.get(f"/api/v1/{path}", {"until": str(TODAY - timedelta(days=2)), "limit": 1}).json()
    assert [row["value"] for row in told["measurements"]] == ["3"]
    assert api.get(f"/api/v1/{path}", {"day": "x"}).status_code == 422


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"measurements": []}, "measurements"),
        ({"measurements": [{"measured_on": "2026-11-01", "value": "many"}]}, "measurements.0.value"),
        ({"measurements": [{"measured_on": "2026-11-01", "value": "1.23456"}]}, "measurements.0.value"),
        ({"measurements": [{"measured_on": "2090-11-01", "value": "1"}]}, "measured_on"),
        ({"measurements": [{"measured_on": "2026-11-01", "value": "1"}] * 2}, "measured_on"),
    ],
)
def test_wrong_measurement_is_named(leader: User, scrap: Objective, body: Any, field: str) -> None:
    answer = send(caller(leader), f"objectives/{scrap.uid}/measurements", body)
    assert (answer.status_code, list(dict.fromkeys(answer.json()["fields"]))) == (422, [field])
    assert not Measurement.objects.exists()


def test_only_who_works_on_the_objective_measures_it_and_only_while_it_runs(leader: User, scrap: Objective) -> None:
    path = f"objectives/{scrap.uid}/measurements"
    assert send(caller(cast_member("Lea Leader")), path, readings("1")).status_code == 403
    assert send(caller(hiro()), path, readings("1")).status_code == 200
    objective_service.drop(scrap, outcome="Line sold", by=leader, at=timezone.now())
    assert send(caller(leader), path, readings("2")).status_code in (403, 409)


def test_token_made_on_the_objectives_page_measures_this_one_only(leader: User, scrap: Objective) -> None:
    browser = signed_in(leader)
    page = browser.get(f"/plan/objectives/{scrap.pk}/").content.decode()
    assert f"/plan/objectives/{scrap.pk}/token/" in page
    day = str(TODAY + timedelta(days=30))
    sent = {"name": "Scale", "last_day": day, "password": PASSWORD}
    made = browser.post(f"/plan/objectives/{scrap.pk}/token/", sent)
    token = ApiToken.objects.get()
    assert (token.record_id, token.scopes) == (scrap.pk, ["measurement", "read"])
    api = Client(headers={"authorization": f"Bearer {made.context['secret']}"})
    assert send(api, f"objectives/{scrap.uid}/measurements", readings("1")).status_code == 200
    assert send(api, "ideas", {"uid": str(uuid.uuid4()), "title": "A hook", "area": "x"}).status_code == 403
    assert [api.get(f"/api/v1/{name}").status_code for name in ("sites", "cost-accounts")] == [403, 403]


def test_idea_is_raised_once(leader: User) -> None:
    AreaFactory()
    api, body = caller(leader), {"uid": str(uuid.uuid4()), "title": "A hook for the hose", "area": "CNC line 3"}
    hiro()
    assert [send(api, "ideas", body).status_code for _ in range(2)] == [201, 200]
    raised = ImprovementAction.objects.get()
    assert (raised.status, raised.raiser, raised.area.name) == ("idea", leader.person, "CNC line 3")
    for wrong, field in (({"area": "Nowhere"}, "area"), ({"title": "One. Two. Three."}, "title")):
        answer = send(api, "ideas", body | wrong | {"uid": str(uuid.uuid4())})
        assert (answer.status_code, list(answer.json()["fields"])) == (422, [field])


# --- cost of quality --------------------------------------------------------------------------------------------------


@pytest.fixture
def finance(leader: User) -> User:
    QualityCostAccount.objects.create(site=leader.person.site, name="Scrap", category="internal_failure")
    return cast_member("Fiona Finance", "finance")


def posting(**fields: Any) -> dict[str, Any]:
    return {"month": "2026-10-31", "account": "Scrap", "amount": "1200.50", "key": "V-17"} | fields


def counts(answer: Any) -> tuple[int, int, int]:
    return tuple(answer.json()[name] for name in ("new", "changed", "unchanged"))  # type: ignore[return-value]


def test_posting_stands_once_under_its_key_and_a_correction_replaces_it(finance: User) -> None:
    api = caller(finance)
    first = send(api, "cost-postings", {"postings": [posting(), posting(key="", amount=80)]})
    assert (first.status_code, counts(first)) == (200, (2, 0, 0))
    assert first.json()["statements"][0]["month"] == "2026-10-01"
    assert counts(send(api, "cost-postings", {"postings": [posting()]})) == (0, 0, 1)
    assert counts(send(api, "cost-postings", {"postings": [posting(amount="900")]})) == (0, 1, 0)
    row = QualityCostPosting.objects.get(key="V-17", replaced_at=None)
    assert (row.amount, row.source, row.recorded_by) == (Decimal(900), "api", finance)
    entries = TrailEntry.objects.filter(chain=row.statement.trail_key)
    assert [json.loads(entry.changes)["through"][:5] for entry in entries] == ["Robot"] * 2


def test_confirmed_month_takes_nothing_more_and_says_why(finance: User) -> None:
    api = caller(finance)
    send(api, "cost-postings", {"postings": [posting()]})
    quality_cost.confirm(QualityCostStatement.objects.get(), method="password", by=finance, at=timezone.now())
    assert send(api, "cost-postings", {"postings": [posting()]}).status_code == 200
    refused = send(api, "cost-postings", {"postings": [posting(amount=1)]})
    assert refused.status_code == 409
    assert "confirmed by finance" in refused.json()["message"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"postings": [posting(), posting(account="Coffee", key="V-18")]}, "postings.1.account"),
        ({"postings": [posting(month="2090-01-01")]}, "month"),
        ({"postings": [posting(), posting()]}, "key"),
        ({"postings": [posting(amount="1.234")]}, "postings.0.amount"),
        ({"site": "LYO", "postings": [posting()]}, "site"),
    ],
)
def test_wrong_posting_is_named_and_none_is_kept(finance: User, body: Any, field: str) -> None:
    answer = send(caller(finance), "cost-postings", body)
    assert (answer.status_code, list(dict.fromkeys(answer.json()["fields"]))) == (422, [field])
    assert not QualityCostPosting.objects.exists()


def test_accounts_are_listed_and_who_keeps_no_books_posts_nothing(finance: User, leader: User) -> None:
    assert caller(leader).get("/api/v1/cost-accounts").json() == [
        {"name": "Scrap", "category": "internal_failure", "site": "DEN"}
    ]
    assert send(caller(leader), "cost-postings", {"postings": [posting()]}).status_code == 403
