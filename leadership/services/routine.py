"""Routines of leaders: proposed, agreed by the leader, changed from a day on, ended; what was planned stays."""

from __future__ import annotations

import uuid as uuids
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _

from leadership.models import ActivityType, Routine, RoutineArea
from leadership.services import occurrence_plan
from qms import recurrence
from qms.models import Area, Person, Phase, Site, User, site_today
from qms.services import job, site_calendar
from qms.services import record as record_service
from qms.services.record import CannotChange
from qms.services.wording import known_facts, said

Status, Where = Routine.Status, Routine.Where
PLAIN_FIELDS = (
    "title", "activity_type", "where", "rule", "starts_on", "ends_on", "at_time", "minutes", "shift", "on_closed",
    "opens_before_hours", "grace_hours", "is_confidential", "source_uid", "exceptions",
)  # fmt: skip
MOST_AREAS = 40


class NotTheLeader(CannotChange):
    """Only the leader says yes to a routine of his or her own."""


@transaction.atomic
def propose(
    *, uid: uuids.UUID, owner: Person, site: Site, activity_type: ActivityType, rule: str, starts_on: date,
    areas: Sequence[Area] = (), by: User, at: datetime, **facts: Any,
) -> Routine:  # fmt: skip
    """Write a routine down for a leader; the same ``uid`` by the same user returns the first one.

    Entered by the leader it is agreed at once; otherwise the leader is asked. ``facts``: any other of PLAIN_FIELDS;
    without a title it is the kind and the rule in words. Side effects: the rows, a version, a trail entry, a notice to
    the leader, and once agreed what is planned. Raises ValidationError by field.
    """
    known = Routine.objects.filter(uid=uid, recorded_by=by).first()
    if known:
        return known
    facts = known_facts(facts, PLAIN_FIELDS)
    routine = Routine(
        uid=uid, owner=owner, site=site, activity_type=activity_type, rule=rule, starts_on=starts_on,
        anchor_on=starts_on, occurred_on=site_today(site, at), **facts,
    )  # fmt: skip
    _check(routine, areas)
    record_service.open_new(routine, by=by, at=at)
    _write_areas(routine, areas)
    record_service.seal(routine, "routine.proposed", by=by, at=at)
    if owner.pk == by.person_id:
        return agree(routine, by=by, at=at)
    _tell(routine, by, _("%(name)s proposes a routine: %(title)s. Agree to it, or talk about it."), at=at)
    return routine


@transaction.atomic
def agree(routine: Routine, *, by: User, at: datetime, version: int | None = None) -> Routine:
    """The leader says yes; from that day on it is evidence, and its times are planned.

    Side effects: status, event date, a version, a trail entry, clause links, occurrences. Raises NotTheLeader,
    StaleRecord, IllegalTransition.
    """
    current = record_service.lock(routine, version=version)
    if by.person_id != current.owner_id:
        raise NotTheLeader(_("Only %s can agree to this routine.") % current.owner.name)
    record_service.move(current, Status.AGREED)
    current.occurred_on = site_today(current.site, at)
    record_service.seal(current, "routine.agreed", by=by, at=at)
    occurrence_plan.plan(current, at=at)
    return current


@transaction.atomic
def change(
    routine: Routine, *, version: int, reason: str, effective_on: date | None = None,
    areas: Sequence[Area] | None = None, by: User, at: datetime, **changes: Any,
) -> Routine:  # fmt: skip
    """Change a routine from ``effective_on`` (default: tomorrow) on, with a reason.

    Of an agreed one, what is planned from that day on is cancelled with the reason and planned anew; what was planned
    before, and its version, stay. A changed rule is counted from that day. Side effects: the rows, a version, a trail
    entry, occurrences, a notice to the leader when somebody else changed it.
    Raises ReasonMissing, StaleRecord, CannotChange (it has ended), ValidationError by field.
    """
    reason = said(reason)
    changes = known_facts(changes, PLAIN_FIELDS)
    current = record_service.lock(routine, version=version)
    if current.phase not in (Phase.DRAFT, Phase.OPEN):
        raise CannotChange(_("This routine has ended. Enter a new one."))
    today = site_today(current.site, at)
    effective_on = effective_on or today + timedelta(days=1)
    if current.status == Status.AGREED and effective_on < today:
        raise ValidationError({"effective_on": _("A change takes effect today at the earliest; the past stays.")})
    _assign(current, changes, effective_on)
    _check(current, list(current.ordered_areas()) if areas is None else areas)
    if areas is not None:
        current.areas.all().delete()
        _write_areas(current, areas)
    facts = {"effective_on": effective_on.isoformat()}
    record_service.seal(current, "routine.changed", by=by, at=at, reason=reason, facts=facts)
    if current.status == Status.AGREED:
        occurrence_plan.cancel_from(current, effective_on, reason=reason, by=by, at=at)
        occurrence_plan.plan(current, first=effective_on, at=at)
        if by.person_id != current.owner_id:
            _tell(current, by, _("%(name)s changed your routine: %(title)s."), at=at)
    return current


@transaction.atomic
def end(
    routine: Routine, *, reason: str, ends_on: date | None = None, by: User, at: datetime, version: int | None = None
) -> Routine:
    """It is no longer done after ``ends_on`` (default: today). What was planned for later is cancelled with the reason.

    Writes a version and the trail. Raises ReasonMissing, StaleRecord, IllegalTransition, ValidationError.
    """
    reason = said(reason)
    current = record_service.lock(routine, version=version)
    today = site_today(current.site, at)
    record_service.move(current, Status.ENDED)
    current.ends_on = max(ends_on or today, current.starts_on)
    record_service.seal(current, "routine.ended", by=by, at=at, reason=reason)
    occurrence_plan.cancel_from(current, max(current.ends_on, today) + timedelta(days=1), reason=reason, by=by, at=at)
    return current


@transaction.atomic
def withdraw(routine: Routine, *, reason: str, by: User, at: datetime, version: int | None = None) -> Routine:
    """A proposal is taken back, or not agreed to. Writes a version and the trail; it stays readable.

    Raises ReasonMissing, StaleRecord, IllegalTransition (already agreed: end it instead).
    """
    reason = said(reason)
    current = record_service.lock(routine, version=version)
    record_service.move(current, Status.WITHDRAWN)
    return record_service.seal(current, "routine.withdrawn", by=by, at=at, reason=reason)


def _assign(routine: Routine, changes: Mapping[str, Any], effective_on: date) -> None:
    had_own_title = routine.title != _title(routine)
    if changes.get("rule", routine.rule) != routine.rule:
        routine.anchor_on = effective_on if routine.status == Status.AGREED else routine.starts_on
    for name, value in changes.items():
        setattr(routine, name, value)
    if routine.status == Status.PROPOSED:
        routine.anchor_on = routine.starts_on
    if not had_own_title and "title" not in changes:
        routine.title = ""


def _check(routine: Routine, areas: Sequence[Area]) -> None:
    """Refuse what makes no sense, by field; tidy the rule, the title and the shift."""
    try:
        routine.rule = recurrence.tidy(routine.rule)
    except recurrence.RuleNotUnderstood as error:
        raise ValidationError({"rule": error.messages}) from error
    if routine.ends_on and routine.ends_on < routine.starts_on:
        raise ValidationError({"ends_on": _("The end must not lie before the beginning.")})
    if routine.where != Where.ANYWHERE and not areas:
        raise ValidationError({"areas": _("Choose the areas, or “anywhere”.")})
    if len(areas) > MOST_AREAS or any(area.site_id != routine.site_id for area in areas):
        raise ValidationError({"areas": _("Choose at most %(n)d areas of the routine's site.") % {"n": MOST_AREAS}})
    if routine.shift and site_calendar.calendar_of(routine.site).shift_named(routine.shift) is None:
        raise ValidationError({"shift": _("The site has no shift “%s”.") % routine.shift})
    routine.title = " ".join(routine.title.split()) or _title(routine)


def _title(routine: Routine) -> str:
    return f"{routine.activity_type.label}, {routine.often}"[:240]


def _write_areas(routine: Routine, areas: Iterable[Area]) -> None:
    rows = [RoutineArea(routine=routine, area=area, position=n) for n, area in enumerate(dict.fromkeys(areas))]
    RoutineArea.objects.bulk_create(rows)
    if routine.version == 0:
        routine.known_areas = [row.area for row in rows]


def _tell(routine: Routine, by: User, words: str, *, at: datetime) -> None:
    leader = User.objects.filter(person_id=routine.owner_id, is_active=True).first()
    if leader:
        text = words % {"name": by.person.name, "title": routine.title}
        job.notify(leader, text, at=at, url=reverse("leadership:routine-detail", args=[routine.pk]))
