"""Saved money beside the cost of quality: only what finance confirmed, and only where a control chart bears it out."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.utils.translation import gettext as _

from objectives.models import Benefit, ImprovementAction, Measurement, Objective
from objectives.services import benefit as benefit_service
from objectives.services.benefit import BANKABLE, Saving, Savings
from objectives.services.control_chart import MIN_POINTS, ControlChart, Rule, Signal, day
from objectives.services.objective_page import chart_of
from qms.models import Site, User

LASTING = frozenset({Rule.SHIFT, Rule.RUN, Rule.NEAR_LIMIT})
"""Signals of a change that lasts; a single point outside the limits may be one odd day."""


@dataclass(frozen=True)
class Verdict:
    """Whether the chart bears a saving out, and why, in words."""

    is_signal: bool
    why: str


@dataclass(frozen=True)
class SavingLine:
    """A saving with the verdict on it."""

    saving: Saving
    why: str

    @property
    def benefit(self) -> Benefit:
        return self.saving.benefit

    @property
    def action(self) -> ImprovementAction:
        return self.saving.benefit.action


@dataclass(frozen=True)
class SavedMoney:
    """Savings of a period: what counts, what is soft and stands apart, and what does not count yet, each with its n."""

    savings: Savings
    counted: list[SavingLine]
    soft: list[SavingLine]
    held_back: list[SavingLine]

    @property
    def total(self) -> Decimal:
        return self.savings.total

    @property
    def is_empty(self) -> bool:
        return not self.savings.lines


def saved_money(user: User, sites: Sequence[Site], from_on: date, to_on: date) -> SavedMoney:
    """The confirmed savings of the sites in a period, as far as the user may see the actions. Three queries."""
    verdicts: dict[int, Verdict] = {}

    def borne_out(actions: Sequence[ImprovementAction]) -> set[int]:
        verdicts.update(verdicts_on(visible_of(user, actions)))
        return {pk for pk, verdict in verdicts.items() if verdict.is_signal}

    found = benefit_service.confirmed_savings(sites, from_on, to_on, borne_out=borne_out)
    savings = Savings([line for line in found.lines if line.benefit.action_id in verdicts])
    told = [SavingLine(line, verdicts[line.benefit.action_id].why) for line in savings.lines]
    return SavedMoney(
        savings,
        counted=[one for one in told if one.saving.is_counted and one.benefit.nature in BANKABLE],
        soft=[one for one in told if one.saving.is_counted and one.benefit.nature not in BANKABLE],
        held_back=[one for one in told if not one.saving.is_counted],
    )


def visible_of(user: User, actions: Sequence[ImprovementAction]) -> list[ImprovementAction]:
    """Those of the actions that the user may see; no query for none."""
    if not actions:
        return []
    rows = ImprovementAction.objects.visible_to(user).filter(pk__in={action.pk for action in actions})
    seen = set(rows.order_by("pk").values_list("pk", flat=True))
    return [action for action in actions if action.pk in seen]


def verdicts_on(actions: Iterable[ImprovementAction]) -> dict[int, Verdict]:
    """The verdict on each action, by the chart of the objective it serves; one query. Needs ``serves`` loaded."""
    wanted = list(actions)
    objectives = {action.serves.pk: action.serves for action in wanted if action.serves is not None}
    measured: dict[int, list[Measurement]] = defaultdict(list)
    if objectives:
        rows = Measurement.objects.filter(objective__in=list(objectives), replaced_at=None)
        for row in rows.order_by("objective_id", "measured_on", "pk"):
            measured[row.objective_id].append(row)
    charts = {pk: chart_of(measured[pk]) for pk in objectives}
    return {action.pk: _verdict(action, charts) for action in wanted}


def _verdict(action: ImprovementAction, charts: dict[int, ControlChart]) -> Verdict:
    if action.serves is None:
        return Verdict(is_signal=False, why=_("The action serves no objective, so no chart can bear the saving out."))
    return judge(action.serves, charts[action.serves.pk], since=action.occurred_on)


def judge(objective: Objective, chart: ControlChart, *, since: date) -> Verdict:
    """Whether the chart shows a lasting change for the better that began after the action did.

    The last lasting signal since then decides: one for the worse takes the saving out again. What happened before the
    action began cannot be its doing.
    """
    words = {"reference": objective.reference, "since": day(since), "n": len(chart.values), "wanted": MIN_POINTS}
    if not chart.phases:
        return Verdict(
            is_signal=False, why=_("%(reference)s has %(n)d measurements; a chart needs %(wanted)d to tell.") % words
        )
    found = [s for s in chart.signals if s.rule in LASTING and chart.days[s.points[0]] >= since]
    if not found:
        return Verdict(
            is_signal=False, why=_("The chart of %(reference)s shows no lasting change since %(since)s: noise.") % words
        )
    last = max(found, key=lambda signal: (signal.points[-1], signal.points[0]))
    words |= {"first": day(chart.days[last.points[0]])}
    if not _is_better(objective, last):
        return Verdict(
            is_signal=False, why=_("The chart of %(reference)s shows a change for the worse from %(first)s on.") % words
        )
    return Verdict(
        is_signal=True, why=_("The chart of %(reference)s shows a change for the better from %(first)s on.") % words
    )


def _is_better(objective: Objective, signal: Signal) -> bool:
    return (signal.side < 0) == (objective.direction == Objective.Direction.LOWER)
