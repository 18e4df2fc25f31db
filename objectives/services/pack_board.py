"""The boards as a pack keeps them at its cut-off: plain values, so that the same pack always prints the same.

What is confidential is left out: boards are for everybody who is given the pack, whatever its records.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from datetime import date
from typing import Any

from django.db.models import Count

from objectives.models import (
    LOOKBACK_MONTHS,
    ImprovementAction,
    Level,
    Nonconformity,
    Objective,
    Risk,
    RiskCell,
    RiskScale,
    lookback_start,
)
from objectives.services import action_board, nonconformity_recurrence, quality_cost_figures
from objectives.services.objective_rule import with_unit
from objectives.services.quality_cost import month_of, month_words
from objectives.services.quality_cost_chart import short, stacked
from qms.models import Organization, Phase, Site, User

OBJECTIVES = 40
"""Rows of the objectives board; all of them stand in the whole population."""
CAUSES = 20
"""Rows of the causes that come back, most frequent first."""
Board = dict[str, Any]


def objective(
    sites: Sequence[Site], *, from_on: date, to_on: date, on: date, by: User | None  # noqa: ARG001  boards alike
) -> Board:  # fmt: skip
    """The objectives that run, red first, with target, forecast and actual side by side."""
    rows = Objective.objects.filter(site__in=sites, phase=Phase.OPEN, is_confidential=False)
    counts = dict(rows.order_by().values_list("standing").annotate(n=Count("pk")))
    shown = rows.select_related("owner").order_by("standing_rank", "due_on", "pk")[:OBJECTIVES]
    lines = [
        {
            "reference": row.reference, "title": row.title, "standing": row.standing, "why": row.standing_reason,
            "target": with_unit(row.target_value, row.unit), "forecast": with_unit(row.forecast_value, row.unit),
            "actual": with_unit(row.actual_value, row.unit), "due_on": row.due_on.isoformat() if row.due_on else "",
            "owner": row.owner.name,
        }
        for row in shown
    ]  # fmt: skip
    standings = [[str(name), counts[name]] for name in Objective.RANKS if counts.get(name)]
    return {"rows": lines, "counts": standings, "total": sum(counts.values())} if lines else {}


def improvement_action(
    sites: Sequence[Site], *, from_on: date, to_on: date, on: date, by: User | None  # noqa: ARG001  boards alike
) -> Board:  # fmt: skip
    """Open actions by status, what is overdue by level, and proactive to reactive per month with n."""
    rows = ImprovementAction.objects.filter(site__in=sites, is_confidential=False)
    counts = dict(rows.filter(phase=Phase.OPEN).order_by().values_list("status").annotate(n=Count("pk")))
    months = action_board.balance(sites, from_on=from_on, to_on=min(to_on, on))
    if not counts and not any(month.n for month in months):
        return {}
    return {
        "statuses": [[str(ImprovementAction.Status(name).label), counts[name]] for name in sorted(counts)],
        "levels": [[level.level, level.count_words] for level in action_board.overdue_by_level(rows, today=on)],
        "months": [
            {"month": short(m.month), "proactive": m.proactive, "reactive": m.reactive, "n": m.n, "share": m.share}
            for m in months
        ],
        "sentence": action_board.in_words(months),
    }  # fmt: skip


def risk(
    sites: Sequence[Site], *, from_on: date, to_on: date, on: date, by: User | None  # noqa: ARG001  boards alike
) -> Board:  # fmt: skip
    """A heat map per nature and scale of the open, rated ones, from the kept sums."""
    cells = RiskCell.objects.filter(site__in=sites, on_map=Risk.OnMap.OPEN, count__gt=0)
    found: dict[tuple[str, int], Counter[tuple[int, int]]] = {}
    for nature, scale_id, likelihood, impact, number in cells.values_list(
        "nature", "scale_id", "likelihood", "impact", "count"
    ):
        found.setdefault((nature, scale_id), Counter())[likelihood, impact] += number
    scales = {scale.pk: scale for scale in RiskScale.objects.filter(pk__in={pk for _nature, pk in found})}
    maps = [
        _heat_map(Risk.Nature(nature), scales[pk], found[nature, pk])
        for nature, pk in sorted(found, key=lambda key: (key[0] != Risk.Nature.RISK, key[1]))
    ]
    return {"maps": maps} if maps else {}


def _heat_map(nature: Risk.Nature, scale: RiskScale, counts: Counter[tuple[int, int]]) -> Board:
    levels: Counter[str] = Counter()
    rows = []
    for impact in range(len(scale.consequence_words), 0, -1):
        cells = []
        for likelihood in range(1, len(scale.likelihood_words) + 1):
            level = str(scale.level(likelihood * impact))
            levels[level] += counts[likelihood, impact]
            cells.append([level, counts[likelihood, impact]])
        rows.append({"number": impact, "word": scale.consequence_words[impact - 1], "cells": cells})
    return {
        "nature": str(nature), "label": str(nature.label), "scale": scale.name, "rows": rows,
        "columns": list(scale.likelihood_words), "total": sum(counts.values()),
        "levels": [[str(Level(name).label), levels[name]] for name in (Level.HIGH, Level.MEDIUM, Level.LOW)],
    }  # fmt: skip


def nonconformity(
    sites: Sequence[Site], *, from_on: date, to_on: date, on: date, by: User | None  # noqa: ARG001  boards alike
) -> Board:  # fmt: skip
    """Open ones by status, and the root causes of the lookback with how often each came back after closing."""
    rows = Nonconformity.objects.filter(site__in=sites, is_confidential=False)
    counts = dict(rows.filter(phase=Phase.OPEN).order_by().values_list("status").annotate(n=Count("pk")))
    lines = nonconformity_recurrence.cause_lines(rows, today=on)
    if not counts and not lines:
        return {}
    return {
        "statuses": [[str(status.label), counts[status]] for status in Nonconformity.Status if counts.get(status)],
        "causes": [
            {"name": line.name, "count": line.count, "closed": line.closed, "came_back": line.came_back}
            for line in lines[:CAUSES]
        ],
        "all": len(lines), "closed": sum(line.closed for line in lines), "since": lookback_start(on).isoformat(),
        "came_back": sum(line.came_back for line in lines), "lookback": LOOKBACK_MONTHS,
    }  # fmt: skip


def quality_cost(
    sites: Sequence[Site], *, from_on: date, to_on: date, on: date, by: User | None  # noqa: ARG001  boards alike
) -> Board:  # fmt: skip
    """Both conventions over twelve months, and the chart of the months beside what was done in them.

    For nobody there are none: what may be seen of costs is a person's.
    """
    if by is None:
        return {}
    currency = Organization.current().currency
    statements = [
        one
        for one in quality_cost_figures.statements_of(by, sites, currency)
        if not one.is_confidential and one.begins_on <= month_of(to_on)
    ]
    if not statements:
        return {}
    until = statements[-1].begins_on
    figures = quality_cost_figures.figures_of(by, sites, statements, until=until, length=quality_cost_figures.YEAR)
    lines = [
        [line.label, line.is_convention, *(None if value is None else f"{value:,.{places}f}" for value, places in (
            (line.amount, 2), (line.of_total, 1), (line.of_sales, 2), (line.amount_before, 2),
        ))]
        for line in figures.lines
    ]  # fmt: skip
    return {
        "currency": currency, "until": month_words(until), "chart": _plain(asdict(stacked(figures))), "lines": lines,
        "months": figures.now.n, "confirmed": figures.now.confirmed,
    }  # fmt: skip


def _plain(value: Any) -> Any:
    """Amounts as numbers with two decimals, which is all a chart can show."""
    if isinstance(value, dict):
        return {name: _plain(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    return value if value is None or isinstance(value, int | str) else round(float(value), 2)
