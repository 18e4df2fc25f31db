"""What the product must know about nonconformities."""

from __future__ import annotations

from collections.abc import Iterable
from typing import cast

from django.utils.translation import gettext_lazy as _

from objectives.models import Nonconformity
from qms.models import Record
from qms.permissions import Permission
from qms.records import RecordKind, register


def _origin(record: Record) -> str:
    return cast(Nonconformity, record).origin


def _origins() -> Iterable[tuple[str, str]]:
    return [(value, str(label)) for value, label in Nonconformity.Origin.choices]


NONCONFORMITY = register(
    RecordKind(
        model=Nonconformity,
        label=_("Nonconformity"),
        label_plural=_("Nonconformities"),
        icon="alert",
        prefix="NC",
        url_stem="objectives:nonconformity",
        detail_template="objectives/nonconformity_detail.html",
        print_template="objectives/nonconformity_print.html",
        pack_template="packs/nonconformity_sheet.html",
        sheet_facts="objectives.services.nonconformity_sheet.sheet_facts",
        pack_board="objectives.services.pack_board.nonconformity",
        pack_board_template="packs/nonconformity_board.html",
        edit_permission=Permission.NONCONFORMITY_EDIT,
        subtype_of=_origin,
        subtype_lookup="origin",
        subtypes=_origins,
        description=_("What was not as required, what was done at once, why it happened, and proof that it is mended."),
        content_labels={
            "description": _("More about it"),
            "origin": _("Found by"),
            "source": _("Came from"),
            "happened_on": _("Happened on"),
            "amount": _("How much"),
            "containment": _("Containment"),
            "causes": _("Asked why"),
            "cause": _("Root cause"),
            "effectiveness": _("Effectiveness"),
            "effectiveness_note": _("How we know"),
            "evaluated_by": _("Judged by"),
            "evaluated_on": _("Judged on"),
            "evaluations": _("Judgements so far"),
            "used_on": _("The new way was used on"),
            "used_note": _("How the new way was used"),
            "used_proof": _("Proof of use"),
            "closed_on": _("Closed on"),
        },
        verbs={
            "nonconformity.opened": _("Raised"),
            "nonconformity.changed": _("Changed"),
            "nonconformity.contained": _("Contained"),
            "nonconformity.containment_changed": _("Containment changed"),
            "nonconformity.why_answered": _("A “why?” answered"),
            "nonconformity.why_removed": _("An answer to “why?” taken out"),
            "nonconformity.analyzed": _("Root cause named"),
            "nonconformity.cause_merged": _("Root cause merged into another"),
            "nonconformity.acted": _("Corrective action decided"),
            "nonconformity.use_proved": _("The new way was used"),
            "nonconformity.evaluated": _("Judged effective"),
            "nonconformity.found_ineffective": _("Judged not effective, back to acting"),
            "nonconformity.closed": _("Closed"),
            "nonconformity.reopened": _("Reopened"),
            "nonconformity.withdrawn": _("Withdrawn"),
            "record.became_nonconformity": _("A nonconformity was raised from it"),
            "cause.added": _("Root cause entered"),
            "cause.merged": _("Root cause merged into another"),
            "cause.received": _("Another root cause merged into this one"),
        },
    )
)
