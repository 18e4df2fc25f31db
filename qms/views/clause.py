"""The clause catalogue: browse, word, date, and say where a clause does not apply."""

from __future__ import annotations

from typing import Any, cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from qms.forms.clause import ClauseForm, EditionForm, EndExclusionForm, ExclusionForm
from qms.models import Applicability, Clause, Site, StandardEdition, User
from qms.permissions import Permission, requires
from qms.services import clause as service
from qms.services import coverage_page


@require_GET
@requires(Permission.MAPPING_VIEW)
def clause_list(request: HttpRequest) -> HttpResponse:
    """One edition's clauses as printed, with a search."""
    editions = list(StandardEdition.objects.order_by("-is_default", "-published_on", "pk"))
    slug = request.GET.get("edition")
    edition = next((e for e in editions if e.slug == slug), editions[0] if editions else None)
    clauses = Clause.objects.filter(edition=edition).select_related("commitment").order_by("sort_key", "pk")
    words = request.GET.get("q", "").casefold().split()
    rows = [c for c in clauses if all(word in f"{c.label} {c.title} {c.intent}".casefold() for word in words)]
    excluded = Applicability.objects.filter(clause__edition=edition, effective_to=None, site__in=_sites(request))
    tabs = [{"label": str(e), "url": f"?edition={e.slug}", "active": e == edition} for e in editions]
    context = {
        "edition": edition, "rows": rows, "tabs": tabs, "q": request.GET.get("q", ""), "may_edit": _may_edit(request),
        "excluded": set(excluded.values_list("clause_id", flat=True)),
    }  # fmt: skip
    return render(request, "qms/clause_list.html", context)


@require_GET
@requires(Permission.MAPPING_VIEW)
def clause_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One clause: intent, interval, crosswalk, what counts, where it does not apply."""
    clause = get_object_or_404(
        Clause.objects.select_related("edition", "commitment", "parent", "edited_by__person"), pk=pk
    )
    exclusions = clause.exclusions.filter(site__in=_sites(request)).select_related("site", "approved_by")
    context = {
        "clause": clause, "may_edit": _may_edit(request), "crosswalk": coverage_page.crosswalk_of(clause),
        "exclusions": exclusions.order_by("-effective_from", "-pk"),
        "mappings": clause.mappings.filter(effective_to=None).order_by("kind", "subtype", "pk"),
    }  # fmt: skip
    return render(request, "qms/clause_detail.html", context)


@require_http_methods(["GET", "POST"])
@requires(Permission.CLAUSE_EDIT)
def clause_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Word a clause, or set its interval."""
    clause = get_object_or_404(Clause.objects.select_related("edition", "commitment"), pk=pk)
    form = ClauseForm(request.POST or None, instance=Clause.objects.get(pk=pk))
    back = reverse("qms:clause-detail", args=[pk])
    if request.method == "POST" and form.is_valid():
        service.edit_clause(
            clause, form.values(), by=cast(User, request.user), at=timezone.now(), reason=form.cleaned_data["reason"]
        )
        messages.success(request, _("Saved."))
        return redirect(back)
    return _form(request, form, _("Edit %s") % clause, back)


@require_http_methods(["GET", "POST"])
@requires(Permission.CLAUSE_EDIT)
def edition_edit(request: HttpRequest, slug: str) -> HttpResponse:
    """Dates, status and default of an edition."""
    edition = get_object_or_404(StandardEdition, slug=slug)
    form = EditionForm(request.POST or None, instance=StandardEdition.objects.get(pk=edition.pk))
    back = f"{reverse('qms:clause-list')}?edition={slug}"
    if request.method == "POST" and form.is_valid():
        service.edit_edition(edition, form.cleaned_data, by=cast(User, request.user), at=timezone.now())
        messages.success(request, _("Saved."))
        return redirect(back)
    return _form(request, form, _("Edit %s") % edition, back)


@require_http_methods(["GET", "POST"])
@requires(Permission.CLAUSE_EDIT)
def clause_exclude(request: HttpRequest, pk: int) -> HttpResponse:
    """Say that a clause does not apply at a site."""
    clause = get_object_or_404(Clause.objects.select_related("edition", "commitment"), pk=pk)
    user = cast(User, request.user)
    form = ExclusionForm(request.POST or None, user=user, initial={"effective_from": timezone.localdate()})
    back = reverse("qms:clause-detail", args=[pk])
    if request.method == "POST" and form.is_valid():
        try:
            service.exclude(clause, **form.cleaned_data, by=user, at=timezone.now())
            messages.success(request, _("Marked as not applicable."))
            return redirect(back)
        except service.CannotExclude as error:
            form.add_error(None, str(error))
    return _form(request, form, _("Not applicable: %s") % clause, back)


@require_http_methods(["GET", "POST"])
@requires(Permission.CLAUSE_EDIT)
def clause_include(request: HttpRequest, pk: int) -> HttpResponse:
    """End such a decision: the clause applies again."""
    row = get_object_or_404(
        Applicability.objects.select_related("clause__commitment", "site"), pk=pk, site__in=_sites(request)
    )
    form = EndExclusionForm(request.POST or None, exclusion=row, initial={"effective_to": timezone.localdate()})
    back = reverse("qms:clause-detail", args=[row.clause_id])
    if request.method == "POST" and form.is_valid():
        try:
            service.end_exclusion(row, **form.cleaned_data, by=cast(User, request.user), at=timezone.now())
            messages.success(request, _("The clause applies again."))
            return redirect(back)
        except service.CannotExclude as error:
            form.add_error(None, str(error))
    return _form(
        request, form, _("%(clause)s applies again at %(site)s") % {"clause": row.clause.label, "site": row.site}, back
    )


def _form(request: HttpRequest, form: Any, title: str, back: str) -> HttpResponse:
    return render(request, "components/form_page.html", {"form": form, "title": title, "cancel_url": back})


def _sites(request: HttpRequest) -> Any:
    return Site.objects.visible_to(cast(User, request.user))


def _may_edit(request: HttpRequest) -> bool:
    return cast(User, request.user).can(Permission.CLAUSE_EDIT)
