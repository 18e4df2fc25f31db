"""What becomes of planned times: done by an activity, missed with a reason, excused, moved; never deleted.

An activity is matched to a planned time by a stated rule (MATCH_RULE), or chosen by its leader on the Log page.
"""

from __future__ import annotations

import uuid as uuids
from collections.abc import Collection
from datetime import date, datetime, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from leadership.models import Activity, Occurrence
from leadership.services import occurrence_plan
from qms.models import Absence, Closure, RecordPerson, User, site_today
from qms.services import site_calendar, trail
from qms.services.record import CannotChange
from qms.services.wording import said

Status = Occurrence.Status
FARTHEST_MOVE = timedelta(days=31)
OPEN = (Status.PLANNED, Status.MISSED, Status.EXCUSED)
"""What an activity can still do."""
MATCH_RULE = gettext_lazy(
    "An activity counts for a planned time when the same leader did the same kind of activity in the planned area, "
    "from when the window opens until before it closes. The one that closes first is taken, and each activity "
    "counts once."
)


def judge(*, at: datetime) -> int:
    """Excuse what an approved absence or a closure covers, and call missed what was not done in its window.

    What was excused and is covered no longer is planned, or missed, again. Idempotent; for the beat. Returns how many
    changed. Side effects: occurrences, a trail entry for each in its routine's chain.
    """
    near = at.date() - timedelta(days=60)
    rows = with_cover(Occurrence.objects.filter(planned_on__gte=near))
    covered = models.Q(is_away=True) | models.Q(is_closed=True)
    excused = rows.filter(covered, status__in=[Status.PLANNED, Status.MISSED])
    uncovered = rows.filter(status=Status.EXCUSED).exclude(covered)
    over = Occurrence.objects.filter(status=Status.PLANNED, closes_at__lte=at)
    changed = sum(_excuse(pk, at=at) for pk in list(excused.values_list("pk", flat=True)))
    changed += sum(_stand_again(pk, at=at) for pk in list(uncovered.values_list("pk", flat=True)))
    return changed + sum(_miss(pk, at=at) for pk in list(over.order_by("pk").values_list("pk", flat=True)))


def complete(
    activity: Activity, *, leaders: Collection[int], chosen: uuids.UUID | None = None, by: User, at: datetime
) -> Occurrence | None:
    """Let an activity just logged count for the planned time its leader chose, or for the one it matches (MATCH_RULE).

    None, and nothing is lost, where neither can be: it is another kind or leader, was done already, or lies before the
    window. ``leaders``: keys of the people who led it, besides its owner. Side effects: the occurrence, a trail entry
    in its routine's chain.
    """
    led_by = {activity.owner_id, *leaders} - {None}
    # Most acts were not planned: one light look, and neither a lock nor a savepoint for them.
    rows = _it_may_be(activity, led_by, chosen)
    return _complete(activity, rows, chosen, by=by, at=at) if rows.exists() else None


def _it_may_be(activity: Activity, led_by: set[Any], chosen: uuids.UUID | None) -> models.QuerySet[Occurrence]:
    """The planned times an activity may have been, before its place is looked at."""
    when = activity.happened_at
    rows = Occurrence.objects.filter(activity_type=activity.activity_type_id, status__in=OPEN)
    if chosen is None:
        return rows.filter(leader__in=led_by, opens_at__lte=when, closes_at__gt=when)
    fits = models.Q(leader__in=led_by, opens_at__lte=when, closes_at__gt=when)
    return rows.filter(fits | models.Q(uid=chosen))


@transaction.atomic
def _complete(
    activity: Activity, rows: models.QuerySet[Occurrence], chosen: uuids.UUID | None, *, by: User, at: datetime
) -> Occurrence | None:
    locked = rows.select_for_update(of=("self",)).select_related("routine")
    found = list(locked.order_by("closes_at", "pk"))
    mine = [row for row in found if row.uid == chosen and _may_count(row, activity)]
    places = _places_of(activity) if found and not mine else set()
    matched = [row for row in found if row.uid != chosen and (row.area_id is None or row.area_id in places)]
    row = next(iter(mine or matched), None)
    return _count(row, activity, is_matched=not mine, by=by, at=at) if row else None


@transaction.atomic
def attach(occurrence: Occurrence, *, activity: Activity, by: User, at: datetime) -> Occurrence:
    """Say afterwards that an activity was this planned time; late stays late.

    Raises CannotChange (done or cancelled meanwhile, another kind or leader, before its window, or the activity counts
    for another time already). Side effects as in ``complete``.
    """
    row = _locked(occurrence.pk)
    if row.status not in OPEN or not _may_count(row, activity) or activity.status != Activity.Status.LOGGED:
        raise CannotChange(_("This activity cannot count for that planned time."))
    if Occurrence.objects.filter(activity=activity).exists():
        raise CannotChange(_("This activity counts for a planned time already; each counts once."))
    return _count(row, activity, is_matched=False, by=by, at=at)


@transaction.atomic
def follow(activity: Activity, *, by: User | None, at: datetime) -> Occurrence | None:
    """After an activity was corrected or withdrawn: what it counted for is judged again. Returns that, if any.

    In time becomes late, or the other way round; withdrawn, or of another kind or leader, it counts no longer.
    """
    row = Occurrence.objects.select_for_update(of=("self",)).select_related("routine").filter(activity=activity).first()
    if row is None:
        return None
    counts = activity.status == Activity.Status.LOGGED and _may_count(row, activity)
    if not counts:
        row.activity, row.is_matched = None, False
        return _moved(row, _open_status(row, at), "routine.reopened", by=by, at=at)
    status = _done_status(row, activity)
    return row if status == row.status else _moved(row, status, "routine.judged_again", by=by, at=at)


@transaction.atomic
def explain(occurrence: Occurrence, *, cause: str, note: str = "", by: User, at: datetime) -> Occurrence:
    """Say why a planned time was missed; saying it again replaces the words, and the trail keeps both.

    Raises CannotChange (not missed), ValidationError by field. Side effects: the row, a trail entry.
    """
    row = _locked(occurrence.pk)
    if row.status != Status.MISSED:
        raise CannotChange(_("Only a planned time that was missed needs a reason."))
    if cause not in Occurrence.Cause.values:
        raise ValidationError({"cause": _("Choose the reason that comes closest.")})
    row.cause, row.note = cause, " ".join(note.split())[:400]
    if cause == Occurrence.Cause.OTHER and not row.note:
        raise ValidationError({"note": _("Say it in a few words.")})
    row.explained_at, row.explained_by = at, by
    row.save(update_fields=["cause", "note", "explained_at", "explained_by"])
    facts = _facts(row) | {"cause": cause}
    trail.write(row.routine, "routine.explained", by=by, at=at, changes=facts, reason=row.note)
    return row


@transaction.atomic
def replan(occurrence: Occurrence, *, planned_on: date, reason: str, by: User, at: datetime) -> Occurrence:
    """Move a planned time to another day within a month, as long as its window has not closed; the rule's day stays.

    Raises CannotChange (it is not planned any more), ReasonMissing, ValidationError by field. Side effects: the row, a
    trail entry with both days.
    """
    reason = said(reason)
    row = _locked(occurrence.pk)
    if row.status != Status.PLANNED or row.closes_at <= at:
        raise CannotChange(_("Its window has closed. What was not done is explained, not moved."))
    routine, calendar = row.routine, site_calendar.calendar_of(row.site)
    if planned_on < site_today(row.site, at) or abs(planned_on - row.rule_on) > FARTHEST_MOVE:
        raise ValidationError({"planned_on": _("Choose a day from today on, at most a month from the planned one.")})
    if not calendar.is_working(planned_on):
        raise ValidationError({"planned_on": _("The site does not work on that day.")})
    taken = Occurrence.objects.filter(routine=routine, planned_on=planned_on).exclude(status=Status.CANCELLED)
    if taken.exclude(pk=row.pk).exists():
        raise ValidationError({"planned_on": _("This routine is planned for that day already.")})
    facts = {"planned_on": [row.planned_on.isoformat(), planned_on.isoformat()]}
    row.planned_on = planned_on
    row.begins_at, row.opens_at, row.closes_at = occurrence_plan.window(routine, calendar, planned_on)
    row.save(update_fields=["planned_on", "begins_at", "opens_at", "closes_at"])
    trail.write(routine, "routine.replanned", by=by, at=at, changes=facts, reason=reason)
    return row


def with_cover(rows: Any) -> Any:
    """Occurrences, each with whether its leader is away (``is_away``) or its site closed (``is_closed``) that day."""
    span = {"starts_on__lte": models.OuterRef("planned_on"), "ends_on__gte": models.OuterRef("planned_on")}
    away = Absence.objects.in_force().filter(person=models.OuterRef("leader"), **span)
    closed = Closure.objects.in_force().filter(site=models.OuterRef("site"), **span)
    return rows.annotate(is_away=models.Exists(away), is_closed=models.Exists(closed))


# --- what Home, reminders and the measures ask ------------------------------------------------------------------------


def planned_for(user: User, first: date, last: date) -> models.QuerySet[Occurrence]:
    """The user's times planned from first to last, cancelled ones left out, with what a page shows; one query."""
    rows = Occurrence.objects.of_leader(user).filter(planned_on__range=(first, last)).exclude(status=Status.CANCELLED)
    return rows.select_related("activity_type", "area", "routine", "activity").order_by("begins_at", "pk")


def missed_unexplained(user: User) -> models.QuerySet[Occurrence]:
    """What the user missed and has not explained, the oldest first; one query."""
    rows = Occurrence.objects.of_leader(user).unexplained()
    return rows.select_related("activity_type", "area", "routine").order_by("planned_on", "pk")


def window_opens(on: date) -> models.QuerySet[Occurrence]:
    """What is planned for a day and not done, of everybody, for reminders."""
    return Occurrence.objects.filter(status=Status.PLANNED, planned_on=on).select_related("routine", "leader", "site")


def offered_for(activity: Activity) -> list[Occurrence]:
    """Planned times of the last 31 days that the activity did not match and its leader may say it was, latest first."""
    if activity.status != Activity.Status.LOGGED:
        return []
    earliest = activity.happened_at - FARTHEST_MOVE
    rows = Occurrence.objects.filter(
        leader=activity.owner_id, activity_type=activity.activity_type_id, status__in=[Status.PLANNED, Status.MISSED],
        opens_at__lte=activity.happened_at, closes_at__gte=earliest,
    )  # fmt: skip
    return list(rows.select_related("activity_type", "area").order_by("-closes_at", "-pk")[:3])


# --- inside -----------------------------------------------------------------------------------------------------------


def _places_of(activity: Activity) -> set[int]:
    return {pk for pk in (activity.area_id, *(stop.area_id for stop in activity.ordered_stops())) if pk}


def _may_count(row: Occurrence, activity: Activity) -> bool:
    """Whether an activity may count for it when its leader says so: the same kind, not before the window, by the leader
    or by who stands in for him or her that day.
    """
    if row.activity_type_id != activity.activity_type_id or activity.happened_at < row.opens_at:
        return False
    led = activity.participants.filter(part=RecordPerson.Part.LEADER).values_list("person_id", flat=True)
    leaders = {activity.owner_id, *led}
    return row.leader_id in leaders or bool(leaders & _stand_ins(row))


def _stand_ins(row: Occurrence) -> set[int]:
    away = Absence.objects.in_force().filter(person=row.leader_id)
    away = away.filter(starts_on__lte=row.planned_on, ends_on__gte=row.planned_on)
    return set(away.exclude(stand_in=None).values_list("stand_in_id", flat=True))


def _done_status(row: Occurrence, activity: Activity) -> str:
    return Status.DONE if activity.happened_at < row.closes_at else Status.LATE


def _open_status(row: Occurrence, at: datetime) -> str:
    return Status.PLANNED if row.closes_at > at and row.status == Status.DONE else Status.MISSED


def _count(row: Occurrence, activity: Activity, *, is_matched: bool, by: User, at: datetime) -> Occurrence:
    row.activity, row.is_matched = activity, is_matched
    facts = {"activity": activity.reference} | ({"is_matched": True} if is_matched else {})
    return _moved(row, _done_status(row, activity), "routine.done", by=by, at=at, facts=facts)


@transaction.atomic
def _excuse(pk: int, *, at: datetime) -> bool:
    row = with_cover(Occurrence.objects.filter(pk=pk)).select_related("routine").get()
    if row.status not in (Status.PLANNED, Status.MISSED):
        return False
    row.note = _("Away, with approval") if row.is_away else _("The site was closed")
    _moved(row, Status.EXCUSED, "routine.excused", by=None, at=at, reason=row.note)
    return True


@transaction.atomic
def _stand_again(pk: int, *, at: datetime) -> bool:
    row = _locked(pk)
    if row.status != Status.EXCUSED:
        return False
    row.note = ""
    _moved(row, Status.PLANNED if row.closes_at > at else Status.MISSED, "routine.reopened", by=None, at=at)
    return True


@transaction.atomic
def _miss(pk: int, *, at: datetime) -> bool:
    row = _locked(pk)
    if row.status != Status.PLANNED or row.closes_at > at:
        return False
    _moved(row, Status.MISSED, "routine.missed", by=None, at=at)
    return True


def _moved(
    row: Occurrence, status: str, verb: str, *, by: User | None, at: datetime, reason: str = "",
    facts: dict[str, Any] | None = None,
) -> Occurrence:  # fmt: skip
    row.move_on(status)
    row.save(update_fields=["status", "activity", "is_matched", "note"])
    changes = _facts(row) | {"status": status} | (facts or {})
    trail.write(row.routine, verb, by=by, at=at, changes=changes, reason=reason)
    return row


def _locked(pk: int) -> Occurrence:
    rows = Occurrence.objects.select_for_update(of=("self",)).select_related("routine", "site", "leader")
    return rows.get(pk=pk)


def _facts(row: Occurrence) -> dict[str, str]:
    return {"planned_on": row.planned_on.isoformat()}
