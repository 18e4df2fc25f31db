"""The scale: three to five levels in own words, a change ends it and opens another, carrying over by a stated rule."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.urls import reverse

from objectives.models import Risk, RiskScale
from objectives.services import risk as service
from objectives.services import risk_scale
from objectives.services.risk_scale import ScaleFacts, carried_level
from objectives.tasks.risk import carry_over, resume_carry_overs
from qms.models import Job, TrailEntry, User
from tests.factories import NOW, SiteFactory, hiro, omar, yusuf
from tests.objectives.risks import accepted, as_user, identified, judged, rated

pytestmark = pytest.mark.django_db
THREE = ScaleFacts("Three", ["seldom", "at times", "often"], ["small", "felt", "grave"], 3, 6)


def put(
    by: User, facts: ScaleFacts = THREE, *, is_carried: bool = False, **values: Any
) -> tuple[RiskScale, Job | None]:
    return risk_scale.replace(facts, site=values.get("site"), reason="Ours", is_carried=is_carried, by=by, at=NOW)


@pytest.mark.parametrize(
    ("old", "new", "levels"),
    [(5, 3, [1, 2, 2, 3, 3]), (3, 5, [1, 3, 5]), (5, 4, [1, 2, 3, 3, 4]), (4, 5, [1, 2, 4, 5]), (3, 4, [1, 3, 4]),
     (5, 5, [1, 2, 3, 4, 5])],
)  # fmt: skip
def test_rule_keeps_the_ends_and_goes_in_proportion(old: int, new: int, levels: list[int]) -> None:
    assert [carried_level(level, old, new) for level in range(1, old + 1)] == levels


@pytest.mark.parametrize(
    "facts",
    [
        replace(THREE, likelihood_words=["a", "b"]), replace(THREE, consequence_words=list("abcdef")),
        replace(THREE, likelihood_words=["a", "b", "A"]), replace(THREE, high_from=3), replace(THREE, high_from=10),
        replace(THREE, medium_from=1), replace(THREE, likelihood_words=["a", "b", "c" * 61]),
    ],
)  # fmt: skip
def test_scale_that_makes_no_sense_is_refused(facts: ScaleFacts) -> None:
    with pytest.raises(ValidationError):
        put(hiro(), facts)
    assert not RiskScale.objects.exists()


def test_change_ends_the_old_scale_and_records_keep_it_until_rated_again() -> None:
    boss = yusuf()
    risk = rated(boss, 4, 4)
    new, job = put(hiro())
    assert job is None
    assert [scale.ended_at for scale in RiskScale.objects.order_by("pk")] == [NOW, None]
    risk.refresh_from_db()
    assert (risk.scale_id == new.pk, risk.rating, risk.level) == (False, 16, "high")
    risk = service.rate(risk, likelihood=2, impact=3, reason="By the new scale", by=boss, at=NOW)
    assert (risk.scale_id, risk.rating, risk.level) == (new.pk, 6, "high")
    assert risk.content()["likelihood"] == "2 · at times"
    with pytest.raises(ValidationError):
        service.rate(risk, likelihood=4, impact=3, reason="x", by=boss, at=NOW)


def test_one_scale_in_force_per_site_and_a_site_may_have_its_own() -> None:
    quality = hiro()
    general, _job = put(quality, risk_scale.default_facts())
    own, _job = put(quality, site=quality.person.site)
    assert risk_scale.in_force(quality.person.site) == own
    lyon: Any = SiteFactory(code="LYO")
    assert risk_scale.in_force(lyon) == general
    with pytest.raises(IntegrityError), transaction.atomic():
        RiskScale.objects.create(opened_at=NOW, **THREE.__dict__)


def test_preview_tells_how_many_change_level() -> None:
    boss = yusuf()
    rated(boss, 4, 4)
    rated(boss, 3, 3, title="Steel price")
    rated(boss, 1, 1, title="Flooding")
    identified(boss, title="Apprentices")
    found = risk_scale.preview(THREE, site=None)
    # 4x4 high -> 3x3=9 high; 3x3 medium -> 2x2=4 medium; 1x1 low -> 1 low
    assert (found.rated, found.changing) == (3, 0)
    found = risk_scale.preview(replace(THREE, medium_from=5, high_from=6), site=None)
    assert (found.rated, found.changing, found.moves) == (3, 1, [("Medium", "Low", 1)])
    assert RiskScale.objects.count() == 1


def test_carrying_over_is_a_version_with_its_reason_and_can_be_repeated() -> None:
    boss, quality = yusuf(), hiro()
    first, second = rated(boss, 4, 4), judged(boss, judge=quality)
    borne = accepted(boss, rated(boss, 2, 2, title="Steel")).risk
    unrated = identified(boss, title="Apprentices")
    new, job = put(quality, is_carried=True)
    assert job is not None
    carry_over(job.pk)
    carry_over(job.pk)
    for risk in (first, second, borne, unrated):
        risk.refresh_from_db()
    assert (first.scale_id, first.likelihood, first.rating, first.level) == (new.pk, 3, 9, "high")
    assert (second.residual_likelihood, second.residual_impact, second.rating) == (2, 3, 6)
    assert (borne.status, borne.rating) == ("accepted", 4)
    assert unrated.scale_id != new.pk
    entries = TrailEntry.objects.filter(verb="risk.carried_over")
    assert entries.count() == 3
    assert all("Ours" in entry.reason for entry in entries)
    job.refresh_from_db()
    assert (job.status, job.total, job.message) == ("done", 3, "3 risks carried over to the new scale.")


def test_carry_over_that_a_dead_worker_left_is_queued_again(monkeypatch: pytest.MonkeyPatch) -> None:
    rated(yusuf(), 4, 4)
    _new, job = put(hiro(), is_carried=True)
    assert job is not None
    queued: list[int] = []
    monkeypatch.setattr(risk_scale, "_queue", queued.append)
    assert risk_scale.resume(at=NOW + timedelta(minutes=5)) == 0
    assert risk_scale.resume(at=NOW + timedelta(minutes=11)) == 1
    carry_over(job.pk)
    assert risk_scale.resume(at=NOW + timedelta(days=1)) == 0
    assert queued == [job.pk]
    assert carry_over.name == risk_scale.TASK
    assert settings.CELERY_BEAT_SCHEDULE["risk-carry-overs"]["task"] == resume_carry_overs.name


def test_risk_rated_again_meanwhile_is_left_alone() -> None:
    boss = yusuf()
    risk = rated(boss, 4, 4)
    new, job = put(hiro(), is_carried=True)
    assert job is not None
    service.rate(risk, likelihood=1, impact=1, reason="Now", by=boss, at=NOW + timedelta(minutes=1))
    carry_over(job.pk)
    risk.refresh_from_db()
    assert (risk.scale_id, risk.rating) == (new.pk, 1)
    assert not TrailEntry.objects.filter(verb="risk.carried_over").exists()


def form_of(facts: ScaleFacts, **more: Any) -> dict[str, Any]:
    return {
        "name": facts.name, "likelihood_words": "\n".join(facts.likelihood_words), "reason": "Ours",
        "consequence_words": "\n".join(facts.consequence_words), "medium_from": facts.medium_from,
        "high_from": facts.high_from, **more,
    }  # fmt: skip


def test_page_shows_first_what_it_would_do_and_then_does_it() -> None:
    quality = hiro()
    rated(yusuf(), 3, 3)
    client, path = as_user(quality), reverse("objectives:risk-scale-edit") + f"?site={quality.person.site_id}"
    assert "at times" not in client.get(path).content.decode()
    shown = client.post(path, form_of(replace(THREE, medium_from=5)))
    assert "1 from Medium to Low" in shown.content.decode()
    assert RiskScale.objects.count() == 1
    done = client.post(path, form_of(THREE, confirm="1"))
    assert done.status_code == 302
    assert RiskScale.objects.get(site=quality.person.site).name == "Three"


def test_scale_of_all_sites_is_not_changed_from_one_of_them() -> None:
    quality = hiro()
    omar()  # brings Lyon
    path = reverse("objectives:risk-scale-edit")
    assert as_user(quality).post(path, form_of(THREE, confirm="1")).status_code == 302
    assert not RiskScale.objects.exists()


def test_other_sites_scale_does_not_exist_for_a_stranger() -> None:
    stranger = omar()
    denver: Any = SiteFactory()
    put(hiro(), site=denver)
    client = as_user(stranger)
    assert client.get(reverse("objectives:risk-scale-edit") + f"?site={denver.pk}").status_code == 404
    assert "at times" not in client.get(reverse("objectives:risk-scale-list")).content.decode()


def test_risks_on_the_map_know_their_scale() -> None:
    risk = rated(yusuf())
    assert Risk.objects.filter(pk=risk.pk, on_map="open", map_site=risk.site, scale=risk.scale).exists()
