"""One's own planned times: this week and next, what was missed, explaining and moving one."""

from __future__ import annotations

import uuid
from datetime import date, timedelta
from typing import cast

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from leadership.forms.routine import ExplainForm, ReplanForm
from leadership.models import Activity, Occurrence
from leadership.services import adherence
from leadership.services import occurrence as service
from leadership.services.home import local_today
from leadership.views.standard_work import tabs_of
from qms.forms.record_form import explain as explain_refusal
from qms.models import User
from qms.permissions import Permission, requires
from qms.services.record import CannotChange
from qms.views.record_form import REFUSED

AHEAD = timedelta(days=13)
MOST_MISSED = 30


@require_GET
@requires(Permission.STANDARD_WORK_EDIT)
def standard_work(request: HttpRequest) -> HttpResponse:
    """My standard work: what is planned, what was missed and waits for a reason, how it is going."""
    user = cast(User, request.user)
    today = local_today(user, timezone.now())
    monday = today - timedelta(days=today.weekday())
    first = adherence.months_back(today, 3)
    total, kinds = adherence.measure(adherence.of_person(user.person), first, today)
    return render(request, "leadership/standard_work.html", {
        "today": today, "planned": service.planned_for(user, monday, monday + AHEAD),
        "missed": service.missed_unexplained(user)[:MOST_MISSED], "total": total, "kinds": kinds, "first": first,
        "notes": adherence.coaching(user.person, first, today), "now": timezone.now(), "person": user.person,
        "tabs": tabs_of(request, "mine"),
    })  # fmt: skip


def own(request: HttpRequest, uid: uuid.UUID) -> Occurrence:
    """A planned time of the user's own, or of anybody at the user's sites for the quality manager; 404 otherwise."""
    user = cast(User, request.user)
    rows = Occurrence.objects.select_related("routine__site", "activity_type", "area", "leader")
    found = get_object_or_404(rows.filter(site__in=[site.pk for site in user.visible_sites]), uid=uid)
    if found.leader_id != user.person_id and not user.can(Permission.ACTIVITY_CORRECT):
        raise PermissionDenied(_("Only its leader, or the quality manager, works on a planned time."))
    return found


@require_http_methods(["GET", "POST"])
@requires(Permission.STANDARD_WORK_EDIT)
def occurrence_explain(request: HttpRequest, uid: uuid.UUID) -> HttpResponse:
    """Say why a planned time was missed."""
    found = own(request, uid)
    form = ExplainForm(request.POST or None, initial={"cause": found.cause, "note": found.note})
    if request.method == "POST" and form.is_valid():
        try:
            service.explain(found, **form.cleaned_data, by=cast(User, request.user), at=timezone.now())
        except REFUSED as error:
            explain_refusal(form, error)
        else:
            messages.success(request, _("Thank you. The reason stands beside the miss."))
            return redirect("leadership:standard-work")
    return form_page(request, form, found, _("Why was it missed?"))


@require_http_methods(["GET", "POST"])
@requires(Permission.STANDARD_WORK_EDIT)
def occurrence_replan(request: HttpRequest, uid: uuid.UUID) -> HttpResponse:
    """Move a planned time to another day."""
    found = own(request, uid)
    form = ReplanForm(request.POST or None, initial={"planned_on": found.planned_on})
    if request.method == "POST" and form.is_valid():
        try:
            service.replan(found, **form.cleaned_data, by=cast(User, request.user), at=timezone.now())
        except REFUSED as error:
            explain_refusal(form, error)
        else:
            messages.success(request, _("Moved. The day it was planned for stays in the timeline."))
            return redirect("leadership:standard-work")
    return form_page(request, form, found, _("Move to another day"))


def day_words(day: date) -> str:
    """A day as pages write it."""
    return date_format(day, "j M Y")


def form_page(request: HttpRequest, form: ExplainForm | ReplanForm, found: Occurrence, title: str) -> HttpResponse:
    """The form of one planned time."""
    place = f", {found.area.name}" if found.area else ""
    return render(request, "components/form_page.html", {
        "form": form, "title": title, "cancel_url": reverse("leadership:standard-work"),
        "lead": f"{found.activity_type.label}{place} · {day_words(found.planned_on)}",
    }, status=422 if form.errors else 200)  # fmt: skip


@require_POST
@requires(Permission.STANDARD_WORK_EDIT)
def occurrence_count(request: HttpRequest, uid: uuid.UUID) -> HttpResponse:
    """Let an activity logged already (``activity``: its uid) count for a planned time; late stays late."""
    found, user = own(request, uid), cast(User, request.user)
    try:
        wanted = uuid.UUID(request.POST.get("activity", ""))
    except ValueError:
        messages.error(request, _("This activity is not known here."))
        return redirect("leadership:standard-work")
    activity = get_object_or_404(Activity.objects.visible_to(user), uid=wanted)
    try:
        service.attach(found, activity=activity, by=user, at=timezone.now())
    except CannotChange as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("It counts for the time planned for %s.") % day_words(found.planned_on))
    return redirect("leadership:activity-detail", activity.pk)
