"""The holder's yes or no to a role: with a signature, by a link and the own PIN, or before a witness who signs."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from leadership.models import Role, RoleAcceptance
from leadership.services import role as role_service
from leadership.services import role_letter
from objectives.services.improvement_notice import log_in_of
from qms.models import Person, User, site_today
from qms.services import person as person_service
from qms.services import record as record_service
from qms.services import secret_link, trail
from qms.services.record import CannotChange
from qms.services.wording import said

Status, Way = Role.Status, RoleAcceptance.Way
LINK_LIFETIME = role_letter.LINK_LIFETIME


class CannotAnswer(Exception):
    """The link or PIN does not, or does no longer, open a question; the message says what to do."""


@transaction.atomic
def accept(role: Role, *, version: int, by: User, at: datetime, method: str) -> RoleAcceptance:
    """The holder accepts the role as ``version`` says it, with a signature; it counts as evidence from today on.

    The caller has re-authenticated the user just now (``method`` says how). Side effects: the acceptance, the row, a
    version, a signature under it, trail entries, clause links. Raises CannotChange (not the holder), StaleRecord,
    IllegalTransition.
    """
    current = _waiting(role, version)
    if by.person_id != current.holder_id:
        raise CannotChange(_("Only %s can accept this role.") % (current.holder or _("the holder")))
    meaning = _("I accept this role, its responsibilities and authorities")
    return _accept(current, Way.ACCOUNT, meaning, by=by, signer=by.person, at=at, method=method)


@transaction.atomic
def accept_before_witness(role: Role, *, version: int, by: User, at: datetime, method: str) -> RoleAcceptance:
    """A holder without a log-in said yes in front of the user, who signs for having heard it.

    Side effects as for ``accept``. Raises CannotChange (the holder has a log-in, or is the witness), StaleRecord,
    IllegalTransition.
    """
    current = _waiting(role, version)
    if current.holder is None or by.person_id == current.holder_id:
        raise CannotChange(_("The witness must be somebody else than the holder."))
    if log_in_of(current.holder, at=at) is not None:
        raise CannotChange(_("%s has a log-in and signs for himself or herself.") % current.holder.name)
    meaning = _("I was there when the holder accepted this role")
    return _accept(current, Way.WITNESS, meaning, by=by, signer=by.person, at=at, method=method)


def accept_by_link(role: Role, *, pin: str, version: int, at: datetime) -> RoleAcceptance:
    """A holder without a log-in accepts at the link, with the own PIN; nobody else's user stands in the trail.

    Side effects as for ``accept``; a wrong PIN is counted per person. Raises CannotAnswer.
    """
    check_pin(role, pin)
    with transaction.atomic():
        try:
            current = _waiting(role, version)
        except (record_service.StaleRecord, record_service.IllegalTransition) as error:
            raise CannotAnswer(_("This role was changed meanwhile. Ask for a new link and read it again.")) from error
        meaning = _("I accept this role, its responsibilities and authorities")
        return _accept(current, Way.LINK, meaning, by=None, signer=current.holder, at=at, method="link+pin")


@transaction.atomic
def decline(role: Role, *, reason: str, version: int, by: User, at: datetime) -> Role:
    """The holder says no, and why; the role is vacant. Writes a holding of nobody, a version and the trail.

    Raises ReasonMissing, CannotChange (not the holder), StaleRecord, IllegalTransition.
    """
    current = _waiting(role, version)
    if by.person_id != current.holder_id:
        raise CannotChange(_("Only %s can say no to this role.") % (current.holder or _("the holder")))
    return _decline(current, said(reason), by=by, at=at)


def decline_by_link(role: Role, *, pin: str, reason: str, version: int, at: datetime) -> Role:
    """The same at the link, with the own PIN. Raises CannotAnswer, ReasonMissing."""
    reason = said(reason)
    check_pin(role, pin)
    with transaction.atomic():
        try:
            current = _waiting(role, version)
        except (record_service.StaleRecord, record_service.IllegalTransition) as error:
            raise CannotAnswer(_("This role was changed meanwhile. Ask for a new link and read it again.")) from error
        return _decline(current, reason, by=None, at=at)


@transaction.atomic
def make_link(role: Role, *, by: User, at: datetime) -> str:
    """A fresh link for a holder who does not log in, good for 14 days; the one before it is void.

    Returns the address, which is kept nowhere: the row holds its digest. Writes the trail. Raises CannotChange.
    """
    current = record_service.lock(role)
    if current.status != Status.OFFERED or current.holder is None:
        raise CannotChange(_("A link is made while the role waits for its holder."))
    if log_in_of(current.holder, at=at) is not None:
        raise CannotChange(_("%s has a log-in and accepts there.") % current.holder.name)
    if not current.holder.pin_hash:
        raise CannotChange(_("%s has no PIN yet. Set one on the page of the person first.") % current.holder.name)
    link = role_letter.fresh_link(current, at=at)
    trail.write(current, "role.link_made", by=by, at=at, changes={"for": current.holder.name})
    return link


def by_token(token: str, *, at: datetime) -> Role:
    """The role a link opens. Raises CannotAnswer for an unknown, used or expired one, without telling which."""
    rows = role_service.unaccepted().filter(link_digest=secret_link.digest(token), link_expires_at__gt=at)
    found: Role | None = rows.select_related("site", "area", "owner", "holder", "deputy", "acceptance").first()
    if found is None:
        raise CannotAnswer(_("This link is not open any more. Ask the person who gave it to you for a new one."))
    return found


def check_pin(role: Role, pin: str) -> None:
    """Let the holder in by PIN. Raises CannotAnswer; wrong ones are counted per person."""
    if role.holder is None:
        raise CannotAnswer(_("Nobody is asked here any more."))
    try:
        if person_service.check_pin(role.holder, pin):
            return
    except person_service.TooManyPinFailures as error:
        raise CannotAnswer(str(error)) from error
    raise CannotAnswer(_("This is not the PIN of %(name)s. Try again.") % {"name": role.holder.name})


def may_witness(user: User, role: Role, *, at: datetime) -> bool:
    """Whether the holder has no log-in and the user is somebody else, who could sign for having heard the yes."""
    is_open = role.status == Status.OFFERED and role.holder is not None and role.holder_id != user.person_id
    return is_open and log_in_of(role.holder, at=at) is None  # type: ignore[arg-type]


def _waiting(role: Role, version: int) -> Role:
    current = record_service.lock(role, version=version)
    if current.status != Status.OFFERED:
        raise record_service.IllegalTransition(_("This role does not wait for anybody's yes."))
    return current


def _accept(
    current: Role, way: str, meaning: str, *, by: User | None, signer: Person | None, at: datetime, method: str
) -> RoleAcceptance:
    today = site_today(current.site, at)
    given = RoleAcceptance(
        role=current, person=current.holder, version=current.version + 1, at=at, way=way,
        witness=signer if way == Way.WITNESS else None,
    )  # fmt: skip
    record_service.validate(given)
    given.save(force_insert=True)
    record_service.move(current, Status.ACCEPTED)
    current.acceptance, current.accepted_on, current.occurred_on = given, today, today
    current.due_on, current.review_on = None, today + role_service.REVIEW_EVERY
    current.link_digest, current.link_expires_at = "", None
    sealed = record_service.seal(current, "role.accepted", by=by, at=at, facts={"way": str(Way(way).label)})
    record_service.sign(sealed, meaning=meaning, by=by, signer=signer, at=at, method=method)
    return given


def _decline(current: Role, reason: str, *, by: User | None, at: datetime) -> Role:
    role_service.leave(current, Status.VACANT, by=by, at=at)
    return record_service.seal(current, "role.declined", by=by, at=at, reason=reason)
