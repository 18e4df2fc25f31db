"""Leadership activities: drafted, logged, corrected with a reason, withdrawn; never deleted."""

from __future__ import annotations

import uuid as uuids
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, TypedDict

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from leadership.models import Activity, ActivityStop, ActivityType
from leadership.services import occurrence
from objectives.services import contribution, improvement_action
from qms.models import Area, Person, Record, RecordPerson, Site, User
from qms.services import record as record_service
from qms.services.record import EventInFuture

LATE_AFTER = timedelta(hours=24)
"""Entered longer than this after the event, an activity needs a reason."""
CLOCK_TOLERANCE = timedelta(minutes=5)
"""How far a phone's clock may run ahead of the server's; such an event counts as happening now."""
MAX_STOPS = 60
LAST_ENTRIES = 60
PLAIN_FIELDS = (
    "activity_type", "area", "title", "happened_at", "duration_minutes", "audience_size", "notes", "is_confidential",
    "late_reason",
)  # fmt: skip
TEXT_LIMITS = {"seen": 600, "heard": 600, "promised": 600}

Entry = tuple[Person | None, str]
"""A person, or None with a free name."""


class Stop(TypedDict, total=False):
    """One stop of a walk as it is sent in."""

    area: Area | None
    seen: str
    heard: str
    promised: str


class FollowUp(TypedDict, total=False):
    """Something to do afterwards; without an owner it belongs to who logs it."""

    title: str
    owner: Person | None
    due_on: date | None
    promised_to: Person | None


class UidTaken(ValidationError):
    """The uid belongs to somebody else's record, or to a record of another kind."""


class LateReasonMissing(ValidationError):
    """The event lies more than 24 hours back and nobody said why it is entered only now."""


class ReasonMissing(ValidationError):
    """A correction or withdrawal without a reason."""


class CannotCorrect(Exception):
    """Only a logged activity is corrected: a draft is simply saved again, a withdrawn one stays as it is."""


def log(
    *, uid: uuids.UUID, activity_type: ActivityType, site: Site, area: Area | None = None, title: str,
    happened_at: datetime, leaders: Sequence[Entry] = (), people_met: Sequence[Entry] = (),
    duration_minutes: int | None = None, audience_size: int | None = None, notes: str = "",
    stops: Sequence[Stop] = (), follow_ups: Sequence[FollowUp] = (), is_confidential: bool = False,
    late_reason: str = "", planned: uuids.UUID | None = None, serves: Record | None = None, by: User, at: datetime,
) -> Activity:  # fmt: skip
    """Log an activity that happened; logging the same ``uid`` again returns the first one and changes nothing.

    A draft of the same user with this ``uid`` becomes the logged activity. Without leaders, who logs it is the leader;
    without a title, a walk's first stop gives it. An event up to five minutes ahead (the phone's clock) counts as now.

    ``planned``: the uid of the planned time of a routine that this was, as its leader chose it. ``serves``: the
    goal or objective it was done for.

    Side effects, in one transaction: the activity with its stops and people, a version, a trail entry, clause links,
    an improvement action per follow-up, the planned time it counts for, the link to what it serves.
    Raises UidTaken, EventInFuture, LateReasonMissing, ValidationError (by field); nothing is kept then.
    """
    values = {
        "activity_type": activity_type, "site": site, "area": area, "title": title, "happened_at": happened_at,
        "duration_minutes": duration_minutes, "audience_size": audience_size, "notes": notes,
        "is_confidential": is_confidential, "late_reason": late_reason,
    }  # fmt: skip
    rows = {"leaders": leaders, "people_met": people_met, "stops": stops, "planned": planned, "serves": serves}
    try:
        return _log(uid, values, rows, follow_ups, draft=None, by=by, at=at)
    except (IntegrityError, ValidationError):  # a second tap, a draft, or an entry sent again when its time has passed
        known = _known(uid, by)
        if known is None:
            raise
    return _log(uid, values, rows, follow_ups, draft=known, by=by, at=at)


@transaction.atomic
def _log(
    uid: uuids.UUID, values: dict[str, Any], rows: dict[str, Any], follow_ups: Sequence[FollowUp], *,
    draft: Activity | None, by: User, at: datetime,
) -> Activity:  # fmt: skip
    """Log it as new, which the unique ``uid`` refuses when it is known; or make the draft, once locked, logged."""
    if draft:
        draft = record_service.lock(draft)
        if draft.status != Activity.Status.DRAFT:
            return draft
    values = _tidy(values, rows["stops"], at=at)
    _refuse_wrong_time(values["happened_at"], values["late_reason"], at=at)
    if draft:
        activity = draft
        _assign(activity, values)
        record_service.move(activity, Activity.Status.LOGGED)
    else:
        activity = Activity(uid=uid, status=Activity.Status.LOGGED, owner=_owner(rows["leaders"], by), **values)
        record_service.open_new(activity, by=by, at=at)
    _write_rows(activity, rows, by=by)
    leaders = [person.pk for person, _name in rows["leaders"] or [(by.person, "")] if person]
    record_service.seal(activity, "activity.logged", by=by, at=at)
    for number, follow_up in enumerate(follow_ups):
        _open_follow_up(activity, number, follow_up, by=by, at=at)
    occurrence.complete(activity, leaders=leaders, chosen=rows["planned"], by=by, at=at)
    if rows["serves"] is not None:
        contribution.link(activity, serves=rows["serves"], by=by, at=at)
    return activity


@transaction.atomic
def save_draft(
    *, uid: uuids.UUID, activity_type: ActivityType, site: Site, area: Area | None = None, title: str = "",
    happened_at: datetime, leaders: Sequence[Entry] = (), people_met: Sequence[Entry] = (),
    duration_minutes: int | None = None, audience_size: int | None = None, notes: str = "",
    stops: Sequence[Stop] = (), is_confidential: bool = False, late_reason: str = "", by: User, at: datetime,
) -> Activity:  # fmt: skip
    """Keep an unfinished activity, visible to its writer only; the same ``uid`` saves over the draft.

    A draft never counts as evidence, and may still miss its sentence or its reason for being late. Saving over an
    activity that is logged already returns it untouched. Side effects and errors as in ``log``, without follow-ups.
    """
    known = _known(uid, by)
    if known and known.status != Activity.Status.DRAFT:
        return known
    rows = {"leaders": leaders, "people_met": people_met, "stops": stops}
    values = {
        "activity_type": activity_type, "site": site, "area": area, "title": title or activity_type.label,
        "happened_at": happened_at, "duration_minutes": duration_minutes, "audience_size": audience_size,
        "notes": notes, "is_confidential": is_confidential, "late_reason": late_reason,
    }  # fmt: skip
    values = _tidy(values, stops, at=at)
    if known:
        activity = record_service.lock(known)
        _assign(activity, values)
    else:
        activity = Activity(uid=uid, status=Activity.Status.DRAFT, owner=_owner(leaders, by), **values)
        record_service.open_new(activity, by=by, at=at)
    _write_rows(activity, rows, by=by)
    return record_service.seal(activity, "activity.drafted", by=by, at=at)


@transaction.atomic
def correct(
    activity: Activity, *, version: int, reason: str, by: User, at: datetime, leaders: Sequence[Entry] | None = None,
    people_met: Sequence[Entry] | None = None, stops: Sequence[Stop] | None = None, **changes: Any,
) -> Activity:  # fmt: skip
    """Correct a logged activity; what it said before stays in its versions and in the trail.

    ``version`` is the one the form was opened with. ``changes`` are any of PLAIN_FIELDS, and ``serves``, the goal or
    objective it was done for, or None; people and stops are replaced where given. An event moved more than 24 hours
    before its recorded date takes ``reason`` as its reason for lateness if it has none. Side effects: the activity's
    rows, a version, a trail entry, clause links; the planned time it counts for is judged again; what it serves.
    Raises ReasonMissing, StaleRecord, CannotCorrect, EventInFuture, ValidationError (by field).
    """
    reason = _reason(reason, _("Say in a few words why you correct it; the reason stays in the trail."))
    serves = {"serves": changes.pop("serves")} if "serves" in changes else {}
    if unknown := changes.keys() - set(PLAIN_FIELDS):
        raise TypeError(f"An activity cannot be corrected in {sorted(unknown)}.")
    current = record_service.lock(activity, version=version)
    if current.status != Activity.Status.LOGGED:
        raise CannotCorrect(_("Only a logged activity can be corrected. This one is a draft or withdrawn."))
    values = {name: getattr(current, name) for name in PLAIN_FIELDS} | {"site": current.site} | changes
    values = _tidy(values, stops or (), at=at)
    if values["happened_at"] > at:
        raise _in_future()
    if current.recorded_at - values["happened_at"] > LATE_AFTER and not values["late_reason"]:
        values["late_reason"] = reason
    _assign(current, values)
    if leaders is not None:
        current.owner = _owner(leaders, by, otherwise=current.owner)
    rows = {"leaders": leaders, "people_met": people_met, "stops": stops}
    _write_rows(current, {name: row for name, row in rows.items() if row is not None}, by=by)
    record_service.seal(current, "activity.corrected", by=by, at=at, reason=reason)
    if serves:
        contribution.link(current, by=by, at=at, **serves)
    occurrence.follow(current, by=by, at=at)
    return current


@transaction.atomic
def withdraw(activity: Activity, *, reason: str, by: User, at: datetime, version: int | None = None) -> Activity:
    """Take an activity out of the evidence; it stays readable with the reason.

    Side effects: status and phase, a version, a trail entry, clause links that no longer count; the planned time it
    counted for is open again, or missed.
    Raises ReasonMissing, StaleRecord (when ``version`` is given), IllegalTransition (already withdrawn).
    """
    reason = _reason(reason, _("Say why it is withdrawn; the reason stays with the record."))
    current = record_service.lock(activity, version=version)
    record_service.move(current, Activity.Status.WITHDRAWN)
    current.withdrawn_reason = reason
    record_service.seal(current, "activity.withdrawn", by=by, at=at, reason=reason)
    occurrence.follow(current, by=by, at=at)
    return current


def last_area(user: User) -> int | None:
    """Id of the area of the user's newest entry that has one."""
    own = Record.objects.filter(recorded_by=user, kind=Activity.KIND, area__isnull=False)
    return own.order_by("-pk").values_list("area_id", flat=True).first()


def usual_types(user: User, *, most: int = 6) -> list[int]:
    """Ids of the activity types among the user's last sixty entries, most frequent first, then most recent first."""
    last = Record.objects.filter(recorded_by=user, kind=Activity.KIND).order_by("-pk").values("pk")[:LAST_ENTRIES]
    rows = Activity.objects.filter(pk__in=last).exclude(status=Activity.Status.WITHDRAWN).order_by("-pk")
    return [pk for pk, _n in Counter(rows.values_list("activity_type_id", flat=True)).most_common(most)]


def _known(uid: uuids.UUID, by: User) -> Activity | None:
    """The user's activity with this uid, if there is one. Raises UidTaken when the uid is not the user's."""
    found = Record.objects.filter(uid=uid).values_list("kind", "recorded_by_id").first()
    if found is None:
        return None
    if found != (Activity.KIND, by.pk):
        raise UidTaken(_("This entry's number is already in use by another record. Reload the page and log it again."))
    return Activity.objects.select_related("activity_type", "site").get(uid=uid)


def _tidy(values: Mapping[str, Any], stops: Iterable[Stop], *, at: datetime) -> dict[str, Any]:
    """The values as they are kept: trimmed, with a title, the event date at the site, and an area of that site."""
    tidy = dict(values)
    for name in ("title", "notes", "late_reason"):
        tidy[name] = (tidy[name] or "").strip()
    tidy["title"] = " ".join(tidy["title"].split()) or _first_words(stops)
    if not tidy["title"]:
        raise ValidationError({"title": _("Write one sentence: what happened?")})
    if at < tidy["happened_at"] <= at + CLOCK_TOLERANCE:
        tidy["happened_at"] = at
    tidy["occurred_on"] = tidy["happened_at"].astimezone(tidy["site"].zone).date()
    _refuse_other_site(tidy["area"], tidy["site"], "area")
    return tidy


def _first_words(stops: Iterable[Stop]) -> str:
    for stop in stops:
        for name in ("seen", "heard", "promised"):
            if words := " ".join(str(stop.get(name) or "").split()):
                return words if len(words) <= 240 else words[:239] + "…"
    return ""


def _assign(activity: Activity, values: Mapping[str, Any]) -> None:
    for name, value in values.items():
        setattr(activity, name, value)


def _owner(leaders: Sequence[Entry], by: User, otherwise: Person | None = None) -> Person:
    return next((person for person, _name in leaders if person), otherwise or by.person)


def _refuse_wrong_time(happened_at: datetime, late_reason: str, *, at: datetime) -> None:
    if happened_at > at:
        raise _in_future()
    if at - happened_at > LATE_AFTER and not late_reason:
        raise LateReasonMissing({"late_reason": _(
            "This happened more than 24 hours ago. Say in a few words why it is entered only now; late is welcome."
        )})  # fmt: skip


def _in_future() -> EventInFuture:
    return EventInFuture({"happened_at": _("This time is in the future. Log what has happened; correct the time.")})


def _refuse_other_site(area: Area | None, site: Site, field: str) -> None:
    if area and area.site_id != site.pk:
        raise ValidationError({field: _("“%(area)s” belongs to another site. Choose an area of %(site)s.") % {
            "area": area.name, "site": site.name,
        }})  # fmt: skip


def _reason(text: str, message: str) -> str:
    reason = text.strip()
    if not reason:
        raise ReasonMissing({"reason": message})
    if len(reason) > 400:
        raise ReasonMissing({"reason": _("Say it in at most 400 characters; details belong in the notes.")})
    return reason


def _write_rows(activity: Activity, rows: Mapping[str, Any], *, by: User) -> None:
    """Replace the people and stops that are given."""
    if "leaders" in rows:
        leaders = rows["leaders"] or [(by.person, "")]
        record_service.set_people(activity, RecordPerson.Part.LEADER, leaders)
    if "people_met" in rows:
        record_service.set_people(activity, RecordPerson.Part.MET, rows["people_met"])
    if "stops" in rows:
        _write_stops(activity, rows["stops"])


def _write_stops(activity: Activity, stops: Sequence[Stop]) -> None:
    if len(stops) > MAX_STOPS:
        raise ValidationError({"stops": _("A walk takes at most %(n)d stops. Log another walk.") % {"n": MAX_STOPS}})
    is_new = activity.version == 0
    if not is_new:
        activity.stops.all().delete()
    kept: list[ActivityStop] = []
    for stop in stops:
        words = {name: str(stop.get(name) or "").strip() for name in TEXT_LIMITS}
        if not any(words.values()):
            continue
        _refuse_other_site(stop.get("area"), activity.site, "stops")
        if any(len(text) > TEXT_LIMITS[name] for name, text in words.items()):
            raise ValidationError({"stops": _("Each part of a stop takes at most 600 characters.")})
        kept.append(ActivityStop(activity=activity, position=len(kept), area=stop.get("area"), **words))
    if kept:
        ActivityStop.objects.bulk_create(kept)
    activity.known_stops = kept if is_new else None


def _open_follow_up(activity: Activity, number: int, follow_up: FollowUp, *, by: User, at: datetime) -> None:
    title = " ".join((follow_up.get("title") or "").split())
    if not title:
        return
    due_on = follow_up.get("due_on")
    if due_on and due_on < activity.occurred_on:
        raise ValidationError({"follow_ups": _("A follow-up cannot be due before the activity happened.")})
    try:
        improvement_action.open_action(
            uid=uuids.uuid5(activity.uid, f"follow-up {number}"), title=title, description="",
            owner=follow_up.get("owner") or by.person, due_on=due_on, source=activity,
            promised_to=follow_up.get("promised_to"), site=activity.site, area=activity.area, by=by, at=at,
            is_confidential=activity.is_confidential,
        )  # fmt: skip
    except ValidationError as error:
        raise ValidationError({"follow_ups": error.messages}) from error
