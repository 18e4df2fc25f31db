"""What a pack prints of resource requests beside the frozen version: on what the decision stood at the cut-off.

Acceptances, targets and decisions are rows that are never changed, only ended or followed by newer ones, so the state
at any moment can be read from them again. What is confidential is named by its reference only: the pack may go out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from leadership.models import ResourceDecision, ResourceRequest
from leadership.services.resource_request_page import target_before
from objectives.models import Objective, ObjectiveTarget
from objectives.services.objective_rule import shown, with_unit
from qms.models import Record

Contents = Mapping[int, dict[str, Any]]
Words = Callable[[str], str]


def sheet_facts(contents: Contents, *, at: datetime, name: Words, text: Words) -> dict[int, dict[str, Any]]:
    """The acceptance, the old and the new target, earlier decisions, what it serves, as they stood ``at``.

    ``contents``: the frozen content that is printed, by record id; ``name`` and ``text`` take names out where the pack
    shows initials. Two queries, and two more for each decision that adjusted a target.
    """
    made: dict[int, list[ResourceDecision]] = {pk: [] for pk in contents}
    rows = ResourceDecision.objects.filter(request_id__in=contents, decided_at__lte=at).select_related(
        "decided_by", "acceptance__signature", "acceptance__risk__site", "adjusted_target__objective"
    )
    for row in rows.order_by("request_id", "number"):
        made[row.request_id].append(row)
    served = ResourceRequest.objects.filter(pk__in=contents).select_related("objective_served", "risk_served")
    found = {}
    for request in served.order_by("pk"):
        content, decisions = contents[request.pk], made[request.pk]
        stands = decisions[-1] if decisions and content["facts"].get("decision") else None
        found[request.pk] = {
            "objective": _named(request.objective_served, content["facts"]["objective"], content, text=text),
            "risk": _named(request.risk_served, content["facts"]["risk"], content, text=text),
            "acceptance": _acceptance(stands, content, at=at, name=name, text=text) if stands else None,
            "target": _target(stands.adjusted_target, content) if stands and stands.adjusted_target else None,
            "decisions": [
                {"on": row.decided_on, "choice": row.get_choice_display(), "by": name(row.decided_by.name)}
                for row in (decisions[:-1] if stands else decisions)
            ],
        }
    return found


def _is_hidden(record: Record, content: dict[str, Any]) -> bool:
    return record.is_confidential and not content["is_confidential"]


def _named(record: Record | None, reference: str, content: dict[str, Any], *, text: Words) -> str:
    """“OBJ-DEN-2026-0003 Scrap at 2 %”, as the version names it; without the title where that is confidential."""
    if record is None or record.reference != reference or _is_hidden(record, content):
        return reference
    return f"{reference} {text(record.title)}"


def _acceptance(
    decision: ResourceDecision, content: dict[str, Any], *, at: datetime, name: Words, text: Words
) -> dict[str, Any] | None:
    """What was signed. A renewal since then is the risk's own matter: its sheet tells it."""
    given = decision.acceptance
    if given is None:
        return None
    is_hidden = _is_hidden(given.risk, content)
    has_ended = given.ended_at is not None and given.ended_at <= at
    return {
        "why": "" if is_hidden else text(given.why),
        "control": "" if is_hidden else text(given.compensating_control),
        "void_if": "" if is_hidden else text(given.void_if),
        "by": name(given.signature.name), "signed_at": given.signature.at.astimezone(given.risk.site.zone),
        "until": given.expires_on, "ended": given.get_ended_because_display() if has_ended else "",
    }  # fmt: skip


def _target(target: ObjectiveTarget, content: dict[str, Any]) -> dict[str, str]:
    objective = target.objective
    if _is_hidden(objective, content):
        return {"old": "", "new": objective.reference}
    old = target_before(target)
    return {"old": _words(old, objective) if old else "", "new": _words(target, objective)}


def _words(target: ObjectiveTarget, objective: Objective) -> str:
    return f"{with_unit(target.target_value, objective.unit)}, {shown(target.due_on)}"
