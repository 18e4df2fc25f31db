"""Communications: what was told to whom, by whom, when, and what they asked (clauses 5.1.1, 5.2.2, 7.3 and 7.4)."""

from __future__ import annotations

from typing import ClassVar

from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from qms.models import Area, Json, Person, Phase, Record, RecordQuerySet, User


class Communication(Record):
    """Something told to people. It counts from the day it was given (the event date), never while it is planned.

    ``owner`` is who spoke, and answers what was asked. One written up from a logged act names it as ``source`` and
    counts no second time: the act does (no mapping is for that ``origin``).
    """

    class Status(models.TextChoices):
        PLANNED = "planned", _("Planned")
        GIVEN = "given", _("Given")
        WITHDRAWN = "withdrawn", _("Withdrawn")

    class Channel(models.TextChoices):
        TOWN_HALL = "town_hall", _("Town hall")
        SHIFT_TALK = "shift_talk", _("Talk at the shift")
        TRAINING = "training", _("Training")
        BOARD = "board", _("Notice board")
        MAIL = "mail", _("E-mail or letter")
        VIDEO = "video", _("Video")
        OTHER = "other", _("Other")

    class Origin(models.TextChoices):
        OWN = "own", _("Standing by itself")
        FROM_ACTIVITY = "from-activity", _("Written up from a logged act")

    KIND = "communication"
    TRANSITIONS = {
        Status.PLANNED: frozenset({Status.GIVEN, Status.WITHDRAWN}),
        Status.GIVEN: frozenset({Status.WITHDRAWN}),
        Status.WITHDRAWN: frozenset(),
    }
    PHASES = {Status.PLANNED: Phase.OPEN, Status.GIVEN: Phase.CLOSED, Status.WITHDRAWN: Phase.WITHDRAWN}

    status = models.CharField(max_length=12, choices=Status, default=Status.PLANNED, editable=False)
    message = models.TextField(_("what was said"))
    channel = models.CharField(_("how"), max_length=12, choices=Channel, default=Channel.SHIFT_TALK)
    areas = models.ManyToManyField(Area, blank=True, related_name="+", verbose_name=_("areas"))
    job_titles = models.JSONField(_("job titles"), default=list, blank=True)
    audience = models.CharField(_("others"), max_length=300, blank=True)
    audience_size = models.PositiveIntegerField(
        _("how many people"), null=True, blank=True, validators=[MinValueValidator(1)]
    )
    source = models.OneToOneField(
        Record, on_delete=models.PROTECT, null=True, blank=True, editable=False, related_name="communication_from",
        verbose_name=_("written up from"),
    )  # fmt: skip
    origin = models.CharField(max_length=16, choices=Origin, default=Origin.OWN, editable=False)
    questions_until_on = models.DateField(_("questions by link until"), null=True, blank=True)

    objects: ClassVar = RecordQuerySet["Communication"].as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=["planned", "given", "withdrawn"]), name="communication_status_known"
            ),
            models.CheckConstraint(condition=~Q(message=""), name="communication_says_something"),
            models.CheckConstraint(
                condition=Q(origin="own", source=None) | Q(origin="from-activity", source__isnull=False),
                name="communication_origin_fits_source",
            ),
        ]

    @cached_property
    def known_areas(self) -> list[Area]:
        """The areas it was for; read once per instance."""
        return list(self.areas.order_by("name", "pk")) if self.pk else []

    @cached_property
    def known_questions(self) -> list[CommunicationQuestion]:
        """What was asked, oldest first; read once per instance."""
        if not self.pk or self.version < 1:
            return []
        return list(self.questions.select_related("asked_by", "answered_by").order_by("asked_on", "pk"))

    @property
    def audience_words(self) -> str:
        """Everybody it was for, in words."""
        parts = [*(area.name for area in self.known_areas), *self.job_titles, self.audience]
        return ", ".join(filter(None, parts))

    def forget_areas(self) -> None:
        """Read the areas anew when next asked."""
        self.__dict__.pop("known_areas", None)

    def forget_written(self) -> None:
        super().forget_written()
        for name in ("known_areas", "known_questions"):
            self.__dict__.pop(name, None)

    def content(self) -> dict[str, Json]:
        """What was said to whom, and the questions with their answers."""
        return {
            "message": self.message,
            "channel": str(self.get_channel_display()),
            "audience": self.audience_words,
            "audience_size": self.audience_size,
            "source": f"{self.source.reference} {self.source.title}" if self.source else "",
            "questions_until_on": self.questions_until_on.isoformat() if self.questions_until_on else "",
            "questions": [question.content() for question in self.known_questions],
        }


class CommunicationQuestion(models.Model):
    """A question to a communication, on the spot or later by link; an anonymous one has neither person nor name."""

    class Way(models.TextChoices):
        SPOT = "spot", _("on the spot")
        ACCOUNT = "account", _("later, by log-in")
        LINK = "link", _("later, by link or code")

    communication = models.ForeignKey(Communication, on_delete=models.PROTECT, related_name="questions")
    text = models.CharField(_("question"), max_length=400)
    asked_by = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    asker = models.CharField(_("asked by"), max_length=160, blank=True)
    asked_on = models.DateField(_("asked"))
    way = models.CharField(max_length=8, choices=Way, default=Way.SPOT)
    answer = models.TextField(_("answer"), blank=True)
    answered_by = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    answered_on = models.DateField(_("answered"), null=True, blank=True)
    entered_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    entered_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(answer="", answered_by=None, answered_on=None)
                | ~Q(answer="") & Q(answered_by__isnull=False, answered_on__gte=models.F("asked_on")),
                name="communication_question_answered_by_somebody",
            ),
            models.CheckConstraint(condition=~Q(text=""), name="communication_question_asks_something"),
        ]
        indexes = [
            models.Index(fields=["communication"], condition=Q(answer=""), name="communication_question_open"),
        ]

    def __str__(self) -> str:
        return self.text

    @property
    def asker_words(self) -> str:
        """Who asked, or that nobody says."""
        return self.asked_by.name if self.asked_by else self.asker or str(_("without a name"))

    def content(self) -> dict[str, Json]:
        """What a version keeps of it."""
        return {
            "question": self.text,
            "asked by": self.asker_words,
            "asked": self.asked_on.isoformat(),
            "answer": self.answer,
            "answered by": self.answered_by.name if self.answered_by else "",
            "answered": self.answered_on.isoformat() if self.answered_on else "",
        }
