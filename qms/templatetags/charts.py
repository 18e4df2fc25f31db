"""Charts drawn by ourselves: one SVG for the browser (both themes), for print and for PDF.

Colours are presentation attributes, which is all a PDF renderer honours; in the browser the classes let the style sheet
replace them with the theme's. The same numbers always give the same bytes. Use: templates/components/README.md.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django import template
from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from qms.status_words import status_word

register = template.Library()

Point = tuple[object, float | None]

INK, FAINT, LINE, ACCENT, TARGET = "#4d5458", "#62696d", "#e0dfda", "#0d5c6b", "#95380f"
TONE_FILL = {
    "good": "#3f8f62", "soon": "#c98a1b", "late": "#c8602d", "missing": "#b8354a", "neutral": "#9ba1a4",
    "gone": "#8b7aa5", "busy": "#2f8294",
}  # fmt: skip
HEAT_FILL = {"high": ("#fbe5e7", "#8f1f33"), "medium": ("#fcefcf", "#734a00"), "low": ("#e0f1e6", "#1d5c38")}
"""Ground and ink of a heat map's levels, as the style sheet has them in the light theme."""
SIGNAL_MARKS = {"outside": "O", "shift": "S", "run": "R", "near_limit": "L"}
"""The letter beside a point of a control chart that is part of a signal."""
SIGNAL_WORDS = {
    "O": _lazy("outside the limits"), "S": _lazy("where a shift begins"), "R": _lazy("eight or more on one side"),
    "L": _lazy("three of four nearer to a limit"),
}  # fmt: skip
LETTER_WIDTH = 7  # of a label under the axis, in SVG units
LABELS_ACROSS = 6
TICKS = 4


@dataclass(frozen=True)
class Frame:
    """The drawing area inside a chart, in SVG units."""

    width: int
    height: int
    left: int = 44
    right: int = 14
    top: int = 14
    bottom: int = 26

    @property
    def inner_width(self) -> int:
        return self.width - self.left - self.right

    @property
    def floor(self) -> int:
        return self.height - self.bottom

    def x(self, index: int, count: int) -> float:
        """Where the point number ``index`` of ``count`` stands; a single point stands in the middle."""
        share = index / (count - 1) if count > 1 else 0.5
        return round(self.left + share * self.inner_width, 1)

    def y(self, value: float, top_value: float, low_value: float = 0) -> float:
        """Height of a value on a scale from ``low_value`` at the floor to ``top_value``."""
        span = (top_value - low_value) or 1
        return round(self.floor - (value - low_value) / span * (self.floor - self.top), 1)


def nice_step(span: float, steps: int = TICKS) -> float:
    """The smallest of 1, 2, 2.5 or 5 times a power of ten that covers ``span`` in at most ``steps`` steps."""
    if span <= 0:
        return 1
    rough = span / steps
    power = 10.0 ** math.floor(math.log10(rough))
    return next((factor * power for factor in (1, 2, 2.5, 5, 10) if factor * power >= rough * 0.999999), 10 * power)


def scale(values: Sequence[float]) -> tuple[float, float, list[float]]:
    """Lowest and highest value of the axis and its ticks. Zero is always on it."""
    low, high = min([0.0, *values]), max([0.0, *values])
    step = nice_step(high - low)
    first, last = math.floor(low / step), max(math.ceil(high / step - 1e-9), 1)
    return first * step, last * step, [round(index * step, 6) for index in range(first, last + 1)]


def words(value: float | None) -> str:
    """A number for people: grouped thousands, no needless decimals; a dash for no value."""
    if value is None:
        return "–"
    rounded = round(float(value), 2)
    places = 0 if rounded == int(rounded) else (1 if rounded == round(rounded, 1) else 2)
    return number_format(rounded, places, use_l10n=True, force_grouping=True)


@register.filter
def figure(value: Decimal | None) -> str:
    """A measured number for people: grouped thousands, up to four places, no needless zeros; a dash for none."""
    if value is None or value == "":
        return "–"
    places = max(0, -int(Decimal(value).normalize().as_tuple().exponent))
    return number_format(value, min(places, 4), use_l10n=True, force_grouping=True)


def as_points(points: Iterable[Sequence[Any]]) -> list[Point]:
    """Clean input: labels as text, values as numbers or None; infinities and not-a-number count as no value."""
    clean: list[Point] = []
    for label, value in points:
        number = None if value is None else float(value)
        clean.append((str(label), number if number is not None and math.isfinite(number) else None))
    return clean


def summary(title: str, points: Sequence[Point], unit: str) -> str:
    """The title a screen reader or a PDF reader hears: what, how many, first, last, lowest and highest."""
    known = [(label, value) for label, value in points if value is not None]
    if not known:
        return _("%(title)s: no values yet") % {"title": title}
    low, high = min(known, key=lambda point: point[1]), max(known, key=lambda point: point[1])
    return _("%(title)s: %(n)s values, last %(last)s %(unit)s(%(label)s), lowest %(low)s, highest %(high)s") % {
        "title": title, "n": len(known), "last": words(known[-1][1]), "unit": f"{unit} " if unit else "",
        "label": known[-1][0], "low": words(low[1]), "high": words(high[1]),
    }  # fmt: skip


def table_mode(table: object) -> str:
    """``closed`` behind a summary line, ``open``, or ``none``."""
    return "none" if table in (False, "none") else ("open" if table == "open" else "closed")


def colors() -> dict[str, str]:
    return {"ink": INK, "faint": FAINT, "line": LINE, "accent": ACCENT, "target_color": TARGET}


def rows(points: Sequence[Point]) -> list[tuple[object, str]]:
    return [(label, words(value)) for label, value in points]


@register.inclusion_tag("components/chart_line.html")
def line_chart(
    points: Iterable[Sequence[Any]], title: str, unit: str = "", target: float | None = None, wide: bool = False,
    table: object = True,
) -> dict[str, object]:  # fmt: skip
    """A line over time. ``points``: (label, value or None); a None breaks the line; ``unit`` follows values."""
    series = as_points(points)
    frame = Frame(width=720 if wide else 400, height=220 if wide else 190)
    values = [value for _label, value in series if value is not None]
    low, high, ticks = scale([*values, *([float(target)] if target is not None else [])])
    dots = [
        {"x": frame.x(index, len(series)), "y": frame.y(value, high, low), "label": label, "words": words(value)}
        for index, (label, value) in enumerate(series)
        if value is not None
    ]
    return {
        **colors(), "frame": frame, "title": title, "summary": summary(title, series, unit), "unit": unit,
        "ticks": [{"y": frame.y(tick, high, low), "words": words(tick)} for tick in ticks],
        "lines": _runs(series, frame, high, low), "dots": dots if len(dots) <= 24 else dots[-1:],
        "last": dots[-1] if dots else None, "across": _labels_across(series, frame), "rows": rows(series),
        "target": None if target is None else {"y": frame.y(float(target), high, low), "words": words(target)},
        "table": table_mode(table),
    }  # fmt: skip


@register.inclusion_tag("components/chart_bar.html")
def bar_chart(
    points: Iterable[Sequence[Any]], title: str, unit: str = "", table: object = True, label_width: int = 120
) -> dict[str, object]:
    """Horizontal bars, one per point: (label, value or None). Negative values count as zero."""
    series = as_points(points)
    width, row_height = 400, 26
    room = width - label_width - 64
    top_value = max((value for _label, value in series if value is not None), default=0) or 1
    bars = [
        {
            "y": index * row_height, "text_y": index * row_height + 17, "label": _short(str(label), label_width),
            "full": label, "width": round(max(value or 0, 0) / top_value * room, 1), "words": words(value),
            "end": round(label_width + max(value or 0, 0) / top_value * room + 6, 1),
        }
        for index, (label, value) in enumerate(series)
    ]  # fmt: skip
    return {
        **colors(), "bars": bars, "title": title, "summary": summary(title, series, unit), "unit": unit, "width": width,
        "height": max(len(series), 1) * row_height, "label_width": label_width, "label_end": label_width - 8,
        "rows": rows(series), "table": table_mode(table),
    }  # fmt: skip


@register.inclusion_tag("components/chart_spark.html")
def sparkline(values: Iterable[float | None], title: str, width: int = 120, height: int = 28) -> dict[str, object]:
    """A small line inside a text or a table row; its title carries first and last value."""
    series = as_points((index + 1, value) for index, value in enumerate(values))
    frame = Frame(width=width, height=height, left=3, right=5, top=4, bottom=4)
    known = [value for _label, value in series if value is not None]
    low, high = (min(known), max(known)) if known else (0.0, 1.0)
    if low == high:
        low, high = low - 1, high + 1
    ends = [(index, value) for index, (_label, value) in enumerate(series) if value is not None]
    last = {"x": frame.x(ends[-1][0], len(series)), "y": frame.y(ends[-1][1], high, low)} if ends else None
    return {**colors(), "frame": frame, "summary": summary(title, series, ""),
            "lines": _runs(series, frame, high, low), "last": last}  # fmt: skip


@register.inclusion_tag("components/chart_control.html")
def control_chart(
    chart: Any, title: str, unit: str = "", target: float | None = None, table: object = True, height: int = 260
) -> Any:
    """An XmR chart: values, centre line and natural process limits per phase, signals marked by shape and letter.

    ``chart``: days, values, phases (first, last, centre, lower or None, upper) and ``marks()``: index to rule.
    """
    labels = [date_format(day, "j M Y") for day in chart.days]
    series: list[Point] = list(zip(labels, chart.values, strict=True))
    frame = Frame(width=720, height=height, right=52)
    edges = [edge for phase in chart.phases for edge in (phase.lower, phase.upper) if edge is not None]
    low, high, ticks = close_scale([*chart.values, *edges, *([float(target)] if target is not None else [])])
    marks, count = chart.marks(), len(series)
    dots = [
        {
            "x": frame.x(i, count), "y": frame.y(value, high, low), "label": label, "words": words(value),
            "mark": SIGNAL_MARKS.get(str(marks.get(i, "")), ""), "up": round(frame.y(value, high, low) - 9, 1),
            "is_first": marks.get(i) != marks.get(i - 1),
        }
        for i, (label, value) in enumerate(series)
        if value is not None
    ]  # fmt: skip
    phases = [_phase_lines(phase, frame, count, low, high) for phase in chart.phases]
    return {
        **colors(), "signal": TONE_FILL["missing"], "frame": frame, "title": title, "unit": unit, "dots": dots,
        "summary": summary(title, series, unit), "lines": _runs(series, frame, high, low), "phases": phases,
        "ticks": [{"y": frame.y(tick, high, low), "words": words(tick)} for tick in ticks],
        "across": _labels_across([(date_format(day, "M Y"), None) for day in chart.days], frame),
        "table": table_mode(table), "last": dots[-1] if dots else None,
        "target": None if target is None else {"y": frame.y(float(target), high, low), "words": words(target)},
        "rows": [
            (label, f"{words(value)} {SIGNAL_MARKS.get(str(marks.get(i, '')), '')}".strip())
            for i, (label, value) in enumerate(series)
        ],
        "used_marks": [(mark, SIGNAL_WORDS[mark]) for mark in SIGNAL_WORDS if mark in {d["mark"] for d in dots}],
        "centre_mark": "x̄", "key": _("Solid: centre line. Dotted: natural process limits."),
    }  # fmt: skip


@register.inclusion_tag("components/chart_control.html")
def range_chart(chart: Any, title: str, unit: str = "", table: object = True) -> Any:
    """The lower half of an XmR chart: the moving ranges of ``chart`` with their average and their own upper limit."""
    key = _("Solid: average moving range. Dotted: its upper limit; a larger step is no ordinary one.")
    return control_chart(chart.ranges, title, unit, table=table, height=160) | {"centre_mark": "R̄", "key": key}


def close_scale(values: Sequence[float]) -> tuple[float, float, list[float]]:
    """Like ``scale``, but without zero unless the values come near it: what matters is how they differ."""
    low, high = (min(values), max(values)) if values else (0.0, 1.0)
    if low >= 0 and low < (high - low):
        low = 0.0
    step = nice_step((high - low) or abs(high) or 1)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    last = max(last, first + 1)
    return first * step, last * step, [round(index * step, 6) for index in range(first, last + 1)]


def _phase_lines(phase: Any, frame: Frame, count: int, low: float, high: float) -> dict[str, object]:
    """Centre line and limits of one phase, from half a step before its first point to half a step after its last."""
    half = frame.inner_width / max(count - 1, 1) / 2
    first = round(max(frame.left, frame.x(phase.first, count) - half), 1)
    last = round(min(frame.width - frame.right, frame.x(phase.last, count) + half), 1)
    bounds = [
        {"y": frame.y(edge, high, low), "words": words(edge)} for edge in (phase.upper, phase.lower) if edge is not None
    ]
    return {
        "x1": first, "x2": last, "centre": {"y": frame.y(phase.centre, high, low), "words": words(phase.centre)},
        "bounds": bounds, "is_last": phase.last == count - 1, "text_x": last + 5,
    }  # fmt: skip


@register.inclusion_tag("components/chart_strip.html")
def strip_chart(parts: Iterable[tuple[str, int]], title: str, paper: bool = False) -> dict[str, object]:
    """One bar shared by statuses: parts of (status, count). The legend beside it says every part in words.

    ``paper``: the legend's icons are drawn in place, as a PDF needs.
    """
    counted = [(status, int(count)) for status, count in parts if count > 0]
    total = sum(count for _status, count in counted) or 1
    bars, start = [], 0.0
    for status, count in counted:
        width = count / total * 400
        fill = TONE_FILL[status_word(status).tone]
        bars.append({"x": round(start, 1), "width": round(max(width - 2, 1), 1), "fill": fill,
                     "tone": status_word(status).tone})  # fmt: skip
        start += width
    said = ", ".join(f"{status_word(status).label}: {count}" for status, count in counted)
    return {
        "bars": bars,
        "parts": counted,
        "paper": paper,
        "summary": f"{title}: {said or _('nothing yet')}",
        "title": title,
    }


def _runs(series: Sequence[Point], frame: Frame, high: float, low: float) -> list[str]:
    """The points attribute of each unbroken stretch of at least two values."""
    runs: list[list[str]] = [[]]
    for index, (_label, value) in enumerate(series):
        if value is None:
            runs.append([])
        else:
            runs[-1].append(f"{frame.x(index, len(series))},{frame.y(value, high, low)}")
    return [" ".join(run) for run in runs if len(run) > 1]


def _labels_across(series: Sequence[Point], frame: Frame) -> list[dict[str, object]]:
    """At most six labels under the axis, the last point always among them; fewer where they would touch.

    The last one ends at its point and its neighbour is centred: one and a half labels must fit between the two.
    """
    count = len(series)
    longest = max((len(str(label)) for label, _value in series), default=0) * LETTER_WIDTH
    apart = frame.inner_width / max(count - 1, 1)
    every = max(1, math.ceil(count / LABELS_ACROSS), math.ceil(1.5 * longest / apart))
    chosen = [index for index in range(count) if (count - 1 - index) % every == 0]
    return [
        {"x": frame.x(index, count), "label": series[index][0],
         "anchor": "end" if index == count - 1 and count > 1 else ("start" if index == 0 else "middle")}
        for index in chosen
    ]  # fmt: skip


def _short(label: str, width: int) -> str:
    room = max(4, width // 7)
    return label if len(label) <= room else label[: room - 1].rstrip() + "…"


@register.inclusion_tag("components/chart_heat.html")
def heat_chart(chart: Any, title: str) -> dict[str, object]:
    """A heat map: ``rows`` (number, word, cells of (level, count)) from the gravest down, ``columns`` (words).

    Every cell says its level by a letter as well as by its colour. ``nature`` opportunity: high is what one wants.
    """
    width, left, top, height = 560, 130, 6, 34
    step = round((width - left) / max(len(chart["columns"]), 1), 1)
    fills = HEAT_FILL if chart["nature"] == "risk" else HEAT_FILL | {"high": HEAT_FILL["low"], "low": ("#f3f2ee", INK)}
    rows = [
        {
            "number": row["number"], "word": row["word"], "y": top + place * height,
            "text_y": top + place * height + 21,
            "cells": [
                {
                    "x": round(left + column * step, 1), "text_x": round(left + (column + 0.5) * step, 1),
                    "count": count, "fill": fills[level][0], "ink": fills[level][1], "mark": level[:1].upper(),
                    "mark_x": round(left + (column + 1) * step - 10, 1),
                }
                for column, (level, count) in enumerate(row["cells"])
            ],
        }
        for place, row in enumerate(chart["rows"])
    ]  # fmt: skip
    floor = top + len(rows) * height
    return {
        **colors(), "title": title, "rows": rows, "width": width, "height": floor + 34, "cell_width": step - 2,
        "across": [
            {"x": round(left + (place + 0.5) * step, 1), "number": place + 1, "word": word}
            for place, word in enumerate(chart["columns"])
        ],
        "number_y": floor + 14, "word_y": floor + 27,
        "summary": _("%(title)s: %(n)s in all") % {"title": title, "n": chart["total"]},
    }  # fmt: skip
