"""Strategic goals: the list, the page of one, setting, changing and ending it."""

from __future__ import annotations

from typing import Any, cast

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods

from objectives.forms.strategy import StrategicGoalFilter, StrategicGoalForm
from objectives.models import Objective, StrategicGoal
from objectives.records import STRATEGIC_GOAL
from objectives.services import contribution
from objectives.services import strategy as service
from objectives.views.plan_import import import_url
from qms.models import Phase, User
from qms.permissions import Permission, requires
from qms.views.record_form import change_response, created
from qms.views.record_list import Column, Heading, RecordListing, export_response, list_response, print_response
from qms.views.record_move import Move, move_response, moves_offered
from qms.views.record_page import load, record_response

Status = StrategicGoal.Status
STEM = STRATEGIC_GOAL.url_stem
SHOWN = 50


MOVES = {
    "adopt": Move(gettext_lazy("Adopt"), service.adopt, (Status.ADOPTED,), icon="check"),
    "achieve": Move(
        gettext_lazy("Goal reached"), service.achieve, (Status.ACHIEVED,), gettext_lazy("What came of it"), "outcome",
        "flag",
    ),
    "drop": Move(
        gettext_lazy("Give it up"), service.drop, (Status.DROPPED,), gettext_lazy("Why it is given up"), "outcome",
        "archive",
    ),
    "reopen": Move(
        gettext_lazy("Reopen"), service.reopen, (Status.ADOPTED,), gettext_lazy("Why it is taken up again"),
        icon="refresh",
    ),
    "withdraw": Move(
        gettext_lazy("Withdraw"), service.withdraw, (Status.WITHDRAWN,), gettext_lazy("Why it is withdrawn"),
        icon="trash",
    ),
}  # fmt: skip


def with_counts(rows: QuerySet[Any]) -> QuerySet[Any]:
    """Each goal with how many objectives serve it."""
    live = Q(objectives__phase__in=[Phase.OPEN, Phase.CLOSED])
    return rows.annotate(serving=Count("objectives", filter=live))


LISTING = RecordListing(
    declared=STRATEGIC_GOAL,
    filters=StrategicGoalFilter,
    headings=[
        Heading(gettext_lazy("Where we want to be")), Heading(gettext_lazy("From")),
        Heading(gettext_lazy("To"), "end"), Heading(gettext_lazy("Who stands for it")),
        Heading(gettext_lazy("Objectives"), is_number=True), Heading(gettext_lazy("Status")),
    ],
    columns=[
        Column(gettext_lazy("Reference"), lambda g: g.reference, in_print=True),
        Column(gettext_lazy("Where we want to be"), lambda g: g.title, in_print=True),
        Column(gettext_lazy("From"), lambda g: g.starts_on, in_print=True),
        Column(gettext_lazy("To"), lambda g: g.ends_on, in_print=True),
        Column(gettext_lazy("Who stands for it"), lambda g: g.owner.name, in_print=True),
        Column(gettext_lazy("Status"), lambda g: g.get_status_display(), in_print=True),
        Column(gettext_lazy("Serves"), lambda g: g.parent.reference if g.parent else "", in_print=True),
        Column(gettext_lazy("Objectives"), lambda g: g.serving, in_print=True),
        Column(gettext_lazy("What it means"), lambda g: g.description),
        Column(gettext_lazy("Outcome"), lambda g: g.outcome),
        Column(gettext_lazy("Site"), lambda g: g.site.name),
        Column(gettext_lazy("Area"), lambda g: g.area.name if g.area else ""),
    ],
    sorts={"end": "ends_on", "start": "starts_on", "reference": "reference"},
    default_sort="ends_on",
    related=("site", "area", "owner", "parent"),
    with_marks=with_counts,
    for_export=with_counts,
    row_template="objectives/strategy_goal_row.html",
)  # fmt: skip


@require_GET
@requires(Permission.RECORD_VIEW)
def strategic_goal_list(request: HttpRequest) -> HttpResponse:
    """The goals, the soonest end first."""
    may_set = cast(User, request.user).can(Permission.OBJECTIVE_EDIT)
    return list_response(
        request, LISTING, import_url=import_url(cast(User, request.user), "goals"),
        new_url=reverse(f"{STEM}-new") if may_set else "", new_label=_("New goal"),
        empty_title=_("No strategic goal yet"),
        empty_why=_("An auditor asks whether quality objectives fit where the organization wants to go. Say it here."),
    )  # fmt: skip


@require_GET
@requires(Permission.RECORD_EXPORT)
def strategic_goal_export(request: HttpRequest) -> HttpResponseBase:
    """What the list shows, as CSV or XLSX."""
    return export_response(request, LISTING)


@require_GET
@requires(Permission.RECORD_VIEW)
def strategic_goal_list_print(request: HttpRequest) -> HttpResponse:
    """What the list shows, on paper."""
    return print_response(request, LISTING)


@require_GET
@requires(Permission.RECORD_VIEW)
def strategic_goal_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """The page of a goal, with what serves it."""
    goal = load(request, StrategicGoal, pk, "parent")
    return record_response(request, goal, **page_context(request, goal))


@require_GET
@requires(Permission.RECORD_VIEW)
def strategic_goal_print(request: HttpRequest, pk: int) -> HttpResponse:
    """The page of a goal on paper."""
    return record_response(request, load(request, StrategicGoal, pk, "parent"), is_print=True)


def page_context(request: HttpRequest, goal: StrategicGoal) -> dict[str, Any]:
    """What serves the goal, as far as the user may see it, and what the user is offered."""
    user = cast(User, request.user)
    kept = f"?{urlencode({'list': request.GET['list']})}" if request.GET.get("list") else ""
    may = may_work_on(user, goal)
    offered = moves_offered(request, goal, MOVES, lambda verb: may and is_offered(goal, verb))
    objectives = Objective.objects.visible_to(user).filter(goal=goal).select_related("owner")
    children = StrategicGoal.objects.visible_to(user).filter(parent=goal).order_by("ends_on", "pk")
    is_open = goal.phase in (Phase.DRAFT, Phase.OPEN)
    return {
        "edit_url": reverse(f"{STEM}-edit", args=[goal.pk]) + kept if may and is_open else "",
        "moves": offered, "acts": contribution.acts_for([goal.pk], user).get(goal.pk, []), "children": children[:SHOWN],
        "objectives": objectives.order_by("standing_rank", "due_on", "pk")[:SHOWN],
    }  # fmt: skip


def may_work_on(user: User, goal: StrategicGoal) -> bool:
    """Who works on a goal: its owner, who entered it, and who may correct other people's records."""
    is_own = user.pk == goal.recorded_by_id or user.person_id == goal.owner_id
    return user.can(Permission.OBJECTIVE_EDIT) and (is_own or user.can(Permission.ACTIVITY_CORRECT))


def is_offered(goal: StrategicGoal, verb: str) -> bool:
    """Whether a move that leads on makes sense: a draft is adopted, what is over is reopened."""
    return verb not in ("adopt", "reopen") or (verb == "adopt") == (goal.status == Status.DRAFT)


def to_work_on(request: HttpRequest, pk: int) -> StrategicGoal:
    """The goal, for somebody who may work on it: 404 when not visible, 403 when only visible."""
    goal = load(request, StrategicGoal, pk, "parent")
    if not may_work_on(cast(User, request.user), goal):
        raise PermissionDenied(_("Only the owner, who entered it, or the quality manager may change this goal."))
    return goal


@require_http_methods(["GET", "POST"])
@requires(Permission.OBJECTIVE_EDIT)
def strategic_goal_new(request: HttpRequest) -> HttpResponse:
    """Write a goal down as a draft."""
    form = StrategicGoalForm(request.POST or None, user=cast(User, request.user))
    if goal := created(request, form, service.set_goal):
        messages.success(request, _("%s is a draft. Adopt it when top management stands for it.") % goal.reference)
        return redirect(f"{STEM}-detail", goal.pk)
    return render(request, "components/form_page.html", {
        "form": form, "title": _("New strategic goal"), "submit_label": _("Save the draft"),
        "lead": _("Where the plant wants to be, from when to when, and who stands for it."),
        "cancel_url": reverse(f"{STEM}-list"),
    })  # fmt: skip


@require_http_methods(["GET", "POST"])
@requires(Permission.OBJECTIVE_EDIT)
def strategic_goal_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Change a goal with a reason; after a clash both versions stand side by side."""
    goal = to_work_on(request, pk)
    form = StrategicGoalForm(request.POST or None, user=cast(User, request.user), record=goal)
    return change_response(request, form, goal, service.change)


@require_http_methods(["GET", "POST"])
@requires(Permission.OBJECTIVE_EDIT)
def strategic_goal_move(request: HttpRequest, pk: int, verb: str) -> HttpResponse:
    """Adopt, end, reopen or withdraw a goal, with the words each needs."""
    goal = to_work_on(request, pk)
    move = MOVES.get(verb)
    if move is None:
        raise Http404
    return move_response(request, goal, move)
