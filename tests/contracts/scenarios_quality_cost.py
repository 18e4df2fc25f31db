"""Scenarios of the services of the cost of quality, collected by name."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from django.db import transaction

from objectives.services import quality_cost, quality_cost_account, quality_cost_import
from tests.contracts.world import World
from tests.contracts.world_quality_cost import account, upload

BUILDING_BLOCKS = {
    "objectives.services.quality_cost_import.keep": "keeps an upload for the preview; applying it writes",
}


@transaction.atomic
def _imported(w: World, who: dict[str, Any]) -> Any:
    columns = quality_cost_import.Mapping({"month": 0, "account": 1, "amount": 2})
    return quality_cost_import.apply(w.site, upload(w, who["by"]), columns, [2], **who)


@transaction.atomic
def _reopened(w: World, who: dict[str, Any]) -> Any:
    return quality_cost.reopen(
        quality_cost.confirm(w.statement, method="password", **who), reason="A credit came in", **who
    )


SCENARIOS: dict[str, Any] = {
    "objectives.services.quality_cost.post": lambda w, who: quality_cost.post(
        site=w.site, month=date(2026, 2, 1), account=account(w), amount=Decimal(9), **who
    ),
    "objectives.services.quality_cost.post_many": lambda w, who: quality_cost.post_many(
        site=w.site, entries=[quality_cost.Entry(date(2026, 2, 1), account(w), Decimal(9))], source="sheet", **who
    ),
    "objectives.services.quality_cost.confirm": lambda w, who: quality_cost.confirm(
        w.statement, method="password", **who
    ),
    "objectives.services.quality_cost.reopen": _reopened,
    "objectives.services.quality_cost.withdraw": lambda w, who: quality_cost.withdraw(
        w.statement, reason="Another plant's", **who
    ),
    "objectives.services.quality_cost_account.add": lambda w, who: quality_cost_account.add(
        site=w.site, name="Rework", category="internal_failure", **who
    ),
    "objectives.services.quality_cost_account.change": lambda w, who: quality_cost_account.change(
        account(w), name="Scrap and rework", **who
    ),
    "objectives.services.quality_cost_account.set_use": lambda w, who: quality_cost_account.set_use(
        account(w), is_active=False, **who
    ),
    "objectives.services.quality_cost_import.apply": _imported,
}
