"""How an objective stands: the rule, as pure numbers and words. The page prints ``RULE_WORDS``.

The rule, in full:

* The path is the straight line from the baseline on its day to the target on its day; before it stands at the
  baseline, after it at the target. Without a baseline the path is the target all the time.
* A measurement keeps the path when it is at least as good as the path on the day it was measured (at most it where
  lower is better, at least it where higher is better), less the tolerance: 10 % of the way from baseline to target, or
  5 % of the target where there is no way to go. A value that reaches the target keeps the path on any day.
* A measurement is due every ``measure_every_days``, counted from the last one or from the approval, whichever is later,
  with a grace of a quarter of that, at least 3 days. Values from before the approval are history:
  they are charted and never judged.
* On track: the last measurement keeps the path and none is missing. At risk: the last one misses the path, or one
  measurement is missing, or the owner's own forecast does not reach the target. Off track: the last two miss the path,
  or two in a row are missing, or the date has passed and the target is not reached.
* One missed value is not off track: a single point may be noise (see control_chart). Two in a row ask the owner for a
  decision; after a decision only what happened since counts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from objectives.models import Objective
from objectives.models.objective import plain_number

Standing = Objective.Standing
WAY_SHARE, TARGET_SHARE = Decimal("0.10"), Decimal("0.05")
RULE_WORDS = gettext_lazy(
    "The path is the straight line from the baseline to the target. On track: the last measurement is as good as the "
    "path on its day, less a tolerance of 10 % of the way (5 % of the target where there is no way to go), and none is "
    "overdue. At risk: the last one misses the path, or one measurement is overdue by more than a quarter of the "
    "rhythm (at least 3 days), or the forecast misses the target. Off track: the last two miss the path, two in a row "
    "were not made, or the date has passed without the target. Two misses in a row ask the owner for a decision."
)

Point = tuple[date, Decimal]


@dataclass(frozen=True)
class Path:
    """The straight line from the baseline to the target."""

    target: Decimal
    due_on: date
    is_lower_better: bool
    baseline: Decimal | None = None
    baseline_on: date | None = None

    @classmethod
    def of(cls, objective: Objective) -> Path:
        """The path of an objective; a baseline without a day stands on the day of the approval."""
        return cls(
            target=objective.target_value, due_on=objective.due_on or objective.occurred_on,
            is_lower_better=objective.direction == Objective.Direction.LOWER, baseline=objective.baseline_value,
            baseline_on=objective.baseline_on or objective.approved_on or objective.occurred_on,
        )  # fmt: skip

    def at(self, day: date) -> Decimal:
        """The value the path asks for on a day."""
        if self.baseline is None or self.baseline_on is None or day >= self.due_on or self.due_on <= self.baseline_on:
            return self.target
        if day <= self.baseline_on:
            return self.baseline
        share = Decimal((day - self.baseline_on).days) / Decimal((self.due_on - self.baseline_on).days)
        return self.baseline + (self.target - self.baseline) * share

    @property
    def tolerance(self) -> Decimal:
        """How far a value may be worse than the path."""
        way = abs(self.target - self.baseline) if self.baseline is not None else Decimal(0)
        return way * WAY_SHARE if way else abs(self.target) * TARGET_SHARE

    def is_reached(self, value: Decimal) -> bool:
        """Whether the value is at or beyond the target."""
        return value <= self.target if self.is_lower_better else value >= self.target

    def is_kept(self, day: date, value: Decimal) -> bool:
        """Whether the value of that day keeps the path."""
        worse_by = value - self.at(day) if self.is_lower_better else self.at(day) - value
        return self.is_reached(value) or worse_by <= self.tolerance


@dataclass(frozen=True)
class Verdict:
    """How an objective stands, why, and why a decision is asked for (empty: it is not)."""

    standing: str
    reason: str
    asks: str = ""


def judge(
    path: Path, measured: Sequence[Point], *, today: date, every_days: int, counted_from: date, unit: str = "",
    forecast: Decimal | None = None, decided_on: date | None = None,
) -> Verdict:  # fmt: skip
    """Apply the rule. ``measured``: (day, value), oldest first; ``counted_from``: the day of the approval.

    ``decided_on``: the day of the last decision; misses up to it do not ask again.
    """
    missing = missing_measurements(measured, today=today, every_days=every_days, counted_from=counted_from)
    misses = misses_at_the_end(path, measured, since=counted_from - timedelta(days=1))
    since_approval = [point for point in measured if point[0] >= counted_from]
    return Verdict(
        *_standing(path, since_approval, today, missing, misses, unit, forecast),
        asks=_asks(path, measured, today, every_days, counted_from, decided_on),
    )


def grace_days(every_days: int) -> int:
    """How late a measurement may be: a quarter of the rhythm, at least three days."""
    return max(3, every_days // 4)


def missing_measurements(
    measured: Sequence[Point], *, today: date, every_days: int, counted_from: date, since: date | None = None
) -> int:
    """How many measurements in a row were due, with grace, and are not there, since the last one (or ``since``)."""
    start = max(filter(None, [measured[-1][0] if measured else None, counted_from, since]))
    late = (today - start).days - grace_days(every_days)
    return max(0, (late - 1) // every_days) if late > every_days else 0


def misses_at_the_end(path: Path, measured: Sequence[Point], *, since: date | None = None) -> int:
    """How many of the newest measurements in a row (those after ``since``) miss the path."""
    count = 0
    for day, value in reversed(measured):
        if (since and day <= since) or path.is_kept(day, value):
            break
        count += 1
    return count


def _asks(
    path: Path, measured: Sequence[Point], today: date, every_days: int, counted_from: date, decided_on: date | None
) -> str:
    missing = missing_measurements(
        measured, today=today, every_days=every_days, counted_from=counted_from, since=decided_on
    )
    since = max(filter(None, [counted_from - timedelta(days=1), decided_on]))
    if misses_at_the_end(path, measured, since=since) >= 2:
        return _("The last two measurements miss the path: %s.") % ", ".join(_told(point) for point in measured[-2:])
    if missing >= 2:
        last = shown(measured[-1][0]) if measured else _("never")
        return _("Two measurements in a row were not made. Last measured: %s.") % last
    return ""


def _standing(
    path: Path, measured: Sequence[Point], today: date, missing: int, misses: int, unit: str, forecast: Decimal | None
) -> tuple[str, str]:
    if not measured:
        if missing:
            return Standing.OFF_TRACK if missing >= 2 else Standing.AT_RISK, _(
                "No measurement yet, and one is overdue."
            )
        return Standing.UNMEASURED, _("No measurement yet; the first one is not overdue.")
    day, value = measured[-1]
    facts = {
        "day": shown(day), "value": with_unit(value, unit), "path": with_unit(rounded(path.at(day)), unit),
        "bound": _("or less") if path.is_lower_better else _("or more"), "due": shown(path.due_on),
        "tolerance": with_unit(rounded(path.tolerance), unit),
    }  # fmt: skip
    told = _("%(value)s on %(day)s; the path asks for %(path)s %(bound)s, tolerance %(tolerance)s.") % facts
    if today > path.due_on and not path.is_reached(value):
        return Standing.OFF_TRACK, _(
            "The date, %(due)s, has passed and the target is not reached."
        ) % facts + " " + told
    if misses >= 2:
        return Standing.OFF_TRACK, _("The last two measurements miss the path.") + " " + told
    if missing >= 2:
        return Standing.OFF_TRACK, _("Two measurements in a row were not made.") + " " + told
    if misses:
        return Standing.AT_RISK, _("The last measurement misses the path.") + " " + told
    if missing:
        return Standing.AT_RISK, _("A measurement is overdue.") + " " + told
    if forecast is not None and not path.is_reached(forecast):
        return Standing.AT_RISK, _("The forecast does not reach the target.") + " " + told
    return Standing.ON_TRACK, (_("The target is reached.") + " " if path.is_reached(value) else "") + told


def rounded(value: Decimal) -> Decimal:
    """To two places, or four where the number is small."""
    return value.quantize(Decimal("0.01") if abs(value) >= 1 else Decimal("0.0001"))


def with_unit(value: Decimal | None, unit: str) -> str:
    """``2.5 %``; a dash for no value."""
    return f"{plain_number(value)} {unit}".strip() if value is not None else "–"


def shown(day: date) -> str:
    return str(date_format(day, "j M Y"))


def next_due(measured_on: date | None, *, counted_from: date, every_days: int) -> date:
    """When the next measurement is due."""
    return (measured_on or counted_from) + timedelta(days=every_days)


def _told(point: Point) -> str:
    return f"{plain_number(point[1])} ({shown(point[0])})"
