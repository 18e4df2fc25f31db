"""Roles: drafted, offered to a holder, changed with a reason, vacated, ended; and who holds which.

What the holder says yes to is in role_acceptance.py; what is missing in role_gap.py.
"""

from __future__ import annotations

import uuid as uuids
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any, cast

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import DateField, Value
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils.text import slugify
from django.utils.translation import gettext as _

from leadership.models import Role, RoleAcceptance, RoleHolding
from leadership.models.role import RoleQuerySet
from leadership.services import role_letter
from objectives.services.improvement_notice import log_in_of
from qms.models import Organization, Person, Site, User, site_today
from qms.services import job, trail
from qms.services import record as record_service
from qms.services.record import CannotChange
from qms.services.wording import known_facts, said

Status = Role.Status
PLAIN_FIELDS = (
    "title", "owner", "area", "is_confidential", "purpose", "responsibilities", "authorities", "has_delivery_stop",
    "has_line_stop", "has_release", "deputy", "is_organization_wide",
)  # fmt: skip
DUTIES = (
    "responsibilities", "authorities", "has_delivery_stop", "has_line_stop", "has_release", "of_site", "area",
)  # fmt: skip
"""What the holder has said yes to: when any of it changes, the holder is asked again."""
REVIEW_EVERY = timedelta(days=365)
MOST_LINES, LONGEST_LINE = 30, 300
SLUGS = "role:slugs"
"""The name of the lock under which a short name is chosen."""


@transaction.atomic
def draft(
    *, uid: uuids.UUID, title: str, owner: Person, site: Site, by: User, at: datetime, **facts: Any
) -> Role:  # fmt: skip
    """Write a role down as a draft, held by nobody; the same ``uid`` by the same user returns the first one.

    ``owner`` assigns the role. ``facts``: any other of PLAIN_FIELDS. Side effects: the role's row with a short name of
    its own, a version, a trail entry. Raises ValidationError by field.
    """
    known = Role.objects.filter(uid=uid, recorded_by=by).first()
    if known:
        return known
    today = site_today(site, at)
    role = Role(uid=uid, title=title.strip(), owner=owner, site=site, occurred_on=today, of_site=site)
    _set(role, known_facts(facts, PLAIN_FIELDS))
    role.review_on = today + REVIEW_EVERY
    trail.lock_chain(SLUGS)
    role.slug = _free_slug(role)
    record_service.open_new(role, by=by, at=at)
    return record_service.seal(role, "role.drafted", by=by, at=at)


@transaction.atomic
def change(role: Role, *, version: int, reason: str, by: User, at: datetime, **changes: Any) -> Role:
    """Change a role's facts (any of PLAIN_FIELDS) with a reason; what it said before stays in its versions.

    When what the holder said yes to changes (DUTIES), the holder is asked again: the role waits for acceptance, and the
    earlier acceptance stays with its version. Side effects: the row, a version, a trail entry, clause links, a notice.
    Raises ReasonMissing, StaleRecord, CannotChange (over), ValidationError by field.
    """
    reason = said(reason)
    changes = known_facts(changes, PLAIN_FIELDS)
    current = record_service.lock(role, version=version)
    if current.status in (Status.ENDED, Status.WITHDRAWN):
        raise CannotChange(_("This role is over. Take it up again first."))
    before = [getattr(current, name) for name in DUTIES]
    _set(current, changes)
    _refuse_taken_slug(current)
    asks = current.holder is not None and before != [getattr(current, name) for name in DUTIES]
    if asks:
        record_service.move(current, Status.OFFERED)
        _ask(current, at=at)
    sealed = record_service.seal(
        current, "role.duties_changed" if asks else "role.changed", by=by, at=at, reason=reason
    )  # fmt: skip
    if asks:
        _tell_holder(sealed, by=by, at=at)
    return sealed


@transaction.atomic
def offer(
    role: Role, *, holder: Person, by: User, at: datetime, starts_on: date | None = None, ends_on: date | None = None,
    reason: str = "", version: int | None = None,
) -> Role:  # fmt: skip
    """Offer the role to somebody, to be accepted within the organization's days; whoever held it holds it no longer.

    ``starts_on`` (default: today) may lie in the past or ahead, not before the last change of holder. Side effects: the
    row, a holding, a version, a trail entry, a notice to a holder who logs in, a letter; an open link is void. Raises
    CannotChange (no responsibilities, or accepted by the same person already), ReasonMissing (another holder without a
    reason), StaleRecord, IllegalTransition, ValidationError by field.
    """
    current = record_service.lock(role, version=version)
    if not current.responsibilities:
        raise CannotChange(_("Write down first what the role answers for: nobody can accept what is not said."))
    if current.status == Status.ACCEPTED and current.holder_id == holder.pk:
        raise CannotChange(_("%s has accepted this role already.") % holder.name)
    if current.holder_id not in (None, holder.pk):
        reason = said(reason)
    _check_person("holder", holder)
    record_service.move(current, Status.OFFERED)
    current.starts_on = starts_on or site_today(current.site, at)
    current.ends_on, current.holder = ends_on, holder
    if current.deputy_id == holder.pk:
        current.deputy = None
    if ends_on and ends_on < current.starts_on:
        raise ValidationError({"ends_on": _("The end must not lie before the beginning.")})
    _hold(current, holder, starts_on=current.starts_on, by=by, at=at)
    current.offered_on = None
    _ask(current, at=at)
    sealed = record_service.seal(current, "role.offered", by=by, at=at, reason=reason)
    _tell_holder(sealed, by=by, at=at)
    return sealed


@transaction.atomic
def open_vacant(role: Role, *, by: User, at: datetime, version: int | None = None) -> Role:
    """Put a drafted role in force although nobody holds it: a gap that everybody can see.

    Writes a version and the trail. Raises StaleRecord, IllegalTransition.
    """
    current = record_service.lock(role, version=version)
    if current.status != Status.DRAFTED:
        raise record_service.IllegalTransition(_("Only a draft is put in force."))
    record_service.move(current, Status.VACANT)
    return record_service.seal(current, "role.opened", by=by, at=at)


@transaction.atomic
def vacate(role: Role, *, reason: str, by: User, at: datetime, version: int | None = None) -> Role:
    """The holder holds it no longer, and nobody else does yet. The deputy stands in.

    Side effects: the row, a holding of nobody, a version, the trail. Raises ReasonMissing, StaleRecord,
    IllegalTransition.
    """
    reason = said(reason)
    current = record_service.lock(role, version=version)
    if current.holder_id is None:
        raise record_service.IllegalTransition(_("Nobody holds this role."))
    leave(current, Status.VACANT, by=by, at=at)
    return record_service.seal(current, "role.vacated", by=by, at=at, reason=reason)


@transaction.atomic
def review(role: Role, *, outcome: str, by: User, at: datetime, version: int | None = None) -> Role:
    """Somebody looked again whether the role is still right, and it is; the day becomes its event date.

    The next look is due in a year. Writes a version, the trail, clause links. Raises ReasonMissing (no outcome),
    CannotChange (not accepted), StaleRecord.
    """
    outcome = said(outcome, field="outcome")
    current = record_service.lock(role, version=version)
    if current.status != Status.ACCEPTED:
        raise CannotChange(_("A role is reviewed once its holder has accepted it."))
    today = site_today(current.site, at)
    current.occurred_on = current.reviewed_on = today
    current.review_on = today + REVIEW_EVERY
    return record_service.seal(current, "role.reviewed", by=by, at=at, reason=outcome[:400])


@transaction.atomic
def end(role: Role, *, reason: str, by: User, at: datetime, version: int | None = None) -> Role:
    """The organization has this role no longer. Writes a holding of nobody, a version and the trail.

    Raises ReasonMissing, StaleRecord, IllegalTransition.
    """
    reason = said(reason)
    current = record_service.lock(role, version=version)
    leave(current, Status.ENDED, by=by, at=at)
    return record_service.seal(current, "role.ended", by=by, at=at, reason=reason)


@transaction.atomic
def take_up(role: Role, *, reason: str, by: User, at: datetime, version: int | None = None) -> Role:
    """An ended role is needed again; vacant until somebody holds it. Writes a version and the trail.

    Raises ReasonMissing, StaleRecord, IllegalTransition.
    """
    reason = said(reason)
    current = record_service.lock(role, version=version)
    if current.status != Status.ENDED:
        raise record_service.IllegalTransition(_("Only an ended role is taken up again."))
    record_service.move(current, Status.VACANT)
    return record_service.seal(current, "role.taken_up", by=by, at=at, reason=reason)


@transaction.atomic
def withdraw(role: Role, *, reason: str, by: User, at: datetime, version: int | None = None) -> Role:
    """It should never have been entered. Writes a version and the trail; it stays readable.

    Raises ReasonMissing, StaleRecord, IllegalTransition.
    """
    reason = said(reason)
    current = record_service.lock(role, version=version)
    leave(current, Status.WITHDRAWN, by=by, at=at)
    return record_service.seal(current, "role.withdrawn", by=by, at=at, reason=reason)


def leave(role: Role, status: str, *, by: User | None, at: datetime) -> None:
    """Move a locked role to a status in which nobody holds it: a part of services that seal afterwards."""
    record_service.move(role, status)
    if role.holder_id is not None:
        day = site_today(role.site, at)
        _hold(role, None, starts_on=max(day, role.starts_on or day), by=by, at=at)
    role.holder = role.acceptance = role.starts_on = role.ends_on = role.offered_on = role.accepted_on = None
    role.due_on = role.link_expires_at = None
    role.link_digest = ""


def holder_of(role: Role | str, *, site: Site | None = None) -> Person | None:
    """Who holds a role now, by the role or its short name; None when it is vacant, unknown, or its holder has left.

    By name the site's own role goes before the organization's. One query.
    """
    found = _by_slug(role, site) if isinstance(role, str) else role
    holder = found.holder if found else None
    return holder if holder is not None and holder.is_active else None


def deputies(role: Role | str, *, site: Site | None = None) -> list[Person]:
    """Who stands in for the holder of a role: its deputy, while here. One query."""
    found = _by_slug(role, site) if isinstance(role, str) else role
    return [found.deputy] if found and found.deputy and found.deputy.is_active else []


def unaccepted() -> RoleQuerySet:
    """Offered roles whose holder has not said yes: waiting on ``holder`` since ``offered_on``, due on ``due_on``."""
    return Role.objects.filter(status=Status.OFFERED)


def review_due() -> RoleQuerySet:
    """Roles in force that are to be looked at again on ``review_on``, by ``owner``."""
    return Role.objects.in_force().filter(review_on__isnull=False)


def waiting_for(user: User) -> RoleQuerySet:
    """Roles that wait for the user's own yes, the longest waiting first."""
    return unaccepted().filter(holder_id=user.person_id).order_by("offered_on", "pk")


@dataclass(frozen=True)
class Given:
    """A yes to a version of a role: when, how, and before which witness, if any."""

    pk: int
    version: int
    at: datetime
    way: str
    witness: str


@dataclass(frozen=True)
class Assignment:
    """Somebody's time in a role, and what that person said yes to in it; ``until`` is None while it lasts."""

    name: str
    has_left: bool
    starts_on: date
    until: date | None
    acceptances: list[Given] = field(default_factory=list)


def assignments(roles: Iterable[int], *, at: datetime | None = None) -> dict[int, list[Assignment]]:
    """Who has held each role (by id) from when to when, the newest first, as entered until ``at``. One query."""
    wanted = list(roles)
    nothing: Any = Value(None, output_field=DateField())
    entered, said_yes = ({"entered_at__lte": at}, {"at__lte": at}) if at else ({}, {})
    held = RoleHolding.objects.filter(role_id__in=wanted, **entered).values_list(
        "role_id", "entered_at", "pk", "person__name", "person__deactivated_at", "starts_on", Value(0), Value(""),
        Value(""),
    )  # fmt: skip
    given = RoleAcceptance.objects.filter(role_id__in=wanted, **said_yes).values_list(
        "role_id", "at", "pk", "person__name", "person__deactivated_at", nothing, "version", "way",
        Coalesce("witness__name", Value("")),
    )  # fmt: skip
    found: dict[int, list[Assignment]] = {pk: [] for pk in wanted}
    current: dict[int, Assignment | None] = {}
    rows = sorted(held.union(given, all=True), key=lambda row: (row[1], row[5] is None, row[2]))
    for role_id, moment, pk, name, left_at, starts_on, version, way, witness in rows:
        holding = current.get(role_id)
        if starts_on is None:
            if holding:
                words = str(RoleAcceptance.Way(way).label)
                holding.acceptances.append(Given(pk, version, moment, words, witness))
            continue
        if holding:
            found[role_id][0] = replace(holding, until=starts_on)
        current[role_id] = Assignment(name, left_at is not None, starts_on, None) if name else None
        if name:
            found[role_id].insert(0, cast(Assignment, current[role_id]))
    return found


def _by_slug(slug: str, site: Site | None) -> Role | None:
    rows = Role.objects.in_force().filter(slug=slug).select_related("holder", "deputy")
    found = list(rows.reaching(site) if site else rows.filter(of_site=None))
    return next((role for role in found if role.of_site_id), None) or next(iter(found), None)


def _set(role: Role, facts: dict[str, Any]) -> None:
    facts = dict(facts)
    if "is_organization_wide" in facts:
        role.of_site = None if facts.pop("is_organization_wide") else role.site
    for name, value in facts.items():
        setattr(role, name, value)
    for name in ("responsibilities", "authorities"):
        setattr(role, name, _lines(name, getattr(role, name)))
    if role.deputy_id and role.deputy_id == role.holder_id:
        raise ValidationError({"deputy": _("The deputy must be somebody else than the holder.")})
    if "deputy" in facts:
        _check_person("deputy", facts["deputy"])


def _lines(name: str, lines: list[str]) -> list[str]:
    kept = [" ".join(line.split()) for line in lines if line.strip()]
    if len(kept) > MOST_LINES or any(len(line) > LONGEST_LINE for line in kept):
        text = _("At most %(most)d lines of %(long)d characters.")
        raise ValidationError({name: text % {"most": MOST_LINES, "long": LONGEST_LINE}})
    return kept


def _check_person(name: str, person: Person | None) -> None:
    if person is not None and not person.is_active:
        raise ValidationError({name: _("%s is not here any more. Choose somebody else.") % person.name})


def _ask(role: Role, *, at: datetime) -> None:
    """From now on the role waits for its holder; a question that is open already keeps its days."""
    today = site_today(role.site, at)
    if role.offered_on is None or role.accepted_on is not None:
        role.offered_on = today
        role.due_on = today + timedelta(days=Organization.current().role_answer_days)
    role.acceptance = role.accepted_on = role.link_expires_at = None
    role.link_digest = ""


def _hold(role: Role, person: Person | None, *, starts_on: date, by: User | None, at: datetime) -> None:
    last = RoleHolding.objects.filter(role=role).order_by("-pk").first()
    if last is not None and last.person_id == (person.pk if person else None) and last.starts_on == starts_on:
        return
    if last is not None and starts_on < last.starts_on:
        raise ValidationError({"starts_on": _("The last change of holder was on %s. Choose that day or a later one.")
                               % last.starts_on.isoformat()})  # fmt: skip
    row = RoleHolding(role=role, person=person, starts_on=starts_on, entered_at=at, entered_by=by)
    record_service.validate(row)
    row.save(force_insert=True)


def _free_slug(role: Role) -> str:
    wanted = slugify(role.title)[:50] or "role"
    taken = set(Role.objects.filter(of_site=role.of_site, slug__startswith=wanted).values_list("slug", flat=True))
    names = (wanted if n == 1 else f"{wanted}-{n}" for n in range(1, len(taken) + 2))
    return next(name for name in names if name not in taken)


def _refuse_taken_slug(role: Role) -> None:
    """A role that comes to reach further keeps its short name, which must be free there."""
    if Role.objects.filter(of_site=role.of_site, slug=role.slug).exclude(pk=role.pk).exists():
        raise ValidationError({"is_organization_wide": _("There is a role of that name there already.")})


def _tell_holder(role: Role, *, by: User | None, at: datetime) -> None:
    user = log_in_of(role.holder, at=at) if role.holder else None
    if user is not None and user != by:
        text = _("You are asked to accept the role “%s”.") % role.title
        job.notify(user, text, at=at, url=reverse("leadership:role-detail", args=[role.pk]))
    if user is None or user != by:
        role_letter.tell(role, at=at)
