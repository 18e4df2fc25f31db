"""How I want to be told, and the link at the foot of a mail that ends mails about one subject."""

from __future__ import annotations

from typing import cast

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from qms.forms.reminder_preference import ReminderPreferenceForm
from qms.models import Person, User
from qms.permissions import Permission, public, requires
from qms.services import digest, signed_link
from qms.services import reminder_preference as service


@require_http_methods(["GET", "POST"])
@requires(Permission.SIGNED_IN)
def reminder_preference(request: HttpRequest) -> HttpResponse:
    """When my digest comes and what comes by no mail."""
    user = cast(User, request.user)
    form = ReminderPreferenceForm(request.POST or None, instance=service.preference_of(user.person))
    if request.method == "POST" and form.is_valid():
        try:
            service.choose(user.person, by=user, at=timezone.now(), **form.facts())
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, _("Kept. Your next digest follows it."))
            return redirect("qms:me")
    return render(request, "components/form_page.html", {
        "form": form, "title": _("How I am told"), "submit_label": _("Keep"), "cancel_url": "/me/",
        "lead": _("The digest comes only when something waits for you."),
    })  # fmt: skip


@never_cache
@require_http_methods(["GET", "POST"])
@public
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    """End mails about one subject, by the link of a mail; asked for once more, since programs open links too."""
    try:
        uid, _colon, subject = signed_link.read(digest.UNSUBSCRIBE, token).partition(":")
    except signed_link.NotSigned as error:
        raise Http404 from error
    person, label = Person.objects.filter(uid=uid).first(), service.subject_label(subject)
    if person is None or not label:
        raise Http404
    is_done = request.method == "POST"
    if is_done:
        service.unsubscribe(person, subject, at=timezone.now())
    return render(request, "qms/unsubscribe.html", {"label": label, "is_done": is_done})
