"""The board of improvement actions, what is overdue by level, and how many begin before something fails."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any, cast

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from objectives.forms.action_board import BoardForm
from objectives.models import ImprovementAction
from objectives.services import action_board as service
from objectives.services import idea
from objectives.views.improvement_action import tabs
from qms.models import Site, User
from qms.permissions import Permission, requires

VIEWS = ("mine", "area", "overdue", "all")


def chosen(request: HttpRequest, form: BoardForm) -> QuerySet[ImprovementAction]:
    """The visible actions of the place and period the form asks for, still growing until cut short."""
    rows: QuerySet[Any] = ImprovementAction.objects.visible_to(cast(User, request.user))
    values = form.cleaned_data if form.is_valid() else {}
    wanted = {"site": "site", "area": "area", "since": "occurred_on__gte", "until": "occurred_on__lte"}
    return rows.filter(**{lookup: values[name] for name, lookup in wanted.items() if values.get(name)})


@require_GET
@requires(Permission.RECORD_VIEW)
def action_board(request: HttpRequest) -> HttpResponse:
    """Columns by status: mine, my area, all; or what is overdue, by level of the organization."""
    user = cast(User, request.user)
    view = request.GET.get("view", "") if request.GET.get("view") in VIEWS else "mine"
    form = BoardForm(request.GET.copy(), user=user)
    rows, today = chosen(request, form), timezone.localdate()
    if view == "mine":
        rows = rows.filter(owner_id=user.person_id)
    elif view == "area":
        rows = rows.filter(area_id=user.person.area_id) if user.person.area_id else rows.none()
    words = {"mine": _("Mine"), "area": _("My area"), "overdue": _("Overdue by level"), "all": _("All")}
    query = request.GET.copy()
    query.pop("view", None)
    ways = [{"name": name, "label": words[name], "url": f"?view={name}&{query.urlencode()}"} for name in VIEWS]
    is_overdue = view == "overdue"
    return render(request, "objectives/action_board.html", {
        "list_tabs": tabs("board"), "form": form, "view": view, "ways": ways, "today": today,
        "columns": [] if is_overdue else service.columns(rows, is_of_one=view == "mine"),
        "levels": service.overdue_by_level(rows, today=today) if is_overdue else [],
        "list_url": reverse("objectives:improvement-action-list"),
        "new_url": reverse("objectives:idea-new") if user.can(idea.MAY_RAISE) else "",
    })  # fmt: skip


@require_GET
@requires(Permission.RECORD_VIEW)
def action_balance(request: HttpRequest) -> HttpResponse:
    """Proactive to reactive over time, per month, with n; twelve months unless another period is asked for."""
    user = cast(User, request.user)
    form = BoardForm(request.GET.copy(), user=user)
    today = timezone.localdate()
    from_on, to_on = form.period((a_year_before(today), today))
    values = form.cleaned_data if form.is_valid() else {}
    sites = [values["site"]] if values.get("site") else list(Site.objects.visible_to(user))
    months = service.balance(sites, area=values.get("area"), from_on=from_on, to_on=to_on)
    points = [(date_format(row.month, "M Y"), row.share) for row in months]
    return render(request, "objectives/action_balance.html", {
        "list_tabs": tabs("balance"), "form": form, "months": months, "points": points,
        "sentence": service.in_words(months), "has_any": any(row.n for row in months),
        "list_url": reverse("objectives:improvement-action-list"),
    })  # fmt: skip


def a_year_before(today: date) -> date:
    """The first day of the month eleven months ago: a year with this month in it."""
    return (today.replace(day=1) - timedelta(days=330)).replace(day=1)
