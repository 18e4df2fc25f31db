"""Copies of a pack that leave the house: downloads, and secret links for people without an account."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from hashlib import sha256

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from audits.models import Pack, PackDownload, PackLink
from qms.models import User
from qms.services import record as record_service
from qms.services import trail

LONGEST = timedelta(days=366)


class NotReady(Exception):
    """There is no file yet."""


def hash_of(token: str) -> str:
    """What is kept of a link's token."""
    return sha256(token.encode()).hexdigest()


@transaction.atomic
def note_download(
    pack: Pack, *, by: User | None, at: datetime, link: PackLink | None = None, address: str | None = None
) -> PackDownload:
    """Write down that somebody takes a copy; call it before the file is sent.

    Side effects: a PackDownload and a trail entry (pack.downloaded). Raises NotReady.
    """
    record_service.lock(pack)
    if not pack.file:
        raise NotReady(_("This pack has no file yet."))
    download = PackDownload.objects.create(
        pack=pack, at=at, person=by.person if by else None, link=link, address=address
    )
    facts = {"sha256": pack.sha256, "link": link.pk if link else None}
    trail.write(pack, "pack.downloaded", by=by, at=at, changes=facts)
    return download


@transaction.atomic
def make_link(pack: Pack, *, for_whom: str, expires_at: datetime, by: User, at: datetime) -> tuple[PackLink, str]:
    """A link for somebody without an account; returns it with the token, which is shown once and not kept.

    Side effects: a PackLink and a trail entry (pack.link_made). Raises NotReady, ValidationError.
    """
    record_service.lock(pack)
    if not pack.file:
        raise NotReady(_("This pack has no file yet."))
    if not at < expires_at <= at + LONGEST:
        raise ValidationError({"expires_on": _("A link lasts at least until tomorrow and at most a year.")})
    if by.access_expires_at and expires_at > by.access_expires_at:
        raise ValidationError({"expires_on": _("A link cannot outlast your own access. Choose an earlier day.")})
    token = secrets.token_urlsafe(24)
    link = PackLink(
        pack=pack, token_hash=hash_of(token), for_whom=for_whom.strip(), created_at=at, created_by=by,
        expires_at=expires_at,
    )  # fmt: skip
    record_service.validate(link)
    link.save(force_insert=True)
    facts = {"link": link.pk, "for_whom": link.for_whom, "expires_at": trail.moment(expires_at)}
    trail.write(pack, "pack.link_made", by=by, at=at, changes=facts)
    return link, token


@transaction.atomic
def revoke_link(link: PackLink, *, by: User, at: datetime) -> None:
    """End a link now. Side effects: its row, a trail entry (pack.link_revoked); an ended link is left alone."""
    if PackLink.objects.filter(pk=link.pk, revoked_at=None).update(revoked_at=at):
        trail.write(link.pack, "pack.link_revoked", by=by, at=at, changes={"link": link.pk, "for_whom": link.for_whom})


def live_link(token: str, *, at: datetime) -> PackLink | None:
    """The link a token opens now; None for a wrong, revoked or expired one, and when its maker may log in no more."""
    links = PackLink.objects.filter(token_hash=hash_of(token), revoked_at=None, expires_at__gt=at)
    link = links.select_related("pack", "pack__site", "pack__edition", "created_by").first()
    return link if link and not is_over(link, at=at) else None


def is_over(link: PackLink, *, at: datetime) -> bool:
    """Whether a link ended by itself: with its day, or with the access of who made it, which it cannot outlast."""
    return link.expires_at <= at or not link.created_by.may_log_in_at(at)
