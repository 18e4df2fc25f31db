"""The chart of the cost of quality: money by category and month, what was done in the same months below it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from objectives.services.quality_cost_figures import ALL_FOUR, YEAR, Figures

TONES = ("good", "busy", "soon", "missing")
"""The colours of the four categories, in their order."""


@dataclass(frozen=True)
class StackedChart:
    """What the chart draws: one stacked bar per month, a line over them, and counts in lanes below."""

    labels: list[str]
    names: list[str]
    series: list[tuple[str, str, list[Decimal | None]]]
    line_label: str
    line: list[Decimal | None]
    gaps: list[str]
    lanes: list[tuple[str, list[int]]]


def stacked(figures: Figures) -> StackedChart:
    """Money by category and month, with a twelfth of the rolling year as the line: one scale for both."""
    columns = [month.by_category() for month in figures.months]
    line = [r.cost(ALL_FOUR) if r.is_whole else None for r in figures.rolling]
    return StackedChart(
        labels=[short(month.begins_on) for month in figures.months], names=[month.words for month in figures.months],
        series=[
            (str(name.label), tone, [column[n] for column in columns])
            for n, (name, tone) in enumerate(zip(ALL_FOUR, TONES, strict=True))
        ],
        line_label=_("12 months rolling, per month"),
        line=[None if amount is None else amount / YEAR for amount in line],
        gaps=[month.why_gap for month in figures.months],
        lanes=[
            (str(kind.label_plural), [month.beside.get(kind.kind, 0) for month in figures.months])
            for kind in figures.beside
        ],
    )  # fmt: skip


def short(month: date) -> str:
    """“Oct 26”."""
    return str(date_format(month, "M y"))
