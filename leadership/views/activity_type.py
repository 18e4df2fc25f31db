"""The kinds of activity: what an administrator words, orders and retires."""

from __future__ import annotations

from typing import cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from leadership.forms.activity_type import ActivityTypeForm
from leadership.models import ActivityType
from leadership.services import activity_type as service
from qms.models import User
from qms.permissions import Permission, requires
from qms.services.timeline import timeline_of


@require_GET
@requires(Permission.ACTIVITY_TYPE_EDIT)
def activity_type_list(request: HttpRequest) -> HttpResponse:
    """Every kind, in the order of the Log page, retired ones last."""
    kinds = ActivityType.objects.order_by("-is_active", "position", "pk")
    return render(request, "leadership/activity_type_list.html", {"kinds": kinds})


@require_http_methods(["GET", "POST"])
@requires(Permission.ACTIVITY_TYPE_EDIT)
def activity_type_new(request: HttpRequest) -> HttpResponse:
    """Add a kind."""
    form = ActivityTypeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        kind = service.add(form.instance, by=cast(User, request.user), at=timezone.now())
        messages.success(request, _("“%(name)s” can be logged now. Map it to clauses next.") % {"name": kind.label})
        return redirect("leadership:activity-type-list")
    return render(request, "leadership/activity_type_form.html", {
        "form": form, "title": _("New kind of activity"), "cancel_url": reverse("leadership:activity-type-list"),
    })  # fmt: skip


@require_http_methods(["GET", "POST"])
@requires(Permission.ACTIVITY_TYPE_EDIT)
def activity_type_edit(request: HttpRequest, slug: str) -> HttpResponse:
    """Reword, reorder or retire a kind."""
    kind = get_object_or_404(ActivityType, slug=slug)
    form = ActivityTypeForm(request.POST or None, instance=kind)
    if request.method == "POST" and form.is_valid():
        service.change(kind, by=cast(User, request.user), at=timezone.now(), **form.changes())
        messages.success(request, _("Saved. Records filed before keep the name they were filed under."))
        return redirect("leadership:activity-type-list")
    return render(request, "leadership/activity_type_form.html", {
        "form": form, "title": kind.label, "kind": kind, "entries": timeline_of(kind),
        "cancel_url": reverse("leadership:activity-type-list"),
    })  # fmt: skip
