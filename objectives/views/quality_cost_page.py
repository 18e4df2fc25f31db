"""The cost page: both conventions, twelve months rolling, beside what leaders did in the same months."""

from __future__ import annotations

from typing import Any, cast

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.http import require_GET

from objectives.forms.quality_cost import PeriodForm
from objectives.models import QualityCostStatement
from objectives.services.quality_cost import month_of
from objectives.services.quality_cost_chart import stacked
from objectives.services.quality_cost_figures import (
    ALL_FOUR,
    FAILURES,
    YEAR,
    Figures,
    Month,
    Rolling,
    figures_of,
    last_day,
    months_before,
    statements_of,
)
from objectives.services.quality_cost_savings import saved_money
from objectives.views.quality_cost import STEM, section_tabs
from qms.models import Organization, Site, User
from qms.permissions import Permission, requires


@require_GET
@requires(Permission.RECORD_VIEW)
def quality_cost(request: HttpRequest) -> HttpResponse:
    """The figures of the chosen sites and months."""
    user = cast(User, request.user)
    currency = Organization.current().currency
    everywhere = statements_of(user, user.visible_sites, currency)
    form = PeriodForm(request.GET or None, sites=user.visible_sites, months=offered_months(everywhere))
    sites = form.chosen_sites()
    chosen = {site.pk for site in sites}
    statements = [one for one in everywhere if one.site_id in chosen]
    context: dict[str, Any] = {
        "form": form, "currency": currency, "tabs": section_tabs("figures"), "sites": sites,
        "may_edit": user.can(Permission.COST_EDIT), "is_empty": not statements,
    }  # fmt: skip
    if statements:
        until = form.chosen_until(statements[-1].begins_on)
        figures = figures_of(user, sites, statements, until=until, length=form.chosen_length())
        saved = saved_money(user, sites, months_before(until, YEAR - 1), last_day(until))
        context |= {"until": until, "saved": saved, **shown(figures, sites)}
    return render(request, "objectives/quality_cost_page.html", context)


def offered_months(statements: list[QualityCostStatement]) -> list[Any]:
    """From the newest month with a statement back to the first."""
    if not statements:
        return [month_of(timezone.localdate())]
    first, last = statements[0].begins_on, statements[-1].begins_on
    count = (last.year - first.year) * YEAR + last.month - first.month + 1
    return [months_before(last, back) for back in range(count)]


def shown(figures: Figures, sites: list[Site]) -> dict[str, Any]:
    """The charts' numbers and the table's rows."""
    rolling = figures.rolling
    return {
        "figures": figures, "chart": stacked(figures),
        "share_failures": [(f"{m.begins_on:%m/%y}", r.share_of_sales(FAILURES) if whole(r) else None)
                           for m, r in zip(figures.months, rolling, strict=True)],
        "share_all": [(f"{m.begins_on:%m/%y}", r.share_of_sales(ALL_FOUR) if whole(r) else None)
                      for m, r in zip(figures.months, rolling, strict=True)],
        "rows": [
            row_of(month, total, figures, sites)
            for month, total in reversed(list(zip(figures.months, rolling, strict=True)))
        ],
    }  # fmt: skip


def row_of(month: Month, rolling: Rolling, figures: Figures, sites: list[Site]) -> dict[str, Any]:
    """A month in the table beside the chart, and the way down to its statement."""
    amounts = [*month.by_category(), month.failures, month.total]
    return {
        "month": month, "url": drill_down(month, sites),
        "is_whole": rolling.is_whole, "rolling": rolling.cost(ALL_FOUR),
        "amounts": list(zip((line.label for line in figures.lines), amounts, strict=True)),
        "beside": [(kind.label_plural, month.beside.get(kind.kind, 0)) for kind in figures.beside],
    }  # fmt: skip


def whole(rolling: Rolling) -> bool:
    """Whether all twelve months have postings and sales."""
    return rolling.is_whole and len(rolling.with_sales) == YEAR


def drill_down(month: Month, sites: list[Site]) -> str:
    """The statement of the month, or the list of them where there are several; nothing where there is none."""
    if not month.statements:
        return ""
    if len(month.statements) == 1:
        return reverse(f"{STEM}-detail", args=[month.statements[0].pk])
    asked = {"since": month.begins_on.isoformat(), "until": month.begins_on.isoformat()}
    return reverse(f"{STEM}-list") + "?" + urlencode(asked | ({"site": sites[0].pk} if len(sites) == 1 else {}))
