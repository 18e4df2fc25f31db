"""When a site works: weekdays, closures and shifts, kept by administrators and quality managers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from qms.forms.site_calendar import ClosureForm, ShiftForm, WeekdaysForm
from qms.models import Closure, Shift, Site, User
from qms.permissions import Permission, requires
from qms.services import site_calendar as service
from qms.services.timeline import timeline_of

OWN_VERBS = frozenset({
    "site.weekdays_changed", "site.closure_added", "site.closure_withdrawn", "site.shift_added", "site.shift_changed",
})  # fmt: skip
"""What this page's timeline shows of the site's."""


def sites_of(request: HttpRequest) -> Any:
    """The sites the user reaches."""
    return Site.objects.visible_to(cast(User, request.user))


@require_GET
@requires(Permission.CALENDAR_EDIT)
def site_calendar_list(request: HttpRequest) -> HttpResponse:
    """The sites whose calendar the user keeps; straight to the page where there is only one."""
    sites = list(sites_of(request).active().order_by("name", "pk"))
    if len(sites) == 1:
        return redirect("qms:site-calendar", sites[0].pk)
    return render(request, "qms/site_calendar_list.html", {"sites": sites})


@require_GET
@requires(Permission.CALENDAR_EDIT)
def site_calendar(request: HttpRequest, pk: int) -> HttpResponse:
    """One site's week, closures and shifts."""
    site = get_object_or_404(sites_of(request), pk=pk)
    closures = site.closures.select_related("withdrawn_by__person").order_by("-starts_on", "-pk")[:100]
    return render(request, "qms/site_calendar.html", {
        "site": site, "closures": closures, "shifts": site.shifts.order_by("-is_active", "begins", "pk"),
        "unmatched": service.unmatched_shifts(site), "weekdays_form": WeekdaysForm(site=site),
        "closure_form": ClosureForm(), "shift_form": ShiftForm(auto_id="shift_%s"),
        "entries": [e for e in timeline_of(site) if e.verb in OWN_VERBS],
    })  # fmt: skip


def added(
    request: HttpRequest, pk: int, form_of: Callable[[Site], forms.Form], act: Callable[..., Any], *, title: str,
    done: str,
) -> HttpResponse:  # fmt: skip
    """Do one thing to a site's calendar with what a form says, or show the form with what was wrong."""
    site = get_object_or_404(sites_of(request), pk=pk)
    form = form_of(site)
    if form.is_valid():
        try:
            act(site, **form.cleaned_data, by=cast(User, request.user), at=timezone.now())
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, done)
            return redirect("qms:site-calendar", site.pk)
    context = {"form": form, "title": title, "cancel_url": reverse("qms:site-calendar", args=[site.pk])}
    return render(request, "components/form_page.html", context, status=422)


@require_POST
@requires(Permission.CALENDAR_EDIT)
def site_weekdays(request: HttpRequest, pk: int) -> HttpResponse:
    """Set the days of the week a site works on."""
    return added(
        request, pk, lambda site: WeekdaysForm(request.POST, site=site), service.set_weekdays,
        title=_("Working days"), done=_("Saved."),
    )  # fmt: skip


@require_POST
@requires(Permission.CALENDAR_EDIT)
def closure_new(request: HttpRequest, pk: int) -> HttpResponse:
    """Close a site for some days."""
    return added(
        request, pk, lambda _site: ClosureForm(request.POST), service.add_closure,
        title=_("Close the site for some days"), done=_("The closure is in the calendar."),
    )  # fmt: skip


@require_POST
@requires(Permission.CALENDAR_EDIT)
def shift_new(request: HttpRequest, pk: int) -> HttpResponse:
    """Add a shift."""
    return added(
        request, pk, lambda _site: ShiftForm(request.POST), service.add_shift,
        title=_("Add a shift"), done=_("The shift is added."),
    )  # fmt: skip


@require_POST
@requires(Permission.CALENDAR_EDIT)
def closure_withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a closure back."""
    closure = get_object_or_404(Closure, pk=pk, site__in=sites_of(request))
    reason = request.POST.get("reason", "").strip()[:400]
    service.withdraw_closure(closure, by=cast(User, request.user), at=timezone.now(), reason=reason)
    messages.success(request, _("Withdrawn. The site works on those days."))
    return redirect("qms:site-calendar", closure.site_id)


@require_http_methods(["GET", "POST"])
@requires(Permission.CALENDAR_EDIT)
def shift_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Change when a shift runs, or take it out of use."""
    shift = get_object_or_404(Shift, pk=pk, site__in=sites_of(request))
    form = ShiftForm(request.POST or None, shift=shift)
    back = reverse("qms:site-calendar", args=[shift.site_id])
    if request.method == "POST" and form.is_valid():
        service.change_shift(shift, **form.cleaned_data, by=cast(User, request.user), at=timezone.now())
        messages.success(request, _("Saved."))
        return redirect(back)
    context = {"form": form, "title": _("Shift “%s”") % shift.name, "cancel_url": back}
    return render(request, "components/form_page.html", context, status=422 if form.errors else 200)
