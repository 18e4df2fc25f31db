"""What the lists a plant already keeps hold: which columns make an action, a nonconformity, an objective, a goal."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from objectives.models import ImprovementAction, Nonconformity, Objective, StrategicGoal
from objectives.services import improvement_action, nonconformity, objective, strategy
from qms.permissions import Permission
from qms.records import Text

TEXT, DAY, NUMBER, PERSON, AREA = "text", "day", "number", "person", "area"


@dataclass(frozen=True)
class Field:
    """One fact: its label, the headings it is known by, whether a row needs it, and how its cells are read."""

    label: Any
    headings: tuple[str, ...]
    is_needed: bool = False
    reads: str = TEXT
    longest: int = 4_000


@dataclass(frozen=True)
class Target:
    """What a list becomes: the kind, its columns, who may import it, and the service that makes one record.

    ``same_by``: the facts by which a row is recognized when the list comes again. ``is_past``: days that must not lie
    ahead. ``goes_on``: the field that says how it stands, where only what is open is taken.
    """

    kind: str
    label: Text
    lead: Text
    permission: Permission
    fields: dict[str, Field]
    make: Callable[..., Any]
    same_by: tuple[str, ...]
    is_past: frozenset[str] = frozenset()


TITLE = ("title", "action", "what", "task", "measure to take", "description", "problem", "goal", "objective", "subject")
OWNER = Field(_("Owner"), ("owner", "who", "responsible", "resp", "assigned to"), reads=PERSON)
AREA_FIELD = Field(_("Area"), ("area", "where", "line", "department", "place"), reads=AREA)
DUE = ("due", "due date", "until", "by when", "deadline", "target date", "end")
MORE = ("more", "details", "comment", "note", "notes", "remark", "remarks", "background")
STATUS = Field(_("Status (what is done stays out)"), ("status", "state", "done", "closed"), longest=80)

TARGETS: dict[str, Target] = {
    "actions": Target(
        ImprovementAction.KIND, _("Import a list of actions"),
        _("What is open in your list becomes an action here, planned, with its owner and date."),
        Permission.ACTION_EDIT,
        {
            "title": Field(_("What is done"), TITLE, is_needed=True, longest=240),
            "owner": OWNER,
            "due_on": Field(_("Due"), DUE, reads=DAY),
            "area": AREA_FIELD,
            "description": Field(_("More about it"), MORE),
            "status": STATUS,
        },
        improvement_action.open_action, ("title", "due_on"),
    ),
    "nonconformities": Target(
        Nonconformity.KIND, _("Import a list of nonconformities"),
        _("What is open in your list is raised here, with the day it happened; contain and correct it from its page."),
        Permission.NONCONFORMITY_EDIT,
        {
            "title": Field(_("What is not as required"), TITLE, is_needed=True, longest=240),
            "happened_on": Field(
                _("Happened on"), ("happened", "date", "day", "found", "reported"), is_needed=True, reads=DAY
            ),
            "owner": OWNER,
            "due_on": Field(_("Due"), DUE, reads=DAY),
            "area": AREA_FIELD,
            "quantity": Field(_("How much"), ("quantity", "qty", "amount", "pieces", "number of parts"), reads=NUMBER),
            "unit": Field(_("Of what"), ("unit", "of what"), longest=24),
            "description": Field(_("More about it"), MORE),
            "status": STATUS,
        },
        nonconformity.open_nonconformity, ("title", "happened_on"), frozenset({"happened_on"}),
    ),
    "objectives": Target(
        Objective.KIND, _("Import a list of objectives"),
        _("Each row becomes a draft; its target locks when somebody approves it with a signature."),
        Permission.OBJECTIVE_EDIT,
        {
            "title": Field(_("Objective"), ("objective", "title", "goal", "what"), is_needed=True, longest=240),
            "measure": Field(_("Measure"), ("measure", "indicator", "kpi", "measured by"), is_needed=True, longest=160),
            "unit": Field(_("Unit"), ("unit",), is_needed=True, longest=24),
            "target_value": Field(_("Target"), ("target", "target value"), is_needed=True, reads=NUMBER),
            "baseline_value": Field(_("Baseline"), ("baseline", "start", "today", "from"), reads=NUMBER),
            "baseline_on": Field(_("Baseline measured"), ("baseline date", "measured on"), reads=DAY),
            "due_on": Field(_("By when"), (*DUE, "by"), is_needed=True, reads=DAY),
            "owner": OWNER,
            "area": AREA_FIELD,
            "means": Field(_("Means"), ("means", "how", "resources", "actions")),
            "judged_how": Field(_("How it is judged"), ("judged", "evaluation", "how judged")),
            "communicated_to": Field(_("Communicated to"), ("communicated", "told to")),
            "customer_effect": Field(_("Effect for customers"), ("customer effect", "effect for customers")),
        },
        objective.set_objective, ("title", "due_on"), frozenset({"baseline_on"}),
    ),
    "goals": Target(
        StrategicGoal.KIND, _("Import a list of strategic goals"),
        _("Each row becomes a draft, which somebody adopts."),
        Permission.OBJECTIVE_EDIT,
        {
            "title": Field(_("Goal"), ("goal", "title", "strategic goal", "what"), is_needed=True, longest=240),
            "starts_on": Field(_("From"), ("from", "start", "begins"), is_needed=True, reads=DAY),
            "ends_on": Field(_("To"), ("to", "until", "end", "ends", "by"), is_needed=True, reads=DAY),
            "owner": OWNER,
            "area": AREA_FIELD,
            "description": Field(_("What it means"), MORE),
        },
        strategy.set_goal, ("title",),
    ),
}  # fmt: skip
