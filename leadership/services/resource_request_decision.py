"""The answer to a request: provided, or declined with a risk somebody signs; in part is both.

Everything that belongs to one answer happens in one transaction: the risk, its acceptance, the adjusted target, the
request and its signature. The database refuses the answer without them (qms/trigger_rules.py).
"""

from __future__ import annotations

import uuid as uuids
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from leadership.models import Decision, ResourceDecision, ResourceRequest
from leadership.services.resource_request import check_authority
from objectives.models import Objective, ObjectiveTarget, Risk, RiskAcceptance
from objectives.services import objective as objective_service
from objectives.services import risk as risk_service
from objectives.services import risk_acceptance
from objectives.services.improvement_notice import tell
from qms.models import Phase, Signature, User, site_today
from qms.permissions import Permission
from qms.services import record as record_service
from qms.services.record import CannotChange
from qms.services.wording import said


@dataclass(frozen=True)
class Grant:
    """What is provided, from which budget, and when it will be there."""

    granted: str
    arrives_on: date
    granted_amount: Decimal | None = None
    budget_line: str = ""


@dataclass(frozen=True)
class Bearing:
    """What the decider signs: why it is not provided, what holds meanwhile, what voids it, until when.

    ``title``, ``likelihood`` and ``impact`` describe and rate the risk where there is none yet that is rated;
    ``risk_version`` is the version of the risk that was shown.
    """

    why: str
    compensating_control: str
    void_if: str
    expires_on: date
    title: str = ""
    likelihood: int | None = None
    impact: int | None = None
    risk_version: int | None = None


@dataclass(frozen=True)
class NewTarget:
    """What can still be reached without the resource; ``version`` is the objective's version that was shown."""

    target_value: Decimal
    due_on: date
    version: int


@transaction.atomic
def provide(
    request: ResourceRequest, *, grant: Grant, because: str = "", by: User, at: datetime, version: int | None = None
) -> ResourceRequest:
    """Provide all of it. It ends when who asked says that it is there (resource_request_arrival).

    Side effects: its row, a version, a trail entry, clause links, a ResourceDecision, a notice to who asked. Raises
    CannotChange (not the one to decide), ReasonMissing, StaleRecord, IllegalTransition, ValidationError by field.
    """
    current = record_service.lock(request, version=version)
    check_authority(by, current)
    record_service.move(current, ResourceRequest.Status.PROVIDED)
    today, awaited_on = site_today(current.site, at), current.awaited_on
    _grant(current, grant, today=today)
    _decided(current, Decision.PROVIDED, because.strip(), by=by, today=today)
    record_service.seal(current, "resource_request.provided", by=by, at=at, reason=because.strip()[:400])
    return _kept(current, awaited_on, signature=None, by=by, at=at)


@transaction.atomic
def decline(
    request: ResourceRequest, *, bearing: Bearing, target: NewTarget | None = None, grant: Grant | None = None,
    method: str, by: User, at: datetime, version: int | None = None,
) -> ResourceRequest:  # fmt: skip
    """Decline it, or (with ``grant``) provide a part; the risk of what is missing is accepted by who decides, signed.

    The caller has re-authenticated ``by`` just now (``method`` says how). The risk is the one it serves while that is
    open, otherwise a new one that is rated here and that it serves from now on; where it serves an objective, the
    target is adjusted. Side effects, in one transaction: the risk and its acceptance, the objective and its new target,
    signatures under all three records, the request's row, versions, trail entries, clause links, a ResourceDecision, a
    notice to who asked. Raises CannotChange, ReasonMissing, StaleRecord (of any of the three), IllegalTransition,
    ValidationError by field.
    """
    why = said(bearing.why, field="why")
    current = record_service.lock(request, version=version)
    check_authority(by, current)
    choice = Decision.PARTLY if grant else Decision.DECLINED
    record_service.move(current, choice)
    today, awaited_on = site_today(current.site, at), current.awaited_on
    current.acceptance = risk_acceptance.accept(
        _risk_to_bear(current, bearing, by=by, at=at), why=f"{why} ({current.reference})", method=method,
        compensating_control=bearing.compensating_control, void_if=bearing.void_if, expires_on=bearing.expires_on,
        by=by, at=at,
    )  # fmt: skip
    current.risk_served = current.acceptance.risk
    current.adjusted_target = _adjusted(current, target, why=why, method=method, by=by, at=at)
    if grant:
        _grant(current, grant, today=today)
    _decided(current, choice, why, by=by, today=today)
    current.review_on = bearing.expires_on
    verb = "resource_request.partly_provided" if grant else "resource_request.declined"
    record_service.seal(current, verb, by=by, at=at, reason=why[:400])
    meaning = (
        _("I provide a part and bear the risk of the rest until %s")
        if grant
        else _("I decline this and bear the risk until %s")
    )
    until = date_format(bearing.expires_on, "j M Y")
    signature = record_service.sign(current, meaning=meaning % until, by=by, at=at, method=method)
    return _kept(current, awaited_on, signature=signature, by=by, at=at)


def needs_rating(request: ResourceRequest) -> bool:
    """Whether declining asks for the two levels: there is no open risk yet, or nobody has rated it."""
    risk = request.risk_served
    return risk is None or risk.phase != Phase.OPEN or risk.rating is None


def easier(objective: Objective, target_value: Decimal, due_on: date) -> bool:
    """Whether a target asks less than the one that stands: a value that is easier to reach, or more time."""
    is_lower_better = objective.direction == Objective.Direction.LOWER
    gained = target_value - objective.target_value if is_lower_better else objective.target_value - target_value
    is_later = objective.due_on is not None and due_on > objective.due_on
    return gained > 0 or is_later


def _risk_to_bear(request: ResourceRequest, bearing: Bearing, *, by: User, at: datetime) -> Risk:
    """The open, rated risk that is accepted: the one it serves, or a new one out of what happens without it."""
    risk = request.risk_served
    if risk is None or risk.phase != Phase.OPEN:
        risk = risk_service.open_risk(
            uid=uuids.uuid4(), title=said(bearing.title, field="title"), nature=Risk.Nature.RISK, site=request.site,
            area=request.area, owner=by.person, context_kind=Risk.Context.INTERNAL,
            context=_("Resource not provided: %(reference)s %(title)s")[:200]
            % {"reference": request.reference, "title": request.title[:160]},
            cause=_("Not provided: %s") % request.title, consequence=request.without_it,
            is_confidential=request.is_confidential, by=by, at=at,
        )  # fmt: skip
    else:
        if not Risk.objects.visible_to(by).filter(pk=risk.pk).exists():
            raise CannotChange(_("You may not see the risk it serves, so you cannot bear it. Hand the decision on."))
        risk = record_service.lock(risk, version=bearing.risk_version)
    if risk.rating is not None:
        return risk
    missing = {
        name: _("Say how likely and how grave it is: nobody can bear what nobody has weighed.")
        for name, level in (("likelihood", bearing.likelihood), ("impact", bearing.impact))
        if not level
    }
    if missing:
        raise ValidationError(missing)
    return risk_service.rate(
        risk, likelihood=bearing.likelihood or 0, impact=bearing.impact or 0, by=by, at=at,
        reason=_("Weighed when %s was not provided") % request.reference,
    )  # fmt: skip


def _adjusted(
    request: ResourceRequest, target: NewTarget | None, *, why: str, method: str, by: User, at: datetime
) -> ObjectiveTarget | None:
    """The new target of the objective it serves; None where it serves none."""
    objective = request.objective_served
    if objective is None:
        return None
    is_seen = Objective.objects.visible_to(by).filter(pk=objective.pk).exists()
    if not is_seen or not by.can(Permission.OBJECTIVE_APPROVE):
        raise CannotChange(_("You may not change the target it serves. Hand the decision on."))
    if objective.status != Objective.Status.APPROVED:
        words = _("%s has ended. Ask for the request to be changed: it no longer serves this objective.")
        raise CannotChange(words % objective.reference)
    if target is None:
        raise ValidationError({"target_value": _("Say what can still be reached without the resource.")})
    if not easier(objective, target.target_value, target.due_on):
        words = _("Without the resource the target cannot stay as it is: an easier value, or a later date.")
        raise ValidationError({"target_value": words})
    objective_service.change_target(
        objective, version=target.version, target_value=target.target_value, due_on=target.due_on, method=method,
        reason=_("%(reference)s was not provided: %(why)s") % {"reference": request.reference, "why": why}, by=by,
        at=at,
    )  # fmt: skip
    return objective.targets.order_by("-number").first()


def _grant(request: ResourceRequest, grant: Grant, *, today: date) -> None:
    request.granted = said(grant.granted, field="granted")
    if grant.arrives_on < today:
        raise ValidationError({"arrives_on": _("The day it will be there is today or later.")})
    if grant.granted_amount is not None and not request.amount_unit:
        raise ValidationError({"granted_amount": _("No amount was asked for; say it in words.")})
    request.granted_amount, request.budget_line = grant.granted_amount, grant.budget_line.strip()
    request.arrives_on, request.arrived_on = grant.arrives_on, None


def _decided(request: ResourceRequest, choice: str, because: str, *, by: User, today: date) -> None:
    request.decision, request.decided_because = choice, because
    request.decided_by, request.decided_on = by.person, today
    request.occurred_on, request.awaited_on = today, None
    request.due_on = request.arrives_on


def _kept(
    request: ResourceRequest, awaited_on: date | None, *, signature: Signature | None, by: User, at: datetime
) -> ResourceRequest:
    """Keep the decision as a row of its own, and tell who asked."""
    since, today = awaited_on or request.occurred_on, request.occurred_on
    decision = ResourceDecision(
        request=request, number=request.decisions.count() + 1, choice=request.decision, awaited_on=since,
        decided_on=today, decided_at=at, decided_by=by.person, days=max(0, (today - since).days),
        acceptance=request.acceptance, adjusted_target=request.adjusted_target, signature=signature,
    )  # fmt: skip
    record_service.validate(decision)
    decision.save(force_insert=True)
    words = _("%(reference)s is decided: %(decision)s.")
    facts = {"reference": request.reference, "decision": request.get_decision_display()}
    tell(request.owner, words % facts, request, but=by, at=at)
    return request


def standing_acceptance(risk: Risk) -> RiskAcceptance | None:
    """The acceptance of the risk that has not ended, if any."""
    return RiskAcceptance.objects.filter(risk=risk, ended_at=None).select_related("accepted_by").first()
