"""Asking for a resource: written down, sent to who decides, asked about, answered, handed on, withdrawn.

The answer is in resource_request_decision, what comes of it in resource_request_arrival.
"""

from __future__ import annotations

import uuid as uuids
from datetime import date, datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from leadership.models import ResourceRequest
from leadership.models.resource_request import ResourceRequestQuerySet
from objectives.models import Objective
from objectives.services.improvement_notice import tell
from qms.models import Organization, Person, Phase, Site, User, site_today
from qms.permissions import Permission
from qms.services import record as record_service
from qms.services.person import chain_above
from qms.services.record import CannotChange
from qms.services.wording import known_facts, said

Status = ResourceRequest.Status
PLAIN_FIELDS = (
    "title", "resource", "description", "amount", "amount_unit", "needed_on", "without_it", "objective_served",
    "risk_served", "serves_neither", "area", "is_confidential",
)  # fmt: skip
UNDECIDED = frozenset({Status.DRAFT, Status.REQUESTED, Status.ASKED})


@transaction.atomic
def open_request(
    *, uid: uuids.UUID, title: str, site: Site, owner: Person, resource: str, needed_on: date, without_it: str,
    decider: Person | None = None, is_draft: bool = False, by: User, at: datetime, **facts: Any,
) -> ResourceRequest:  # fmt: skip
    """Ask for a resource; the same ``uid`` by the same user returns the first one. ``facts``: any of PLAIN_FIELDS.

    ``owner`` asks. ``decider`` defaults to the nearest one above in the organization who may decide at the site. A
    draft is sent later by ``send``. Side effects: its row, a version, a trail entry, a notice to who decides. Raises
    ValidationError by field.
    """
    known = ResourceRequest.objects.filter(uid=uid, recorded_by=by).first()
    if known:
        return known
    today = site_today(site, at)
    request = ResourceRequest(
        uid=uid, title=title.strip(), site=site, owner=owner, resource=resource, needed_on=needed_on, due_on=needed_on,
        without_it=without_it.strip(), occurred_on=today, currency=Organization.current().currency,
        **known_facts(facts, PLAIN_FIELDS),
    )  # fmt: skip
    _check(request)
    request.decider = _checked_decider(request, decider or default_decider(owner, site))
    if not is_draft:
        request.status, request.asked_on, request.awaited_on = Status.REQUESTED, today, today
    record_service.open_new(request, by=by, at=at)
    if is_draft:
        return record_service.seal(request, "resource_request.drafted", by=by, at=at)
    record_service.seal(request, "resource_request.sent", by=by, at=at)
    return _told(request, by=by, at=at)


@transaction.atomic
def send(request: ResourceRequest, *, by: User, at: datetime, version: int | None = None) -> ResourceRequest:
    """Send a draft to who decides. Writes a version, the trail, a notice. Raises StaleRecord, IllegalTransition."""
    current = record_service.lock(request, version=version)
    if current.status != Status.DRAFT:
        raise record_service.IllegalTransition(_("Only a draft is sent."))
    _check(current)
    _checked_decider(current, current.decider)
    record_service.move(current, Status.REQUESTED)
    today = site_today(current.site, at)
    current.asked_on = current.awaited_on = current.occurred_on = today
    record_service.seal(current, "resource_request.sent", by=by, at=at)
    return _told(current, by=by, at=at)


@transaction.atomic
def change(
    request: ResourceRequest, *, version: int, reason: str, by: User, at: datetime, **changes: Any
) -> ResourceRequest:  # fmt: skip
    """Change what is asked for (any of PLAIN_FIELDS) while nobody has decided; what it said before stays readable.

    Side effects: its row, a version, a trail entry. Raises ReasonMissing, StaleRecord, CannotChange (decided),
    ValidationError by field.
    """
    reason = said(reason)
    changes = known_facts(changes, PLAIN_FIELDS)
    current = lock_undecided(request, version=version)
    for name, value in changes.items():
        setattr(current, name, value)
    current.due_on = current.needed_on
    _check(current)
    return record_service.seal(current, "resource_request.changed", by=by, at=at, reason=reason)


@transaction.atomic
def hand_on(
    request: ResourceRequest, *, decider: Person, reason: str, by: User, at: datetime, version: int | None = None
) -> ResourceRequest:
    """Let somebody else decide; the days it has waited go on counting. Done by who decides, or somebody above.

    Side effects: its row, a version, a trail entry, a notice to the new one. Raises ReasonMissing, CannotChange,
    StaleRecord, ValidationError by field.
    """
    reason = said(reason)
    current = lock_undecided(request, version=version)
    check_authority(by, current)
    if decider.pk == current.decider_id:
        raise ValidationError({"decider": _("%s decides already.") % decider.name})
    current.decider = _checked_decider(current, decider)
    record_service.seal(current, "resource_request.handed_on", by=by, at=at, reason=reason)
    return _told(current, by=by, at=at)


@transaction.atomic
def ask(
    request: ResourceRequest, *, question: str, by: User, at: datetime, version: int | None = None
) -> ResourceRequest:  # fmt: skip
    """Who decides asks something first. Side effects: its row, a version, a trail entry, a notice to who asked.

    Raises ReasonMissing, CannotChange, StaleRecord, IllegalTransition.
    """
    question = said(question, field="question")
    current = record_service.lock(request, version=version)
    check_authority(by, current)
    record_service.move(current, Status.ASKED)
    line = {
        "asked_on": site_today(current.site, at).isoformat(), "by": by.person.name, "question": question,
        "answered_on": "", "answer": "",
    }  # fmt: skip
    current.questions = [*current.questions, line]
    record_service.seal(current, "resource_request.question_asked", by=by, at=at, reason=question[:400])
    words = _("%(reference)s: %(name)s has a question before deciding.")
    tell(current.owner, words % _named(current, by.person), current, but=by, at=at)
    return current


@transaction.atomic
def answer(
    request: ResourceRequest, *, answer: str, by: User, at: datetime, version: int | None = None
) -> ResourceRequest:  # fmt: skip
    """Who asked for it answers the question; then the decision is awaited again, since the same day as before.

    Side effects: its row, a version, a trail entry, a notice to who decides. Raises ReasonMissing, CannotChange,
    StaleRecord, IllegalTransition.
    """
    answer = said(answer, field="answer")
    current = record_service.lock(request, version=version)
    if not is_asker(by, current):
        raise CannotChange(_("Who asked for it answers."))
    if current.status != Status.ASKED:
        raise record_service.IllegalTransition(_("No question is open."))
    record_service.move(current, Status.REQUESTED)
    last = current.questions[-1] | {"answered_on": site_today(current.site, at).isoformat(), "answer": answer}
    current.questions = [*current.questions[:-1], last]
    record_service.seal(current, "resource_request.question_answered", by=by, at=at, reason=answer[:400])
    words = _("%(reference)s: %(name)s has answered your question.")
    tell(current.decider, words % _named(current, by.person), current, but=by, at=at)
    return current


@transaction.atomic
def withdraw(
    request: ResourceRequest, *, reason: str, by: User, at: datetime, version: int | None = None
) -> ResourceRequest:
    """It is no longer asked for, and nobody has decided. Writes a version and the trail; it stays readable.

    Raises ReasonMissing, StaleRecord, IllegalTransition.
    """
    reason = said(reason)
    current = record_service.lock(request, version=version)
    record_service.move(current, Status.WITHDRAWN)
    current.awaited_on = None
    return record_service.seal(current, "resource_request.withdrawn", by=by, at=at, reason=reason)


def lock_undecided(request: ResourceRequest, *, version: int | None) -> ResourceRequest:
    """The row, locked, while nobody has decided. Raises StaleRecord, CannotChange."""
    current = record_service.lock(request, version=version)
    if current.status not in UNDECIDED:
        raise CannotChange(_("It is decided; what was asked for stays as it is."))
    return current


def default_decider(asker: Person, site: Site) -> Person | None:
    """The nearest one above the asker in the organization who may decide at the site; None when there is nobody."""
    chain = chain_above(asker)
    users = {user.person_id: user for user in User.objects.filter(person_id__in=[boss.pk for boss in chain])}
    return next((boss for boss in chain if _may_decide_at(users.get(boss.pk), site)), None)


def may_decide(user: User, request: ResourceRequest) -> bool:
    """Whether the user is the one who decides, or somebody above in the organization; never who asks."""
    if not user.can(Permission.RESOURCE_DECIDE) or user.person_id == request.owner_id:
        return False
    if user.person_id == request.decider_id:
        return True
    return any(boss.pk == user.person_id for boss in chain_above(request.decider))


def check_authority(user: User, request: ResourceRequest) -> None:
    """Raise CannotChange unless the user may decide this request."""
    if not may_decide(user, request):
        words = _("Only %s, or somebody above in the organization who may decide, does this; never who asks.")
        raise CannotChange(words % request.decider.name)


def is_asker(user: User, request: ResourceRequest) -> bool:
    """Whether the user asked for it, or entered it for somebody who did; never who decides."""
    if user.person_id in (request.decider_id, request.decided_by_id):
        return False
    return user.person_id == request.owner_id or user.pk == request.recorded_by_id


def waiting_for(user: User) -> ResourceRequestQuerySet:
    """What waits for the user: decisions, longest first. For the home page; one query."""
    rows = ResourceRequest.objects.visible_to(user).filter(decider_id=user.person_id)
    return rows.filter(status=Status.REQUESTED).select_related("site", "owner").order_by("awaited_on", "pk")  # type: ignore[return-value]


def questions_for(user: User) -> ResourceRequestQuerySet:
    """The user's own requests with a question to answer, the oldest first. One query."""
    rows = ResourceRequest.objects.visible_to(user).filter(owner_id=user.person_id, status=Status.ASKED)
    return rows.select_related("site", "decider").order_by("awaited_on", "pk")  # type: ignore[return-value]


def _may_decide_at(user: User | None, site: Site) -> bool:
    if user is None or not user.can(Permission.RESOURCE_DECIDE):
        return False
    return user.has_all_sites or site.pk in user.visible_site_ids


def _checked_decider(request: ResourceRequest, decider: Person | None) -> Person:
    if decider is None:
        raise ValidationError({"decider": _("Nobody above you may decide here. Name somebody who may.")})
    if decider.pk == request.owner_id:
        raise ValidationError({"decider": _("Nobody decides what he or she asks for. Name somebody else.")})
    if not _may_decide_at(User.objects.filter(person=decider).first(), request.site):
        words = _("%s may not decide about resources at this site. Name a leader with a log-in who may.")
        raise ValidationError({"decider": words % decider.name})
    return decider


def _check(request: ResourceRequest) -> None:
    """What is asked for hangs together: it serves something that is open, and an amount says what it counts."""
    errors: dict[str, str] = {}
    objective, risk = request.objective_served, request.risk_served
    if not (objective or risk or request.serves_neither):
        errors["serves_neither"] = _("Name the objective or the risk it serves, or say why it serves neither.")
    if objective and (objective.status != Objective.Status.APPROVED or objective.site_id != request.site_id):
        errors["objective_served"] = _("Choose an approved, open objective of the site.")
    if risk and (risk.phase != Phase.OPEN or risk.site_id != request.site_id or risk.nature != risk.Nature.RISK):
        errors["risk_served"] = _("Choose an open risk of the site.")
    if request.amount is not None and not request.amount_unit:
        errors["amount_unit"] = _("Say what the number counts: money, hours, people.")
    if request.amount is not None and request.amount <= 0:
        errors["amount"] = _("More than nothing, or leave it empty.")
    if errors:
        raise ValidationError(errors)


def _named(request: ResourceRequest, person: Person) -> dict[str, str]:
    return {"reference": request.reference, "name": person.name}


def _told(request: ResourceRequest, *, by: User, at: datetime) -> ResourceRequest:
    """A notice to who decides."""
    words = _("%(reference)s: %(name)s asks for a resource and waits for your decision.")
    tell(request.decider, words % _named(request, request.owner), request, but=by, at=at)
    return request
