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

from objectives.models import Nonconformity, lookback_start
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


def causes(user: User, *, today: date, sites: Sequence[Site] = ()) -> list[CauseLine]:
    """Every cause of the lookback before ``today``, most frequent first. One query; ``sites`` narrows it."""
    rows = Nonconformity.objects.visible_to(user)
    return cause_lines(rows.filter(site__in=sites) if sites else rows, today=today)


def cause_lines(rows: QuerySet[Nonconformity], *, today: date) -> list[CauseLine]:
    """The causes of these rows in the lookback before ``today``, most frequent first. One query.

    ``count``: nonconformities that happened in it. ``closed``: those closed in it and still closed. ``came_back``:
    closed ones after whose closing the same cause led to another one. The database counts: what comes back are the
    newest NAMED of each cause, and those closed ones after which the cause stayed away.
    """
    since = lookback_start(today)
    rows = rows.filter(cause__isnull=False).exclude(phase=Phase.WITHDRAWN)
    rows = rows.filter(Q(happened_on__gte=since) | Q(closed_on__gte=since))
    wanted = ("pk", "reference", "title", "cause_id", "cause__name", "happened_on", "closed_on", "status")
    counted: QuerySet[Any] = rows.annotate(
        rank=Window(RowNumber(), partition_by="cause_id", order_by=[F("happened_on").desc(), F("pk").desc()]),
        last=Window(Max("happened_on"), partition_by="cause_id"),
        times=Window(Count("pk", filter=Q(happened_on__gte=since)), partition_by="cause_id"),
        closings=Window(Count("pk", filter=Q(closed_on__gte=since)), partition_by="cause_id"),
    )
    counted = counted.filter(Q(rank__lte=NAMED) | Q(closed_on__gte=F("last"))).order_by()
    lines: dict[int, CauseLine] = {}
    for row in counted.values(*wanted, "rank", "last", "times", "closings"):
        line = lines.get(row["cause_id"])
        if line is None:
            line = lines[row["cause_id"]] = CauseLine(
                row["cause_id"], row["cause__name"], row["times"], row["closings"]
            )
            line.came_back = line.closed
        if row["rank"] <= NAMED and row["happened_on"] >= since:
            line.newest.append(row)
        if row["closed_on"] and row["closed_on"] >= max(since, row["last"]):
            line.came_back -= 1
    for line in lines.values():
        line.newest.sort(key=lambda row: int(row["rank"]))
    return sorted(lines.values(), key=lambda line: (-line.count, -line.came_back, line.name))
