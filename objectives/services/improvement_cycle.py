"""Plan, do, check, act: what was tried and what came of it; photos; the effect checked; the end; copies."""

from __future__ import annotations

import uuid as uuids
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from objectives.models import ActionPhoto, ImprovementAction
from objectives.services import promise
from objectives.services.improvement_action import begin
from objectives.services.improvement_notice import tell
from qms.models import Area, Attachment, Person, Phase, User, site_today
from qms.services import attachment as attachment_service
from qms.services import record as record_service
from qms.services.record import CannotChange
from qms.services.wording import ReasonMissing, said

Status, Result = ImprovementAction.Status, ImprovementAction.Result
CYCLE_FIELDS = ("plan", "done_what", "checked_what", "acted_how")
MOST_COPIES = 20


class LearningMissing(ValidationError):
    """An experiment failed and nobody says what was learned."""


class PromiseOpen(CannotChange):
    """Who it was promised to has not answered yet, so the action cannot be closed."""


@dataclass(frozen=True)
class Target:
    """A place an improvement is copied to, and who brings it in there."""

    area: Area
    owner: Person


@transaction.atomic
def write_cycle(
    action: ImprovementAction, *, version: int, plan: str, done_what: str, checked_what: str, acted_how: str, by: User,
    at: datetime,
) -> ImprovementAction:  # fmt: skip
    """Write down plan, do, check and act, at any time until the action is closed.

    Writes a version and the trail. Raises StaleRecord, CannotChange.
    """
    current = record_service.lock(action, version=version)
    if current.phase == Phase.WITHDRAWN or current.status == Status.CLOSED:
        raise CannotChange(_("This action is at its end. Reopen it first."))
    texts = (plan, done_what, checked_what, acted_how)
    for name, text in zip(CYCLE_FIELDS, texts, strict=True):
        setattr(current, name, text.strip())
    return record_service.seal(current, "improvement_action.cycle_written", by=by, at=at)


def add_photo(
    action: ImprovementAction, sent: attachment_service.Sent, *, moment: str, caption: str = "", by: User | None,
    at: datetime,
) -> ActionPhoto:  # fmt: skip
    """Keep a photo of the place before or after. Raises FileRefused for a file that is no photo, or is refused."""
    attachment, _is_new = attachment_service.add(action, sent, by=by, at=at, caption=caption)
    return place_photo(action, attachment, moment=moment, by=by, at=at)


@transaction.atomic
def place_photo(
    action: ImprovementAction, attachment: Attachment, *, moment: str, by: User | None, at: datetime
) -> ActionPhoto:
    """Say whether a photo of the action shows the place before or after. Writes a version and the trail."""
    current = record_service.lock(action)
    photo, _is_new = ActionPhoto.objects.update_or_create(
        attachment=attachment, defaults={"action": current, "moment": ActionPhoto.Moment(moment)}
    )
    record_service.seal(current, "improvement_action.photo_placed", by=by, at=at, facts={"moment": moment})
    return photo


@transaction.atomic
def check_effect(
    action: ImprovementAction, *, result: str, checked_what: str, learning: str = "", by: User, at: datetime,
    version: int | None = None,
) -> ImprovementAction:  # fmt: skip
    """Say whether it worked, some time after it was done; best by somebody else than the owner, and the page says who.

    An experiment that failed is a good end, with what was learned. Writes a version and the trail. Raises ReasonMissing
    (what was looked at), LearningMissing, StaleRecord, IllegalTransition, ValidationError for an unknown result.
    """
    checked_what, learning = said(checked_what, field="checked_what"), learning.strip()
    if result not in Result.values:
        raise ValidationError({"result": _("Say whether it worked.")})
    if result == Result.FAILED and not learning:
        raise LearningMissing({"learning": _("It did not work: say what was learned, so that nobody tries it again.")})
    current = record_service.lock(action, version=version)
    record_service.move(current, Status.CHECKED)
    current.result, current.checked_what, current.checker = result, checked_what, by.person
    current.learning = learning or current.learning
    checked = record_service.seal(current, "improvement_action.checked", by=by, at=at)
    words = {"name": by.person.name, "title": checked.title, "result": checked.get_result_display()}
    tell(checked.owner, _("%(name)s checked: %(title)s. %(result)s") % words, checked, but=by, at=at)
    return checked


@transaction.atomic
def close(
    action: ImprovementAction, *, by: User, at: datetime, version: int | None = None
) -> ImprovementAction:  # fmt: skip
    """End an action whose effect was checked. Writes a version and the trail.

    Raises PromiseOpen while who it was promised to has not answered, StaleRecord, IllegalTransition.
    """
    current = record_service.lock(action, version=version)
    waiting = promise.pending(current)
    if waiting is not None:
        until = (waiting.asked_at + promise.LIFETIME).astimezone(current.site.zone)
        words = {"name": waiting.person.name, "day": f"{until:%d %b %Y}"}
        text = _("%(name)s has not said yet whether the promise is kept. Wait for the answer, until %(day)s at most.")
        raise PromiseOpen(text % words)
    record_service.move(current, Status.CLOSED)
    return record_service.seal(current, "improvement_action.closed", by=by, at=at)


@transaction.atomic
def copy_to(
    action: ImprovementAction, targets: Sequence[Target], *, due_on: date | None, uid: uuids.UUID, by: User,
    at: datetime,
) -> list[ImprovementAction]:  # fmt: skip
    """Bring an improvement to other areas and sites: a planned action there each, which names where it came from.

    Each copy's uid follows from ``uid`` and its area, so that a form sent twice copies once. Side effects: the copies
    as by open_action; a version and a trail entry of the original; notices to who raised it and who owns it. Raises
    ReasonMissing without a target, CannotChange for more than 20 or an action that ended without a result.
    """
    if not targets:
        raise ReasonMissing({"areas": _("Choose at least one area.")})
    if len(targets) > MOST_COPIES:
        raise CannotChange(_("Copy to at most %(n)d areas at once.") % {"n": MOST_COPIES})
    current = record_service.lock(action)
    if current.phase == Phase.WITHDRAWN:
        raise CannotChange(_("This action was not carried out, so there is nothing to copy."))
    made = [_copy(current, target, due_on=due_on, uid=uid, by=by, at=at) for target in targets]
    new = [copy for copy, is_new in made if is_new]
    if new:
        facts = {"copies": [copy.reference for copy in new]}
        record_service.seal(current, "improvement_action.copied_elsewhere", by=by, at=at, facts=facts)
        text = _("Your improvement goes on: %(title)s was copied to %(areas)s.")
        words = {"title": current.title, "areas": ", ".join(str(copy.area) for copy in new)}
        for person in {current.raiser_id: current.raiser, current.owner_id: current.owner}.values():
            tell(person, text % words, current, but=by, at=at)
    return [copy for copy, _is_new in made]


def _copy(
    original: ImprovementAction, target: Target, *, due_on: date | None, uid: uuids.UUID, by: User, at: datetime
) -> tuple[ImprovementAction, bool]:
    own_uid = uuids.uuid5(uid, f"copy {original.uid} {target.area.pk}")
    known = ImprovementAction.objects.filter(uid=own_uid, recorded_by=by).first()
    if known:
        return known, False
    site = target.area.site
    copy = ImprovementAction(
        uid=own_uid, title=original.title, description=original.description, owner=target.owner, due_on=due_on,
        site=site, area=target.area, origin=ImprovementAction.Origin.SUGGESTION, source=original, copied_from=original,
        raiser=original.raiser, raised_name=original.raised_name, plan=original.plan,
        is_confidential=original.is_confidential, occurred_on=site_today(site, at),
    )  # fmt: skip
    return begin(copy, "improvement_action.copied", by=by, at=at), True
