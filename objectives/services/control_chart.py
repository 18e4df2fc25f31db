"""Signal or noise: the XmR chart of a measure (individual values and moving ranges), pure numbers in, words out.

The rules, after Donald J. Wheeler, "Understanding Variation" and "Making Sense of Data":

* The centre line is the mean of the values, the natural process limits are mean +- 2.66 x average moving range, where
  a moving range is the difference between two neighbouring values. 2.66 is 3 / 1.128, the constant for ranges of two.
* A signal is a point outside the limits; eight points in a row on one side of the centre; or three out of four points
  in a row that are nearer to one limit than to the centre. A point on the centre line ends a run.
* The moving ranges have a chart of their own: their centre is the average moving range, their upper limit 3.268 times
  that, and a range above it is a signal, a single step too large for this process. The step into a new phase is drawn
  and not judged: it is the shift that is told already.
* The limits come from the first 20 points of a phase (or as many as there are) and are then kept, so that what comes
  later is judged by them. They are provisional before that, and there are none below MIN_POINTS.
* A new phase begins, with limits of its own, where a shift is confirmed: a run of eight or more that holds, on the same
  side, a second kind of signal as well. A run alone is told, since it is worth a question, but the limits stay: eight
  coins in a row fall on one side now and then. A phase holds at least eight points before the next can begin.
* Where no value is below zero, a lower limit below zero is none: the measure cannot get there.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from itertools import pairwise

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

FACTOR = 2.66
RANGE_FACTOR = 3.268
BASELINE = 20
MIN_POINTS = 6
RUN = 8
WINDOW, NEEDED = 4, 3
RECENT = 8


class Rule(StrEnum):
    """What makes a signal."""

    OUTSIDE = "outside"
    RUN = "run"
    NEAR_LIMIT = "near_limit"
    SHIFT = "shift"


@dataclass(frozen=True)
class Phase:
    """A stretch of points that is judged by one set of limits; ``first`` and ``last`` are indexes, both included."""

    first: int
    last: int
    centre: float
    average_range: float
    lower: float | None
    upper: float
    based_on: int

    @property
    def is_provisional(self) -> bool:
        return self.based_on < BASELINE

    @property
    def range_limit(self) -> float:
        """The highest moving range that is still ordinary: 3.268 x the average."""
        return RANGE_FACTOR * self.average_range


@dataclass(frozen=True)
class Signal:
    """A rule that was broken, with the indexes of the points that break it. ``side``: 1 above, -1 below the centre."""

    rule: Rule
    points: tuple[int, ...]
    side: int


@dataclass(frozen=True)
class ControlChart:
    """Values with their limits and signals; no phase where there are too few values."""

    days: tuple[date, ...]
    values: tuple[float, ...]
    phases: tuple[Phase, ...]
    signals: tuple[Signal, ...]

    @property
    def is_signal_now(self) -> bool:
        """Whether one of the last eight points takes part in a signal."""
        return any(point >= len(self.values) - RECENT for signal in self.signals for point in signal.points)

    @property
    def ranges(self) -> ControlChart:
        """The moving ranges as a chart: the step to each value from the one before, against its own upper limit."""
        steps = tuple(abs(later - earlier) for earlier, later in pairwise(self.values))
        phases, signals = [], []
        for phase in self.phases:
            judged = range(phase.first, phase.last)  # the step into the phase belongs to none
            signals += [Signal(Rule.OUTSIDE, (i,), 1) for i in judged if steps[i] > phase.range_limit]
            phases.append(Phase(
                max(phase.first - 1, 0), phase.last - 1, phase.average_range, phase.average_range, None,
                phase.range_limit, phase.based_on,
            ))  # fmt: skip
        return ControlChart(self.days[1:], steps, tuple(phases), tuple(signals))

    def marks(self) -> dict[int, Rule]:
        """What each point that is part of a signal is marked with; the strongest rule wins."""
        order = (Rule.NEAR_LIMIT, Rule.RUN, Rule.SHIFT, Rule.OUTSIDE)
        return {p: s.rule for rule in order for s in self.signals if s.rule == rule for p in s.points}


def control_chart(points: Iterable[tuple[date, float]]) -> ControlChart:
    """The chart of (day, value) pairs in the order of their days."""
    ordered = sorted(points)
    days, values = tuple(day for day, _v in ordered), tuple(float(value) for _d, value in ordered)
    phases: list[Phase] = []
    signals: list[Signal] = []
    first = 0
    while len(values) - first >= MIN_POINTS:
        phase = _phase(values, first, len(values) - 1)
        shift = _confirmed_shift(values, phase)
        if shift is None:
            signals += _signals(values, phase)
            phases.append(phase)
            break
        phase = _phase(values, first, shift.points[0] - 1)
        signals += [*_signals(values, phase), shift]
        phases.append(phase)
        first = shift.points[0]
    return ControlChart(days, values, tuple(phases), tuple(signals))


def limits(values: Sequence[float]) -> tuple[float, float]:
    """(mean, average moving range) of at least two values."""
    ranges = [abs(later - earlier) for earlier, later in pairwise(values)]
    return sum(values) / len(values), sum(ranges) / len(ranges)


def _phase(values: Sequence[float], first: int, last: int) -> Phase:
    base = values[first : min(first + BASELINE, last + 1)]
    centre, average_range = limits(base)
    lower: float | None = centre - FACTOR * average_range
    if lower is not None and lower < 0 <= min(values):
        lower = None
    return Phase(first, last, centre, average_range, lower, centre + FACTOR * average_range, len(base))


def _side(value: float, centre: float) -> int:
    return (value > centre) - (value < centre)


def _is_near_limit(value: float, phase: Phase) -> bool:
    """Nearer to the limit than to the centre line, or beyond it."""
    return abs(value - phase.centre) > FACTOR * phase.average_range / 2


def _outside(values: Sequence[float], phase: Phase) -> list[int]:
    reach = FACTOR * phase.average_range
    return [i for i in range(phase.first, phase.last + 1) if abs(values[i] - phase.centre) > reach]


def _runs(values: Sequence[float], phase: Phase) -> Iterator[Signal]:
    """Every whole run of eight or more on one side."""
    run: list[int] = []
    for index in range(phase.first, phase.last + 2):
        side = _side(values[index], phase.centre) if index <= phase.last else 0
        if run and side != _side(values[run[0]], phase.centre):
            if len(run) >= RUN:
                yield Signal(Rule.RUN, tuple(run), _side(values[run[0]], phase.centre))
            run = []
        if side:
            run.append(index)


def _near_limits(values: Sequence[float], phase: Phase) -> Iterator[Signal]:
    """Three of four neighbours nearer to one limit than to the centre; windows that overlap are one signal."""
    for side in (1, -1):
        found: list[int] = []
        for end in range(phase.first + WINDOW - 1, phase.last + 1):
            window = range(end - WINDOW + 1, end + 1)
            near = [i for i in window if _side(values[i], phase.centre) == side and _is_near_limit(values[i], phase)]
            if len(near) < NEEDED:
                continue
            if found and near[0] > found[-1]:
                yield Signal(Rule.NEAR_LIMIT, tuple(found), side)
                found = []
            found += [i for i in near if i not in found]
        if found:
            yield Signal(Rule.NEAR_LIMIT, tuple(found), side)


def _confirmed_shift(values: Sequence[float], phase: Phase) -> Signal | None:
    """The first run in the phase that a second kind of signal confirms; its points are the run's first eight."""
    outside = set(_outside(values, phase))
    near = [(set(signal.points), signal.side) for signal in _near_limits(values, phase)]
    for run in _runs(values, phase):
        points = set(run.points)
        is_second = bool(outside & points) or any(
            len(group & points) >= NEEDED and side == run.side for group, side in near
        )
        if is_second and run.points[0] - phase.first >= RUN:
            return Signal(Rule.SHIFT, run.points[:RUN], run.side)
    return None


def _signals(values: Sequence[float], phase: Phase) -> list[Signal]:
    outside = [Signal(Rule.OUTSIDE, (i,), _side(values[i], phase.centre)) for i in _outside(values, phase)]
    return [*outside, *_runs(values, phase), *_near_limits(values, phase)]


# --- words ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Finding:
    """One sentence about the chart; ``is_signal`` says which of the two it is."""

    text: str
    is_signal: bool


def findings(chart: ControlChart, *, unit: str = "", is_lower_better: bool | None = None) -> list[Finding]:
    """The chart in sentences: the verdict for today first, then every signal with its points, then the limits."""
    if not chart.phases:
        n = MIN_POINTS - len(chart.values)
        few = ngettext("%(n)d more value is needed", "%(n)d more values are needed", n) % {"n": n}
        return [Finding(_("Too few values to tell signal from noise: %s for limits.") % few, is_signal=False)]
    told = [Finding(_told(chart, signal, unit, is_lower_better), is_signal=True) for signal in _in_time(chart.signals)]
    return [_now(chart, unit), *told, Finding(_limits_words(chart.phases[-1], unit), is_signal=False)]


def _in_time(signals: Iterable[Signal]) -> list[Signal]:
    return sorted(signals, key=lambda signal: (signal.points[0], signal.rule != Rule.SHIFT))


def _now(chart: ControlChart, unit: str) -> Finding:
    if chart.is_signal_now:
        return Finding(
            _("Signal: something has changed lately. Ask what was different; it is worth the answer."), is_signal=True
        )
    phase = chart.phases[-1]
    words = _("Noise: the last values move as this process always does, between %(low)s and %(high)s. "
              "Asking why one is higher than the other leads nowhere; only changing the process will.")  # fmt: skip
    low = "0" if phase.lower is None else figure(phase.lower)
    return Finding(words % {"low": low, "high": figure(phase.upper, unit)}, is_signal=False)


def _told(chart: ControlChart, signal: Signal, unit: str, is_lower_better: bool | None) -> str:
    first, last = signal.points[0], signal.points[-1]
    facts = {
        "n": len(signal.points), "first": day(chart.days[first]), "last": day(chart.days[last]),
        "value": figure(chart.values[first], unit), "side": _("above") if signal.side > 0 else _("below"),
    }  # fmt: skip
    if signal.rule == Rule.OUTSIDE:
        return _("Signal: on %(first)s the value %(value)s lies %(side)s the natural process limits.") % facts
    if signal.rule == Rule.RUN:
        return (
            _("Signal: %(n)d values in a row %(side)s the centre line, %(first)s to %(last)s. No second rule confirms "
              "a shift, so the limits stay.") % facts
        )  # fmt: skip
    if signal.rule == Rule.NEAR_LIMIT:
        return _("Signal: %(n)d values %(side)s the centre, %(first)s to %(last)s, nearer to the limit than to it.") % (
            facts
        )
    return _shift_words(chart, signal, facts, unit, is_lower_better)


def _shift_words(
    chart: ControlChart, signal: Signal, facts: dict[str, object], unit: str, is_lower_better: bool | None
) -> str:
    after = next(phase for phase in chart.phases if phase.first == signal.points[0])
    before = chart.phases[chart.phases.index(after) - 1]
    rise = after.centre > before.centre
    good = "" if is_lower_better is None else (_(" for the better") if rise != is_lower_better else _(" for the worse"))
    words = _("Signal: a shift%(good)s from %(first)s on: the process runs at %(new)s instead of %(old)s. New limits "
              "hold from there.")  # fmt: skip
    return words % {**facts, "good": good, "new": figure(after.centre, unit), "old": figure(before.centre, unit)}


def _limits_words(phase: Phase, unit: str) -> str:
    facts = {
        "centre": figure(phase.centre, unit), "upper": figure(phase.upper, unit), "n": phase.based_on,
        "lower": _("none") if phase.lower is None else figure(phase.lower, unit), "range": figure(phase.average_range),
    }  # fmt: skip
    words = _("Centre line %(centre)s, natural process limits %(lower)s to %(upper)s, from %(n)d values with an "
              "average moving range of %(range)s.")  # fmt: skip
    return words % facts + (
        " " + _("Provisional: limits settle at %d values.") % BASELINE if phase.is_provisional else ""
    )


def figure(value: float, unit: str = "") -> str:
    """Up to three significant places behind the point, without needless zeros: 2.43 %."""
    text = f"{value:,.2f}" if abs(value) < 1000 else f"{value:,.0f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return f"{text} {unit}".strip()


def day(value: date) -> str:
    return str(date_format(value, "j M Y"))
