"""What the product must know about the quality policy."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from leadership.models import Policy
from qms.models import Phase
from qms.permissions import Permission
from qms.records import RecordKind, register

POLICY = register(
    RecordKind(
        model=Policy,
        label=_("Quality policy"),
        label_plural=_("Quality policies"),
        icon="file",
        prefix="POL",
        url_stem="leadership:policy",
        detail_template="leadership/policy_detail.html",
        print_template="leadership/policy_print.html",
        pack_template="packs/policy_sheet.html",
        reading_template="leadership/policy_reading.html",
        sheet_facts="leadership.services.policy_sheet.sheet_facts",
        pack_board="leadership.services.policy_board.policy",
        pack_board_template="packs/policy_board.html",
        edit_permission=Permission.POLICY_EDIT,
        counting_phases=frozenset({Phase.OPEN, Phase.CLOSED}),  # closed: superseded, once approved all the same
        description=_("What we commit to, approved by top management; one version holds at a time."),
        content_labels={
            "number": _("Version of the policy"),
            "applies_to": _("Applies to"),
            "language": _("Language"),
            "text": _("Text"),
            "translations": _("Translations"),
            "goals": _("Linked goals"),
            "supersedes": _("Supersedes"),
            "awaited_on": _("Approval awaited since"),
            "approver": _("Asked to approve"),
            "approved_on": _("Approved on"),
            "approved_by": _("Approved by"),
            "is_public": _("Open to everybody"),
            "is_indexed": _("Found by search engines"),
        },
        verbs={
            "policy.drafted": _("Drafted"),
            "policy.changed": _("Changed"),
            "policy.translated": _("Translated"),
            "policy.submitted": _("Handed in for review"),
            "policy.sent_back": _("Sent back"),
            "policy.approved": _("Approved"),
            "policy.superseded": _("Superseded"),
            "policy.reviewed": _("Reviewed"),
            "policy.withdrawn": _("Withdrawn"),
        },
    )
)
