"""What the tests of the cost of quality share: finance, accounts and months that are booked and confirmed."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from objectives.models import QualityCostAccount, QualityCostStatement
from objectives.services import quality_cost as service
from objectives.services import quality_cost_account
from objectives.services.quality_cost import Entry
from qms.models import User
from qms.permissions import AccessProfile
from tests.factories import NOW, cast_member

FAILURE = "internal_failure"


def sian() -> User:
    """The controller of Denver."""
    return cast_member("Siân Weber", AccessProfile.FINANCE)


def account(by: User, name: str = "Scrap", category: str = FAILURE) -> QualityCostAccount:
    found = QualityCostAccount.objects.filter(site=by.person.site, name=name).first()
    facts: dict[str, Any] = {"site": by.person.site, "name": name, "category": category}
    return found or quality_cost_account.add(**facts, by=by, at=NOW)


def posted(by: User, amount: str = "100", month: date = date(2026, 10, 1), **fields: Any) -> service.Posted:
    facts: dict[str, Any] = {"site": by.person.site, "month": month, "amount": Decimal(amount), "by": by, "at": NOW}
    return service.post(**({"account": fields.get("account") or account(by)} | facts | fields))


def booked(
    by: User, month: date, *, prevention: str = "", appraisal: str = "", internal: str = "", external: str = "",
    sales: str = "",
) -> QualityCostStatement:  # fmt: skip
    """A month with one account per category, and net sales."""
    given = {
        "Training": ("prevention", prevention), "Inspection": ("appraisal", appraisal),
        "Scrap": (FAILURE, internal), "Warranty": ("external_failure", external),
    }  # fmt: skip
    entries = [Entry(month, account(by, name, cat), Decimal(text)) for name, (cat, text) in given.items() if text]
    done = service.post_many(
        site=by.person.site, entries=entries, sales={month: Decimal(sales) if sales else None}, source="sheet", by=by,
        at=NOW,
    )  # fmt: skip
    return done.statements[0]


def confirmed(by: User, statement: QualityCostStatement) -> QualityCostStatement:
    return service.confirm(statement, method="password", by=by, at=NOW)
