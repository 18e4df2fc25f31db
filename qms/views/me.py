"""One's own page, and one's notices."""

from __future__ import annotations

from datetime import timedelta
from typing import cast

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from qms.forms.elevation import safe_next
from qms.forms.person import OwnPinForm
from qms.models import Notification, Site, User
from qms.navigation import address
from qms.permissions import Permission, requires
from qms.services import notification, record_list
from qms.services import person as person_service
from qms.services import user as user_service
from qms.services.reminder_preference import preference_of
from qms.services.timeline import timeline_of

LANGUAGE_KEPT = timedelta(days=365)


@require_GET
@requires(Permission.SIGNED_IN)
def me(request: HttpRequest) -> HttpResponse:
    """Who I am here: facts, access, two-step log-in, PIN."""
    user = cast(User, request.user)
    return render(request, "qms/me.html", {
        "person": user.person, "pin_form": OwnPinForm(),
        "sites": list(Site.objects.visible_to(user).active().order_by("name", "pk")),
        "has_second_factor": user_service.has_second_factor(user),
        "profile": next(p for p in user_service.profiles_explained() if p["profile"] == user.profile),
        "entries": timeline_of(user)[:8], "may_use_tokens": user.can(Permission.API_USE),
        "preference": preference_of(user.person),
        "calendar_url": address("leadership:calendar"),
    })  # fmt: skip


@never_cache
@require_POST
@requires(Permission.SIGNED_IN)
def me_pin(request: HttpRequest) -> HttpResponse:
    """Set my own PIN: the one I typed, or a random one shown once."""
    user = cast(User, request.user)
    form = OwnPinForm(request.POST)
    if not form.is_valid():
        messages.error(request, " ".join(str(error) for error in form.errors["pin"]))
        return redirect("qms:me")
    typed = form.cleaned_data["pin"]
    try:
        pin = person_service.set_pin(user.person, pin=typed, by=user, at=timezone.now())
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return redirect("qms:me")
    if typed:
        messages.success(request, _("Your new PIN works from now on."))
        return redirect("qms:me")
    return render(request, "qms/person_pin.html", {"person": user.person, "pin": pin, "is_self": True})


@require_POST
@requires(Permission.SIGNED_IN)
def me_language(request: HttpRequest) -> HttpResponse:
    """Remember on this device which language I want to read; an unknown one goes back to what the browser asks for."""
    response = redirect("qms:me")
    code = request.POST.get("language", "")
    if code in dict(settings.LANGUAGES):
        response.set_cookie(
            settings.LANGUAGE_COOKIE_NAME, code, max_age=LANGUAGE_KEPT, secure=settings.SESSION_COOKIE_SECURE,
            httponly=True, samesite="Lax",
        )  # fmt: skip
    else:
        response.delete_cookie(settings.LANGUAGE_COOKIE_NAME)
    return response


@require_http_methods(["GET", "POST"])
@requires(Permission.SIGNED_IN)
def own_email(request: HttpRequest) -> HttpResponse:
    """Nobody changes the address he or she logs in with: an administrator vouches for it, and the trail knows it."""
    messages.info(request, _("Your e-mail address is part of your access. Ask an administrator to change it."))
    return redirect("qms:me")


@require_GET
@requires(Permission.SIGNED_IN)
def notification_list(request: HttpRequest) -> HttpResponse:
    """My notices, newest first."""
    mine = Notification.objects.filter(user=cast(User, request.user))
    after, before = request.GET.get("after", ""), request.GET.get("before", "")
    page = record_list.page_of(mine, sort="-at", after=after, before=before)
    return render(request, "qms/notification_list.html", {"page": page})


@require_POST
@requires(Permission.SIGNED_IN)
def notification_read(request: HttpRequest) -> HttpResponse:
    """Mark one notice (``id``) or all as read, and open what the one is about."""
    user = cast(User, request.user)
    wanted = request.POST.get("id", "")
    ids = [int(wanted)] if wanted.isdecimal() and len(wanted) < 18 else None
    notification.mark_read(user, at=timezone.now(), ids=ids)
    found = Notification.objects.filter(user=user, pk__in=ids).order_by("pk").first() if ids else None
    return redirect(safe_next(found.url, "/notifications/") if found else "/notifications/")
