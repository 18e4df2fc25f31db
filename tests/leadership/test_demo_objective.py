"""The demo plant's objectives hold: in order of time, with one red, one loose, and a shift in the scrap."""

from datetime import date, timedelta

import pytest

from leadership.services import demo_objective
from leadership.services.demo_improvement_action import Plant
from objectives.models import Measurement, Objective, ObjectiveDecision, StrategicGoal
from qms.models import TrailEntry
from tests.factories import AreaFactory, SiteFactory, cast_member

TODAY = date(2026, 11, 23)
NAMES = ("yusuf.chen", "ximena.vega", "grace.weber", "hiro.weber", "sian.weber", "karin.alvarez")


@pytest.mark.parametrize("ago", range(9))
def test_scrap_rates_end_in_the_week_before_the_day_they_are_told_on(ago: int) -> None:
    today = TODAY - timedelta(days=ago)
    readings = demo_objective.scrap_readings(today)
    assert len(readings) == 104
    assert timedelta(0) < today - readings[-1].measured_on <= timedelta(days=7)
    assert {reading.measured_on.weekday() for reading in readings} == {4}


@pytest.mark.django_db
def test_story_is_told_once_and_in_order() -> None:
    users = {name: cast_member(name.replace(".", " ").title()) for name in NAMES}
    areas = {name: AreaFactory(name=name) for name in ("CNC line 1", "CNC line 3", "Assembly B")}
    plant = Plant(SiteFactory(), users, [], areas, TODAY)
    assert demo_objective.tell(plant) == demo_objective.tell(plant) == len(demo_objective.OBJECTIVES)
    assert (Objective.objects.count(), StrategicGoal.objects.count()) == (6, 3)
    standings = {o.title.split()[0]: o.standing for o in Objective.objects.filter(status="approved")}
    assert standings == {"Customer": "off_track", "First-pass": "at_risk", "Scrap": "on_track", "Sixteen": "on_track"}
    assert [d.objective.title for d in ObjectiveDecision.objects.filter(decided_at=None)] == [
        "Customer complaints halved"
    ]
    assert Measurement.objects.filter(objective__title__startswith="Scrap").count() == 104
    assert Objective.objects.get(title__startswith="Sixteen").is_connected is False
    for objective in Objective.objects.all():
        told = list(TrailEntry.objects.filter(record=objective).order_by("seq").values_list("at", flat=True))
        assert told == sorted(told), objective.title
