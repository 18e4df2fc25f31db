"""Risks and opportunities: the list, the page of one, entering and changing it."""

from __future__ import annotations

from typing import Any, cast

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods

from objectives.forms.risk import RiskFilter, RiskForm
from objectives.models import Risk, RiskAcceptance
from objectives.records.risk import RISK
from objectives.services import risk as service
from objectives.views.risk_offer import offers
from qms.models import Phase, User
from qms.permissions import Permission, requires
from qms.services.record_page import RecordPage
from qms.views.record_form import change_response, created
from qms.views.record_list import Column, Heading, RecordListing, export_response, list_response, print_response
from qms.views.record_page import load, record_response

STEM = RISK.url_stem


def chosen_view(request: HttpRequest) -> str:
    """The tab that is open; filters look through everything."""
    return request.GET.get("view", "all" if request.GET else "open")


def in_view(rows: QuerySet[Any], request: HttpRequest) -> QuerySet[Any]:
    """The rows of the tab that is open: open ones, mine, those to review, or all."""
    view, still_open = chosen_view(request), rows.filter(phase=Phase.OPEN)
    if view == "open":
        return still_open
    if view == "mine":
        return still_open.filter(owner_id=cast(User, request.user).person_id)
    if view == "review":
        return still_open.filter(review_on__lte=timezone.localdate())
    return rows


LISTING = RecordListing(
    declared=RISK,
    filters=RiskFilter,
    headings=[
        Heading(gettext_lazy("Risk or opportunity")), Heading(gettext_lazy("Level"), "rating"),
        Heading(gettext_lazy("Treatment")), Heading(gettext_lazy("Owner")),
        Heading(gettext_lazy("Next review"), "review"), Heading(gettext_lazy("Status")),
    ],
    columns=[
        Column(gettext_lazy("Reference"), lambda r: r.reference, in_print=True),
        Column(gettext_lazy("Kind"), lambda r: r.get_nature_display(), in_print=True),
        Column(gettext_lazy("Title"), lambda r: r.title, in_print=True),
        Column(gettext_lazy("Comes from"), lambda r: r.get_context_kind_display() if r.context_kind else ""),
        Column(gettext_lazy("Issue or interested party"), lambda r: r.context),
        Column(gettext_lazy("Cause"), lambda r: r.cause),
        Column(gettext_lazy("What it would mean"), lambda r: r.consequence),
        Column(gettext_lazy("Likelihood"), lambda r: r.scale.likelihood_word(r.now_likelihood), in_print=True),
        Column(gettext_lazy("Consequence"), lambda r: r.scale.consequence_word(r.now_impact), in_print=True),
        Column(gettext_lazy("Rating"), lambda r: r.rating, in_print=True),
        Column(gettext_lazy("Level"), lambda r: r.get_level_display(), in_print=True),
        Column(gettext_lazy("Treatment"), lambda r: r.get_treatment_display() if r.treatment else "", in_print=True),
        Column(gettext_lazy("What is done"), lambda r: r.treatment_plan),
        Column(gettext_lazy("Effectiveness"), lambda r: r.get_effectiveness_display() if r.effectiveness else ""),
        Column(gettext_lazy("Owner"), lambda r: r.owner.name, in_print=True),
        Column(gettext_lazy("Status"), lambda r: r.get_status_display(), in_print=True),
        Column(gettext_lazy("Next review"), lambda r: r.review_on, in_print=True),
        Column(gettext_lazy("Treatment due"), lambda r: r.due_on),
        Column(gettext_lazy("Identified"), lambda r: r.identified_on),
        Column(gettext_lazy("Last assessed"), lambda r: r.occurred_on),
        Column(gettext_lazy("Site"), lambda r: r.site.name),
        Column(gettext_lazy("Area"), lambda r: r.area.name if r.area else ""),
    ],
    sorts={"rating": "rating", "review": "review_on", "assessed": "occurred_on", "reference": "reference"},
    default_sort="-rating",
    related=("site", "area", "owner", "scale"),
    row_template="objectives/risk_row.html",
    template="objectives/risk_list.html",
    start=in_view,
)  # fmt: skip


@require_GET
@requires(Permission.RECORD_VIEW)
def risk_list(request: HttpRequest) -> HttpResponse:
    """The register, gravest first; it opens with what is open."""
    user, view = cast(User, request.user), chosen_view(request)
    words = [("open", _("Open")), ("mine", _("Mine")), ("review", _("To review")), ("all", _("All"))]
    return list_response(
        request, LISTING, today=timezone.localdate(),
        list_tabs=[{"label": label, "url": f"?view={name}", "active": view == name} for name, label in words],
        new_url=reverse(f"{STEM}-new") if user.can(Permission.RISK_EDIT) else "",
        may_edit_scale=user.can(Permission.RISK_SCALE_EDIT), may_import=user.can(Permission.RISK_EDIT),
        new_label=_("New risk"), empty_title=_("No risks or opportunities yet"),
        empty_why=_("An auditor asks what could keep you from your goals, who weighed it, and what came of it."),
    )  # fmt: skip


@require_GET
@requires(Permission.RECORD_EXPORT)
def risk_export(request: HttpRequest) -> HttpResponseBase:
    """What the list shows, as CSV or XLSX."""
    return export_response(request, LISTING)


@require_GET
@requires(Permission.RECORD_VIEW)
def risk_list_print(request: HttpRequest) -> HttpResponse:
    """What the list shows, on paper."""
    return print_response(request, LISTING)


@require_GET
@requires(Permission.RECORD_VIEW)
def risk_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """The page of a risk or an opportunity."""
    risk = load(request, Risk, pk, "scale", "judged_by")
    return record_response(request, risk, **page_context(request, risk))


@require_GET
@requires(Permission.RECORD_VIEW)
def risk_print(request: HttpRequest, pk: int) -> HttpResponse:
    """The page on paper."""
    return record_response(request, load(request, Risk, pk, "scale", "judged_by"), is_print=True)


def page_context(request: HttpRequest, risk: Risk) -> dict[str, Any]:
    """What this user is offered, and the acceptances so far."""
    user = cast(User, request.user)
    kept = f"?{urlencode({'list': request.GET['list']})}" if request.GET.get("list") else ""
    may = may_work_on(user, risk)
    is_open = risk.phase == Phase.OPEN
    new_action = reverse("objectives:improvement-action-new") + f"?source={risk.uid}"
    may_sign = user.can(RISK.edit_permission) and risk.phase != Phase.WITHDRAWN
    return {
        "offers": offers(user, risk, may_work=may, kept=kept),
        "edit_url": reverse(f"{STEM}-edit", args=[risk.pk]) + kept if may and is_open else "",
        "new_follow_up_url": new_action if is_open and user.can(Permission.ACTION_EDIT) else "",
        "acceptances": lambda page: acceptances(risk, page), "today": timezone.localdate(), "may_sign": may_sign,
    }  # fmt: skip


def acceptances(risk: Risk, page: RecordPage) -> list[RiskAcceptance]:
    """Every acceptance, newest first; no query unless somebody signed."""
    if not page.signatures:
        return []
    return list(risk.acceptances.select_related("accepted_by", "signature").order_by("-accepted_on", "-pk"))


def may_work_on(user: User, risk: Risk) -> bool:
    """Who works on a risk: its owner, who entered it, and who may correct other people's records."""
    is_own = user.pk == risk.recorded_by_id or user.person_id == risk.owner_id
    return user.can(Permission.RISK_EDIT) and (is_own or user.can(Permission.ACTIVITY_CORRECT))


def to_work_on(request: HttpRequest, pk: int) -> Risk:
    """The risk, for somebody who may work on it: 404 when not visible, 403 when only visible."""
    risk = load(request, Risk, pk, "scale")
    if not may_work_on(cast(User, request.user), risk):
        raise PermissionDenied(_("Only the owner, who entered it, or the quality manager may change this risk."))
    return risk


@require_http_methods(["GET", "POST"])
@requires(Permission.RISK_EDIT)
def risk_new(request: HttpRequest) -> HttpResponse:
    """Enter a risk or an opportunity; rating it is the next step."""
    form = RiskForm(request.POST or None, user=cast(User, request.user))
    if risk := created(request, form, service.open_risk):
        messages.success(request, _("%(reference)s is entered. Rate it now.") % {"reference": risk.reference})
        return redirect(f"{STEM}-detail", risk.pk)
    return render(request, "components/form_page.html", {
        "form": form, "title": _("New risk or opportunity"), "submit_label": _("Enter it"),
        "lead": _("One sentence is enough to begin. It counts as evidence once it is rated."),
        "cancel_url": reverse(f"{STEM}-list"),
    })  # fmt: skip


@require_http_methods(["GET", "POST"])
@requires(Permission.RISK_EDIT)
def risk_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Change an open risk with a reason; after a clash both versions stand side by side."""
    risk = to_work_on(request, pk)
    form = RiskForm(request.POST or None, user=cast(User, request.user), risk=risk)
    return change_response(request, form, risk, service.change)
