"""Elevated administrator sessions: begun with a fresh proof of who one is, short, in the trail from start to end."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction

from qms.models import Elevation, User
from qms.permissions import ELEVATED, PROFILES
from qms.services import reauthentication, trail


class NothingToElevate(Exception):
    """The user's access profile holds nothing that an elevated session would open."""


def can_elevate(user: User) -> bool:
    """Whether the user's access profile holds a permission that asks for an elevated session."""
    return bool(ELEVATED & PROFILES.get(user.profile, frozenset()))


def start(user: User, *, password: str, code: str, at: datetime, replaces: int | None = None) -> Elevation:
    """Begin an elevated session of ELEVATION_MINUTES; ``replaces`` is the id of one running in the same browser.

    Raises NothingToElevate and the errors of ``reauthentication.confirm``; a wrong answer is written into the user's
    trail. Side effects: an Elevation row, trail entries. The view puts ``until`` into the browser's session.
    """
    if not can_elevate(user):
        raise NothingToElevate
    try:
        method = reauthentication.confirm(user, password, code)
    except reauthentication.CodeNeeded:
        raise
    except reauthentication.NotConfirmed as error:
        with transaction.atomic():
            facts = {"why": type(error).__name__}
            trail.write(user, "user.elevation_refused", by=user, at=at, changes=facts)
        raise
    return _open(user, method=method, at=at, replaces=replaces)


@transaction.atomic
def _open(user: User, *, method: str, at: datetime, replaces: int | None) -> Elevation:
    if replaces:
        end(user, how=Elevation.End.REPLACED, at=at, only=replaces)
    until = at + timedelta(minutes=settings.ELEVATION_MINUTES)
    elevation = Elevation(user=user, started_at=at, until=until)
    elevation.full_clean()
    elevation.save(force_insert=True)
    facts = {"until": trail.moment(until), "method": method}
    trail.write(user, "user.elevation_started", by=user, at=at, changes=facts)
    return elevation


@transaction.atomic
def end(user: User, *, how: Elevation.End, at: datetime, only: int | None = None) -> int:
    """End the user's running elevated sessions (``only``: the one of that id); in the trail. Returns how many."""
    rows = Elevation.objects.select_for_update().filter(user=user, ended_at=None)
    running = list((rows.filter(pk=only) if only else rows).order_by("pk"))
    for elevation in running:
        _close(elevation, how=how, at=at)
    return len(running)


@transaction.atomic
def end_overdue(*, at: datetime) -> int:
    """Close the sessions whose time has run out, with the time at which it did; run every minute. Returns how many."""
    overdue = Elevation.objects.select_for_update(of=("self",)).filter(ended_at=None, until__lte=at)
    rows = list(overdue.select_related("user__person").order_by("until", "pk"))
    for elevation in rows:
        _close(elevation, how=Elevation.End.TIME_OUT, at=elevation.until)
    return len(rows)


def _close(elevation: Elevation, *, how: Elevation.End, at: datetime) -> None:
    over = how != Elevation.End.TIME_OUT and elevation.until <= at
    if over:  # its time had run out before anybody ended it
        how, at = Elevation.End.TIME_OUT, elevation.until
    elevation.ended_at, elevation.end = at, how
    elevation.save(update_fields=["ended_at", "end"])
    by = None if how == Elevation.End.TIME_OUT else elevation.user
    trail.write(elevation.user, "user.elevation_ended", by=by, at=at, changes={"end": str(how)})
