"""The X-matrix: how strongly objectives, measures and improvements serve goals, as leaders judge it.

The four sides of the X are goals, objectives, improvements and measures (an objective's measure stands for itself);
the four corners between them are the pairs in CORNERS. Unrolled it is one table: objectives and measures as rows, goals
and improvements as columns, so that it reads well aloud and each cell has a row and a column heading.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from objectives.models import Correlation, ImprovementAction, Objective, StrategicGoal
from objectives.services import contribution
from qms.models import Phase, Record, Site, User
from qms.services import record as record_service
from qms.services import trail

Aspect, Strength = Correlation.Aspect, Correlation.Strength
CORNERS = frozenset({
    (Objective.KIND, StrategicGoal.KIND, Aspect.OBJECTIVE), (Objective.KIND, StrategicGoal.KIND, Aspect.MEASURE),
    (ImprovementAction.KIND, Objective.KIND, Aspect.OBJECTIVE),
    (ImprovementAction.KIND, Objective.KIND, Aspect.MEASURE),
})  # fmt: skip
"""(what serves, what is served, which side of the objective): objective or measure to goal, improvement to either."""
LINKED = "linked"
MOST = 40
"""Goals, objectives and improvements on one matrix; beyond that nobody reads it, and the page says to choose a site."""


class NoCorner(ValidationError):
    """The two records do not meet on the matrix."""


@dataclass(frozen=True)
class Cell:
    """Where a row and a column meet. ``strength``: strong, weak, linked (named but not judged) or empty."""

    serving: Record
    served: Record
    aspect: str
    strength: str

    @property
    def mark(self) -> str:
        return {Strength.STRONG: "●", Strength.WEAK: "○", LINKED: "?"}.get(self.strength, "")

    @property
    def words(self) -> str:
        """The strength in words."""
        if self.strength == LINKED:
            return _("linked, strength not judged")
        return str(Strength(self.strength).label) if self.strength else _("none")


@dataclass(frozen=True)
class Line:
    """An objective, or its measure, with its cells: those with the goals, then those with the improvements."""

    objective: Objective
    aspect: str
    to_goals: list[Cell]
    to_improvements: list[Cell]
    acts: list[Record]
    """The newest of what leaders did for it; the measure's line has none."""


@dataclass
class Matrix:
    """The whole X; ``is_cut`` where there is more than a matrix can show."""

    goals: list[StrategicGoal]
    improvements: list[ImprovementAction]
    objectives: list[Line] = field(default_factory=list)
    measures: list[Line] = field(default_factory=list)
    unconnected: list[Objective] = field(default_factory=list)
    is_cut: bool = False

    @property
    def width(self) -> int:
        """Columns of the table, the row headings among them."""
        return 1 + len(self.goals) + len(self.improvements)

    @property
    def lines(self) -> list[Line]:
        """Each objective followed by its measure, for reading one after the other."""
        return [line for pair in zip(self.objectives, self.measures, strict=True) for line in pair]

    @property
    def is_empty(self) -> bool:
        return not (self.goals or self.objectives)


def matrix_of(user: User, *, site: Site | None = None) -> Matrix:
    """What runs, as the user may see it, at one site or all. Five queries."""
    live = Q(phase__in=[Phase.DRAFT, Phase.OPEN]) & (Q(site=site) if site else Q())
    goals = list(StrategicGoal.objects.visible_to(user).filter(live).order_by("starts_on", "title", "pk")[: MOST + 1])
    objectives = list(
        Objective.objects.visible_to(user)
        .filter(live)
        .select_related("owner")
        .order_by("standing_rank", "pk")[: MOST + 1]
    )
    actions = ImprovementAction.objects.visible_to(user).filter(live)
    serving = Q(serves__in=objectives) | Q(correlations_up__in=_current().filter(served__in=objectives))
    improvements = list(actions.filter(serving).distinct().order_by("due_on", "pk")[: MOST + 1])
    is_cut = max(len(goals), len(objectives), len(improvements)) > MOST
    shown = Matrix(goals[:MOST], improvements[:MOST], is_cut=is_cut)
    judged = {
        (row.serving_id, row.served_id, row.aspect): row.strength
        for row in _current().filter(Q(serving__in=objectives) | Q(served__in=objectives))
    }
    acts = contribution.acts_for([objective.pk for objective in objectives[:MOST]], user)
    for objective in objectives[:MOST]:
        shown.objectives.append(_line(shown, objective, Aspect.OBJECTIVE, judged, acts.get(objective.pk, ())))
        shown.measures.append(_line(shown, objective, Aspect.MEASURE, judged))
        if not objective.is_connected:
            shown.unconnected.append(objective)
    return shown


def _line(
    shown: Matrix, objective: Objective, aspect: str, judged: dict[tuple[int, int, str], str],
    acts: Sequence[Record] = (),
) -> Line:  # fmt: skip
    def cell(serving: Record, served: Record, *, is_named: bool) -> Cell:
        named = LINKED if is_named and aspect == Aspect.OBJECTIVE else ""
        return Cell(serving, served, aspect, judged.get((serving.pk, served.pk, aspect), named))

    return Line(
        objective, aspect,
        [cell(objective, goal, is_named=objective.goal_id == goal.pk) for goal in shown.goals],
        [cell(action, objective, is_named=action.serves_id == objective.pk) for action in shown.improvements],
        list(acts),
    )  # fmt: skip


def _current() -> QuerySet[Correlation]:
    return Correlation.objects.filter(ended_at=None)


def judged(serving: Record, served: Record, aspect: str) -> str:
    """How strong leaders judge it now; empty for not at all."""
    row = Correlation.objects.filter(serving=serving.pk, served=served.pk, aspect=aspect, ended_at=None).first()
    return row.strength if row else ""


def refuse_strangers(serving: Record, served: Record, aspect: str) -> None:
    """Raise NoCorner when the two do not meet on the matrix."""
    if (serving.kind, served.kind, aspect) not in CORNERS:
        raise NoCorner({"aspect": _("These two do not meet on the matrix.")})


@transaction.atomic
def judge(
    serving: Record, served: Record, *, aspect: str, strength: str, by: User, at: datetime
) -> Correlation | None:  # fmt: skip
    """Say how strongly one part of the strategy serves another; an empty strength takes the judgement back.

    The same judgement again changes nothing. Side effects: the earlier judgement ends and stays, a new row, a trail
    entry at what serves. Raises NoCorner, ValidationError.
    """
    refuse_strangers(serving, served, aspect)
    if strength and strength not in Strength.values:
        raise ValidationError({"strength": _("Choose strong, weak or none.")})
    current = record_service.lock(Record.objects.get(pk=serving.pk))
    rows = Correlation.objects.filter(serving=serving.pk, served=served.pk, aspect=aspect, ended_at=None)
    old = rows.first()
    if (old.strength if old else "") == strength:
        return old
    rows.update(ended_at=at)
    new = None
    if strength:
        new = Correlation(
            serving=current, served_id=served.pk, aspect=aspect, strength=strength, judged_at=at, judged_by=by
        )
        record_service.validate(new)
        new.save(force_insert=True)
    facts = {"serves": served.reference, "aspect": str(Aspect(aspect).label)}
    words = [str(Strength(value).label) if value else "" for value in (old.strength if old else "", strength)]
    trail.write(current, "strategy.correlated", by=by, at=at, changes=facts | {"strength": words})
    return new
