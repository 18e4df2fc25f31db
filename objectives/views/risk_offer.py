"""What may be done to a risk from where it stands, and by whom; the page's buttons and their forms read it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from objectives.forms.risk import ActForm, JudgeForm, RateForm, ReasonForm, TreatForm
from objectives.models import Risk
from objectives.services import risk as service
from objectives.services import risk_acceptance
from qms.models import User
from qms.permissions import Permission
from qms.records import Text

Status = Risk.Status


@dataclass(frozen=True)
class Act:
    """Something done to a risk: from which statuses, with which form, by which service, in which words."""

    verb: str
    label: Text
    lead: Text
    icon: str
    statuses: frozenset[str]
    form: type[ActForm]
    call: Callable[..., object]
    for_all: bool = False
    """Whether anybody who may edit risks does it, not only who looks after this one."""


def facts_of(form: ActForm) -> dict[str, Any]:
    """The form's answers by the service's names."""
    return {name: value for name, value in form.cleaned_data.items() if name != "version"}


OPEN = frozenset({Status.IDENTIFIED, Status.RATED, Status.TREATING, Status.ACCEPTED, Status.JUDGED})
ACTS = {
    act.verb: act
    for act in (
        Act(
            "rate", _("Rate"), _("How it stands now, with what is in place. Every rating stays in the record."),
            "gauge", OPEN, RateForm, service.rate,
        ),
        Act(
            "treat", _("Decide the treatment"), _("What is done about it. The steps become actions with owners."),
            "wrench", frozenset({Status.RATED, Status.TREATING, Status.ACCEPTED, Status.JUDGED}), TreatForm,
            service.treat,
        ),
        Act(
            "judge", _("Judge the effect"),
            _("Best judged by somebody who did not treat it; if you did, the record will say so."),
            "eye", frozenset({Status.TREATING}), JudgeForm, service.judge, for_all=True,
        ),
        Act(
            "void", _("End the acceptance"), _("A condition came true, or its ground is gone. The risk is open again."),
            "x-circle", frozenset({Status.ACCEPTED}), ReasonForm, risk_acceptance.void,
        ),
        Act(
            "close", _("Close"), _("Nothing more is to be done. It stays in the register."),
            "check", frozenset({Status.JUDGED, Status.ACCEPTED}), ReasonForm, service.close,
        ),
        Act(
            "reopen", _("Reopen"), _("It is taken up again and stands as rated."),
            "refresh", frozenset({Status.CLOSED}), ReasonForm, service.reopen,
        ),
        Act(
            "withdraw", _("Withdraw"), _("It should never have been entered. It stays readable, marked as withdrawn."),
            "archive", OPEN, ReasonForm, service.withdraw,
        ),
    )
}  # fmt: skip
ACCEPTABLE = frozenset({Status.RATED, Status.TREATING, Status.JUDGED, Status.ACCEPTED})
NEXT_STEP: dict[str, str] = {
    Status.IDENTIFIED: "rate", Status.RATED: "treat", Status.TREATING: "judge", Status.JUDGED: "close",
    Status.CLOSED: "reopen",
}  # fmt: skip


def offers(user: User, risk: Risk, *, may_work: bool, kept: str) -> dict[str, Any]:
    """The next step as ``first``, everything else as ``rest``: dicts with label, url, icon."""
    found = []
    for verb, act in ACTS.items():
        may = may_work or (act.for_all and user.can(Permission.RISK_EDIT))
        if may and risk.status in act.statuses:
            url = reverse("objectives:risk-act", args=[risk.pk, verb]) + kept
            label = _("Rate again") if verb == "rate" and risk.rating else act.label
            found.append({"verb": verb, "label": label, "icon": act.icon, "url": url})
    if user.can(Permission.RISK_ACCEPT) and risk.status in ACCEPTABLE and risk.rating:
        label = _("Renew the acceptance") if risk.status == Status.ACCEPTED else _("Accept the risk")
        url = reverse("objectives:risk-accept", args=[risk.pk]) + kept
        found.append({"verb": "accept", "label": label, "icon": "signature", "url": url})
    wanted = NEXT_STEP.get(risk.status, "")
    first = next((offer for offer in found if offer["verb"] == wanted), None)
    return {"first": first, "rest": [offer for offer in found if offer is not first]}
