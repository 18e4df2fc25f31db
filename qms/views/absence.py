"""When a person is away: announced, entered, approved, withdrawn."""

from __future__ import annotations

import uuid
from typing import cast

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from qms.forms.site_calendar import AbsenceForm
from qms.models import Absence, Person, User
from qms.permissions import Permission, requires
from qms.services import absence as service


def person_of(request: HttpRequest, uid: uuid.UUID) -> Person:
    """The person, where the user may see his or her absences: 404 for the invisible, 403 for the rest."""
    people = Person.objects.visible_to(cast(User, request.user)).select_related("manager", "site")
    person = get_object_or_404(people, uid=uid)
    if not service.may_see(cast(User, request.user), person):
        raise PermissionDenied(_("Absences are seen by the person, a leader above, and who keeps people."))
    return person


@require_GET
@requires(Permission.PERSON_VIEW)
def absence_list(request: HttpRequest, uid: uuid.UUID) -> HttpResponse:
    """When one person was and will be away."""
    person = person_of(request, uid)
    may_decide = service.may_decide(cast(User, request.user), person)
    context = {"person": person, "absences": service.absences_of(person), "may_decide": may_decide}
    return render(request, "qms/absence_list.html", context)


@require_http_methods(["GET", "POST"])
@requires(Permission.PERSON_VIEW)
def absence_new(request: HttpRequest, uid: uuid.UUID) -> HttpResponse:
    """Announce one's own absence, or enter somebody's."""
    user, person = cast(User, request.user), person_of(request, uid)
    form = AbsenceForm(request.POST or None, user=user)
    back = reverse("qms:absence-list", args=[person.uid])
    if request.method == "POST" and form.is_valid():
        try:
            absence = service.enter(person, **form.cleaned_data, by=user, at=timezone.now())
        except ValidationError as error:
            form.add_error(None, error)
        else:
            waits = _("Announced. It counts once a leader above you, or the quality manager, approves it.")
            messages.success(request, _("Entered.") if absence.approved_at else waits)
            return redirect(back)
    context = {"form": form, "title": _("Absence of %s") % person.name, "cancel_url": back}
    return render(request, "components/form_page.html", context, status=422 if form.errors else 200)


@require_POST
@requires(Permission.PERSON_VIEW)
def absence_move(request: HttpRequest, pk: int, verb: str) -> HttpResponse:
    """Approve or withdraw an absence."""
    user = cast(User, request.user)
    people = Person.objects.visible_to(user).values("pk")
    absence = get_object_or_404(Absence.objects.select_related("person__manager"), pk=pk, person__in=people)
    act = {"approve": service.approve, "withdraw": service.withdraw}[verb]
    try:
        act(absence, by=user, at=timezone.now())
    except service.CannotDecide as error:
        raise PermissionDenied(str(error)) from error
    messages.success(request, _("Approved.") if verb == "approve" else _("Withdrawn."))
    return redirect("qms:absence-list", absence.person.uid)
