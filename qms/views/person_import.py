"""Import of people in four steps: file, columns, preview, result."""

from __future__ import annotations

import uuid
from typing import cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from qms.forms.person_import import ApplyForm, MappingForm, UploadForm
from qms.models import PersonImport, Site, User
from qms.permissions import Permission, is_elevated, requires
from qms.services import person_import as service
from qms.services.person_import_columns import FIELDS
from qms.services.person_import_plan import Plan, plan
from qms.services.sheet import SheetRefused, csv_response


def own_import(request: HttpRequest, uid: uuid.UUID) -> PersonImport:
    """The upload, if it is the user's own; 404 otherwise."""
    rows = PersonImport.objects.visible_to(cast(User, request.user)).select_related("site")
    return get_object_or_404(rows, uid=uid)


def may_create_areas(request: HttpRequest) -> bool:
    """Areas are made by administrators in an elevated session, here as everywhere."""
    return cast(User, request.user).can(Permission.SITE_EDIT) and is_elevated(request)


@require_http_methods(["GET", "POST"])
@requires(Permission.PERSON_EDIT)
def upload(request: HttpRequest) -> HttpResponse:
    """Step 1: the file."""
    user = cast(User, request.user)
    form = UploadForm(request.POST or None, request.FILES or None, user=user)
    if request.method == "POST" and form.is_valid():
        sent, site = form.cleaned_data["file"], form.cleaned_data["site"]
        try:
            begun = service.start(sent.file, file_name=sent.name, site=site, by=user, at=timezone.now())
        except SheetRefused as error:
            form.add_error("file", str(error))
        else:
            return redirect("qms:person-import-columns", begun.uid)
    recent = PersonImport.objects.visible_to(user).defer("rows", "outcome").order_by("-created_at", "-pk")[:5]
    context = {"form": form, "recent": recent, "fields": FIELDS.values(), "max_rows": service.MAX_ROWS, "step": 1}
    return render(request, "qms/person_import_upload.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
@requires(Permission.PERSON_EDIT)
def columns(request: HttpRequest, uid: uuid.UUID) -> HttpResponse:
    """Step 2: what the columns mean."""
    found = own_import(request, uid)
    if found.applied_at:
        return redirect("qms:person-import-result", found.uid)
    form = MappingForm(request.POST or None, person_import=found)
    if request.method == "POST" and form.is_valid():
        try:
            service.set_mapping(found, mapping=form.mapping())
        except service.MappingRefused as error:
            form.add_error(None, str(error))
        else:
            return redirect("qms:person-import-preview", found.uid)
    context = {"form": form, "import": found, "step": 2, "row_count": len(found.rows)}
    return render(request, "qms/person_import_columns.html", context, status=422 if form.errors else 200)


@require_GET
@requires(Permission.PERSON_EDIT)
def preview(request: HttpRequest, uid: uuid.UUID) -> HttpResponse:
    """Step 3: what would happen to every row. Changes nothing."""
    found = own_import(request, uid)
    if found.applied_at:
        return redirect("qms:person-import-result", found.uid)
    if "name" not in found.mapping:
        return redirect("qms:person-import-columns", found.uid)
    with_areas = request.GET.get("areas") == "1" and may_create_areas(request)
    planned = plan(found, by=cast(User, request.user), create_areas=with_areas)
    return render(request, "qms/person_import_preview.html", _preview(request, found, planned, with_areas=with_areas))


def _preview(request: HttpRequest, found: PersonImport, planned: Plan, *, with_areas: bool) -> dict[str, object]:
    here = reverse("qms:person-import-preview", args=[found.uid])
    sites = {site.pk: site for site in Site.objects.visible_to(cast(User, request.user)).order_by("pk")}
    left_out = [h or _("no heading") for h, name in zip(found.header, found.mapping, strict=True) if not name]
    return {
        "import": found, "plan": planned, "counts": service.counts(planned), "labels": FIELDS, "step": 3,
        "groups": [(name, planned.of(name)) for name in ("problem", "changed", "new", "unchanged")],
        "ready": len(planned.of("new", "changed")), "left_out": left_out, "with_areas": with_areas,
        "missing": [(sites[pk], sorted(names.values())) for pk, names in planned.missing_areas.items()],
        "may_create_areas": may_create_areas(request),
        "is_site_admin": cast(User, request.user).can(Permission.SITE_EDIT),
        "elevate_url": reverse("qms:elevate") + "?" + urlencode({"next": f"{here}?areas=1"}),
    }  # fmt: skip


@require_POST
@requires(Permission.PERSON_EDIT)
def apply(request: HttpRequest, uid: uuid.UUID) -> HttpResponse:
    """Step 4: import the rows, all or those chosen."""
    found = own_import(request, uid)
    form = ApplyForm(request.POST, lines=[line for line, _cells in found.rows])
    again = redirect("qms:person-import-preview", found.uid)
    if not form.is_valid():
        messages.error(request, _("The choice of rows could not be read. Nothing was imported; choose again."))
        return again
    if form.lines() == []:
        messages.error(request, _("No row is chosen. Tick the rows to import, or import all."))
        return again
    with_areas = form.cleaned_data["areas"] and may_create_areas(request)
    try:
        service.apply(
            found, by=cast(User, request.user), at=timezone.now(), digest=form.cleaned_data["digest"],
            lines=form.lines(), create_areas=with_areas,
        )  # fmt: skip
    except service.PlanChanged:
        messages.warning(request, _("Something changed since this preview. Nothing was imported; look at it again."))
        return again
    except service.AlreadyApplied:
        messages.info(request, _("This upload was imported before; this is its result."))
    return redirect("qms:person-import-result", found.uid)


@require_GET
@requires(Permission.PERSON_EDIT)
def result(request: HttpRequest, uid: uuid.UUID) -> HttpResponse:
    """What became of every row."""
    found = own_import(request, uid)
    if not found.applied_at:
        return redirect("qms:person-import-preview", found.uid)
    rows = found.outcome
    groups = [(s, [r for r in rows if r["status"] == s]) for s in ("problem", "skipped", "new", "changed", "unchanged")]
    context = {"import": found, "groups": groups, "counts": {s: len(r) for s, r in groups}, "step": 4}
    return render(request, "qms/person_import_result.html", context)


@require_GET
@requires(Permission.PERSON_EDIT)
def problems(request: HttpRequest, uid: uuid.UUID) -> HttpResponseBase:
    """The rows that cannot be, or were not, imported, as CSV with the reason; mend them there and upload them again."""
    found = own_import(request, uid)
    if found.applied_at:
        told = [(r["line"], r["messages"]) for r in found.outcome if r["status"] == "problem"]
    else:
        with_areas = request.GET.get("areas") == "1" and may_create_areas(request)
        planned = plan(found, by=cast(User, request.user), create_areas=with_areas).of("problem")
        told = [(row.line, [[m.why, m.what_to_do] for m in row.problems]) for row in planned]
    joined = [(line, [" ".join(m[0] for m in words), " ".join(m[1] for m in words)]) for line, words in told]
    header = [_("Line"), *found.header, _("Why not imported"), _("What to do")]
    return csv_response("people-not-imported", header, service.problem_rows(found, joined))
