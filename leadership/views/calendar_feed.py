"""The calendar feed: its page for its user, and the public address a calendar program reads."""

from __future__ import annotations

from hashlib import sha256
from typing import cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseNotModified
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.cache import patch_cache_control
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from leadership.services import calendar_feed as service
from leadership.services import calendar_text
from qms.models import User
from qms.permissions import Permission, public, requires
from qms.services import rate_limit, secret_link

TRIES, TRIES_SECONDS = 60, 10 * 60


@never_cache
@require_http_methods(["GET", "POST"])
@requires(Permission.SIGNED_IN)
def calendar(request: HttpRequest) -> HttpResponse:
    """My calendar address: whether there is one; posting makes it anew and shows it this once."""
    user = cast(User, request.user)
    address = ""
    if request.method == "POST":
        _feed, secret = service.make(user, by=user, at=timezone.now())
        address = secret_link.address_of("leadership:calendar-feed", secret)
    context = {"feed": service.live_feed(user), "address": address, "may_plan": user.can(Permission.STANDARD_WORK_EDIT)}
    return render(request, "leadership/calendar_feed.html", context)


@require_POST
@requires(Permission.SIGNED_IN)
def calendar_revoke(request: HttpRequest) -> HttpResponse:
    """End my calendar address."""
    user = cast(User, request.user)
    if service.revoke(user, by=user, at=timezone.now()):
        messages.success(request, _("Revoked. Calendars that used the address get nothing any more."))
    return redirect("leadership:calendar")


@require_GET
@public
def calendar_feed(request: HttpRequest, token: str) -> HttpResponse:
    """The calendar behind a secret address; 304 when the caller has it as it stands, 404 for an address without one."""
    at = timezone.now()
    try:
        user = service.user_of(token, at=at)
    except service.NotAccepted:
        if rate_limit.is_over("calendar", request.META.get("REMOTE_ADDR", ""), limit=TRIES, seconds=TRIES_SECONDS):
            return HttpResponse(status=429)
        return HttpResponse(_("There is no calendar here."), status=404, content_type="text/plain; charset=utf-8")
    body = calendar_text.text(user, at=at)
    etag = f'"{sha256(body).hexdigest()[:32]}"'
    known = [tag.strip().removeprefix("W/") for tag in request.headers.get("If-None-Match", "").split(",")]
    response: HttpResponse = HttpResponseNotModified() if etag in known else HttpResponse(
        body, content_type="text/calendar; charset=utf-8"
    )  # fmt: skip
    response["ETag"] = etag
    patch_cache_control(response, private=True, no_cache=True)
    return response
