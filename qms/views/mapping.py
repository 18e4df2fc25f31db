"""Mappings: table, editor with a preview of consequences, ending, history, export."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, cast

from django.contrib import messages
from django.db.models import F, Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from qms.forms.mapping import MappingEndForm, MappingFilterForm, MappingForm, MappingRuleForm
from qms.models import ClauseMapping, Job, Site, StandardEdition, User
from qms.permissions import Permission, requires
from qms.services import mapping as service
from qms.services import mapping_sheet, record_list, sheet
from qms.services.mapping_preview import Proposal, preview

Save = Callable[[datetime], ClauseMapping]


@require_GET
@requires(Permission.MAPPING_VIEW)
def mapping_list(request: HttpRequest) -> HttpResponse:
    """Every mapping by kind and clause, with filters."""
    form = MappingFilterForm(request.GET, editions=list(StandardEdition.objects.order_by("-is_default", "pk")))
    rows = list(filtered(form))
    context = {"form": form, "rows": rows, "may_edit": cast(User, request.user).can(Permission.MAPPING_EDIT)}
    return render(request, "qms/mapping_list.html", context)


@require_GET
@requires(Permission.MAPPING_VIEW)
def mapping_export(request: HttpRequest) -> HttpResponseBase:
    """The table as shown, in the columns the import reads."""
    form = MappingFilterForm(request.GET, editions=list(StandardEdition.objects.order_by("pk")))
    user = cast(User, request.user)
    record_list.note_export(user, "mappings", at=timezone.now(), filters=request.GET.urlencode())
    send = sheet.xlsx_response if request.GET.get("format") == "xlsx" else sheet.csv_response
    return send("mappings", list(mapping_sheet.COLUMNS), [mapping_sheet.cells_of(row) for row in filtered(form)])


@require_GET
@requires(Permission.MAPPING_VIEW)
def mapping_history(request: HttpRequest, pk: int) -> HttpResponse:
    """All versions of one rule, newest first."""
    found = get_object_or_404(_rows(), pk=pk)
    rows = service.history(found)
    current = next((row for row in rows if row.effective_to is None), None)
    context = {
        "mapping": found,
        "rows": rows,
        "current": current,
        "may_edit": cast(User, request.user).can(Permission.MAPPING_EDIT),
    }
    return render(request, "qms/mapping_history.html", context)


@require_http_methods(["GET", "POST"])
@requires(Permission.MAPPING_EDIT)
def mapping_new(request: HttpRequest) -> HttpResponse:
    """Let a kind of record count for a clause."""
    form = MappingForm(request.POST or None, initial={"effective_from": timezone.localdate()})
    if not (request.method == "POST" and form.is_valid()):
        return _form(request, form, _("Map a kind of record to a clause"), reverse("qms:mapping-list"))
    (kind, subtype, clause), data = form.target(), form.cleaned_data
    proposal = Proposal(kind, subtype, clause, form.rule(), data["effective_from"])
    save = lambda at: service.open_mapping(  # noqa: E731  called once, below
        kind, subtype, clause, form.rule(), effective_from=data["effective_from"], reason=data["reason"],
        by=cast(User, request.user), at=at,
    )  # fmt: skip
    return _preview_or_save(
        request, form, proposal, save, _("Map a kind of record to a clause"), reverse("qms:mapping-list")
    )


@require_http_methods(["GET", "POST"])
@requires(Permission.MAPPING_EDIT)
def mapping_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Change the rule of a mapping from a day on."""
    found = get_object_or_404(_rows(), pk=pk)
    back, title = reverse("qms:mapping-history", args=[pk]), _("Change: %s") % mapping_sheet.name_of(found)
    form = MappingRuleForm(
        request.POST or None, initial={**service.Rule.of(found).facts(), "effective_from": timezone.localdate()}
    )
    if not (request.method == "POST" and form.is_valid()):
        return _form(request, form, title, back)
    data = form.cleaned_data
    proposal = Proposal(found.kind, found.subtype, found.clause, form.rule(), data["effective_from"], found)
    save = lambda at: service.change(  # noqa: E731  called once, below
        found, form.rule(), effective_from=data["effective_from"], reason=data["reason"], by=cast(User, request.user),
        at=at,
    )  # fmt: skip
    return _preview_or_save(request, form, proposal, save, title, back)


@require_http_methods(["GET", "POST"])
@requires(Permission.MAPPING_EDIT)
def mapping_end(request: HttpRequest, pk: int) -> HttpResponse:
    """Let a mapping end on a day."""
    found = get_object_or_404(_rows(), pk=pk)
    back, title = reverse("qms:mapping-history", args=[pk]), _("End: %s") % mapping_sheet.name_of(found)
    form = MappingEndForm(request.POST or None, initial={"effective_from": timezone.localdate()})
    if not (request.method == "POST" and form.is_valid()):
        return _form(request, form, title, back)
    data = form.cleaned_data
    proposal = Proposal(found.kind, found.subtype, found.clause, None, data["effective_from"], found)
    save = lambda at: service.end(  # noqa: E731  called once, below
        found, effective_to=data["effective_from"], reason=data["reason"], by=cast(User, request.user), at=at
    )
    return _preview_or_save(request, form, proposal, save, title, back)


def filtered(form: MappingFilterForm) -> QuerySet[Any]:
    """The rows the filters leave, by kind and clause."""
    rows = _rows().order_by(
        "kind",
        "subtype",
        "-clause__edition__is_default",
        "clause__edition_id",
        "clause__sort_key",
        "-effective_from",
        "-pk",
    )
    state, today = form.value("state"), timezone.localdate()
    if state == "ended":
        rows = rows.filter(effective_to__lte=today)
    elif state != "all":
        rows = rows.filter(Q(effective_to=None) | Q(effective_to__gt=today))
    if form.value("kind"):
        rows = rows.filter(kind=form.value("kind"))
    if form.value("edition"):
        rows = rows.filter(clause__edition__slug=form.value("edition"))
    for word in form.value("q").split():
        rows = rows.filter(
            Q(clause__number__startswith=word) | Q(clause__title__icontains=word) | Q(subtype__icontains=word)
        )
    return rows


def _rows() -> QuerySet[Any]:
    return ClauseMapping.objects.select_related("clause__edition", "clause__commitment").annotate(
        interval=F("clause__max_age_days")
    )


def _form(request: HttpRequest, form: Any, title: str, back: str, seen: Any = None, status: int = 200) -> HttpResponse:
    context = {"form": form, "title": title, "cancel_url": back, "preview": seen}
    return render(request, "components/preview_form.html", context, status=status)


def _preview_or_save(
    request: HttpRequest, form: Any, proposal: Proposal, save: Save, title: str, back: str
) -> HttpResponse:
    """The first submit shows what would happen; the second one, marked as confirmed, does it."""
    if request.POST.get("confirmed"):
        at = timezone.now()
        try:
            saved = save(at)
        except service.MappingRefused as error:
            form.add_error(None, str(error))
            return _form(request, form, title, back)
        job = Job.objects.filter(kind=service.JOB_KIND, requested_by=cast(User, request.user), created_at=at).first()
        messages.success(
            request, _("Saved. Records are being linked again.") if job else _("Saved. Coverage follows at once.")
        )
        return redirect("qms:job", job.uid) if job else redirect("qms:mapping-history", saved.pk)
    sites = list(Site.objects.visible_to(cast(User, request.user)).active().order_by("name", "pk"))
    return _form(request, form, title, back, preview(proposal, sites=sites, today=timezone.localdate()))
