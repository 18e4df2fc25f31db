"""What the product must know about recognition."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from leadership.models import Recognition
from qms.permissions import Permission
from qms.records import RecordKind, register

RECOGNITION = register(
    RecordKind(
        model=Recognition,
        label=_("Recognition"),
        label_plural=_("Recognition"),
        icon="star",
        prefix="RECOG",
        url_stem="leadership:recognition",
        detail_template="leadership/recognition_detail.html",
        print_template="leadership/recognition_print.html",
        pack_template="packs/recognition_sheet.html",
        edit_permission=Permission.RECOGNITION_GIVE,
        description=_("Who was thanked, by whom, and for doing what. No points, no ranking."),
        content_labels={
            "summary": _("What they did"),
            "value": _("Value"),
            "commitment": _("Commitment"),
            "about": _("About"),
            "wall": _("On the wall"),
            "withdrawn_reason": _("Why withdrawn"),
        },
        verbs={
            "recognition.given": _("Thanks given"),
            "recognition.changed": _("Corrected"),
            "recognition.agreed": _("May hang on the wall"),
            "recognition.refused": _("Rather not on the wall"),
            "recognition.withdrawn": _("Taken back"),
        },
    )
)
