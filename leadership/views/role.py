"""Roles: the list, the page of one, writing it down, offering, reviewing and ending it."""

from __future__ import annotations

from typing import Any, cast

from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods

from leadership.forms.role import OfferForm, RoleFilter, RoleForm
from leadership.models import Role
from leadership.records import ROLE
from leadership.services import process as process_service
from leadership.services import role as service
from leadership.services import role_acceptance
from leadership.services.role_gap import has_departed
from qms.forms.record_form import explain
from qms.models import Phase, User
from qms.permissions import Permission, requires
from qms.services.record import StaleRecord
from qms.views.record_form import REFUSED, change_response, created
from qms.views.record_list import Column, Heading, RecordListing, export_response, list_response, print_response
from qms.views.record_move import Move, move_response, moves_offered
from qms.views.record_page import load, page_url, record_response

Status = Role.Status
STEM = ROLE.url_stem
RELATED = ("holder", "deputy", "of_site", "acceptance")
TABS = [
    ("now", gettext_lazy("In force")), ("mine", gettext_lazy("Mine")), ("waiting", gettext_lazy("Not accepted")),
    ("vacant", gettext_lazy("Vacant")), ("drafts", gettext_lazy("Drafts")), ("all", gettext_lazy("All")),
]  # fmt: skip
MOVES = {
    "review": Move(
        gettext_lazy("Reviewed: still right"), service.review, (Status.OFFERED,),
        gettext_lazy("What was looked at, and with whom"), "outcome", "eye",
    ),
    "open": Move(gettext_lazy("Put in force, vacant"), service.open_vacant, (Status.VACANT,), icon="flag"),
    "vacate": Move(
        gettext_lazy("Holder gives it up"), service.vacate, (Status.VACANT,), gettext_lazy("Why"), icon="minus-circle"
    ),
    "end": Move(
        gettext_lazy("End the role"), service.end, (Status.ENDED,), gettext_lazy("Why it is needed no longer"),
        icon="archive",
    ),
    "take-up": Move(
        gettext_lazy("Take it up again"), service.take_up, (Status.VACANT,), gettext_lazy("Why it is needed again"),
        icon="refresh",
    ),
    "withdraw": Move(
        gettext_lazy("Withdraw"), service.withdraw, (Status.WITHDRAWN,), gettext_lazy("Why it is withdrawn"),
        icon="trash",
    ),
}  # fmt: skip
# A review moves nothing; its target only says that the role is not over.
OFFERED_IN = {
    "review": (Status.ACCEPTED,), "open": (Status.DRAFTED,), "vacate": (Status.OFFERED, Status.ACCEPTED),
    "take-up": (Status.ENDED,),
}  # fmt: skip
"""Where a move makes sense, of those that TRANSITIONS allow; the others make sense wherever they lead on."""


def chosen_view(request: HttpRequest) -> str:
    """The tab that is open; filters look through everything."""
    return request.GET.get("view", "all" if request.GET else "now")


def in_view(rows: QuerySet[Any], request: HttpRequest) -> QuerySet[Any]:
    """The rows of the tab that is open."""
    view, person_id = chosen_view(request), cast(User, request.user).person_id
    if view == "mine":
        return rows.filter(phase=Phase.OPEN, holder_id=person_id) | rows.filter(phase=Phase.OPEN, deputy_id=person_id)
    statuses = {"waiting": [Status.OFFERED], "vacant": [Status.VACANT], "drafts": [Status.DRAFTED]}
    if view in statuses:
        return rows.filter(status__in=statuses[view])
    return rows if view == "all" else rows.filter(phase=Phase.OPEN)


def reach_words(role: Role) -> str:
    """Where the role holds."""
    return _("The whole organization") if role.is_organization_wide else role.site.name


LISTING = RecordListing(
    declared=ROLE,
    filters=RoleFilter,
    headings=[
        Heading(gettext_lazy("Role"), "title"), Heading(gettext_lazy("Holder")), Heading(gettext_lazy("Deputy")),
        Heading(gettext_lazy("May decide")), Heading(gettext_lazy("Accepted"), "accepted"),
        Heading(gettext_lazy("Status")),
    ],
    columns=[
        Column(gettext_lazy("Reference"), lambda r: r.reference, in_print=True),
        Column(gettext_lazy("Role"), lambda r: r.title, in_print=True),
        Column(gettext_lazy("Holds for"), reach_words),
        Column(gettext_lazy("Holder"), lambda r: r.holder.name if r.holder else "", in_print=True),
        Column(gettext_lazy("Deputy"), lambda r: r.deputy.name if r.deputy else "", in_print=True),
        Column(gettext_lazy("Held from"), lambda r: r.starts_on),
        Column(gettext_lazy("Held until"), lambda r: r.ends_on),
        Column(gettext_lazy("Status"), lambda r: r.get_status_display(), in_print=True),
        Column(gettext_lazy("Offered"), lambda r: r.offered_on),
        Column(gettext_lazy("Accepted"), lambda r: r.accepted_on, in_print=True),
        Column(gettext_lazy("Next review"), lambda r: r.review_on),
        Column(gettext_lazy("Responsibilities"), lambda r: "; ".join(r.responsibilities), in_print=True),
        Column(gettext_lazy("Authorities"), lambda r: "; ".join(r.all_authorities), in_print=True),
        Column(gettext_lazy("What it is for"), lambda r: r.purpose),
        Column(gettext_lazy("Who assigns it"), lambda r: r.owner.name),
        Column(gettext_lazy("Site"), lambda r: r.site.name),
        Column(gettext_lazy("Area"), lambda r: r.area.name if r.area else ""),
        Column(gettext_lazy("Short name"), lambda r: r.slug),
    ],
    sorts={"title": "title", "accepted": "accepted_on", "review": "review_on", "reference": "reference"},
    default_sort="title",
    related=("site", "area", "owner", "holder", "deputy"),
    row_template="leadership/role_row.html",
    template="leadership/role_list.html",
    start=in_view,
)  # fmt: skip


@require_GET
@requires(Permission.RECORD_VIEW)
def role_list(request: HttpRequest) -> HttpResponse:
    """The roles by name; it opens with those in force."""
    view = chosen_view(request)
    may_edit = cast(User, request.user).can(Permission.ROLE_EDIT)
    return list_response(
        request, LISTING, new_url=reverse(f"{STEM}-new") if may_edit else "", new_label=_("New role"),
        list_tabs=[{"label": label, "url": f"?view={name}", "active": view == name} for name, label in TABS],
        empty_title=_("No role here"),
        empty_why=_("An auditor asks on the floor who may stop a delivery. Write down who, and let them say yes."),
    )  # fmt: skip


@require_GET
@requires(Permission.RECORD_EXPORT)
def role_export(request: HttpRequest) -> HttpResponseBase:
    """What the list shows, as CSV or XLSX."""
    return export_response(request, LISTING)


@require_GET
@requires(Permission.RECORD_VIEW)
def role_list_print(request: HttpRequest) -> HttpResponse:
    """What the list shows, on paper."""
    return print_response(request, LISTING)


@require_GET
@requires(Permission.RECORD_VIEW)
def role_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """The page of a role."""
    role = load(request, Role, pk, *RELATED)
    return record_response(request, role, **page_context(request, role))


@require_GET
@requires(Permission.RECORD_VIEW)
def role_print(request: HttpRequest, pk: int) -> HttpResponse:
    """The page of a role on paper."""
    role = load(request, Role, pk, *RELATED)
    return record_response(
        request, role, is_print=True, assignments=service.assignments([role.pk])[role.pk],
        letters=process_service.letters_of(role, cast(User, request.user)),
    )  # fmt: skip


def page_context(request: HttpRequest, role: Role) -> dict[str, Any]:
    """Who held it when, its part in the processes, and what this user is offered."""
    user, now = cast(User, request.user), timezone.now()
    may = user.can(Permission.ROLE_EDIT)
    waits = role.status == Status.OFFERED
    is_holder = role.holder_id is not None and role.holder_id == user.person_id
    witnessed = waits and role_acceptance.may_witness(user, role, at=now)
    offers = role.status not in (Status.ENDED, Status.WITHDRAWN)
    addresses = {
        "edit_url": ("edit", may and offers),
        "offer_url": ("offer", may and offers),
        "accept_url": ("accept", waits and is_holder),
        "decline_url": ("decline", waits and is_holder),
        "witness_url": ("witness", may and witnessed),
        "link_url": ("link", may and witnessed),
    }
    kept = f"?{urlencode({'list': request.GET['list']})}" if request.GET.get("list") else ""
    urls = {
        name: reverse(f"{STEM}-{to}", args=[role.pk]) + kept if is_it else "" for name, (to, is_it) in addresses.items()
    }
    return {
        **urls, "moves": moves_offered(request, role, MOVES, lambda verb: may and is_offered(role, verb)),
        "is_holder": is_holder, "today": timezone.localdate(), "has_departed": has_departed(role),
        "assignments": service.assignments([role.pk])[role.pk], "letters": process_service.letters_of(role, user),
    }  # fmt: skip


def is_offered(role: Role, verb: str) -> bool:
    """Whether a move that leads on makes sense where the role stands."""
    return role.status in OFFERED_IN.get(verb, (role.status,))


@require_http_methods(["GET", "POST"])
@requires(Permission.ROLE_EDIT)
def role_new(request: HttpRequest) -> HttpResponse:
    """Write a role down as a draft."""
    form = RoleForm(request.POST or None, user=cast(User, request.user))
    if role := created(request, form, service.draft):
        messages.success(request, _("%s is a draft. Offer it to somebody next.") % role.reference)
        return redirect(f"{STEM}-detail", role.pk)
    return render(request, "components/form_page.html", {
        "form": form, "title": _("New role"), "submit_label": _("Save the draft"),
        "cancel_url": reverse(f"{STEM}-list"),
        "lead": _("What somebody answers for and may decide. Who holds it comes next, and has to say yes."),
    })  # fmt: skip


@require_http_methods(["GET", "POST"])
@requires(Permission.ROLE_EDIT)
def role_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Change a role with a reason; a holder whose duties change is asked again."""
    role = load(request, Role, pk, *RELATED)
    form = RoleForm(request.POST or None, user=cast(User, request.user), record=role)
    return change_response(request, form, role, service.change)


@require_http_methods(["GET", "POST"])
@requires(Permission.ROLE_EDIT)
def role_offer(request: HttpRequest, pk: int) -> HttpResponse:
    """Offer the role to somebody."""
    role = load(request, Role, pk, *RELATED)
    form = OfferForm(request.POST or None, user=cast(User, request.user), role=role)
    if request.method == "POST" and form.is_valid():
        try:
            offered = service.offer(role, by=cast(User, request.user), at=timezone.now(), **form.cleaned_data)
        except (*REFUSED, StaleRecord) as error:
            explain(form, error)
        else:
            day = date_format(offered.due_on, "j M Y") if offered.due_on else ""
            messages.success(
                request, _("Offered to %(name)s, to be accepted by %(day)s.") % {"name": offered.holder, "day": day}
            )
            return redirect(page_url(request, role))
    return render(request, "components/form_page.html", {
        "form": form, "title": _("Offer %s") % role.reference, "lead": role.title, "submit_label": _("Offer the role"),
        "cancel_url": page_url(request, role),
    })  # fmt: skip


@require_http_methods(["GET", "POST"])
@requires(Permission.ROLE_EDIT)
def role_move(request: HttpRequest, pk: int, verb: str) -> HttpResponse:
    """Review, vacate, end, take up or withdraw a role, with the words each needs."""
    role = load(request, Role, pk, *RELATED)
    move = MOVES.get(verb)
    if move is None:
        raise Http404
    return move_response(request, role, move)
