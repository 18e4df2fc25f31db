"""What the product must know about strategic goals."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from objectives.models import StrategicGoal
from qms.models import Phase
from qms.permissions import Permission
from qms.records import RecordKind, register

STRATEGIC_GOAL = register(
    RecordKind(
        model=StrategicGoal,
        label=_("Strategic goal"),
        label_plural=_("Strategic goals"),
        icon="flag",
        prefix="GOAL",
        url_stem="objectives:strategic-goal",
        detail_template="objectives/strategy_goal_detail.html",
        edit_permission=Permission.OBJECTIVE_EDIT,
        counting_phases=frozenset({Phase.OPEN, Phase.CLOSED}),
        description=_("Where the plant wants to be in a few years; objectives serve it."),
        content_labels={
            "description": _("What it means"),
            "parent": _("Serves"),
            "starts_on": _("From"),
            "ends_on": _("To"),
            "outcome": _("Outcome"),
        },
        verbs={
            "strategic_goal.set": _("Set"),
            "strategic_goal.changed": _("Changed"),
            "strategic_goal.adopted": _("Adopted"),
            "strategic_goal.achieved": _("Achieved"),
            "strategic_goal.dropped": _("Given up"),
            "strategic_goal.reopened": _("Reopened"),
            "strategic_goal.withdrawn": _("Withdrawn"),
            "strategy.contribution_set": _("What it serves was said"),
            "strategy.correlated": _("Place in the strategy judged"),
        },
    )
)
