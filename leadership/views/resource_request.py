"""Resource requests: the register, the page of one, asking for a resource, changing what is asked for."""

from __future__ import annotations

from functools import partial
from typing import IO, Any, cast

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods

from leadership.forms.resource_request import ResourceRequestFilter, ResourceRequestForm
from leadership.models import NOT_ALL, ResourceRequest
from leadership.records.resource_request import RESOURCE_REQUEST
from leadership.services import resource_request as service
from leadership.services import resource_request_figures as figures
from leadership.services.resource_request_arrival import is_overdue
from leadership.services.resource_request_page import page_of
from leadership.views.resource_request_offer import KEEPER, RELATED, STEM, offers, to_work_on
from objectives.models.objective import plain_number
from objectives.views.improvement_page import sees
from qms.models import User, site_today
from qms.permissions import Permission, requires
from qms.services import attachment as attachment_service
from qms.services.file_intake import FileRefused
from qms.views.record_form import change_response, created
from qms.views.record_list import Column, Heading, RecordListing, export_response, list_response, print_response
from qms.views.record_page import load, page_url, record_response

TABS = [
    ("waiting", gettext_lazy("Waiting")), ("decide", gettext_lazy("For me to decide")),
    ("mine", gettext_lazy("Asked by me")), ("coming", gettext_lazy("On its way")),
    ("borne", gettext_lazy("Declined and borne")), ("all", gettext_lazy("All")),
]  # fmt: skip


def chosen_view(request: HttpRequest) -> str:
    """The tab that is open; filters look through everything."""
    return request.GET.get("view", "all" if request.GET else "waiting")


def in_view(rows: Any, request: HttpRequest) -> QuerySet[Any]:
    """The rows of the tab that is open."""
    person_id = cast(User, request.user).person_id
    views = {
        "waiting": rows.waiting,
        "decide": lambda: rows.waiting().filter(decider_id=person_id),
        "mine": lambda: rows.filter(owner_id=person_id),
        "coming": rows.to_arrive,
        "borne": lambda: rows.filter(status__in=NOT_ALL),
    }
    return cast("QuerySet[Any]", views.get(chosen_view(request), lambda: rows)())


def number(value: object) -> str:
    """An amount as the sheets hold it."""
    return plain_number(cast(Any, value))


LISTING = RecordListing(
    declared=RESOURCE_REQUEST,
    filters=ResourceRequestFilter,
    headings=[
        Heading(gettext_lazy("What is needed")), Heading(gettext_lazy("Needed by"), "needed"),
        Heading(gettext_lazy("Waits since"), "waiting"), Heading(gettext_lazy("Who decides")),
        Heading(gettext_lazy("Status")),
    ],
    columns=[
        Column(gettext_lazy("Reference"), lambda r: r.reference, in_print=True),
        Column(gettext_lazy("What is needed"), lambda r: r.title, in_print=True),
        Column(gettext_lazy("Kind of resource"), lambda r: r.get_resource_display(), in_print=True),
        Column(gettext_lazy("What exactly"), lambda r: r.description),
        Column(gettext_lazy("How much"), lambda r: number(r.amount)),
        Column(gettext_lazy("Counted in"), lambda r: r.get_amount_unit_display()),
        Column(gettext_lazy("Currency"), lambda r: r.currency),
        Column(gettext_lazy("Who asks"), lambda r: r.owner.name, in_print=True),
        Column(gettext_lazy("Who decides"), lambda r: r.decider.name, in_print=True),
        Column(gettext_lazy("Needed by"), lambda r: r.needed_on, in_print=True),
        Column(gettext_lazy("Without it"), lambda r: r.without_it),
        Column(gettext_lazy("Objective"), lambda r: r.objective_served.reference if r.objective_served else ""),
        Column(gettext_lazy("Risk"), lambda r: r.risk_served.reference if r.risk_served else ""),
        Column(gettext_lazy("Why it serves neither"), lambda r: r.serves_neither),
        Column(gettext_lazy("Status"), lambda r: r.get_status_display(), in_print=True),
        Column(gettext_lazy("Waits since"), lambda r: r.awaited_on, in_print=True),
        Column(gettext_lazy("Days waiting"), lambda r: r.days_waiting, in_print=True),
        Column(gettext_lazy("Decision"), lambda r: r.get_decision_display() if r.decision else ""),
        Column(gettext_lazy("Decided on"), lambda r: r.decided_on, in_print=True),
        Column(gettext_lazy("Why"), lambda r: r.decided_because),
        Column(gettext_lazy("What is provided"), lambda r: r.granted),
        Column(gettext_lazy("How much is provided"), lambda r: number(r.granted_amount)),
        Column(gettext_lazy("Budget line"), lambda r: r.budget_line),
        Column(gettext_lazy("Will be there on"), lambda r: r.arrives_on),
        Column(gettext_lazy("There since"), lambda r: r.arrived_on),
        Column(gettext_lazy("Accepted until"), lambda r: r.acceptance.expires_on if r.acceptance else None,
               in_print=True),
        Column(gettext_lazy("Site"), lambda r: r.site.name),
        Column(gettext_lazy("Area"), lambda r: r.area.name if r.area else ""),
    ],
    sorts={"waiting": "awaited_on", "needed": "needed_on", "event": "occurred_on", "reference": "reference"},
    default_sort="awaited_on",
    related=("site", "area", "owner", "decider", "objective_served", "risk_served", "acceptance"),
    row_template="leadership/resource_request_row.html",
    template="leadership/resource_request_list.html",
    start=in_view,
)  # fmt: skip


@require_GET
@requires(Permission.RECORD_VIEW)
def resource_request_list(request: HttpRequest) -> HttpResponse:
    """The register: what waits, the longest first; above it the figures."""
    user, view, today = cast(User, request.user), chosen_view(request), timezone.localdate()
    may_ask = user.can(Permission.RESOURCE_REQUEST)
    return list_response(
        request, LISTING, today=today, register=figures.register(user, today=today),
        list_tabs=[{"label": label, "url": f"?view={name}", "active": view == name} for name, label in TABS],
        period_days=figures.PERIOD_DAYS, expiring_days=figures.EXPIRING_DAYS,
        new_url=reverse(f"{STEM}-new") if may_ask else "", new_label=_("Ask for something"),
        empty_title=_("Nothing waits for a decision"),
        empty_why=_(
            "What people need belongs here. An auditor asks what was asked for, what came of it, and who signed for "
            "what was not provided."
        ),
    )  # fmt: skip


@require_GET
@requires(Permission.RECORD_EXPORT)
def resource_request_export(request: HttpRequest) -> HttpResponseBase:
    """What the list shows, as CSV or XLSX."""
    return export_response(request, LISTING)


@require_GET
@requires(Permission.RECORD_VIEW)
def resource_request_list_print(request: HttpRequest) -> HttpResponse:
    """What the list shows, on paper."""
    return print_response(request, LISTING)


@require_GET
@requires(Permission.RECORD_VIEW)
def resource_request_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """The page of a request."""
    record = load(request, ResourceRequest, pk, *RELATED)
    return record_response(request, record, offers=offers(request, record), **page_context(request, record))


@require_GET
@requires(Permission.RECORD_VIEW)
def resource_request_print(request: HttpRequest, pk: int) -> HttpResponse:
    """The page on paper."""
    record = load(request, ResourceRequest, pk, *RELATED)
    return record_response(request, record, is_print=True, **page_context(request, record))


def page_context(request: HttpRequest, record: ResourceRequest) -> dict[str, Any]:
    """Where it stands, what it stands on, and the objective and risk as far as this user may see them."""
    user, today = cast(User, request.user), site_today(record.site)
    return {
        "today": today, "is_overdue": is_overdue(record, today), "answer": page_of(record, today=today),
        "objective": record.objective_served if sees(user, record.objective_served) else None,
        "risk": record.risk_served if sees(user, record.risk_served) else None,
    }  # fmt: skip


@require_http_methods(["GET", "POST"])
@requires(Permission.RESOURCE_REQUEST)
def resource_request_new(request: HttpRequest) -> HttpResponse:
    """Ask for something; the second button keeps it as a draft."""
    user, is_draft = cast(User, request.user), "draft" in request.POST
    form = ResourceRequestForm(request.POST or None, request.FILES or None, user=user)
    if record := created(request, form, partial(service.open_request, is_draft=is_draft)):
        add_files(request, record, form.cleaned_data["files"])
        words = _("%s is kept as a draft.") if is_draft else _("%s is sent. Its days are counted from today.")
        messages.success(request, words % record.reference)
        return redirect(page_url(request, record))
    boss = service.default_decider(user.person, user.person.site) if user.person.site else None
    return render(request, "leadership/resource_request_form.html", {
        "form": form, "title": _("Ask for a resource"), "submit_label": _("Send it"), "is_new": True, "boss": boss,
        "lead": _("It is provided, or somebody signs for the risk of not providing it. Nothing in between."),
        "cancel_url": reverse(f"{STEM}-list"),
    }, status=422 if form.errors else 200)  # fmt: skip


def add_files(request: HttpRequest, record: ResourceRequest, files: list[Any]) -> None:
    """Keep the files of a new one; one that is refused is named with the reason, and the request stays."""
    for upload in files:
        sent = attachment_service.Sent(cast(IO[bytes], upload.file), upload.name or "", upload.size or 0)
        try:
            attachment_service.add(record, sent, by=cast(User, request.user), at=timezone.now())
        except FileRefused as error:
            messages.error(request, f"{upload.name}: {error}")


@require_http_methods(["GET", "POST"])
@requires(Permission.RESOURCE_REQUEST)
def resource_request_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Change what is asked for with a reason; after a clash both versions stand side by side."""
    record = to_work_on(request, pk, KEEPER)
    form = ResourceRequestForm(request.POST or None, user=cast(User, request.user), record=record)
    return change_response(request, form, record, service.change)
