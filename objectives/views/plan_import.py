"""Lists a plant already keeps: the file, what each row would become, entering the chosen ones."""

from __future__ import annotations

import uuid
from typing import cast

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from objectives.forms.plan_import import PlanColumnsForm, PlanUploadForm
from objectives.services import plan_import as service
from objectives.services.objective_import import MappingRefused
from objectives.services.plan_import_columns import TARGETS, Target
from qms.models import Job, User
from qms.permissions import Permission, requires
from qms.records import kind_of
from qms.services.sheet import SheetRefused
from qms.views.import_check import check_context, chosen_lines, problem_rows

OUTCOMES = ("new", "unchanged", "skipped", "problem")


def import_url(user: User, what: str) -> str:
    """Where who may enter such records imports a list of them; empty for others."""
    return reverse("objectives:plan-import", args=[what]) if user.can(TARGETS[what].permission) else ""


def list_url(target: Target) -> str:
    """The list the records come into."""
    return reverse(f"{kind_of(target.kind).url_stem}-list")


def allowed(request: HttpRequest, what: str) -> Target:
    """What the list becomes; 404 for no such list, 403 for who may not enter such records."""
    if what not in TARGETS:
        raise Http404
    target = TARGETS[what]
    if not cast(User, request.user).can(target.permission):
        raise PermissionDenied(target.permission.label)
    return target


@require_http_methods(["GET", "POST"])
@requires(Permission.ACTION_EDIT)
def plan_import(request: HttpRequest, what: str) -> HttpResponse:
    """Take the file; nothing is entered yet."""
    target, user = allowed(request, what), cast(User, request.user)
    form = PlanUploadForm(request.POST or None, request.FILES or None, user=user)
    if request.method == "POST" and form.is_valid():
        sent = form.cleaned_data["file"]
        try:
            kept = service.keep(
                what, form.cleaned_data["site"], sent.file, name=sent.name, by=user, at=timezone.now()
            )  # fmt: skip
        except SheetRefused as error:
            form.add_error("file", str(error))
        else:
            return redirect("objectives:plan-import-check", kept.uid)
    return render(request, "components/form_page.html", {
        "form": form, "title": target.label, "lead": target.lead, "submit_label": _("Look at it"),
        "cancel_url": list_url(target),
    }, status=422 if form.errors else 200)  # fmt: skip


def own_upload(request: HttpRequest, uid: uuid.UUID) -> tuple[Job, Target]:
    """The user's own upload and what it becomes; 404 or 403 otherwise."""
    user = cast(User, request.user)
    job = get_object_or_404(Job, uid=uid, kind=service.JOB_KIND, requested_by=user)
    if not user.has_all_sites and job.params["site"] not in user.visible_site_ids:
        raise Http404
    return job, allowed(request, job.params["what"])


def checked(request: HttpRequest, job: Job, target: Target) -> tuple[PlanColumnsForm, list[service.Row], str]:
    """The columns as the address has them, what each line would become, and why nothing can be told."""
    form = PlanColumnsForm(request.GET or None, target=target, header=job.params["header"])
    try:
        return form, service.check(job, form.mapping(), by=cast(User, request.user), at=timezone.now()), ""
    except MappingRefused as error:
        return form, [], str(error)


@require_http_methods(["GET", "POST"])
@requires(Permission.ACTION_EDIT)
def plan_import_check(request: HttpRequest, uid: uuid.UUID) -> HttpResponse:
    """What each line would become, by what the columns mean; a POST enters the chosen lines."""
    job, target = own_upload(request, uid)
    form, rows, refused = checked(request, job, target)
    if request.method == "POST" and not refused:
        lines = chosen_lines(request, rows)
        try:
            service.apply(job, form.mapping(), lines, by=cast(User, request.user), at=timezone.now())
        except service.AlreadyApplied as error:
            messages.info(request, str(error))
        except ValidationError as error:
            messages.error(request, _("Nothing was imported. %s") % " ".join(error.messages))
        else:
            messages.success(request, Job.objects.get(pk=job.pk).message)
            return redirect(list_url(target))
    context = check_context(
        request, job, form=form, rows=rows, refused=refused, outcomes=OUTCOMES, take_label=_("Take it"),
        again_url=reverse("objectives:plan-import", args=[job.params["what"]]),
        problems_url=reverse("objectives:plan-import-problems", args=[job.uid]),
    )  # fmt: skip
    context |= {"target": target, "crumbs": [(kind_of(target.kind).label_plural, list_url(target))]}
    return render(request, "objectives/plan_import_check.html", context)


@require_GET
@requires(Permission.ACTION_EDIT)
def plan_import_problems(request: HttpRequest, uid: uuid.UUID) -> HttpResponseBase:
    """The lines that cannot be entered, as CSV with the reason; mend them there and upload them again."""
    job, target = own_upload(request, uid)
    _form, rows, _refused = checked(request, job, target)
    told = ((row, " ".join(row.problems)) for row in rows if row.outcome == "problem")
    return problem_rows("rows-not-entered", job, _("Why not entered"), told)
