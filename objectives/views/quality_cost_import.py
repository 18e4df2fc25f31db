"""Quality costs from a table: the file, a look at what each line would do, posting the chosen lines."""

from __future__ import annotations

import uuid
from typing import cast

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from objectives.forms.quality_cost_import import CostColumnsForm, CostFileForm
from objectives.services import quality_cost_import as service
from objectives.services.quality_cost import MonthConfirmed
from objectives.views.quality_cost import STEM
from qms.models import Job, Site, User
from qms.permissions import Permission, requires
from qms.services.sheet import SheetRefused
from qms.views.import_check import check_context, chosen_lines, problem_rows

SHOWN = 500
"""Lines on the page; all of them can be posted, and the ticks choose among those shown."""


@require_http_methods(["GET", "POST"])
@requires(Permission.COST_EDIT)
def import_file(request: HttpRequest) -> HttpResponse:
    """Take the table; nothing is posted yet."""
    user = cast(User, request.user)
    form = CostFileForm(request.POST or None, request.FILES or None, user=user)
    if request.method == "POST" and form.is_valid():
        sent, site = form.cleaned_data["file"], form.cleaned_data["site"]
        try:
            kept = service.keep(site, sent.file, name=sent.name, by=user, at=timezone.now())
        except SheetRefused as error:
            form.add_error("file", str(error))
        else:
            return redirect(f"{STEM}-import-check", kept.uid)
    return render(request, "components/form_page.html", {
        "form": form, "title": _("Import quality costs"), "submit_label": _("Look at it"),
        "lead": _("CSV or Excel from your books. You see what every line would do before anything is posted."),
        "cancel_url": reverse("objectives:quality-cost"),
    })  # fmt: skip


def own_upload(request: HttpRequest, uid: uuid.UUID) -> tuple[Job, Site]:
    """The user's own upload and the site it is for; 404 otherwise."""
    user = cast(User, request.user)
    job = get_object_or_404(Job, uid=uid, kind=service.JOB_KIND, requested_by=user)
    site = next((one for one in user.visible_sites if one.pk == job.params["site"]), None)
    if site is None:
        raise Http404
    return job, site


def checked(request: HttpRequest, job: Job, site: Site) -> tuple[CostColumnsForm, service.Check, str]:
    """The columns as the address has them, what each line would do, and why nothing can be told."""
    form = CostColumnsForm(request.GET or None, header=job.params["header"])
    try:
        return form, service.check(site, job, form.mapping(), at=timezone.now()), ""
    except service.MappingRefused as error:
        return form, service.Check([], []), str(error)


@require_http_methods(["GET", "POST"])
@requires(Permission.COST_EDIT)
def import_check(request: HttpRequest, uid: uuid.UUID) -> HttpResponse:
    """What each line would do, by what the columns mean; a POST posts the chosen lines."""
    job, site = own_upload(request, uid)
    form, found, refused = checked(request, job, site)
    if request.method == "POST" and not refused:
        try:
            service.apply(
                site, job, form.mapping(), chosen_lines(request, found.rows), opening=request.POST.getlist("account"),
                by=cast(User, request.user), at=timezone.now(),
            )  # fmt: skip
        except service.AlreadyApplied:
            messages.info(request, _("This upload was posted before. Upload the file again to post it again."))
        except (MonthConfirmed, ValidationError) as error:
            words = " ".join(error.messages) if isinstance(error, ValidationError) else str(error)
            messages.error(request, _("Nothing was posted. %s") % words)
        else:
            messages.success(request, job.message)
            return redirect("objectives:quality-cost")
    rows = [row for name in service.OUTCOMES for row in found.of(name)]  # lines with a problem first
    context = check_context(
        request, job, form=form, rows=rows, refused=refused, outcomes=service.OUTCOMES, take_label=_("Post"),
        again_url=reverse(f"{STEM}-import"), problems_url=reverse(f"{STEM}-import-problems", args=[job.uid]),
    )  # fmt: skip
    context |= {"site": site, "rows": rows[:SHOWN], "row_count": len(rows), "new_accounts": found.new_accounts}
    return render(request, "objectives/quality_cost_import_check.html", context)


@require_GET
@requires(Permission.COST_EDIT)
def import_problems(request: HttpRequest, uid: uuid.UUID) -> HttpResponseBase:
    """The lines that cannot be posted, as CSV with the reason; mend them there and upload them again."""
    job, site = own_upload(request, uid)
    _form, found, _refused = checked(request, job, site)
    told = ((row, row.message) for row in found.of("problem"))
    return problem_rows("quality-costs-not-posted", job, _("Why not posted"), told)
