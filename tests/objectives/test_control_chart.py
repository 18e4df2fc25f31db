"""Signal or noise: limits and rules against numbers worked out by hand, and the plant's own scrap rates."""

import csv
from datetime import date, timedelta
from pathlib import Path

import pytest
from django.template import Context, Engine
from hypothesis import given
from hypothesis import strategies as st

from objectives.services.control_chart import Rule, control_chart, findings, limits

SAMPLE = Path(__file__).parents[1] / "data" / "scrap_rate.csv"
START = date(2026, 1, 5)
CALM = [10.0, 12.0, 11.0, 13.0, 10.0, 12.0, 11.0, 9.0, 11.0, 12.0, 10.0, 11.0, 13.0, 10.0, 12.0, 11.0, 10.0, 12.0,
        11.0, 11.0]  # fmt: skip


def weekly(values: list[float]) -> list[tuple[date, float]]:
    return [(START + timedelta(weeks=n), value) for n, value in enumerate(values)]


def scrap() -> list[tuple[date, float]]:
    with SAMPLE.open(encoding="utf-8") as file:
        return [(date.fromisoformat(row["week ending"]), float(row["scrap %"])) for row in csv.DictReader(file)]


def test_limits_are_mean_and_average_moving_range() -> None:
    """By hand: 3, 5, 4, 8 have the mean 5 and the moving ranges 2, 1, 4, on average 7/3."""
    assert limits([3, 5, 4, 8]) == (5, pytest.approx(7 / 3))


def test_natural_process_limits_of_a_phase() -> None:
    """By hand: mean 66/6 = 11, ranges 2 1 2 3 0, on average 1.6; limits 11 -+ 4.256, ranges up to 5.2288."""
    (phase,) = control_chart(weekly([10, 12, 11, 13, 10, 10])).phases
    assert phase.centre == pytest.approx(11)
    assert phase.average_range == pytest.approx(1.6)
    assert (phase.lower, phase.upper) == (pytest.approx(6.744), pytest.approx(15.256))
    assert phase.range_limit == pytest.approx(5.2288)
    assert phase.is_provisional


def test_calm_values_are_noise() -> None:
    chart = control_chart(weekly(CALM))
    assert chart.signals == ()
    told = findings(chart, unit="%")
    assert told[0].text.startswith("Noise:")
    assert not any(finding.is_signal for finding in told)


def test_limits_stay_those_of_the_first_twenty_points() -> None:
    (phase,) = control_chart(weekly([*CALM, 9.5, 12.5, 11.5, 9.5])).phases
    assert (phase.based_on, phase.centre) == (20, pytest.approx(sum(CALM) / 20))


def test_point_outside_the_limits_is_a_signal_by_itself() -> None:
    chart = control_chart(weekly([*CALM, 40.0, 11.0]))
    assert [(s.rule, s.points, s.side) for s in chart.signals] == [(Rule.OUTSIDE, (20,), 1)]
    assert chart.is_signal_now
    assert chart.marks() == {20: Rule.OUTSIDE}


@pytest.mark.parametrize(("count", "found"), [(7, []), (8, [Rule.RUN])])
def test_eight_in_a_row_on_one_side_are_a_signal_and_seven_are_not(count: int, found: list[Rule]) -> None:
    mean = sum(CALM) / 20
    chart = control_chart(weekly([*CALM, mean - 0.5, *[mean + 0.5] * count]))
    assert [signal.rule for signal in chart.signals] == found
    assert len(chart.phases) == 1, "a run alone keeps the limits"


def test_point_on_the_centre_line_ends_a_run() -> None:
    mean = sum(CALM) / 20
    chart = control_chart(weekly([*CALM, mean - 0.5, *[mean + 0.5] * 5, mean, *[mean + 0.5] * 5]))
    assert chart.signals == ()


def test_three_of_four_nearer_a_limit_than_the_centre_are_a_signal() -> None:
    chart = control_chart(weekly(CALM))
    phase = chart.phases[0]
    near = phase.centre + (phase.upper - phase.centre) * 0.6
    found = control_chart(weekly([*CALM, near, near, phase.centre - 0.1, near, phase.centre - 0.1]))
    assert [(s.rule, s.points) for s in found.signals] == [(Rule.NEAR_LIMIT, (20, 21, 23))]
    far = phase.centre + (phase.upper - phase.centre) * 0.4
    assert control_chart(weekly([*CALM, far, far, phase.centre - 0.1, far])).signals == ()


def test_confirmed_shift_begins_a_phase_with_limits_of_its_own() -> None:
    lower = [value - 6 for value in CALM]
    chart = control_chart(weekly([*CALM, 12.0, *lower]))
    assert [(phase.first, phase.last) for phase in chart.phases] == [(0, 20), (21, 40)]
    assert chart.phases[1].centre == pytest.approx(chart.phases[0].centre - 6)
    assert [(s.rule, s.points) for s in chart.signals] == [(Rule.SHIFT, tuple(range(21, 29)))]
    words = findings(chart, unit="%", is_lower_better=True)
    assert "a shift for the better from 1 Jun 2026 on" in " ".join(finding.text for finding in words)
    worse = findings(chart, unit="%", is_lower_better=False)
    assert "for the worse" in " ".join(finding.text for finding in worse)


def test_lower_limit_below_zero_is_none_where_no_value_is() -> None:
    assert control_chart(weekly([0, 2, 0, 3, 0, 2])).phases[0].lower is None
    assert control_chart(weekly([0, 2, -1, 3, 0, 2])).phases[0].lower is not None


@pytest.mark.parametrize("count", range(6))
def test_too_few_values_give_no_limits_and_say_so(count: int) -> None:
    chart = control_chart(weekly([1.0, 2.0, 3.0, 4.0, 5.0][:count]))
    assert chart.phases == ()
    assert "Too few values" in findings(chart)[0].text


def test_scrap_rate_of_line_3_shows_its_outlier_and_its_shift() -> None:
    """The sample holds one outlier, 15 Aug 2025, and one real shift at the end of January 2026."""
    chart = control_chart(scrap())
    outside = [signal for signal in chart.signals if signal.rule == Rule.OUTSIDE]
    assert [chart.days[signal.points[0]] for signal in outside] == [date(2025, 8, 15)]
    shifts = [signal for signal in chart.signals if signal.rule == Rule.SHIFT]
    assert [chart.days[signal.points[0]] for signal in shifts] == [date(2026, 1, 23)]
    assert [round(phase.centre, 4) for phase in chart.phases] == [3.3345, 2.4335]
    assert not chart.is_signal_now
    told = [finding.text for finding in findings(chart, unit="%", is_lower_better=True)]
    assert told[0].startswith("Noise: the last values move as this process always does, between 1.15 and 3.71 %.")
    assert "Signal: on 15 Aug 2025 the value 5.79 % lies above the natural process limits." in told
    assert ("Signal: a shift for the better from 23 Jan 2026 on: the process runs at 2.43 % instead of 3.33 %. "
            "New limits hold from there.") in told  # fmt: skip


def test_run_of_eight_in_autumn_is_told_but_does_not_move_the_limits() -> None:
    chart = control_chart(scrap())
    (run,) = [signal for signal in chart.signals if signal.rule == Rule.RUN]
    assert (chart.days[run.points[0]], chart.days[run.points[-1]]) == (date(2025, 10, 3), date(2025, 11, 21))


def drawn(numbers: list[float]) -> str:
    chart = control_chart(weekly(numbers))
    template = "{% control_chart chart title='Scrap' unit='%' target=2 %}"
    return Engine.get_default().from_string(template).render(Context({"chart": chart}))


def test_drawing_marks_signals_by_shape_and_letter_and_has_a_table() -> None:
    svg = drawn([*CALM, 40.0, 11.0])
    assert svg == drawn([*CALM, 40.0, 11.0]), "the same numbers, the same bytes"
    assert svg.count('class="chart-signal"') == 1
    assert ">O</text>" in svg
    assert "O: outside the limits." in svg
    assert svg.count('class="chart-limit"') == 2
    assert '<th scope="row">25 May 2026</th><td class="num">40 O</td>' in svg
    assert "chart-signal" not in drawn(CALM)
    assert "No values yet." in drawn([])


values = st.lists(st.floats(-1e6, 1e6).map(lambda x: round(x, 3)), max_size=80)


@given(values)
def test_phases_cover_the_points_and_signals_name_points_that_exist(numbers: list[float]) -> None:
    chart = control_chart(weekly(numbers))
    ends = [0, *(phase.last + 1 for phase in chart.phases)]
    assert [phase.first for phase in chart.phases] == ends[:-1]
    assert not chart.phases or ends[-1] == len(numbers)
    assert all(0 <= point < len(numbers) for signal in chart.signals for point in signal.points)
    assert findings(chart)


@given(values)
def test_no_rule_prefers_a_side(numbers: list[float]) -> None:
    """Values turned upside down give the same signals on the other side."""
    plain = control_chart(weekly(numbers))
    mirrored = control_chart(weekly([-value for value in numbers]))
    assert [(s.rule, s.points, -s.side) for s in plain.signals] == [
        (s.rule, s.points, s.side) for s in mirrored.signals
    ]


def test_moving_ranges_have_their_own_average_limit_and_signals() -> None:
    """By hand: the values below step by 1, 1, 1, 1, 1, 9; on average 14/6, the limit is 3.268 times that."""
    chart = control_chart(weekly([5, 6, 5, 6, 5, 6, 15]))
    ranges = chart.ranges
    assert ranges.values == (1, 1, 1, 1, 1, 9)
    (phase,) = ranges.phases
    assert (phase.centre, phase.lower) == (pytest.approx(14 / 6), None)
    assert phase.upper == pytest.approx(3.268 * 14 / 6)
    assert ranges.marks() == {5: Rule.OUTSIDE}
    assert ranges.days == chart.days[1:]


def test_step_into_a_new_phase_is_drawn_and_not_judged() -> None:
    chart = control_chart(weekly([10, 11, 10, 11, 10, 11, 10, 11, 10, 11, *[2, 3] * 5]))
    assert [phase.first for phase in chart.phases] == [0, 10]
    assert chart.ranges.values[9] == 9
    assert chart.ranges.marks() == {}
    assert [(phase.first, phase.last) for phase in chart.ranges.phases] == [(0, 8), (9, 18)]
