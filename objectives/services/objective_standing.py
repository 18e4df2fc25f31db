"""How open objectives stand: refreshed on every measurement and change of target, and daily, since time passes."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _

from objectives.models import Measurement, Objective, ObjectiveDecision
from objectives.services.improvement_notice import log_in_of
from objectives.services.objective_rule import Path, Point, Verdict, judge
from qms.models import Phase, site_today
from qms.services import job, trail
from qms.services import record as record_service

LOOKED_AT = 12
"""How many of the newest measurements the rule is given; two decide, the rest is for its words."""


def verdict_of(objective: Objective, *, at: datetime) -> Verdict:
    """What the rule says of an open objective at its site's today. Two queries."""
    decided_at = (
        ObjectiveDecision.objects.filter(objective=objective, decided_at__isnull=False)
        .order_by("-decided_at").values_list("decided_at", flat=True).first()
    )  # fmt: skip
    return judge(
        Path.of(objective), newest(objective), today=site_today(objective.site, at),
        every_days=objective.measure_every_days, counted_from=objective.approved_on or objective.occurred_on,
        unit=objective.unit, forecast=objective.forecast_value,
        decided_on=site_today(objective.site, decided_at) if decided_at else None,
    )  # fmt: skip


def newest(objective: Objective) -> list[Point]:
    """The newest current measurements, oldest first."""
    rows = Measurement.objects.filter(objective=objective, replaced_at=None).order_by("-measured_on", "-pk")
    return list(reversed(list(rows.values_list("measured_on", "value")[:LOOKED_AT])))


def refresh(objective: Objective, *, at: datetime) -> Objective:
    """Put the rule's verdict and the last value into the objective's projections; writes nothing when they stand.

    Only an approved objective has a standing; others keep what they had and take over the last value. The projections
    are no part of the frozen content, so no version and no trail entry is written.
    """
    measured = newest(objective)
    day, value = measured[-1] if measured else (None, None)
    wanted: dict[str, str | int | date | Decimal | None] = {"actual_on": day, "actual_value": value}
    if objective.status == Objective.Status.APPROVED:
        verdict = verdict_of(objective, at=at)
        wanted |= {
            "standing": str(verdict.standing), "standing_reason": verdict.reason[:400],
            "standing_rank": Objective.RANKS[Objective.Standing(verdict.standing)],
        }  # fmt: skip
    changed = {name: new for name, new in wanted.items() if getattr(objective, name) != new}
    if changed:
        Objective.objects.filter(pk=objective.pk).update(**changed)
        for name, new in changed.items():
            setattr(objective, name, new)
    return objective


def refresh_all(*, at: datetime) -> int:
    """Daily: refresh every approved objective and ask its owner for a decision where the rule asks for one.

    Idempotent: asked once until it is decided. Each objective is a transaction of its own. Returns how many decisions
    were asked for. Side effects: projections; ObjectiveDecision rows with a trail entry and a notice to the owner each.
    """
    ids = Objective.objects.filter(status=Objective.Status.APPROVED).order_by("pk").values_list("pk", flat=True)
    return sum(_refresh_one(pk, at=at) for pk in list(ids))


@transaction.atomic
def _refresh_one(pk: int, *, at: datetime) -> bool:
    objective = record_service.lock(Objective(pk=pk))
    if objective.status != Objective.Status.APPROVED or objective.phase != Phase.OPEN:
        return False
    refresh(objective, at=at)
    asks = verdict_of(objective, at=at).asks
    if not asks or objective.decisions.filter(decided_at=None).exists():
        return False
    objective.decisions.create(asked_on=site_today(objective.site, at), asked_at=at, asked_because=asks[:400])
    trail.write(objective, "objective.decision_asked", by=None, at=at, changes={"because": asks})
    owner = log_in_of(objective.owner, at=at)
    if owner is not None:
        words = {"title": objective.title, "why": asks}
        job.notify(
            owner, _("Decide: %(title)s. %(why)s") % words, at=at,
            url=reverse("objectives:objective-detail", args=[objective.pk]),
        )  # fmt: skip
    return True
