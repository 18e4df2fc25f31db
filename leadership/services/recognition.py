"""Recognition: thanks given, hung on the wall only as those thanked like it, corrected with a reason, taken back."""

from __future__ import annotations

import uuid as uuids
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _

from leadership.models import Activity, Recognition, RecognitionValue, WallWish
from objectives.models import ImprovementAction
from objectives.services.improvement_notice import log_in_of
from qms.models import Area, Commitment, Organization, Person, Record, RecordPerson, Site, User, site_today
from qms.permissions import Permission
from qms.services import job
from qms.services import record as record_service
from qms.services.wording import known_facts, said

MOST_THANKED = 40
Entry = tuple[Person | None, str]
"""A person, or None with a free name: somebody without an entry among the people, or a team."""
Status = Recognition.Status
Wish = WallWish.Wish
Wall = Recognition.Wall
PLAIN_FIELDS = ("title", "value", "commitment", "area", "is_confidential")


class NobodyThanked(ValidationError):
    """Neither a person, nor a team, nor an area was named."""


class CannotAnswer(Exception):
    """The thanks do not stand any more, or were not given to who answers."""


def may_give(user: User) -> bool:
    """Whether the user may thank: leaders always, every colleague where the organization allows it."""
    if user.can(Permission.RECOGNITION_GIVE):
        return True
    return user.can(Permission.PERSON_VIEW) and Organization.current().has_open_thanks


def may_change(user: User, thanks: Recognition) -> bool:
    """Whether the user may correct the thanks or take them back: who gave them, or the quality manager."""
    is_own = user.pk == thanks.recorded_by_id or user.person_id == thanks.owner_id
    return thanks.status == Status.GIVEN and (is_own or user.can(Permission.ACTIVITY_CORRECT))


@transaction.atomic
def give(
    *, uid: uuids.UUID, title: str, recipients: Sequence[Entry], site: Site, value: RecognitionValue | None = None,
    commitment: Commitment | None = None, area: Area | None = None, about: Record | None = None,
    is_confidential: bool = False, is_agreed: bool = False, occurred_on: date | None = None, by: User, at: datetime,
) -> Recognition:  # fmt: skip
    """Thank somebody; the same ``uid`` by the same user returns the first thanks and changes nothing.

    Without ``recipients`` everybody in ``area`` is thanked. ``is_agreed``: those thanked told the giver that it may
    hang on the wall; others can say so later. Side effects: the record with its people, a version, a trail entry,
    clause links, a notice to each person thanked who logs in. Raises NobodyThanked, EventInFuture, ValidationError.
    """
    known = Recognition.objects.filter(uid=uid, recorded_by=by).first()
    if known:
        return known
    entries = list(recipients) or ([(None, area.name)] if area else [])
    thanks = Recognition(
        uid=uid, status=Status.GIVEN, title=_sentence(title), site=site, area=area, owner=by.person, value=value,
        commitment=commitment, about=about, is_confidential=is_confidential,
        occurred_on=occurred_on or site_today(site, at), wall=Wall.AGREED if is_agreed else Wall.ASKED,
    )  # fmt: skip
    _refuse(thanks, entries)
    record_service.refuse_future(thanks, at=at)
    record_service.open_new(thanks, by=by, at=at)
    record_service.set_people(thanks, RecordPerson.Part.LEADER, [(by.person, "")])
    record_service.set_people(thanks, RecordPerson.Part.THANKED, entries)
    record_service.seal(thanks, "recognition.given", by=by, at=at)
    _ask_about_the_wall(thanks, is_agreed=is_agreed, by=by, at=at)
    text = _("%(name)s thanks you: %(title)s") % {"name": by.person.name, "title": thanks.title}
    _tell(thanks, text, but=by, at=at)
    return thanks


@transaction.atomic
def change(
    thanks: Recognition, *, version: int, reason: str, by: User, at: datetime, **changes: Any
) -> Recognition:  # fmt: skip
    """Correct the thanks (any of PLAIN_FIELDS) with a reason; what they said before stays in their versions.

    A new sentence, or making private thanks public, asks those thanked anew whether it may hang on the wall; who said
    “rather not” is not asked again. Side effects: the row, a version, a trail entry, clause links, and then notices.
    Raises ReasonMissing, StaleRecord, CannotChange, ValidationError by field.
    """
    reason = said(reason)
    facts = known_facts(changes, PLAIN_FIELDS)
    current = record_service.lock(thanks, version=version)
    if current.status != Status.GIVEN:
        raise record_service.CannotChange(_("These thanks were taken back; they stay as they are."))
    before = (current.title, current.is_confidential)
    for name, new in facts.items():
        setattr(current, name, _sentence(new) if name == "title" else new)
    _refuse(current, [(None, "-")])
    is_asked_anew = before != (current.title, current.is_confidential) and not current.is_confidential
    if is_asked_anew:
        agreed = _wishes(current).filter(wish=Wish.AGREED)
        agreed.update(wish=Wish.ASKED, said_at=None, said_by=None)
    current.wall = _sum_up(current)
    record_service.seal(current, "recognition.changed", by=by, at=at, reason=reason)
    if is_asked_anew:
        text = _("%(name)s changed the words of thanks to you: %(title)s")
        _tell(current, text % {"name": by.person.name, "title": current.title}, but=by, at=at)
    return current


@transaction.atomic
def withdraw(
    thanks: Recognition, *, reason: str, by: User, at: datetime, version: int | None = None
) -> Recognition:  # fmt: skip
    """Take the thanks back; they stay readable with the reason, leave the wall and no longer count.

    Writes a version, the trail, clause links. Raises ReasonMissing, StaleRecord, IllegalTransition.
    """
    reason = said(reason)
    current = record_service.lock(thanks, version=version)
    record_service.move(current, Status.WITHDRAWN)
    current.withdrawn_reason = reason
    return record_service.seal(current, "recognition.withdrawn", by=by, at=at, reason=reason)


@transaction.atomic
def answer(thanks: Recognition, *, wish: str, by: User, at: datetime) -> Recognition:
    """Say whether the thanks one got may hang on the wall; the mind may be changed at any time, without a reason.

    Side effects: the wish, a version, a trail entry. Raises CannotAnswer.
    """
    current = record_service.lock(thanks)
    own = _wishes(current).filter(participant__person_id=by.person_id)
    if current.status != Status.GIVEN or wish not in (Wish.AGREED, Wish.REFUSED) or not own.exists():
        raise CannotAnswer(_("Only who was thanked says whether it may hang on the wall."))
    own.update(wish=wish, said_at=at, said_by=by)
    current.wall = _sum_up(current)
    verb = "recognition.agreed" if wish == Wish.AGREED else "recognition.refused"
    return record_service.seal(current, verb, by=by, at=at)


def wish_of(thanks: Recognition, user: User) -> WallWish | None:
    """What the user, if thanked here, said about the wall."""
    found: WallWish | None = _wishes(thanks).filter(participant__person_id=user.person_id).first()
    return found


def unasked_for(user: User, *, since: date) -> Any:
    """Public thanks to the user of a day or later on which the user has not said whether they may hang on the wall."""
    asked = WallWish.objects.filter(participant__person_id=user.person_id, wish=Wish.ASKED)
    rows = Recognition.objects.filter(status=Status.GIVEN, is_confidential=False, occurred_on__gte=since)
    return rows.filter(pk__in=asked.values("participant__record_id"))


def thanked_for(record: Record) -> list[Person]:
    """Whom thanks for a record would go to: who did or raised the improvement, whom a leader met, else who owns it."""
    if record.kind == Activity.KIND:
        met = [entry.person for entry in record.people() if entry.part == RecordPerson.Part.MET and entry.person]
        return [person for person in met if person.is_active][:MOST_THANKED]
    action = getattr(record, "improvementaction", None) if record.kind == ImprovementAction.KIND else None
    people = [record.owner, *([action.raiser] if action and action.raiser else [])]
    return list({person.pk: person for person in people if person.is_active}.values())


def last_shown(user: User) -> tuple[int | None, int | None]:
    """Ids of the value and the commitment the user's last thanks stood for."""
    last = Recognition.objects.filter(recorded_by=user).order_by("-pk").values_list("value_id", "commitment_id")
    return last.first() or (None, None)


def _sentence(title: str) -> str:
    return " ".join(title.split())


def _refuse(thanks: Recognition, entries: Iterable[Entry]) -> None:
    if not thanks.title:
        raise ValidationError({"title": _("Say in one sentence what they did.")})
    if not (thanks.value or thanks.commitment):
        raise ValidationError({"value": _("Choose what it shows: thanks without a reason are soon forgotten.")})
    if thanks.area and thanks.area.site_id != thanks.site_id:
        raise ValidationError({"area": _("This area belongs to another site.")})
    number = sum(1 for _entry in entries)
    if not number:
        raise NobodyThanked({"recipients": _("Name a person, a team or an area.")})
    if number > MOST_THANKED:
        raise ValidationError({"recipients": _("At most %(n)d names; thank the area instead.") % {"n": MOST_THANKED}})


def _wishes(thanks: Recognition) -> Any:
    return WallWish.objects.filter(participant__record_id=thanks.pk)


def _ask_about_the_wall(thanks: Recognition, *, is_agreed: bool, by: User, at: datetime) -> None:
    """One open wish per name, once the names are kept; what the giver was told in person stands for an answer."""
    parts = RecordPerson.objects.filter(record_id=thanks.pk, part=RecordPerson.Part.THANKED)
    said = {"wish": Wish.AGREED, "said_at": at, "said_by": by} if is_agreed else {}
    WallWish.objects.bulk_create([WallWish(participant=part, **said) for part in parts])


def _sum_up(thanks: Recognition) -> str:
    found = set(_wishes(thanks).values_list("wish", flat=True))
    if Wish.REFUSED in found:
        return Wall.REFUSED
    return Wall.AGREED if found == {Wish.AGREED} else Wall.ASKED


def _tell(thanks: Recognition, text: str, *, but: User, at: datetime) -> None:
    parts = thanks.participants.filter(part=RecordPerson.Part.THANKED, person__isnull=False)
    url = reverse("leadership:recognition-detail", args=[thanks.pk])
    for part in parts.select_related("person__user"):
        user = log_in_of(part.person, at=at) if part.person else None
        if user is not None and user != but:
            job.notify(user, text, at=at, url=url)
