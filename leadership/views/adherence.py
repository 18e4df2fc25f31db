"""Adherence to standard work: of a site by kind and month, and of one person for those it concerns."""

from __future__ import annotations

import uuid
from typing import cast

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from leadership.forms.routine import PeriodForm
from leadership.services import adherence as service
from leadership.services.home import local_today
from leadership.views.standard_work import tabs_of
from qms.models import Person, User
from qms.permissions import Permission, requires


@require_GET
@requires(Permission.ENGAGEMENT_VIEW)
def adherence_site(request: HttpRequest) -> HttpResponse:
    """Adherence of one of the user's sites (``?site=``), by kind of activity and by month; never by person."""
    user = cast(User, request.user)
    sites = [site for site in user.visible_sites if site.is_active]
    site = next((site for site in sites if site.code == request.GET.get("site")), next(iter(sites), None))
    form = PeriodForm(request.GET or None)
    today = local_today(user, timezone.now())
    first = service.months_back(today, form.chosen())
    context: dict[str, object] = {"sites": sites, "site": site, "form": form, "first": first, "today": today}
    context["tabs"] = tabs_of(request, "adherence")
    if site:
        rows = service.of_site(site)
        total, kinds = service.measure(rows, first, today)
        context |= {"total": total, "kinds": kinds, "months": service.by_month(rows, first, today)}
    return render(request, "leadership/adherence_site.html", context)


@require_GET
@requires(Permission.STANDARD_WORK_EDIT)
def adherence_person(request: HttpRequest, uid: uuid.UUID) -> HttpResponse:
    """One leader's adherence, for himself or herself, the leaders above, and the quality manager."""
    user = cast(User, request.user)
    people = Person.objects.visible_to(user).select_related("manager", "site")
    person = get_object_or_404(people, uid=uid)
    if not service.may_see(user, person):
        raise PermissionDenied(_("How a leader keeps to a plan is seen by that leader, the leaders above, and the "
                                 "quality manager."))  # fmt: skip
    form = PeriodForm(request.GET or None)
    today = local_today(user, timezone.now())
    first = service.months_back(today, form.chosen())
    rows = service.of_person(person)
    total, kinds = service.measure(rows, first, today)
    return render(request, "leadership/adherence_person.html", {
        "person": person, "form": form, "first": first, "today": today, "total": total, "kinds": kinds,
        "months": service.by_month(rows, first, today), "notes": service.coaching(person, first, today),
    })  # fmt: skip
