"""Import of a risk register in six steps: file, sheet, columns, words, preview, result."""

from __future__ import annotations

import uuid
from typing import cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from objectives.forms.risk_import import ApplyForm, MappingForm, RiskUploadForm, SheetForm, WordsForm
from objectives.models import RiskImport
from objectives.services import risk_import as service
from objectives.services.risk_import_columns import FIELDS
from objectives.services.risk_import_plan import plan, questions, scale_of
from qms.models import User
from qms.permissions import Permission, requires
from qms.services.sheet import SheetRefused, csv_response


def own_import(request: HttpRequest, uid: uuid.UUID) -> RiskImport:
    """The upload, if it is the user's own; 404 otherwise."""
    rows = RiskImport.objects.visible_to(cast(User, request.user)).select_related("site")
    return get_object_or_404(rows, uid=uid)


@require_http_methods(["GET", "POST"])
@requires(Permission.RISK_EDIT)
def upload(request: HttpRequest) -> HttpResponse:
    """Step 1: the file."""
    user = cast(User, request.user)
    form = RiskUploadForm(request.POST or None, request.FILES or None, user=user)
    if request.method == "POST" and form.is_valid():
        sent, site = form.cleaned_data["file"], form.cleaned_data["site"]
        try:
            begun = service.start(sent.file, file_name=sent.name, site=site, by=user, at=timezone.now())
        except SheetRefused as error:
            form.add_error("file", str(error))
        else:
            return redirect("objectives:risk-import-sheet", begun.uid)
    recent = RiskImport.objects.visible_to(user).defer("sheets", "outcome").order_by("-created_at", "-pk")[:5]
    context = {"form": form, "recent": recent, "fields": FIELDS.values(), "max_rows": service.MAX_ROWS, "step": 1}
    return render(request, "objectives/risk_import_upload.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
@requires(Permission.RISK_EDIT)
def sheet_step(request: HttpRequest, uid: uuid.UUID) -> HttpResponse:
    """Step 2: which sheet, and where its headings stand."""
    found = own_import(request, uid)
    if found.applied_at:
        return redirect("objectives:risk-import-result", found.uid)
    form = SheetForm(request.POST or None, risk_import=found)
    if request.method == "POST" and form.is_valid():
        try:
            service.set_sheet(found, **form.cleaned_data)
        except service.MappingRefused as error:
            form.add_error("header_line", str(error))
        else:
            return redirect("objectives:risk-import-columns", found.uid)
    context = {"form": form, "import": found, "step": 2}
    return render(request, "objectives/risk_import_sheet.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
@requires(Permission.RISK_EDIT)
def columns(request: HttpRequest, uid: uuid.UUID) -> HttpResponse:
    """Step 3: what the columns mean."""
    found = own_import(request, uid)
    if found.applied_at:
        return redirect("objectives:risk-import-result", found.uid)
    form = MappingForm(request.POST or None, risk_import=found)
    if request.method == "POST" and form.is_valid():
        try:
            service.set_mapping(found, mapping=form.mapping())
        except service.MappingRefused as error:
            form.add_error(None, str(error))
        else:
            return redirect("objectives:risk-import-words", found.uid)
    context = {"form": form, "import": found, "step": 3, "row_count": len(found.rows)}
    return render(request, "objectives/risk_import_columns.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
@requires(Permission.RISK_EDIT)
def words(request: HttpRequest, uid: uuid.UUID) -> HttpResponse:
    """Step 4: what the words among the numbers mean, and who the names are."""
    found, user = own_import(request, uid), cast(User, request.user)
    if found.applied_at:
        return redirect("objectives:risk-import-result", found.uid)
    asked = questions(found, by=user)
    form = WordsForm(request.POST or None, user=user, scale=scale_of(found), asked=asked, chosen=found.words)
    if request.method == "POST" and form.is_valid():
        service.set_words(found, words=form.words())
        return redirect("objectives:risk-import-preview", found.uid)
    context = {"form": form, "import": found, "step": 4, "asked": asked}
    return render(request, "objectives/risk_import_words.html", context, status=422 if form.errors else 200)


@require_GET
@requires(Permission.RISK_EDIT)
def preview(request: HttpRequest, uid: uuid.UUID) -> HttpResponse:
    """Step 5: what would happen to every row. Changes nothing."""
    found = own_import(request, uid)
    if found.applied_at:
        return redirect("objectives:risk-import-result", found.uid)
    if "title" not in found.mapping:
        return redirect("objectives:risk-import-columns", found.uid)
    planned = plan(found, by=cast(User, request.user))
    return render(request, "objectives/risk_import_preview.html", {
        "import": found, "plan": planned, "counts": planned.counts, "step": 5, "left_out": service.left_out(found),
        "groups": [(name, planned.of(name)) for name in ("problem", "new", "unchanged")],
        "ready": len(planned.of("new")),
    })  # fmt: skip


@require_POST
@requires(Permission.RISK_EDIT)
def apply(request: HttpRequest, uid: uuid.UUID) -> HttpResponse:
    """Step 6: import the rows, all or those chosen."""
    found = own_import(request, uid)
    form = ApplyForm(request.POST, lines=[line for line, _cells in found.rows])
    again = redirect("objectives:risk-import-preview", found.uid)
    if not form.is_valid():
        messages.error(request, _("The choice of rows could not be read. Nothing was imported; choose again."))
        return again
    if form.lines() == []:
        messages.error(request, _("No row is chosen. Tick the rows to import, or import all."))
        return again
    try:
        service.apply(
            found, by=cast(User, request.user), at=timezone.now(), digest=form.cleaned_data["digest"],
            lines=form.lines(),
        )  # fmt: skip
    except service.PlanChanged:
        messages.warning(request, _("Something changed since this preview. Nothing was imported; look at it again."))
        return again
    except service.AlreadyApplied:
        messages.info(request, _("This upload was imported before; this is its result."))
    return redirect("objectives:risk-import-result", found.uid)


@require_GET
@requires(Permission.RISK_EDIT)
def result(request: HttpRequest, uid: uuid.UUID) -> HttpResponse:
    """What became of every row."""
    found = own_import(request, uid)
    if not found.applied_at:
        return redirect("objectives:risk-import-preview", found.uid)
    rows = found.outcome
    groups = [(s, [r for r in rows if r["status"] == s]) for s in ("problem", "new", "unchanged", "skipped")]
    context = {"import": found, "groups": groups, "counts": {s: len(r) for s, r in groups}, "step": 6}
    return render(request, "objectives/risk_import_result.html", context)


@require_GET
@requires(Permission.RISK_EDIT)
def problems(request: HttpRequest, uid: uuid.UUID) -> HttpResponseBase:
    """The rows that cannot be, or were not, imported, as CSV with the reason; mend them there and upload them again."""
    found = own_import(request, uid)
    of = None if found.applied_at else plan(found, by=cast(User, request.user))
    header = [_("Line"), *found.header, _("Why not imported"), _("What to do")]
    return csv_response("risks-not-imported", header, service.problem_rows(found, of))
