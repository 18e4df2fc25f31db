"""What a pack prints of objectives beside the frozen version: rows as they stood at the cut-off.

Targets and measurements are never changed, only followed or replaced by newer rows, so the state at any moment can be
read from them again; the trail, whose chain the pack carries, names every value.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db.models import Q

from objectives.models import Measurement, Objective, ObjectiveDecision, ObjectiveTarget
from objectives.services.objective_page import chart_of, findings_of
from objectives.services.objective_rule import RULE_WORDS, Path, judge, with_unit
from qms.models import site_today

PRINTED = 60
"""Measurements in a sheet's table; the chart shows all of them, and says how many there are."""
Contents = Mapping[int, dict[str, Any]]


def sheet_facts(
    contents: Contents, *, at: datetime, name: Callable[[str], str], text: Callable[[str], str]
) -> dict[int, dict[str, Any]]:
    """The history of targets, the measurements and the decisions of objectives as they stood ``at``.

    ``contents``: the frozen content that is printed, by record id; ``name`` and ``text`` take names out where the pack
    shows initials. Four queries.
    """
    measured: dict[int, list[Measurement]] = {pk: [] for pk in contents}
    there = Q(recorded_at__lte=at) & (Q(replaced_at=None) | Q(replaced_at__gt=at))
    for row in Measurement.objects.filter(there, objective_id__in=contents).order_by("measured_on", "pk"):
        measured[row.objective_id].append(row)
    targets: dict[int, list[ObjectiveTarget]] = {pk: [] for pk in contents}
    versions = ObjectiveTarget.objects.filter(objective_id__in=contents, approved_at__lte=at)
    for target in versions.select_related("signature").order_by("objective_id", "number"):
        targets[target.objective_id].append(target)
    decisions: dict[int, list[dict[str, Any]]] = {pk: [] for pk in contents}
    asked = ObjectiveDecision.objects.filter(objective_id__in=contents, asked_at__lte=at).select_related("decided_by")
    for decision in asked.order_by("asked_at", "pk"):
        decisions[decision.objective_id].append(_decision(decision, at=at, name=name, text=text))
    found = {}
    for objective in Objective.objects.filter(pk__in=contents).select_related("site").order_by("pk"):
        pk = objective.pk
        more = _facts(objective, contents[pk], measured[pk], targets[pk], at=at)
        told = [_target(target, objective, name=name, text=text) for target in targets[pk]]
        found[pk] = more | {"targets": told, "decisions": decisions[pk]}
    return found


def _facts(
    objective: Objective, content: dict[str, Any], measured: list[Measurement], targets: list[ObjectiveTarget], *,
    at: datetime,
) -> dict[str, Any]:  # fmt: skip
    unit = objective.unit  # locked by the approval, as measure and direction are
    chart = chart_of(measured)
    return {
        "unit": unit, "measure": objective.measure, "chart": chart, "findings": findings_of(objective, chart),
        "verdict": _verdict(objective, content, measured, targets, at=at), "rule": RULE_WORDS,
        "target": float(targets[-1].target_value) if targets else None,
        "rows": [(row.measured_on, with_unit(row.value, unit), row.sample_size) for row in measured[-PRINTED:]],
        "count": len(measured),
    }  # fmt: skip


def _target(
    target: ObjectiveTarget, objective: Objective, *, name: Callable[[str], str], text: Callable[[str], str]
) -> dict[str, Any]:
    return {
        "number": target.number, "value": with_unit(target.target_value, objective.unit), "due_on": target.due_on,
        "baseline": with_unit(target.baseline_value, objective.unit), "reason": text(target.reason),
        "approved_at": target.approved_at.astimezone(objective.site.zone), "by": name(target.signature.name),
    }  # fmt: skip


def _verdict(
    objective: Objective, content: dict[str, Any], measured: list[Measurement], targets: list[ObjectiveTarget], *,
    at: datetime,
) -> dict[str, str]:  # fmt: skip
    """The rule's answer at the cut-off, from the target and the rhythm that held then."""
    if not targets or content["status"] != Objective.Status.APPROVED:
        return {}
    held, facts = targets[-1], content["facts"]
    approved_on = date.fromisoformat(facts["approved_on"])
    path = Path(
        held.target_value, held.due_on, objective.direction == Objective.Direction.LOWER, held.baseline_value,
        held.baseline_on or approved_on,
    )  # fmt: skip
    verdict = judge(
        path, [(row.measured_on, row.value) for row in measured], today=site_today(objective.site, at),
        every_days=int(facts["measure_every_days"]), counted_from=approved_on, unit=objective.unit,
        forecast=Decimal(facts["forecast_value"]) if facts["forecast_value"] else None,
    )  # fmt: skip
    return {"standing": str(verdict.standing), "reason": verdict.reason}


def _decision(
    decision: ObjectiveDecision, *, at: datetime, name: Callable[[str], str], text: Callable[[str], str]
) -> dict[str, Any]:
    is_decided = decision.decided_at is not None and decision.decided_at <= at
    return {
        "asked_on": decision.asked_on, "because": decision.asked_because,
        "choice": decision.get_choice_display() if is_decided else "",
        "words": text(decision.words) if is_decided else "", "decided_at": decision.decided_at if is_decided else None,
        "by": name(decision.decided_by.name) if is_decided and decision.decided_by else "",
    }  # fmt: skip
