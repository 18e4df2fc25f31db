"""Mappings from a table: dry run first, then all lines or the chosen ones."""

from __future__ import annotations

import uuid
from typing import cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from qms.forms.mapping import MappingImportForm
from qms.models import Job, User
from qms.permissions import Permission, requires
from qms.services import mapping_sheet
from qms.services.mapping import MappingRefused
from qms.services.sheet import SheetRefused, read_sheet


@require_http_methods(["GET", "POST"])
@requires(Permission.MAPPING_EDIT)
def mapping_import(request: HttpRequest) -> HttpResponse:
    """Take the file and check it; nothing takes effect yet."""
    form = MappingImportForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        upload = form.cleaned_data["file"]
        try:
            rows = mapping_sheet.check(read_sheet(upload), today=timezone.localdate())
        except (SheetRefused, MappingRefused) as error:
            form.add_error("file", str(error))
        else:
            job = mapping_sheet.keep(rows, name=upload.name, by=cast(User, request.user), at=timezone.now())
            return redirect("qms:mapping-import-check", job.uid)
    return render(request, "qms/mapping_import.html", {"form": form})


@require_http_methods(["GET", "POST"])
@requires(Permission.MAPPING_EDIT)
def mapping_import_check(request: HttpRequest, uid: uuid.UUID) -> HttpResponse:
    """What each line would do; a POST does the chosen ones."""
    job = get_object_or_404(Job, uid=uid, kind=mapping_sheet.JOB_KIND, requested_by=request.user)
    rows = mapping_sheet.kept_rows(job)
    if request.method == "POST" and job.status == Job.Status.QUEUED:
        lines = [int(line) for line in request.POST.getlist("line") if line.isdecimal()]
        try:
            done, relinking = mapping_sheet.apply(
                job, lines, today=timezone.localdate(), by=cast(User, request.user), at=timezone.now()
            )
        except MappingRefused as error:
            messages.error(request, str(error))
            return redirect("qms:mapping-import-check", uid)
        messages.success(request, ngettext("%d mapping imported.", "%d mappings imported.", done) % done)
        return redirect("qms:job", relinking.uid) if relinking else redirect("qms:mapping-list")
    context = {"job": job, "rows": rows, "counts": mapping_sheet.counts(rows),
               "is_open": job.status == Job.Status.QUEUED,
               "has_usable": any(row.is_usable for row in rows), "title": _("Check before importing")}  # fmt: skip
    return render(request, "qms/mapping_import_check.html", context)
