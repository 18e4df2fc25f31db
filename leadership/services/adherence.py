"""How much of the standard work was done in its window, and what stands out as worth a talk.

Adherence = done in the window / planned, where the denominator holds what was done, done late or missed; what an
approved absence, a closure or a change of the routine took out is not in it (as schedule compliance is counted in
maintenance). 85 to 95 % is healthy; always 100 % says more about the entries than about the floor.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import takewhile
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from leadership.models import ActivityStop, Occurrence
from objectives.models import ImprovementAction
from qms.models import Person, Site, User
from qms.permissions import Permission
from qms.services import person as person_service

Status, Cause = Occurrence.Status, Occurrence.Cause
BAND = (85, 95)
"""Percent between which adherence is healthy."""
ENOUGH = 20
"""From so many counted times on a constant 100 % is pointed out."""
MONTH_END_MANY, MONTH_END_SOME = 30, 10
"""Entries made on the last day of a month: pointed out from 30, or from 10 when they are half of the month's."""
SAME_MINUTE_FROM, SAME_MINUTE_SHARE = 10, 80
NOTHING_FOUND_STREAK = 15


@dataclass(frozen=True)
class Adherence:
    """What became of planned times: ``counted`` = ``done`` + ``late`` + ``missed``; the rest is not in it."""

    done: int = 0
    late: int = 0
    missed: int = 0
    excused: int = 0
    unexplained: int = 0
    causes: Sequence[tuple[str, int]] = ()

    @property
    def counted(self) -> int:
        """The denominator, n."""
        return self.done + self.late + self.missed

    @property
    def percent(self) -> int | None:
        """Whole percent done in the window; None when nothing was counted."""
        return round(100 * self.done / self.counted) if self.counted else None

    @property
    def late_percent(self) -> int | None:
        """Whole percent of what was done that was done late; None when nothing was done."""
        made = self.done + self.late
        return round(100 * self.late / made) if made else None

    @property
    def band(self) -> str:
        """Below, in or above the healthy band; empty without figures."""
        if self.percent is None:
            return ""
        return "below" if self.percent < BAND[0] else "above" if self.percent > BAND[1] else "healthy"


@dataclass(frozen=True)
class Line:
    """Adherence of one part of the whole: a kind of activity, or a month."""

    label: str
    adherence: Adherence


@dataclass
class _Count:
    """Figures being added up."""

    by_status: Counter[str] = field(default_factory=Counter)
    by_cause: Counter[str] = field(default_factory=Counter)

    def add(self, status: str, cause: str, number: int) -> None:
        self.by_status[status] += number
        if status == Status.MISSED:
            self.by_cause[cause] += number

    def adherence(self) -> Adherence:
        labels = dict(Cause.choices)
        causes = [(str(labels[name]), number) for name, number in self.by_cause.most_common() if name]
        return Adherence(
            done=self.by_status[Status.DONE], late=self.by_status[Status.LATE], missed=self.by_status[Status.MISSED],
            excused=self.by_status[Status.EXCUSED], unexplained=self.by_cause[""], causes=causes,
        )  # fmt: skip


def measure(rows: QuerySet[Occurrence], first: date, last: date) -> tuple[Adherence, list[Line]]:
    """Adherence of occurrences planned from first to last, and by kind of activity; one query.

    What is still planned is not counted: its window is open.
    """
    counted = rows.filter(planned_on__range=(first, last)).exclude(status__in=[Status.PLANNED, Status.CANCELLED])
    total, kinds = _Count(), defaultdict[str, _Count](_Count)
    for label, status, cause, number in (
        counted.values_list("activity_type__label", "status", "cause")
        .order_by("activity_type__label")
        .annotate(Count("pk"))
    ):
        total.add(status, cause, number)
        kinds[label].add(status, cause, number)
    return total.adherence(), [Line(label, count.adherence()) for label, count in kinds.items()]


def by_month(rows: QuerySet[Occurrence], first: date, last: date) -> list[Line]:
    """Adherence per calendar month, the first one first; one query. Labels are “Nov 2026”."""
    counted = rows.filter(planned_on__range=(first, last)).exclude(status__in=[Status.PLANNED, Status.CANCELLED])
    months = defaultdict[date, _Count](_Count)
    grouped = counted.values_list("planned_on__year", "planned_on__month", "status", "cause").annotate(n=Count("pk"))
    for year, month, status, cause, number in grouped.order_by("planned_on__year", "planned_on__month"):
        months[date(year, month, 1)].add(status, cause, number)
    return [Line(date_format(month, "M Y"), count.adherence()) for month, count in months.items()]


def of_site(site: Site) -> QuerySet[Occurrence]:
    """Everything planned at a site."""
    return Occurrence.objects.filter(site=site)


def of_person(person: Person) -> QuerySet[Occurrence]:
    """Everything planned for a person."""
    return Occurrence.objects.filter(leader=person)


def may_see(user: User, person: Person) -> bool:
    """Adherence of a person is for himself or herself, the leaders above, and the quality manager; never a ranking."""
    if user.person_id == person.pk or user.can(Permission.ACTIVITY_CORRECT):
        return True
    return user.person in person_service.manager_chain(person)


def months_back(day: date, months: int) -> date:
    """The first day of the month so many months ago, the day's own month being the last."""
    index = day.year * 12 + day.month - months
    return date(index // 12, index % 12 + 1, 1)


def coaching(person: Person, first: date, last: date) -> list[str]:
    """What stands out in a leader's entries of a period, as something to talk about; two queries."""
    total, _kinds = measure(of_person(person), first, last)
    acts = list(
        of_person(person)
        .filter(planned_on__range=(first, last), activity__isnull=False)
        .annotate(
            has_words=Exists(
                ActivityStop.objects.filter(activity=OuterRef("activity")).exclude(Q(heard="") & Q(promised=""))
            ),
            has_follow_up=Exists(ImprovementAction.objects.filter(source=OuterRef("activity"))),
        )
        .select_related("activity", "site", "routine")
        .order_by("activity__happened_at", "pk")
    )
    found = [_all_done(total), _month_end(acts), _same_minute(acts), _nothing_found(acts)]
    return [words for words in found if words]


def _all_done(total: Adherence) -> str:
    if total.counted < ENOUGH or total.done < total.counted:
        return ""
    return _(
        "All %(n)d planned times were done in their window. That is rare where leaders are also called away; 85 to 95 "
        "%% is usual. Talk about whether the plan is ambitious enough, and whether entries are made when it happens."
    ) % {"n": total.counted}


def _month_end(acts: Iterable[Any]) -> str:
    made = [act.activity.recorded_at.astimezone(act.site.zone).date() for act in acts]
    months = Counter((day.year, day.month) for day in made)
    ends = Counter((day.year, day.month) for day in made if (day + timedelta(days=1)).day == 1)
    for month, number in ends.most_common():
        if number >= MONTH_END_MANY or (number >= MONTH_END_SOME and 2 * number >= months[month]):
            return ngettext(
                "%(n)d entry of %(month)s was made on the last day of the month.",
                "%(n)d entries of %(month)s were made on the last day of the month.", number,
            ) % {"n": number, "month": f"{month[0]}-{month[1]:02d}"} + " " + _(
                "Logging on the spot takes less time and remembers more; a phone at the line helps."
            )  # fmt: skip
    return ""


def _same_minute(acts: Sequence[Any]) -> str:
    """A routine with a fixed time is expected then; only the others are looked at."""
    free = [act for act in acts if act.routine.at_time is None]
    minutes = Counter(f"{_local(act):%H:%M}" for act in free)
    clock, number = next(iter(minutes.most_common(1)), ("", 0))
    if len(free) < SAME_MINUTE_FROM or 100 * number < SAME_MINUTE_SHARE * len(free):
        return ""
    return _(
        "%(n)d of %(of)d acts are entered as of %(clock)s. Real walks begin at changing times; people on other shifts "
        "may never meet this leader."
    ) % {"n": number, "of": len(free), "clock": clock}


def _nothing_found(acts: Sequence[Any]) -> str:
    quiet = sum(1 for _act in takewhile(lambda act: not (act.has_words or act.has_follow_up), reversed(acts)))
    if quiet < NOTHING_FOUND_STREAK:
        return ""
    return _(
        "In the last %(n)d acts nothing was heard, promised or followed up. Ask one open question at each stop: what "
        "slows you down?"
    ) % {"n": quiet}


def _local(act: Any) -> datetime:
    moment: datetime = act.activity.happened_at.astimezone(act.site.zone)
    return moment
