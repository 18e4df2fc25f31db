"""Cost statements: the list, the page of one, booking a month by hand, confirming, reopening and withdrawing it."""

from __future__ import annotations

from datetime import date
from typing import Any, cast

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods

from objectives.forms.quality_cost import BookingForm, MonthForm, QualityCostFilter
from objectives.models import QualityCostAccount, QualityCostPosting, QualityCostStatement
from objectives.records import QUALITY_COST
from objectives.services import quality_cost as service
from objectives.services.quality_cost_page import statement_page
from qms.forms.record_clash import again_with
from qms.forms.signature import SignVersionForm
from qms.models import Organization, Site, User, site_today
from qms.permissions import Permission, requires
from qms.services.record import IllegalTransition, StaleRecord
from qms.views.record_list import Column, Heading, RecordListing, export_response, list_response, print_response
from qms.views.record_move import Move, move_response, moves_offered
from qms.views.record_page import load, page_url, record_response

Status = QualityCostStatement.Status
STEM = QUALITY_COST.url_stem


MOVES = {
    "reopen": Move(
        gettext_lazy("Reopen"), service.reopen, (Status.OPEN,), gettext_lazy("Why the month is reopened"),
        icon="refresh", permission=Permission.BENEFIT_CONFIRM,
        lead=gettext_lazy(
            "The confirmation is taken back: the month counts as evidence again when it is confirmed again."
        ),
    ),
    "withdraw": Move(
        gettext_lazy("Withdraw"), service.withdraw, (Status.WITHDRAWN,), gettext_lazy("Why it is withdrawn"),
        icon="trash", permission=Permission.COST_EDIT,
        lead=gettext_lazy("Its postings count in no figure any more, and stay readable."),
    ),
}  # fmt: skip


def section_tabs(active: str) -> list[dict[str, Any]]:
    """The pages of the cost of quality."""
    pages = [
        ("figures", _("Figures"), "objectives:quality-cost"), ("statements", _("Statements"), f"{STEM}-list"),
        ("accounts", _("Accounts"), f"{STEM}-account-list"),
    ]  # fmt: skip
    return [{"label": label, "url": reverse(name), "active": key == active} for key, label, name in pages]


LISTING = RecordListing(
    declared=QUALITY_COST,
    filters=QualityCostFilter,
    headings=[
        Heading(gettext_lazy("Month"), "month"), Heading(gettext_lazy("Status")),
        Heading(gettext_lazy("Failures only"), is_number=True),
        Heading(gettext_lazy("All four categories"), is_number=True),
        Heading(gettext_lazy("Net sales"), is_number=True), Heading(gettext_lazy("Postings"), is_number=True),
    ],
    columns=[
        Column(gettext_lazy("Reference"), lambda s: s.reference, in_print=True),
        Column(gettext_lazy("Month"), lambda s: s.begins_on, in_print=True),
        Column(gettext_lazy("Site"), lambda s: s.site.name, in_print=True),
        Column(gettext_lazy("Status"), lambda s: s.get_status_display(), in_print=True),
        Column(gettext_lazy("Currency"), lambda s: s.currency, in_print=True),
        Column(gettext_lazy("Failures only"), lambda s: s.failures, in_print=True),
        Column(gettext_lazy("All four categories"), lambda s: s.total, in_print=True),
        Column(gettext_lazy("Net sales"), lambda s: s.net_sales, in_print=True),
        Column(gettext_lazy("Postings"), lambda s: s.posting_count, in_print=True),
        Column(gettext_lazy("Opened by"), lambda s: s.owner.name),
        Column(gettext_lazy("Note"), lambda s: s.note),
    ],
    sorts={"month": "begins_on", "reference": "reference"},
    default_sort="-begins_on",
    with_marks=lambda rows: cast(Any, rows).with_sums(),
    for_export=lambda rows: cast(Any, rows).with_sums(),
    row_template="objectives/quality_cost_row.html",
)  # fmt: skip


@require_GET
@requires(Permission.RECORD_VIEW)
def quality_cost_list(request: HttpRequest) -> HttpResponse:
    """Every month that was booked, the newest first."""
    may_book = cast(User, request.user).can(Permission.COST_EDIT)
    return list_response(
        request, LISTING, list_tabs=section_tabs("statements"),
        new_url=reverse(f"{STEM}-new") if may_book else "", new_label=_("Book a month"),
        empty_title=_("No month is booked yet"),
        empty_why=_("An auditor asks what poor quality costs, and whether anybody looks at it each month."),
    )  # fmt: skip


@require_GET
@requires(Permission.RECORD_EXPORT)
def quality_cost_export(request: HttpRequest) -> HttpResponseBase:
    """What the list shows, as CSV or XLSX."""
    return export_response(request, LISTING)


@require_GET
@requires(Permission.RECORD_VIEW)
def quality_cost_list_print(request: HttpRequest) -> HttpResponse:
    """What the list shows, on paper."""
    return print_response(request, LISTING)


@require_GET
@requires(Permission.RECORD_VIEW)
def quality_cost_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """The page of a month."""
    statement = load(request, QualityCostStatement, pk)
    return record_response(request, statement, **page_context(request, statement))


@require_GET
@requires(Permission.RECORD_VIEW)
def quality_cost_print(request: HttpRequest, pk: int) -> HttpResponse:
    """The page of a month on paper."""
    statement = load(request, QualityCostStatement, pk)
    return record_response(request, statement, is_print=True, **page_context(request, statement))


def page_context(request: HttpRequest, statement: QualityCostStatement) -> dict[str, Any]:
    """The postings, the figures by both conventions, and what this user is offered."""
    user = cast(User, request.user)
    is_open = statement.status == Status.OPEN
    has_ended = service.month_of(site_today(statement.site)) > statement.begins_on
    book = reverse(f"{STEM}-book", args=[statement.site_id, f"{statement.begins_on:%Y-%m}"])
    return {
        "book_url": book if is_open and user.can(Permission.COST_EDIT) else "",
        "moves": moves_offered(request, statement, MOVES),
        "confirm_url": reverse(f"{STEM}-confirm", args=[statement.pk])
        if is_open and has_ended and user.can(Permission.BENEFIT_CONFIRM) else "",
        "is_waiting": is_open and has_ended,
        "more": lambda _page: statement_page(statement, conventions=(_("Failures only"), _("All four categories"))),
    }  # fmt: skip


@require_http_methods(["GET", "POST"])
@requires(Permission.COST_EDIT)
def quality_cost_new(request: HttpRequest) -> HttpResponse:
    """Choose the site and the month to book."""
    user = cast(User, request.user)
    today = site_today(user.person.site) if user.person.site else timezone.localdate()
    initial = {"site": user.person.site_id}
    form = MonthForm(request.POST if request.method == "POST" else None, user=user, today=today, initial=initial)
    if request.method == "POST" and form.is_valid():
        site, month = form.chosen()
        return redirect(f"{STEM}-book", site.pk, f"{month:%Y-%m}")
    return render(request, "components/form_page.html", {
        "form": form, "title": _("Book a month"), "submit_label": _("Go on"), "cancel_url": reverse(f"{STEM}-list"),
        "lead": _("All accounts of a month on one page. A table from your books is quicker by import."),
    })  # fmt: skip


@require_http_methods(["GET", "POST"])
@requires(Permission.COST_EDIT)
def quality_cost_book(request: HttpRequest, site: int, month: str) -> HttpResponse:
    """The amounts of a month, account by account."""
    user = cast(User, request.user)
    place, start = month_in_reach(user, site, month)
    statement = service.statement_of(place, start)
    if statement and statement.status == Status.CONFIRMED:
        messages.error(request, service.confirmed_words(statement))
        return redirect(f"{STEM}-detail", statement.pk)
    form = booking_form(request, place, start, statement)
    if request.method == "POST" and form.is_valid():
        done = booked(form, place, start, by=user)
        if done is not None:
            messages.success(request, _("Booked: %(new)d new, %(changed)d changed.") % {
                "new": done.new, "changed": done.changed,
            })  # fmt: skip
            return redirect(f"{STEM}-detail", done.statements[0].pk) if done.statements else redirect(f"{STEM}-list")
    return render(request, "objectives/quality_cost_book.html", {
        "form": form, "site": place, "month": start, "currency": Organization.current().currency,
        "title": _("Book %(month)s") % {"month": service.month_words(start)},
        "cancel_url": reverse(f"{STEM}-detail", args=[statement.pk]) if statement else reverse(f"{STEM}-list"),
    }, status=422 if form.errors else 200)  # fmt: skip


def month_in_reach(user: User, pk: int, month: str) -> tuple[Site, date]:
    """The site, if the user reaches it, and the month of the address; 404 otherwise, and for months to come."""
    site = next((one for one in user.visible_sites if one.pk == pk), None)
    try:
        start = date.fromisoformat(f"{month}-01")
    except ValueError as error:
        raise Http404 from error
    if site is None or start > site_today(site):
        raise Http404
    return site, start


def booking_form(
    request: HttpRequest, site: Site, month: date, statement: QualityCostStatement | None
) -> BookingForm:  # fmt: skip
    """The form with what stands."""
    current = QualityCostPosting.objects.filter(statement=statement, replaced_at=None).select_related("account")
    rows = list(current) if statement else []
    accounts = list(QualityCostAccount.objects.filter(site=site).active().order_by("name", "pk"))
    data = request.POST if request.method == "POST" else None
    return BookingForm(data, accounts=accounts, postings=rows, statement=statement, month=month)


def booked(form: BookingForm, site: Site, month: date, *, by: User) -> service.Posted | None:
    """Post what the form holds; None, with the reason on the form, where that cannot be."""
    facts: dict[str, Any] = {
        "entries": form.entries(), "sales": {month: form.cleaned_data["net_sales"]},
        "notes": {month: form.cleaned_data["note"]},
    }  # fmt: skip
    seen = form.cleaned_data["version"]
    if not facts["entries"] and not seen:
        form.add_error(None, _("Enter an amount on at least one account."))
        return None
    try:
        return service.post_many(
            site=site, **facts, versions={month: seen} if seen else {}, source=QualityCostPosting.Source.HAND,
            by=by, at=timezone.now(),
        )  # fmt: skip
    except StaleRecord as stale:
        form.add_error(None, _("Somebody else has booked this month since you opened it. Nothing was saved; what you "
                               "typed is still here. Look at the statement, then save again."))  # fmt: skip
        again_with(form, stale.current.version)
    except (service.MonthConfirmed, ValidationError) as error:
        form.add_error(None, " ".join(error.messages) if isinstance(error, ValidationError) else str(error))
    return None


@require_http_methods(["GET", "POST"])
@requires(Permission.BENEFIT_CONFIRM)
def quality_cost_confirm(request: HttpRequest, pk: int) -> HttpResponse:
    """Confirm the month as finance, after a fresh proof of who confirms."""
    statement = load(request, QualityCostStatement, pk)
    user = cast(User, request.user)
    form = SignVersionForm(request.POST or None, user=user, record=statement)
    if request.method == "POST" and form.is_valid():
        try:
            service.confirm(
                statement, method=form.method, version=form.cleaned_data["version"], by=user, at=timezone.now()
            )
        except StaleRecord as stale:
            form.add_error(None, str(stale))
            again_with(form, stale.current.version)
        except (service.CannotConfirm, IllegalTransition) as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, _("Confirmed and signed: %(name)s.") % {"name": user.person.name})
            return redirect(page_url(request, statement))
    more = statement_page(statement, conventions=(_("Failures only"), _("All four categories")))
    return render(request, "objectives/quality_cost_confirm.html", {
        "form": form, "statement": statement, "more": more, "submit_label": _("Confirm and sign"),
        "title": _("Confirm %(month)s") % {"month": service.month_words(statement.begins_on)},
        "lead": f"{statement.reference} · {statement.site.name}", "cancel_url": page_url(request, statement),
    })  # fmt: skip


@require_http_methods(["GET", "POST"])
@requires(Permission.COST_EDIT)
def quality_cost_move(request: HttpRequest, pk: int, verb: str) -> HttpResponse:
    """Reopen or withdraw a month, with a reason."""
    move = MOVES.get(verb)
    if move is None:
        raise Http404
    user = cast(User, request.user)
    statement = load(request, QualityCostStatement, pk)
    if move.permission and not user.can(move.permission):
        raise PermissionDenied(_("Only finance reopens a month that finance has confirmed."))
    return move_response(request, statement, move, title=f"{move.label}: {statement.title}")
