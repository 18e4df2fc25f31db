"""The leadership timeline: who led what, month by month, from the frozen versions of the records that count."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from audits.models import PackItem
from audits.services import pack_plan
from audits.services.pack_data import FrozenPack, Sheet

CHART_WIDTH = 640
NAME_WIDTH = 130
TOTAL_WIDTH = 30
ROW_HEIGHT = 19
ROWS_SHOWN = 18
RECENT = timedelta(days=14)
TINTS = ("#f1f1ee", "#cfe4e8", "#9cc9d0", "#5ba3b0", "#2f8294", "#0d5c6b")
LIGHT_INK_FROM = 3


@dataclass
class Leader:
    """What one leader took part in."""

    name: str
    job_title: str
    is_top: bool
    records: int = 0
    late: int = 0
    by_month: dict[tuple[int, int], int] = field(default_factory=dict)
    clause_ids: set[int] = field(default_factory=set)
    latest: date = date.min

    @property
    def months(self) -> int:
        return len(self.by_month)

    @property
    def clauses(self) -> int:
        return len(self.clause_ids)

    def add(self, sheet: Sheet) -> None:
        """Count one record for this leader."""
        month = (sheet.occurred_on.year, sheet.occurred_on.month)
        self.records += 1
        self.late += sheet.item.is_late
        self.by_month[month] = self.by_month.get(month, 0) + 1
        self.clause_ids |= {clause["id"] for clause in sheet.clauses}
        self.latest = max(self.latest, sheet.occurred_on)


def leadership(frozen: FrozenPack, spec: dict[str, Any]) -> dict[str, Any]:  # noqa: ARG001  all page builders alike
    """Counts per leader and month, and how soon after the event the records were entered."""
    leaders: dict[str, Leader] = {}
    delays: dict[int, int] = {}
    months_with: set[tuple[int, int]] = set()
    total = late = recent = 0
    cutoff_day = frozen.local(frozen.cutoff_at).date()
    for sheet in frozen.sheets(_counting(frozen)):
        total += 1
        late += sheet.item.is_late
        recent += sheet.recorded_at.date() > cutoff_day - RECENT
        delays[sheet.days_late] = delays.get(sheet.days_late, 0) + 1
        months_with.add((sheet.occurred_on.year, sheet.occurred_on.month))
        for leader in _leaders_of(frozen, sheet, leaders):
            leader.add(sheet)
    ranked = sorted(leaders.values(), key=lambda leader: (-leader.records, leader.name, leader.job_title))
    months = list(_months(frozen.pack.from_on, frozen.pack.to_on))
    return {
        "leaders": ranked, "total": total, "late": late, "recent": recent, "months": months,
        "months_with": len(months_with), "chart": _chart(ranked, months), "entered": list(_entered(delays, total)),
    }  # fmt: skip


def _counting(frozen: FrozenPack) -> Iterator[PackItem]:
    items = pack_plan.home_items(frozen.pack).filter(standing=PackItem.Standing.COUNTS)
    return items.iterator(chunk_size=500)


def _leaders_of(frozen: FrozenPack, sheet: Sheet, leaders: dict[str, Leader]) -> Iterator[Leader]:
    people = [p for p in sheet.content["people"] if p["part"] == "leader"] or [sheet.content["owner"]]
    for person in people:
        key = person["uid"] or f"name:{person['name']}"
        if key not in leaders:
            known = frozen.data["people"].get(person["uid"], {})
            leaders[key] = Leader(person["name"], known.get("job_title", ""), known.get("is_top_management", False))
        yield leaders[key]


def _months(start: date, end: date) -> Iterator[tuple[int, int]]:
    year, month = start.year, start.month
    while (year, month) <= (end.year, end.month):
        yield year, month
        year, month = (year + 1, 1) if month == 12 else (year, month + 1)


def _chart(leaders: list[Leader], months: list[tuple[int, int]]) -> dict[str, Any]:
    """Coordinates of the grid: a row per leader, a field per month (per quarter or year in a long period)."""
    spans = _spans(months)
    step = (CHART_WIDTH - NAME_WIDTH - TOTAL_WIDTH) / max(1, len(spans))
    shown = leaders[:ROWS_SHOWN]
    cells = [[sum(leader.by_month.get(month, 0) for month in span) for span in spans] for leader in shown]
    top = max((n for row in cells for n in row), default=0)
    rows = []
    for place, (leader, row) in enumerate(zip(shown, cells, strict=True)):
        y = 26 + place * ROW_HEIGHT
        rows.append({
            "name": leader.name[:26], "y": y, "y_text": y + 11, "total": leader.records,
            "cells": [_cell(n, top, round(NAME_WIDTH + i * step, 1), step) for i, n in enumerate(row)],
        })  # fmt: skip
    return {
        "width": CHART_WIDTH, "height": 30 + len(rows) * ROW_HEIGHT, "rows": rows, "cell": round(step - 2, 1),
        "left_out": len(leaders) - len(shown), "labels": list(_labels(spans, step)),
    }  # fmt: skip


def _spans(months: list[tuple[int, int]]) -> list[list[tuple[int, int]]]:
    size = 1 if len(months) <= 24 else 3 if len(months) <= 72 else 12
    spans: dict[tuple[int, int], list[tuple[int, int]]] = {}
    for year, month in months:
        spans.setdefault((year, (month - 1) // size), []).append((year, month))
    return list(spans.values())


def _cell(n: int, top: int, x: float, step: float) -> dict[str, Any]:
    tint = 0 if not n else max(1, round(n / top * (len(TINTS) - 1)))
    ink = "#ffffff" if tint >= LIGHT_INK_FROM else "#1b1f21"
    return {"n": n, "x": x, "x_text": round(x + (step - 2) / 2, 1), "fill": TINTS[tint], "ink": ink}


def _labels(spans: list[list[tuple[int, int]]], step: float) -> Iterator[dict[str, Any]]:
    year_before = 0
    every = max(1, -(-len(spans) // 24))
    for i, span in enumerate(spans):
        year, month = span[0]
        if i % every:
            continue
        text = date_format(date(year, month, 1), "M") if len(span) < 12 else str(year)
        yield {
            "x": round(NAME_WIDTH + i * step + (step - 2) / 2, 1), "text": text,
            "year": year if year != year_before and len(span) < 12 else "",
        }  # fmt: skip
        year_before = year


def _entered(delays: dict[int, int], total: int) -> Iterator[dict[str, Any]]:
    bands = [
        (_("on the day of the event"), 0, 0),
        (_("on the day after"), 1, 1),
        (_("2 to 7 days after (late)"), 2, 7),
        (_("8 to 30 days after (late)"), 8, 30),
        (_("more than 30 days after (late)"), 31, 10**6),
    ]
    for label, least, most in bands:
        n = sum(count for days, count in delays.items() if least <= days <= most)
        yield {"label": label, "n": n, "bar": round(230 * n / total, 1) if total else 0}
