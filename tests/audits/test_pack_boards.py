"""The boards in a pack: where its clauses are mapped to them, as they stood at the cut-off, without what is secret."""

from __future__ import annotations

import re
from datetime import date, timedelta

import pytest

from audits.models import Pack
from audits.services.pack_data import FrozenPack
from audits.services.pack_render import part_html
from objectives.services import improvement_action
from qms.models import Clause
from tests.audits.packs import built, clauses
from tests.factories import NOW, TODAY, ClauseFactory, MappingFactory, hiro, yusuf
from tests.objectives.actions import opened
from tests.objectives.nonconformities import analyzed, closed
from tests.objectives.objectives import approved
from tests.objectives.quality_costs import booked, confirmed, sian
from tests.objectives.risks import rated

pytestmark = pytest.mark.django_db


def mapped(*kinds: str) -> Clause:
    clauses()
    clause = ClauseFactory(number="6.2")
    for kind in kinds:
        MappingFactory(kind=kind, subtype="", clause=clause)
    return clause


def html(pack: Pack) -> str:
    frozen = FrozenPack(pack)
    return "".join(part_html(part, frozen) for part in pack.parts.all() if part.spec["form"] == "boards")


def words(pack: Pack) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html(pack)))


def test_boards_are_printed_where_the_clauses_are_mapped_to_their_kinds() -> None:
    boss, finance = yusuf(), sian()
    approved(boss)
    opened(boss, due_on=TODAY - timedelta(days=3))
    rated(boss)
    confirmed(finance, booked(finance, date(2026, 10, 1), internal="100.50", sales="3000"))
    clause = mapped("objective", "improvement_action", "risk", "quality_cost")
    text = words(built(hiro(), [clause], at=NOW + timedelta(hours=1)))
    wanted = ("Objectives that run, red first", "Overdue, by the level", "1 proactive to 0 reactive", "(n = 1)",
              "Heat map: risk", "1 open and rated in all", "Failures only 100.50 100.0 3.35")  # fmt: skip
    assert [line for line in wanted if line not in text] == []


def test_causes_that_come_back_are_printed_and_confidential_ones_do_not_count() -> None:
    boss = yusuf()
    closed(boss, at=NOW - timedelta(days=60))
    analyzed(boss, happened_on=TODAY - timedelta(days=10))
    analyzed(boss, "Acme's secret", is_confidential=True)
    text = words(built(hiro(), [mapped("nonconformity")], at=NOW + timedelta(hours=1)))
    for wanted in ("Open, by status: Cause found 1", "Of 1 closed in the 24 months since", "1 came back",
                   "No limit for tool wear 2 1 1"):  # fmt: skip
        assert wanted in text, wanted
    assert "Acme" not in text


def test_pack_of_other_clauses_has_no_boards() -> None:
    approved(yusuf())
    pack = built(hiro(), [mapped("nonconformity")])
    assert html(pack) == ""
    assert FrozenPack(pack).data["boards"] == {}


def test_boards_stand_as_at_the_cutoff_and_leave_out_what_is_confidential() -> None:
    boss = yusuf()
    action = opened(boss, title="Mend the gauge", due_on=TODAY - timedelta(days=3))
    opened(boss, due_on=TODAY - timedelta(days=3), is_confidential=True)
    pack = built(hiro(), [mapped("improvement_action")], at=NOW + timedelta(hours=1))
    text = words(pack)
    assert "Level Overdue 1 1 reports to nobody here" in text, text[text.index("Overdue, by") :][:200]
    improvement_action.complete(action, outcome="Done", by=boss, at=NOW + timedelta(hours=2))
    opened(boss, origin="complaint")
    assert words(pack) == text


def test_boards_show_initials_where_names_are_to_be_left_out() -> None:
    boss = yusuf()
    approved(boss)
    clause = mapped("objective")
    quality = hiro()
    assert boss.person.name in words(built(quality, [clause], at=NOW + timedelta(hours=1)))
    short = built(quality, [clause], at=NOW + timedelta(hours=2), names=Pack.Names.INITIALS)
    assert boss.person.name not in words(short)
