"""Routines: the list, the page of one, entering, agreeing, changing and ending it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any, cast

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods

from leadership.forms.routine import RoutineFilter, RoutineForm
from leadership.models import Occurrence, Routine
from leadership.records import ROUTINE
from leadership.services import adherence, occurrence
from leadership.services import routine as service
from leadership.views.standard_work import tabs_of
from qms.models import Phase, User, site_today
from qms.permissions import Permission, requires
from qms.views.record_form import change_response, created
from qms.views.record_list import Column, Heading, RecordListing, export_response, list_response, print_response
from qms.views.record_move import Move, move_response, moves_offered
from qms.views.record_page import load, record_response

Status = Routine.Status
STEM = ROUTINE.url_stem
SHOWN = 12
TOLD_TO_FEW = frozenset({
    "routine.done", "routine.missed", "routine.explained", "routine.excused", "routine.replanned", "routine.reopened",
    "routine.judged_again",
})  # fmt: skip
RELATED = ("activity_type",)

MOVES = {
    "agree": Move(gettext_lazy("Agree"), service.agree, (Status.AGREED,), icon="check"),
    "end": Move(
        gettext_lazy("End it"), service.end, (Status.ENDED,), gettext_lazy("Why it is no longer done"), icon="archive"
    ),
    "withdraw": Move(
        gettext_lazy("Withdraw"), service.withdraw, (Status.WITHDRAWN,), gettext_lazy("Why it is not agreed"),
        icon="trash",
    ),
}  # fmt: skip

LISTING = RecordListing(
    declared=ROUTINE,
    filters=RoutineFilter,
    headings=[
        Heading(gettext_lazy("Routine"), name="what"), Heading(gettext_lazy("Leader"), name="who"),
        Heading(gettext_lazy("How often"), name="rule"), Heading(gettext_lazy("From"), "start", name="start"),
        Heading(gettext_lazy("Status"), name="status"),
    ],
    columns=[
        Column(gettext_lazy("Reference"), lambda r: r.reference, in_print=True),
        Column(gettext_lazy("Routine"), lambda r: r.title, in_print=True),
        Column(gettext_lazy("Leader"), lambda r: r.owner.name, in_print=True),
        Column(gettext_lazy("Kind"), lambda r: r.activity_type.label, in_print=True),
        Column(gettext_lazy("How often"), lambda r: r.often, in_print=True),
        Column(gettext_lazy("Rule"), lambda r: r.rule),
        Column(gettext_lazy("At"), lambda r: f"{r.at_time:%H:%M}" if r.at_time else ""),
        Column(gettext_lazy("Minutes"), lambda r: r.minutes),
        Column(gettext_lazy("Shift"), lambda r: r.shift),
        Column(gettext_lazy("Where"), lambda r: r.get_where_display()),
        Column(gettext_lazy("From"), lambda r: r.starts_on, in_print=True),
        Column(gettext_lazy("Until"), lambda r: r.ends_on, in_print=True),
        Column(gettext_lazy("Status"), lambda r: r.get_status_display(), in_print=True),
        Column(gettext_lazy("Site"), lambda r: r.site.name),
    ],
    sorts={"start": "starts_on", "reference": "reference"},
    default_sort="-starts_on",
    related=("site", "owner", "activity_type"),
    row_template="leadership/routine_row.html",
)  # fmt: skip


@require_GET
@requires(Permission.RECORD_VIEW)
def routine_list(request: HttpRequest) -> HttpResponse:
    """The routines of the leaders, the newest first."""
    may_plan = cast(User, request.user).can(Permission.STANDARD_WORK_EDIT)
    return list_response(
        request, LISTING, new_url=reverse(f"{STEM}-new") if may_plan else "", new_label=_("New routine"),
        empty_title=_("No routine yet"), list_tabs=tabs_of(request, "routines"),
        empty_why=_("What a leader does again and again shows what counts. Write down one walk a week and begin."),
    )  # fmt: skip


@require_GET
@requires(Permission.RECORD_EXPORT)
def routine_export(request: HttpRequest) -> HttpResponseBase:
    """What the list shows, as CSV or XLSX."""
    return export_response(request, LISTING)


@require_GET
@requires(Permission.RECORD_VIEW)
def routine_list_print(request: HttpRequest) -> HttpResponse:
    """What the list shows, on paper."""
    return print_response(request, LISTING)


@require_GET
@requires(Permission.RECORD_VIEW)
def routine_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """The page of a routine: what comes next; and, for those it concerns, what became of the planned times."""
    routine = load(request, Routine, pk, *RELATED)
    return record_response(request, routine, **page_context(request, routine))


@require_GET
@requires(Permission.RECORD_VIEW)
def routine_print(request: HttpRequest, pk: int) -> HttpResponse:
    """The page of a routine on paper."""
    routine = load(request, Routine, pk, *RELATED)
    may_see = adherence.may_see(cast(User, request.user), routine.owner)
    return record_response(request, routine, is_print=True, is_whole=whole_for(may_see=may_see))


def whole_for(*, may_see: bool) -> Callable[[Any], bool]:
    """Takes what became of planned times out of the page's timeline for who may not see how the leader does."""

    def whole(page: Any) -> bool:
        if not may_see:
            page.timeline[:] = [entry for entry in page.timeline if entry.verb not in TOLD_TO_FEW]
        return may_see

    return whole


def page_context(request: HttpRequest, routine: Routine) -> dict[str, Any]:
    """What a routine's page shows beside what all records show."""
    user = cast(User, request.user)
    may, is_leader = may_work_on(user, routine), user.person_id == routine.owner_id
    kept = f"?{urlencode({'list': request.GET['list']})}" if request.GET.get("list") else ""
    offered = moves_offered(request, routine, MOVES, lambda verb: is_leader if verb == "agree" else may or is_leader)
    return {
        "edit_url": reverse(f"{STEM}-edit", args=[routine.pk]) + kept if may and is_open(routine) else "",
        "moves": offered, "rule_words": occurrence.MATCH_RULE,
        "kind_icon": routine.activity_type.icon, **times(user, routine),
    }  # fmt: skip


def times(user: User, routine: Routine) -> dict[str, Any]:
    """The planned times that come next; what became of the last ones where the user may see how the leader does."""
    today = site_today(routine.site)
    rows = routine.occurrences.select_related("area", "activity")
    coming = rows.filter(planned_on__gte=today, status=Occurrence.Status.PLANNED).order_by("begins_at", "pk")
    may_see = adherence.may_see(user, routine.owner)
    found: dict[str, Any] = {"coming": coming[:SHOWN], "is_whole": whole_for(may_see=may_see)}
    if may_see:
        since = today - timedelta(days=90)
        total, _kinds = adherence.measure(Occurrence.objects.filter(routine=routine), since, today)
        past = rows.filter(planned_on__lte=today).exclude(status__in=["planned", "cancelled"])
        found |= {"past": past.order_by("-planned_on", "-pk")[:SHOWN], "adherence": total}
    return found


def is_open(routine: Routine) -> bool:
    """Whether it can still be changed."""
    return routine.phase in (Phase.DRAFT, Phase.OPEN)


def may_work_on(user: User, routine: Routine) -> bool:
    """Who works on a routine: its leader, who proposed it while it is a proposal, and the quality manager."""
    is_own = user.person_id == routine.owner_id or (
        routine.phase == Phase.DRAFT and user.pk == routine.recorded_by_id
    )  # fmt: skip
    return user.can(Permission.STANDARD_WORK_EDIT) and (is_own or user.can(Permission.ACTIVITY_CORRECT))


def to_work_on(request: HttpRequest, pk: int) -> Routine:
    """The routine, for somebody who may work on it: 404 when not visible, 403 when only visible."""
    routine = load(request, Routine, pk, *RELATED)
    if not may_work_on(cast(User, request.user), routine):
        raise PermissionDenied(_("Only its leader, who proposed it, or the quality manager may change this routine."))
    return routine


@require_http_methods(["GET", "POST"])
@requires(Permission.STANDARD_WORK_EDIT)
def routine_new(request: HttpRequest) -> HttpResponse:
    """Enter a routine of one's own, or propose one to somebody."""
    form = RoutineForm(request.POST or None, user=cast(User, request.user))
    if routine := created(request, form, service.propose):
        agreed = _("Agreed. The next times are planned; they stand on your page.")
        asked = _("Proposed. %s is asked to agree to it.") % routine.owner.name
        messages.success(request, agreed if routine.status == Status.AGREED else asked)
        return redirect(f"{STEM}-detail", routine.pk)
    return render(request, "leadership/routine_form.html", {
        "form": form, "title": _("New routine"), "cancel_url": reverse(f"{STEM}-list"),
        "lead": _("What a leader does again and again, and within which window."),
    })  # fmt: skip


@require_http_methods(["GET", "POST"])
@requires(Permission.STANDARD_WORK_EDIT)
def routine_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Change a routine from a day on, with a reason; after a clash both versions stand side by side."""
    routine = to_work_on(request, pk)
    form = RoutineForm(request.POST or None, user=cast(User, request.user), record=routine)
    return change_response(request, form, routine, service.change)


@require_http_methods(["GET", "POST"])
@requires(Permission.STANDARD_WORK_EDIT)
def routine_move(request: HttpRequest, pk: int, verb: str) -> HttpResponse:
    """Agree to, end or withdraw a routine."""
    routine = to_work_on(request, pk)
    move = MOVES.get(verb)
    if move is None:
        raise Http404
    if verb == "agree" and cast(User, request.user).person_id != routine.owner_id:
        raise PermissionDenied(_("Only %s can agree to this routine.") % routine.owner.name)
    return move_response(request, routine, move)
