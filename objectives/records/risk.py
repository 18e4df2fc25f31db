"""What the product must know about risks and opportunities."""

from __future__ import annotations

from collections.abc import Iterable
from typing import cast

from django.utils.translation import gettext_lazy as _

from objectives.models import Risk
from qms.models import Phase, Record
from qms.permissions import Permission
from qms.records import RecordKind, register


def _nature(record: Record) -> str:
    return cast(Risk, record).nature


def _natures() -> Iterable[tuple[str, str]]:
    return [(value, str(label)) for value, label in Risk.Nature.choices]


RISK = register(
    RecordKind(
        model=Risk,
        label=_("Risk or opportunity"),
        label_plural=_("Risks and opportunities"),
        icon="shield",
        prefix="RISK",
        url_stem="objectives:risk",
        detail_template="objectives/risk_detail.html",
        pack_board="objectives.services.pack_board.risk",
        pack_board_template="packs/risk_board.html",
        edit_permission=Permission.RISK_EDIT,
        counting_phases=frozenset({Phase.OPEN, Phase.CLOSED}),
        uncounted_statuses=Risk.UNCOUNTED,
        subtype_of=_nature,
        subtype_lookup="nature",
        subtypes=_natures,
        description=_("What could keep us from our goals or help us: rated, treated, judged, or borne by a leader."),
        content_labels={
            "nature": _("Risk or opportunity"),
            "identified_on": _("Identified"),
            "context_kind": _("Comes from"),
            "context": _("Issue or interested party"),
            "cause": _("Cause"),
            "consequence": _("What it would mean"),
            "rating": _("Rating"),
            "level": _("Level"),
            "likelihood": _("Likelihood"),
            "impact": _("Consequence"),
            "residual_likelihood": _("Likelihood after treatment"),
            "residual_impact": _("Consequence after treatment"),
            "scale": _("Scale"),
            "treatment": _("Treatment"),
            "treatment_plan": _("What is done"),
            "effectiveness": _("Did it work"),
            "effectiveness_note": _("How we know"),
            "judged_by": _("Judged by"),
            "judged_on": _("Judged on"),
            "is_judged_by_treater": _("Judged by who treats it"),
            "accepted_by": _("Accepted by"),
            "accepted_on": _("Accepted on"),
            "accepted_until": _("Accepted until"),
            "accepted_why": _("Why it is accepted"),
            "compensating_control": _("What holds meanwhile"),
            "void_if": _("What would void it"),
            "ratings": _("Ratings so far"),
        },
        verbs={
            "risk.identified": _("Identified"),
            "risk.rated": _("Rated"),
            "risk.rated_again": _("Rated again"),
            "risk.carried_over": _("Carried over to another scale"),
            "risk.treated": _("Treatment decided"),
            "risk.judged": _("Effectiveness judged"),
            "risk.accepted": _("Accepted"),
            "risk.acceptance_renewed": _("Acceptance renewed"),
            "risk.acceptance_voided": _("Acceptance voided"),
            "risk.acceptance_expired": _("Acceptance ran out"),
            "risk.changed": _("Changed"),
            "risk.closed": _("Closed"),
            "risk.reopened": _("Reopened"),
            "risk.withdrawn": _("Withdrawn"),
        },
    )
)
