"""Ideas and problems: raised by anybody from the QR code of an area or by log-in, assessed, and followed by ticket."""

from __future__ import annotations

import re
import uuid as uuids
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from objectives.models import IdeaTicket, ImprovementAction
from objectives.services.improvement_action import begin
from objectives.services.improvement_notice import tell
from qms.models import Area, Person, Record, User, site_today
from qms.permissions import AccessProfile, Permission
from qms.services import record as record_service
from qms.services import secret_link

Status = ImprovementAction.Status
MAY_RAISE = Permission.PERSON_VIEW
"""Whoever belongs to the plant may raise something; an auditor from outside reads and changes nothing."""
SENTENCE_LENGTH = 160
SENT_AGAIN_WITHIN = timedelta(hours=1)
"""How long the same idea, sent again without a log-in, opens its ticket anew; its uid is no secret later on."""
SECOND_SENTENCE = re.compile(r"[.!?]\s+\S")


class NobodyToAnswer(Exception):
    """The site has nobody with a log-in who could take up an idea."""


class TooLong(ValidationError):
    """More than one sentence."""


class SentBefore(ValidationError):
    """Something else was sent under this uid before, or the same too long ago."""


@dataclass(frozen=True)
class Raised:
    """An idea just taken; ``secret`` opens its ticket and is known to nobody else. Empty for who logs in."""

    action: ImprovementAction
    secret: str
    is_new: bool


@transaction.atomic
def raise_idea(
    *, uid: uuids.UUID, title: str, area: Area, more: str = "", name: str = "", by: User | None, at: datetime
) -> Raised:
    """Take an idea or a problem at an area, from somebody with (``by``) or without a log-in.

    Goes to the raiser's own manager where that one logs in, otherwise to the quality manager of the site. The same
    ``uid`` gives the first idea again; without a log-in only for the same words at the same area within
    SENT_AGAIN_WITHIN, with a fresh ticket. Side effects: the action, a version, a trail entry, the count of its month,
    a ticket for who has no log-in, a notice to who takes it up. Raises TooLong, NobodyToAnswer, SentBefore,
    ValidationError by field.
    """
    known = ImprovementAction.objects.filter(uid=uid, recorded_by=by).first()
    if known and (by or _is_sent_again(known, title=title, area=area, at=at)):
        return Raised(known, "" if by else _ticket(known, at=at), is_new=False)
    if known or Record.objects.filter(uid=uid).exists():
        raise SentBefore(_("This page has sent something already. Open it anew for the next idea."))
    owner = who_takes_up(area, by=by, at=at)
    action = ImprovementAction(
        uid=uid, title=one_sentence(title), description=more.strip(), owner=owner.person, site=area.site, area=area,
        status=Status.IDEA, origin=ImprovementAction.Origin.SUGGESTION, raiser=by.person if by else None,
        raised_name="" if by else " ".join(name.split())[:160], occurred_on=site_today(area.site, at),
    )  # fmt: skip
    facts = None if by else {"raised": _("at the area's QR code, without log-in")}
    begin(action, "improvement_action.raised", by=by, at=at, facts=facts)
    secret = "" if by else _ticket(action, at=at)
    words = {"area": area.name, "title": action.title}
    tell(owner.person, _("New idea from %(area)s: %(title)s") % words, action, but=by, at=at)
    return Raised(action, secret, is_new=True)


def one_sentence(text: str) -> str:
    """The idea in one sentence. Raises TooLong for more than one, or more than 160 characters."""
    sentence = " ".join(text.split())
    if not sentence:
        raise ValidationError({"title": _("Say in one sentence what it is about.")})
    if len(sentence) > SENTENCE_LENGTH or SECOND_SENTENCE.search(sentence):
        raise TooLong({"title": _("One short sentence is enough here. Put the rest under “Say more”.")})
    return sentence


def who_takes_up(area: Area, *, by: User | None, at: datetime) -> User:
    """Who gets a new idea. Raises NobodyToAnswer when nobody at the site may work on actions."""
    manager = getattr(by.person.manager, "user", None) if by and by.person.manager else None
    if isinstance(manager, User) and manager.may_log_in_at(at) and manager.can(Permission.ACTION_EDIT):
        return manager
    reaching = User.objects.filter(sites=area.site_id) | User.objects.filter(has_all_sites=True)
    wanted = (AccessProfile.QUALITY_MANAGER, AccessProfile.LEADER)
    found = reaching.filter(profile__in=wanted, is_active=True).distinct().order_by("pk")
    at_work = [user for user in found if user.may_log_in_at(at)]
    if not at_work:
        raise NobodyToAnswer(_("Nobody at this site can take up ideas here yet. Tell your supervisor instead."))
    return min(at_work, key=lambda user: (wanted.index(AccessProfile(user.profile)), user.pk))


@transaction.atomic
def assess(
    action: ImprovementAction, *, owner: Person, due_on: date | None, promised_to: Person | None = None, by: User,
    at: datetime, version: int | None = None,
) -> ImprovementAction:  # fmt: skip
    """Take an idea up: it is planned, with an owner and a date. Writes a version and the trail; tells the raiser.

    Raises StaleRecord, IllegalTransition.
    """
    current = record_service.lock(action, version=version)
    record_service.move(current, Status.ASSESSED)
    current.owner, current.due_on, current.promised_to = owner, due_on, promised_to
    assessed = record_service.seal(current, "improvement_action.assessed", by=by, at=at)
    words = {"title": assessed.title, "name": owner.name}
    tell(assessed.raiser, _("Taken up by %(name)s: %(title)s") % words, assessed, but=by, at=at)
    tell(owner, _("Yours to do: %(title)s") % words, assessed, but=by, at=at)
    return assessed


def by_ticket(secret: str) -> ImprovementAction | None:
    """The idea a ticket follows; None for a secret that opens none."""
    rows = ImprovementAction.objects.filter(ticket__token_digest=secret_link.digest(secret))
    return rows.select_related("site", "area", "owner").first()


def _is_sent_again(known: ImprovementAction, *, title: str, area: Area, at: datetime) -> bool:
    """Whether the idea is one that a double tap or a lost answer sends twice, and nobody who learned its uid."""
    is_same = (known.title, known.area_id) == (one_sentence(title), area.pk)
    return is_same and at - known.recorded_at <= SENT_AGAIN_WITHIN


def _ticket(action: ImprovementAction, *, at: datetime) -> str:
    secret = secret_link.new_secret()
    IdeaTicket.objects.update_or_create(
        action=action, defaults={"token_digest": secret_link.digest(secret), "issued_at": at}
    )
    return secret
