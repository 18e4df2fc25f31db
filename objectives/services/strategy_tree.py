"""The strategy as a tree: a goal, the goals and objectives that serve it, what they move, what is done for them."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

from objectives.models import ImprovementAction, Objective, StrategicGoal
from objectives.services import contribution
from objectives.services.objective import unconnected_because
from qms.models import Phase, Record, Site, User

MOST = 200
ACTIONS_SHOWN = 6


@dataclass
class Branch:
    """An objective with its account, the improvements that serve it, and what leaders did for it or they came from."""

    objective: Objective
    why_loose: list[str]
    improvements: list[ImprovementAction] = field(default_factory=list)
    more: int = 0
    acts: list[Record] = field(default_factory=list)


@dataclass
class Node:
    """A goal with what serves it."""

    goal: StrategicGoal
    children: list[Node] = field(default_factory=list)
    branches: list[Branch] = field(default_factory=list)
    acts: list[Record] = field(default_factory=list)


@dataclass(frozen=True)
class Tree:
    """All goals that serve no other, and the objectives that serve none that can be seen."""

    roots: list[Node]
    loose: list[Branch]
    is_cut: bool


def tree_of(user: User, *, site: Site | None = None) -> Tree:
    """What is not withdrawn, as the user may see it, at one site or all. Five queries."""
    where = {"site": site} if site else {}
    goals = list(
        StrategicGoal.objects.visible_to(user).filter(**where).exclude(phase=Phase.WITHDRAWN)
        .select_related("owner").order_by("starts_on", "title", "pk")[: MOST + 1]
    )  # fmt: skip
    objectives = list(
        Objective.objects.visible_to(user).filter(**where).exclude(phase=Phase.WITHDRAWN)
        .select_related("owner", "account").order_by("standing_rank", "due_on", "pk")[: MOST + 1]
    )  # fmt: skip
    branches = {objective.pk: Branch(objective, unconnected_because(objective)) for objective in objectives[:MOST]}
    _add_actions(branches, user)
    nodes = {goal.pk: Node(goal) for goal in goals[:MOST]}
    for pk, acts in contribution.acts_for([*branches, *nodes], user).items():
        if pk in nodes:
            nodes[pk].acts = acts
        else:
            _add_acts(branches[pk], acts)
    for node in nodes.values():
        if node.goal.parent_id in nodes:
            nodes[node.goal.parent_id].children.append(node)
    loose: list[Branch] = []
    for branch in branches.values():
        above = nodes.get(branch.objective.goal_id or 0)
        (above.branches if above else loose).append(branch)
    roots = [node for node in nodes.values() if node.goal.parent_id not in nodes]
    return Tree(roots, loose, is_cut=max(len(goals), len(objectives)) > MOST)


def _add_acts(branch: Branch, acts: list[Record]) -> None:
    """What was done for the objective itself first, then what its improvements came from; each once."""
    known = {act.pk for act in acts}
    branch.acts = [*acts, *(act for act in branch.acts if act.pk not in known)][:ACTIONS_SHOWN]


def _add_actions(branches: dict[int, Branch], user: User) -> None:
    """The newest improvements that serve each objective, and the acts they came from, as far as the user may see."""
    rows = ImprovementAction.objects.visible_to(user).filter(serves__in=list(branches))
    found: dict[int, list[ImprovementAction]] = defaultdict(list)
    for action in rows.exclude(phase=Phase.WITHDRAWN).order_by("-occurred_on", "-pk")[: MOST * ACTIONS_SHOWN]:
        if action.serves_id is not None:
            found[action.serves_id].append(action)
    wanted = {action.source_id for actions in found.values() for action in actions if action.source_id}
    sources = {record.pk: record for record in Record.objects.visible_to(user).filter(pk__in=wanted).order_by("pk")}
    for pk, actions in found.items():
        branches[pk].improvements, branches[pk].more = actions[:ACTIONS_SHOWN], len(actions[ACTIONS_SHOWN:])
        own = {sources[a.source_id].pk: sources[a.source_id] for a in actions if a.source_id in sources}
        branches[pk].acts = [record for record in own.values() if record.kind != Objective.KIND][:ACTIONS_SHOWN]
