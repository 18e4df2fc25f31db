"""Routines from a calendar file: the file, a look at what each entry would become, proposing the chosen ones."""

from __future__ import annotations

import uuid
from typing import cast

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from leadership.forms.routine_import import EntryForm, RoutineFileForm
from leadership.models import ActivityType
from leadership.services import routine_import as service
from qms.models import Job, Person, User
from qms.permissions import Permission, requires


@require_http_methods(["GET", "POST"])
@requires(Permission.STANDARD_WORK_EDIT)
def routine_import(request: HttpRequest) -> HttpResponse:
    """Take the calendar; nothing is proposed yet."""
    user = cast(User, request.user)
    form = RoutineFileForm(request.POST or None, request.FILES or None, user=user)
    if request.method == "POST" and form.is_valid():
        sent = form.cleaned_data["file"]
        facts = {"leader": form.cleaned_data["leader"], "by": user, "at": timezone.now()}
        try:
            kept = service.keep(form.cleaned_data["site"], sent.file, name=sent.name, **facts)
        except service.CannotRead as error:
            form.add_error("file", str(error))
        else:
            return redirect("leadership:routine-import-check", kept.uid)
    return render(request, "components/form_page.html", {
        "form": form, "title": _("Import routines from a calendar"), "submit_label": _("Look at it"),
        "lead": _("What already comes back in the calendar is where standard work begins. You see every entry first."),
        "cancel_url": reverse("leadership:routine-list"),
    }, status=422 if form.errors else 200)  # fmt: skip


@require_http_methods(["GET", "POST"])
@requires(Permission.STANDARD_WORK_EDIT)
def routine_import_check(request: HttpRequest, uid: uuid.UUID) -> HttpResponse:
    """What each entry would become; a POST proposes the chosen ones."""
    user = cast(User, request.user)
    job = get_object_or_404(Job, uid=uid, kind=service.JOB_KIND, requested_by=user)
    kinds = list(ActivityType.objects.active().in_order())
    entries = service.entries_of(job)
    data = request.POST if request.method == "POST" else None
    forms = [EntryForm(data, entry=entry, kinds=kinds) for entry in entries if not entry.problem]
    if data is not None and not [form for form in forms if not form.is_valid()]:
        chosen = {form.entry.line: form.cleaned_data["kind"] for form in forms if form.cleaned_data["is_chosen"]}
        try:
            service.apply(job, chosen=chosen, by=user, at=timezone.now())
        except service.AlreadyApplied as error:
            messages.info(request, str(error))
        except ValidationError as error:
            messages.error(request, _("Nothing was imported. %s") % " ".join(error.messages))
        else:
            return redirect("leadership:routine-list")
    return render(request, "leadership/routine_import_check.html", {
        "job": job, "forms": forms, "problems": [entry for entry in entries if entry.problem],
        "leader": Person.objects.get(pk=job.params["leader"]), "is_open": job.status == Job.Status.QUEUED,
    }, status=422 if any(form.errors for form in forms) else 200)  # fmt: skip
