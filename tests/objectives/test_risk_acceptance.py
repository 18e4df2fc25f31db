"""Bearing a risk: signed, at most twelve months, voided, renewed, and open again when it runs out."""

from __future__ import annotations

import json
from contextlib import nullcontext
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from objectives.models import Risk, RiskAcceptance
from objectives.services import risk as service
from objectives.services import risk_acceptance
from objectives.tasks.risk import expire_acceptances
from qms.models import Notification, RecordVersion, Signature, TrailEntry
from qms.permissions import AccessProfile
from qms.services.wording import ReasonMissing
from tests.factories import NOW, PASSWORD, TODAY, cast_member, hiro, yusuf
from tests.objectives.risks import accepted, as_user, identified, rated, treated, url

pytestmark = pytest.mark.django_db


def test_acceptance_is_signed_over_the_version_that_holds_its_words() -> None:
    boss = yusuf()
    acceptance = accepted(boss)
    risk, signature = Risk.objects.get(pk=acceptance.risk_id), acceptance.signature
    assert (risk.status, signature.version, signature.name) == ("accepted", risk.version, "Yusuf Chen")
    version = RecordVersion.objects.get(record=risk, version=risk.version)
    assert signature.content_hash == version.content_hash
    facts = json.loads(version.content)["facts"]
    assert facts["accepted_why"] == "The course ends in May"
    assert facts["compensating_control"] == "A contractor is on call"
    assert facts["void_if"] == "The contractor leaves"
    assert facts["accepted_until"] == acceptance.expires_on.isoformat()


@pytest.mark.parametrize(
    ("today", "last"), [(date(2026, 11, 20), date(2027, 11, 20)), (date(2028, 2, 29), date(2029, 2, 28))]
)
def test_last_day_is_the_same_one_in_twelve_months(today: date, last: date) -> None:
    assert risk_acceptance.latest_end(today) == last


@pytest.mark.parametrize(("days", "fits"), [(0, False), (1, True), (365, True), (366, False)])
def test_acceptance_lasts_between_a_day_and_a_year(days: int, fits: bool) -> None:
    boss = yusuf()
    if fits:
        assert accepted(boss, until=TODAY + timedelta(days=days)).pk
    else:
        with pytest.raises(ValidationError):
            accepted(boss, until=TODAY + timedelta(days=days))


@pytest.mark.parametrize(("days", "fits"), [(366, True), (367, False)])
def test_database_itself_refuses_more_than_a_year(days: int, fits: bool) -> None:
    acceptance = accepted(yusuf())
    RiskAcceptance.objects.update(ended_at=NOW, ended_because="voided")
    acceptance.pk, acceptance.expires_on = None, TODAY + timedelta(days=days)
    with nullcontext() if fits else pytest.raises(IntegrityError), transaction.atomic():
        acceptance.save(force_insert=True)
    assert RiskAcceptance.objects.count() == 1 + fits


@pytest.mark.parametrize("field", ["why", "compensating_control", "void_if"])
def test_acceptance_without_its_words_is_refused(field: str) -> None:
    with pytest.raises(ReasonMissing):
        accepted(yusuf(), None, None, **{field: " "})


def test_only_a_leader_accepts_and_only_what_is_rated() -> None:
    boss = yusuf()
    auditor = cast_member("Farid Vega", AccessProfile.INTERNAL_AUDITOR)
    with pytest.raises(service.CannotChange, match="leader"):
        accepted(auditor, rated(boss))
    with pytest.raises(service.CannotChange, match="Rate it first"):
        accepted(boss, identified(boss))


def test_page_asks_for_a_proof_and_signs() -> None:
    boss = yusuf()
    risk = rated(boss)
    client = as_user(boss)
    words = {
        "version": risk.version, "why": "w", "compensating_control": "c", "void_if": "v",
        "expires_on": (datetime.now(UTC).date() + timedelta(days=30)).isoformat(),
    }  # fmt: skip
    wrong = client.post(url(risk, "accept"), words | {"password": "wrong"})
    assert wrong.status_code == 422
    assert not Signature.objects.exists()
    right = client.post(url(risk, "accept"), words | {"password": PASSWORD})
    assert right.status_code == 302
    assert RiskAcceptance.objects.get().signature.method == "password"
    page = client.get(url(risk)).content.decode()
    assert "I accept this risk until" in page


def test_employee_is_not_offered_to_accept() -> None:
    risk = rated(yusuf())
    employee = cast_member("Uma Jensen", AccessProfile.EMPLOYEE)
    assert as_user(employee).get(url(risk, "accept")).status_code == 403
    assert url(risk, "accept") not in as_user(employee).get(url(risk)).content.decode()


def test_voiding_needs_a_reason_and_opens_the_risk() -> None:
    boss = yusuf()
    risk = accepted(boss).risk
    with pytest.raises(ReasonMissing):
        risk_acceptance.void(risk, reason="", by=boss, at=NOW)
    risk = risk_acceptance.void(risk, reason="The contractor left", by=boss, at=NOW)
    ended = RiskAcceptance.objects.get()
    assert (risk.status, ended.ended_because, ended.ended_note) == ("rated", "voided", "The contractor left")
    assert risk.content()["accepted_by"] == ""


def test_renewal_ends_the_old_acceptance_and_is_signed_anew() -> None:
    boss = yusuf()
    first = accepted(boss)
    second = accepted(boss, first.risk, until=TODAY + timedelta(days=200))
    first.refresh_from_db()
    assert (first.ended_because, second.ended_at) == ("renewed", None)
    assert first.signature_id != second.signature_id
    assert TrailEntry.objects.filter(verb="risk.acceptance_renewed").count() == 1


def test_treating_an_accepted_risk_ends_the_acceptance() -> None:
    boss = yusuf()
    risk = accepted(boss, treated(boss)).risk
    risk = service.treat(risk, treatment="avoid", treatment_plan="Stop line 3", due_on=None, by=boss, at=NOW)
    assert (risk.status, RiskAcceptance.objects.get().ended_because) == ("treating", "treated")


@pytest.mark.parametrize(("levels", "status", "because"), [((5, 4), "rated", "voided"), ((2, 4), "accepted", "")])
def test_acceptance_ends_when_the_rating_rises_above_what_was_signed(
    levels: tuple[int, int], status: str, because: str
) -> None:
    boss = yusuf()
    risk = accepted(boss).risk
    risk = service.rate(risk, likelihood=levels[0], impact=levels[1], reason="New figures", by=boss, at=NOW)
    assert (risk.status, RiskAcceptance.objects.get().ended_because) == (status, because)


@pytest.mark.parametrize(("days", "ends"), [(-1, 0), (0, 1), (1, 1), (40, 1)])
def test_acceptance_runs_out_on_its_last_day_or_any_day_after(days: int, ends: int) -> None:
    boss = yusuf()
    acceptance = accepted(boss, until=TODAY + timedelta(days=100))
    at = NOW + timedelta(days=100 + days)
    assert risk_acceptance.expire_due(at=at) == ends
    assert risk_acceptance.expire_due(at=at) == 0
    risk = Risk.objects.get(pk=acceptance.risk_id)
    assert risk.status == ("rated" if ends else "accepted")
    assert TrailEntry.objects.filter(record=risk, verb="risk.acceptance_expired", by=None).count() == ends
    if ends:
        assert risk.review_on == at.date()
        assert "has run out" in Notification.objects.get(user=boss).text


def test_day_is_the_sites_own() -> None:
    """At 03:00 UTC it is still the evening before in Denver."""
    acceptance = accepted(yusuf(), until=date(2027, 3, 1))
    assert risk_acceptance.expire_due(at=datetime(2027, 3, 1, 3, tzinfo=UTC)) == 0
    assert risk_acceptance.expire_due(at=datetime(2027, 3, 1, 8, tzinfo=UTC)) == 1
    assert acceptance.pk


def test_closed_risk_opens_again_when_its_acceptance_runs_out() -> None:
    boss = yusuf()
    risk = service.close(accepted(boss).risk, reason="Line is sold", by=boss, at=NOW)
    assert risk_acceptance.expire_due(at=NOW + timedelta(days=101)) == 1
    risk.refresh_from_db()
    assert (risk.status, risk.phase, risk.on_map) == ("rated", "open", "open")


def test_beat_ends_acceptances(monkeypatch: pytest.MonkeyPatch) -> None:
    assert settings.CELERY_BEAT_SCHEDULE["risk-acceptances"]["task"] == expire_acceptances.name
    called: list[Any] = []
    monkeypatch.setattr(risk_acceptance, "expire_due", lambda *, at: called.append(at))
    expire_acceptances()
    assert len(called) == 1


def test_quality_manager_sees_who_signed_what() -> None:
    risk = accepted(yusuf()).risk
    page = as_user(hiro()).get(url(risk)).content.decode()
    for words in ("The course ends in May", "A contractor is on call", "The contractor leaves", "Yusuf Chen"):
        assert words in page
