"""Asking for a resource and answering: who decides, what hangs together, and that nothing happens by halves."""

from __future__ import annotations

import uuid
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.apps import apps
from django.core.exceptions import ValidationError

from leadership.models import ResourceDecision, ResourceRequest
from leadership.services import resource_request as service
from leadership.services import resource_request_arrival as arrival
from leadership.services import resource_request_decision as decision
from leadership.services import resource_request_figures as figures
from leadership.tasks.resource_request import follow_acceptances
from objectives.models import Objective, ObjectiveTarget, Risk
from objectives.services import objective as objective_service
from objectives.services import risk as risk_service
from objectives.services import risk_acceptance
from qms.models import ClauseLink, Notification, Signature
from qms.services import organization
from qms.services import record as record_service
from qms.services.record import CannotChange, IllegalTransition, StaleRecord
from qms.services.trail_check import verify
from qms.services.wording import ReasonMissing
from tests.factories import NOW, TODAY, ClauseFactory, MappingFactory, cast_member
from tests.leadership.resource_requests import (
    Plant,
    asked_for,
    bearing,
    declined,
    easier,
    fresh,
    grant,
    plant,
    provided,
    scrap,
)
from tests.objectives.risks import identified, rated

pytestmark = pytest.mark.django_db


@pytest.fixture
def us() -> Plant:
    return plant()


# --- asking -----------------------------------------------------------------------------------------------------------


def test_the_nearest_one_above_who_may_decide_is_asked(us: Plant) -> None:
    request = asked_for(us.tom)
    assert (request.decider, request.status, request.awaited_on) == (us.ana.person, "requested", TODAY)
    assert Notification.objects.get(user=us.ana).text.startswith(f"{request.reference}: Tom Alder asks")
    us.ana.is_active = False
    us.ana.save(update_fields=["is_active"])
    assert asked_for(us.tom).decider == us.yusuf.person


def test_same_uid_asks_once(us: Plant) -> None:
    uid = uuid.uuid4()
    assert asked_for(us.tom, uid=uid).pk == asked_for(us.tom, uid=uid).pk


def test_nobody_above_is_said_by_field(us: Plant) -> None:
    with pytest.raises(ValidationError) as error:
        asked_for(us.maria)
    assert list(error.value.message_dict) == ["decider"]


def test_who_asks_cannot_be_named_to_decide(us: Plant) -> None:
    with pytest.raises(ValidationError, match="Nobody decides what he or she asks for"):
        asked_for(us.ana, decider=us.ana.person)


def test_it_serves_something_or_says_why_not(us: Plant) -> None:
    with pytest.raises(ValidationError) as error:
        service.open_request(
            uid=uuid.uuid4(), title="A gauge", site=us.tom.person.site, owner=us.tom.person, resource="technology",
            needed_on=TODAY, without_it="We guess", by=us.tom, at=NOW,
        )  # fmt: skip
    assert list(error.value.message_dict) == ["serves_neither"]


@pytest.mark.parametrize("field", ["objective_served", "risk_served"])
def test_what_is_over_is_not_served(us: Plant, field: str) -> None:
    served: Any = (
        objective_service.achieve(scrap(us.yusuf), outcome="2 %", by=us.yusuf, at=NOW)
        if field == "objective_served"
        else risk_service.withdraw(rated(us.yusuf), reason="Twice", by=us.yusuf, at=NOW)
    )
    with pytest.raises(ValidationError) as error:
        asked_for(us.tom, **{field: served})
    assert list(error.value.message_dict) == [field]


def test_draft_is_sent_later_and_counts_from_then(us: Plant) -> None:
    draft = asked_for(us.tom, is_draft=True)
    assert (draft.status, draft.awaited_on) == ("draft", None)
    sent = service.send(draft, by=us.tom, at=NOW + timedelta(days=3))
    assert (sent.status, sent.awaited_on) == ("requested", TODAY + timedelta(days=3))
    with pytest.raises(IllegalTransition):
        service.send(sent, by=us.tom, at=NOW)


def test_question_and_answer_stay_and_the_days_go_on(us: Plant) -> None:
    request = service.ask(asked_for(us.tom), question="Why two?", by=us.ana, at=NOW + timedelta(days=2))
    with pytest.raises(CannotChange):
        service.answer(request, answer="Because", by=us.ana, at=NOW)
    request = service.answer(request, answer="Two shifts", by=us.tom, at=NOW + timedelta(days=4))
    assert (request.status, request.awaited_on) == ("requested", TODAY)
    assert request.content()["questions"] == [
        {
            "asked_on": (TODAY + timedelta(days=2)).isoformat(), "by": "Ana Ruiz", "question": "Why two?",
            "answered_on": (TODAY + timedelta(days=4)).isoformat(), "answer": "Two shifts",
        }
    ]  # fmt: skip


def test_handing_on_needs_a_reason_and_somebody_who_may(us: Plant) -> None:
    request = asked_for(us.tom)
    with pytest.raises(ReasonMissing):
        service.hand_on(request, decider=us.yusuf.person, reason=" ", by=us.ana, at=NOW)
    with pytest.raises(ValidationError, match="Nobody decides"):
        service.hand_on(request, decider=us.tom.person, reason="Yours", by=us.ana, at=NOW)
    handed = service.hand_on(request, decider=us.yusuf.person, reason="Beyond my budget", by=us.ana, at=NOW)
    assert (handed.decider, handed.awaited_on) == (us.yusuf.person, TODAY)
    with pytest.raises(CannotChange):
        decision.provide(handed, grant=grant(), by=us.ana, at=NOW)


@pytest.mark.parametrize(("who", "may"), [("tom", False), ("ana", True), ("yusuf", True), ("maria", True),
                                          ("hiro", False)])  # fmt: skip
def test_only_the_one_named_or_somebody_above_decides(us: Plant, who: str, may: bool) -> None:
    assert service.may_decide(getattr(us, who), asked_for(us.tom)) is may


def test_who_asks_never_decides_however_high_up(us: Plant) -> None:
    request = asked_for(us.yusuf, decider=us.ana.person)
    with pytest.raises(CannotChange, match="never who asks"):
        declined(request, us.yusuf)


# --- deciding ---------------------------------------------------------------------------------------------------------


def test_declined_is_one_step_with_risk_acceptance_target_and_three_signatures(us: Plant) -> None:
    objective = scrap(us.yusuf)
    request = declined(asked_for(us.tom, objective_served=objective), us.ana)
    risk, acceptance, target = request.risk_served, request.acceptance, request.adjusted_target
    assert risk is not None
    assert acceptance is not None
    assert target is not None
    assert (request.status, risk.status, risk.rating, acceptance.risk_id) == ("declined", "accepted", 12, risk.pk)
    assert (risk.owner, risk.consequence) == (us.ana.person, request.without_it)
    assert (target.number, target.target_value) == (2, Decimal("2.5"))
    assert ObjectiveTarget.objects.get(objective=objective, number=1).target_value == Decimal(2)
    assert request.reference in acceptance.why
    assert request.reference in target.reason
    signed = {record.pk for record in (request, risk, objective)}
    assert set(Signature.objects.filter(name="Ana Ruiz").values_list("record_id", flat=True)) == signed
    row = ResourceDecision.objects.get()
    assert (row.choice, row.days, row.acceptance, row.adjusted_target) == ("declined", 0, acceptance, target)
    assert (request.review_on, request.due_on) == (acceptance.expires_on, None)
    assert verify().is_intact


def test_the_risk_it_serves_is_the_one_that_is_borne(us: Plant) -> None:
    risk = rated(us.yusuf)
    request = declined(asked_for(us.tom, risk_served=risk), us.ana, bearing=bearing(title="", likelihood=None))
    assert (request.risk_served_id, Risk.objects.count()) == (risk.pk, 1)


def test_risk_that_nobody_has_weighed_is_weighed_first(us: Plant) -> None:
    request = asked_for(us.tom, risk_served=identified(us.yusuf))
    with pytest.raises(ValidationError) as error:
        declined(request, us.ana, bearing=bearing(likelihood=None, impact=None))
    assert set(error.value.message_dict) == {"likelihood", "impact"}
    risk = declined(request, us.ana).risk_served
    assert risk is not None
    assert (risk.rating, risk.status) == (12, "accepted")


def test_partly_provides_a_part_and_bears_the_rest(us: Plant) -> None:
    request = declined(asked_for(us.tom, objective_served=scrap(us.yusuf)), us.ana, grant=grant())
    assert (request.status, request.granted_amount, request.due_on) == ("partly", Decimal(2100), request.arrives_on)
    assert request.acceptance is not None
    there = arrival.confirm_arrival(request, note="He is back from the course", by=us.tom, at=NOW)
    assert (there.status, there.arrived_on, there.acceptance) == ("partly", TODAY, request.acceptance)


def test_objective_wants_its_target_adjusted(us: Plant) -> None:
    request = asked_for(us.tom, objective_served=scrap(us.yusuf))
    with pytest.raises(ValidationError) as error:
        declined(request, us.ana, target=None)
    assert list(error.value.message_dict) == ["target_value"]


@pytest.mark.parametrize(
    ("value", "more_days", "fits"),
    [("2", 0, False), ("1.5", 0, False), ("2", -10, False), ("2.1", 0, True), ("2", 30, True), ("2.5", -10, True)],
)
def test_adjusted_target_asks_less_or_gives_more_time(us: Plant, value: str, more_days: int, fits: bool) -> None:
    objective = scrap(us.yusuf)
    day = (objective.due_on or TODAY) + timedelta(days=more_days)
    assert decision.easier(objective, Decimal(value), day) is fits


FAILURES = {
    "words missing": {"bearing": bearing(compensating_control=" ")},
    "too long": {"bearing": bearing(expires_on=TODAY + timedelta(days=366))},
    "not signed by anybody above": {},
    "target too hard": {"target": "hard"},
    "target gone stale": {"target": "stale"},
    "request gone stale": {"version": 7},
}


@pytest.mark.parametrize("what", FAILURES)
def test_a_failure_anywhere_leaves_nothing(us: Plant, what: str) -> None:
    objective = scrap(us.yusuf)
    request = asked_for(us.tom, objective_served=objective)
    facts: dict[str, Any] = dict(FAILURES[what])
    if facts.get("target"):
        values: dict[str, Any] = {"target_value": Decimal(1)} if facts["target"] == "hard" else {"version": 1}
        facts["target"] = easier(objective, **values)
    before = everything()
    with pytest.raises((ValidationError, CannotChange, StaleRecord)):
        declined(request, us.hiro if what == "not signed by anybody above" else us.ana, **facts)
    assert everything() == before


def test_failure_after_everything_else_leaves_nothing(us: Plant, monkeypatch: pytest.MonkeyPatch) -> None:
    request = asked_for(us.tom, objective_served=scrap(us.yusuf))
    before = everything()

    def broken(*args: Any, **kwargs: Any) -> None:
        raise OSError("the disk is full")

    monkeypatch.setattr(ResourceDecision, "save", broken)
    with pytest.raises(OSError, match="disk"):
        declined(request, us.ana)
    assert everything() == before


def everything() -> dict[str, list[Any]]:
    own = [model for model in apps.get_models() if model._meta.app_label in ("qms", "objectives", "leadership")]
    return {m._meta.label: sorted(m._base_manager.values_list(), key=repr) for m in own}


def test_confidential_risk_out_of_sight_cannot_be_borne(us: Plant) -> None:
    request = asked_for(us.tom, risk_served=rated(us.yusuf, is_confidential=True))
    with pytest.raises(CannotChange, match="Hand the decision on"):
        declined(request, us.ana)


def test_decided_request_is_not_decided_or_changed_again(us: Plant) -> None:
    request = declined(asked_for(us.tom), us.ana)
    with pytest.raises(IllegalTransition):
        provided(request, us.ana)
    with pytest.raises(CannotChange):
        service.change(request, version=request.version, reason="More", title="Three", by=us.tom, at=NOW)


# --- what comes of it -------------------------------------------------------------------------------------------------


def test_who_asked_says_it_is_there_not_who_decided(us: Plant) -> None:
    request = provided(asked_for(us.tom), us.ana)
    for user in (us.ana, us.hiro):
        with pytest.raises(CannotChange):
            arrival.confirm_arrival(request, note="It is", by=user, at=NOW)
    with pytest.raises(ValidationError, match="how one sees"):
        arrival.confirm_arrival(request, note=" ", by=us.tom, at=NOW)
    there = arrival.confirm_arrival(request, note="Two certificates", by=us.tom, at=NOW + timedelta(days=40))
    assert (there.status, there.arrived_on) == ("closed", TODAY + timedelta(days=40))


def test_late_arrival_is_listed_postponed_and_sent_back(us: Plant) -> None:
    request = provided(asked_for(us.tom), us.ana)
    late = TODAY + timedelta(days=31)
    assert list(figures.overdue_arrivals(late - timedelta(days=1))) == []
    assert list(figures.overdue_arrivals(late)) == [request]
    with pytest.raises(CannotChange, match="not passed"):
        arrival.send_back(request, reason="Where is it?", by=us.tom, at=NOW)
    moved = arrival.postpone(
        request, arrives_on=TODAY + timedelta(days=50), reason="The trainer is ill", by=us.ana, at=NOW
    )
    assert list(figures.overdue_arrivals(late)) == []
    back = arrival.send_back(moved, reason="Nobody came", by=us.tom, at=NOW + timedelta(days=51))
    assert (back.status, back.awaited_on, back.decision) == ("requested", TODAY + timedelta(days=51), "")


@pytest.mark.parametrize("how", ["expired", "voided", "treated", "withdrawn"])
def test_request_comes_back_when_its_acceptance_ends(us: Plant, how: str) -> None:
    request = declined(asked_for(us.tom), us.ana)
    risk, later = request.risk_served, NOW + timedelta(days=201)
    assert risk is not None
    Notification.objects.all().delete()
    end = {
        "expired": lambda: risk_acceptance.expire_due(at=later),
        "voided": lambda: risk_acceptance.void(risk, reason="The contractor left", by=us.ana, at=later),
        "treated": lambda: risk_service.treat(
            risk, treatment="reduce", treatment_plan="Train one", due_on=None, by=us.ana, at=later
        ),
        "withdrawn": lambda: risk_service.withdraw(risk, reason="Twice", by=us.ana, at=later),
    }
    assert arrival.follow_acceptances(at=later) == 0
    end[how]()
    follow_acceptances()
    back = fresh(request)
    assert (back.status, back.decision, back.acceptance, back.decided_on) == ("requested", "", None, None)
    assert back.awaited_on is not None
    assert list(service.waiting_for(us.ana)) == [back]
    assert "waits for your decision again" in " ".join(Notification.objects.values_list("text", flat=True))
    assert arrival.follow_acceptances(at=later) == 0
    assert ResourceDecision.objects.filter(request=request).count() == 1


def test_renewed_acceptance_is_taken_over(us: Plant) -> None:
    request = declined(asked_for(us.tom), us.ana)
    until = TODAY + timedelta(days=300)
    again = risk_acceptance.accept(
        Risk.objects.get(pk=request.risk_served_id), why="Still no budget", compensating_control="As before",
        void_if="As before", expires_on=until, method="password", by=us.ana, at=NOW,
    )  # fmt: skip
    assert arrival.follow_acceptances(at=NOW) == 1
    stands = fresh(request)
    assert (stands.status, stands.acceptance, stands.review_on) == ("declined", again, until)


def test_decider_takes_it_up_again_and_provides(us: Plant) -> None:
    request = declined(asked_for(us.tom), us.ana)
    back = arrival.reconsider(request, reason="The budget is there", by=us.ana, at=NOW + timedelta(days=9))
    ended = request.acceptance
    assert ended is not None
    ended.refresh_from_db()
    assert (back.status, ended.ended_because) == ("requested", "voided")
    again = decision.provide(back, grant=grant(), by=us.ana, at=NOW + timedelta(days=11))
    assert list(again.decisions.order_by("number").values_list("choice", "days")) == [("declined", 0), ("provided", 2)]


def test_no_longer_needed_is_closed_and_stays_so(us: Plant) -> None:
    request = arrival.close(declined(asked_for(us.tom), us.ana), reason="Line 3 is sold", by=us.tom, at=NOW)
    assert (request.status, request.decision, request.closed_because) == ("closed", "declined", "Line 3 is sold")
    risk_acceptance.expire_due(at=NOW + timedelta(days=300))
    assert arrival.follow_acceptances(at=NOW + timedelta(days=300)) == 0


# --- evidence and figures ---------------------------------------------------------------------------------------------


def test_it_counts_as_evidence_once_decided_dated_by_the_decision(us: Plant) -> None:
    MappingFactory(kind="resource_request", subtype="", clause=ClauseFactory(number="7.1.1"))
    request = asked_for(us.tom)
    link = ClauseLink.objects.get(record=request)
    assert link.counts is False
    request = decision.provide(request, grant=grant(), by=us.ana, at=NOW + timedelta(days=5))
    link = ClauseLink.objects.get(record=request)
    assert (link.counts, link.occurred_on) == (True, TODAY + timedelta(days=5))
    request = arrival.confirm_arrival(request, note="There", by=us.tom, at=NOW + timedelta(days=20))
    assert ClauseLink.objects.get(record=request).occurred_on == TODAY + timedelta(days=20)


def test_figures_count_decisions_with_their_median(us: Plant) -> None:
    days = {"provided": (0, 4), "declined": (15,), "partly": (20,)}
    for choice, waits in days.items():
        for wait in waits:
            request, at = asked_for(us.tom), NOW + timedelta(days=wait)
            if choice == "provided":
                decision.provide(request, grant=grant(), by=us.ana, at=at)
            else:
                declined(request, us.ana, grant=grant() if choice == "partly" else None, at=at)
    site = us.tom.person.site
    assert site is not None
    found = figures.figures([site], TODAY, TODAY + timedelta(days=30))
    assert (found.provided, found.partly, found.declined, found.n) == (2, 1, 1, 4)
    assert (found.median_days, found.in_time, found.within_days) == (9.5, 2, 14)
    organization.edit(name="Acme", scope_statement="", time_zone="UTC", request_answer_days=365, by=None, at=NOW)
    found = figures.figures([site], TODAY, TODAY + timedelta(days=30))
    assert (found.in_time, found.within_days) == (found.n, 365)
    assert figures.figures([site], TODAY, TODAY + timedelta(days=15)).n == 3
    assert figures.figures([], TODAY, TODAY + timedelta(days=30)).median_days is None


def test_register_shows_bands_and_what_runs_out(us: Plant) -> None:
    for days in (0, 7, 8, 14, 15, 30, 31, 90):
        asked_for(us.tom, at=NOW - timedelta(days=days))
    soon = declined(asked_for(us.tom), us.ana, bearing=bearing(expires_on=TODAY + timedelta(days=60)))
    declined(asked_for(us.tom), us.ana, bearing=bearing(expires_on=TODAY + timedelta(days=61)))
    shown = figures.register(us.ana, today=TODAY)
    assert [(band.name, n) for band, n in shown.bands] == [("week", 2), ("fortnight", 2), ("month", 2), ("longer", 2)]
    assert (shown.waiting, shown.longest_days, shown.expiring) == (8, 90, [soon])
    for band, n in shown.bands:
        assert ResourceRequest.objects.all().waiting().filter(**band.days(TODAY)).count() == n


def test_confidential_one_is_seen_by_who_asks_and_who_decides_only(us: Plant) -> None:
    request = asked_for(us.tom, is_confidential=True)
    seen = {
        name for name in ("tom", "ana", "yusuf", "hiro")
        if ResourceRequest.objects.visible_to(getattr(us, name)).filter(pk=request.pk).exists()
    }  # fmt: skip
    assert seen == {"tom", "ana", "hiro"}


def test_other_site_sees_nothing(us: Plant) -> None:
    request = asked_for(us.tom)
    omar = cast_member("Omar Outsider", site="LYO")
    assert not ResourceRequest.objects.visible_to(omar).filter(pk=request.pk).exists()
    with pytest.raises(ValidationError, match="may not decide about resources at this site"):
        service.hand_on(request, decider=omar.person, reason="Yours", by=us.ana, at=NOW)


def test_signature_binds_to_the_version_that_says_declined(us: Plant) -> None:
    request = declined(asked_for(us.tom), us.ana)
    signature = Signature.objects.get(record=request)
    version = request.versions.get(version=signature.version)
    assert signature.content_hash == version.content_hash
    assert '"decision":"Declined"' in version.content.replace('": "', '":"')
    assert record_service.full_content(fresh(request))["facts"]["accepted_until"] == request.review_on.isoformat()  # type: ignore[union-attr]


def test_objective_that_has_ended_leads_to_words(us: Plant) -> None:
    objective = scrap(us.yusuf)
    request = asked_for(us.tom, objective_served=objective)
    objective_service.drop(Objective.objects.get(pk=objective.pk), outcome="Line sold", by=us.yusuf, at=NOW)
    with pytest.raises(CannotChange, match="has ended"):
        declined(fresh(request), us.ana, target=easier(objective))
