"""Leaders' standard work: what a leader has agreed to do, how often, and what came of each planned time."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from typing import ClassVar

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from leadership.models.activity import ActivityType
from qms import recurrence
from qms.models import Area, Json, Phase, Record, RecordQuerySet, User
from qms.permissions import Permission

LONGEST_WINDOW = 24 * 14
"""Hours a window may open before, or a grace period last after, the planned time: two weeks."""


class RoutineQuerySet(RecordQuerySet["Routine"]):
    """Routines: a proposed one is seen by the leader who is asked to agree, and by who keeps the records."""

    def drafts_for(self, user: User) -> models.Q:
        """Proposals the user entered, or is asked to agree to; all of them for who corrects other people's records."""
        if user.can(Permission.ACTIVITY_CORRECT):
            return models.Q(phase=Phase.DRAFT)
        return models.Q(recorded_by=user) | models.Q(owner_id=user.person_id)


class Routine(Record):
    """What one leader does again and again: a kind of activity, where, how often, and within which window.

    ``owner`` is the leader. ``rule`` says on which days (qms/recurrence.py), counted from ``anchor_on``. A
    change takes effect on a day and makes a new version; what was planned under an earlier one keeps it.
    """

    class Status(models.TextChoices):
        PROPOSED = "proposed", _("Proposed")
        AGREED = "agreed", _("Agreed")
        ENDED = "ended", _("Ended")
        WITHDRAWN = "withdrawn", _("Withdrawn")

    class Where(models.TextChoices):
        ANYWHERE = "anywhere", _("Anywhere")
        ALL = "all", _("In all of these areas each time")
        ROTATING = "rotating", _("In one of these areas each time, in turn")

    class OnClosed(models.TextChoices):
        SKIP = "skip", _("Leave it out")
        NEXT = "next", _("Do it on the next working day")
        PREVIOUS = "previous", _("Do it on the working day before")

    KIND = "routine"
    TRANSITIONS = {
        Status.PROPOSED: frozenset({Status.AGREED, Status.WITHDRAWN}),
        Status.AGREED: frozenset({Status.ENDED}),
        Status.ENDED: frozenset(),
        Status.WITHDRAWN: frozenset(),
    }
    PHASES = {
        Status.PROPOSED: Phase.DRAFT,
        Status.AGREED: Phase.OPEN,
        Status.ENDED: Phase.CLOSED,
        Status.WITHDRAWN: Phase.WITHDRAWN,
    }

    status = models.CharField(max_length=12, choices=Status, default=Status.PROPOSED, editable=False)
    activity_type = models.ForeignKey(
        ActivityType, on_delete=models.PROTECT, related_name="routines", verbose_name=_("kind of activity")
    )
    where = models.CharField(_("where"), max_length=12, choices=Where, default=Where.ANYWHERE)
    rule = models.CharField(_("how often"), max_length=200)
    anchor_on = models.DateField(_("counted from"))
    starts_on = models.DateField(_("from"))
    ends_on = models.DateField(_("until"), null=True, blank=True)
    at_time = models.TimeField(_("at"), null=True, blank=True, help_text=_("Empty: any time of the day or shift."))
    minutes = models.PositiveSmallIntegerField(
        _("minutes"), default=15, validators=[MinValueValidator(1), MaxValueValidator(720)]
    )
    shift = models.CharField(_("shift"), max_length=20, blank=True)
    on_closed = models.CharField(_("when the site is closed"), max_length=8, choices=OnClosed, default=OnClosed.SKIP)
    opens_before_hours = models.PositiveSmallIntegerField(
        _("may begin before (hours)"), default=0, validators=[MaxValueValidator(LONGEST_WINDOW)]
    )
    grace_hours = models.PositiveSmallIntegerField(
        _("still in time after the day (hours)"), default=0, validators=[MaxValueValidator(LONGEST_WINDOW)]
    )
    planned_until_on = models.DateField(null=True, blank=True, editable=False)
    exceptions = models.JSONField(default=list, blank=True, editable=False)
    """Days of the rule that a calendar left out or moved: pairs of ISO days, the second empty where it was left out."""
    source_uid = models.CharField(_("entry of a calendar"), max_length=255, blank=True, editable=False)

    objects: ClassVar = RoutineQuerySet.as_manager()

    known_areas: list[Area] | None = None
    """The areas of a routine that is being opened, as just written; None: read them."""

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(status__in=["proposed", "agreed", "ended", "withdrawn"]), name="routine_status_known"
            ),
            models.CheckConstraint(
                condition=models.Q(ends_on=None) | models.Q(ends_on__gte=models.F("starts_on")),
                name="routine_ends_later",
            ),
        ]

    def content(self) -> dict[str, Json]:
        """The routine's own facts."""
        return {
            "activity_type": self.activity_type.label,
            "where": self.get_where_display(),
            "areas": [area.name for area in self.ordered_areas()],
            "rule": self.rule,
            "anchor_on": self.anchor_on.isoformat(),
            "starts_on": self.starts_on.isoformat(),
            "ends_on": self.ends_on.isoformat() if self.ends_on else "",
            "at_time": f"{self.at_time:%H:%M}" if self.at_time else "",
            "minutes": self.minutes,
            "shift": self.shift,
            "on_closed": self.get_on_closed_display(),
            "opens_before_hours": self.opens_before_hours,
            "grace_hours": self.grace_hours,
            "exceptions": [" → ".join(filter(None, pair)) for pair in self.exceptions],
        }

    @property
    def often(self) -> str:
        """How often, as people say it: “every 2 weeks on Friday”."""
        return recurrence.words(self.rule)

    def forget_written(self) -> None:
        super().forget_written()
        self.known_areas = None

    def ordered_areas(self) -> Iterable[Area]:
        """The areas in the order they take turns."""
        if self.known_areas is not None:
            return self.known_areas
        return [row.area for row in self.areas.select_related("area").order_by("position", "pk")]


class RoutineArea(models.Model):
    """An area of a routine, and its turn."""

    routine = models.ForeignKey(Routine, on_delete=models.PROTECT, related_name="areas")
    area = models.ForeignKey(Area, on_delete=models.PROTECT, related_name="+")
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["routine", "area"], name="routine_area_once")]

    def __str__(self) -> str:
        return str(self.area)


class CannotMoveOn(Exception):
    """An occurrence cannot become this from where it stands."""


class OccurrenceQuerySet(models.QuerySet["Occurrence"]):
    def of_leader(self, user: User) -> OccurrenceQuerySet:
        """The user's own."""
        return self.filter(leader_id=user.person_id)

    def counted(self) -> OccurrenceQuerySet:
        """Those that make the denominator of adherence: done, late or missed; never excused or cancelled ones."""
        return self.filter(status__in=[Occurrence.Status.DONE, Occurrence.Status.LATE, Occurrence.Status.MISSED])

    def unexplained(self) -> OccurrenceQuerySet:
        """Missed, and nobody has said why."""
        return self.filter(status=Occurrence.Status.MISSED, explained_at=None)


class Occurrence(models.Model):
    """One planned time of a routine, as its version of that day planned it. Never deleted.

    ``rule_on`` is the day the rule gave, ``planned_on`` the day it is planned for, which a closure or the leader may
    have moved. It is done in time when the activity happened from ``opens_at`` until before ``closes_at``.
    """

    class Status(models.TextChoices):
        PLANNED = "planned", _("Planned")
        DONE = "done", _("Done in time")
        LATE = "late", _("Done late")
        MISSED = "missed", _("Missed")
        EXCUSED = "excused", _("Excused")
        CANCELLED = "cancelled", _("Cancelled")

    class Cause(models.TextChoices):
        LEAVE = "leave", _("On leave or ill")
        SHUTDOWN = "shutdown", _("The site or line stood still")
        CUSTOMER = "customer", _("A customer or an authority was here")
        EMERGENCY = "emergency", _("Something urgent came first")
        FORGOTTEN = "forgotten", _("Forgotten")
        UNSUITABLE = "unsuitable", _("The time no longer suits")
        OTHER = "other", _("Something else")

    TRANSITIONS = {
        Status.PLANNED: frozenset({Status.DONE, Status.LATE, Status.MISSED, Status.EXCUSED, Status.CANCELLED}),
        Status.DONE: frozenset({Status.PLANNED, Status.LATE, Status.MISSED}),
        Status.LATE: frozenset({Status.DONE, Status.MISSED}),
        Status.MISSED: frozenset({Status.DONE, Status.LATE, Status.EXCUSED}),
        Status.EXCUSED: frozenset({Status.PLANNED, Status.DONE, Status.LATE, Status.MISSED, Status.CANCELLED}),
        Status.CANCELLED: frozenset(),
    }

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    routine = models.ForeignKey(Routine, on_delete=models.PROTECT, related_name="occurrences")
    routine_version = models.PositiveIntegerField()
    leader = models.ForeignKey("qms.Person", on_delete=models.PROTECT, related_name="occurrences")
    site = models.ForeignKey("qms.Site", on_delete=models.PROTECT, related_name="+")
    activity_type = models.ForeignKey(ActivityType, on_delete=models.PROTECT, related_name="+")
    area = models.ForeignKey(Area, on_delete=models.PROTECT, null=True, related_name="+")
    rule_on = models.DateField()
    planned_on = models.DateField()
    begins_at = models.DateTimeField()
    opens_at = models.DateTimeField()
    closes_at = models.DateTimeField()
    status = models.CharField(max_length=12, choices=Status, default=Status.PLANNED)
    activity = models.OneToOneField(
        "leadership.Activity", on_delete=models.PROTECT, null=True, blank=True, related_name="occurrence"
    )
    is_matched = models.BooleanField(default=False, help_text=_("Found by leader, kind, area and window, not chosen."))
    cause = models.CharField(max_length=12, choices=Cause, blank=True)
    note = models.CharField(max_length=400, blank=True)
    explained_at = models.DateTimeField(null=True, blank=True)
    explained_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")

    objects = OccurrenceQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["leader", "planned_on"], name="occurrence_by_leader"),
            models.Index(fields=["site", "planned_on"], name="occurrence_by_site"),
            models.Index(fields=["closes_at"], name="occurrence_waiting", condition=models.Q(status="planned")),
        ]
        constraints = [
            models.UniqueConstraint(fields=["routine", "routine_version", "rule_on"], name="occurrence_once"),
            models.UniqueConstraint(
                fields=["routine", "planned_on"], condition=~models.Q(status="cancelled"), name="occurrence_one_a_day"
            ),
            models.CheckConstraint(
                condition=models.Q(status__in=["planned", "done", "late", "missed", "excused", "cancelled"]),
                name="occurrence_status_known",
            ),
            models.CheckConstraint(
                condition=(models.Q(status__in=["done", "late"]) & models.Q(activity__isnull=False))
                | (~models.Q(status__in=["done", "late"]) & models.Q(activity=None)),
                name="occurrence_done_by_an_activity",
            ),
            models.CheckConstraint(
                condition=~models.Q(status__in=["excused", "cancelled"]) | ~models.Q(note=""),
                name="occurrence_excused_with_words",
            ),
            models.CheckConstraint(
                condition=models.Q(explained_at=None) | ~models.Q(cause=""), name="occurrence_explained_with_a_cause"
            ),
            models.CheckConstraint(
                condition=models.Q(opens_at__lt=models.F("closes_at")), name="occurrence_window_in_order"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.routine_id}: {self.planned_on}"

    @property
    def is_moved(self) -> bool:
        """Whether it is planned for another day than the rule gave."""
        return self.planned_on != self.rule_on

    def move_on(self, status: str) -> None:
        """Set the status along TRANSITIONS. Raises CannotMoveOn, changing nothing."""
        if status not in self.TRANSITIONS[self.Status(self.status)]:
            raise CannotMoveOn(
                _("What is “%(now)s” cannot become “%(new)s”.")
                % {"now": self.get_status_display(), "new": self.Status(status).label}
            )
        self.status = status
