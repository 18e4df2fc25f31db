"""What a pack prints of nonconformities beside the frozen version: their actions and what came back, as of the cut-off.

Both are read from the versions other records had at the cut-off, so that a later change does not alter a pack. Only
records of the same site are named, and no confidential one: the pack may go out of the house.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any

from django.db.models import OuterRef, Subquery

from objectives.models import LOOKBACK_MONTHS, ImprovementAction, Nonconformity, lookback_start
from qms.models import Phase, Record, RecordVersion

Contents = Mapping[int, dict[str, Any]]


def sheet_facts(
    contents: Contents, *, at: datetime, name: Callable[[str], str], text: Callable[[str], str]
) -> dict[int, dict[str, Any]]:
    """The corrective actions with their standing, and the earlier ones of the same cause, as they stood ``at``.

    ``contents``: the frozen content that is printed, by record id; ``name`` and ``text`` take names out where the pack
    shows initials. Three queries.
    """
    sources = dict(ImprovementAction.objects.filter(source_id__in=contents).values_list("pk", "source_id"))
    actions: dict[int, list[dict[str, Any]]] = {pk: [] for pk in contents}
    for pk, action in _as_of(sources, at=at).items():
        actions[sources[pk]].append(_action(action, contents[sources[pk]], name=name, text=text))
    others = _others(contents, at=at)
    return {
        pk: {
            "actions": actions[pk], "earlier": _earlier(pk, content, others, text=text),
            "months": LOOKBACK_MONTHS, "branches": _branches(content),
        }
        for pk, content in contents.items()
    }  # fmt: skip


def _as_of(ids: Any, *, at: datetime) -> dict[int, dict[str, Any]]:
    """The content of each record's newest version at the moment, by id, in the order of the ids."""
    newest = RecordVersion.objects.filter(record_id=OuterRef("record_id"), at__lte=at).order_by("-version")
    rows = RecordVersion.objects.filter(record_id__in=list(ids), version=Subquery(newest.values("version")[:1]))
    return {row.record_id: json.loads(row.content) for row in rows.order_by("record_id")}


def _action(
    action: dict[str, Any], content: dict[str, Any], *, name: Callable[[str], str], text: Callable[[str], str]
) -> dict[str, Any]:
    is_hidden = action["is_confidential"] and not content["is_confidential"]
    standing = str(ImprovementAction.Status(action["status"]).label)
    facts = action["facts"]
    return {
        "reference": action["reference"], "title": "" if is_hidden else text(action["title"]), "standing": standing,
        "status": action["status"], "owner": "" if is_hidden else name(action["owner"]["name"]),
        "due_on": action["due_on"], "completed_on": facts.get("completed_on", ""),
        "words": "" if is_hidden else text(facts.get("outcome") or facts.get("declined_reason") or ""),
    }  # fmt: skip


def _others(contents: Contents, *, at: datetime) -> list[tuple[int, dict[str, Any]]]:
    """Every nonconformity of the sites printed, far enough back, as of the cut-off, oldest first."""
    with_cause = [content for content in contents.values() if content["facts"].get("cause")]
    if not with_cause:
        return []
    first = min(lookback_start(date.fromisoformat(_happened(content))) for content in with_cause)
    ids = Record.objects.filter(
        kind=Nonconformity.KIND, site__code__in={content["site"] for content in with_cause},
        nonconformity__happened_on__gte=first, recorded_at__lte=at,
    ).values_list("pk", flat=True)  # fmt: skip
    return sorted(_as_of(ids, at=at).items(), key=lambda pair: (_happened(pair[1]), pair[0]))


def _happened(content: dict[str, Any]) -> str:
    """The day it happened; versions from before that was a fact of its own have it as the event date."""
    return str(content["facts"].get("happened_on") or content["occurred_on"])


def _earlier(
    pk: int, content: dict[str, Any], others: list[tuple[int, dict[str, Any]]], *, text: Callable[[str], str]
) -> list[dict[str, Any]]:
    cause, day = content["facts"].get("cause"), _happened(content)
    if not cause or content["phase"] == Phase.WITHDRAWN:
        return []
    since = lookback_start(date.fromisoformat(day)).isoformat()
    return [
        {"reference": other["reference"], "title": text(other["title"]), "happened_on": _happened(other)}
        for other_pk, other in others
        if (_happened(other), other_pk) < (day, pk) and _happened(other) >= since
        and text(other["facts"].get("cause", "")) == cause and other["site"] == content["site"]
        and not other["is_confidential"] and other["phase"] != Phase.WITHDRAWN
    ]  # fmt: skip


def _branches(content: dict[str, Any]) -> list[tuple[str, list[dict[str, Any]]]]:
    """The tree of causes, branch by branch, as the version froze it."""
    found: dict[str, list[dict[str, Any]]] = {}
    for node in content["facts"].get("causes") or []:
        found.setdefault(node["branch"], []).append(node)
    return list(found.items())
