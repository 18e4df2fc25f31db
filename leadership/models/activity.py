"""Leadership activities: what a leader did, when, where, with whom."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from qms.models import Area, Json, Phase, Record, RecordQuerySet


class ActivityTypeQuerySet(models.QuerySet["ActivityType"]):
    def active(self) -> ActivityTypeQuerySet:
        return self.filter(is_active=True)

    def in_order(self) -> ActivityTypeQuerySet:
        return self.order_by("position", "pk")


class ActivityType(models.Model):
    """A kind of activity an administrator can word, order and retire. The slug never changes: mappings name it."""

    slug = models.SlugField(_("slug"), max_length=60, unique=True)
    label = models.CharField(_("name"), max_length=80)
    prefix = models.CharField(
        _("reference prefix"), max_length=8,
        validators=[RegexValidator(r"^[A-Z]{2,8}$", _("Two to eight capital letters, such as WALK."))],
    )  # fmt: skip
    icon = models.CharField(_("icon"), max_length=40, default="activity")
    hint = models.CharField(_("what to write"), max_length=200, blank=True)
    has_stops = models.BooleanField(_("has stops per area"), default=False)
    has_audience = models.BooleanField(_("asks for the size of the audience"), default=False)
    position = models.PositiveSmallIntegerField(_("order"), default=100)
    is_active = models.BooleanField(_("in use"), default=True)

    objects = ActivityTypeQuerySet.as_manager()

    def __str__(self) -> str:
        return self.label

    @property
    def trail_key(self) -> str:
        return f"activity-type:{self.slug}"[:60]


class Activity(Record):
    """A leadership act that happened: ``happened_at`` is its moment, ``occurred_on`` its date at the site."""

    class Status(models.TextChoices):
        DRAFT = "draft", _("Draft")
        LOGGED = "logged", _("Logged")
        WITHDRAWN = "withdrawn", _("Withdrawn")

    KIND = "activity"
    TRANSITIONS = {
        Status.DRAFT: frozenset({Status.LOGGED, Status.WITHDRAWN}),
        Status.LOGGED: frozenset({Status.WITHDRAWN}),
        Status.WITHDRAWN: frozenset(),
    }
    PHASES = {Status.DRAFT: Phase.DRAFT, Status.LOGGED: Phase.CLOSED, Status.WITHDRAWN: Phase.WITHDRAWN}

    status = models.CharField(max_length=12, choices=Status, default=Status.DRAFT, editable=False)
    activity_type = models.ForeignKey(
        ActivityType, on_delete=models.PROTECT, related_name="activities", verbose_name=_("kind")
    )
    happened_at = models.DateTimeField(_("when"))
    duration_minutes = models.PositiveSmallIntegerField(
        _("minutes"), null=True, blank=True, validators=[MinValueValidator(1), MaxValueValidator(1440)]
    )
    audience_size = models.PositiveIntegerField(_("size of the audience"), null=True, blank=True)
    notes = models.TextField(_("notes"), blank=True)
    late_reason = models.CharField(_("why it is entered late"), max_length=400, blank=True)
    withdrawn_reason = models.CharField(_("why it was withdrawn"), max_length=400, blank=True)

    known_stops: list[ActivityStop] | None = None
    """The stops of an activity that is being opened, as just written; None: read them."""

    objects: ClassVar = RecordQuerySet["Activity"].as_manager()

    class Meta:
        indexes = [
            models.Index(
                fields=["status"], name="activity_not_logged", condition=models.Q(status__in=["draft", "withdrawn"])
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(status__in=["draft", "logged", "withdrawn"]), name="activity_status_known"
            ),
        ]

    def content(self) -> dict[str, Json]:
        """The activity's own facts; ``title`` of the record is its one-sentence summary."""
        return {
            "activity_type": self.activity_type.label,
            "summary": self.title,
            "happened_at": self.happened_at.astimezone(self.site.zone).isoformat(timespec="minutes"),
            "duration_minutes": self.duration_minutes,
            "audience_size": self.audience_size,
            "notes": self.notes,
            "stops": [stop.content() for stop in self.ordered_stops()],
            "late_reason": self.late_reason,
            "withdrawn_reason": self.withdrawn_reason,
        }

    def forget_written(self) -> None:
        super().forget_written()
        self.known_stops = None

    def ordered_stops(self) -> Iterable[ActivityStop]:
        """The stops in the order of the walk."""
        if self.known_stops is not None:
            return self.known_stops
        return self.stops.select_related("area").order_by("position", "pk")


class ActivityStop(models.Model):
    """One stop of a walk: where, what was seen, what was heard, what was promised."""

    activity = models.ForeignKey(Activity, on_delete=models.PROTECT, related_name="stops")
    position = models.PositiveSmallIntegerField(default=0)
    area = models.ForeignKey(Area, on_delete=models.PROTECT, null=True, blank=True, verbose_name=_("area"))
    seen = models.CharField(_("seen"), max_length=600, blank=True)
    heard = models.CharField(_("heard"), max_length=600, blank=True)
    promised = models.CharField(_("promised"), max_length=600, blank=True)

    def __str__(self) -> str:
        return f"{self.position + 1}. {self.area or ''}"

    def content(self) -> dict[str, Json]:
        return {
            "area": self.area.name if self.area else "",
            "seen": self.seen,
            "heard": self.heard,
            "promised": self.promised,
        }
