"""Accounts of the cost of quality: the list, the page of one, opening, changing, taking out of use."""

from __future__ import annotations

from typing import cast

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from objectives.forms.quality_cost_account import AccountForm
from objectives.models import QualityCostAccount
from objectives.services import quality_cost_account as service
from objectives.services.quality_cost import month_words
from objectives.services.quality_cost_chart import TONES, StackedChart, short
from objectives.services.quality_cost_figures import ALL_FOUR
from objectives.services.quality_cost_page import AccountPage, account_page
from objectives.views.quality_cost import STEM, section_tabs
from qms.models import Organization, User, site_today
from qms.permissions import Permission, requires
from qms.services.timeline import timeline_of


def visible_account(request: HttpRequest, pk: int) -> QualityCostAccount:
    """The account, if who asks may see its site; 404 otherwise."""
    rows = QualityCostAccount.objects.visible_to(cast(User, request.user)).select_related("site")
    return get_object_or_404(rows, pk=pk)


@require_GET
@requires(Permission.RECORD_VIEW)
def account_list(request: HttpRequest) -> HttpResponse:
    """Every account by site and category, with how many postings and objectives it has."""
    user = cast(User, request.user)
    rows = QualityCostAccount.objects.visible_to(user).select_related("site").annotate(
        posting_count=Count("postings", filter=Q(postings__replaced_at=None), distinct=True),
        objective_count=Count("objectives", distinct=True),
    )  # fmt: skip
    order = list(QualityCostAccount.Category)
    accounts = sorted(rows, key=lambda a: (a.site.name, order.index(a.category), a.name))  # type: ignore[arg-type]
    return render(request, "objectives/quality_cost_account_list.html", {
        "accounts": accounts, "tabs": section_tabs("accounts"), "may_edit": user.can(Permission.COST_EDIT),
        "has_sites": len({account.site_id for account in accounts}) > 1,
    })  # fmt: skip


@require_GET
@requires(Permission.RECORD_VIEW)
def account_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """What was booked on an account month by month, and what the plant does about it."""
    account = visible_account(request, pk)
    user = cast(User, request.user)
    with timezone.override(account.site.zone):
        page = account_page(account, user, today=site_today(account.site))
        return render(request, "objectives/quality_cost_account_detail.html", {
            "account": account, "page": page, "timeline": timeline_of(account),
            "currency": Organization.current().currency, "may_edit": user.can(Permission.COST_EDIT),
            "crumbs": [(_("Cost of quality"), reverse("objectives:quality-cost")),
                       (_("Accounts"), reverse(f"{STEM}-account-list"))],
            "chart": chart_of(account, page),
        })  # fmt: skip


def chart_of(account: QualityCostAccount, page: AccountPage) -> StackedChart:
    """One bar per month; a month in which nothing was booked is a gap."""
    amounts = [amount for _start, amount, _statement in page.months]
    return StackedChart(
        labels=[short(start) for start, _amount, _statement in page.months],
        names=[month_words(start) for start, _amount, _statement in page.months],
        series=[(account.name, TONES[list(ALL_FOUR).index(account.category)], amounts)],  # type: ignore[arg-type]
        line_label="", line=[None] * len(amounts), gaps=["" if a is not None else _("nothing booked") for a in amounts],
        lanes=[],
    )  # fmt: skip


@require_http_methods(["GET", "POST"])
@requires(Permission.COST_EDIT)
def account_new(request: HttpRequest) -> HttpResponse:
    """Open an account."""
    user = cast(User, request.user)
    form = AccountForm(request.POST if request.method == "POST" else None, user=user)
    if request.method == "POST" and form.is_valid():
        try:
            site = form.cleaned_data["site"]
            account = service.add(site=site, **form.facts(), by=user, at=timezone.now())
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, _("The account “%s” is open.") % account.name)
            return redirect(f"{STEM}-account-list")
    return render(request, "components/form_page.html", {
        "form": form, "title": _("New account"), "submit_label": _("Open the account"),
        "cancel_url": reverse(f"{STEM}-account-list"),
    })  # fmt: skip


@require_http_methods(["GET", "POST"])
@requires(Permission.COST_EDIT)
def account_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Rename an account; months that finance has confirmed keep the name they were confirmed with."""
    account = visible_account(request, pk)
    user = cast(User, request.user)
    data = request.POST if request.method == "POST" else None
    form = AccountForm(data, user=user, instance=account, has_postings=account.postings.exists())
    if request.method == "POST" and form.is_valid():
        try:
            service.change(account, **form.facts(), by=user, at=timezone.now())
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, _("Changed. What it was called before stays in its timeline."))
            return redirect(f"{STEM}-account-detail", account.pk)
    return render(request, "components/form_page.html", {
        "form": form, "title": _("Change the account"), "lead": account.name,
        "cancel_url": reverse(f"{STEM}-account-detail", args=[account.pk]),
    })  # fmt: skip


@require_POST
@requires(Permission.COST_EDIT)
def account_use(request: HttpRequest, pk: int) -> HttpResponse:
    """Take an account out of use, or into use again."""
    account = visible_account(request, pk)
    is_active = request.POST.get("is_active") == "1"
    service.set_use(account, is_active=is_active, by=cast(User, request.user), at=timezone.now())
    words = _("In use again.") if is_active else _("Out of use: nothing new is booked on it; what is booked stays.")
    messages.success(request, words)
    return redirect(f"{STEM}-account-detail", account.pk)
