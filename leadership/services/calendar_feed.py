"""The calendar feed of a person: the address made and revoked, and what it gives to whoever holds it.

The address stands for its user: whatever that user may not see is not in it. It ends with the access, with a new
password, address or second factor of the log-in, as personal tokens do.
"""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from leadership.models import CalendarFeed
from qms.models import User
from qms.services import secret_link, trail


class NotAccepted(Exception):
    """The address is unknown, revoked, or of somebody who may not log in any more."""


@transaction.atomic
def make(user: User, *, by: User, at: datetime) -> tuple[CalendarFeed, str]:
    """Make the user's address anew and return its secret, this once; an earlier one stops working. Writes the trail."""
    trail.lock_chain(user.trail_key)
    revoke(user, by=by, at=at)
    secret = secret_link.new_secret()
    feed = CalendarFeed.objects.create(user=user, digest=secret_link.digest(secret), made_at=at, made_by=by)
    trail.write(user, "user.calendar_made", by=by, at=at)
    return feed, secret


@transaction.atomic
def revoke(user: User, *, by: User | None, at: datetime) -> bool:
    """End the user's address at once. Writes the trail; False, and nothing is written, when there is none."""
    ended = CalendarFeed.objects.filter(user=user, revoked_at=None).update(revoked_at=at, revoked_by=by)
    if ended:
        trail.write(user, "user.calendar_revoked", by=by, at=at)
    return bool(ended)


def live_feed(user: User) -> CalendarFeed | None:
    """The user's address that works, if there is one."""
    return CalendarFeed.objects.filter(user=user, revoked_at=None).first()


def user_of(secret: str, *, at: datetime) -> User:
    """Whose calendar an address gives. Two queries. Raises NotAccepted."""
    feed = CalendarFeed.objects.filter(digest=secret_link.digest(secret), revoked_at=None).first()
    user = User.objects.get(pk=feed.user_id) if feed else None  # the manager reads which sites the rights reach
    if user is None or not user.may_log_in_at(at):
        raise NotAccepted
    return user
