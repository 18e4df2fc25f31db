"""The board of roles: in plain values, with its gaps, and nothing confidential in it."""

from __future__ import annotations

import json

import pytest
from django.template.loader import render_to_string

from leadership.services import process as process_service
from leadership.services import role as role_service
from leadership.services.role_board import role as board_of
from tests.factories import NOW, TODAY
from tests.leadership.test_role import accepted, drafted, hiro, yusuf

pytestmark = pytest.mark.django_db


def test_board_prints_roles_matrix_and_chart_from_plain_values() -> None:
    held = accepted(yusuf(), title="Release")
    accepted(hiro(), title="Secret role", is_confidential=True)
    role_service.open_vacant(drafted(hiro(), title="Fire watch"), by=hiro(), at=NOW)
    process = process_service.add(name="Milling", site=held.site, owner_role=None, by=hiro(), at=NOW)
    process_service.set_letters(process, letters={held.pk: "R"}, by=hiro(), at=NOW)
    board = board_of([held.site], from_on=TODAY, to_on=TODAY, on=TODAY, by=hiro())
    board = json.loads(json.dumps(board))
    assert [(row["title"], row["holder"], row["status"]) for row in board["roles"]] == [
        ("Fire watch", "", "vacant"), ("Release", "Yusuf Chen", "accepted")
    ]  # fmt: skip
    assert (board["columns"], board["processes"]) == (["Release"], [["Milling", ["R"], ["Nobody is accountable"]]])
    page = render_to_string("packs/role_board.html", {"board": board})
    assert [text for text in ("◆ Release", "Fire watch", "Nobody is accountable") if text not in page] == []
    assert "Secret role" not in page


def test_board_without_roles_is_empty() -> None:
    assert board_of([yusuf().person.site], from_on=TODAY, to_on=TODAY, on=TODAY, by=None) == {}
