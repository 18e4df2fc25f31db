"""What a pack prints of a cost statement: both conventions and the postings as they stood at the cut-off."""

from __future__ import annotations

import re
from datetime import date, timedelta
from decimal import Decimal

import pytest

from audits.models import Pack
from audits.services.pack_data import FrozenPack
from audits.services.pack_render import part_html
from objectives.services import quality_cost as service
from tests.audits.packs import built, clauses
from tests.factories import NOW, ClauseFactory, MappingFactory, hiro
from tests.objectives.quality_costs import account, booked, confirmed, sian

pytestmark = pytest.mark.django_db
OCTOBER = date(2026, 10, 1)


def words(pack: Pack) -> str:
    """The text of the clause pages."""
    frozen = FrozenPack(pack)
    parts = [part_html(part, frozen) for part in pack.parts.all() if part.spec["form"] == "clauses"]
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", " ".join(parts)))


def test_sheet_prints_a_confirmed_month_as_it_stood_and_leaves_an_open_one_out() -> None:
    clauses()
    MappingFactory(kind="quality_cost", subtype="", clause=(clause := ClauseFactory(number="9.1.3")))
    finance = sian()
    statement = confirmed(finance, booked(finance, OCTOBER, internal="100.50", prevention="49.50", sales="3000"))
    booked(finance, date(2026, 11, 1), internal="777.77")
    pack = built(hiro(), [clause], at=NOW + timedelta(hours=1))
    text = words(pack)
    wanted = (
        "Cost of quality, October 2026", "Failures only 100.50 67.0 % 3.35 %",
        "All four categories 150.00 100.0 % 5.00 %",
        "Siân Weber : I confirm as finance: the cost of quality of 2026-10 as stated",
        "Their SHA-256 is the one in the frozen version.", f"total-{account(finance).pk}",
    )  # fmt: skip
    assert [line for line in wanted if line not in text] == []
    assert "777.77" not in text, "only a confirmed month is evidence"
    later = NOW + timedelta(days=2)
    service.reopen(statement, reason="A credit came in", by=finance, at=later)
    service.post(
        site=statement.site, month=OCTOBER, account=account(finance), amount=Decimal("9999.99"), by=finance, at=later
    )
    assert words(pack) == text
