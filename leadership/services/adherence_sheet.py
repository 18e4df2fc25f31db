"""What a pack prints of routines beside the frozen version: what became of planned times, as of the cut-off.

Figures are those of the site and of the kind of activity there, never one leader's: a pack goes out of the house. They
are read from the entries of the routines' chains up to the cut-off, so that what happens later, such as a late
explanation, does not alter a pack.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import Any

from leadership.models import Occurrence, Routine
from leadership.services.adherence import BAND
from qms.models import TrailEntry

LOOK_BACK = timedelta(days=365)
JUDGED = ("routine.done", "routine.missed", "routine.excused", "routine.reopened", "routine.judged_again")
Status = Occurrence.Status
MISSES_SHOWN = 40


def sheet_facts(
    contents: Mapping[int, dict[str, Any]],
    *,
    at: datetime,
    name: Callable[[str], str],  # noqa: ARG001  as the pack calls it
    text: Callable[[str], str],
) -> dict[int, dict[str, Any]]:
    """Of the year before the cut-off: the site's figures, and those of the routine's kind with misses and reasons.

    ``text`` takes names out of reasons where the pack shows initials. Two queries.
    """
    codes = {content["site"] for content in contents.values()}
    routines = Routine.objects.filter(site__code__in=codes).values_list(
        "pk", "site__code", "activity_type__slug", "is_confidential"
    )
    since = (at - LOOK_BACK).date()
    times = _times([pk for pk, *_rest in routines], at=at)
    by_site: dict[str, list[dict[str, Any]]] = defaultdict(list)
    by_kind: dict[tuple[str, str], list[dict[str, Any]]] = defaultdict(list)
    for pk, site, kind, is_confidential in routines:
        rows = [
            row | {"day": day.isoformat(), "note": "" if is_confidential else row["note"]}
            for day, row in times.get(pk, {}).items() if day >= since
        ]  # fmt: skip
        by_site[site] += rows
        by_kind[site, kind] += rows
    return {
        pk: {
            "site": _figures(by_site[content["site"]]), "kind": _figures(by_kind[content["site"], content["subtype"]]),
            "misses": _misses(by_kind[content["site"], content["subtype"]], text), "band": BAND,
            "since": since.isoformat(),
        }
        for pk, content in contents.items()
    }  # fmt: skip


def _misses(rows: Iterable[dict[str, Any]], text: Callable[[str], str]) -> list[dict[str, str]]:
    missed = sorted((row for row in rows if row["status"] == Status.MISSED), key=lambda row: row["day"])
    return [
        {"day": row["day"], "cause": _cause(row), "words": text(row["note"])} for row in missed[-MISSES_SHOWN:]
    ]  # fmt: skip


def _times(routines: Iterable[int], *, at: datetime) -> dict[int, dict[date, dict[str, Any]]]:
    """By routine and planned day: the last status and reason told until the moment."""
    found: dict[int, dict[date, dict[str, Any]]] = defaultdict(dict)
    entries = TrailEntry.objects.filter(
        record_id__in=list(routines), at__lte=at, verb__in=(*JUDGED, "routine.explained")
    ).order_by("record_id", "seq")  # fmt: skip
    for entry in entries.iterator(chunk_size=2000):
        changes = json.loads(entry.changes)
        day = date.fromisoformat(changes["planned_on"])
        row = found[entry.record_id or 0].setdefault(day, {"status": "", "cause": "", "note": ""})
        if entry.verb == "routine.explained":
            row |= {"cause": changes.get("cause", ""), "note": entry.reason}
        else:
            row["status"] = changes["status"]
    return found


def _figures(rows: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    statuses = [row["status"] for row in rows]
    done, late, missed = (statuses.count(status) for status in (Status.DONE, Status.LATE, Status.MISSED))
    counted = done + late + missed
    percent = round(100 * done / counted) if counted else None
    return {
        "done": done, "late": late, "missed": missed, "n": counted, "percent": percent,
        "excused": statuses.count(Status.EXCUSED),
    }  # fmt: skip


def _cause(row: Mapping[str, Any]) -> str:
    return str(Occurrence.Cause(row["cause"]).label) if row["cause"] else ""
