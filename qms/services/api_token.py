"""Tokens of the JSON API: issued once with their secret, found again by its digest, revoked."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.urls import reverse
from django.utils.translation import gettext as _

from qms.models import ApiToken, Notification, Record, User
from qms.permissions import ELEVATED, PROFILES, AccessProfile, Permission
from qms.records import as_child
from qms.services import secret_link, trail

Scope = ApiToken.Scope
LONGEST = timedelta(days=366)
"""A token is made anew once a year, by somebody who still knows what it is for."""
USE_NOTED_EVERY = timedelta(minutes=1)
BEGINNING = 10
also_ends: list[Callable[..., object]] = []
"""What else of a log-in ends with its personal tokens, called with the user, ``by`` and ``at``; other packages add."""
RECORD_SCOPES = frozenset({Scope.READ.value, Scope.MEASUREMENT.value})
"""What a token for one record may hold; the other scopes make records of their own."""


class CannotIssue(Exception):
    """Who asks may not make this token."""


class NotAccepted(Exception):
    """The secret opens nothing: unknown, run out, revoked, or its owner may not use the interface any more."""


def issue(
    *, owner: User, name: str, scopes: Iterable[str], expires_at: datetime, record: Record | None = None,
    is_service: bool = False, by: User, at: datetime,
) -> tuple[ApiToken, str]:  # fmt: skip
    """Make a token that acts for ``owner`` within ``scopes`` (on ``record`` only, where given); returns its secret too.

    The secret is returned this once; only its SHA-256 is kept. A personal token is made by its owner; a service token
    by an administrator who reaches every site of the owner, never for another administrator, whose rights open only
    after a fresh proof; its owner is told, and has to ``agree`` where the token would carry more than its maker may.
    Side effects: the token, a trail entry in the owner's chain, a notice. Raises CannotIssue, ValidationError by field.
    """
    _refuse_who(owner, is_service=is_service, by=by, at=at)
    wanted = sorted(set(scopes))
    words = " ".join(name.split())
    _refuse_what(words, wanted, expires_at, record, owner=owner, at=at)
    secret = "qms_" + secrets.token_urlsafe(32)
    token = ApiToken(
        owner=owner, name=words, digest=secret_link.digest(secret), beginning=secret[:BEGINNING], scopes=wanted,
        record_id=record.pk if record else None, is_service=is_service, created_at=at, created_by=by,
        expires_at=expires_at,
    )  # fmt: skip
    with transaction.atomic():
        token.save(force_insert=True)
        facts = {"token": str(token), "scopes": wanted, "until": trail.moment(expires_at), "is_service": is_service}
        about = {"record": record.reference} if record else {}
        trail.write(owner, "user.token_issued", by=by, at=at, changes=facts | about)
        if by != owner:
            text = _("A service token that acts for you was made: %s. You do not expect it? Ask your administrator.")
            if token.waits_for_consent:
                text = _("A service token would act for you: %s. It opens nothing before you agree to it.")
            url = reverse("qms:api-token-agree", args=[token.pk])
            Notification.objects.create(user=owner, text=text % token.name, url=url, at=at)
    return token, secret


@transaction.atomic
def agree(token: ApiToken, *, by: User, at: datetime) -> ApiToken:
    """Its owner agrees that it acts with all the owner's rights; agreeing again changes nothing.

    Side effects: the token, a trail entry of its owner, a notice to who made it. Raises CannotIssue (not the owner's,
    revoked, run out).
    """
    rows = ApiToken.objects.select_for_update(of=("self",)).select_related("owner__person", "created_by")
    current = rows.get(pk=token.pk)
    if by != current.owner:
        raise CannotIssue(_("Only who a token acts for can agree to it."))
    if current.agreed_at is not None:
        return current
    if current.revoked_at or current.expires_at <= at:
        raise CannotIssue(_("This token has ended. There is nothing to agree to."))
    current.agreed_at = at
    current.save(update_fields=["agreed_at"])
    trail.write(current.owner, "user.token_agreed", by=by, at=at, changes={"token": str(current)})
    if current.created_by != by:
        text = _("%(who)s agreed to the service token “%(name)s”.") % {"who": by.person.name, "name": current.name}
        Notification.objects.create(user=current.created_by, text=text, url=reverse("qms:service-token-list"), at=at)
    return current


@transaction.atomic
def revoke(token: ApiToken, *, by: User, at: datetime) -> ApiToken:
    """End a token at once; revoking it again changes nothing. Side effects: the token, a trail entry of its owner."""
    current = ApiToken.objects.select_for_update(of=("self",)).select_related("owner__person").get(pk=token.pk)
    if current.revoked_at is None:
        current.revoked_at = at
        current.save(update_fields=["revoked_at"])
        trail.write(current.owner, "user.token_revoked", by=by, at=at, changes={"token": str(current)})
    return current


def revoke_personal(owner: User, *, by: User | None, at: datetime, why: str) -> int:
    """End every personal token of a log-in that changes hands or closes; returns how many. Part of that change.

    Whatever else opens something without the log-in (``also_ends``) ends with them.
    Tokens for machines stay: an administrator made them, and they act only while the log-in is open. Side effects: the
    tokens, one trail entry of the owner that names them and ``why``.
    """
    rows = ApiToken.objects.select_for_update().filter(
        owner=owner, is_service=False, revoked_at=None, expires_at__gt=at
    )
    tokens = list(rows.order_by("pk"))
    if tokens:
        ApiToken.objects.filter(pk__in=[token.pk for token in tokens]).update(revoked_at=at)
        named = [str(token) for token in tokens]
        trail.write(owner, "user.tokens_revoked", by=by, at=at, changes={"tokens": named}, reason=why)
    for end in also_ends:
        end(owner, by=by, at=at)
    return len(tokens)


def find(secret: str, *, at: datetime) -> ApiToken:
    """The token of a secret, with its owner as one who asks. Two queries. Raises NotAccepted, saying why."""
    rows = ApiToken.objects.select_related("created_by").filter(digest=secret_link.digest(secret))
    token = rows.order_by("pk").first()
    if token is None:
        raise NotAccepted(_("This token is not known here."))
    if token.revoked_at:
        raise NotAccepted(_("This token was revoked."))
    if token.expires_at <= at:
        raise NotAccepted(_("This token has run out. Make a new one."))
    token.owner = User.objects.get(pk=token.owner_id)  # the manager reads which sites the rights reach
    if not token.owner.may_log_in_at(at) or not (token.is_service or token.owner.can(Permission.API_USE)):
        raise NotAccepted(_("Who this token acts for may not use the interface any more."))
    if token.waits_for_consent:
        raise NotAccepted(_("Who this token acts for has not agreed to it yet."))
    return token


def note_use(token: ApiToken, *, at: datetime) -> None:
    """Keep when the token was last used, at most once a minute; no part of what the request changes."""
    unnoted = models.Q(last_used_at=None) | models.Q(last_used_at__lt=at - USE_NOTED_EVERY)
    if token.last_used_at is None or token.last_used_at < at - USE_NOTED_EVERY:
        ApiToken.objects.filter(unnoted, pk=token.pk).update(last_used_at=at)


def _refuse_who(owner: User, *, is_service: bool, by: User, at: datetime) -> None:
    if not owner.may_log_in_at(at):
        raise CannotIssue(_("This log-in is closed; nothing can act for it."))
    if is_service:
        if not by.can(Permission.USER_EDIT) or not by.reaches(owner):
            raise CannotIssue(_("Only an administrator of all sites of this log-in makes a token for it."))
        if owner != by and PROFILES[AccessProfile(owner.profile)] & ELEVATED:
            raise CannotIssue(_("No machine acts for another administrator. Make a log-in for it with what it needs."))
    elif by != owner or not owner.can(Permission.API_USE):
        raise CannotIssue(_("A personal token is made by its owner, whose access profile must permit it."))


def _refuse_what(
    name: str, scopes: list[str], expires_at: datetime, record: Record | None, *, owner: User, at: datetime
) -> None:
    errors: dict[str, str] = {}
    if not name or len(name) > 80:
        errors["name"] = _("Say in a few words what it is for.")
    if not scopes or set(scopes) - set(Scope.values):
        errors["scopes"] = _("Choose at least one thing it may do.")
    elif record and set(scopes) - RECORD_SCOPES:
        errors["scopes"] = _("A token for one record reads it and sends its measurements, nothing else.")
    if not at < expires_at <= at + LONGEST:
        errors["expires_at"] = _("A token ends after today and within twelve months.")
    if record and not _may_see(owner, record):
        errors["record"] = _("This record cannot be seen by who the token acts for.")
    if errors:
        raise ValidationError(errors)


def _may_see(user: User, record: Record) -> bool:
    child = as_child(record)
    return bool(type(child)._default_manager.all().visible_to(user).filter(pk=record.pk).exists())
