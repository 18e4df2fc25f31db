"""What the product must know about improvement actions."""

from __future__ import annotations

from typing import cast

from django.utils.translation import gettext_lazy as _

from objectives.models import ImprovementAction
from qms.models import Phase, Record
from qms.permissions import Permission
from qms.records import RecordKind, register

Drive = ImprovementAction.Drive
DRIVES = ((Drive.PROACTIVE.value, _("Proactive action")), (Drive.REACTIVE.value, _("Reactive action")))


def drive_of(record: Record) -> str:
    """Whether the action began before or after something failed; the type that mappings may name."""
    return Drive.PROACTIVE.value if cast(ImprovementAction, record).is_proactive else Drive.REACTIVE.value


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
        description=_("From an idea, a promise or a failure to an effect that somebody checked."),
        pack_template="packs/improvement_action_sheet.html",
        pack_board="objectives.services.pack_board.improvement_action",
        pack_board_template="packs/improvement_action_board.html",
        subtype_of=drive_of,
        subtype_lookup="drive",
        subtypes=lambda: [(value, str(label)) for value, label in DRIVES],
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
            "checker": _("Effect checked by"),
            "outcome": _("Outcome"),
            "declined_reason": _("Why it will not be done"),
            "completed_on": _("Completed"),
            "promises": _("Promises"),
            "benefits": _("Benefits"),
            "photos": _("Before and after"),
        },
        verbs={
            "improvement_action.opened": _("Opened"),
            "improvement_action.started": _("Started"),
            "improvement_action.completed": _("Completed"),
            "improvement_action.reopened": _("Reopened"),
            "improvement_action.changed": _("Changed"),
            "improvement_action.declined": _("Declined"),
            "improvement_action.withdrawn": _("Withdrawn"),
            "improvement_action.raised": _("Idea raised"),
            "improvement_action.assessed": _("Assessed and planned"),
            "improvement_action.cycle_written": _("Plan, do, check or act written"),
            "improvement_action.photo_placed": _("Photo marked as before or after"),
            "improvement_action.checked": _("Effect checked"),
            "improvement_action.closed": _("Closed"),
            "improvement_action.copied": _("Copied from another place"),
            "improvement_action.copied_elsewhere": _("Copied to another place"),
            "improvement_action.promise_asked": _("Asked again whether the promise is kept"),
            "improvement_action.promise_kept": _("Promise kept, says who it was made to"),
            "improvement_action.promise_not_kept": _("Promise not kept yet, says who it was made to"),
            "improvement_action.promise_lapsed": _("No answer to the promise in 14 days"),
            "improvement_action.benefit_added": _("Benefit added"),
            "improvement_action.benefit_changed": _("Benefit changed"),
            "improvement_action.benefit_unconfirmed": _("Benefit changed and no longer confirmed"),
            "improvement_action.benefit_confirmed": _("Benefit confirmed by finance"),
            "improvement_action.benefit_withdrawn": _("Benefit withdrawn"),
        },
    )
)
