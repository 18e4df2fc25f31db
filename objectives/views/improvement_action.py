"""Improvement actions: the list (mine, my area, overdue), its exports, opening and changing one."""

from __future__ import annotations

import uuid
from dataclasses import replace
from functools import partial
from typing import Any, cast

from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods

from objectives.forms.improvement_action import ImprovementActionFilter, ImprovementActionForm
from objectives.models import ImprovementAction
from objectives.records import IMPROVEMENT_ACTION
from objectives.services import improvement_action as service
from objectives.views.improvement_page import to_work_on
from objectives.views.plan_import import import_url
from qms.models import Phase, Record, User
from qms.permissions import Permission, requires
from qms.views.record_form import change_response, created
from qms.views.record_list import Column, Heading, RecordListing, export_response, list_response, print_response
from qms.views.record_page import visible_record

STEM = IMPROVEMENT_ACTION.url_stem


TABS = [
    ("mine", gettext_lazy("Mine")), ("area", gettext_lazy("My area")), ("overdue", gettext_lazy("Overdue")),
    ("check", gettext_lazy("To check")),
    ("all", gettext_lazy("All")), ("board", gettext_lazy("Board")), ("balance", gettext_lazy("Before or after")),
]  # fmt: skip


def tabs(active: str) -> list[dict[str, Any]]:
    """The ways to look at improvement actions: five lists, the board, and what begins before something fails."""
    pages = {"board": reverse("objectives:action-board"), "balance": reverse("objectives:action-balance")}
    start = reverse(f"{STEM}-list")
    return [
        {"label": label, "url": pages.get(name, f"{start}?view={name}"), "active": name == active}
        for name, label in TABS
    ]


def in_view(rows: QuerySet[Any], request: HttpRequest) -> QuerySet[Any]:
    """The rows of the tab that is open: mine, my area, overdue, done by others and not checked yet, or all."""
    user = cast(User, request.user)
    view = request.GET.get("view", "mine" if not request.GET else "all")
    still_open = rows.filter(phase=Phase.OPEN)
    if view == "mine":
        return still_open.filter(owner_id=user.person_id)
    if view == "area":
        return still_open.filter(area_id=user.person.area_id) if user.person.area_id else rows.none()
    if view == "overdue":
        return still_open.filter(due_on__lt=timezone.localdate())
    if view == "check":
        return rows.filter(status=ImprovementAction.Status.DONE).exclude(owner_id=user.person_id)
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
        Column(gettext_lazy("Origin"), lambda a: a.get_origin_display(), in_print=True),
        Column(gettext_lazy("Proactive or reactive"), lambda a: a.drive_words),
        Column(gettext_lazy("Came from"), lambda a: a.source.reference if a.source else ""),
        Column(gettext_lazy("Raised by"), lambda a: a.raiser_name),
        Column(gettext_lazy("Serves"), lambda a: a.serves.reference if a.serves else ""),
        Column(gettext_lazy("Result"), lambda a: a.get_result_display()),
        Column(gettext_lazy("Site"), lambda a: a.site.name, in_print=True),
        Column(gettext_lazy("Area"), lambda a: a.area.name if a.area else "", in_print=True),
        Column(gettext_lazy("Opened"), lambda a: a.occurred_on),
        Column(gettext_lazy("Completed"), lambda a: a.completed_on),
        Column(gettext_lazy("Outcome"), lambda a: a.outcome),
        Column(gettext_lazy("Description"), lambda a: a.description),
    ],
    sorts={"due": "due_on", "opened": "occurred_on", "reference": "reference"},
    default_sort="due_on",
    related=("site", "area", "owner", "promised_to", "source", "raiser", "serves"),
    row_template="objectives/improvement_action_row.html",
    start=in_view,
)  # fmt: skip


def listing(request: HttpRequest) -> RecordListing:
    """What is open is sorted by its due date; all of them, newest first."""
    return replace(LISTING, default_sort="-occurred_on") if request.GET.get("view") == "all" else LISTING


@require_GET
@requires(Permission.RECORD_VIEW)
def improvement_action_list(request: HttpRequest) -> HttpResponse:
    """The list, soonest due first; it opens with one's own."""
    user = cast(User, request.user)
    view = request.GET.get("view", "mine" if not request.GET else "all")
    return list_response(
        request, listing(request), list_tabs=tabs(view), today=timezone.localdate(),
        import_url=import_url(cast(User, request.user), "actions"),
        new_url=reverse("objectives:improvement-action-new") if user.can(Permission.ACTION_EDIT) else "",
        new_label=_("New action"), empty_title=_("Nothing is waiting for you"),
        empty_why=_("What a leader promises on a walk becomes an action here, with an owner and a date."),
    )  # fmt: skip


@require_GET
@requires(Permission.RECORD_EXPORT)
def improvement_action_export(request: HttpRequest) -> HttpResponseBase:
    """What the list shows, as CSV or XLSX."""
    return export_response(request, listing(request))


@require_GET
@requires(Permission.RECORD_VIEW)
def improvement_action_list_print(request: HttpRequest) -> HttpResponse:
    """What the list shows, on paper."""
    return print_response(request, listing(request))


@require_http_methods(["GET", "POST"])
@requires(Permission.ACTION_EDIT)
def improvement_action_new(request: HttpRequest) -> HttpResponse:
    """Open an action, on its own or from a record (``?source=uid``)."""
    user = cast(User, request.user)
    source = source_of(request)
    form = ImprovementActionForm(request.POST or None, user=user, source=source)
    given: dict[str, Any] = {"source": source, "site": source.site} if source else {}
    if action := created(request, form, partial(service.open_action, **given)):
        messages.success(request, _("%(reference)s is open.") % {"reference": action.reference})
        return redirect(f"{STEM}-detail", action.pk)
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
    form = ImprovementActionForm(request.POST or None, user=cast(User, request.user), action=action)
    return change_response(request, form, action, service.change)
