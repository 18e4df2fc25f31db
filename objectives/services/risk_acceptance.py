"""Bearing a risk: a leader's signed word with an end, its renewal, what voids it, and the day it runs out."""

from __future__ import annotations

from calendar import monthrange
from datetime import date, datetime, timedelta

from django.core.exceptions import ValidationError
from django.db import transaction
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from objectives.models import Risk, RiskAcceptance
from objectives.services.risk import end_acceptance, review_day, seal
from qms.models import User, site_today
from qms.permissions import Permission
from qms.services import job
from qms.services import record as record_service
from qms.services.record import CannotChange
from qms.services.wording import said

Status = Risk.Status
Ended = RiskAcceptance.Ended


def latest_end(today: date) -> date:
    """The last day an acceptance given today may name: the same day in twelve months."""
    year = today.year + 1
    return date(year, today.month, min(today.day, monthrange(year, today.month)[1]))


@transaction.atomic
def accept(
    risk: Risk, *, why: str, compensating_control: str, void_if: str, expires_on: date, method: str, by: User,
    at: datetime, version: int | None = None,
) -> RiskAcceptance:  # fmt: skip
    """Bear a rated risk until ``expires_on``, at most 12 months ahead, signed; a renewal when it is accepted already.

    The caller has re-authenticated the user just now (``method`` says how). The signature binds to the version that
    holds the acceptance's own words. Side effects: the risk's row, a version, trail entries, a signature, clause links,
    the acceptance; the one before it ends as renewed. Raises CannotChange (not allowed to, not rated), ReasonMissing,
    StaleRecord, IllegalTransition, ValidationError by field.
    """
    words = {"why": why, "compensating_control": compensating_control, "void_if": void_if}
    words = {name: said(text, field=name) for name, text in words.items()}
    if not by.can(Permission.RISK_ACCEPT):
        raise CannotChange(_("Only a leader may accept a risk."))
    current = record_service.lock(risk, version=version)
    if current.rating is None:
        raise CannotChange(_("Rate it first: nobody can accept what nobody has weighed."))
    today = site_today(current.site, at)
    _check_end(expires_on, today)
    is_renewal = current.status == Status.ACCEPTED
    if is_renewal:
        end_acceptance(current, Ended.RENEWED, words["why"], at=at)
    else:
        record_service.move(current, Status.ACCEPTED)
    acceptance = RiskAcceptance(
        risk=current, accepted_on=today, expires_on=expires_on, accepted_by=by.person, **words
    )  # fmt: skip
    current.acceptance = acceptance
    current.treatment = current.treatment or Risk.Treatment.ACCEPT
    current.occurred_on, current.due_on = today, None
    current.review_on = min(review_day(current.nature, current.level, today), expires_on)
    verb = "risk.acceptance_renewed" if is_renewal else "risk.accepted"
    sealed = seal(current, verb, by=by, at=at, reason=words["why"][:400])
    meaning = _("I accept this risk until %s") % date_format(expires_on, "j M Y")
    acceptance.signature = record_service.sign(sealed, meaning=meaning, by=by, at=at, method=method)
    record_service.validate(acceptance)
    acceptance.save(force_insert=True)
    return acceptance


def _check_end(expires_on: date, today: date) -> None:
    if expires_on <= today:
        raise ValidationError({"expires_on": _("The end lies ahead of today.")})
    if expires_on > latest_end(today):
        last = date_format(latest_end(today), "j M Y")
        raise ValidationError({"expires_on": _("At most 12 months: %s at the latest. Then look at it again.") % last})


@transaction.atomic
def void(risk: Risk, *, reason: str, by: User, at: datetime, version: int | None = None) -> Risk:
    """A condition came true, or the ground is gone: the acceptance ends now and the risk stands as rated.

    Side effects: the acceptance's end, the risk's row, a version, a trail entry, clause links. Raises ReasonMissing,
    CannotChange (nothing is accepted), StaleRecord.
    """
    reason = said(reason)
    current = record_service.lock(risk, version=version)
    if current.acceptance is None:
        raise CannotChange(_("No acceptance stands."))
    return _end(current, Ended.VOIDED, "risk.acceptance_voided", reason, by=by, at=at)


def expire_due(*, at: datetime) -> int:
    """End every acceptance whose last day has come where its site is; returns how many. Idempotent.

    Each in a transaction of its own: the acceptance's end, the risk as rated (reopened if it was closed) with its
    review due now, a version, a trail entry, clause links, notices to the owner and to who accepted.
    """
    ahead = (at + timedelta(days=1)).date()  # no site is further ahead; its own today decides below
    due = RiskAcceptance.objects.filter(ended_at=None, expires_on__lte=ahead).order_by("expires_on", "pk")
    return sum(_expire(pk, at=at) for pk in list(due.values_list("pk", flat=True)))


@transaction.atomic
def _expire(pk: int, *, at: datetime) -> int:
    acceptance = RiskAcceptance.objects.select_related("risk__site", "accepted_by").get(pk=pk)
    current = record_service.lock(acceptance.risk)
    acceptance.refresh_from_db(fields=["ended_at"])
    if acceptance.ended_at is not None or acceptance.expires_on > site_today(current.site, at):
        return 0
    told = _("The acceptance ended on %s.") % date_format(acceptance.expires_on, "j M Y")
    current.review_on = site_today(current.site, at)
    _end(current, Ended.EXPIRED, "risk.acceptance_expired", told, by=None, at=at)
    text = _("%(reference)s is open again: its acceptance has run out.") % {"reference": current.reference}
    for user in User.objects.filter(person_id__in={current.owner_id, acceptance.accepted_by_id}, is_active=True):
        job.notify(user, text, at=at, url=reverse("qms:record", args=[current.uid]))
    return 1


def _end(current: Risk, because: str, verb: str, reason: str, *, by: User | None, at: datetime) -> Risk:
    end_acceptance(current, because, reason, at=at)
    record_service.move(current, Status.RATED)
    if current.treatment == Risk.Treatment.ACCEPT:
        current.treatment = ""
    return seal(current, verb, by=by, at=at, reason=reason)
