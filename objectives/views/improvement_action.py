"""Improvement actions: the list (mine, my area, overdue), the page of one, opening, changing and moving it."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any, cast

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods

from objectives.forms.improvement_action import ImprovementActionFilter, ImprovementActionForm, MoveForm
from objectives.models import ImprovementAction
from objectives.records import IMPROVEMENT_ACTION
from objectives.services import improvement_action as service
from qms.forms.record_clash import ClashLine, again_with
from qms.models import Phase, Record, User
from qms.permissions import Permission, requires
from qms.records import Text
from qms.services.record import IllegalTransition, StaleRecord
from qms.views.record_list import Column, Heading, RecordListing, export_response, list_response, print_response
from qms.views.record_page import load, page_url, record_response, visible_record

Status = ImprovementAction.Status
STEM = IMPROVEMENT_ACTION.url_stem


@dataclass(frozen=True)
class Move:
    """A move of an action that a button offers: where it leads, what is asked, in which words."""

    verb: str
    label: Text
    target: frozenset[str]
    asks: Text = ""
    field: str = "reason"
    icon: str = "arrow-right"


MOVES = {
    "start": Move("start", gettext_lazy("Start"), frozenset({Status.IN_PROGRESS}), icon="play"),
    "complete": Move(
        "complete", gettext_lazy("Mark as done"), frozenset({Status.DONE}), gettext_lazy("What came of it"), "outcome",
        "check",
    ),
    "reopen": Move(
        "reopen", gettext_lazy("Reopen"), frozenset({Status.ASSESSED, Status.IN_PROGRESS}),
        gettext_lazy("Why it is taken up again"), icon="refresh",
    ),
    "decline": Move(
        "decline", gettext_lazy("Decline"), frozenset({Status.DECLINED}), gettext_lazy("Why it will not be done"),
        icon="x",
    ),
    "withdraw": Move(
        "withdraw", gettext_lazy("Withdraw"), frozenset({Status.WITHDRAWN}), gettext_lazy("Why it is withdrawn"),
        icon="archive",
    ),
}  # fmt: skip


def in_view(rows: QuerySet[Any], request: HttpRequest) -> QuerySet[Any]:
    """The rows of the tab that is open: mine, my area, overdue, or all."""
    user = cast(User, request.user)
    view = request.GET.get("view", "mine" if not request.GET else "all")
    still_open = rows.filter(phase=Phase.OPEN)
    if view == "mine":
        return still_open.filter(owner_id=user.person_id)
    if view == "area":
        return still_open.filter(area_id=user.person.area_id) if user.person.area_id else rows.none()
    if view == "overdue":
        return still_open.filter(due_on__lt=timezone.localdate())
    return rows


LISTING = RecordListing(
    declared=IMPROVEMENT_ACTION,
    filters=ImprovementActionFilter,
    headings=[
        Heading(gettext_lazy("What is to be done")), Heading(gettext_lazy("Due"), "due"),
        Heading(gettext_lazy("Who does it")), Heading(gettext_lazy("Where")), Heading(gettext_lazy("Status")),
    ],
    columns=[
        Column(gettext_lazy("Reference"), lambda a: a.reference, in_print=True),
        Column(gettext_lazy("What is to be done"), lambda a: a.title, in_print=True),
        Column(gettext_lazy("Who does it"), lambda a: a.owner.name, in_print=True),
        Column(gettext_lazy("Due"), lambda a: a.due_on, in_print=True),
        Column(gettext_lazy("Status"), lambda a: a.get_status_display(), in_print=True),
        Column(gettext_lazy("Promised to"), lambda a: a.promised_to.name if a.promised_to else "", in_print=True),
        Column(gettext_lazy("Came from"), lambda a: a.source.reference if a.source else ""),
        Column(gettext_lazy("Site"), lambda a: a.site.name, in_print=True),
        Column(gettext_lazy("Area"), lambda a: a.area.name if a.area else "", in_print=True),
        Column(gettext_lazy("Opened"), lambda a: a.occurred_on),
        Column(gettext_lazy("Completed"), lambda a: a.completed_on),
        Column(gettext_lazy("Outcome"), lambda a: a.outcome),
        Column(gettext_lazy("Description"), lambda a: a.description),
    ],
    sorts={"due": "due_on", "opened": "occurred_on", "reference": "reference"},
    default_sort="due_on",
    related=("site", "area", "owner", "promised_to", "source"),
    row_template="objectives/improvement_action_row.html",
    start=in_view,
)  # fmt: skip


@require_GET
@requires(Permission.RECORD_VIEW)
def improvement_action_list(request: HttpRequest) -> HttpResponse:
    """The list, soonest due first; it opens with one's own."""
    user = cast(User, request.user)
    view = request.GET.get("view", "mine" if not request.GET else "all")
    words = [("mine", _("Mine")), ("area", _("My area")), ("overdue", _("Overdue")), ("all", _("All"))]
    tabs = [{"label": label, "url": f"?view={name}", "active": view == name} for name, label in words]
    return list_response(
        request, LISTING, list_tabs=tabs, today=timezone.localdate(),
        new_url=reverse("objectives:improvement-action-new") if user.can(Permission.ACTION_EDIT) else "",
        new_label=_("New action"), empty_title=_("Nothing is waiting for you"),
        empty_why=_("What a leader promises on a walk becomes an action here, with an owner and a date."),
    )  # fmt: skip


@require_GET
@requires(Permission.RECORD_EXPORT)
def improvement_action_export(request: HttpRequest) -> HttpResponseBase:
    """What the list shows, as CSV or XLSX."""
    return export_response(request, LISTING)


@require_GET
@requires(Permission.RECORD_VIEW)
def improvement_action_list_print(request: HttpRequest) -> HttpResponse:
    """What the list shows, on paper."""
    return print_response(request, LISTING)


@require_GET
@requires(Permission.RECORD_VIEW)
def improvement_action_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """The page of an action."""
    action = load(request, ImprovementAction, pk, "source", "promised_to")
    return record_response(request, action, is_print=False, **page_context(request, action))


@require_GET
@requires(Permission.RECORD_VIEW)
def improvement_action_print(request: HttpRequest, pk: int) -> HttpResponse:
    """The page of an action on paper."""
    action = load(request, ImprovementAction, pk, "source", "promised_to")
    return record_response(request, action, is_print=True)


def page_context(request: HttpRequest, action: ImprovementAction) -> dict[str, Any]:
    """The moves and the edit this user is offered, and where the action came from as far as the user may see it."""
    user = cast(User, request.user)
    kept = f"?{urlencode({'list': request.GET['list']})}" if request.GET.get("list") else ""
    may = may_work_on(user, action)
    offered = [
        {"move": move, "url": reverse("objectives:improvement-action-move", args=[action.pk, verb]) + kept}
        for verb, move in MOVES.items()
        if may and is_offered(action, verb)
    ]
    source = action.source if action.source and sees(user, action.source) else None
    return {
        "edit_url": reverse("objectives:improvement-action-edit", args=[action.pk]) + kept
        if may and action.phase == Phase.OPEN else "",
        "moves": offered, "source": source, "today": timezone.localdate(),
    }  # fmt: skip


def may_work_on(user: User, action: ImprovementAction) -> bool:
    """Who works on an action: its owner, who entered it, and who may correct other people's records."""
    is_own = user.pk == action.recorded_by_id or user.person_id == action.owner_id
    return user.can(Permission.ACTION_EDIT) and (is_own or user.can(Permission.ACTIVITY_CORRECT))


def is_offered(action: ImprovementAction, verb: str) -> bool:
    """Whether the move makes sense from where the action stands."""
    if not MOVES[verb].target & ImprovementAction.TRANSITIONS[action.status]:
        return False
    is_ended = action.status in (Status.DONE, Status.CHECKED, Status.CLOSED, Status.DECLINED)
    return verb == "withdraw" or (verb == "reopen") == is_ended


def sees(user: User, record: Record) -> bool:
    """Whether the user may see a record that is loaded already, without a query."""
    if record.is_confidential or record.phase == Phase.DRAFT:
        return Record.objects.visible_to(user).filter(pk=record.pk).exists()
    return user.has_all_sites or record.site_id in user.visible_site_ids


def to_work_on(request: HttpRequest, pk: int) -> ImprovementAction:
    """The action, for somebody who may work on it: 404 when not visible, 403 when only visible."""
    action = load(request, ImprovementAction, pk, "source", "promised_to")
    if not may_work_on(cast(User, request.user), action):
        raise PermissionDenied(_("Only the owner, who entered it, or the quality manager may change this action."))
    return action


@require_http_methods(["GET", "POST"])
@requires(Permission.ACTION_EDIT)
def improvement_action_new(request: HttpRequest) -> HttpResponse:
    """Open an action, on its own or from a record (``?source=uid``)."""
    user = cast(User, request.user)
    source = source_of(request)
    form = ImprovementActionForm(request.POST or None, user=user, source=source)
    if request.method == "POST" and form.is_valid():
        site = source.site if source else form.cleaned_data["site"]
        try:
            action = service.open_action(
                uid=form.cleaned_data["uid"], site=site, source=source, by=user, at=timezone.now(), **form.facts()
            )
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, _("%(reference)s is open.") % {"reference": action.reference})
            return redirect("objectives:improvement-action-detail", action.pk)
    return render(request, "components/form_page.html", {
        "form": form, "title": _("New improvement action"), "submit_label": _("Open the action"),
        "lead": _("From %(reference)s: %(title)s") % {"reference": source.reference, "title": source.title}
        if source else _("Something to do, with an owner and a date."),
        "cancel_url": reverse("qms:record", args=[source.uid]) if source else reverse(f"{STEM}-list"),
    })  # fmt: skip


def source_of(request: HttpRequest) -> Record | None:
    """The record the action comes from, if the address names one the user may see."""
    if not request.GET.get("source"):
        return None
    try:
        uid = uuid.UUID(request.GET["source"])
    except ValueError as error:
        raise Http404 from error
    return visible_record(request, uid)


@require_http_methods(["GET", "POST"])
@requires(Permission.ACTION_EDIT)
def improvement_action_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Change an open action with a reason; after a clash both versions stand side by side."""
    action = to_work_on(request, pk)
    user = cast(User, request.user)
    form = ImprovementActionForm(request.POST or None, user=user, action=action)
    clash: list[ClashLine] = []
    if request.method == "POST" and form.is_valid():
        try:
            sent = {"version": form.cleaned_data["version"], "reason": form.cleaned_data["reason"]}
            service.change(action, by=user, at=timezone.now(), **sent, **form.facts())
        except StaleRecord as stale:
            clash = form.clash(cast(ImprovementAction, stale.current))
            again_with(form, stale.current.version)
        except (ValidationError, service.CannotChange) as error:
            form.add_error(None, error if isinstance(error, ValidationError) else str(error))
        else:
            messages.success(request, _("Changed. What it said before stays in the timeline."))
            return redirect(page_url(request, action))
    return render(request, "objectives/improvement_action_form.html", {
        "form": form, "clash": clash, "title": _("Change %(reference)s") % {"reference": action.reference},
        "cancel_url": page_url(request, action),
    })  # fmt: skip


@require_http_methods(["GET", "POST"])
@requires(Permission.ACTION_EDIT)
def improvement_action_move(request: HttpRequest, pk: int, verb: str) -> HttpResponse:
    """Start, complete, reopen, decline or withdraw an action, with the words each needs."""
    action = to_work_on(request, pk)
    move = MOVES.get(verb)
    if move is None:
        raise Http404
    form = MoveForm(request.POST if request.method == "POST" else None, label=move.asks)
    if request.method == "POST" and form.is_valid():
        try:
            words = {move.field: form.cleaned_data["words"]} if move.asks else {}
            getattr(service, verb)(action, by=cast(User, request.user), at=timezone.now(), **words)
        except (IllegalTransition, ValidationError) as error:
            form.add_error(None, str(error))
        else:
            return redirect(page_url(request, action))
    return render(request, "components/form_page.html", {
        "form": form, "title": f"{move.label}: {action.reference}", "lead": action.title, "submit_label": move.label,
        "cancel_url": page_url(request, action),
    })  # fmt: skip
