"""After the decision: it arrives with proof, arrives late, or comes back to be decided again.

A declined or partly provided request stands as long as its acceptance does. When that expires, is voided or the risk is
treated instead, ``follow_acceptances`` brings the request back to who decides; a renewed acceptance is taken over.
"""

from __future__ import annotations

from datetime import date, datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from leadership.models import NOT_ALL, Decision, ResourceRequest
from leadership.services.resource_request import check_authority, is_asker
from leadership.services.resource_request_decision import standing_acceptance
from objectives.models import RiskAcceptance
from objectives.services import risk_acceptance
from objectives.services.improvement_notice import tell
from qms.models import Attachment, User, site_today
from qms.services import record as record_service
from qms.services.record import CannotChange
from qms.services.wording import said

Status = ResourceRequest.Status


@transaction.atomic
def confirm_arrival(
    request: ResourceRequest, *, note: str, proof: Attachment | None = None, arrived_on: date | None = None, by: User,
    at: datetime, version: int | None = None,
) -> ResourceRequest:  # fmt: skip
    """Who asked says that it is there, and how one sees it: in words, or by a file of the record.

    All of it there closes the request; a part leaves it standing for the rest. ``arrived_on`` defaults to the site's
    today. Side effects: its row, a version, a trail entry, clause links, a notice to who decided. Raises CannotChange,
    StaleRecord, ValidationError by field.
    """
    current = record_service.lock(request, version=version)
    if not is_asker(by, current):
        raise CannotChange(_("Who asked for it says that it is there, not who decided."))
    if current.status not in (Status.PROVIDED, Status.PARTLY) or current.arrived_on:
        raise CannotChange(_("Nothing is on its way here."))
    today = site_today(current.site, at)
    day = arrived_on or today
    if not (current.decided_on or day) <= day <= today:
        raise ValidationError({"arrived_on": _("A day from the decision to today.")})
    if proof is not None and (proof.record_id != current.pk or proof.withdrawn_at):
        raise ValidationError({"proof": _("Choose a file of this record.")})
    if not note.strip() and proof is None:
        raise ValidationError({"note": _("Say how one sees that it is there, or add a photo or file.")})
    if current.status == Status.PROVIDED:
        record_service.move(current, Status.CLOSED)
    current.arrived_on, current.arrival_note, current.arrival_proof = day, note.strip(), proof
    current.occurred_on, current.due_on = day, None
    record_service.seal(current, "resource_request.arrived", by=by, at=at, reason=note.strip()[:400])
    tell(current.decided_by, _("%s is there.") % current.reference, current, but=by, at=at)
    return current


@transaction.atomic
def postpone(
    request: ResourceRequest, *, arrives_on: date, reason: str, by: User, at: datetime, version: int | None = None
) -> ResourceRequest:
    """It comes on another day, said by who decides; the day that was promised before stays readable.

    Side effects: its row, a version, a trail entry, a notice to who asked. Raises ReasonMissing, CannotChange,
    StaleRecord, ValidationError by field.
    """
    reason = said(reason)
    current = record_service.lock(request, version=version)
    check_authority(by, current)
    if current.status not in (Status.PROVIDED, Status.PARTLY) or current.arrived_on:
        raise CannotChange(_("Nothing is on its way here."))
    if arrives_on < site_today(current.site, at):
        raise ValidationError({"arrives_on": _("The day it will be there is today or later.")})
    current.arrives_on = current.due_on = arrives_on
    record_service.seal(current, "resource_request.postponed", by=by, at=at, reason=reason)
    words = _("%(reference)s will be there on %(day)s.")
    facts = {"reference": current.reference, "day": date_format(arrives_on, "j M Y")}
    tell(current.owner, words % facts, current, but=by, at=at)
    return current


@transaction.atomic
def send_back(
    request: ResourceRequest, *, reason: str, by: User, at: datetime, version: int | None = None
) -> ResourceRequest:
    """It was provided and has not come by its day: who asked wants it decided again.

    Side effects: its row, a version, a trail entry, clause links, a notice to who decides. Raises ReasonMissing,
    CannotChange (not who asked, or its day has not passed), StaleRecord.
    """
    reason = said(reason)
    current = record_service.lock(request, version=version)
    if not is_asker(by, current):
        raise CannotChange(_("Who asked for it says that it has not come."))
    if current.status != Status.PROVIDED or not is_overdue(current, site_today(current.site, at)):
        raise CannotChange(_("Its day has not passed yet."))
    return _come_back(current, "resource_request.sent_back", reason, by=by, at=at)


@transaction.atomic
def reconsider(
    request: ResourceRequest, *, reason: str, by: User, at: datetime, version: int | None = None
) -> ResourceRequest:
    """Who decides takes a declined or partly provided one up again: the acceptance is voided, with the same reason.

    Side effects: the acceptance's end, the risk's and the request's rows, versions, trail entries, clause links. The
    adjusted target stays until somebody changes it. Raises ReasonMissing, CannotChange, StaleRecord.
    """
    reason = said(reason)
    current = record_service.lock(request, version=version)
    check_authority(by, current)
    if current.status not in NOT_ALL or current.acceptance is None:
        raise CannotChange(_("Only what was declined, whole or in part, is decided again."))
    if current.acceptance.ended_at is None:
        risk_acceptance.void(current.acceptance.risk, reason=f"{reason} ({current.reference})", by=by, at=at)
    return _come_back(current, "resource_request.reconsidered", reason, by=by, at=at)


@transaction.atomic
def close(
    request: ResourceRequest, *, reason: str, by: User, at: datetime, version: int | None = None
) -> ResourceRequest:  # fmt: skip
    """Who asked no longer needs it (the rest of it). The acceptance stays the risk's own matter.

    Side effects: its row, a version, a trail entry, clause links. Raises ReasonMissing, CannotChange, StaleRecord.
    """
    reason = said(reason)
    current = record_service.lock(request, version=version)
    if not is_asker(by, current):
        raise CannotChange(_("Who asked for it says that it is no longer needed."))
    if current.status not in NOT_ALL:
        raise CannotChange(_("Only what was declined, whole or in part, is closed as no longer needed."))
    record_service.move(current, Status.CLOSED)
    current.closed_because, current.due_on, current.review_on = reason, None, None
    return record_service.seal(current, "resource_request.closed", by=by, at=at, reason=reason)


def follow_acceptances(*, at: datetime) -> int:
    """Bring back every request whose acceptance has ended; take a renewed one over. Idempotent; returns how many.

    Each in a transaction of its own: its row, a version, a trail entry, clause links, notices to who decides and who
    asked.
    """
    ended = ResourceRequest.objects.filter(status__in=NOT_ALL, acceptance__ended_at__isnull=False)
    return sum(_follow(pk, at=at) for pk in list(ended.order_by("pk").values_list("pk", flat=True)))


@transaction.atomic
def _follow(pk: int, *, at: datetime) -> int:
    current = record_service.lock(ResourceRequest(pk=pk))
    ended = current.acceptance
    if current.status not in NOT_ALL or ended is None or ended.ended_at is None:
        return 0
    renewed = standing_acceptance(ended.risk) if ended.ended_because == RiskAcceptance.Ended.RENEWED else None
    if renewed is not None:
        current.acceptance, current.review_on = renewed, renewed.expires_on
        told = _("The acceptance was renewed until %s.") % date_format(renewed.expires_on, "j M Y")
        record_service.seal(current, "resource_request.acceptance_renewed", by=None, at=at, reason=told)
        return 1
    told = _("The acceptance it stood on has ended: %s.") % ended.get_ended_because_display()
    _come_back(current, "resource_request.came_back", told, by=None, at=at)
    words = _("%s is to be decided again: the acceptance it stood on has ended.")
    tell(current.owner, words % current.reference, current, at=at)
    return 1


def _come_back(
    current: ResourceRequest, verb: str, reason: str, *, by: User | None, at: datetime
) -> ResourceRequest:  # fmt: skip
    """The decision is awaited again, from today; what was decided before stays in the decisions and versions."""
    record_service.move(current, Status.REQUESTED)
    today = site_today(current.site, at)
    current.awaited_on = today
    current.decision = current.decided_because = current.granted = current.budget_line = current.arrival_note = ""
    current.decided_on = current.arrives_on = current.arrived_on = current.review_on = None
    current.decided_by = current.granted_amount = current.arrival_proof = None
    current.acceptance = current.adjusted_target = None
    current.due_on = current.needed_on if current.needed_on > today else None
    record_service.seal(current, verb, by=by, at=at, reason=reason[:400])
    words = _("%s waits for your decision again.")
    tell(current.decider, words % current.reference, current, but=by, at=at)
    return current


def is_overdue(request: ResourceRequest, today: date) -> bool:
    """Whether it should have been there before today."""
    return (
        request.decision in (Decision.PROVIDED, Decision.PARTLY) and request.arrived_on is None
        and request.arrives_on is not None and request.arrives_on < today
    )  # fmt: skip
