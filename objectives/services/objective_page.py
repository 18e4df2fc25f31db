"""What an objective's page, its print view and its sheet in a pack show beside its facts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from django.utils.translation import gettext as _

from objectives.models import Measurement, Objective, ObjectiveTarget
from objectives.services import control_chart
from objectives.services.control_chart import ControlChart, Finding
from objectives.services.objective import missing_for_approval, unconnected_because
from objectives.services.objective_rule import Path, grace_days, next_due, rounded, with_unit
from qms.models import Phase
from qms.services.record_page import RecordPage
from qms.services.timeline import TimelineEntry

ROWS_SHOWN = 30
DECISION_VERBS = frozenset({"objective.decision_asked", "objective.decided"})
MOST_POINTS = 1_000
"""Points a chart is made of; a weekly measure reaches it after 19 years."""


@dataclass(frozen=True)
class Side:
    """One of target, forecast and actual, as they stand side by side."""

    label: str
    value: str
    note: str
    tone: str = ""


@dataclass(frozen=True)
class ObjectivePage:
    """Everything beside the facts; two queries."""

    sides: list[Side]
    chart: ControlChart
    findings: list[Finding]
    rows: list[Measurement]
    row_count: int
    targets: list[ObjectiveTarget]
    decisions: list[TimelineEntry]
    unconnected: list[str]
    missing: list[str]
    measure_due_on: date | None
    is_measure_late: bool


def page_of(objective: Objective, page: RecordPage, *, today: date) -> ObjectivePage:
    """Gather it; ``objective`` is loaded with goal, account and owner. ``today`` is the site's.

    The decisions are read from the timeline, which is loaded already.
    """
    rows = list(
        Measurement.objects.filter(objective=objective)
        .select_related("recorded_by__person").order_by("-measured_on", "-recorded_at", "-pk")[: MOST_POINTS * 2]
    )  # fmt: skip
    current = [row for row in rows if row.replaced_at is None]
    chart = chart_of(current)
    counted_from = objective.approved_on or objective.occurred_on
    due = next_due(objective.actual_on, counted_from=counted_from, every_days=objective.measure_every_days)
    is_open = objective.phase == Phase.OPEN
    return ObjectivePage(
        sides=sides_of(objective, today=today), chart=chart, findings=findings_of(objective, chart),
        rows=rows[:ROWS_SHOWN], row_count=len(rows),
        targets=list(objective.targets.select_related("signature").order_by("-number")),
        decisions=[entry for entry in page.timeline if entry.verb in DECISION_VERBS],
        unconnected=unconnected_because(objective) if objective.phase != Phase.WITHDRAWN else [],
        missing=list(missing_for_approval(objective).values()) if objective.phase == Phase.DRAFT else [],
        measure_due_on=due if is_open else None,
        is_measure_late=is_open and today > due + timedelta(days=grace_days(objective.measure_every_days)),
    )  # fmt: skip


def chart_of(current: Sequence[Measurement]) -> ControlChart:
    """The control chart of current measurements, the newest thousand."""
    newest = sorted(current, key=lambda row: row.measured_on)[-MOST_POINTS:]
    return control_chart.control_chart((row.measured_on, float(row.value)) for row in newest)


def findings_of(objective: Objective, chart: ControlChart) -> list[Finding]:
    """The chart in words; none before the first value."""
    if not chart.values:
        return []
    is_lower = objective.direction == Objective.Direction.LOWER
    return control_chart.findings(chart, unit=objective.unit, is_lower_better=is_lower)


def sides_of(objective: Objective, *, today: date) -> list[Side]:
    """Target, forecast and actual side by side, with where the path stands today."""
    path = Path.of(objective)
    unit = objective.unit
    better = _("or less") if path.is_lower_better else _("or more")
    target_note = _("by %s") % _day(objective.due_on) if objective.due_on else _("no date yet")
    if objective.baseline_value is not None:
        target_note += ", " + _("from %(value)s on %(day)s") % {
            "value": with_unit(objective.baseline_value, unit), "day": _day(path.baseline_on),
        }  # fmt: skip
    return [
        Side(_("Target"), f"{with_unit(objective.target_value, unit)} {better}", target_note),
        Side(_("Forecast"), with_unit(objective.forecast_value, unit), _forecast_note(path, objective.forecast_value)),
        Side(
            _("Actual"), with_unit(objective.actual_value, unit),
            _("on %(day)s; the path asks for %(path)s today")
            % {"day": _day(objective.actual_on), "path": with_unit(rounded(path.at(today)), unit)}
            if objective.actual_on else _("not measured yet"),
        ),
    ]  # fmt: skip


def _forecast_note(path: Path, forecast: Decimal | None) -> str:
    if forecast is None:
        return _("the owner has not said")
    return _("reaches the target") if path.is_reached(forecast) else _("does not reach the target")


def _day(day: date | None) -> str:
    return control_chart.day(day) if day else "–"
