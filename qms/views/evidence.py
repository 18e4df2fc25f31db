"""The Evidence page: how well each clause is evidenced, why, and the records behind it."""

from __future__ import annotations

from typing import cast

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.http import require_GET

from qms.forms.coverage import EvidenceFilterForm
from qms.models import Clause, StandardEdition, User, site_today
from qms.permissions import Permission, requires
from qms.records import kind_of
from qms.services import coverage_page, record_list, sheet
from qms.services.coverage import ClauseCoverage, coverage


@require_GET
@requires(Permission.EVIDENCE_VIEW)
def evidence(request: HttpRequest) -> HttpResponse:
    """Clauses as rows with status, reason, newest record, counts and trend."""
    form = chosen(request)
    rows = covered(request, form)
    groups = coverage_page.groups(rows, shows_all=form.cleaned_data.get("show") == "all")
    context = {"form": form, "groups": groups, "pack_url": pack_url(form), "kept": kept(request)}
    return render(request, "qms/evidence_list.html", context)


@require_GET
@requires(Permission.EVIDENCE_VIEW)
def evidence_export(request: HttpRequest) -> HttpResponseBase:
    """The table as shown, as CSV or XLSX."""
    form = chosen(request)
    groups = coverage_page.groups(covered(request, form), shows_all=form.cleaned_data.get("show") == "all")
    header, rows = coverage_page.export_rows([row for group in groups for row in group.rows])
    user = cast(User, request.user)
    record_list.note_export(user, "evidence", at=timezone.now(), filters=request.GET.urlencode())
    send = sheet.xlsx_response if request.GET.get("format") == "xlsx" else sheet.csv_response
    return send(f"evidence-{form.on_chosen.isoformat()}", header, rows)


@require_GET
@requires(Permission.EVIDENCE_VIEW)
def evidence_clause(request: HttpRequest, pk: int) -> HttpResponse:
    """One clause: what it is about, the rules, why it stands as it does, and its records, newest first."""
    clause = get_object_or_404(Clause.objects.select_related("edition"), pk=pk)
    form = chosen(request, edition=clause.edition)
    row = next((row for row in covered(request, form, clause.edition) if row.clause.pk == pk), None)
    if row is None:
        raise Http404
    page = coverage_page.records_of(
        row, form.sites, user=cast(User, request.user), on=form.on_chosen, after=request.GET.get("after", ""),
        before=request.GET.get("before", ""),
    )  # fmt: skip
    context = {
        "form": form, "row": row, "page": page, "edition": clause.edition, "kept": kept(request),
        "records": [(record, kind_of(record)) for record in page.rows],
        "crosswalk": coverage_page.crosswalk_of(clause), "pack_url": pack_url(form, row),
    }  # fmt: skip
    return render(request, "qms/evidence_clause.html", context)


def chosen(request: HttpRequest, edition: StandardEdition | None = None) -> EvidenceFilterForm:
    """The filters of the address, limited to what the user may see."""
    user = cast(User, request.user)
    sites = [site for site in user.visible_sites if site.is_active]
    editions = [edition] if edition else list(StandardEdition.objects.order_by("-is_default", "-published_on", "pk"))
    now = timezone.now()
    today = max((site_today(site, now) for site in sites), default=now.date())
    return EvidenceFilterForm(request.GET, sites=sites, editions=editions, today=today, is_clause=edition is not None)


def covered(
    request: HttpRequest, form: EvidenceFilterForm, edition: StandardEdition | None = None
) -> list[ClauseCoverage]:
    """Coverage for the filters; nothing while there is no edition or no site."""
    edition = edition or form.edition_chosen
    if edition is None or not form.sites:
        return []
    return coverage(edition, form.sites, on=form.on_chosen, since=form.since_chosen, user=cast(User, request.user))


def kept(request: HttpRequest) -> str:
    """The filters as they go on from page to page."""
    names = ("site", "edition", "on", "since", "show")
    return urlencode({name: request.GET[name] for name in names if request.GET.get(name)})


def pack_url(form: EvidenceFilterForm, row: ClauseCoverage | None = None) -> str:
    """Where a pack of what is shown can be requested; empty in an installation without packs."""
    try:
        address = reverse("audits:pack-request")
    except NoReverseMatch:
        return ""
    edition = row.clause.edition if row else form.edition_chosen
    query = {
        "clause": row.clause.pk if row else None, "edition": edition.slug if edition else None,
        "site": form.cleaned_data.get("site") or None,
    }  # fmt: skip
    return f"{address}?{urlencode({k: v for k, v in query.items() if v})}"
