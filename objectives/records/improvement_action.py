"""What the product must know about improvement actions."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from objectives.models import ImprovementAction
from qms.models import Phase
from qms.permissions import Permission
from qms.records import RecordKind, register

IMPROVEMENT_ACTION = register(
    RecordKind(
        model=ImprovementAction,
        label=_("Improvement action"),
        label_plural=_("Improvement actions"),
        icon="action",
        prefix="IMP",
        url_stem="objectives:improvement-action",
        detail_template="objectives/improvement_action_detail.html",
        edit_permission=Permission.ACTION_EDIT,
        counting_phases=frozenset({Phase.CLOSED}),
        description=_("Something to do after a walk, a meeting or an idea, with an owner and a due date."),
        content_labels={
            "description": _("Description"),
            "origin": _("Origin"),
            "source": _("Came from"),
            "raiser": _("Raised by"),
            "promised_to": _("Promised to"),
            "serves": _("Serves the objective"),
            "copied_from": _("Copied from"),
            "plan": _("Plan"),
            "done_what": _("Do"),
            "checked_what": _("Check"),
            "acted_how": _("Act"),
            "result": _("Result"),
            "learning": _("What we learned"),
            "outcome": _("Outcome"),
            "completed_on": _("Completed"),
        },
        verbs={
            "improvement_action.opened": _("Opened"),
            "improvement_action.started": _("Started"),
            "improvement_action.completed": _("Completed"),
            "improvement_action.reopened": _("Reopened"),
            "improvement_action.changed": _("Changed"),
            "improvement_action.declined": _("Declined"),
            "improvement_action.withdrawn": _("Withdrawn"),
        },
    )
)
