"""The board of measures in a pack: every measure with its n, in plain values, nothing confidential counted."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from django.template.loader import render_to_string

from leadership.services.engagement_board import activity as board_of
from leadership.services.engagement_measures import MEASURES
from qms.models import RecordPerson
from tests.factories import NOW, TODAY, logged_activity, yusuf

pytestmark = pytest.mark.django_db


def test_every_measure_stands_with_what_was_counted() -> None:
    leader = yusuf()
    walk = logged_activity(leader, at=NOW)
    walk.participants.create(name="Ana", part=RecordPerson.Part.MET)
    logged_activity(leader, at=NOW)
    logged_activity(leader, at=NOW, is_confidential=True)
    period = {"from_on": TODAY - timedelta(days=40), "to_on": TODAY, "on": TODAY}
    board = json.loads(json.dumps(board_of([leader.person.site], **period, by=leader)))
    assert [row["label"] for row in board["rows"]] == [str(measure.label) for measure in MEASURES]
    by_label = {row["label"]: row for row in board["rows"]}
    contact = by_label["Walks with a talk"]
    assert (contact["fits"], contact["n"], contact["is_few"]) == (1, 2, True)
    page = render_to_string("packs/engagement_board.html", {"board": board})
    assert page.count("<tr><td>") == len(MEASURES)


def test_period_that_has_not_begun_has_no_board() -> None:
    site = yusuf().person.site
    period = {"from_on": TODAY + timedelta(days=60), "to_on": TODAY + timedelta(days=90), "on": TODAY}
    assert board_of([site], **period, by=None) == {}
