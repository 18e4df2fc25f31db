"""Risks and opportunities: identified, rated, treated, judged, closed; what counts, and when it is looked at again."""

from __future__ import annotations

import json
import uuid
from datetime import date, timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from objectives.models import Risk
from objectives.services import improvement_action
from objectives.services import risk as service
from qms.models import ClauseLink, RecordVersion, TrailEntry
from qms.services import coverage_links
from qms.services.record import EventInFuture, IllegalTransition, StaleRecord
from qms.services.wording import ReasonMissing
from tests.factories import NOW, TODAY, ClauseFactory, MappingFactory, hiro, yusuf
from tests.objectives.risks import accepted, identified, judged, rated, treated

pytestmark = pytest.mark.django_db


def test_identified_risk_is_open_to_read_and_counts_only_once_rated() -> None:
    boss = yusuf()
    clause = ClauseFactory(number="6.1.2")
    MappingFactory(kind="risk", subtype="", clause=clause)
    risk = identified(boss)
    assert (risk.phase, risk.rating, risk.level) == ("open", None, "")
    assert Risk.objects.visible_to(hiro()).filter(pk=risk.pk).exists()
    assert [link.counts for link in ClauseLink.objects.filter(record=risk)] == [False]
    risk = service.rate(risk, likelihood=4, impact=4, reason="Two absences", by=boss, at=NOW)
    assert [link.counts for link in ClauseLink.objects.filter(record=risk)] == [True]


def test_rebuilding_the_links_leaves_identified_risks_out_too() -> None:
    boss = yusuf()
    clause = ClauseFactory(number="6.1.2")
    one, two = identified(boss), rated(boss, title="Steel price")
    MappingFactory(kind="risk", subtype="", clause=clause)
    coverage_links.rebuild()
    assert dict(ClauseLink.objects.values_list("record_id", "counts")) == {one.pk: False, two.pk: True}


def test_nature_decides_the_clause() -> None:
    boss = yusuf()
    risks: Any = ClauseFactory(number="6.1.2")
    chances: Any = ClauseFactory(number="6.1.3")
    MappingFactory(kind="risk", subtype="risk", clause=risks)
    MappingFactory(kind="risk", subtype="opportunity", clause=chances)
    risk, chance = rated(boss), rated(boss, title="In-line gauging", nature="opportunity")
    assert list(ClauseLink.objects.filter(record=risk).values_list("clause", flat=True)) == [risks.pk]
    assert list(ClauseLink.objects.filter(record=chance).values_list("clause", flat=True)) == [chances.pk]


@pytest.mark.parametrize(
    ("levels", "nature", "level", "days"),
    [((5, 4), "risk", "high", 90), ((3, 3), "risk", "medium", 180), ((1, 2), "risk", "low", 365),
     ((5, 5), "opportunity", "high", 180)],
)  # fmt: skip
def test_next_review_follows_from_the_level(levels: tuple[int, int], nature: str, level: str, days: int) -> None:
    risk = rated(yusuf(), *levels, nature=nature)
    assert (risk.rating, risk.level) == (levels[0] * levels[1], level)
    assert risk.review_on == TODAY + timedelta(days=days)


def test_next_review_may_be_set_by_hand() -> None:
    boss = yusuf()
    day = TODAY + timedelta(days=30)
    risk = service.rate(identified(boss), likelihood=1, impact=1, reason="x", review_on=day, by=boss, at=NOW)
    assert risk.review_on == day


def test_every_rating_is_a_version_with_its_reason_and_a_line_of_history() -> None:
    boss = yusuf()
    risk = rated(boss, 4, 4)
    later = NOW + timedelta(days=40)
    risk = service.rate(risk, likelihood=2, impact=4, reason="A second setter stands in", by=boss, at=later)
    assert [(line["rating"], line["why"]) for line in risk.ratings] == [
        ("16 · High", "Two absences last year"), ("8 · Medium", "A second setter stands in"),
    ]  # fmt: skip
    assert risk.ratings[1]["levels"] == "2 · Unlikely × 4 · Major"
    entry = TrailEntry.objects.get(record=risk, verb="risk.rated_again")
    assert entry.reason == "A second setter stands in"
    assert json.loads(entry.changes)["fields"]["facts.rating"] == [16, 8]
    contents = [
        json.loads(v.content)["facts"]["rating"] for v in RecordVersion.objects.filter(record=risk).order_by("version")
    ]
    assert contents == ["", 16, 8]
    assert risk.occurred_on == later.date()
    assert risk.identified_on == TODAY


@pytest.mark.parametrize("levels", [(0, 3), (6, 3), (3, 0), (3, 6)])
def test_level_off_the_scale_is_refused(levels: tuple[int, int]) -> None:
    boss = yusuf()
    with pytest.raises(ValidationError):
        service.rate(identified(boss), likelihood=levels[0], impact=levels[1], reason="x", by=boss, at=NOW)


def test_rating_without_a_reason_is_refused() -> None:
    boss = yusuf()
    with pytest.raises(ReasonMissing):
        service.rate(identified(boss), likelihood=1, impact=1, reason=" ", by=boss, at=NOW)


def test_stored_rating_is_the_residual_one_once_judged() -> None:
    boss = yusuf()
    risk = judged(boss, judge=hiro())
    assert (risk.likelihood, risk.impact, risk.residual_likelihood, risk.residual_impact) == (4, 4, 2, 4)
    assert (risk.rating, risk.level, risk.now_likelihood, risk.now_impact) == (8, "medium", 2, 4)
    after = "After treatment: 2 · Unlikely × 4 · Major"
    assert [line["levels"] for line in risk.ratings] == ["4 · Likely × 4 · Major", after]


def test_judged_risk_that_is_rated_again_must_be_judged_again() -> None:
    boss = yusuf()
    risk = judged(boss, judge=hiro())
    risk = service.rate(risk, likelihood=5, impact=4, reason="Both setters left", by=boss, at=NOW)
    assert (risk.status, risk.rating, risk.effectiveness, risk.residual_impact) == ("rated", 20, "", None)


def test_judgement_stands_while_the_rating_does_not_rise() -> None:
    boss, quality = yusuf(), hiro()
    risk = judged(boss, judge=quality)
    risk = service.rate(risk, likelihood=2, impact=3, reason="Yearly look", by=boss, at=NOW)
    assert (risk.status, risk.rating, risk.effectiveness, risk.judged_by) == ("judged", 6, "effective", quality.person)
    assert (risk.likelihood, risk.impact) == (4, 4), "where it began stays"


def test_treatment_after_a_failed_one_starts_from_what_was_left() -> None:
    boss = yusuf()
    risk = judged(boss, judge=hiro(), effectiveness="not_effective")
    risk = service.treat(risk, treatment="share", treatment_plan="Buy the program in", due_on=None, by=boss, at=NOW)
    assert (risk.status, risk.likelihood, risk.impact, risk.rating, risk.effectiveness) == ("treating", 2, 4, 8, "")


def test_record_says_when_who_treats_also_judges() -> None:
    boss, quality = yusuf(), hiro()
    assert judged(boss).is_judged_by_treater
    assert not judged(boss, judge=quality).is_judged_by_treater
    risk = treated(boss)
    improvement_action.open_action(
        uid=uuid.uuid4(),
        title="Course",
        owner=quality.person,
        due_on=TODAY,
        site=risk.site,
        source=risk,
        by=boss,
        at=NOW,
    )
    risk = service.judge(risk, likelihood=1, impact=1, effectiveness="effective", note="Seen", by=quality, at=NOW)
    assert risk.is_judged_by_treater
    assert risk.content()["is_judged_by_treater"]


@pytest.mark.parametrize(
    ("nature", "treatment", "fits"),
    [("risk", "pursue", False), ("risk", "avoid", True), ("opportunity", "pursue", True),
     ("opportunity", "avoid", False), ("risk", "accept", False)],
)  # fmt: skip
def test_treatment_fits_the_nature(nature: str, treatment: str, fits: bool) -> None:
    boss = yusuf()
    risk = rated(boss, nature=nature)

    def treat() -> Risk:
        return service.treat(risk, treatment=treatment, treatment_plan="So", due_on=None, by=boss, at=NOW)

    if fits:
        assert treat().treatment == treatment
    else:
        with pytest.raises(ValidationError):
            treat()


def test_unrated_risk_cannot_be_treated_or_judged() -> None:
    boss = yusuf()
    risk = identified(boss)
    with pytest.raises(IllegalTransition):
        service.treat(risk, treatment="reduce", treatment_plan="So", due_on=None, by=boss, at=NOW)


def test_closing_needs_a_rating_and_an_effect_or_an_acceptance() -> None:
    boss, quality = yusuf(), hiro()
    for risk in (identified(boss), rated(boss), treated(boss), judged(boss, quality, "not_effective")):
        with pytest.raises((service.CannotChange, IllegalTransition)):
            service.close(risk, reason="Done", by=boss, at=NOW)
    assert service.close(judged(boss, quality), reason="Two can do it", by=boss, at=NOW).phase == "closed"
    closed = service.close(accepted(boss).risk, reason="Line is sold in June", by=boss, at=NOW)
    assert closed.content()["accepted_by"] == boss.person.name


def test_risk_with_open_actions_stays_open() -> None:
    boss = yusuf()
    risk = judged(boss, judge=hiro())
    action = improvement_action.open_action(
        uid=uuid.uuid4(), title="Course", owner=boss.person, due_on=TODAY, site=risk.site, source=risk, by=boss, at=NOW
    )
    with pytest.raises(service.CannotChange, match="1 action"):
        service.close(risk, reason="Done", by=boss, at=NOW)
    improvement_action.complete(action, outcome="Held", by=boss, at=NOW)
    assert service.close(risk, reason="Done", by=boss, at=NOW).status == "closed"


def test_closed_risk_leaves_the_map_and_reopens_as_rated() -> None:
    boss = yusuf()
    risk = service.close(judged(boss, judge=hiro()), reason="Done", by=boss, at=NOW)
    assert (risk.on_map, risk.map_site) == ("", None)
    with pytest.raises(service.CannotChange):
        service.rate(risk, likelihood=1, impact=1, reason="x", by=boss, at=NOW)
    risk = service.reopen(risk, reason="Setter left", by=boss, at=NOW)
    assert (risk.status, risk.on_map, risk.rating) == ("rated", "open", 8)


def test_change_keeps_versions_and_refuses_a_stale_one() -> None:
    boss = yusuf()
    risk = rated(boss)
    changed = service.change(
        risk, version=2, reason="Clearer", cause="Retirement", is_confidential=True, by=boss, at=NOW
    )
    assert (changed.cause, changed.on_map) == ("Retirement", "confidential")
    with pytest.raises(StaleRecord):
        service.change(risk, version=2, reason="Clearer", cause="Age", by=boss, at=NOW)


def test_nature_stays_once_it_is_treated() -> None:
    boss = yusuf()
    risk = treated(boss)
    with pytest.raises(service.CannotChange):
        service.change(risk, version=risk.version, reason="x", nature="opportunity", by=boss, at=NOW)


def test_risk_identified_in_the_future_is_refused() -> None:
    with pytest.raises(EventInFuture):
        identified(yusuf(), identified_on=TODAY + timedelta(days=1))


def test_same_uid_twice_is_one_risk() -> None:
    boss, uid = yusuf(), uuid.uuid4()
    assert identified(boss, uid=uid).pk == identified(boss, uid=uid).pk


def test_withdrawn_risk_counts_no_more() -> None:
    boss = yusuf()
    MappingFactory(kind="risk", subtype="", clause=ClauseFactory(number="6.1.1"))
    risk = service.withdraw(rated(boss), reason="Twice", by=boss, at=NOW)
    assert [link.counts for link in ClauseLink.objects.filter(record=risk)] == [False]
    assert date.fromisoformat(risk.content()["identified_on"]) == TODAY
