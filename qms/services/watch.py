"""Following a record without being responsible for it."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from qms.models import Record, User, Watch
from qms.services import trail


@transaction.atomic
def follow(record: Record, *, by: User, at: datetime) -> Watch:
    """From now on tell the user what happens to a record he or she may see. Idempotent.

    Side effects: one row, and an entry in the user's own chain: the record's tells of its work only.
    """
    watch, is_new = Watch.objects.get_or_create(person=by.person, record_id=record.pk, defaults={"began_at": at})
    if is_new:
        trail.write(by, "user.watched", by=by, at=at, changes={"record": record.reference})
    return watch


@transaction.atomic
def leave(record: Record, *, by: User, at: datetime) -> None:
    """Tell the user no more about it. Idempotent. Side effects: the row goes, an entry in the user's own chain."""
    if Watch.objects.filter(person=by.person, record_id=record.pk).delete()[0]:
        trail.write(by, "user.unwatched", by=by, at=at, changes={"record": record.reference})
