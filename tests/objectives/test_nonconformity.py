"""Nonconformities through their services: each step refuses what is missing, and only the end counts as evidence."""

from __future__ import annotations

import json
import uuid
from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from objectives.models import Cause, ImprovementAction, Nonconformity, lookback_start
from objectives.services import improvement_action
from objectives.services import nonconformity as service
from objectives.services import nonconformity_cause as cause_service
from objectives.services import nonconformity_effect as effect_service
from qms.models import ClauseLink, RecordVersion, TrailEntry
from qms.services import attachment as attachment_service
from qms.services import coverage_links
from qms.services.record import EventInFuture, IllegalTransition, StaleRecord
from qms.services.wording import ReasonMissing
from tests.factories import NOW, TODAY, ClauseFactory, MappingFactory, hiro, yusuf
from tests.objectives.actions import opened
from tests.objectives.nonconformities import (
    WEAR,
    act,
    acting,
    actions_ended,
    analyzed,
    closed,
    contained,
    judged,
    proof_in,
    proved,
    raised,
    ready,
    why,
)

pytestmark = pytest.mark.django_db


def missing(found: Nonconformity) -> list[str]:
    return [item.step or item.action.reference for item in service.missing_to_close(found)]  # type: ignore[union-attr]


def test_raised_one_is_open_due_in_a_month_and_the_same_uid_gives_it_again() -> None:
    boss, uid = yusuf(), uuid.uuid4()
    found = raised(boss, uid=uid)
    assert (found.status, found.phase, found.due_on) == ("open", "open", TODAY + timedelta(days=30))
    assert found.reference.startswith("NC-DEN-")
    assert raised(boss, uid=uid, title="Again").pk == found.pk


def test_what_happens_tomorrow_and_amounts_of_nothing_are_refused() -> None:
    boss = yusuf()
    with pytest.raises(EventInFuture):
        raised(boss, happened_on=TODAY + timedelta(days=2))
    with pytest.raises(ValidationError, match="Say of what"):
        raised(boss, quantity=3)
    with pytest.raises(ValidationError, match="less than nothing"):
        raised(boss, quantity=-3, unit="pieces")


def test_it_names_the_record_it_came_from_and_that_record_tells_of_it() -> None:
    boss = yusuf()
    idea = opened(boss)
    found = raised(boss, source=idea)
    entry = TrailEntry.objects.get(record_id=idea.pk, verb="record.became_nonconformity")
    assert json.loads(entry.changes)["nonconformity"] == found.reference
    assert Nonconformity.objects.get(pk=found.pk).content()["source"] == idea.reference


def test_steps_follow_each_other() -> None:
    boss = yusuf()
    found = raised(boss)
    why(found, boss)
    with pytest.raises(IllegalTransition):
        cause_service.analyze(found, cause=WEAR, by=boss, at=NOW)
    with pytest.raises(IllegalTransition):
        act(found, boss)
    with pytest.raises(IllegalTransition):
        effect_service.prove_use(
            found, used_on=TODAY, used_note="x", proof=proof_in(found, boss), by=boss, at=NOW
        )  # fmt: skip
    with pytest.raises(IllegalTransition):
        judged(found, boss)


def test_words_are_needed() -> None:
    boss = yusuf()
    found = acting(boss)
    with pytest.raises(ReasonMissing):
        service.contain(found, containment="  ", by=boss, at=NOW)
    with pytest.raises(ReasonMissing):
        judged(found, boss, effectiveness_note=" ")
    with pytest.raises(ReasonMissing):
        service.withdraw(found, reason="", by=boss, at=NOW)
    with pytest.raises(ValidationError):
        judged(found, boss, "perhaps")


def test_containment_may_be_said_anew_and_moves_nothing() -> None:
    boss = yusuf()
    found = service.contain(acting(boss), containment="Also the stock", by=boss, at=NOW)
    assert (found.status, found.containment) == ("acting", "Also the stock")
    assert TrailEntry.objects.filter(record=found, verb="nonconformity.containment_changed").exists()


def test_root_cause_needs_a_why_and_is_entered_on_the_way_once() -> None:
    boss = yusuf()
    found = contained(boss)
    with pytest.raises(cause_service.WhyMissing):
        cause_service.analyze(found, cause=WEAR, by=boss, at=NOW)
    assert not Cause.objects.exists()
    analyzed(boss)
    other = analyzed(boss, cause="  no LIMIT for  tool wear ")
    assert other.cause == Cause.objects.get()
    assert TrailEntry.objects.filter(verb="cause.added").count() == 1


def test_whys_make_a_tree_of_branches() -> None:
    boss = yusuf()
    found = contained(boss)
    first = why(found, boss, "The check fell out", branch="measurement")
    second = why(found, boss, "The insert was worn")
    third = why(found, boss, "Nobody counts", parent=second, branch="")
    tree = Nonconformity.objects.get(pk=found.pk).causes
    assert [(node.pk, node.depth, node.branch) for node in tree] == [
        (second.pk, 1, "machine"), (third.pk, 2, "machine"), (first.pk, 1, "measurement"),
    ]  # fmt: skip
    frozen = json.loads(RecordVersion.objects.filter(record=found).latest("version").content)["facts"]["causes"]
    assert [(row["why"], row["because"]) for row in frozen] == [
        (1, "The insert was worn"), (2, "Nobody counts"), (1, "The check fell out"),
    ]  # fmt: skip


def test_why_is_asked_seven_times_at_most_and_only_below_own_answers() -> None:
    boss = yusuf()
    found, other = contained(boss), contained(boss)
    node = why(found, boss)
    for _n in range(6):
        node = why(found, boss, parent=node)
    with pytest.raises(service.CannotChange, match="7 times"):
        why(found, boss, parent=node)
    with pytest.raises(ValidationError, match="gone"):
        why(other, boss, parent=node)
    with pytest.raises(ValidationError, match="belongs"):
        why(other, boss, branch="")


def test_an_answer_is_taken_out_with_those_below_but_never_the_ground_of_a_cause() -> None:
    boss = yusuf()
    found = contained(boss)
    first = why(found, boss)
    second = why(found, boss, "Blunt")
    why(found, boss, "Deeper", parent=second)
    left = cause_service.remove_why(found, second, by=boss, at=NOW)
    assert [node.pk for node in left.causes] == [first.pk]
    cause_service.analyze(found, cause=WEAR, by=boss, at=NOW)
    with pytest.raises(service.CannotChange):
        cause_service.remove_why(found, first, by=boss, at=NOW)
    assert found.cause_tree.filter(pk=first.pk).exists()


def test_acting_opens_a_reactive_action_from_it_once_per_uid() -> None:
    boss, uid = yusuf(), uuid.uuid4()
    found = act(analyzed(boss, is_confidential=True), boss, uid=uid)
    act(found, boss, uid=uid)
    action = ImprovementAction.objects.get()
    assert (action.source_id, action.origin, action.is_proactive) == (found.pk, "nonconformity", False)
    assert action.is_confidential
    assert found.status == "acting"


def test_everything_that_is_missing_is_told_at_once() -> None:
    boss = yusuf()
    found = raised(boss)
    assert missing(found) == ["contain", "analyze", "act", "prove", "evaluate"]
    with pytest.raises(service.NotReady) as told:
        service.close(found, by=boss, at=NOW)
    for words in ("protects the customer", "root cause", "corrective action", "used once", "effective"):
        assert words in str(told.value)


def test_each_single_thing_keeps_it_open() -> None:
    boss = yusuf()
    waiting = acting(boss)
    action = ImprovementAction.objects.get()
    judged(proved(waiting, boss), boss)
    assert missing(Nonconformity.objects.get(pk=waiting.pk)) == ["act", action.reference]
    improvement_action.decline(action, reason="Too dear", by=boss, at=NOW)
    assert missing(Nonconformity.objects.get(pk=waiting.pk)) == ["act"]
    unproved = acting(boss)
    actions_ended(unproved, boss)
    assert missing(judged(unproved, boss)) == ["prove"]
    unjudged = acting(boss)
    actions_ended(unjudged, boss)
    found = proved(unjudged, boss)
    assert missing(found) == ["evaluate"]
    for left in (waiting, unproved, found):
        with pytest.raises(service.NotReady):
            service.close(left, by=boss, at=NOW)
    assert set(Nonconformity.objects.values_list("phase", flat=True)) == {"open"}


def test_one_action_done_and_one_declined_with_its_reason_is_enough() -> None:
    boss = yusuf()
    found = act(acting(boss), boss, "Buy another machine")
    first, second = ImprovementAction.objects.order_by("pk")
    improvement_action.complete(first, outcome="Counter fitted", by=boss, at=NOW)
    improvement_action.decline(second, reason="Too dear", by=boss, at=NOW)
    done = service.close(judged(proved(found, boss), hiro()), by=boss, at=NOW)
    assert (done.status, done.phase, done.closed_on) == ("closed", "closed", TODAY)


def test_only_a_closed_one_counts_as_evidence() -> None:
    boss = yusuf()
    MappingFactory(kind="nonconformity", subtype="", clause=ClauseFactory(number="10.2.1"))
    found = ready(boss)
    assert [link.counts for link in ClauseLink.objects.filter(record=found)] == [False]
    service.close(found, by=boss, at=NOW)
    assert [link.counts for link in ClauseLink.objects.filter(record=found)] == [True]
    coverage_links.rebuild()
    assert [link.counts for link in ClauseLink.objects.filter(record=found)] == [True]
    service.reopen(found, reason="It came back", by=boss, at=NOW)
    assert [link.counts for link in ClauseLink.objects.filter(record=found)] == [False]


def test_closing_dates_the_evidence_and_reopening_takes_that_back() -> None:
    boss, happened = yusuf(), TODAY - timedelta(days=300)
    MappingFactory(kind="nonconformity", subtype="", clause=ClauseFactory(number="10.2.1"))
    found = closed(boss, happened_on=happened)
    assert (found.occurred_on, found.happened_on, found.lookback_on) == (TODAY, happened, lookback_start(happened))
    assert [link.occurred_on for link in ClauseLink.objects.filter(record=found)] == [TODAY]
    again = service.reopen(found, reason="It came back", by=boss, at=NOW)
    assert (again.occurred_on, again.happened_on) == (happened, happened)
    assert [link.occurred_on for link in ClauseLink.objects.filter(record=found)] == [happened]


def test_not_effective_leads_back_to_acting_and_takes_the_proof_along() -> None:
    boss, judge = yusuf(), hiro()
    found = acting(boss)
    actions_ended(found, boss)
    found = judged(proved(found, boss), judge, "not_effective", effectiveness_note="Again yesterday")
    assert (found.status, found.effectiveness, found.used_on, found.used_proof) == (
        "acting", "not_effective", None, None,
    )  # fmt: skip
    assert TrailEntry.objects.get(record=found, verb="nonconformity.found_ineffective").reason == "Again yesterday"
    assert missing(found) == ["prove", "evaluate"]
    found = judged(proved(found, boss), judge)
    assert [line["result"] for line in found.evaluations] == ["Not effective", "Effective"]
    assert service.close(found, by=boss, at=NOW).status == "closed"


def test_who_judged_is_said_when_it_was_the_owner() -> None:
    boss, judge = yusuf(), hiro()
    own, others = ready(boss), ready(boss, judge)
    assert (own.is_evaluated_by_owner, others.is_evaluated_by_owner) == (True, False)
    assert [own.evaluations[0]["who"], others.evaluations[0]["who"]] == ["the owner", "not the owner"]


def test_another_action_or_another_cause_asks_for_another_judgement() -> None:
    boss = yusuf()
    again = act(ready(boss), boss, "And a poster")
    assert (again.status, again.effectiveness) == ("acting", "")
    other = cause_service.analyze(ready(boss), cause="Papers", by=boss, at=NOW)
    assert (other.status, other.effectiveness, other.evaluated_by) == ("analyzed", "", None)
    same = cause_service.analyze(ready(boss), cause=WEAR, by=boss, at=NOW)
    assert (same.status, same.effectiveness) == ("evaluated", "effective")


def test_proof_is_a_standing_file_of_the_record_from_a_day_that_can_be() -> None:
    boss = yusuf()
    found, other = acting(boss), raised(boss)
    proof, foreign = proof_in(found, boss), proof_in(other, boss)
    facts = {"used_note": "Order 4711", "by": boss, "at": NOW}
    for wrong in (None, foreign):
        with pytest.raises(effect_service.ProofMissing):
            effect_service.prove_use(found, used_on=TODAY, proof=wrong, **facts)  # type: ignore[arg-type]
    for day in (TODAY + timedelta(days=1), found.happened_on - timedelta(days=1)):
        with pytest.raises(ValidationError, match="This day lies"):
            effect_service.prove_use(found, used_on=day, proof=proof, **facts)  # type: ignore[arg-type]
    gone = attachment_service.withdraw(proof, reason="Blurred", by=boss, at=NOW)
    with pytest.raises(effect_service.ProofMissing):
        effect_service.prove_use(found, used_on=TODAY, proof=gone, **facts)  # type: ignore[arg-type]


def test_a_proof_that_was_withdrawn_is_missing_again() -> None:
    boss = yusuf()
    found = ready(boss)
    assert found.used_proof
    attachment_service.withdraw(found.used_proof, reason="Another place", by=boss, at=NOW)
    found = Nonconformity.objects.get(pk=found.pk)
    assert missing(found) == ["prove"]
    with pytest.raises(service.NotReady):
        service.close(found, by=boss, at=NOW)


def test_reopened_one_starts_its_proof_anew_and_changes_need_an_open_one() -> None:
    boss = yusuf()
    found = closed(boss)
    with pytest.raises(service.CannotChange):
        service.change(found, version=found.version, reason="x", title="y", by=boss, at=NOW)
    found = service.reopen(found, reason="It came back", by=boss, at=NOW)
    assert (found.status, found.closed_on, found.effectiveness, found.used_on) == ("acting", None, "", None)
    assert len(found.evaluations) == 1
    with pytest.raises(IllegalTransition):
        service.reopen(found, reason="x", by=boss, at=NOW)


def test_change_keeps_the_lookback_and_refuses_what_is_stale() -> None:
    boss = yusuf()
    found = raised(boss)
    day = TODAY - timedelta(days=100)
    changed = service.change(found, version=1, reason="Found out", happened_on=day, by=boss, at=NOW)
    assert changed.lookback_on == day.replace(year=day.year - 2)
    with pytest.raises(StaleRecord):
        service.change(found, version=1, reason="x", title="y", by=boss, at=NOW)
    with pytest.raises(TypeError):
        service.change(found, version=2, reason="x", status="closed", by=boss, at=NOW)


def test_the_database_itself_refuses_to_close_without_proof() -> None:
    found = acting(yusuf())
    with pytest.raises(IntegrityError), transaction.atomic():
        Nonconformity.objects.filter(pk=found.pk).update(status="closed")
