"""Nonconformities for tests, brought as far as a test needs them, through the services."""

from __future__ import annotations

import uuid
from datetime import date
from typing import Any

from django.urls import reverse

from objectives.models import CauseNode, ImprovementAction, Nonconformity
from objectives.services import improvement_action
from objectives.services import nonconformity as service
from objectives.services import nonconformity_cause as cause_service
from objectives.services import nonconformity_effect as effect_service
from qms.models import Attachment, User
from qms.services import attachment as attachment_service
from tests.factories import NOW, TODAY, AreaFactory
from tests.objectives.actions import photo

WEAR = "No limit for tool wear"


def raised(by: User, **values: Any) -> Nonconformity:
    facts: dict[str, Any] = {
        "uid": uuid.uuid4(), "title": "Bore too wide", "site": by.person.site, "area": AreaFactory(site=by.person.site),
        "owner": by.person, "by": by, "at": NOW,
    }  # fmt: skip
    return service.open_nonconformity(**(facts | values))


def contained(by: User, **values: Any) -> Nonconformity:
    found = raised(by, **values)
    return service.contain(found, containment="Blocked and sorted", by=by, at=values.get("at", NOW))


def why(found: Nonconformity, by: User, text: str = "The insert was worn", **values: Any) -> CauseNode:
    facts: dict[str, Any] = {"branch": "machine", "by": by, "at": NOW}
    return cause_service.answer_why(found, text=text, **(facts | values))


def analyzed(by: User, cause: str = WEAR, **values: Any) -> Nonconformity:
    found = contained(by, **values)
    why(found, by, at=values.get("at", NOW))
    return cause_service.analyze(found, cause=cause, by=by, at=values.get("at", NOW))


def acting(by: User, **values: Any) -> Nonconformity:
    return act(analyzed(by, **values), by, at=values.get("at", NOW))


def act(found: Nonconformity, by: User, title: str = "Count the parts", **values: Any) -> Nonconformity:
    facts: dict[str, Any] = {"uid": uuid.uuid4(), "owner": by.person, "due_on": TODAY, "by": by, "at": NOW}
    return service.act(found, title=title, **(facts | values))


def actions_ended(found: Nonconformity, by: User, **values: Any) -> None:
    for action in ImprovementAction.objects.filter(source_id=found.pk, phase="open"):
        improvement_action.complete(action, outcome="Counter fitted", by=by, at=values.get("at", NOW))


def proof_in(found: Nonconformity, by: User, **values: Any) -> Attachment:
    kept, _new = attachment_service.add(found, photo(), by=by, at=values.get("at", NOW))
    return kept


def proved(found: Nonconformity, by: User, **values: Any) -> Nonconformity:
    at = values.get("at", NOW)
    return effect_service.prove_use(
        found, used_on=at.date(), used_note="Order 4711", proof=proof_in(found, by, at=at), by=by, at=at
    )


def judged(found: Nonconformity, by: User, effectiveness: str = "effective", **values: Any) -> Nonconformity:
    facts: dict[str, Any] = {"effectiveness_note": "None in 2,000 parts", "by": by, "at": NOW}
    return effect_service.evaluate(found, effectiveness=effectiveness, **(facts | values))


def ready(by: User, judge: User | None = None, **values: Any) -> Nonconformity:
    """Everything is there; it can be closed."""
    found = acting(by, **values)
    actions_ended(found, by, **values)
    return judged(proved(found, by, **values), judge or by, at=values.get("at", NOW))


def closed(by: User, **values: Any) -> Nonconformity:
    return service.close(ready(by, **values), by=by, at=values.get("at", NOW))


def on(day: date) -> dict[str, Any]:
    """Values for one that happened on a day in the past."""
    return {"occurred_on": day}


def url(found: Nonconformity, what: str = "detail", *more: Any) -> str:
    return reverse(f"objectives:nonconformity-{what}", args=[found.pk, *more])
