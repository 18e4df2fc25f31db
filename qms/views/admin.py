"""The way into everything an administrator or quality manager decides."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET

from qms.models import User
from qms.navigation import address
from qms.permissions import ELEVATED, Permission, is_elevated, requires


@dataclass(frozen=True)
class AdminArea:
    """One thing to administer."""

    label: Promise
    note: Promise
    icon: str
    url_name: str
    permission: Permission

    @property
    def url(self) -> str:
        """Its address; empty when this installation has no such page."""
        return address(self.url_name)

    @property
    def needs_elevation(self) -> bool:
        """Whether it opens only in an elevated session."""
        return self.permission in ELEVATED


GROUPS: tuple[tuple[Promise, tuple[AdminArea, ...]], ...] = (
    (_("People and places"), (
        AdminArea(
            _("People"), _("Enter, change, deactivate; the organization chart."),
            "people", "qms:person-list", Permission.PERSON_EDIT,
        ),
        AdminArea(
            _("Import people"), _("From CSV or Excel, with a preview of every row."),
            "upload", "qms:person-import", Permission.PERSON_EDIT,
        ),
        AdminArea(
            _("Sites and areas"), _("Plants, lines, offices, and the QR codes that hang there."),
            "site", "qms:site-list", Permission.SITE_EDIT,
        ),
        AdminArea(
            _("Working days"), _("When each site works: weekdays, closures, shifts."),
            "calendar", "qms:site-calendar-list", Permission.CALENDAR_EDIT,
        ),
        AdminArea(
            _("Access"), _("Who may log in, as what, where and until when."),
            "key", "qms:user-list", Permission.USER_EDIT,
        ),
        AdminArea(
            _("Tokens of the interface"), _("What programs and machines get in with, for whom, until when."),
            "key", "qms:service-token-list", Permission.USER_EDIT,
        ),
        AdminArea(
            _("Access profiles"), _("What each profile permits, and who should hold it."),
            "shield", "qms:user-profiles", Permission.SIGNED_IN,
        ),
    )),
    (_("What counts as evidence"), (
        AdminArea(
            _("Mappings"), _("Which record counts for which clause, how often, for how long."),
            "link", "qms:mapping-list", Permission.MAPPING_VIEW,
        ),
        AdminArea(
            _("Clauses"), _("The catalogue in your words, and what does not apply."),
            "list", "qms:clause-list", Permission.CLAUSE_EDIT,
        ),
        AdminArea(
            _("Kinds of activity"), _("What leaders can log."),
            "walk", "leadership:activity-type-list", Permission.ACTIVITY_TYPE_EDIT,
        ),
        AdminArea(
            _("Values"), _("What people are thanked for."),
            "star", "leadership:recognition-value-list", Permission.RECOGNITION_EDIT,
        ),
        AdminArea(
            _("Screens of the wall"), _("Where thanks are shown in the plant without a log-in."),
            "eye", "leadership:wall-screens", Permission.RECOGNITION_EDIT,
        ),
        AdminArea(
            _("Scale of risks"), _("Likelihood and consequence in your own words."),
            "scale", "objectives:risk-scale-list", Permission.RISK_SCALE_EDIT,
        ),
    )),
    (_("Reminders"), (
        AdminArea(
            _("Reminders"), _("Who is told of what and when; what waits, what was sent, what failed."),
            "bell", "qms:reminder-list", Permission.REMINDER_EDIT,
        ),
    )),
    (_("The system"), (
        AdminArea(
            _("Organization"), _("Name, scope statement, time zone."),
            "building", "qms:organization", Permission.ORGANIZATION_EDIT,
        ),
        AdminArea(
            _("Trail"), _("Everything that happened, by whom and when."),
            "history", "qms:trail", Permission.TRAIL_VIEW,
        ),
    )),
)  # fmt: skip


@require_GET
@requires(Permission.MAPPING_VIEW)
def admin(request: HttpRequest) -> HttpResponse:
    """The areas the user may administer, and which of them ask for the password again."""
    user = cast(User, request.user)
    groups = [(title, [a for a in areas if user.can(a.permission) and a.url]) for title, areas in GROUPS]
    shown = [(title, areas) for title, areas in groups if areas]
    return render(request, "qms/admin_index.html", {"groups": shown, "is_elevated": is_elevated(request)})
