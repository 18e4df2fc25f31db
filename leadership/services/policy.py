"""The quality policy: drafted, translated, reviewed, approved with a signature, and superseded by the next version."""

from __future__ import annotations

import uuid as uuids
from datetime import date, datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Max, QuerySet
from django.utils.translation import gettext as _

from leadership.models import Policy
from leadership.services import acknowledgement
from objectives.models import StrategicGoal
from qms.models import Person, Site, User, site_today
from qms.permissions import PROFILES, Permission
from qms.services import record as record_service
from qms.services import trail
from qms.services.record import CannotChange
from qms.services.wording import known_facts, said

Status = Policy.Status
PLAIN_FIELDS = ("title", "owner", "applies_to", "language", "text", "review_on", "is_public", "is_indexed")
MOST_TEXT = 20_000
SCOPE = "policy:approval"
"""The lock that approvals take, so that two of them cannot both become the current version."""


class NotTopManagement(CannotChange):
    """Only somebody of top management approves the policy."""


@transaction.atomic
def draft(
    *, uid: uuids.UUID, title: str, text: str, owner: Person, site: Site, by: User, at: datetime,
    goals: list[StrategicGoal] | QuerySet[StrategicGoal] | None = None, **facts: Any,
) -> Policy:  # fmt: skip
    """Write a version down as a draft; the same ``uid`` by the same user returns the first one.

    ``facts``: any other of PLAIN_FIELDS. Side effects: the row, a version, a trail entry. Raises ValidationError.
    """
    known = Policy.objects.filter(uid=uid, recorded_by=by).first()
    if known:
        return known
    values = known_facts({"title": title, "text": text} | facts, PLAIN_FIELDS)
    policy = Policy(uid=uid, owner=owner, site=site, occurred_on=site_today(site, at), **values)
    policy.supersedes = current_of(policy.applies_to)
    _check(policy)
    record_service.open_new(policy, by=by, at=at)
    policy.goals.set(goals or [])
    return record_service.seal(policy, "policy.drafted", by=by, at=at)


@transaction.atomic
def change(
    policy: Policy, *, version: int, reason: str, by: User, at: datetime,
    goals: list[StrategicGoal] | QuerySet[StrategicGoal] | None = None, **changes: Any,
) -> Policy:  # fmt: skip
    """Change a draft (any of PLAIN_FIELDS) with a reason.

    Side effects: the row, a version, a trail entry. Raises CannotChange (not a draft), ReasonMissing, StaleRecord,
    ValidationError by field.
    """
    reason, values = said(reason), known_facts(changes, PLAIN_FIELDS)
    current = _draft(policy, version=version)
    for name, value in values.items():
        setattr(current, name, value)
    current.supersedes = current_of(current.applies_to)
    _check(current)
    if goals is not None:
        current.goals.set(goals)
    return record_service.seal(current, "policy.changed", by=by, at=at, reason=reason)


@transaction.atomic
def translate(
    policy: Policy, *, language: str, title: str, text: str, translated_by: str, by: User, at: datetime
) -> Policy:
    """Put a draft's text in another language beside it, in place of the one there; an empty text takes it away.

    Side effects: the row, a version, a trail entry. Raises CannotChange (not a draft), ValidationError by field.
    """
    current = _draft(policy)
    if language == current.language:
        raise ValidationError({"language": _("This is the language of the text itself.")})
    if text.strip() and not (title.strip() and translated_by.strip()):
        field = "title" if not title.strip() else "translated_by"
        raise ValidationError({field: _("This is needed, too.")})
    rest = [row for row in current.translations if row["language"] != language]
    words = {"title": title.strip()[:240], "text": text.strip(), "translated_by": translated_by.strip()[:160]}
    current.translations = [*rest, {"language": language, **words}] if text.strip() else rest
    _check(current)
    return record_service.seal(current, "policy.translated", by=by, at=at, facts={"language": language})


@transaction.atomic
def submit(policy: Policy, *, by: User, at: datetime) -> Policy:
    """Hand a draft to those who approve; from now on its text stands still, and somebody of top management is asked.

    Writes a version and the trail.
    """
    current = record_service.lock(policy)
    record_service.move(current, Status.IN_REVIEW)
    current.awaited_on, current.approver = site_today(current.site, at), asked_to_approve(current)
    return record_service.seal(current, "policy.submitted", by=by, at=at)


@transaction.atomic
def send_back(policy: Policy, *, reason: str, by: User, at: datetime) -> Policy:
    """It needs more work, and which. Writes a version and the trail. Raises ReasonMissing, IllegalTransition."""
    reason = said(reason)
    current = record_service.lock(policy)
    record_service.move(current, Status.DRAFT)
    return record_service.seal(current, "policy.sent_back", by=by, at=at, reason=reason)


@transaction.atomic
def approve(
    policy: Policy, *, review_on: date, method: str, by: User, at: datetime, version: int | None = None
) -> Policy:
    """Top management stands for this version: it becomes the current one of its site or of the organization.

    The caller has re-authenticated the user just now (``method`` says how); the signature binds to the version that
    was approved. Side effects, in one transaction: the version before is superseded and what people were asked to read
    of it ends; number, approver and date; versions, trail entries, a signature, clause links. Raises NotTopManagement,
    StaleRecord, IllegalTransition, ValidationError by field.
    """
    _refuse_others(by)
    trail.lock_chain(SCOPE)
    current = record_service.lock(policy, version=version)
    record_service.move(current, Status.APPROVED)
    today = site_today(current.site, at)
    _check_review(review_on, today)
    current.review_on = review_on
    before = current_of(current.applies_to)
    if before is not None:
        _supersede(before, current, by=by, at=at)
    known = Policy.objects.filter(applies_to=current.applies_to).aggregate(last=Max("number"))
    current.supersedes, current.number = before, (known["last"] or 0) + 1
    current.approved_on, current.approved_by, current.occurred_on = today, by.person, today
    sealed = record_service.seal(current, "policy.approved", by=by, at=at)
    record_service.sign(sealed, meaning=_("I approve this policy and stand for it"), by=by, at=at, method=method)
    return sealed


def _supersede(before: Policy, new: Policy, *, by: User, at: datetime) -> None:
    old = record_service.lock(before)
    record_service.move(old, Status.SUPERSEDED)
    record_service.seal(old, "policy.superseded", by=by, at=at, facts={"superseded_by": new.reference})
    reason = _("Superseded by %s") % new.reference
    acknowledgement.close_all_of(old, by=by, at=at, reason=reason)


@transaction.atomic
def review(
    policy: Policy, *, review_on: date, words: str, method: str, by: User, at: datetime, version: int | None = None
) -> Policy:  # fmt: skip
    """Top management has looked at the current policy again and it still fits, with a signature and the next day.

    Side effects: the event date, a version, a trail entry, a signature, clause links. Raises NotTopManagement,
    CannotChange (not the current one), ReasonMissing, ValidationError.
    """
    words = said(words, field="words")
    _refuse_others(by)
    current = record_service.lock(policy, version=version)
    if current.status != Status.APPROVED:
        raise CannotChange(_("Only the current policy is reviewed."))
    today = site_today(current.site, at)
    _check_review(review_on, today)
    current.review_on, current.occurred_on = review_on, today
    sealed = record_service.seal(current, "policy.reviewed", by=by, at=at, reason=words)
    record_service.sign(sealed, meaning=_("I have reviewed this policy; it still fits"), by=by, at=at, method=method)
    return sealed


@transaction.atomic
def withdraw(policy: Policy, *, reason: str, by: User, at: datetime) -> Policy:
    """It holds no longer, or should never have been drafted; it stays readable and counts for nothing.

    Side effects: a version, a trail entry, clause links; what people were asked to read of it ends. Raises
    ReasonMissing, IllegalTransition.
    """
    reason = said(reason)
    current = record_service.lock(policy)
    record_service.move(current, Status.WITHDRAWN)
    record_service.seal(current, "policy.withdrawn", by=by, at=at, reason=reason)
    acknowledgement.close_all_of(current, by=by, at=at, reason=reason)
    return current


def asked_to_approve(policy: Policy) -> Person:
    """Whom handing in asks: its owner, or somebody of the same site, or anybody, who may approve; else the owner.

    An owner who may not approve is to see to it that somebody can.
    """
    profiles = [profile for profile, allowed in PROFILES.items() if Permission.POLICY_APPROVE in allowed]
    may = Person.objects.active().filter(is_top_management=True, user__is_active=True, user__profile__in=profiles)
    nearest = sorted(
        may, key=lambda person: (person.pk != policy.owner_id, person.site_id != policy.site_id, person.pk)
    )
    return nearest[0] if nearest else policy.owner


def awaiting() -> QuerySet[Policy]:
    """Versions that wait for approval: on ``approver`` since ``awaited_on``."""
    return Policy.objects.filter(status=Status.IN_REVIEW)


def waiting_for(user: User) -> QuerySet[Policy]:
    """Versions that wait for approval and that the user may approve."""
    if not may_approve(user):
        return Policy.objects.none()
    return Policy.objects.visible_to(user).filter(pk__in=awaiting().order_by().values("pk"))


def may_approve(user: User) -> bool:
    """Whether the user is of top management and approves policies."""
    return user.can(Permission.POLICY_APPROVE) and user.person.is_top_management


def current_of(site: Site | None) -> Policy | None:
    """The current policy of a site, or of the whole organization."""
    return Policy.objects.current().select_related("site", "approved_by").filter(applies_to=site).first()


def _draft(policy: Policy, *, version: int | None = None) -> Policy:
    current = record_service.lock(policy, version=version)
    if current.status != Status.DRAFT:
        raise CannotChange(_("Only a draft can be changed. Send it back first, or begin the next version."))
    return current


def _refuse_others(by: User) -> None:
    if not may_approve(by):
        raise NotTopManagement(_("Only somebody of top management approves the policy (5.2.1)."))


def _check(policy: Policy) -> None:
    if not policy.text.strip():
        raise ValidationError({"text": _("Write the policy.")})
    if any(len(text) > MOST_TEXT for text in (policy.text, *(row["text"] for row in policy.translations))):
        raise ValidationError({"text": _("A policy that people remember is shorter than %d characters.") % MOST_TEXT})


def _check_review(review_on: date, today: date) -> None:
    if review_on <= today:
        raise ValidationError({"review_on": _("Choose a day that is still to come.")})
