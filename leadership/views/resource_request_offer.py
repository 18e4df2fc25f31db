"""What may be done to a resource request from where it stands, and by whom; its pages and forms read it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from leadership.forms import resource_request_step as steps
from leadership.models import NOT_ALL, ResourceRequest
from leadership.services import resource_request as service
from leadership.services import resource_request_arrival as arrival
from qms.models import User, site_today
from qms.permissions import Permission
from qms.records import Text
from qms.views.record_page import kept_list, load

Status = ResourceRequest.Status
STEM = "leadership:resource-request"
RELATED = (
    "objective_served__owner", "risk_served__scale", "decider", "decided_by", "acceptance__accepted_by",
    "adjusted_target", "arrival_proof",
)  # fmt: skip
ASKER, DECIDER, KEEPER = "asker", "decider", "keeper"
"""Who takes a step: who asked; who decides, or somebody above; who asked or the quality manager."""


@dataclass(frozen=True)
class Step:
    """Something done to a request: by whom, from which statuses, with which form, by which service, in which words."""

    verb: str
    label: Text
    lead: Text
    icon: str
    who: str
    statuses: frozenset[str]
    form: type[steps.RequestStepForm]
    call: Callable[..., object]


WAITING = frozenset({Status.REQUESTED, Status.ASKED})
COMING = frozenset({Status.PROVIDED, Status.PARTLY})
STEPS = {
    step.verb: step
    for step in (
        Step(
            "send", _("Send it"), _("From then on its days are counted."), "arrow-right", KEEPER,
            frozenset({Status.DRAFT}), steps.RequestStepForm, service.send,
        ),
        Step(
            "answer", _("Answer the question"), _("Then the decision is awaited again."), "chat", ASKER,
            frozenset({Status.ASKED}), steps.AnswerForm, service.answer,
        ),
        Step(
            "arrived", _("It is there"), _("Who asked says so, not who decided."), "check", ASKER, COMING,
            steps.ArrivedForm, arrival.confirm_arrival,
        ),
        Step(
            "send-back", _("It has not come"), _("Its day has passed: the decision is awaited again."), "undo", ASKER,
            frozenset({Status.PROVIDED}), steps.ReasonForm, arrival.send_back,
        ),
        Step(
            "close", _("No longer needed"), _("The risk stays accepted; that is a matter of its own."), "archive",
            ASKER, frozenset(NOT_ALL), steps.ReasonForm, arrival.close,
        ),
        Step(
            "ask", _("Ask something first"), _("Who asked for it answers, then it is your turn again."), "chat",
            DECIDER, frozenset({Status.REQUESTED}), steps.QuestionForm, service.ask,
        ),
        Step(
            "hand-on", _("Hand it on"), _("Somebody else decides. The days it has waited go on counting."),
            "people", DECIDER, WAITING, steps.HandOnForm, service.hand_on,
        ),
        Step(
            "postpone", _("It comes on another day"), _("The day promised before stays readable."), "calendar",
            DECIDER, COMING, steps.PostponeForm, arrival.postpone,
        ),
        Step(
            "reconsider", _("Decide again"), _("The acceptance ends now, and you decide anew."), "refresh", DECIDER,
            frozenset(NOT_ALL), steps.ReasonForm, arrival.reconsider,
        ),
        Step(
            "withdraw", _("Withdraw"), _("It is no longer asked for. It stays readable, marked as withdrawn."),
            "trash", KEEPER, WAITING | {Status.DRAFT}, steps.ReasonForm, service.withdraw,
        ),
    )
}  # fmt: skip
FIRST = ("decide", "send", "answer", "arrived")
"""What the one prominent button does, the first of them that is offered."""


def keeps(user: User, record: ResourceRequest) -> bool:
    """Who changes or withdraws what is asked for: who asked, who entered it, and the quality manager."""
    is_own = user.pk == record.recorded_by_id or user.person_id == record.owner_id
    return user.can(Permission.RESOURCE_REQUEST) and (is_own or user.can(Permission.ACTIVITY_CORRECT))


def parts_of(user: User, record: ResourceRequest) -> set[str]:
    """Which parts the user plays; at most one query."""
    played = {ASKER} if service.is_asker(user, record) and user.can(Permission.RESOURCE_REQUEST) else set()
    played |= {KEEPER} if keeps(user, record) else set()
    return played | ({DECIDER} if service.may_decide(user, record) else set())


def to_work_on(request: HttpRequest, pk: int, who: str) -> ResourceRequest:
    """The request, for somebody who plays that part: 404 when not visible, 403 when only visible."""
    record = load(request, ResourceRequest, pk, *RELATED)
    if who not in parts_of(request.user, record):  # type: ignore[arg-type]
        raise PermissionDenied({
            ASKER: _now("Who asked for it does this."),
            DECIDER: _now("Who decides does this, or somebody above in the organization; never who asks."),
            KEEPER: _now("Who asked for it, who entered it, or the quality manager does this."),
        }[who])  # fmt: skip
    return record


def is_possible(step: Step, record: ResourceRequest) -> bool:
    """Whether the step leads on from where the request stands."""
    if record.status not in step.statuses:
        return False
    if step.verb in ("arrived", "postpone"):
        return record.arrived_on is None
    return step.verb != "send-back" or arrival.is_overdue(record, site_today(record.site))


def offers(request: HttpRequest, record: ResourceRequest) -> dict[str, Any]:
    """The next step as ``first``, everything else as ``rest``: dicts with verb, label, url, icon."""
    user: User = request.user  # type: ignore[assignment]
    played, kept = parts_of(user, record), kept_list(request)
    found = [
        {
            "verb": step.verb, "label": step.label, "icon": step.icon,
            "url": reverse(f"{STEM}-step", args=[record.pk, step.verb]) + kept,
        }
        for step in STEPS.values()
        if step.who in played and is_possible(step, record)
    ]  # fmt: skip
    if DECIDER in played and record.status in WAITING:
        url = reverse(f"{STEM}-decide", args=[record.pk]) + kept
        found.insert(0, {"verb": "decide", "label": _("Decide"), "icon": "scale", "url": url})
    if KEEPER in played and record.status in WAITING | {Status.DRAFT}:
        url = reverse(f"{STEM}-edit", args=[record.pk]) + kept
        found.append({"verb": "edit", "label": _("Edit"), "icon": "edit", "url": url})
    first = next((offer for verb in FIRST for offer in found if offer["verb"] == verb), None)
    return {"first": first, "rest": [offer for offer in found if offer is not first]}
