"""What the pages of a statement and of an account show beside their facts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import Sum

from objectives.models import (
    Benefit,
    ImprovementAction,
    Objective,
    QualityCostAccount,
    QualityCostPosting,
    QualityCostStatement,
)
from objectives.services.quality_cost_figures import ALL_FOUR, FAILURES, Month, months_before, percent
from qms.models import Phase, User

ROWS_SHOWN = 60
MONTHS_SHOWN = 24


@dataclass(frozen=True)
class CostLine:
    """A category or a convention of one month."""

    label: str
    is_convention: bool
    amount: Decimal
    of_total: Decimal | None
    of_sales: Decimal | None


@dataclass(frozen=True)
class StatementPage:
    """The postings of a statement, the newest rows first, replaced ones among them; one query."""

    rows: list[QualityCostPosting]
    row_count: int
    current_count: int
    lines: list[CostLine]


def statement_page(statement: QualityCostStatement, *, conventions: tuple[str, str]) -> StatementPage:
    """Gather it; ``conventions``: the words for failures only and for all four categories."""
    rows = list(
        statement.postings.select_related("account", "recorded_by__person")
        .order_by("-recorded_at", "account__name", "pk")
    )  # fmt: skip
    current = [row for row in rows if row.replaced_at is None]
    return StatementPage(
        rows[:ROWS_SHOWN], len(rows), len(current), lines_of(current, statement.net_sales, conventions)
    )


def lines_of(
    postings: Sequence[QualityCostPosting], sales: Decimal | None, conventions: tuple[str, str]
) -> list[CostLine]:  # fmt: skip
    """The four categories and both conventions of one month; nothing without a posting."""
    if not postings:
        return []
    month = Month(date.min, postings=len(postings))
    for posting in postings:
        name = posting.account.category
        month.amounts[name] = month.amounts.get(name, Decimal(0)) + posting.amount
    groups: list[tuple[str, bool, Sequence[str]]] = [
        *((str(name.label), False, (name,)) for name in ALL_FOUR),
        (conventions[0], True, FAILURES), (conventions[1], True, ALL_FOUR),
    ]  # fmt: skip
    found = []
    for label, is_convention, names in groups:
        amount = month.sum_of(names) or Decimal(0)
        found.append(CostLine(label, is_convention, amount, percent(amount, month.total), percent(amount, sales)))
    return found


@dataclass(frozen=True)
class AccountPage:
    """An account over the months, and what the plant does about it."""

    months: list[tuple[date, Decimal | None, QualityCostStatement | None]]
    objectives: list[Objective]
    benefits: list[Benefit]

    @property
    def booked(self) -> list[tuple[date, Decimal | None, QualityCostStatement | None]]:
        return [line for line in self.months if line[1] is not None]


def account_page(account: QualityCostAccount, user: User, *, today: date) -> AccountPage:
    """Its last two years by month (None: nothing booked), its objectives, its benefits. Four queries."""
    starts = [months_before(today.replace(day=1), back) for back in reversed(range(MONTHS_SHOWN))]
    statements = {
        one.pk: one
        for one in QualityCostStatement.objects.visible_to(user)
        .filter(site=account.site_id, begins_on__gte=starts[0]).exclude(phase=Phase.WITHDRAWN).order_by("pk")
    }  # fmt: skip
    rows = QualityCostPosting.objects.filter(account=account, statement__in=list(statements), replaced_at=None)
    sums = {
        statements[pk].begins_on: (amount, statements[pk])
        for pk, amount in rows.order_by().values_list("statement").annotate(amount=Sum("amount"))
    }
    objectives = Objective.objects.visible_to(user).filter(account=account).exclude(phase=Phase.WITHDRAWN)
    benefits = Benefit.objects.filter(account=account, withdrawn_at=None).exclude(action__phase=Phase.WITHDRAWN)
    seen = benefits.filter(
        action__in=ImprovementAction.objects.visible_to(user).order_by().values("pk")
    ).select_related("action", "confirmed_by")
    return AccountPage(
        [(start, *sums.get(start, (None, None))) for start in starts],
        list(objectives.select_related("goal", "owner").order_by("standing_rank", "due_on", "pk")),
        list(seen.order_by("-confirmed_at", "pk")[:ROWS_SHOWN]),
    )
