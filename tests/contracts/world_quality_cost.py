"""Samples of the addresses of the cost of quality, collected by name."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from objectives.models import QualityCostAccount, QualityCostStatement
from objectives.services import quality_cost, quality_cost_account, quality_cost_import
from objectives.services.quality_cost_figures import months_before
from qms.models import Job, User

if TYPE_CHECKING:
    from tests.contracts.world import World


def account(w: World) -> QualityCostAccount:
    """The account that all statements of the world are booked on."""
    found = QualityCostAccount.objects.filter(site=w.site).first()
    return found or quality_cost_account.add(
        site=w.site, name="Scrap", category="internal_failure", by=w.users["finance"], at=w.now
    )


def statement(w: World) -> QualityCostStatement:
    """An open statement of a month that has none yet, the last one first."""
    count = QualityCostStatement.objects.count()
    month: date = months_before(w.now.date().replace(day=1), count + 1)
    facts: dict[str, Any] = {"site": w.site, "month": month, "account": account(w), "amount": Decimal("120.50")}
    return quality_cost.post(**facts, by=w.users["finance"], at=w.now).statements[0]


def upload(w: World, user: User) -> Job:
    """The user's own upload of costs."""
    rows = {"site": w.site.pk if w.site in user.visible_sites else user.person.site_id,
            "header": ["Month", "Account", "Amount"], "rows": [[2, ["2026-01", account(w).name, "7"]]]}  # fmt: skip
    return Job.objects.create(
        kind=quality_cost_import.JOB_KIND, label="costs.csv", requested_by=user, created_at=w.now, params=rows
    )


OF_SITE: dict[str, Any] = {
    **{
        f"objectives:quality-cost-{page}": lambda w, u: {"pk": w.statement.pk}
        for page in ("detail", "print", "confirm")
    },
    "objectives:quality-cost-move": lambda w, u: {"pk": w.statement.pk, "verb": "withdraw"},
    "objectives:quality-cost-book": lambda w, u: {"site": w.site.pk, "month": "2026-03"},
    **{
        f"objectives:quality-cost-account-{page}": lambda w, u: {"pk": account(w).pk}
        for page in ("detail", "edit", "use")
    },
}
OF_USER: dict[str, Any] = {
    "objectives:quality-cost-import-check": lambda w, u: {"uid": upload(w, u).uid},
    "objectives:quality-cost-import-problems": lambda w, u: {"uid": upload(w, u).uid},
}
