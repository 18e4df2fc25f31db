"""The kinds of record the audits package keeps."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from audits.models import Pack
from qms.permissions import Permission
from qms.records import RecordKind, register

PACK = register(
    RecordKind(
        model=Pack,
        label=_("Evidence pack"),
        label_plural=_("Evidence packs"),
        icon="pack",
        prefix="PACK",
        url_stem="audits:pack",
        view_permission=Permission.PACK_VIEW,
        edit_permission=Permission.PACK_REQUEST,
        counting_phases=frozenset(),
        description=_("A signed PDF with the evidence for chosen clauses, sites and a period."),
        content_labels={
            "edition": _("Edition"),
            "sites": _("Sites"),
            "clauses": _("Clauses"),
            "from_on": _("From"),
            "to_on": _("To"),
            "purpose": _("Purpose"),
            "names": _("Personal names"),
            "has_photos": _("With photos"),
            "cutoff_at": _("Cut-off"),
            "items": _("Items"),
            "pages": _("Pages"),
            "unsigned_sha256": _("SHA-256 before signing"),
            "sha256": _("SHA-256 as signed"),
            "manifest_sha256": _("Root hash (manifest.json)"),
            "signer": _("Signed by"),
            "signer_fingerprint": _("Certificate's SHA-256"),
            "failure": _("What went wrong"),
        },
        verbs={
            "pack.requested": _("Requested"),
            "pack.started": _("Building started"),
            "pack.ready": _("Built and signed"),
            "pack.failed": _("Failed"),
            "pack.retried": _("Retried"),
            "pack.downloaded": _("Downloaded"),
            "pack.link_made": _("Link made"),
            "pack.link_revoked": _("Link revoked"),
            "pack.superseded": _("Superseded"),
        },
    )
)
