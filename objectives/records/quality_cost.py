"""What the product must know about statements of the cost of quality."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from objectives.models import QualityCostStatement
from qms.permissions import Permission
from qms.records import RecordKind, register

QUALITY_COST = register(
    RecordKind(
        model=QualityCostStatement,
        label=_("Cost statement"),
        label_plural=_("Cost statements"),
        icon="money",
        prefix="COQ",
        url_stem="objectives:quality-cost",
        detail_template="objectives/quality_cost_detail.html",
        print_template="objectives/quality_cost_print.html",
        pack_template="packs/quality_cost_sheet.html",
        pack_board="objectives.services.pack_board.quality_cost",
        pack_board_template="packs/quality_cost_board.html",
        sheet_facts="objectives.services.quality_cost_sheet.sheet_facts",
        edit_permission=Permission.COST_EDIT,
        description=_("What prevention, appraisal and failure cost in a month; finance confirms it."),
        content_labels={
            "month": _("Month"),
            "currency": _("Currency"),
            "net_sales": _("Net sales"),
            "accounts": _("On the accounts"),
            "postings": _("Postings"),
            "postings_sha256": _("SHA-256 of the postings"),
            "note": _("Note"),
        },
        verbs={
            "quality_cost.opened": _("Opened with the first posting"),
            "quality_cost.posted": _("Posted"),
            "quality_cost.confirmed": _("Confirmed by finance"),
            "quality_cost.reopened": _("Reopened"),
            "quality_cost.withdrawn": _("Withdrawn"),
        },
    )
)
