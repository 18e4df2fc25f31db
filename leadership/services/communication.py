"""Communications: planned, given, changed with a reason, withdrawn. Questions are in communication_question.py."""

from __future__ import annotations

import uuid as uuids
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from leadership.models import Communication
from qms.models import Area, Person, Record, RecordPerson, Site, User, site_today
from qms.services import record as record_service
from qms.services.record import CannotChange
from qms.services.wording import known_facts, said

Status = Communication.Status
PLAIN_FIELDS = (
    "title", "owner", "area", "is_confidential", "message", "channel", "job_titles", "audience", "audience_size",
    "questions_until_on",
)  # fmt: skip
Named = tuple[Person | None, str]
MOST_TITLES = 20


@transaction.atomic
def enter(
    *, uid: uuids.UUID, title: str, message: str, owner: Person, site: Site, by: User, at: datetime,
    occurred_on: date | None = None, due_on: date | None = None, areas: Iterable[Area] = (),
    people: Sequence[Named] = (), source: Record | None = None, **facts: Any,
) -> Communication:  # fmt: skip
    """Enter a communication that was given on ``occurred_on``, or plan one for ``due_on`` where that is left out.

    ``owner`` speaks. ``people``: those reached by name. ``source``: the logged act it is written up from, once only.
    ``facts``: any other of PLAIN_FIELDS. The same ``uid`` by the same user returns the first one. Side effects: the
    row, a version, a trail entry, clause links. Raises EventInFuture, ValidationError by field.
    """
    known = Communication.objects.filter(uid=uid, recorded_by=by).first()
    if known:
        return known
    today = site_today(site, at)
    if source is not None and Communication.objects.filter(source_id=source.pk).exists():
        raise ValidationError(_("This act has been written up already."))
    one = Communication(
        uid=uid, title=title.strip(), message=message.strip(), owner=owner, site=site, source=source,
        occurred_on=occurred_on or today, due_on=None if occurred_on else due_on,
        status=Status.GIVEN if occurred_on else Status.PLANNED,
        origin=Communication.Origin.FROM_ACTIVITY if source else Communication.Origin.OWN,
        **_checked(known_facts(facts, PLAIN_FIELDS)),
    )  # fmt: skip
    record_service.refuse_future(one, at=at)
    record_service.open_new(one, by=by, at=at)
    _reach(one, areas, people)
    return record_service.seal(one, "communication.given" if occurred_on else "communication.planned", by=by, at=at)


@transaction.atomic
def give(
    communication: Communication, *, occurred_on: date, by: User, at: datetime, audience_size: int | None = None,
    version: int | None = None,
) -> Communication:  # fmt: skip
    """What was planned was said, on that day; it counts as evidence from then.

    Writes a version, the trail, clause links. Raises EventInFuture, StaleRecord, IllegalTransition.
    """
    current = record_service.lock(communication, version=version)
    record_service.move(current, Status.GIVEN)
    current.occurred_on, current.due_on = occurred_on, None
    current.audience_size = audience_size or current.audience_size
    record_service.refuse_future(current, at=at)
    return record_service.seal(current, "communication.given", by=by, at=at)


@transaction.atomic
def change(
    communication: Communication, *, version: int, reason: str, by: User, at: datetime,
    areas: Iterable[Area] | None = None, people: Sequence[Named] | None = None, **changes: Any,
) -> Communication:  # fmt: skip
    """Change a communication with a reason; what it said before stays in its versions.

    ``changes``: any of PLAIN_FIELDS, and ``occurred_on`` of a given or ``due_on`` of a planned one. Writes a version,
    the trail, clause links. Raises ReasonMissing, StaleRecord, CannotChange (withdrawn), EventInFuture,
    ValidationError by field.
    """
    reason = said(reason)
    changes = _checked(known_facts(changes, (*PLAIN_FIELDS, "occurred_on", "due_on")))
    current = record_service.lock(communication, version=version)
    if current.status == Status.WITHDRAWN:
        raise CannotChange(_("A withdrawn communication is not changed any more."))
    is_given = current.status == Status.GIVEN
    if not changes.get("occurred_on") or not is_given:
        changes.pop("occurred_on", None)
    if is_given:
        changes.pop("due_on", None)
    for name, value in changes.items():
        setattr(current, name, value)
    if not current.message:
        raise ValidationError({"message": _("Write down what was said.")})
    record_service.refuse_future(current, at=at)
    _reach(current, areas, people)
    return record_service.seal(current, "communication.changed", by=by, at=at, reason=reason)


@transaction.atomic
def withdraw(
    communication: Communication, *, reason: str, by: User, at: datetime, version: int | None = None
) -> Communication:  # fmt: skip
    """It will not be given, or was entered by mistake. Writes a version and the trail; it stays readable.

    Raises ReasonMissing, StaleRecord, IllegalTransition.
    """
    reason = said(reason)
    current = record_service.lock(communication, version=version)
    record_service.move(current, Status.WITHDRAWN)
    current.questions_until_on = None
    return record_service.seal(current, "communication.withdrawn", by=by, at=at, reason=reason)


def _checked(facts: dict[str, Any]) -> dict[str, Any]:
    titles = [" ".join(title.split()) for title in facts.get("job_titles", []) if title.strip()]
    if len(titles) > MOST_TITLES or any(len(title) > 120 for title in titles):
        raise ValidationError({"job_titles": _("At most %d titles of 120 characters.") % MOST_TITLES})
    return facts | ({"job_titles": titles} if "job_titles" in facts else {})


def _reach(communication: Communication, areas: Iterable[Area] | None, people: Sequence[Named] | None) -> None:
    if areas is not None:
        communication.areas.set(areas)
        communication.forget_areas()
    if people is not None:
        record_service.set_people(communication, RecordPerson.Part.MET, people)
