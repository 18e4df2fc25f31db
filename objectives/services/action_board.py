"""Boards of improvement actions: columns, what is overdue by level, and how many begin before something fails."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import transaction
from django.db.models import Count, F, QuerySet, Sum
from django.db.models.functions import TruncMonth
from django.utils.translation import gettext as _

from objectives.models import ActionMonth, ImprovementAction
from qms.models import Area, Person, Phase, Site

Status, Drive = ImprovementAction.Status, ImprovementAction.Drive
PER_COLUMN = 12
PER_LEVEL = 12
OVERDUE_SHOWN = 60
OVERDUE_COUNTED = 1_000
COLUMNS: tuple[tuple[str, tuple[str, ...]], ...] = (
    (Status.IDEA, (Status.IDEA,)),
    (Status.ASSESSED, (Status.ASSESSED,)),
    (Status.IN_PROGRESS, (Status.IN_PROGRESS,)),
    (Status.DONE, (Status.DONE,)),
    (Status.CHECKED, (Status.CHECKED, Status.CLOSED)),
)
OPEN = frozenset({Status.IDEA, Status.ASSESSED, Status.IN_PROGRESS})


@dataclass(frozen=True)
class BoardColumn:
    """One status with its first actions; ``has_more`` when the list behind holds further ones."""

    status: str
    statuses: tuple[str, ...]
    rows: list[ImprovementAction]
    has_more: bool

    @property
    def count(self) -> str:
        """“7”, or “12+” where there are more than are shown."""
        return f"{len(self.rows)}{'+' if self.has_more else ''}"


@dataclass(frozen=True)
class OverdueLevel:
    """What is overdue on one level of the organization; level 1 reports to nobody. ``has_more``: at least so many."""

    level: int
    count: int
    rows: list[ImprovementAction]
    has_more: bool = False

    @property
    def count_words(self) -> str:
        """“7”, or “212+” where counting stopped."""
        return f"{self.count:,}{'+' if self.has_more else ''}"


@dataclass(frozen=True)
class MonthBalance:
    """How many actions began in a month, before and after something failed; ``share`` is None with none at all."""

    month: date
    proactive: int
    reactive: int

    @property
    def n(self) -> int:
        return self.proactive + self.reactive

    @property
    def share(self) -> float | None:
        """Percent that began before anything failed."""
        return round(100 * self.proactive / self.n, 1) if self.n else None


def columns(actions: QuerySet[ImprovementAction], *, is_of_one: bool = False) -> list[BoardColumn]:
    """The board: open columns soonest due first, the others newest first.

    ``is_of_one``: the actions are one person's, whose ended ones are found by their due date. One query per status,
    each cut short, and one for the rows.
    """
    wanted = {status: _first(actions, status, is_of_one) for _column, statuses in COLUMNS for status in statuses}
    rows = actions.model._default_manager.select_related("owner", "area", "site")
    by_pk = rows.in_bulk([pk for pks in wanted.values() for pk in pks])
    found = []
    for status, statuses in COLUMNS:
        shown = [by_pk[pk] for one in statuses for pk in wanted[one]]
        if status not in OPEN:
            shown.sort(key=lambda row: (row.completed_on or date.min, row.pk), reverse=True)
        found.append(BoardColumn(status, statuses, shown[:PER_COLUMN], len(shown) > PER_COLUMN))
    return found


def _first(actions: QuerySet[ImprovementAction], status: str, is_of_one: bool) -> list[int]:
    """Keys of one more of the status than a column shows, in its order.

    Without joins but to the record, so that both databases walk an index and stop, however many there are.
    """
    rows = actions.filter(status=status, kind=ImprovementAction.KIND)
    if status in OPEN:
        rows = rows.filter(phase=Phase.OPEN).order_by(F("due_on").asc(nulls_last=True), "id")
    elif is_of_one:
        rows = rows.filter(phase=Phase.CLOSED).order_by("-due_on", "-id")
    else:
        rows = rows.order_by("-completed_on", "-record_ptr_id")
    return list(rows.values_list("pk", flat=True)[: PER_COLUMN + 1])


def overdue_by_level(actions: QuerySet[ImprovementAction], *, today: date) -> list[OverdueLevel]:
    """What is overdue, by how deep its owner stands in the organization; top first. Three queries.

    The longest overdue OVERDUE_COUNTED are counted; with more of them, every number says that it is at least so many.
    """
    overdue = actions.filter(kind=ImprovementAction.KIND, phase=Phase.OPEN, due_on__lt=today)
    owners = list(overdue.order_by("due_on", "id").values_list("owner_id", flat=True)[: OVERDUE_COUNTED + 1])
    depth, has_more = levels(), len(owners) > OVERDUE_COUNTED
    per_level = Counter(depth[owner_id] for owner_id in owners[:OVERDUE_COUNTED])
    shown = overdue.select_related("owner__manager", "area", "site").order_by("due_on", "id")[:OVERDUE_SHOWN]
    rows: dict[int, list[ImprovementAction]] = {}
    for action in shown:
        kept = rows.setdefault(depth[action.owner_id], [])
        if len(kept) < PER_LEVEL:
            kept.append(action)
    return [OverdueLevel(level, per_level[level], rows.get(level, []), has_more) for level in sorted(per_level)]


def levels() -> dict[int, int]:
    """How deep each person stands: 1 for who reports to nobody, one more for each manager above. One query."""
    managers = dict(Person.objects.order_by().values_list("pk", "manager_id"))
    depth: dict[int, int] = {}
    for person in managers:
        above: list[int] = []
        now: int | None = person
        while now is not None and now not in depth and now not in above:
            above.append(now)
            now = managers.get(now)
        start = depth.get(now, 0) if now is not None else 0
        for step, one in enumerate(reversed(above), start=1):
            depth[one] = start + step
    return depth


def balance(
    sites: Iterable[Site], *, area: Area | None = None, from_on: date, to_on: date
) -> list[MonthBalance]:  # fmt: skip
    """Proactive and reactive actions per month, every month of the period; from the kept sums. One query."""
    rows = ActionMonth.objects.filter(
        site__in=list(sites), begins_on__gte=from_on.replace(day=1), begins_on__lte=to_on.replace(day=1)
    )  # fmt: skip
    if area is not None:
        rows = rows.filter(area=area)
    sums: dict[tuple[date, str], int] = {
        (month, drive): number
        for month, drive, number in rows.order_by().values_list("begins_on", "drive").annotate(n=Sum("count"))
    }
    return [
        MonthBalance(month, sums.get((month, Drive.PROACTIVE), 0), sums.get((month, Drive.REACTIVE), 0))
        for month in months(from_on, to_on)
    ]


def months(from_on: date, to_on: date) -> list[date]:
    """The first day of every month from one day to another."""
    first, last = from_on.year * 12 + from_on.month - 1, to_on.year * 12 + to_on.month - 1
    return [date(number // 12, number % 12 + 1, 1) for number in range(first, last + 1)]


def in_words(rows: Iterable[MonthBalance]) -> str:
    """One sentence on the whole period, with its n."""
    rows = list(rows)
    ahead, behind = sum(row.proactive for row in rows), sum(row.reactive for row in rows)
    if not ahead + behind:
        return _("No action began in this period.")
    words = {"ahead": ahead, "behind": behind, "n": ahead + behind, "share": round(100 * ahead / (ahead + behind))}
    text = _("%(ahead)s proactive to %(behind)s reactive: %(share)s %% began before anything failed (n = %(n)s).")
    return text % words


def count(action: ImprovementAction, step: int) -> None:
    """Count an action in its month (1), or no longer (-1); a part of every change of its place, origin or standing."""
    month = action.occurred_on.replace(day=1)
    drive = Drive.PROACTIVE if action.is_proactive else Drive.REACTIVE
    place: dict[str, Any] = {"site_id": action.site_id, "area_id": action.area_id, "begins_on": month, "drive": drive}
    if not ActionMonth.objects.filter(**place).update(count=F("count") + step):
        ActionMonth.objects.bulk_create([ActionMonth(**place)], ignore_conflicts=True)
        ActionMonth.objects.filter(**place).update(count=F("count") + step)


@transaction.atomic
def recount() -> int:
    """Make the sums of all months anew from the actions; for bulk loads and after a restore. Returns how many rows."""
    ActionMonth.objects.all().delete()
    rows = ImprovementAction.objects.exclude(status=Status.WITHDRAWN).annotate(month=TruncMonth("occurred_on"))
    sums = rows.order_by().values_list("site_id", "area_id", "month", "drive").annotate(n=Count("pk"))
    made = [
        ActionMonth(site_id=site, area_id=area, begins_on=month, drive=drive, count=number)
        for site, area, month, drive, number in sums
    ]
    return len(ActionMonth.objects.bulk_create(made, batch_size=1000))
