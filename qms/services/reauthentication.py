"""Proving once more who one is, right now: before signing and before an elevated session.

Wrong answers are counted in the cache per user: after five within fifteen minutes no answer is taken any more, not even
a right one, until the fifteen minutes are over.
"""

from __future__ import annotations

from allauth.mfa.models import Authenticator
from django.core.cache import cache
from django.utils.translation import gettext as _

from qms.models import User

MAX_FAILURES = 5
WINDOW_SECONDS = 15 * 60


class NotConfirmed(Exception):
    """The user did not prove who he or she is; the message says what to do."""


class WrongPassword(NotConfirmed):
    """The password is not right."""


class NoPassword(NotConfirmed):
    """The user logs in elsewhere and has no password here."""


class CodeNeeded(NotConfirmed):
    """The user has two-step log-in and gave no code."""


class WrongCode(NotConfirmed):
    """The code is not right, or was used before."""


class TooManyFailures(NotConfirmed):
    """Too many wrong answers lately."""


def needs_code(user: User) -> bool:
    """Whether the user has two-step log-in, so that a code belongs to the proof."""
    return bool(Authenticator.objects.filter(user=user, type=Authenticator.Type.TOTP).exists())


def confirm(user: User, password: str, code: str | None = None) -> str:
    """Check password and, where enrolled, the six digits or a recovery code.

    Returns how it was proven: ``password``, ``password+totp`` or ``password+recovery``. Raises NoPassword,
    WrongPassword, CodeNeeded, WrongCode or TooManyFailures. Side effects: the count of failures in the cache; a TOTP
    or recovery code is used up.
    """
    key = f"reauthentication:{user.uid}"
    limited = _("Too many wrong answers. Wait 15 minutes and try again.")
    if int(cache.get(key, 0)) >= MAX_FAILURES:
        raise TooManyFailures(limited)
    if not user.has_usable_password():
        raise NoPassword(_("You have no password here. Set one under “Forgot password” first, then come back."))
    try:
        method = _proof(user, password, (code or "").replace(" ", ""))
    except (WrongPassword, WrongCode) as error:
        if not cache.add(key, 1, WINDOW_SECONDS):
            failures = int(cache.get(key, 0)) + 1
            cache.set(key, failures, WINDOW_SECONDS)
            if failures >= MAX_FAILURES:
                raise TooManyFailures(limited) from error
        raise
    cache.delete(key)
    return method


def _proof(user: User, password: str, code: str) -> str:
    if not user.check_password(password):
        raise WrongPassword(_("The password is not right. Type it again."))
    kinds = (Authenticator.Type.TOTP, Authenticator.Type.RECOVERY_CODES)
    enrolled = {row.type: row for row in Authenticator.objects.filter(user=user, type__in=kinds).order_by("pk")}
    if Authenticator.Type.TOTP not in enrolled:
        return "password"
    if not code:
        raise CodeNeeded(_("Type the code from your authenticator app, or a recovery code."))
    names = {Authenticator.Type.TOTP: "password+totp", Authenticator.Type.RECOVERY_CODES: "password+recovery"}
    for kind, name in names.items():
        if kind in enrolled and enrolled[kind].wrap().validate_code(code):
            return name
    raise WrongCode(_("The code is not right, or was used already. Wait for the next one in your app and type that."))
