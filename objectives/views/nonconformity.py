"""Nonconformities: the list, the page of one, raising and changing it."""

from __future__ import annotations

import uuid
from datetime import date
from functools import partial
from typing import IO, Any, cast

from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods

from objectives.forms.nonconformity import NonconformityFilter, NonconformityForm, RaiseForm
from objectives.models import LOOKBACK_MONTHS, CauseNode, Nonconformity
from objectives.records.nonconformity import NONCONFORMITY
from objectives.services import nonconformity as service
from objectives.services import nonconformity_recurrence as recurrence
from objectives.views.improvement_page import sees
from objectives.views.nonconformity_offer import RELATED, may_work_on, stages, to_work_on, urls_of
from objectives.views.plan_import import import_url
from qms.models import Phase, Record, User
from qms.permissions import Permission, requires
from qms.services import attachment as attachment_service
from qms.services.file_intake import FileRefused
from qms.services.record_page import RecordPage
from qms.views.record_form import change_response, created
from qms.views.record_list import Column, Heading, RecordListing, export_response, list_response, print_response
from qms.views.record_page import kept_list, load, page_url, record_response, visible_record

STEM = NONCONFORMITY.url_stem
TABS = [
    ("open", gettext_lazy("Open")), ("mine", gettext_lazy("Mine")), ("overdue", gettext_lazy("Overdue")),
    ("repeated", gettext_lazy("Come back")), ("all", gettext_lazy("All")),
]  # fmt: skip


def chosen_view(request: HttpRequest) -> str:
    """The tab that is open; filters look through everything."""
    return request.GET.get("view", "all" if request.GET else "open")


def in_view(rows: QuerySet[Any], request: HttpRequest) -> QuerySet[Any]:
    """The rows of the tab that is open, each with how often its cause was there before."""
    user = cast(User, request.user)
    view, rows = chosen_view(request), recurrence.with_times(rows, user)
    still_open = rows.filter(phase=Phase.OPEN)
    if view == "open":
        return still_open
    if view == "mine":
        return still_open.filter(owner_id=user.person_id)
    if view == "overdue":
        return still_open.filter(due_on__lt=timezone.localdate())
    return recurrence.come_back(rows, user) if view == "repeated" else rows


LISTING = RecordListing(
    declared=NONCONFORMITY,
    filters=NonconformityFilter,
    headings=[
        Heading(gettext_lazy("What is not as required")), Heading(gettext_lazy("Due"), "due"),
        Heading(gettext_lazy("Root cause")), Heading(gettext_lazy("Owner")), Heading(gettext_lazy("Status")),
    ],
    columns=[
        Column(gettext_lazy("Reference"), lambda n: n.reference, in_print=True),
        Column(gettext_lazy("What is not as required"), lambda n: n.title, in_print=True),
        Column(gettext_lazy("More about it"), lambda n: n.description),
        Column(gettext_lazy("Found by"), lambda n: n.get_origin_display(), in_print=True),
        Column(gettext_lazy("How much"), lambda n: n.quantity),
        Column(gettext_lazy("Of what"), lambda n: n.unit),
        Column(gettext_lazy("Happened"), lambda n: n.happened_on, in_print=True),
        Column(gettext_lazy("Due"), lambda n: n.due_on, in_print=True),
        Column(gettext_lazy("Status"), lambda n: n.get_status_display(), in_print=True),
        Column(gettext_lazy("Containment"), lambda n: n.containment),
        Column(gettext_lazy("Root cause"), lambda n: n.cause.name if n.cause else "", in_print=True),
        Column(gettext_lazy("Same cause before, 24 months"), lambda n: n.earlier, in_print=True),
        Column(gettext_lazy("Effectiveness"), lambda n: n.get_effectiveness_display() if n.effectiveness else ""),
        Column(gettext_lazy("How we know"), lambda n: n.effectiveness_note),
        Column(gettext_lazy("New way used"), lambda n: n.used_on),
        Column(gettext_lazy("Closed"), lambda n: n.closed_on),
        Column(gettext_lazy("Owner"), lambda n: n.owner.name, in_print=True),
        Column(gettext_lazy("Site"), lambda n: n.site.name),
        Column(gettext_lazy("Area"), lambda n: n.area.name if n.area else ""),
    ],
    sorts={"due": "due_on", "dated": "occurred_on", "reference": "reference"},
    default_sort="due_on",
    related=("site", "area", "owner", "cause"),
    row_template="objectives/nonconformity_row.html",
    template="objectives/nonconformity_list.html",
    start=in_view,
)  # fmt: skip


@require_GET
@requires(Permission.RECORD_VIEW)
def nonconformity_list(request: HttpRequest) -> HttpResponse:
    """The list, soonest due first; it opens with what is open."""
    user, view = cast(User, request.user), chosen_view(request)
    return list_response(
        request, LISTING, today=timezone.localdate(), months=LOOKBACK_MONTHS,
        list_tabs=[{"label": label, "url": f"?view={name}", "active": view == name} for name, label in TABS],
        import_url=import_url(cast(User, request.user), "nonconformities"),
        new_url=reverse(f"{STEM}-new") if user.can(Permission.NONCONFORMITY_EDIT) else "",
        new_label=_("Raise one"), empty_title=_("Nothing is open"),
        empty_why=_(
            "What went wrong belongs here. An auditor follows one from the containment to the proof that it is mended."
        ),
    )  # fmt: skip


@require_GET
@requires(Permission.RECORD_EXPORT)
def nonconformity_export(request: HttpRequest) -> HttpResponseBase:
    """What the list shows, as CSV or XLSX."""
    return export_response(request, LISTING)


@require_GET
@requires(Permission.RECORD_VIEW)
def nonconformity_list_print(request: HttpRequest) -> HttpResponse:
    """What the list shows, on paper."""
    return print_response(request, LISTING)


@require_GET
@requires(Permission.RECORD_VIEW)
def nonconformity_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """The page of a nonconformity."""
    found = load(request, Nonconformity, pk, *RELATED)
    return record_response(request, found, **page_context(request, found))


@require_GET
@requires(Permission.RECORD_VIEW)
def nonconformity_print(request: HttpRequest, pk: int) -> HttpResponse:
    """The page on paper."""
    found = load(request, Nonconformity, pk, *RELATED)
    again = recurrence.of(found, cast(User, request.user))
    return record_response(request, found, is_print=True, again=again, months=LOOKBACK_MONTHS)


def page_context(request: HttpRequest, found: Nonconformity) -> dict[str, Any]:
    """What this user is offered, where it stands, and what the same cause led to."""
    user = cast(User, request.user)
    urls = urls_of(user, found, may_work=may_work_on(user, found), kept=kept_list(request))
    asked = request.GET.get("why", "")

    def way(page: RecordPage) -> Any:
        return stages(found, page.follow_ups, urls)

    return {
        "urls": urls, "stages": way, "today": timezone.localdate(),
        "again": recurrence.of(found, user), "months": LOOKBACK_MONTHS, "branches": branches(found),
        "asked": int(asked) if asked.isdigit() else None, "asks_first": asked == "first" or not found.causes,
        "branch_choices": CauseNode.Branch.choices, "source": found.source if sees(user, found.source) else None,
        "judgements": [{**line, "on": date.fromisoformat(line["date"])} for line in found.evaluations],
        "judged_by_owner": found.is_evaluated_by_owner,
    }  # fmt: skip


def branches(found: Nonconformity) -> list[dict[str, Any]]:
    """The tree of causes, branch by branch: each with its nodes, which know how deep they are."""
    groups: dict[str, list[CauseNode]] = {}
    for node in found.causes:
        groups.setdefault(node.branch, []).append(node)
    return [{"label": CauseNode.Branch(name).label, "nodes": nodes} for name, nodes in groups.items()]


@require_http_methods(["GET", "POST"])
@requires(Permission.NONCONFORMITY_EDIT)
def nonconformity_new(request: HttpRequest) -> HttpResponse:
    """Raise one in ten seconds, on its own or from a record (``?source=uid``)."""
    user, source = cast(User, request.user), source_of(request)
    form = RaiseForm(request.POST or None, request.FILES or None, user=user, source=source)
    if found := created(request, form, partial(service.open_nonconformity, owner=user.person, source=source)):
        add_photos(request, found, form.cleaned_data["files"])
        messages.success(request, _("%(reference)s is raised. First contain it.") % {"reference": found.reference})
        return redirect(page_url(request, found))
    return render(request, "objectives/nonconformity_new.html", {
        "form": form, "source": source, "cancel_url": reverse(f"{STEM}-list"),
        "is_open": any(name not in form.at_once for name in form.errors),
    })  # fmt: skip


def add_photos(request: HttpRequest, found: Nonconformity, files: list[Any]) -> None:
    """Keep the photos of a new one; one that is refused is named with the reason, and the record stays."""
    for upload in files:
        sent = attachment_service.Sent(cast(IO[bytes], upload.file), upload.name or "", upload.size or 0)
        try:
            attachment_service.add(found, sent, by=cast(User, request.user), at=timezone.now())
        except FileRefused as error:
            messages.error(request, f"{upload.name}: {error}")


def source_of(request: HttpRequest) -> Record | None:
    """The record it comes from, if the address names one the user may see."""
    if not request.GET.get("source"):
        return None
    try:
        uid = uuid.UUID(request.GET["source"])
    except ValueError as error:
        raise Http404 from error
    return visible_record(request, uid)


@require_http_methods(["GET", "POST"])
@requires(Permission.NONCONFORMITY_EDIT)
def nonconformity_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Change an open one with a reason; after a clash both versions stand side by side."""
    found = to_work_on(request, pk)
    form = NonconformityForm(request.POST or None, user=cast(User, request.user), found=found)
    return change_response(request, form, found, service.change)
