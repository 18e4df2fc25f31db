"""What happens around every request."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import patch_cache_control

from qms.models import User
from qms.permissions import AccessProfile
from qms.services import user as user_service


def local_time(get_response: Callable[[HttpRequest], HttpResponseBase]) -> Callable[[HttpRequest], HttpResponseBase]:
    """Show and read times as the clock on the wall of the user's own site; UTC for whoever has none."""

    def with_local_time(request: HttpRequest) -> HttpResponseBase:
        site = request.user.person.site if request.user.is_authenticated else None
        with timezone.override(site.zone if site else None):
            return get_response(request)

    return with_local_time


def private_pages(get_response: Callable[[HttpRequest], HttpResponseBase]) -> Callable[[HttpRequest], HttpResponseBase]:
    """Say of every page made for somebody who is logged in that no cache on the way may keep it for others."""

    def with_cache_control(request: HttpRequest) -> HttpResponseBase:
        response = get_response(request)
        if request.user.is_authenticated and "Cache-Control" not in response:
            patch_cache_control(response, private=True, no_cache=True)
        return response

    return with_cache_control


class Admission:
    """Before every page that asks for a permission: is the access still given, and proven as it must be?

    Access that has run out is explained instead of a bare refusal. An administrator without a second factor is taken
    to its set-up first (ADMINISTRATORS_NEED_SECOND_FACTOR). Public pages and those of the log-in itself stay open.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., HttpResponseBase], _args: object, _kwargs: object
    ) -> HttpResponseBase | None:
        """Return the page to show instead of the view's, if there is one."""
        user = request.user
        if not hasattr(view, "required_permission") or not isinstance(user, User):
            return None
        if not user.may_log_in_at(timezone.now()):
            return render(request, "qms/user_refused.html", {"login": user, "why": "expired"}, status=403)
        if _lacks_second_factor(request, user):
            return redirect(reverse("mfa_activate_totp") + "?why=administrator")
        return None


def _lacks_second_factor(request: HttpRequest, user: User) -> bool:
    if not settings.ADMINISTRATORS_NEED_SECOND_FACTOR or user.profile != AccessProfile.ADMINISTRATOR:
        return False
    proofs = request.session.get("account_authentication_methods", [])
    by_company = any(proof.get("method") == "socialaccount" for proof in proofs)  # its provider asks for its own
    return not by_company and not user_service.has_second_factor(user)
