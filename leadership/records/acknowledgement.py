"""What the product must know about acknowledgement campaigns."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from leadership.models import AcknowledgementCampaign
from qms.models import Phase
from qms.records import RecordKind, register

ACKNOWLEDGEMENT = register(
    RecordKind(
        model=AcknowledgementCampaign,
        label=_("Acknowledgement"),
        label_plural=_("Read and understood"),
        icon="check-circle",
        prefix="READ",
        url_stem="leadership:acknowledgement",
        detail_template="leadership/acknowledgement_detail.html",
        print_template="leadership/acknowledgement_print.html",
        pack_template="packs/acknowledgement_sheet.html",
        sheet_facts="leadership.services.acknowledgement_sheet.sheet_facts",
        counting_phases=frozenset({Phase.OPEN, Phase.CLOSED}),
        uncounted_statuses=frozenset({"open", "short"}),
        description=_("Who was asked to read a version of something, and who has said that they understood it."),
        content_labels={
            "subject": _("What is read"),
            "subject_version": _("Its version"),
            "subject_hash": _("SHA-256 of that version"),
            "audience": _("Who is asked"),
            "target_percent": _("Reached at, in percent"),
            "question": _("Question"),
        },
        verbs={
            "acknowledgement.asked": _("People asked"),
            "acknowledgement.audience_followed": _("People joined or left"),
            "acknowledgement.given": _("Read and understood"),
            "acknowledgement.link_handed": _("Link handed over"),
            "acknowledgement.reminded": _("Those missing reminded"),
            "acknowledgement.reached": _("Target reached"),
            "acknowledgement.changed": _("Changed"),
            "acknowledgement.closed": _("Ended"),
            "acknowledgement.withdrawn": _("Withdrawn"),
        },
    )
)
