"""Strategy and objectives at the demo plant: three goals, six objectives, two years of scrap rates, an open decision.

Told through the product's own services; what is there from an interrupted load is left alone.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction

from leadership.services.demo_improvement_action import Plant
from objectives.models import ImprovementAction, Measurement, Objective, QualityCostAccount, StrategicGoal
from objectives.services import improvement_action as action_service
from objectives.services import objective as objective_service
from objectives.services import objective_standing, strategy, strategy_matrix
from objectives.services.objective_measurement import Reading, record_measurements
from qms.models import Phase
from qms.services.sheet import read_sheet

NAMESPACE = uuid.UUID("5f0c8a8e-3f3b-4a53-8e1c-7b1f0e2a6201")
SCRAP_RATES = Path(settings.BASE_DIR) / "qms" / "data" / "demo_scrap_rate.csv"
QUARTER = 13
HARDER_AGO = 150
GOALS: tuple[tuple[str, str, str, str, str], ...] = (
    ("right", "Right first time: no part is made twice", "yusuf.chen", "",
     "By the end of the period every line makes its parts right the first time; what is scrapped is the exception."),
    ("trust", "Customers need not check our parts", "ximena.vega", "",
     "Three of our five largest customers take our parts without incoming inspection."),
    ("stable", "Stable machining lines", "grace.weber", "right",
     "Every CNC line is stable: we act on signals, not on noise, and change the process where it is not good enough."),
)  # fmt: skip


@dataclass(frozen=True)
class Told:
    """An objective of the story; its ``values`` are ``every`` days apart, the last of them ``last_ago`` days ago."""

    key: str
    title: str
    owner: str
    measure: str
    unit: str
    direction: str
    baseline: str
    target: str
    approved_ago: int
    due_in: int
    every: int = 30
    values: Sequence[str] = ()
    last_ago: int = 4
    more: dict[str, Any] = field(default_factory=dict)
    goal: str = ""
    account: str = ""
    area: str = ""
    end: tuple[str, str] = ("", "")


OBJECTIVES: tuple[Told, ...] = (
    Told(
        "scrap", "Scrap rate of CNC line 3 down to 2 %", "grace.weber", "Scrap rate of CNC line 3", "%", "lower",
        "3.33", "2.6", 500, 220, 7, goal="stable", account="Scrap", area="CNC line 3",
        more={
            "means": "Tool-life trial with two suppliers, a second setter on nights, 24,000 for gauges.",
            "judged_how": "Scrapped parts by parts made in the week, from the line's count; reached when eight weeks "
            "in a row are at the target or below.",
            "communicated_to": "Both shifts of line 3 and the maintenance crew, at the board.",
            "money_effect": Decimal(185000), "customer_effect": "Fewer late orders of the housing family.",
        },
    ),
    Told(
        "yield", "First-pass yield of CNC line 1 up to 97.5 %", "grace.weber", "First-pass yield of CNC line 1", "%",
        "higher", "94.1", "97.5", 330, 120, goal="stable", area="CNC line 1",
        values=("94.3", "94.9", "95.0", "95.8", "95.6", "96.0", "96.3", "96.1", "96.6", "96.9"),
        more={
            "means": "First-piece check by the setter, new fixture for the flange.",
            "judged_how": "Share of parts without rework in the month, by the rework log.",
            "communicated_to": "Line 1, all shifts.", "money_effect": Decimal(62000), "forecast_value": Decimal("97.1"),
        },
    ),
    Told(
        "complaints", "Customer complaints halved", "ximena.vega", "Customer complaints a month", "complaints", "lower",
        "8", "4", 300, 65, goal="trust", account="Warranty",
        values=("7", "8", "6", "7", "6", "7", "6", "8", "7"),
        more={
            "means": "Answer in two days, one engineer free for complaints, label check in Shipping.",
            "judged_how": "Complaints received in the calendar month, counted by sales.",
            "communicated_to": "Sales, shipping and the assembly teams.",
            "customer_effect": "Fewer returns and fewer extra inspections at the customer.",
        },
    ),
    Told(
        "gauges", "No gauge overdue for calibration", "hiro.weber", "Gauges overdue for calibration", "gauges", "lower",
        "14", "0", 420, -70, goal="right", values=("11", "9", "6", "4", "2", "1", "0", "0"), last_ago=80,
        more={
            "means": "Recall list each Monday, a spare set for line 3.",
            "judged_how": "Count on the last day of the month.",
            "communicated_to": "All supervisors.", "customer_effect": "Measured values can be trusted.",
        },
        end=("achieve", "None overdue for two months; the recall list stays."),
    ),
    Told(
        "training", "Sixteen hours of training for everybody", "sian.weber", "Training hours per person and year", "h",
        "higher", "9", "16", 200, 160, every=45, values=("10.5", "12", "13.5", "14"), last_ago=12,
        more={"means": "Two training days a year in the shift plan.", "judged_how": "Hours in the training records."},
    ),
    Told(
        "rework", "Rework time in Assembly B halved", "karin.alvarez", "Rework hours a week in Assembly B", "h",
        "lower", "22", "11", 0, 300, every=7, goal="right", area="Assembly B",
        more={"means": "Poka-yoke for the clip, torque check at the station.", "judged_how": ""},
    ),
)  # fmt: skip


def tell(plant: Plant) -> int:
    """Tell all of it; returns how many objectives there are."""
    with transaction.atomic():
        goals = _goals(plant)
    told = {}
    for story in OBJECTIVES:
        with transaction.atomic():
            told[story.key] = _objective(plant, story, goals)
    with transaction.atomic():
        _judge(plant, goals, told)
    objective_standing.refresh_all(at=plant.at(1, 18))
    return len(told)


def _goals(plant: Plant) -> dict[str, StrategicGoal]:
    goals: dict[str, StrategicGoal] = {}
    for key, title, owner, parent, meaning in GOALS:
        uid, by = uuid.uuid5(NAMESPACE, f"goal {key}"), plant.users[owner]
        goal = StrategicGoal.objects.filter(uid=uid).first()
        if goal is None:
            begins = date(plant.today.year - 1, 1, 1)
            goal = strategy.set_goal(
                uid=uid, title=title, owner=by.person, site=plant.site, starts_on=begins,
                ends_on=date(plant.today.year + 2, 12, 31), description=meaning, parent=goals.get(parent), by=by,
                at=plant.at(540),
            )  # fmt: skip
            goal = strategy.adopt(goal, by=plant.users["yusuf.chen"], at=plant.at(530, 14))
        goals[key] = goal
    return goals


def _objective(plant: Plant, story: Told, goals: dict[str, StrategicGoal]) -> Objective:
    uid, by = uuid.uuid5(NAMESPACE, f"objective {story.key}"), plant.users[story.owner]
    known = Objective.objects.filter(uid=uid).first()
    if known:
        return known
    account = QualityCostAccount.objects.filter(site=plant.site, name__istartswith=story.account).order_by("pk").first()
    objective = objective_service.set_objective(
        uid=uid, title=story.title, owner=by.person, site=plant.site, area=plant.areas.get(story.area),
        measure=story.measure, unit=story.unit, direction=story.direction, baseline_value=Decimal(story.baseline),
        baseline_on=plant.today - timedelta(days=story.approved_ago + 6), target_value=Decimal(story.target),
        due_on=plant.today + timedelta(days=story.due_in), measure_every_days=story.every, goal=goals.get(story.goal),
        account=account if story.account else None, by=by, at=plant.at(story.approved_ago + 5, 9), **story.more,
    )  # fmt: skip
    if not story.approved_ago:
        return objective
    boss = plant.users["yusuf.chen"]
    objective = objective_service.approve(objective, by=boss, at=plant.at(story.approved_ago, 15), method="password")
    _measure(plant, objective, story)
    verb, outcome = story.end
    if verb:
        getattr(objective_service, verb)(objective, outcome=outcome, by=by, at=plant.at(story.last_ago - 10))
    return objective


def _measure(plant: Plant, objective: Objective, story: Told) -> None:
    """Monthly values as they were entered; the weekly scrap rates by the quarter, as a table."""
    by = plant.users[story.owner]
    if story.key == "scrap":
        _measure_weekly(plant, objective, story)
        return
    for number, value in enumerate(story.values, start=1):
        ago = story.last_ago + (len(story.values) - number) * story.every
        reading = Reading(plant.today - timedelta(days=ago), Decimal(value))
        record_measurements(objective, [reading], source=Measurement.Source.HAND, by=by, at=plant.at(ago, 16))


def _measure_weekly(plant: Plant, objective: Objective, story: Told) -> None:
    """The weekly scrap rates, by the quarter as a table; in between leaders ask for more, since the trial worked."""
    readings = scrap_readings(plant.today)
    early = [r for r in readings if r.measured_on < plant.today - timedelta(days=story.approved_ago)]
    late = readings[len(early) :]
    for batch in (early, *(late[n : n + QUARTER] for n in range(0, len(late), QUARTER))):
        ago = min((plant.today - batch[-1].measured_on).days, story.approved_ago - 1)
        if ago < HARDER_AGO and objective.targets.count() == 1:
            objective = _harder_target(plant, objective)
        by, at = plant.users[story.owner], plant.at(ago, 17)
        record_measurements(objective, batch, source=Measurement.Source.SHEET, by=by, at=at)


def scrap_readings(today: date) -> list[Reading]:
    """The weekly scrap rates, moved by whole weeks so that the last one is of the week before ``today``."""
    with SCRAP_RATES.open("rb") as file:
        rows = [cells for _line, cells in read_sheet(file).rows]
    days = [date.fromisoformat(cells[0]) for cells in rows]
    shift = timedelta(days=(today - timedelta(days=1) - days[-1]).days // 7 * 7)
    return [
        Reading(day + shift, Decimal(cells[2]), int(cells[3])) for day, cells in zip(days, rows, strict=True)
    ]  # fmt: skip


def _harder_target(plant: Plant, objective: Objective) -> Objective:
    """The trial moved the process; leaders asked for more."""
    current = Objective.objects.get(pk=objective.pk)
    return objective_service.change_target(
        current, version=current.version, target_value=Decimal("2.0"),
        reason="The tool-life trial brought 2.4 % and holds; 2 % is in reach with the new gauges",
        by=plant.users["yusuf.chen"], at=plant.at(HARDER_AGO, 15), method="password",
    )  # fmt: skip


def _judge(plant: Plant, goals: dict[str, StrategicGoal], told: dict[str, Objective]) -> None:
    """What leaders put on the matrix, and the improvements that serve two of the objectives."""
    boss, at = plant.users["yusuf.chen"], plant.at(1, 15)
    for key, goal, aspect, strength in (
        ("scrap", "stable", "objective", "strong"), ("scrap", "right", "objective", "weak"),
        ("scrap", "stable", "measure", "strong"), ("yield", "stable", "objective", "strong"),
        ("yield", "right", "measure", "weak"), ("complaints", "trust", "objective", "strong"),
    ):  # fmt: skip
        strategy_matrix.judge(told[key], goals[goal], aspect=aspect, strength=strength, by=boss, at=at)
    actions = ImprovementAction.objects.filter(phase=Phase.OPEN, serves=None, is_confidential=False)
    open_now = list(actions.exclude(source=None).order_by("recorded_at", "pk")[:3])
    for action, key in zip(open_now, ("scrap", "scrap", "complaints"), strict=False):
        changed = action_service.change(
            action, version=action.version, reason="It serves the objective", serves=told[key], by=boss, at=at
        )
        strategy_matrix.judge(
            changed, told[key], aspect="objective", strength="strong", by=boss, at=at
        )  # fmt: skip
