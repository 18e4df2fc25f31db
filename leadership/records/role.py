"""What the product must know about roles."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from leadership.models import Role
from qms.models import Phase
from qms.permissions import Permission
from qms.records import RecordKind, register

ROLE = register(
    RecordKind(
        model=Role,
        label=_("Role"),
        label_plural=_("Roles"),
        icon="people",
        prefix="ROLE",
        url_stem="leadership:role",
        detail_template="leadership/role_detail.html",
        print_template="leadership/role_print.html",
        pack_template="packs/role_sheet.html",
        sheet_facts="leadership.services.role_sheet.sheet_facts",
        pack_board="leadership.services.role_board.role",
        pack_board_template="packs/role_board.html",
        edit_permission=Permission.ROLE_EDIT,
        counting_phases=frozenset({Phase.OPEN}),
        uncounted_statuses=frozenset(Role.UNCOUNTED),
        description=_("What somebody answers for and may decide, with the holder's own yes to it."),
        content_labels={
            "purpose": _("What it is for"),
            "reach": _("Holds for"),
            "holder": _("Holder"),
            "deputy": _("Deputy"),
            "starts_on": _("Held from"),
            "ends_on": _("Held until"),
            "offered_on": _("Offered"),
            "accepted_on": _("Accepted"),
            "accepted_how": _("How it was accepted"),
            "reviewed_on": _("Last reviewed"),
            "responsibilities": _("Responsibilities"),
            "authorities": _("Authorities"),
        },
        verbs={
            "role.drafted": _("Drafted"),
            "role.changed": _("Changed"),
            "role.duties_changed": _("Changed; the holder is asked again"),
            "role.opened": _("Put in force, vacant"),
            "role.offered": _("Offered"),
            "role.link_made": _("Link for acceptance made"),
            "role.accepted": _("Accepted"),
            "role.declined": _("Not accepted"),
            "role.vacated": _("Given up, vacant"),
            "role.reviewed": _("Reviewed"),
            "role.ended": _("Ended"),
            "role.taken_up": _("Taken up again, vacant"),
            "role.withdrawn": _("Withdrawn"),
        },
    )
)
