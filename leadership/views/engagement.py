"""The measures of leadership engagement: the page, one measure with what it counts, and the export."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from itertools import groupby
from typing import Any, cast

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from leadership.forms.engagement import PERIODS, months_asked, scope_asked
from leadership.services.engagement import Figure, Line, Measure, Scope, SetMeasure, figures
from leadership.services.engagement_measures import MEASURES, measure_of
from leadership.services.home import local_today
from qms.models import User
from qms.permissions import Permission, requires
from qms.services import record_list, sheet

SHOWS = ("all", "fits", "rest")


def scope_of(request: HttpRequest) -> Scope:
    """The sites and days of the address, as far as the user may see them."""
    user = cast(User, request.user)
    return scope_asked(request.GET.dict(), user, today=local_today(user, timezone.now()))


def frame_of(request: HttpRequest, scope: Scope) -> dict[str, Any]:
    """What the choice above every page of measures needs."""
    user = cast(User, request.user)
    kept = {name: request.GET[name] for name in ("site", "months") if name in request.GET}
    return {
        "scope": scope, "sites": [site for site in user.visible_sites if site.is_active],
        "site": scope.sites[0] if len(scope.sites) == 1 else None, "periods": PERIODS,
        "months": months_asked(request.GET.dict()), "query": urlencode(kept),
    }  # fmt: skip


@require_GET
@requires(Permission.ENGAGEMENT_VIEW)
def engagement(request: HttpRequest) -> HttpResponse:
    """Every measure, in groups, with its trend."""
    scope = scope_of(request)
    found = figures(MEASURES, scope)
    groups = [(title, list(part)) for title, part in groupby(found, key=lambda figure: figure.measure.group)]
    return render(request, "leadership/engagement.html", {"groups": groups, **frame_of(request, scope)})


@require_GET
@requires(Permission.ENGAGEMENT_VIEW)
def engagement_measure(request: HttpRequest, slug: str) -> HttpResponse:
    """One measure: how it is counted, twelve months, and exactly what was counted."""
    measure = measure_of(slug)
    if measure is None:
        raise Http404
    scope = scope_of(request)
    (figure,) = figures([measure], scope)
    show = request.GET.get("show", "all") if request.GET.get("show") in SHOWS else "all"
    return render(request, "leadership/engagement_measure.html", {
        "figure": figure, "measure": measure, "show": show, **listed(request, measure, scope, show),
        "points": points_of(figure), **frame_of(request, scope), "shows": choices_of(figure, show, request),
    })  # fmt: skip


def listed(request: HttpRequest, measure: Measure, scope: Scope, show: str) -> dict[str, Any]:
    """What was counted: the whole set, or a page of the rows."""
    if isinstance(measure, SetMeasure) and measure.things:
        return {"lines": [line for line in measure.things(scope) if _is_shown(line, show)], "page": None}
    rows = measure.within(scope).select_related(*measure.related)
    if show != "all":
        rows = rows.filter(fits=show == "fits")
    after, before = request.GET.get("after", ""), request.GET.get("before", "")
    page = record_list.page_of(rows, sort=f"-{measure.day or 'id'}", after=after, before=before)
    return {"lines": [measure.line(row) for row in page.rows], "page": page}


def _is_shown(line: Line, show: str) -> bool:
    return show == "all" or line.fits == (show == "fits")


def points_of(figure: Figure) -> list[tuple[str, float | None]]:
    """The trend as the chart takes it."""
    months = [date_format(month, "M Y") for month, _fits, _n in figure.months]
    return list(zip(months, figure.shares, strict=True))


def choices_of(figure: Figure, show: str, request: HttpRequest) -> list[dict[str, Any]]:
    """The tabs above the list: all, those in the numerator, the rest. A set that has no list of its own has none."""
    measure = figure.measure
    if isinstance(measure, SetMeasure) and not measure.things:
        return []
    kept = {name: request.GET[name] for name in ("site", "months") if name in request.GET}
    offered = (("all", _("All"), figure.n), ("fits", _("In the numerator"), figure.fits),
               ("rest", _("Not in it"), figure.n - figure.fits))  # fmt: skip
    return [
        {"label": label, "count": number, "active": name == show, "url": "?" + urlencode({**kept, "show": name})}
        for name, label, number in offered
    ]


@require_GET
@requires(Permission.ENGAGEMENT_VIEW)
def engagement_export(request: HttpRequest) -> HttpResponseBase:
    """Every measure and month as CSV or XLSX, with its definition; noted in the user's own trail."""
    scope, user = scope_of(request), cast(User, request.user)
    record_list.note_export(user, "engagement", at=timezone.now(), filters=request.GET.urlencode())
    header = [
        _("Measure"), _("From"), _("Until"), _("Numerator"), _("Denominator (n)"), _("Percent"), _("Numerator counts"),
        _("Denominator counts"), _("Caution"), _("Source"),
    ]  # fmt: skip
    send = sheet.xlsx_response if request.GET.get("format") == "xlsx" else sheet.csv_response
    return send("engagement", header, export_rows(figures(MEASURES, scope), scope))


def export_rows(found: list[Figure], scope: Scope) -> Iterator[list[object]]:
    """The whole period first, then month by month."""
    for figure in found:
        measure = figure.measure
        words = [str(text) for text in (measure.numerator, measure.denominator, measure.caution, measure.source)]
        yield _row(figure, scope.first, scope.last, figure.fits, figure.n, words)
        for month, fits, n in figure.months:
            yield _row(figure, month, None, fits, n, words)


def _row(figure: Figure, first: date, last: date | None, fits: int, n: int, words: list[str]) -> list[object]:
    percent = round(100 * fits / n) if n else None
    return [str(figure.measure.label), first, last or date_format(first, "M Y"), fits, n, percent, *words]
