"""The rule that says on track, at risk or off track, and when a decision is asked for."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from objectives.services.objective_rule import Path, Point, Verdict, grace_days, judge, missing_measurements

BEGAN, DUE = date(2026, 1, 1), date(2026, 12, 27)  # 360 days
LOWER = Path(Decimal(2), DUE, is_lower_better=True, baseline=Decimal(5), baseline_on=BEGAN)
HIGHER = Path(Decimal(98), DUE, is_lower_better=False, baseline=Decimal(90), baseline_on=BEGAN)
FLAT = Path(Decimal(4), DUE, is_lower_better=True)


def verdict(*measured: tuple[date, str], today: date | None = None, path: Path = LOWER, **more: object) -> Verdict:
    points: list[Point] = [(day, Decimal(value)) for day, value in measured]
    return judge(
        path, points, today=today or (points[-1][0] if points else BEGAN), every_days=30, counted_from=BEGAN,
        unit="%", **more,  # type: ignore[arg-type]
    )  # fmt: skip


def on(days: int) -> date:
    return BEGAN + timedelta(days=days)


@pytest.mark.parametrize(
    ("days", "value"), [(-30, "5"), (0, "5"), (120, "4"), (240, "3"), (360, "2"), (400, "2")]
)  # fmt: skip
def test_path_is_the_straight_line_from_baseline_to_target(days: int, value: str) -> None:
    """By hand: 3 points down in 360 days are 1 point in 120 days."""
    assert LOWER.at(on(days)) == Decimal(value)


def test_path_without_a_baseline_is_the_target_all_the_time() -> None:
    assert FLAT.at(on(1)) == FLAT.at(on(300)) == Decimal(4)


def test_tolerance_is_a_tenth_of_the_way_or_a_twentieth_of_the_target() -> None:
    assert (LOWER.tolerance, HIGHER.tolerance, FLAT.tolerance) == (Decimal("0.3"), Decimal("0.8"), Decimal("0.2"))


@pytest.mark.parametrize(
    ("path", "value", "is_kept"),
    [
        (LOWER, "4.3", True), (LOWER, "4.3001", False), (LOWER, "1", True),
        (HIGHER, "91.8667", True), (HIGHER, "91.8666", False), (HIGHER, "99", True),
        (FLAT, "4.2", True), (FLAT, "4.2001", False),
    ],
)  # fmt: skip
def test_value_keeps_the_path_within_the_tolerance(path: Path, value: str, is_kept: bool) -> None:
    """On day 120 the path asks for 4 (lower) and 92.6667 (higher)."""
    assert path.is_kept(on(120), Decimal(value)) is is_kept


def test_on_track_at_risk_off_track_by_misses() -> None:
    assert verdict((on(90), "4"), (on(120), "4.1")).standing == "on_track"
    once = verdict((on(90), "4"), (on(120), "4.9"))
    assert (once.standing, once.asks) == ("at_risk", "")
    assert once.reason == (
        "The last measurement misses the path. 4.9 % on 1 May 2026; the path asks for 4 % or less, tolerance 0.3 %."
    )
    twice = verdict((on(60), "4"), (on(90), "4.9"), (on(120), "4.9"))
    assert twice.standing == "off_track"
    assert twice.asks == "The last two measurements miss the path: 4.9 (1 Apr 2026), 4.9 (1 May 2026)."


@pytest.mark.parametrize(
    ("days_later", "missing", "standing"),
    [(37, 0, "on_track"), (38, 1, "at_risk"), (67, 1, "at_risk"), (68, 2, "off_track"), (98, 3, "off_track")],
)
def test_missing_measurements_count_with_grace(days_later: int, missing: int, standing: str) -> None:
    """By hand: due after 30 days with 7 days of grace, so missing from day 38 on, twice from day 68 on."""
    today = on(120 + days_later)
    points = [(on(120), Decimal(3))]
    assert grace_days(30) == 7
    assert missing_measurements(points, today=today, every_days=30, counted_from=BEGAN) == missing
    found = verdict((on(120), "2"), today=today)
    assert found.standing == standing
    assert bool(found.asks) == (missing >= 2)


def test_never_measured_is_unmeasured_until_one_is_overdue() -> None:
    assert verdict(today=on(20)).standing == "unmeasured"
    assert verdict(today=on(38)).standing == "at_risk"
    late = verdict(today=on(80))
    assert (late.standing, late.asks) == ("off_track", "Two measurements in a row were not made. Last measured: never.")


def test_values_from_before_the_approval_are_never_judged() -> None:
    early = verdict((on(-60), "9"), (on(-30), "9"), today=on(5))
    assert (early.standing, early.asks) == ("unmeasured", "")


def test_date_has_passed_without_the_target() -> None:
    over = verdict((on(350), "2.2"), today=on(365))
    assert over.standing == "off_track"
    assert over.reason.startswith("The date, 27 Dec 2026, has passed and the target is not reached.")
    assert verdict((on(350), "2"), today=on(365)).standing == "on_track"


def test_forecast_that_misses_the_target_is_a_risk() -> None:
    assert verdict((on(120), "3"), forecast=Decimal("2.5")).standing == "at_risk"
    assert verdict((on(120), "3"), forecast=Decimal("1.9")).standing == "on_track"


def test_after_a_decision_only_what_happened_since_asks_again() -> None:
    bad = [(on(90), "4.9"), (on(120), "4.9")]
    assert verdict(*bad, decided_on=on(121)).asks == ""
    assert verdict(*bad, (on(150), "4.9"), decided_on=on(121)).asks == ""
    assert verdict(*bad, (on(150), "4.9"), (on(180), "4.9"), decided_on=on(121)).asks != ""
    assert verdict(*bad, decided_on=on(121)).standing == "off_track", "a decision does not make it better"


@given(st.decimals(0, 10, places=2), st.integers(0, 360))
def test_better_value_never_stands_worse(value: Decimal, days: int) -> None:
    order = ["off_track", "at_risk", "on_track"]
    worse = verdict((on(days), str(value)))
    better = verdict((on(days), str(value - 1)))
    assert order.index(better.standing) >= order.index(worse.standing)
