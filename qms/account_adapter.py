"""How log-in differs from allauth's defaults: accounts are given, access can run out, and the trail knows who came.

allauth's hooks are the only place that sees log-ins, log-outs and changes of the second factor, so the trail of them
is written from here; each hook calls one service.
"""

from __future__ import annotations

from typing import Any, cast

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.internal.stagekit import clear_login
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from qms.models import Elevation, User
from qms.services import elevation
from qms.services import user as user_service

# allauth tells its users of these things by e-mail; the same moments go into the trail.
SECURITY_VERBS = {
    "mfa/email/totp_activated": "user.second_factor_added",
    "mfa/email/totp_deactivated": "user.second_factor_removed",
    "mfa/email/recovery_codes_generated": "user.recovery_codes_made",
}
PASSWORD_VERBS = {
    "account/email/password_changed": "user.password_changed",
    "account/email/password_set": "user.password_changed",
    "account/email/password_reset": "user.password_reset",
}
FRESH_SECONDS = settings.ACCOUNT_REAUTHENTICATION_TIMEOUT


class AccountAdapter(DefaultAccountAdapter):
    """Accounts are made by an administrator or by the people import, never by visitors."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Closed; OpenID Connect log-ins join an existing account by e-mail address (they ask this too)."""
        return False

    def is_reauthentication_required(self, *, app: str, **kwargs: Any) -> bool:
        """Not right after the log-in itself: whoever set up two-step log-in typed the password a moment ago."""
        records = self.request.session.get("account_authentication_methods", []) if self.request else []
        is_fresh = app == "allauth.mfa" and any(
            timezone.now().timestamp() - proof["at"] < FRESH_SECONDS for proof in records
        )
        return not is_fresh and bool(super().is_reauthentication_required(app=app, **kwargs))

    def pre_login(self, request: HttpRequest, user: Any, **kwargs: Any) -> HttpResponse | None:
        """Refuse a log-in that was disabled or has run out, and say which and what to do."""
        if user.may_log_in_at(timezone.now()):
            return cast(HttpResponse | None, super().pre_login(request, user, **kwargs))
        clear_login(request)
        why = "expired" if user.is_active else "disabled"
        user_service.note(user, "user.login_refused", by=None, at=timezone.now(), facts={"why": why})
        return render(request, "qms/user_refused.html", {"login": user, "why": why}, status=403)

    def post_login(self, request: HttpRequest, user: Any, **kwargs: Any) -> HttpResponse:
        """Write the log-in into the user's trail, with how it was proven."""
        methods = request.session.get("account_authentication_methods", [])
        facts = {"methods": " + ".join(dict.fromkeys(str(m.get("type") or m["method"]) for m in methods))}
        user_service.note(user, "user.logged_in", by=user, at=timezone.now(), facts=facts)
        return cast(HttpResponse, super().post_login(request, user, **kwargs))

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        """Write a wrong password into the trail of the log-in it was meant for; rate limits bound how many."""
        email = str(credentials.get("email") or credentials.get("username") or "")
        user = User.objects.filter(email__iexact=email).order_by("pk").first() if email else None
        if user is not None:
            user_service.note(user, "user.login_failed", by=None, at=timezone.now())

    def logout(self, request: HttpRequest) -> None:
        """End this browser's elevated session and write the log-out, then log out."""
        user = cast(User, request.user)
        running = request.session.get("elevation_id")
        if running:
            elevation.end(user, how=Elevation.End.LOGGED_OUT, at=timezone.now(), only=running)
        user_service.note(user, "user.logged_out", by=user, at=timezone.now())
        super().logout(request)

    def send_password_reset_mail(self, user: Any, email: str, context: dict[str, Any]) -> None:
        """Through the outbox, like every mail: sent again when it fails, and seen when it is given up.

        The link allauth made is thrown away; another is made when the letter is sent, to the address of the log-in.
        """
        user_service.send_password_reset(user, at=timezone.now())

    def send_notification_mail(
        self, template_prefix: str, user: Any, context: dict[str, Any] | None = None, email: str | None = None
    ) -> None:
        """Write changes of password and second factor into the trail, then do what allauth does."""
        if template_prefix in PASSWORD_VERBS:
            user_service.password_changed(user, PASSWORD_VERBS[template_prefix], at=timezone.now())
        elif template_prefix in SECURITY_VERBS:
            user_service.note(user, SECURITY_VERBS[template_prefix], by=user, at=timezone.now())
        super().send_notification_mail(template_prefix, user, context, email)
