"""Two years of the cost of quality at the demo plant: booked monthly, confirmed by finance, the last month still open.

Told before the objectives, which name the accounts they move, through the product's own services and with the numbers
of the sample sheet; its last month is the month before the day the story is told on. What lies before the plant's first
day here came over in one import.
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path

from django.conf import settings
from django.db import transaction

from leadership.services.demo_improvement_action import Plant
from objectives.models import ImprovementAction, Objective, QualityCostAccount, QualityCostPosting
from objectives.services import benefit as benefit_service
from objectives.services import improvement_action as action_service
from objectives.services import quality_cost, quality_cost_account
from objectives.services.quality_cost import Entry
from objectives.services.quality_cost_figures import months_before
from objectives.services.quality_cost_import_columns import category
from qms.services import sheet

DATA = Path(settings.BASE_DIR) / "qms" / "data" / "demo" / "quality_costs.csv"
NAMESPACE = uuid.UUID("4f0b6f0e-3c83-4f5d-9a5e-2d5c4b1b6101")
BEGAN_AGO = 540
POSTED_ON, CONFIRMED_ON = 5, 9
"""Days of the following month on which the books are posted and confirmed."""
WORDS = {
    "Scrap": "Material and machine hours of parts thrown away",
    "Rework hours": "Hours and inserts spent on parts twice",
    "Sorting at customer": "Sorting crews and travel", "Warranty and credits": "Credit notes and replacements",
}  # fmt: skip


def tell(plant: Plant) -> int:
    """Tell all of it; returns how many months. What is there already from an interrupted load is left alone."""
    with DATA.open("rb") as source:
        rows = [cells for _line, cells in sheet.read_sheet(source).rows]
    accounts = _accounts(plant, rows)
    by_month: dict[str, list[list[str]]] = defaultdict(list)
    for row in rows:
        by_month[row[0]].append(row)
    last = months_before((plant.today - timedelta(days=POSTED_ON)).replace(day=1), 1)
    for number, month in enumerate(sorted(by_month)):
        start = months_before(last, len(by_month) - 1 - number)
        _month(plant, accounts, by_month[month], start, is_last=start == last)
    return len(by_month)


@transaction.atomic
def _accounts(plant: Plant, rows: list[list[str]]) -> dict[str, QualityCostAccount]:
    known = {account.name: account for account in QualityCostAccount.objects.filter(site=plant.site)}
    for name, word in dict.fromkeys((row[1], row[2]) for row in rows):
        if name not in known:
            known[name] = quality_cost_account.add(
                site=plant.site, name=name, category=category(word), description=WORDS.get(name, ""),
                by=plant.users["sian.weber"], at=plant.at(BEGAN_AGO, 9),
            )  # fmt: skip
    return known


@transaction.atomic
def _month(
    plant: Plant, accounts: dict[str, QualityCostAccount], rows: list[list[str]], month: date, *, is_last: bool
) -> None:
    if quality_cost.statement_of(plant.site, month):
        return
    by = plant.users["sian.weber"]
    done = quality_cost.post_many(
        site=plant.site, entries=[Entry(month, accounts[row[1]], Decimal(row[3])) for row in rows],
        sales={month: Decimal(rows[0][4])}, source=QualityCostPosting.Source.SHEET, by=by,
        at=_at(plant, month, POSTED_ON), facts={"file": DATA.name},
    )  # fmt: skip
    if not is_last:
        quality_cost.confirm(done.statements[0], method="password", by=by, at=_at(plant, month, CONFIRMED_ON))


def _at(plant: Plant, month: date, day: int) -> datetime:
    """That day of the month after, or the days on which the years before the plant's first day here came over."""
    following = (month + timedelta(days=32)).replace(day=day)
    moment = datetime.combine(following, time(10), tzinfo=plant.site.zone).astimezone(UTC)
    return max(moment, plant.at(BEGAN_AGO - day))


@transaction.atomic
def save_money(plant: Plant) -> None:
    """An improvement that serves the scrap objective, with a saving finance confirmed; told after the objectives."""
    uid = uuid.uuid5(NAMESPACE, "tool life")
    objective = Objective.objects.filter(site=plant.site, account__name="Scrap").order_by("pk").first()
    if objective is None or ImprovementAction.objects.filter(uid=uid).exists():
        return
    by, finance = plant.users["grace.weber"], plant.users["sian.weber"]
    action = action_service.open_action(
        uid=uid, title="Change inserts by tool life instead of by eye on CNC line 3", owner=by.person, site=plant.site,
        area=plant.areas["CNC line 3"], serves=objective, due_on=plant.at(290).date(), by=by, at=plant.at(335),
    )  # fmt: skip
    facts = {"nature": "hard", "rhythm": "per_year", "description": "Less material scrapped on CNC line 3"}
    benefit = benefit_service.add(
        action, **facts, method="Scrap book of the line before and after, at material cost", account=objective.account,
        target_amount=Decimal(24000), actual_amount=Decimal(19800), by=by, at=plant.at(334),
    )  # fmt: skip
    action_service.complete(action, outcome="All nine machines change by counter.", by=by, at=plant.at(280))
    benefit_service.confirm(benefit, proof="password", by=finance, at=plant.at(180))
