"""The boards of a pack: what each kind's board showed at the cut-off, kept in the pack's frozen facts and printed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from types import SimpleNamespace
from typing import Any

from django.utils.module_loading import import_string

from audits.services.pack_data import FrozenPack
from audits.services.pack_selection import PackScope
from qms.models import User, site_today
from qms.records import known_kinds


def freeze(kinds: Iterable[str], scope: PackScope, *, by: User | None, at: datetime) -> dict[str, dict[str, Any]]:
    """The boards of the kinds that the pack's clauses are mapped to, by kind; those with nothing to print are left out.

    Called in the transaction of the cut-off: the boards are read from the living tables as they stand then.
    """
    on = site_today(scope.sites[0], at)
    period = {"from_on": scope.from_on, "to_on": scope.to_on, "on": on}
    known = known_kinds()
    named = {kind: known[kind].pack_board for kind in sorted(set(kinds)) if kind in known and known[kind].pack_board}
    boards = {kind: import_string(dotted)(scope.sites, **period, by=by) for kind, dotted in named.items()}
    return {kind: board for kind, board in boards.items() if board}


def boards(frozen: FrozenPack, spec: dict[str, Any]) -> dict[str, Any]:  # noqa: ARG001  all page builders alike
    """The boards in the order of their names, without the names that must not be shown."""
    return {"boards": list(_shown(frozen))}


def _shown(frozen: FrozenPack) -> Iterator[dict[str, Any]]:
    for slug, board in sorted(frozen.data.get("boards", {}).items()):
        kind = known_kinds()[slug]
        shown = _without_names(frozen, board)
        if "chart" in shown:
            shown["chart"] = SimpleNamespace(**shown["chart"])
        if "months" in shown and isinstance(shown["months"], list):
            shown["points"] = [(row["month"], row["share"]) for row in shown["months"]]
        yield {"kind": kind, "template": kind.pack_board_template, "board": shown}


def _without_names(frozen: FrozenPack, value: Any, key: str = "") -> Any:
    if isinstance(value, dict):
        return {name: _without_names(frozen, one, name) for name, one in value.items()}
    if isinstance(value, list):
        return [_without_names(frozen, one) for one in value]
    if not isinstance(value, str):
        return value
    return frozen.name(value) if key == "owner" else frozen.text(value)
