"""Merging root causes that mean the same, so that a cause that comes back under another name is recognized."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from objectives.models import Cause, Nonconformity, lookback_start
from qms.models import Phase, User
from qms.services import record as record_service
from qms.services import trail
from qms.services.wording import said

SHOWN = 20
"""So many of the nonconformities that move are named in the preview; the newest."""


class CannotMerge(ValidationError):
    """The two are the same, or one of them is merged already."""


@dataclass(frozen=True)
class Preview:
    """What merging would move: every nonconformity of the cause, whatever its phase."""

    open: int
    closed: int
    withdrawn: int
    shown: list[Nonconformity]
    hidden: int
    """Nonconformities that move although the user may not read them; they are counted, not named."""
    times: int
    """How often the cause was named in the lookback before today, withdrawn ones apart."""
    times_into: int

    @property
    def total(self) -> int:
        """All that move."""
        return self.open + self.closed + self.withdrawn

    @property
    def times_together(self) -> int:
        """How often it will have been named in the lookback once the two are one."""
        return self.times + self.times_into


def choices() -> QuerySet[Cause]:
    """The causes that can be merged, or merged into, by name."""
    return Cause.objects.filter(merged_into=None).order_by("name", "pk")


def check(cause: Cause, into: Cause) -> None:
    """Raise CannotMerge, by field, when these two cannot be merged."""
    if cause.pk == into.pk:
        raise CannotMerge({"into": _("Choose two different causes.")})
    if cause.merged_into_id:
        raise CannotMerge({"cause": _("This cause was merged already. Reload the page and choose again.")})
    if into.merged_into_id or not into.is_active:
        raise CannotMerge({"into": _("This cause was merged itself, or is no longer used. Choose another one.")})


def preview(cause: Cause, into: Cause, *, user: User, today: date) -> Preview:
    """What ``merge`` would do now, with the newest of what moves as far as the user may see it. Raises CannotMerge."""
    check(cause, into)
    phases = list(Nonconformity.objects.filter(cause=cause).values_list("phase", flat=True))
    rows = Nonconformity.objects.visible_to(user).filter(cause=cause).select_related("site")
    return Preview(
        open=phases.count(Phase.OPEN), closed=phases.count(Phase.CLOSED), withdrawn=phases.count(Phase.WITHDRAWN),
        shown=list(rows.order_by("-happened_on", "-pk")[:SHOWN]), hidden=len(phases) - rows.count(),
        times=_times(cause, today), times_into=_times(into, today),
    )  # fmt: skip


@transaction.atomic
def merge(cause: Cause, *, into: Cause, reason: str, by: User, at: datetime) -> Cause:
    """Make ``cause`` one with ``into``: every nonconformity of it gets the other, and its name leads there from now on.

    The same again changes nothing. What each nonconformity said before stays in its versions. Side effects: per
    nonconformity its row, a version, a trail entry, clause links; both causes' trail entries. Raises ReasonMissing,
    CannotMerge, by field.
    """
    reason = said(reason)
    both = {row.pk: row for row in Cause.objects.select_for_update().filter(pk__in=[cause.pk, into.pk]).order_by("pk")}
    old, new = both[cause.pk], both[into.pk]
    if old.merged_into_id == new.pk:
        return new
    check(old, new)
    keys = list(Nonconformity.objects.filter(cause=old).order_by("pk").values_list("pk", flat=True))
    locked = [record_service.lock(Nonconformity(pk=key)) for key in keys]  # all first, so that none is waited for later
    moving = [found for found in locked if found.cause_id == old.pk]
    for found in moving:
        found.cause = new
        record_service.seal(found, "nonconformity.cause_merged", by=by, at=at, reason=reason)
    old.is_active, old.merged_into = False, new
    old.save(update_fields=["is_active", "merged_into"])
    told = {"merged_into": [None, new.name], "nonconformities": len(moving)}
    trail.write(old, "cause.merged", by=by, at=at, reason=reason, changes=told)
    told = {"received": [None, old.name], "nonconformities": len(moving)}
    trail.write(new, "cause.received", by=by, at=at, reason=reason, changes=told)
    return new


def _times(cause: Cause, today: date) -> int:
    rows = Nonconformity.objects.filter(cause=cause, happened_on__gte=lookback_start(today))
    return rows.exclude(phase=Phase.WITHDRAWN).count()
