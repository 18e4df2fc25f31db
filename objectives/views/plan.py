"""The way into planning and improvement: one tile per kind of record that this installation keeps."""

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
        _("Where we want to be"),
        [
            Section(
                _("Strategic goals"),
                "objectives:strategic-goal-list",
                "flag",
                _("What the plant stands for in a few years"),
            ),
            Section(
                _("Objectives"),
                "objectives:objective-list",
                "gauge",
                _("Targets with measure, owner and date; red first"),
            ),
            Section(
                _("Strategy matrix"),
                "objectives:strategy-matrix",
                "table",
                _("How goals, objectives, actions and measures hang together"),
            ),
            Section(
                _("Strategy tree"), "objectives:strategy-tree", "site", _("From a goal down to what leaders did for it")
            ),
        ],
    ),
    (
        _("What could happen, and what did"),
        [
            Section(
                _("Risks and opportunities"),
                "objectives:risk-list",
                "shield",
                _("What could keep us from our goals, or help us"),
            ),
            Section(
                _("Nonconformities"),
                "objectives:nonconformity-list",
                "alert",
                _("What went wrong, its cause, and whether the answer worked"),
            ),
            Section(
                _("Cost of quality"),
                "objectives:quality-cost",
                "money",
                _("What prevention, appraisal and failure cost each month"),
            ),
        ],
    ),
    (
        _("What we do about it"),
        [
            Section(
                _("Improvement actions"),
                "objectives:improvement-action-list",
                "action",
                _("Ideas, promises and actions, each with an owner and a date"),
            ),
        ],
    ),
]


@require_GET
@requires(Permission.RECORD_VIEW)
def plan(request: HttpRequest) -> HttpResponse:
    """The tiles of everything the user may open."""
    groups = sections_for(cast(User, request.user), GROUPS)
    return render(request, "components/section_page.html", {
        "groups": groups, "title": _("Plan"),
        "lead": _("What the plant wants to reach, what could come in between, and what is being done."),
    })  # fmt: skip
