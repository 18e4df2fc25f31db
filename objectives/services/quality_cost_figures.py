"""The cost of quality in figures: months, and twelve months rolling, by both conventions that are in use.

Convention one, "failures only": the cost of poor quality is internal plus external failure. Convention two, "all four
categories": prevention and appraisal are added (the total quality cost of the prevention-appraisal-failure model, after
A. V. Feigenbaum; BS 6143-2). Neither is the right one, so both are always shown, each with what it is made of.

A month without postings is a gap, not a zero: it breaks lines, and sums say over how many months they run. A share of
sales is taken over those months only that have postings and sales, in numerator and denominator alike.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Count, Sum
from django.db.models.functions import TruncMonth
from django.utils.translation import gettext as _

from objectives.models import QualityCostAccount, QualityCostPosting, QualityCostStatement
from objectives.services.quality_cost import month_of, month_words
from qms.models import Phase, Record, Site, User
from qms.records import RecordKind, known_kinds

Category = QualityCostAccount.Category
FAILURES = QualityCostAccount.FAILURES
ALL_FOUR = tuple(Category)
YEAR = 12
BESIDE = ("activity", "improvement_action")
"""Kinds of record that stand beside the costs of their months, where this installation keeps them."""


@dataclass
class Month:
    """One month of the chosen sites. ``missing``: sites that book here otherwise, and have nothing in this month."""

    begins_on: date
    amounts: dict[str, Decimal] = field(default_factory=dict)
    postings: int = 0
    sales: Decimal | None = None
    statements: list[QualityCostStatement] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    beside: dict[str, int] = field(default_factory=dict)

    @property
    def words(self) -> str:
        return month_words(self.begins_on)

    @property
    def is_gap(self) -> bool:
        return self.postings == 0 or bool(self.missing)

    @property
    def is_confirmed(self) -> bool:
        return not self.is_gap and all(s.status == QualityCostStatement.Status.CONFIRMED for s in self.statements)

    @property
    def failures(self) -> Decimal | None:
        """Convention one; None in a gap."""
        return self.sum_of(FAILURES)

    @property
    def total(self) -> Decimal | None:
        """Convention two; None in a gap."""
        return self.sum_of(ALL_FOUR)

    def sum_of(self, categories: Iterable[str]) -> Decimal | None:
        """The cost of some categories; None in a gap."""
        return None if self.is_gap else _sum(self.amounts.get(str(name), Decimal(0)) for name in categories)

    def by_category(self) -> list[Decimal | None]:
        """The four categories in their order; None in a gap."""
        return [self.sum_of([name]) for name in ALL_FOUR]

    @property
    def why_gap(self) -> str:
        """What is missing, in words."""
        if self.postings == 0:
            return _("no postings")
        return _("no postings: %s") % ", ".join(self.missing) if self.missing else ""


@dataclass(frozen=True)
class Rolling:
    """The months of a stretch that have postings, added up."""

    months: list[Month]
    length: int = YEAR

    @property
    def n(self) -> int:
        """Months with postings."""
        return len(self.months)

    @property
    def is_whole(self) -> bool:
        return self.n == self.length

    @property
    def postings(self) -> int:
        return sum(month.postings for month in self.months)

    @property
    def confirmed(self) -> int:
        return sum(month.is_confirmed for month in self.months)

    @property
    def with_sales(self) -> list[Month]:
        return [month for month in self.months if month.sales is not None]

    def cost(self, categories: Iterable[str]) -> Decimal | None:
        """Money; None without any month."""
        wanted = list(categories)
        return _sum(month.sum_of(wanted) or Decimal(0) for month in self.months) if self.months else None

    def share_of_total(self, categories: Iterable[str]) -> Decimal | None:
        """Percent of the total quality cost of the same months."""
        return percent(self.cost(categories), self.cost(ALL_FOUR))

    def share_of_sales(self, categories: Iterable[str]) -> Decimal | None:
        """Percent of net sales, over the months that have both."""
        months = self.with_sales
        sales = _sum(month.sales or Decimal(0) for month in months)
        return percent(Rolling(months).cost(categories), sales)


@dataclass(frozen=True)
class Line:
    """A convention or a category: twelve months, and the twelve before them."""

    label: str
    note: str
    is_convention: bool
    amount: Decimal | None
    of_total: Decimal | None
    of_sales: Decimal | None
    amount_before: Decimal | None
    of_sales_before: Decimal | None

    @property
    def change(self) -> Decimal | None:
        """Percent by which the money changed; None where there is nothing to compare."""
        if self.amount is None or not self.amount_before:
            return None
        return (self.amount - self.amount_before) * 100 / abs(self.amount_before)


@dataclass(frozen=True)
class Figures:
    """Everything the page shows of costs. ``months`` are those of the period, oldest first."""

    months: list[Month]
    rolling: list[Rolling]
    """The twelve months that end with each month of the period."""
    now: Rolling
    before: Rolling
    beside: list[RecordKind]

    @property
    def lines(self) -> list[Line]:
        """The four categories, then both conventions."""
        rows: list[tuple[str, str, bool, Sequence[str]]] = [
            *((str(name.label), "", False, (str(name),)) for name in ALL_FOUR),
            (_("Failures only"), _("internal and external failure"), True, FAILURES),
            (_("All four categories"), _("with prevention and appraisal"), True, ALL_FOUR),
        ]
        compares = self.before if self.before.is_whole and self.now.is_whole else Rolling([])
        return [
            Line(
                label, note, is_convention, self.now.cost(of), self.now.share_of_total(of), self.now.share_of_sales(of),
                compares.cost(of), compares.share_of_sales(of),
            )
            for label, note, is_convention, of in rows
        ]  # fmt: skip

    @property
    def gaps(self) -> list[Month]:
        """The months of the newest twelve that have no postings."""
        return [month for month in self.months[-YEAR:] if month.is_gap]

    @property
    def without_sales(self) -> list[Month]:
        return [month for month in self.months[-YEAR:] if not month.is_gap and month.sales is None]


def statements_of(user: User, sites: Iterable[Site], currency: str) -> list[QualityCostStatement]:
    """The statements that count, as the user may see them, oldest month first; one query."""
    rows = QualityCostStatement.objects.visible_to(user).filter(
        site__in=[site.pk for site in sites], currency=currency, phase__in=[Phase.OPEN, Phase.CLOSED]
    )
    return list(rows.order_by("begins_on", "pk"))


def figures_of(
    user: User, sites: Sequence[Site], statements: Sequence[QualityCostStatement], *, until: date, length: int
) -> Figures:  # fmt: skip
    """The figures of ``length`` months up to the month ``until``. Two queries.

    ``statements``: those of ``statements_of``, whatever their months.
    """
    loaded = max(length + YEAR - 1, 2 * YEAR)
    starts = [months_before(until, back) for back in reversed(range(loaded))]
    months = {start: Month(start) for start in starts}
    inside = [one for one in statements if one.begins_on in months]
    _add_postings(months, inside)
    _add_sales_and_gaps(months, sites)
    kinds = [known_kinds()[slug] for slug in BESIDE if slug in known_kinds()]
    _add_beside(months, user, sites, kinds, since=starts[-length], until=until)
    ordered = list(months.values())
    rolling = [_rolling(ordered, index) for index in range(loaded - length, loaded)]
    return Figures(
        ordered[-length:], rolling, now=_rolling(ordered, loaded - 1), before=_rolling(ordered, loaded - 1 - YEAR),
        beside=kinds,
    )  # fmt: skip


def months_before(month: date, back: int) -> date:
    """The first day of the month so many months earlier."""
    number = month.year * 12 + month.month - 1 - back
    return date(number // 12, number % 12 + 1, 1)


def last_day(month: date) -> date:
    """The last day of the month."""
    return month_of(month + timedelta(days=32)) - timedelta(days=1)


def percent(part: Decimal | None, whole: Decimal | None) -> Decimal | None:
    """``part`` as percent of ``whole``; None where either is missing or the whole is not above zero."""
    return part * 100 / whole if part is not None and whole is not None and whole > 0 else None


def _rolling(months: Sequence[Month], last: int) -> Rolling:
    return Rolling([month for month in months[max(0, last - YEAR + 1) : last + 1] if not month.is_gap])


def _sum(amounts: Iterable[Decimal]) -> Decimal:
    return sum(amounts, Decimal(0))


def _add_postings(months: dict[date, Month], statements: Sequence[QualityCostStatement]) -> None:
    by_pk = {one.pk: one for one in statements}
    rows = (
        QualityCostPosting.objects.filter(statement__in=list(by_pk), replaced_at=None)
        .order_by().values("statement", "account__category").annotate(amount=Sum("amount"), n=Count("pk"))
    )  # fmt: skip
    for row in rows:
        month = months[by_pk[row["statement"]].begins_on]
        name = row["account__category"]
        month.amounts[name] = month.amounts.get(name, Decimal(0)) + row["amount"]
        month.postings += row["n"]
        if by_pk[row["statement"]] not in month.statements:
            month.statements.append(by_pk[row["statement"]])


def _add_sales_and_gaps(months: dict[date, Month], sites: Sequence[Site]) -> None:
    """Sales only where every statement of the month has them; a site that books otherwise and did not, is missing."""
    booked: dict[int, set[date]] = defaultdict(set)
    for month in months.values():
        for one in month.statements:
            booked[one.site_id].add(month.begins_on)
        known = [one.net_sales for one in month.statements if one.net_sales is not None]
        month.sales = _sum(known) if known and len(known) == len(month.statements) else None
    for site in sites:
        own = booked.get(site.pk)
        if not own:
            continue
        last = max(months) if site.is_active else max(own)
        for month in months.values():
            if min(own) <= month.begins_on <= last and month.begins_on not in own:
                month.missing.append(site.name)


def _add_beside(
    months: dict[date, Month], user: User, sites: Sequence[Site], kinds: Sequence[RecordKind], *, since: date,
    until: date,
) -> None:  # fmt: skip
    """How many records of each kind fell into each month, counted by one query over kind, site and event date."""
    rows: Any = Record.objects.visible_to(user).filter(
        kind__in=[kind.kind for kind in kinds], site__in=[site.pk for site in sites],
        occurred_on__gte=since, occurred_on__lte=last_day(until), phase__in=[Phase.OPEN, Phase.CLOSED],
    )  # fmt: skip
    counted = rows.order_by().annotate(month=TruncMonth("occurred_on")).values("kind", "month").annotate(n=Count("pk"))
    for row in counted:
        months[row["month"]].beside[row["kind"]] = row["n"]
