"""The way into the records of leadership: one tile per part that this installation keeps."""

from __future__ import annotations

from typing import cast

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET

from qms.models import User
from qms.navigation import Groups, Section, sections_for
from qms.permissions import Permission, requires

GROUPS: Groups = [
    (
        _("What leaders do"),
        [
            Section(
                _("Activities"), "leadership:activity-list", "walk", _("Walks, meetings, coaching, customers visited")
            ),
            Section(
                _("Standard work"), "leadership:routine-list", "calendar", _("What each leader does, and how often")
            ),
            Section(
                _("Recognition"), "leadership:recognition-wall", "star", _("Who was thanked, and for doing what")
            ),
            Section(
                _("Communication"), "leadership:communication-list", "megaphone",
                _("What was told to whom, and what they asked"),
            ),
        ],
    ),
    (
        _("What leaders stand for"),
        [
            Section(
                _("Quality policy"), "leadership:policy-list", "file", _("What we commit to, and who has read it")
            ),
            Section(
                _("Read and understood"), "leadership:acknowledgement-list", "check-circle",
                _("Who was asked to read what, and how many have said that they understood it"),
            ),
            Section(
                _("Roles"), "leadership:role-list", "people", _("Who answers for what, and has said yes to it")
            ),
            Section(
                _("Resource requests"), "leadership:resource-request-list", "handshake",
                _("What was asked for, provided, or declined with a risk somebody signed"),
            ),
        ],
    ),
    (
        _("How it is going"),
        [
            Section(
                _("Engagement measures"), "leadership:engagement", "gauge",
                _("What the records say about leadership, each figure with its n"), Permission.ENGAGEMENT_VIEW,
            ),
            Section(
                _("Sites"), "leadership:site-page-list", "site", _("One page per plant: how it stands this week"),
                Permission.ENGAGEMENT_VIEW,
            ),
        ],
    ),
]  # fmt: skip


@require_GET
@requires(Permission.RECORD_VIEW)
def overview(request: HttpRequest) -> HttpResponse:
    """The tiles of everything the user may open."""
    groups = sections_for(cast(User, request.user), GROUPS)
    return render(request, "components/section_page.html", {
        "groups": groups, "title": _("Leadership"),
        "lead": _("What leaders do for quality, what they stand for, and what it shows."),
    })  # fmt: skip
