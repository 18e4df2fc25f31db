"""The register as it stood on any day: page, exports, print."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from itertools import islice
from typing import cast

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET

from objectives.forms.risk_scale import RegisterForm
from objectives.services import risk_register
from objectives.services.risk_register import CAP, RegisterRow
from qms.models import Site, User
from qms.permissions import Permission, requires
from qms.services import record_list, sheet

COLUMNS = (
    _("Reference"), _("Kind"), _("Title"), _("Issue or interested party"), _("Cause"), _("Likelihood"),
    _("Consequence"), _("Rating"), _("Level"), _("Treatment"), _("What is done"), _("Effectiveness"), _("Owner"),
    _("Status"), _("Accepted until"), _("Next review"), _("Site"), _("Version"),
)  # fmt: skip


def asked(request: HttpRequest) -> tuple[RegisterForm, date, Iterator[RegisterRow]]:
    """The form, the day (today for none, or one ahead), and the rows as they stood then."""
    user = cast(User, request.user)
    form = RegisterForm(request.GET or {}, user=user)
    today = timezone.localdate()
    day = min(form.chosen("on") or today, today)
    sites = Site.objects.visible_to(user).order_by("pk")
    versions = risk_register.versions_on(user, day, sites=sites, site=form.chosen("site"))
    rows = risk_register.rows_of(
        versions.iterator(chunk_size=500), with_closed=bool(form.chosen("closed")), nature=form.chosen("nature") or ""
    )
    return form, day, rows


@require_GET
@requires(Permission.RECORD_VIEW)
def risk_register_page(request: HttpRequest) -> HttpResponse:
    """The register of a day; a long one is cut, the export is whole."""
    return _page(request, "objectives/risk_register.html")


@require_GET
@requires(Permission.RECORD_VIEW)
def risk_register_print(request: HttpRequest) -> HttpResponse:
    """The same on paper."""
    return _page(request, "objectives/risk_register_print.html")


def _page(request: HttpRequest, template: str) -> HttpResponse:
    form, day, rows = asked(request)
    shown = list(islice(rows, CAP + 1))
    return render(request, template, {
        "form": form, "day": day, "rows": shown[:CAP], "is_cut": len(shown) > CAP, "cap": CAP,
        "query": request.GET.urlencode(), "may_export": cast(User, request.user).can(Permission.RECORD_EXPORT),
    })  # fmt: skip


@require_GET
@requires(Permission.RECORD_EXPORT)
def risk_register_export(request: HttpRequest) -> HttpResponseBase:
    """The whole register of the day as CSV or XLSX; noted in the user's own trail."""
    _form, day, rows = asked(request)
    record_list.note_export(
        cast(User, request.user), "risk-register", at=timezone.now(), filters=request.GET.urlencode()
    )
    send = sheet.xlsx_response if request.GET.get("format") == "xlsx" else sheet.csv_response
    return send(f"risk-register-{day.isoformat()}", [str(name) for name in COLUMNS], (row.cells() for row in rows))
