"""Objectives for tests: drafted, approved, measured; and their addresses."""

import uuid
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from django.test import Client
from django.urls import reverse

from objectives.models import Measurement, Objective, StrategicGoal
from objectives.services import objective as service
from objectives.services.objective_measurement import record_measurement
from qms.models import User
from qms.services import record as record_service
from tests.factories import NOW, TODAY

APPROVED_AT = datetime(2026, 1, 2, 16, 0, tzinfo=UTC)


def as_user(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def drafted(by: User, **values: Any) -> Objective:
    facts: dict[str, Any] = {
        "uid": uuid.uuid4(), "title": "Scrap of line 3 at 2 %", "owner": by.person, "site": by.person.site,
        "measure": "Scrap rate of line 3", "unit": "%", "target_value": Decimal(2), "baseline_value": Decimal("3.4"),
        "baseline_on": date(2026, 1, 1), "due_on": date(2026, 12, 27), "means": "Tool-life trial",
        "judged_how": "Mean of the quarter", "by": by, "at": APPROVED_AT,
    }  # fmt: skip
    return service.set_objective(**(facts | values))


def approved(by: User, at: datetime = APPROVED_AT, **values: Any) -> Objective:
    return service.approve(drafted(by, at=at, **values), by=by, at=at, method="password")


def measure(objective: Objective, day: date, value: str, *, at: datetime = NOW, **more: Any) -> Measurement:
    return record_measurement(
        objective, measured_on=day, value=Decimal(value), by=objective.recorded_by, at=at, **more
    )  # fmt: skip


def fresh(objective: Objective) -> Objective:
    return Objective.objects.select_related("site", "owner").get(pk=objective.pk)


def url(objective: Objective, what: str = "detail") -> str:
    return reverse(f"objectives:objective-{what}", args=[objective.pk])


def move_url(objective: Objective, verb: str) -> str:
    return reverse("objectives:objective-move", args=[objective.pk, verb])


def goal(by: User) -> StrategicGoal:
    new = StrategicGoal(
        title="Right first time", owner=by.person, site=by.person.site, occurred_on=TODAY, starts_on=TODAY,
        ends_on=date(2029, 1, 1),
    )  # fmt: skip
    record_service.open_new(new, by=by, at=NOW)
    return new
