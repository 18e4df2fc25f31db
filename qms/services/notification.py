"""Notices in the product, as their reader deals with them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction

from qms.models import Notification, User


@transaction.atomic
def mark_read(user: User, *, at: datetime, ids: Iterable[int] | None = None) -> int:
    """Mark the user's unread notices, all of them or those in ``ids``, as read; returns how many. Idempotent."""
    unread = Notification.objects.filter(user=user, read_at=None)
    return (unread if ids is None else unread.filter(pk__in=list(ids))).update(read_at=at)
