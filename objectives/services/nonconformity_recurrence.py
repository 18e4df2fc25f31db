"""The same root cause again: which nonconformities came before and after, and how often causes come back.

Definition, printed on the page: two nonconformities share a recurrence when their root cause is the same entry of the
catalogue, neither is withdrawn, and the later one happened within LOOKBACK_MONTHS of the earlier one. Everything is
counted over what the user may see. A closed one's cause came back when another one happened after it was closed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db.models import Count, Exists, F, IntegerField, Max, OuterRef, Q, QuerySet, Subquery, Value, Window
from django.db.models.functions import Coalesce, RowNumber

from objectives.models import Cause, Nonconformity, lookback_start
from qms.models import Phase, Site, User

NAMED = 5
"""So many of the newest nonconformities are named per cause."""


@dataclass(frozen=True)
class Recurrence:
    """One nonconformity among those of the same cause: which time it is, those before it, those after it."""

    time: int
    earlier: list[Nonconformity]
    later: list[Nonconformity]

    @property
    def is_repeat(self) -> bool:
        """Whether the cause was there before."""
        return self.time > 1


@dataclass
class CauseLine:
    """One cause in the lookback: how often, how many closed, how many of those came back."""

    pk: int
    name: str
    count: int = 0
    closed: int = 0
    came_back: int = 0
    newest: list[dict[str, Any]] = field(default_factory=list)

    @property
    def share(self) -> int | None:
        """Of the closed ones, how many in a hundred came back; None where none is closed."""
        return round(100 * self.came_back / self.closed) if self.closed else None


def of(found: Nonconformity, user: User) -> Recurrence:
    """Those of the same cause that the user may see, within the lookback on either side. One query."""
    if found.cause_id is None or found.phase == Phase.WITHDRAWN:
        return Recurrence(1, [], [])
    rows = Nonconformity.objects.visible_to(user).filter(cause_id=found.cause_id).exclude(phase=Phase.WITHDRAWN)
    near = rows.filter(
        Q(happened_on__gte=found.lookback_on, happened_on__lte=found.happened_on)
        | Q(happened_on__gte=found.happened_on, lookback_on__lte=found.happened_on)
    )
    others = list(near.exclude(pk=found.pk).select_related("area", "site").order_by("happened_on", "pk"))
    own = (found.happened_on, found.pk)
    earlier = [row for row in others if (row.happened_on, row.pk) < own]
    return Recurrence(len(earlier) + 1, earlier, [row for row in others if (row.happened_on, row.pk) > own])


def with_times(rows: QuerySet[Any], user: User) -> QuerySet[Any]:
    """The rows with ``earlier``: how many of the same cause the user may see in the lookback before each."""
    count = _same_before(user).order_by().values("cause_id").annotate(n=Count("pk")).values("n")
    counted: QuerySet[Any] = rows.annotate(earlier=Coalesce(Subquery(count, output_field=IntegerField()), Value(0)))
    return counted


def come_back(rows: QuerySet[Any], user: User) -> QuerySet[Any]:
    """Those of the rows whose cause was there before; looks for one such row each, and counts none."""
    return rows.filter(Exists(_same_before(user)))


def _same_before(user: User) -> QuerySet[Any]:
    """What the user may see of the same cause in the lookback before the outer row."""
    before = Q(happened_on__lt=OuterRef("happened_on")) | Q(happened_on=OuterRef("happened_on"), pk__lt=OuterRef("pk"))
    rows: QuerySet[Any] = Nonconformity.objects.visible_to(user).exclude(phase=Phase.WITHDRAWN)
    return rows.filter(before, cause_id=OuterRef("cause_id"), happened_on__gte=OuterRef("lookback_on"))


def causes(user: User, *, today: date, sites: Sequence[Site] = (), most: int | None = None) -> list[CauseLine]:
    """Every cause of the lookback before ``today``, most frequent first; ``sites`` narrows it, ``most`` as below."""
    rows = Nonconformity.objects.visible_to(user)
    return cause_lines(rows.filter(site__in=sites) if sites else rows, today=today, most=most)


def cause_lines(rows: QuerySet[Nonconformity], *, today: date, most: int | None = None) -> list[CauseLine]:
    """The causes of these rows in the lookback before ``today``, most frequent first. Four queries.

    ``count``: nonconformities that happened in it. ``closed``: those closed in it and still closed. ``came_back``:
    closed ones after whose closing the same cause led to another one. The database counts; what comes back are those
    closed ones after which a cause may have stayed away, and the newest NAMED of each cause, or only of the first
    ``most`` causes.
    """
    since = lookback_start(today)
    rows = rows.filter(cause__isnull=False).exclude(phase=Phase.WITHDRAWN)
    rows = rows.filter(Q(happened_on__gte=since) | Q(closed_on__gte=since)).order_by()
    counted = rows.values("cause_id").annotate(
        times=Count("pk", filter=Q(happened_on__gte=since)), closings=Count("pk", filter=Q(closed_on__gte=since)),
        last=Max("happened_on"),
    )  # fmt: skip
    lines: dict[int, CauseLine] = {}
    quiet_since: dict[int, date] = {}
    found_rows = list(counted)
    names = dict(Cause.objects.filter(pk__in=[row["cause_id"] for row in found_rows]).values_list("pk", "name"))
    for row in found_rows:
        cause, closings = row["cause_id"], row["closings"]
        lines[cause] = CauseLine(cause, names[cause], row["times"], closings, came_back=closings)
        quiet_since[cause] = max(since, row["last"])
    if lines:
        late = rows.filter(closed_on__gte=min(quiet_since.values())).values_list("cause_id", "closed_on")
        for cause, closed_on in late:
            if closed_on and closed_on >= quiet_since[cause]:
                lines[cause].came_back -= 1
    found = sorted(lines.values(), key=lambda line: (-line.count, -line.came_back, line.name))
    _name_newest(rows.filter(happened_on__gte=since), found, most)
    return found


def _name_newest(rows: QuerySet[Nonconformity], lines: list[CauseLine], most: int | None) -> None:
    """Put the newest NAMED of these rows into the first ``most`` lines, or into all."""
    named = {line.pk: line for line in lines[:most]}
    if len(named) < len(lines):
        rows = rows.filter(cause_id__in=list(named))
    newest_first = [F("happened_on").desc(), F("pk").desc()]
    ranked: QuerySet[Any] = rows.annotate(
        rank=Window(RowNumber(), partition_by="cause_id", order_by=newest_first)
    ).filter(rank__lte=NAMED)
    wanted = ("pk", "reference", "title", "cause_id", "happened_on", "closed_on", "status", "rank")
    for row in sorted(ranked.order_by().values(*wanted), key=lambda row: int(row["rank"])):
        named[row["cause_id"]].newest.append(row)
