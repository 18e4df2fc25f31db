"""What the product must know about objectives."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from objectives.models import Objective
from qms.models import Phase
from qms.permissions import Permission
from qms.records import RecordKind, register

OBJECTIVE = register(
    RecordKind(
        model=Objective,
        label=_("Objective"),
        label_plural=_("Objectives"),
        icon="gauge",
        prefix="OBJ",
        has_people=False,
        url_stem="objectives:objective",
        detail_template="objectives/objective_detail.html",
        print_template="objectives/objective_print.html",
        pack_template="packs/objective_sheet.html",
        pack_board="objectives.services.pack_board.objective",
        pack_board_template="packs/objective_board.html",
        sheet_facts="objectives.services.objective_sheet.sheet_facts",
        edit_permission=Permission.OBJECTIVE_EDIT,
        counting_phases=frozenset({Phase.OPEN, Phase.CLOSED}),
        description=_("What is to be reached, by how much, by when and by whom, and how it stands."),
        content_labels={
            "measure": _("Measure"),
            "unit": _("Unit"),
            "direction": _("Direction"),
            "baseline_value": _("Baseline"),
            "baseline_on": _("Baseline measured"),
            "target_value": _("Target"),
            "forecast_value": _("Forecast"),
            "measure_every_days": _("Measured every (days)"),
            "goal": _("Strategic goal"),
            "account": _("Quality-cost account"),
            "means": _("Means"),
            "judged_how": _("How it is judged"),
            "communicated_to": _("Communicated to"),
            "money_effect": _("Money effect per year"),
            "customer_effect": _("Effect for customers"),
            "approved_on": _("Approved"),
            "outcome": _("Outcome"),
        },
        verbs={
            "objective.set": _("Set"),
            "objective.changed": _("Changed"),
            "objective.approved": _("Approved"),
            "objective.target_changed": _("Target changed"),
            "objective.measured": _("Measured"),
            "objective.measurement_corrected": _("Measurement corrected"),
            "objective.measurements_imported": _("Measurements imported"),
            "objective.decision_asked": _("Decision asked for"),
            "objective.decided": _("Decided"),
            "objective.achieved": _("Achieved"),
            "objective.missed": _("Missed"),
            "objective.dropped": _("Given up"),
            "objective.reopened": _("Reopened"),
            "objective.withdrawn": _("Withdrawn"),
        },
    )
)
