"""The whole system's trail, and whether it is intact."""

from __future__ import annotations

from typing import cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from qms.forms.trail import TrailFilterForm
from qms.models import Checkpoint, Job, User
from qms.permissions import Permission, requires
from qms.services import record_list, sheet, timeline, trail_check, trail_list

XLSX_ROWS = 50_000


@require_GET
@requires(Permission.TRAIL_VIEW)
def trail(request: HttpRequest) -> HttpResponse:
    """Everything that happened and that the reader may see, newest first."""
    form = TrailFilterForm(request.GET)
    entries = trail_list.filtered(trail_list.visible_to(cast(User, request.user)), form.values())
    page = record_list.page_of(
        entries.select_related("by", "record"),
        sort="-id", after=request.GET.get("after", ""), before=request.GET.get("before", ""),
    )  # fmt: skip
    lines = list(timeline.readable(page.rows))
    about = trail_list.about_words((entry for entry, _line in lines), cast(User, request.user))
    rows = [(entry, line, words) for (entry, line), words in zip(lines, about, strict=True)]
    return render(request, "qms/trail_list.html", {"form": form, "page": page, "rows": rows})


@require_GET
@requires(Permission.TRAIL_VIEW)
def trail_export(request: HttpRequest) -> HttpResponseBase:
    """What the list shows, with every hash, as CSV or (at most 50,000 rows) XLSX."""
    user = cast(User, request.user)
    entries = trail_list.filtered(trail_list.visible_to(user), TrailFilterForm(request.GET).values())
    record_list.note_export(user, "trail", at=timezone.now(), filters=request.GET.urlencode())
    if request.GET.get("format") == "xlsx":
        newest = entries.order_by("-pk").values("pk")[:XLSX_ROWS]
        rows = trail_list.export_rows(entries.filter(pk__gte=min((row["pk"] for row in newest), default=0)))
        return sheet.xlsx_response("trail", trail_list.HEADER, rows)
    return sheet.csv_response("trail", trail_list.HEADER, trail_list.export_rows(entries))


@require_http_methods(["GET", "POST"])
@requires(Permission.TRAIL_VIEW)
def trail_check_page(request: HttpRequest) -> HttpResponse:
    """Checkpoints, triggers and the result of the last check; POST has a worker check everything anew."""
    user = cast(User, request.user)
    if request.method == "POST":
        trail_check.request_check(by=user, at=timezone.now())
        messages.success(request, _("The check has started; this page shows its result."))
        return redirect("qms:trail-check")
    checkpoints = record_list.page_of(
        Checkpoint.objects.all(),
        sort="-id", after=request.GET.get("after", ""), before=request.GET.get("before", ""),
    )  # fmt: skip
    last = Job.objects.filter(kind=trail_check.CHECK).select_related("requested_by__person").order_by("-pk").first()
    context = {"job": last, "page": checkpoints, "missing": trail_check.missing_triggers()}
    return render(request, "qms/trail_check.html", context)
