"""Stacked bars by month with a line over them, and lanes of counts below on the same months.

One scale for bars and line. A month without a value is a gap with a mark of its own, never a bar of nought. Colours,
bytes and use: see charts.py and templates/components/README.md.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from django import template
from django.utils.translation import gettext as _

from qms.templatetags.charts import TONE_FILL, Frame, colors, scale, table_mode, words

register = template.Library()

LANE_HEIGHT, LANE_ROOM = 30, 18
LABELS_ACROSS = 8
BAR_SHARE = 0.68


@register.inclusion_tag("components/chart_stacked.html")
def stacked_chart(chart: Any, title: str, unit: str = "", table: object = False) -> dict[str, object]:
    """``chart``: labels, names, series (label, tone, values or None), line_label, line, gaps (words), lanes.

    A lane is (label, counts). ``table``: as for ``line_chart``; by default none, since the page beside it has its own.
    """
    count = len(chart.labels)
    columns = [[values[i] for _l, _t, values in chart.series] for i in range(count)]
    tops = [math.fsum(float(v) for v in column if v is not None and v > 0) for column in columns]
    line = [None if value is None else float(value) for value in chart.line]
    lows = [float(v) for column in columns for v in column if v is not None and v < 0]
    low, high, ticks = scale([*tops, *lows, *(value for value in line if value is not None)])
    floor = 232
    frame = Frame(width=720, height=floor + 24 + len(chart.lanes) * (LANE_HEIGHT + LANE_ROOM), left=64, right=10)
    plot = Frame(width=720, height=floor + 26, left=64, right=10)
    band = plot.inner_width / max(count, 1)
    return {
        **colors(), "frame": frame, "title": title, "unit": unit, "floor": plot.y(0, high, low), "bottom": plot.floor,
        "summary": _summary(chart, tops, title, unit), "table": table_mode(table),
        "ticks": [{"y": plot.y(tick, high, low), "words": words(tick)} for tick in ticks],
        "bars": _bars(chart, columns, plot, band, (low, high)), "gaps": _gaps(chart, plot, band),
        "lines": _lines(line, plot, band, (low, high)), "across": _across(chart.labels, plot, band),
        "last": _last(chart, line, plot, band, (low, high)), "lanes": _lanes(chart, plot, band),
        "keys": [(label, tone, TONE_FILL[tone]) for label, tone, _v in chart.series], "line_label": chart.line_label,
        "has_gaps": any(chart.gaps), "rows": [(name, words(top)) for name, top in zip(chart.names, tops, strict=True)],
    }  # fmt: skip


def _middle(index: int, plot: Frame, band: float) -> float:
    return round(plot.left + (index + 0.5) * band, 1)


def _bars(
    chart: Any, columns: Sequence[Sequence[Any]], plot: Frame, band: float, ends: tuple[float, float]
) -> list[dict[str, object]]:  # fmt: skip
    """One rectangle per month and category, from the axis up; credits below nought go down from it."""
    low, high = ends
    found = []
    for index, column in enumerate(columns):
        up = down = 0.0
        for (label, tone, _values), value in zip(chart.series, column, strict=True):
            if not value:
                continue
            start, amount = (up, float(value)) if value > 0 else (down, float(value))
            first, last = plot.y(start, high, low), plot.y(start + amount, high, low)
            up, down = (up + amount, down) if value > 0 else (up, down + amount)
            found.append({
                "x": round(_middle(index, plot, band) - band * BAR_SHARE / 2, 1), "y": min(first, last),
                "width": round(band * BAR_SHARE, 1), "height": round(max(abs(first - last) - 0.6, 0.4), 1),
                "tone": tone, "fill": TONE_FILL[tone], "title": f"{chart.names[index]}, {label}: {words(float(value))}",
            })  # fmt: skip
    return found


def _gaps(chart: Any, plot: Frame, band: float) -> list[dict[str, object]]:
    return [
        {"x": round(plot.left + (i + 0.16) * band, 1), "width": round(band * BAR_SHARE, 1), "y": plot.top,
         "height": plot.floor - plot.top, "title": f"{chart.names[i]}: {why}"}
        for i, why in enumerate(chart.gaps) if why
    ]  # fmt: skip


def _lines(line: Sequence[float | None], plot: Frame, band: float, ends: tuple[float, float]) -> list[str]:
    runs: list[list[str]] = [[]]
    for index, value in enumerate(line):
        if value is None:
            runs.append([])
        else:
            runs[-1].append(f"{_middle(index, plot, band)},{plot.y(value, ends[1], ends[0])}")
    return [" ".join(run) for run in runs if len(run) > 1]


def _last(
    chart: Any, line: Sequence[float | None], plot: Frame, band: float, ends: tuple[float, float]
) -> dict[str, object] | None:  # fmt: skip
    known = [(index, value) for index, value in enumerate(line) if value is not None]
    if not known:
        return None
    index, value = known[-1]
    return {"x": _middle(index, plot, band), "y": plot.y(value, ends[1], ends[0]),
            "title": f"{chart.names[index]}, {chart.line_label}: {words(value)}"}  # fmt: skip


def _across(labels: Sequence[str], plot: Frame, band: float) -> list[dict[str, object]]:
    every = max(1, math.ceil(len(labels) / LABELS_ACROSS))
    chosen = [index for index in range(len(labels)) if (len(labels) - 1 - index) % every == 0]
    return [{"x": _middle(index, plot, band), "label": labels[index], "y": plot.floor + 18} for index in chosen]


def _lanes(chart: Any, plot: Frame, band: float) -> list[dict[str, object]]:
    """Counts as small bars on a scale of each lane's own, with the highest written at the side."""
    found = []
    for number, (label, counts) in enumerate(chart.lanes):
        top = plot.floor + 24 + number * (LANE_HEIGHT + LANE_ROOM) + LANE_ROOM
        most = max(counts, default=0)
        bars = [
            {"x": round(_middle(i, plot, band) - band * BAR_SHARE / 2, 1), "width": round(band * BAR_SHARE, 1),
             "height": round(LANE_HEIGHT * n / most, 1), "y": round(top + LANE_HEIGHT * (1 - n / most), 1),
             "title": f"{chart.names[i]}, {label}: {n}"}
            for i, n in enumerate(counts) if n
        ]  # fmt: skip
        found.append({"label": label, "bars": bars, "most": most, "top": top, "base": top + LANE_HEIGHT,
                      "label_y": top - 5, "most_y": top + 9})  # fmt: skip
    return found


def _summary(chart: Any, tops: Sequence[float], title: str, unit: str) -> str:
    known = [(name, top) for name, top, why in zip(chart.names, tops, chart.gaps, strict=True) if not why]
    if not known:
        return _("%(title)s: no values yet") % {"title": title}
    low, high = min(known, key=lambda pair: pair[1]), max(known, key=lambda pair: pair[1])
    return _("%(title)s: %(n)d months with values, last %(last)s %(unit)s, lowest %(low)s (%(lowest)s), "
             "highest %(high)s (%(highest)s); the table holds every number") % {
        "title": title, "n": len(known), "last": words(known[-1][1]), "unit": unit, "low": words(low[1]),
        "lowest": low[0], "high": words(high[1]), "highest": high[0],
    }  # fmt: skip
