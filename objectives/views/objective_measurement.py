"""What is measured for an objective: one value by hand, a table of values, and the decisions misses ask for."""

from __future__ import annotations

import uuid
from typing import cast

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from objectives.forms.objective import DecisionForm, MeasurementForm
from objectives.forms.objective_import import ColumnsForm, MeasurementFileForm
from objectives.models import Objective, ObjectiveDecision
from objectives.services import objective_decision, objective_import, objective_measurement
from objectives.views.objective import STEM, may_work_on, to_work_on
from qms.models import Job, User, site_today
from qms.permissions import Permission, requires
from qms.services.sheet import SheetRefused
from qms.views.api_token import issued_for
from qms.views.import_check import check_context, chosen_lines, problem_rows
from qms.views.record_page import page_url


@require_http_methods(["GET", "POST"])
@requires(Permission.OBJECTIVE_EDIT)
def objective_measure(request: HttpRequest, pk: int) -> HttpResponse:
    """Record the value of a day, or correct it."""
    objective = to_work_on(request, pk)
    initial = {"measured_on": site_today(objective.site)}
    form = MeasurementForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            objective_measurement.record_measurement(
                objective, by=cast(User, request.user), at=timezone.now(), **form.cleaned_data
            )
        except (ValidationError, objective_measurement.CannotMeasure) as error:
            form.add_error(None, error if isinstance(error, ValidationError) else str(error))
        else:
            messages.success(request, _("Recorded."))
            return redirect(page_url(request, objective))
    return render(request, "components/form_page.html", {
        "form": form, "title": _("Measure %s") % objective.reference, "submit_label": _("Record"),
        "lead": _("%(measure)s, in %(unit)s") % {"measure": objective.measure, "unit": objective.unit},
        "cancel_url": page_url(request, objective),
    })  # fmt: skip


@require_http_methods(["GET", "POST"])
@requires(Permission.OBJECTIVE_EDIT)
def objective_import_file(request: HttpRequest, pk: int) -> HttpResponse:
    """Take the table; nothing is recorded yet."""
    objective = to_work_on(request, pk)
    form = MeasurementFileForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        sent = form.cleaned_data["file"]
        try:
            kept = objective_import.keep(
                objective, sent.file, name=sent.name, by=cast(User, request.user), at=timezone.now()
            )
        except SheetRefused as error:
            form.add_error("file", str(error))
        else:
            return redirect(f"{STEM}-import-check", kept.uid)
    return render(request, "components/form_page.html", {
        "form": form, "title": _("Import measurements"), "submit_label": _("Look at it"),
        "lead": f"{objective.reference} {objective.title}", "cancel_url": page_url(request, objective),
    })  # fmt: skip


@never_cache
@require_http_methods(["GET", "POST"])
@requires(Permission.API_USE)
def objective_token(request: HttpRequest, pk: int) -> HttpResponse:
    """A token with which a machine sends this objective's measurements in my name."""
    objective = to_work_on(request, pk)
    return issued_for(request, objective, back_url=page_url(request, objective))


def own_upload(request: HttpRequest, uid: uuid.UUID) -> tuple[Job, Objective]:
    """The user's own upload and the objective it is for; 404 or 403 otherwise."""
    user = cast(User, request.user)
    job = get_object_or_404(Job, uid=uid, kind=objective_import.JOB_KIND, requested_by=user)
    return job, to_work_on(request, job.params["objective"])


def checked(
    request: HttpRequest, job: Job, objective: Objective
) -> tuple[ColumnsForm, list[objective_import.Row], str]:  # fmt: skip
    """The columns as the address has them, what each line would do, and why nothing can be told."""
    form = ColumnsForm(request.GET or None, header=job.params["header"])
    try:
        return form, objective_import.check(objective, job, form.mapping(), at=timezone.now()), ""
    except objective_import.MappingRefused as error:
        return form, [], str(error)


@require_http_methods(["GET", "POST"])
@requires(Permission.OBJECTIVE_EDIT)
def objective_import_check(request: HttpRequest, uid: uuid.UUID) -> HttpResponse:
    """What each line would do, by what the columns mean; a POST records the chosen lines."""
    job, objective = own_upload(request, uid)
    form, rows, refused = checked(request, job, objective)
    if request.method == "POST" and not refused and job.status == Job.Status.QUEUED:
        lines = chosen_lines(request, rows)
        try:
            done = objective_import.apply(
                objective, job, form.mapping(), lines, by=cast(User, request.user), at=timezone.now()
            )
        except objective_measurement.CannotMeasure as error:
            messages.error(request, str(error))
        else:
            messages.success(request, ngettext("%d value recorded.", "%d values recorded.", done) % done)
            return redirect(page_url(request, objective))
    context = check_context(
        request, job, form=form, rows=rows, refused=refused, outcomes=("new", "changed", "unchanged", "problem"),
        take_label=_("Record"), again_url=reverse(f"{STEM}-import", args=[objective.pk]),
        problems_url=reverse(f"{STEM}-import-problems", args=[job.uid]),
    )  # fmt: skip
    context |= {"objective": objective, "back_url": page_url(request, objective)}
    return render(request, "objectives/objective_import_check.html", context)


@require_GET
@requires(Permission.OBJECTIVE_EDIT)
def objective_import_problems(request: HttpRequest, uid: uuid.UUID) -> HttpResponseBase:
    """The lines that cannot be recorded, as CSV with the reason; mend them there and upload them again."""
    job, objective = own_upload(request, uid)
    _form, rows, _refused = checked(request, job, objective)
    told = ((row, row.message) for row in rows if row.outcome == "problem")
    return problem_rows("measurements-not-recorded", job, _("Why not recorded"), told)


@require_http_methods(["GET", "POST"])
@requires(Permission.OBJECTIVE_EDIT)
def objective_decide(request: HttpRequest, pk: int) -> HttpResponse:
    """Answer the open decision of an objective."""
    objective = to_work_on(request, pk)
    decision = objective.decisions.filter(decided_at=None).first()
    if decision is None:
        messages.info(request, _("No decision is open."))
        return redirect(page_url(request, objective))
    form = DecisionForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            decided = objective_decision.decide(
                decision, by=cast(User, request.user), at=timezone.now(), **form.cleaned_data
            )
        except objective_decision.NothingToDecide as error:
            messages.info(request, str(error))
            return redirect(page_url(request, objective))
        return redirect(next_step(request, objective, decided))
    return render(request, "components/form_page.html", {
        "form": form, "title": _("Decide on %s") % objective.reference, "lead": decision.asked_because,
        "submit_label": _("Decide"), "cancel_url": page_url(request, objective),
    })  # fmt: skip


def next_step(request: HttpRequest, objective: Objective, decided: ObjectiveDecision) -> str:
    """Where the decision is carried out."""
    user = cast(User, request.user)
    if decided.choice == ObjectiveDecision.Choice.ACT:
        return f"{reverse('objectives:improvement-action-new')}?source={objective.uid}"
    if decided.choice == ObjectiveDecision.Choice.CHANGE_TARGET and user.can(Permission.OBJECTIVE_APPROVE):
        return reverse(f"{STEM}-target", args=[objective.pk])
    if decided.choice == ObjectiveDecision.Choice.DROP and may_work_on(user, objective):
        return reverse(f"{STEM}-move", args=[objective.pk, "drop"])
    return page_url(request, objective)
