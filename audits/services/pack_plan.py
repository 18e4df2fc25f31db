"""Cutting a pack into parts that are rendered one by one, small enough for the memory of a worker."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from django.db.models import Q, QuerySet

from audits.models import Pack, PackItem, PackPart
from audits.services.pack_selection import Selection

SHEETS_PER_PART = 120
"""About 60 MB more in the process that renders them; fewer would pay for starting a process more often."""
PHOTOS_PER_PART = 40
LIST_ROWS_PER_PART = 400
NOTED_PER_PART = 150
FINISH = "finish"

Run = list[Any]
"""[clause id, first position, last position, whether the clause starts here]: record sheets of one clause."""


def home_items(pack: Pack) -> QuerySet[PackItem]:
    """One row per record of the pack, in the order of their numbers."""
    return PackItem.objects.filter(pack=pack, is_home=True).order_by("position")


def population(pack: Pack) -> QuerySet[PackItem]:
    """Every record of the scope, counting or not, by kind and event date."""
    return home_items(pack).order_by("record__kind", "occurred_on", "position")


def noted(pack: Pack) -> QuerySet[PackItem]:
    """Records an auditor will ask about: entered late, changed after the first version, or withdrawn."""
    is_noted = Q(is_late=True) | Q(version__gt=1) | Q(standing=PackItem.Standing.WITHDRAWN)
    return home_items(pack).filter(is_noted)


def with_files(pack: Pack) -> QuerySet[PackItem]:
    """Records that have attachments."""
    return home_items(pack).exclude(extra__contains='"attachments":{}')


def plan(pack: Pack, selection: Selection, clauses: list[dict[str, Any]]) -> list[PackPart]:
    """The unsaved parts of a frozen pack, in printed order; the last one merges and signs."""
    parts: list[tuple[str, dict[str, Any]]] = [("Leadership timeline", {"form": "leadership"})]
    if json.loads(pack.frozen)["boards"]:
        parts.append(("Boards", {"form": "boards"}))
    groups = _grouped(_runs(selection, clauses))
    parts += [(f"Clause {_label(clauses, runs)}", {"form": "clauses", "runs": runs}) for runs in groups]
    parts += _sliced("Whole populations", "population", population(pack).count(), LIST_ROWS_PER_PART)
    parts += _sliced("Trail extract", "trail", noted(pack).count(), NOTED_PER_PART)
    parts.append(("Sampling", {"form": "sampling"}))
    parts += _sliced("Attachments", "attachments", with_files(pack).count(), LIST_ROWS_PER_PART)
    parts.append(("People and abbreviations", {"form": "people"}))
    parts.append(("Contents, data and signature", {"form": FINISH}))
    return [PackPart(pack=pack, position=n, title=title[:240], spec=spec) for n, (title, spec) in enumerate(parts, 1)]


def _label(clauses: list[dict[str, Any]], runs: list[Run]) -> str:
    labels = {clause["id"]: clause["label"] for clause in clauses}
    first, last = labels[runs[0][0]], labels[runs[-1][0]]
    return first if first == last else f"{first} – {last}"


def _sliced(title: str, form: str, count: int, size: int) -> list[tuple[str, dict[str, Any]]]:
    return [
        (title, {"form": form, "from": start, "to": min(start + size, count)})
        for start in range(0, max(count, 1), size)
    ]  # fmt: skip


def _runs(selection: Selection, clauses: list[dict[str, Any]]) -> Iterator[tuple[Run, int, int]]:
    """(run, sheets, photos) of every clause; a clause without sheets of its own has one empty run."""
    by_clause: dict[int, list[PackItem]] = {}
    for item in selection.items:
        if item.is_home and item.standing == PackItem.Standing.COUNTS:
            by_clause.setdefault(item.clause_id, []).append(item)
    for clause in clauses:
        items = by_clause.get(clause["id"], [])
        chunk: list[PackItem] = []
        photos, is_first = 0, True
        for item in items:
            more = _photo_count(item)
            if chunk and (len(chunk) >= SHEETS_PER_PART or photos + more > PHOTOS_PER_PART):
                yield [clause["id"], chunk[0].position, chunk[-1].position, is_first], len(chunk), photos
                chunk, photos, is_first = [], 0, False
            chunk.append(item)
            photos += more
        bounds = [chunk[0].position, chunk[-1].position] if chunk else [0, 0]
        yield [clause["id"], *bounds, is_first], len(chunk), photos


def _photo_count(item: PackItem) -> int:
    files = json.loads(item.extra)["attachments"].values() if item.pack.has_photos else ()
    return sum(1 for file in files if file["form"] == "photo")


def _grouped(runs: Iterator[tuple[Run, int, int]]) -> Iterator[list[Run]]:
    """Neighbouring small clauses share a part."""
    group: list[Run] = []
    sheets = photos = 0
    for run, more_sheets, more_photos in runs:
        if group and (sheets + more_sheets > SHEETS_PER_PART or photos + more_photos > PHOTOS_PER_PART):
            yield group
            group, sheets, photos = [], 0, 0
        group.append(run)
        sheets += more_sheets
        photos += more_photos
    if group:
        yield group
