"""Objectives: set, approved with a signature, the target locked, measured, judged, decided on, ended."""

import json
import uuid
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.urls import reverse

from objectives.models import Measurement, Objective, ObjectiveDecision
from objectives.services import objective as service
from objectives.services import objective_decision, objective_standing
from objectives.services.objective_measurement import CannotMeasure, Reading, record_measurements
from objectives.tasks.objective import refresh_standings
from qms.models import ClauseLink, Signature, TrailEntry, User
from qms.services.record import IllegalTransition, StaleRecord
from qms.services.wording import ReasonMissing
from tests.factories import NOW, TODAY, ClauseFactory, MappingFactory, cast_member, hiro, yusuf
from tests.objectives.objectives import approved, as_user, drafted, fresh, goal, measure, url

pytestmark = pytest.mark.django_db


# --- approval and target ----------------------------------------------------------------------------------------------


def test_approval_signs_locks_the_target_and_makes_it_evidence() -> None:
    boss = yusuf()
    clause = ClauseFactory(number="6.2.1")
    MappingFactory(kind="objective", subtype="", clause=clause)
    draft = drafted(boss)
    assert draft.phase == "draft"
    assert not ClauseLink.objects.filter(record=draft, counts=True).exists()
    done = service.approve(draft, by=boss, at=NOW, method="password")
    assert (done.status, done.phase, done.occurred_on) == ("approved", "open", TODAY)
    signature = Signature.objects.get(record=draft)
    (target,) = done.targets.all()
    assert (target.number, target.target_value, target.due_on) == (1, Decimal(2), date(2026, 12, 27))
    assert (target.signature, signature.version, signature.signer) == (signature, done.version, boss.person)
    assert ClauseLink.objects.filter(record=draft, counts=True).count() == 1


@pytest.mark.parametrize("missing", ["due_on", "means", "judged_how"])
def test_approval_is_refused_while_something_is_missing(missing: str) -> None:
    boss = yusuf()
    draft = drafted(boss, **{missing: None if missing == "due_on" else ""})
    with pytest.raises(service.NotReady) as refused:
        service.approve(draft, by=boss, at=NOW, method="password")
    assert set(refused.value.message_dict) == {missing}
    assert fresh(draft).status == "draft"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("target_value", Decimal(3)), ("due_on", date(2027, 6, 1)), ("baseline_value", Decimal(9)),
        ("unit", "ppm"), ("direction", "higher"), ("measure", "Something easier"),
    ],
)  # fmt: skip
def test_after_the_approval_the_target_and_what_it_hangs_on_are_locked(name: str, value: object) -> None:
    boss = yusuf()
    objective = approved(boss)
    with pytest.raises(service.CannotChange):
        service.change(objective, version=objective.version, reason="Easier", by=boss, at=NOW, **{name: value})
    changed = service.change(
        objective, version=objective.version, reason="Told", by=boss, at=NOW, communicated_to="Line 3, 5 Jan",
        **{name: getattr(objective, name)},
    )  # fmt: skip
    assert changed.communicated_to == "Line 3, 5 Jan"


def test_draft_may_change_in_everything() -> None:
    boss = yusuf()
    changed = service.change(drafted(boss), version=1, reason="r", by=boss, at=NOW, target_value=Decimal("1.5"))
    assert changed.target_value == Decimal("1.5")


def test_change_of_target_is_a_new_signed_version_and_the_old_one_stays() -> None:
    boss = yusuf()
    objective = approved(boss)
    changed = service.change_target(
        objective, version=objective.version, reason="Two machines more", target_value=Decimal("2.4"),
        due_on=date(2027, 3, 31), by=boss, at=NOW, method="password",
    )  # fmt: skip
    told = [(t.number, t.target_value, t.due_on, t.reason) for t in changed.targets.order_by("number")]
    assert told == [
        (1, Decimal("2.0000"), date(2026, 12, 27), ""),
        (2, Decimal("2.4000"), date(2027, 3, 31), "Two machines more"),
    ]
    assert Signature.objects.filter(record=objective).count() == 2
    entry = TrailEntry.objects.get(record=objective, verb="objective.target_changed")
    assert json.loads(entry.changes)["fields"]["facts.target_value"] == ["2", "2.4"]
    page = as_user(boss).get(url(objective)).content.decode()
    assert "<del>2 %</del>" in page
    assert "Two machines more" in page


def test_change_of_target_needs_a_reason_a_difference_and_the_version_that_stands() -> None:
    boss = yusuf()
    objective = approved(boss)
    new = {"target_value": Decimal(1), "by": boss, "at": NOW, "method": "password"}
    with pytest.raises(ReasonMissing):
        service.change_target(objective, version=objective.version, reason=" ", **new)  # type: ignore[arg-type]
    with pytest.raises(StaleRecord):
        service.change_target(objective, version=1, reason="r", **new)  # type: ignore[arg-type]
    with pytest.raises(service.CannotChange):
        service.change_target(
            objective, version=objective.version, reason="r", **(new | {"target_value": Decimal(2)})  # type: ignore[arg-type]
        )  # fmt: skip
    with pytest.raises(service.CannotChange):
        service.change_target(drafted(boss), version=1, reason="r", **new)  # type: ignore[arg-type]
    assert objective.targets.count() == 1


def test_baseline_lies_before_the_target() -> None:
    with pytest.raises(ValidationError):
        drafted(yusuf(), baseline_on=date(2027, 1, 1))


def test_same_uid_twice_sets_one_objective() -> None:
    boss, uid = yusuf(), uuid.uuid4()
    assert drafted(boss, uid=uid).pk == drafted(boss, uid=uid).pk


# --- ends -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("verb", "status", "phase", "counts"),
    [("achieve", "achieved", "closed", 1), ("miss", "missed", "closed", 1), ("drop", "dropped", "withdrawn", 0)],
)
def test_objective_ends_with_an_outcome_and_can_be_taken_up_again(
    verb: str, status: str, phase: str, counts: int
) -> None:
    boss = yusuf()
    MappingFactory(kind="objective", subtype="", clause=ClauseFactory(number="6.2.1"))
    objective = approved(boss)
    with pytest.raises(ReasonMissing):
        getattr(service, verb)(objective, outcome=" ", by=boss, at=NOW)
    ended = getattr(service, verb)(objective, outcome="As it came", by=boss, at=NOW)
    assert (ended.status, ended.phase, ended.outcome) == (status, phase, "As it came")
    assert ClauseLink.objects.filter(record=objective, counts=True).count() == counts
    with pytest.raises(CannotMeasure):
        measure(ended, TODAY, "3")
    again = service.reopen(ended, reason="One more quarter", by=boss, at=NOW)
    assert (again.status, again.phase, again.targets.count()) == ("approved", "open", 1)


def test_draft_is_neither_ended_nor_reopened_but_withdrawn() -> None:
    boss = yusuf()
    draft = drafted(boss)
    for refused in (
        lambda: service.achieve(draft, outcome="x", by=boss, at=NOW),
        lambda: service.reopen(draft, reason="x", by=boss, at=NOW),
    ):
        with pytest.raises(IllegalTransition):
            refused()
    assert service.withdraw(draft, reason="Entered twice", by=boss, at=NOW).phase == "withdrawn"


# --- measurements -----------------------------------------------------------------------------------------------------


def test_measurement_is_idempotent_per_day_and_value() -> None:
    objective = approved(yusuf())
    first = measure(objective, TODAY, "2.1", sample_size=40)
    entries = TrailEntry.objects.count()
    assert measure(objective, TODAY, "2.10").pk == first.pk
    assert measure(objective, TODAY, "2.1", sample_size=40).pk == first.pk
    assert (Measurement.objects.count(), TrailEntry.objects.count()) == (1, entries)


def test_correction_replaces_and_keeps_the_old_row() -> None:
    objective = approved(yusuf())
    old = measure(objective, TODAY, "2.1")
    new = measure(objective, TODAY, "2.3")
    old.refresh_from_db()
    assert (old.replaced_at, new.replaced_at) == (NOW, None)
    assert fresh(objective).actual_value == Decimal("2.3")
    entry = TrailEntry.objects.get(record=objective, verb="objective.measurement_corrected")
    assert json.loads(entry.changes)["value"] == ["2.1", "2.3"]
    with transaction.atomic(), pytest.raises(IntegrityError):
        Measurement.objects.filter(pk=old.pk).update(replaced_at=None)


def test_newest_measurement_is_the_event_an_approved_objective_is_evidence_of() -> None:
    boss = yusuf()
    objective, draft = approved(boss), drafted(boss)
    measure(objective, TODAY - timedelta(days=3), "3")
    measure(objective, TODAY - timedelta(days=30), "3.1")
    measure(draft, TODAY, "3")
    current = fresh(objective)
    assert (current.occurred_on, current.approved_on) == (TODAY - timedelta(days=3), date(2026, 1, 2))
    assert (current.version, current.versions.count()) == (4, 4)
    assert fresh(draft).occurred_on == date(2026, 1, 2)


@pytest.mark.parametrize("value", ["NaN", "Infinity", "1e12"])
def test_what_is_no_number_is_refused(value: str) -> None:
    with pytest.raises(ValidationError):
        measure(approved(yusuf()), TODAY, value)


def test_future_and_double_days_are_refused() -> None:
    objective = approved(yusuf())
    with pytest.raises(ValidationError):
        measure(objective, TODAY + timedelta(days=2), "2")
    twice = [Reading(TODAY, Decimal(1)), Reading(TODAY, Decimal(2))]
    with pytest.raises(ValidationError):
        record_measurements(objective, twice, by=None, at=NOW)
    assert not Measurement.objects.exists()


def test_many_values_write_one_trail_entry_that_names_each() -> None:
    objective = approved(yusuf())
    readings = [Reading(TODAY - timedelta(days=n), Decimal(n), 10) for n in range(1, 4)]
    record_measurements(objective, readings, by=None, at=NOW)
    entry = TrailEntry.objects.get(record=objective, verb="objective.measurements_imported")
    told = json.loads(entry.changes)
    assert (told["values"], told["first_day"], told["last_day"]) == (3, "2026-11-17", "2026-11-19")
    assert told["measurements"][0] == ["2026-11-17", "", "3 (n=10)"]
    page = as_user(yusuf_again(objective)).get(url(objective)).content.decode()
    assert "2026-11-17" not in page.split("Timeline")[1], "the timeline says how many, not each"


def yusuf_again(objective: Objective) -> User:
    assert objective.recorded_by is not None
    return objective.recorded_by


# --- standing and decisions -------------------------------------------------------------------------------------------


def test_standing_follows_measurement_target_and_time() -> None:
    boss = yusuf()
    objective = approved(boss)
    assert objective.standing == "unmeasured"
    objective_standing.refresh_all(at=NOW)
    assert fresh(objective).standing == "off_track", "approved in January and never measured"
    measure(objective, TODAY, "2.9")
    assert (fresh(objective).standing, fresh(objective).standing_rank) == ("at_risk", 1)
    measure(objective, TODAY, "2.15")
    assert (fresh(objective).standing, fresh(objective).standing_rank) == ("on_track", 3)
    current = fresh(objective)
    service.change_target(
        current, version=current.version, reason="Harder", target_value=Decimal("1.2"), by=boss, at=NOW,
        method="password",
    )  # fmt: skip
    assert fresh(objective).standing == "at_risk"
    objective_standing.refresh_all(at=NOW + timedelta(days=90))
    assert fresh(objective).standing == "off_track", "time passes"


def test_two_misses_ask_the_owner_once_and_again_only_after_new_ones() -> None:
    boss = yusuf()
    objective = approved(boss)
    measure(objective, TODAY - timedelta(days=14), "3.3", at=NOW)
    assert objective_standing.refresh_all(at=NOW) == 0, "one miss may be noise"
    measure(objective, TODAY - timedelta(days=7), "3.3", at=NOW)
    assert objective_standing.refresh_all(at=NOW) == 1
    assert objective_standing.refresh_all(at=NOW) == 0
    assert [n.text[:24] for n in boss.notifications.all()] == [f"Decide: {objective.title}"[:24]]
    (decision,) = objective_decision.waiting_for(boss)
    assert "The last two measurements miss the path" in decision.asked_because
    assert not objective_decision.waiting_for(hiro()).exists()
    objective_decision.decide(decision, choice="keep", words="The trial needs a month", by=boss, at=NOW)
    assert not objective_decision.waiting_for(boss).exists()
    later = NOW + timedelta(days=20)
    measure(objective, TODAY + timedelta(days=8), "3.3", at=later)
    assert objective_standing.refresh_all(at=later) == 0
    measure(objective, TODAY + timedelta(days=15), "3.3", at=later)
    assert objective_standing.refresh_all(at=later) == 1
    verbs = TrailEntry.objects.filter(record=objective, verb__startswith="objective.deci").order_by("seq")
    assert [e.verb.split(".")[1] for e in verbs] == ["decision_asked", "decided", "decision_asked"]


def test_measurements_that_are_not_made_ask_too_and_ended_objectives_never() -> None:
    boss = yusuf()
    objective, over = approved(boss), approved(boss)
    service.miss(over, outcome="Not reached", by=boss, at=NOW)
    refresh_standings.apply(throw=True)
    (decision,) = ObjectiveDecision.objects.all()
    assert decision.objective_id == objective.pk
    assert decision.asked_because.startswith("Two measurements in a row were not made.")


def test_decision_is_made_once_and_needs_words() -> None:
    boss = yusuf()
    approved(boss)
    objective_standing.refresh_all(at=NOW)
    (decision,) = ObjectiveDecision.objects.all()
    for wrong in ({"choice": "keep", "words": ""}, {"choice": "sleep", "words": "x"}):
        with pytest.raises(ValidationError):
            objective_decision.decide(decision, **wrong, by=boss, at=NOW)
    objective_decision.decide(decision, choice="drop", words="Line sold", by=boss, at=NOW)
    with pytest.raises(objective_decision.NothingToDecide):
        objective_decision.decide(decision, choice="keep", words="No", by=boss, at=NOW)


def test_refresh_is_in_the_beat_schedule(settings: Any) -> None:
    assert refresh_standings.name in {row["task"] for row in settings.CELERY_BEAT_SCHEDULE.values()}


# --- connection -------------------------------------------------------------------------------------------------------


def test_objective_without_goal_owner_or_effect_is_unconnected() -> None:
    boss, gone = yusuf(), cast_member("Gone Person")
    aim = goal(boss)
    whole = drafted(boss, goal=aim, money_effect=Decimal(1000))
    customer = drafted(boss, goal=aim, customer_effect="Fewer returns")
    cases = {
        drafted(boss, money_effect=Decimal(1)): "it serves no strategic goal",
        drafted(boss, goal=aim): "nobody says what it does for money or for customers",
        drafted(boss, goal=aim, money_effect=Decimal(1), owner=gone.person): "its owner is no longer here",
    }
    gone.person.deactivated_at = NOW
    gone.person.save()
    for objective, why in cases.items():
        current = fresh(objective)
        assert service.unconnected_because(current) == [why]
        assert not current.is_connected
    loose = Objective.objects.all().connected(is_connected=False)
    assert set(loose) == set(cases)
    assert set(Objective.objects.all().connected()) == {whole, customer}
    page = as_user(boss).get(reverse("objectives:objective-list"), {"view": "all", "only": "unconnected"})
    assert {o.pk for o in page.context["page"].rows} == {o.pk for o in cases}
    assert page.content.decode().count("Unconnected") >= 3
