"""What the tests of risks share: a rated risk, a judged one, an accepted one, made through the services."""

from __future__ import annotations

import uuid
from datetime import date, timedelta
from typing import Any

from django.test import Client
from django.urls import reverse

from objectives.models import Risk, RiskAcceptance
from objectives.services import risk as service
from objectives.services import risk_acceptance
from qms.models import User
from tests.factories import NOW, TODAY


def as_user(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def identified(by: User, **values: Any) -> Risk:
    facts: dict[str, Any] = {
        "uid": uuid.uuid4(), "title": "Only one person can program line 3", "nature": "risk", "site": by.person.site,
        "owner": by.person, "by": by, "at": NOW,
    }  # fmt: skip
    return service.open_risk(**(facts | values))


def rated(by: User, likelihood: int = 4, impact: int = 4, **values: Any) -> Risk:
    risk = identified(by, **values)
    return service.rate(
        risk, likelihood=likelihood, impact=impact, reason="Two absences last year", by=by, at=values.get("at", NOW)
    )


def treated(by: User, **values: Any) -> Risk:
    return service.treat(
        rated(by, **values), treatment="reduce", treatment_plan="Train two setters", due_on=None, by=by,
        at=values.get("at", NOW),
    )  # fmt: skip


def judged(by: User, judge: User | None = None, effectiveness: str = "effective") -> Risk:
    return service.judge(
        treated(by), likelihood=2, impact=4, effectiveness=effectiveness, note="Both stood in last week",
        by=judge or by, at=NOW,
    )  # fmt: skip


def accepted(by: User, risk: Risk | None = None, until: date | None = None, **values: Any) -> RiskAcceptance:
    facts: dict[str, Any] = {
        "why": "The course ends in May", "compensating_control": "A contractor is on call",
        "void_if": "The contractor leaves", "expires_on": until or TODAY + timedelta(days=100), "method": "password",
        "by": by, "at": NOW,
    }  # fmt: skip
    return risk_acceptance.accept(risk or rated(by), **(facts | values))


def url(risk: Risk, what: str = "detail", *more: Any) -> str:
    return reverse(f"objectives:risk-{what}", args=[risk.pk, *more])
