"""What a pack prints of an objective: targets, measurements and signals as they stood at the cut-off, and no later."""

import re
from datetime import timedelta
from decimal import Decimal

import pytest

from audits.models import Pack
from audits.services.pack_data import FrozenPack
from audits.services.pack_render import part_html
from objectives.models import Objective
from objectives.services import objective as service
from objectives.services import objective_standing
from objectives.services.objective_measurement import Reading, record_measurement, record_measurements
from qms.models import User
from tests.audits.packs import built, clauses
from tests.factories import NOW, TODAY, ClauseFactory, MappingFactory, hiro, yusuf
from tests.objectives.objectives import approved, fresh

pytestmark = pytest.mark.django_db
WEEKS = 30


def told(boss: User) -> Objective:
    """An objective with thirty weeks of values, one of them far out, and a changed target."""
    objective = approved(boss)
    values = [Decimal("3.1") + Decimal(n % 3) / 10 for n in range(WEEKS)]
    values[5] = Decimal("9.9")
    readings = [Reading(TODAY - timedelta(weeks=WEEKS - n), value, 100) for n, value in enumerate(values)]
    record_measurements(objective, readings, by=boss, at=NOW)
    current = fresh(objective)
    return service.change_target(
        current, version=current.version, reason="Harder now", target_value=Decimal("1.5"), by=boss, at=NOW,
        method="password",
    )  # fmt: skip


def words(pack: Pack) -> str:
    """The text of the clause pages."""
    frozen = FrozenPack(pack)
    parts = [part_html(part, frozen) for part in pack.parts.all() if part.spec["form"] == "clauses"]
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", " ".join(parts)))


def test_sheet_prints_targets_measurements_signals_and_the_rule() -> None:
    clauses()
    MappingFactory(kind="objective", subtype="", clause=(clause := ClauseFactory(number="6.2.1")))
    told(yusuf())
    objective_standing.refresh_all(at=NOW)
    pack = built(hiro(), [clause], at=NOW + timedelta(hours=1))
    text = words(pack)
    wanted = (
        "Off track", "2 %", "1.5 %", "Harder now", "Signal: on", "lies above the natural process limits",
        "30 measurements; the table shows the newest 30", "The path is the straight line", "not decided yet",
    )  # fmt: skip
    assert [line for line in wanted if line not in text] == []


def test_sheet_shows_nothing_from_after_the_cut_off() -> None:
    clauses()
    MappingFactory(kind="objective", subtype="", clause=(clause := ClauseFactory(number="6.2.1")))
    boss = yusuf()
    objective = told(boss)
    pack = built(hiro(), [clause], at=NOW + timedelta(hours=1))
    before = words(pack)
    later = NOW + timedelta(days=2)
    record_measurement(objective, measured_on=TODAY, value=Decimal("7.77"), by=boss, at=later)
    record_measurement(
        objective, measured_on=TODAY - timedelta(weeks=WEEKS - 5), value=Decimal("3.2"), by=boss, at=later
    )
    current = fresh(objective)
    service.change_target(
        current, version=current.version, reason="After the pack", target_value=Decimal(1), by=boss, at=later,
        method="password",
    )  # fmt: skip
    objective_standing.refresh_all(at=later)
    assert words(pack) == before
    assert "9.9" in before
    assert "7.77" not in before
