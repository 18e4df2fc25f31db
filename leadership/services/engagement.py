"""Measures of leadership engagement: each a share of things that are counted one by one and can be listed.

A measure is a declaration (``Measure``) over a query of what is counted, each row saying whether it fits. Figures and
lists come from the same query, so a list always shows the number above it. There is no total of all measures and no
ranking of people. Only what the reader may see is counted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from django.db.models import BooleanField, CharField, Count, DateField, ExpressionWrapper, Q, QuerySet, Value
from django.db.models.functions import TruncMonth
from django.utils.translation import gettext_lazy as _

from qms.models import Phase, Site, User
from qms.records import Text

MONTHS_OF_TREND = 12
FEW = 10
"""With fewer things counted a share says little: it is shown, and marked."""


class Group:
    """The headings measures stand under, in the order of the page."""

    PRESENCE = _("Being there")
    PEOPLE = _("Noticing good work")
    DEEDS = _("From words to deeds")
    RESOURCES = _("Resources or risk")
    HONESTY = _("How honest the data are")


@dataclass(frozen=True)
class Scope:
    """Whose records of which sites and days are counted; ``user`` None: everything that is not confidential."""

    user: User | None
    sites: tuple[Site, ...]
    first: date
    last: date

    @property
    def site_ids(self) -> list[int]:
        """Ids of the sites."""
        return [site.pk for site in self.sites]

    def seen(self, model: type[Any]) -> Any:
        """Records of a kind at the sites that the reader may see, drafts and withdrawn ones left out."""
        rows = model.objects.filter(is_confidential=False) if self.user is None else model.objects.visible_to(self.user)
        found = rows.filter(kind=model.KIND, site_id__in=self.site_ids)
        return found.exclude(phase__in=[Phase.DRAFT, Phase.WITHDRAWN])


@dataclass(frozen=True)
class Line:
    """One thing that is counted, as a list shows it."""

    title: str
    note: str
    day: date | None
    url: str
    fits: bool


@dataclass(frozen=True)
class Measure:
    """A share: ``numerator`` of ``denominator``, as the declared queries count them.

    ``rows``: what is counted in a scope, of any days, one row per thing, with the annotation ``fits`` (a boolean).
    ``day``: the ORM path to the date a row counts on; empty where rows are of today, without a trend. ``line`` says a
    row in a list. ``band``: percent between which the share is healthy, both ends included; none where nobody knows.
    ``is_flaw``: the share is of what went wrong. ``caution``: what the figure does not say.
    """

    slug: str
    group: Text
    label: Text
    definition: Text
    numerator: Text
    denominator: Text
    caution: Text
    source: Text
    rows: Callable[[Scope], QuerySet[Any]]
    line: Callable[[Any], Line]
    day: str = "occurred_on"
    related: tuple[str, ...] = ()
    band: tuple[int, int] | None = None
    is_flaw: bool = False

    def within(self, scope: Scope) -> QuerySet[Any]:
        """What is counted in the days of the scope: the denominator, row by row."""
        rows = self.rows(scope)
        return rows.filter(**{f"{self.day}__range": (scope.first, scope.last)}) if self.day else rows

    def by_month(self, scope: Scope) -> Any:
        """(measure, month, counted, fitting) for every month of the scope that has any."""
        month = TruncMonth(self.day) if self.day else Value(scope.last.replace(day=1), output_field=DateField())
        rows = (
            self.within(scope)
            .order_by()
            .annotate(counted_slug=Value(self.slug, output_field=CharField()), counted_month=month)
        )
        grouped = rows.values("counted_slug", "counted_month").annotate(
            counted_n=Count("pk"), counted_fits=Count("pk", filter=Q(fits=True))
        )
        return grouped.values_list("counted_slug", "counted_month", "counted_n", "counted_fits")


@dataclass(frozen=True)
class SetMeasure(Measure):
    """A share of a set that stays the same, such as the areas of a site: those reached at least once.

    ``rows`` are what reaches (records); ``pairs`` gives (month, key of what was reached) of a scope, and ``whole`` the
    keys there are. A list shows the rows, or with ``things`` what was to be reached.
    """

    pairs: Callable[[Scope], Iterable[tuple[date, Any]]] = lambda _scope: ()
    whole: Callable[[Scope], set[Any]] = lambda _scope: set()
    things: Callable[[Scope], Sequence[Line]] | None = None
    is_of_days: bool = False
    """Whether ``whole`` is made of the scope's days, so that each month has its own; it then asks no query."""


@dataclass(frozen=True)
class Figure:
    """A measure of a scope: ``fits`` of ``n``, and the same for each of the last months, oldest first."""

    measure: Measure
    fits: int
    n: int
    months: list[tuple[date, int, int]] = field(default_factory=list)

    @property
    def percent(self) -> int | None:
        """Whole percent; None when nothing was counted."""
        return round(100 * self.fits / self.n) if self.n else None

    @property
    def must_be(self) -> bool:
        """Whether only one share is right, such as all of them or none."""
        return self.measure.band is not None and self.measure.band[0] == self.measure.band[1]

    @property
    def is_few(self) -> bool:
        """Whether so little was counted that the share says little; what must be so must be so with one, too."""
        return 0 < self.n < FEW and not self.must_be

    @property
    def standing(self) -> str:
        """Below, within or above the healthy band; empty without a band, without figures, or with few."""
        if self.measure.band is None or self.percent is None or self.is_few:
            return ""
        low, high = self.measure.band
        return "below" if self.percent < low else "above" if self.percent > high else "within"

    @property
    def shares(self) -> list[float | None]:
        """Percent per month, None for a month in which nothing was counted."""
        return [round(100 * fits / n, 1) if n else None for _month, fits, n in self.months]


def flag(condition: Any) -> Any:
    """A condition as the column ``fits``."""
    return ExpressionWrapper(Q(condition), output_field=BooleanField())


def months_after(month: date, number: int) -> date:
    """The first day of the month so many months later (or, negative, earlier)."""
    count = month.year * 12 + month.month - 1 + number
    return date(count // 12, count % 12 + 1, 1)


def months_up_to(last: date, number: int = MONTHS_OF_TREND) -> list[date]:
    """The first days of so many months, the one of ``last`` at the end."""
    return [months_after(last, ago) for ago in range(1 - number, 1)]


def figures(measures: Sequence[Measure], scope: Scope) -> list[Figure]:
    """Each measure over the scope's days, with the trend of the MONTHS_OF_TREND months up to its last day.

    One query for all measures of rows, and at most three for each measure of a set. The scope begins on the first of a
    month, so that its figure is the sum of its months.
    """
    months = months_up_to(scope.last)
    trend = replace(scope, first=min(scope.first, months[0]))
    plain = [measure for measure in measures if not isinstance(measure, SetMeasure)]
    counted = _counted(plain, trend)
    return [
        _set_figure(measure, scope, trend, months)
        if isinstance(measure, SetMeasure)
        else _figure(measure, counted.get(measure.slug, {}), scope, months)
        for measure in measures
    ]


def _counted(measures: Sequence[Measure], scope: Scope) -> dict[str, dict[date, tuple[int, int]]]:
    parts = [measure.by_month(scope) for measure in measures]
    if not parts:
        return {}
    found: dict[str, dict[date, tuple[int, int]]] = {}
    for slug, month, n, fits in parts[0].union(*parts[1:], all=True) if len(parts) > 1 else parts[0]:
        found.setdefault(slug, {})[month] = (fits, n)
    return found


def _figure(
    measure: Measure, counted: dict[date, tuple[int, int]], scope: Scope, months: Sequence[date]
) -> Figure:  # fmt: skip
    inside = [numbers for month, numbers in counted.items() if month >= scope.first.replace(day=1)]
    per_month = [(month, *counted.get(month, (0, 0))) for month in months] if measure.day else []
    return Figure(measure, sum(fits for fits, _n in inside), sum(n for _fits, n in inside), per_month)


def _set_figure(measure: SetMeasure, scope: Scope, trend: Scope, months: Sequence[date]) -> Figure:
    whole = measure.whole(scope)
    known = measure.whole(trend) if measure.is_of_days else whole
    reached: dict[date, set[Any]] = {}
    for month, key in measure.pairs(trend):
        if key in known:
            reached.setdefault(month, set()).add(key)
    inside = set().union(*(keys for month, keys in reached.items() if month >= scope.first))
    per_month = [
        (
            month,
            len(reached.get(month, ())),
            len(measure.whole(_month(scope, month))) if measure.is_of_days else len(whole),
        )
        for month in months
    ]
    return Figure(measure, len(inside), len(whole), per_month)


def _month(scope: Scope, month: date) -> Scope:
    end = months_after(month, 1)
    return replace(scope, first=month, last=min(scope.last, date.fromordinal(end.toordinal() - 1)))


def record_line(record: Any) -> Line:
    """A record, as every list shows it."""
    where = record.area.name if record.area else record.site.name
    return Line(
        record.title, f"{record.reference} · {where}", record.occurred_on, f"/records/{record.uid}/",
        bool(record.fits),
    )  # fmt: skip
