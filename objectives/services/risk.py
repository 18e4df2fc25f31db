"""Risks and opportunities: identified, rated, treated, judged, closed; every rating is a version of the record."""

from __future__ import annotations

import uuid as uuids
from datetime import date, datetime, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from objectives.models import ImprovementAction, Level, Risk, RiskAcceptance
from objectives.services import risk_map, risk_scale
from qms.models import Area, Person, Phase, Site, User, site_today
from qms.services import record as record_service
from qms.services.record import CannotChange
from qms.services.wording import known_facts, said

Status = Risk.Status
PLAIN_FIELDS = (
    "title", "nature", "context_kind", "context", "cause", "consequence", "owner", "area", "due_on", "review_on",
    "is_confidential",
)  # fmt: skip
REVIEW_DAYS = {Level.HIGH: 90, Level.MEDIUM: 180, Level.LOW: 365}
OPPORTUNITY_REVIEW_DAYS = 180
TREATMENTS = {
    Risk.Nature.RISK: (Risk.Treatment.AVOID, Risk.Treatment.REDUCE, Risk.Treatment.SHARE),
    Risk.Nature.OPPORTUNITY: (Risk.Treatment.PURSUE, Risk.Treatment.SHARE),
}


@transaction.atomic
def open_risk(
    *, uid: uuids.UUID, title: str, nature: str, site: Site, owner: Person, identified_on: date | None = None,
    context_kind: str = "", context: str = "", cause: str = "", consequence: str = "", treatment_plan: str = "",
    area: Area | None = None, due_on: date | None = None, is_confidential: bool = False, by: User, at: datetime,
) -> Risk:  # fmt: skip
    """Identify a risk or an opportunity; the same ``uid`` by the same user returns the first one.

    It is open for all to read and counts as evidence only once it is rated. ``identified_on`` (default: the site's
    today) must not lie ahead. Side effects: the risk's row, a version, a trail entry, clause links; the very first risk
    opens the default scale. Raises ValidationError by field.
    """
    known = Risk.objects.filter(uid=uid, recorded_by=by).first()
    if known:
        return known
    day = identified_on or site_today(site, at)
    risk = Risk(
        uid=uid, title=title.strip(), nature=nature, site=site, owner=owner, identified_on=day, occurred_on=day,
        context_kind=context_kind, context=context.strip(), cause=cause.strip(), consequence=consequence.strip(),
        treatment_plan=treatment_plan.strip(), area=area, due_on=due_on, is_confidential=is_confidential,
        scale=risk_scale.scale_for(site, by=by, at=at),
    )  # fmt: skip
    record_service.refuse_future(risk, at=at)
    record_service.open_new(risk, by=by, at=at)
    return record_service.seal(risk, "risk.identified", by=by, at=at)


@transaction.atomic
def rate(
    risk: Risk, *, likelihood: int, impact: int, reason: str, review_on: date | None = None, by: User, at: datetime,
    version: int | None = None,
) -> Risk:  # fmt: skip
    """Say how likely and how grave it is now, with what is in place, on the scale in force at the site.

    A judgement and an acceptance stand unless the rating rises above what was judged or signed, or the scale is
    another; then the risk goes back to rated, and the acceptance ends. Without ``review_on`` the next review follows
    from the level. Side effects: the risk's row, a version, a trail entry, clause links, perhaps the acceptance's end.
    Raises ReasonMissing, CannotChange, StaleRecord, ValidationError by field.
    """
    reason = said(reason)
    current = record_service.lock(risk, version=version)
    if current.phase != Phase.OPEN:
        raise CannotChange(_("Only an open risk can be rated. Reopen it first."))
    scale = risk_scale.scale_for(current.site, by=by, at=at)
    _check_level("likelihood", likelihood, len(scale.likelihood_words))
    _check_level("impact", impact, len(scale.consequence_words))
    stands = current.rating is not None and likelihood * impact <= current.rating and current.scale_id == scale.pk
    if not stands and current.status in (Status.IDENTIFIED, Status.JUDGED, Status.ACCEPTED):
        end_acceptance(current, RiskAcceptance.Ended.VOIDED, _("Rated anew: %s") % reason, at=at)
        record_service.move(current, Status.RATED)
    if stands and current.is_residual:
        current.residual_likelihood, current.residual_impact = likelihood, impact
    else:
        _forget_judgement(current)
        current.scale, current.likelihood, current.impact = scale, likelihood, impact
    _assessed(current, at=at, review_on=review_on)
    verb = "risk.rated" if not current.ratings else "risk.rated_again"
    return seal_rated(current, verb, by=by, at=at, reason=reason)


@transaction.atomic
def treat(
    risk: Risk, *, treatment: str, treatment_plan: str, due_on: date | None, by: User, at: datetime,
    version: int | None = None,
) -> Risk:  # fmt: skip
    """Decide what is done about it, or change that. What is to be done by whom are improvement actions from the risk.

    Side effects: the risk's row, a version, a trail entry, clause links; an acceptance ends, since it is treated
    instead. Raises CannotChange, StaleRecord, IllegalTransition, ValidationError by field.
    """
    current = record_service.lock(risk, version=version)
    if treatment not in TREATMENTS[Risk.Nature(current.nature)]:
        raise ValidationError({"treatment": _("This is no way to treat it. Choose one of the list.")})
    if not treatment_plan.strip():
        raise ValidationError({"treatment_plan": _("Say in a sentence what is done.")})
    if current.status == Status.ACCEPTED:
        end_acceptance(current, RiskAcceptance.Ended.TREATED, treatment_plan, at=at)
    if current.status != Status.TREATING:
        record_service.move(current, Status.TREATING)
    _forget_judgement(current)
    current.treatment, current.treatment_plan, current.due_on = treatment, treatment_plan.strip(), due_on
    return seal(current, "risk.treated", by=by, at=at, reason=treatment_plan.strip()[:400])


@transaction.atomic
def judge(
    risk: Risk, *, likelihood: int, impact: int, effectiveness: str, note: str, review_on: date | None = None,
    by: User, at: datetime, version: int | None = None,
) -> Risk:  # fmt: skip
    """Say what level is left after the treatment and whether it worked, and how one knows.

    It should be somebody other than who treats: the owner, or the owner of one of its actions. If it is not, the record
    says so. Side effects: the risk's row, a version, a trail entry, clause links. Raises ReasonMissing, StaleRecord,
    IllegalTransition, ValidationError by field.
    """
    note = said(note, field="note")
    current = record_service.lock(risk, version=version)
    _check_level("likelihood", likelihood, len(current.scale.likelihood_words))
    _check_level("impact", impact, len(current.scale.consequence_words))
    record_service.move(current, Status.JUDGED)
    current.residual_likelihood, current.residual_impact = likelihood, impact
    current.effectiveness, current.effectiveness_note = effectiveness, note
    current.judged_by, current.judged_on = by.person, site_today(current.site, at)
    current.is_judged_by_treater = by.person_id in treaters(current)
    current.due_on = None
    _assessed(current, at=at, review_on=review_on)
    return seal_rated(current, "risk.judged", by=by, at=at, reason=note[:400])


@transaction.atomic
def change(risk: Risk, *, version: int, reason: str, by: User, at: datetime, **changes: Any) -> Risk:
    """Change a risk's facts (any of PLAIN_FIELDS); what it said before stays in its versions and in the trail.

    Side effects: the risk's row, a version, a trail entry, clause links. Raises ReasonMissing, StaleRecord,
    CannotChange (no longer open, or its nature after it was treated), ValidationError by field.
    """
    reason = said(reason)
    changes = known_facts(changes, PLAIN_FIELDS)
    current = record_service.lock(risk, version=version)
    if current.phase != Phase.OPEN:
        raise CannotChange(_("Only an open risk can be changed. Reopen it first."))
    if current.treatment and changes.get("nature", current.nature) != current.nature:
        raise CannotChange(_("It is treated already. Withdraw it and enter it anew as what it is."))
    for name, value in changes.items():
        setattr(current, name, value)
    return seal(current, "risk.changed", by=by, at=at, reason=reason)


@transaction.atomic
def close(risk: Risk, *, reason: str, by: User, at: datetime, version: int | None = None) -> Risk:
    """Nothing more is to be done. It needs a rating, and a treatment judged to work or an acceptance that stands.

    Side effects: the risk's row, a version, a trail entry, clause links. Raises ReasonMissing, CannotChange,
    StaleRecord, IllegalTransition.
    """
    reason = said(reason)
    current = record_service.lock(risk, version=version)
    if current.phase == Phase.OPEN and (why_not := closing_obstacle(current)):
        raise CannotChange(why_not)
    standing = current.acceptance
    record_service.move(current, Status.CLOSED)
    current.acceptance = standing
    return seal(current, "risk.closed", by=by, at=at, reason=reason)


def closing_obstacle(risk: Risk) -> str:
    """What still stands against closing it, in words; empty when nothing does."""
    if risk.rating is None:
        return _("It is not rated yet. Rate it first, or withdraw it.")
    is_judged_well = risk.effectiveness and risk.effectiveness != Risk.Effectiveness.NOT_EFFECTIVE
    if not is_judged_well and risk.acceptance is None:
        return _("Either its treatment is judged to have worked, or a leader accepts it. Neither has happened yet.")
    waiting = ImprovementAction.objects.filter(source_id=risk.pk, phase=Phase.OPEN).count()
    if waiting:
        return ngettext(
            "%d action from it is still open. End it first.", "%d actions from it are still open. End them first.",
            waiting,
        ) % waiting  # fmt: skip
    return ""


@transaction.atomic
def reopen(risk: Risk, *, reason: str, by: User, at: datetime, version: int | None = None) -> Risk:
    """Take a closed risk up again: it stands as rated, and an acceptance that still ran ends.

    Side effects: the risk's row, a version, a trail entry, clause links. Raises ReasonMissing, StaleRecord,
    IllegalTransition.
    """
    reason = said(reason)
    current = record_service.lock(risk, version=version)
    if current.status != Status.CLOSED:
        raise record_service.IllegalTransition(_("Only a closed risk can be reopened."))
    end_acceptance(current, RiskAcceptance.Ended.VOIDED, _("Reopened: %s") % reason, at=at)
    record_service.move(current, Status.RATED)
    return seal(current, "risk.reopened", by=by, at=at, reason=reason)


@transaction.atomic
def withdraw(risk: Risk, *, reason: str, by: User, at: datetime, version: int | None = None) -> Risk:
    """It should never have been entered. Writes a version and the trail; it stays readable. An acceptance ends.

    Raises ReasonMissing, StaleRecord, IllegalTransition.
    """
    reason = said(reason)
    current = record_service.lock(risk, version=version)
    end_acceptance(current, RiskAcceptance.Ended.VOIDED, _("Withdrawn: %s") % reason, at=at)
    record_service.move(current, Status.WITHDRAWN)
    return seal(current, "risk.withdrawn", by=by, at=at, reason=reason)


def seal_rated(risk: Risk, verb: str, *, by: User | None, at: datetime, reason: str) -> Risk:
    """End a change of the rating: settle it, add a line to its history, seal the version. Part of a transaction."""
    settle(risk)
    scale = risk.scale
    levels = f"{scale.likelihood_word(risk.now_likelihood)} × {scale.consequence_word(risk.now_impact)}"
    line = {
        "date": site_today(risk.site, at).isoformat(),
        "rating": f"{risk.rating} · {Level(risk.level).label}",
        "levels": _("After treatment: %s") % levels if risk.is_residual else levels,
        "by": by.person.name if by else "",
        "why": reason[:400],
    }
    risk.ratings = [*risk.ratings, line]
    return seal(risk, verb, by=by, at=at, reason=reason)


def seal(risk: Risk, verb: str, *, by: User | None, at: datetime, reason: str) -> Risk:
    """Settle what follows from the ratings, keep the heat map's sums, seal the version. Part of a transaction."""
    settle(risk)
    risk_map.move(risk)
    return record_service.seal(risk, verb, by=by, at=at, reason=reason)


def settle(risk: Risk) -> None:
    """Work out what follows from the two ratings: which one stands, its product, its level, its place on the map."""
    first, second = (
        (risk.residual_likelihood, risk.residual_impact) if risk.is_residual else (risk.likelihood, risk.impact)
    )
    risk.now_likelihood, risk.now_impact = first, second
    risk.rating = first * second if first and second else None
    risk.level = risk.scale.level(risk.rating) if risk.rating else ""
    is_on_map = bool(risk.rating) and risk.phase == Phase.OPEN
    risk.map_site = risk.site if is_on_map else None
    shown = Risk.OnMap.CONFIDENTIAL if risk.is_confidential else Risk.OnMap.OPEN
    risk.on_map = shown if is_on_map else Risk.OnMap.NO


def review_day(nature: str, level: str, today: date) -> date:
    """When it is looked at again: 90 days for high, 180 for medium and for opportunities, 365 for low."""
    days = OPPORTUNITY_REVIEW_DAYS if nature == Risk.Nature.OPPORTUNITY else REVIEW_DAYS[Level(level)]
    return today + timedelta(days=days)


def treaters(risk: Risk) -> set[int]:
    """Who treats it: its owner, and the owners of its actions."""
    owners = ImprovementAction.objects.filter(source_id=risk.pk).exclude(phase=Phase.WITHDRAWN)
    return {risk.owner_id, *owners.values_list("owner_id", flat=True)}


def end_acceptance(risk: Risk, because: str, note: str, *, at: datetime) -> None:
    """End the acceptance that stands, if any; part of a change of the risk, which writes the trail."""
    RiskAcceptance.objects.filter(risk=risk, ended_at=None).update(
        ended_at=at, ended_because=because, ended_note=note[:400]
    )
    risk.__dict__.pop("acceptance", None)
    risk.acceptance = None


def _check_level(field: str, level: int, most: int) -> None:
    if not 1 <= level <= most:
        raise ValidationError({field: _("The scale has the levels 1 to %d.") % most})


def _forget_judgement(risk: Risk) -> None:
    """What the last treatment left is where it stands now; the judgement itself is history, in the versions."""
    if risk.is_residual:
        risk.likelihood, risk.impact = risk.residual_likelihood, risk.residual_impact
    risk.residual_likelihood = risk.residual_impact = None
    risk.judged_on = risk.judged_by = None
    risk.effectiveness = risk.effectiveness_note = ""
    risk.is_judged_by_treater = False


def _assessed(risk: Risk, *, at: datetime, review_on: date | None) -> None:
    """Today is the day it was last assessed; the next one is as asked, or follows from the level."""
    settle(risk)
    today = site_today(risk.site, at)
    risk.occurred_on = today
    risk.review_on = review_on or review_day(risk.nature, risk.level, today)
