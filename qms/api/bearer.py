"""Who calls: the token in the Authorization header, and nothing else. A session or a cookie never counts."""

from __future__ import annotations

from typing import cast

from allauth.account.adapter import get_adapter
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from ninja.security import HttpBearer

from qms.api.errors import Refused
from qms.models import ApiToken, User
from qms.permissions import Permission
from qms.services import api_token, rate_limit, trail

CALLS_SECONDS = 10
"""One token may call API_CALLS_PER_TEN_SECONDS (settings) times in so many seconds."""
MISSES, MISSES_SECONDS = 30, 60
"""How often one network address may come with a token that opens nothing."""


class Bearer(HttpBearer):
    """Lets a call in whose token holds ``scope`` (None: any) and whose owner holds ``permission``.

    Answers 401 (no token, or one that opens nothing), 403 (scope or permission missing), 429 (too many calls).
    """

    def __init__(self, scope: ApiToken.Scope | None, permission: Permission = Permission.SIGNED_IN) -> None:
        super().__init__()
        self.scope, self.permission = scope, permission

    def authenticate(self, request: HttpRequest, token: str) -> ApiToken:
        """The token, noted as used and named in every trail entry of this call."""
        now = timezone.now()
        try:
            found = api_token.find(token, at=now)
        except api_token.NotAccepted as error:
            address = get_adapter(request).get_client_ip(request)
            self._refuse_too_many("api-miss", address, MISSES, MISSES_SECONDS)
            raise Refused(401, str(error)) from error
        self._refuse_too_many("api", str(found.pk), settings.API_CALLS_PER_TEN_SECONDS, CALLS_SECONDS)
        api_token.note_use(found, at=now)
        if self.scope is not None and self.scope not in found.scopes:
            raise PermissionDenied(_("This token may not do that: it needs “%s”.") % self.scope.label)
        if not found.owner.can(self.permission):
            raise PermissionDenied(_("Who this token acts for may not do that: %s.") % self.permission.label)
        trail.came_through(str(found))
        return found

    @staticmethod
    def _refuse_too_many(what: str, who: str, limit: int, seconds: int) -> None:
        if rate_limit.is_over(what, who, limit=limit, seconds=seconds):
            raise Refused(429, _("Too many calls. Wait a little, then go on."), retry_after=seconds)


def token_of(request: HttpRequest) -> ApiToken:
    """The token of a call that was let in."""
    return cast(ApiToken, request.auth)  # type: ignore[attr-defined]


def caller(request: HttpRequest) -> User:
    """Who the token acts for."""
    return token_of(request).owner


def refuse_narrow(request: HttpRequest) -> None:
    """Raise PermissionDenied for a token that is for one record only: it makes no others."""
    if token_of(request).record_id:
        raise PermissionDenied(_("This token is for one record only."))
