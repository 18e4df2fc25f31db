"""Acknowledgement: people say that they have read and understood one version of a record."""

from __future__ import annotations

from datetime import date
from hashlib import sha256
from typing import ClassVar

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from qms.models import Area, Json, Person, Phase, Record, RecordQuerySet, Site, User


class AcknowledgementCampaign(Record):
    """A version of a record that people are asked to read, who they are, and until when.

    Whoever fits one of the ``for_…`` is asked; newcomers join and people who leave drop out, each with its time.
    ``subject_hash`` is the content hash of the version. It is evidence once ``target_percent`` of those asked have
    acknowledged; that day becomes its event date.
    """

    class Status(models.TextChoices):
        OPEN = "open", _("Open")
        REACHED = "reached", _("Reached")
        CLOSED = "closed", _("Closed")
        SHORT = "short", _("Ended short of its target")
        WITHDRAWN = "withdrawn", _("Withdrawn")

    KIND = "acknowledgement"
    TRANSITIONS = {
        Status.OPEN: frozenset({Status.REACHED, Status.SHORT, Status.WITHDRAWN}),
        Status.REACHED: frozenset({Status.CLOSED, Status.WITHDRAWN}),
        Status.CLOSED: frozenset(),
        Status.SHORT: frozenset(),
        Status.WITHDRAWN: frozenset(),
    }
    PHASES = {
        Status.OPEN: Phase.OPEN,
        Status.REACHED: Phase.OPEN,
        Status.CLOSED: Phase.CLOSED,
        Status.SHORT: Phase.CLOSED,
        Status.WITHDRAWN: Phase.WITHDRAWN,
    }
    RUNNING = (Status.OPEN, Status.REACHED)

    status = models.CharField(max_length=12, choices=Status, default=Status.OPEN, editable=False)
    subject = models.ForeignKey(Record, on_delete=models.PROTECT, related_name="acknowledgement_campaigns")
    subject_version = models.PositiveIntegerField()
    subject_hash = models.CharField(max_length=64)
    target_percent = models.PositiveSmallIntegerField(
        _("reached at"), default=95, validators=[MinValueValidator(1), MaxValueValidator(100)]
    )
    for_sites = models.ManyToManyField(Site, blank=True, related_name="+")
    for_areas = models.ManyToManyField(Area, blank=True, related_name="+")
    for_people = models.ManyToManyField(Person, blank=True, related_name="+")
    for_job_titles = models.JSONField(default=list, blank=True)
    audience = models.TextField(_("who is asked"))
    question = models.CharField(_("question"), max_length=300, blank=True)
    right_answer = models.CharField(_("right answer"), max_length=300, blank=True)
    wrong_answers = models.JSONField(default=list, blank=True)
    explanation = models.TextField(_("explanation"), max_length=1000, blank=True)
    reminded_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects: ClassVar = RecordQuerySet["AcknowledgementCampaign"].as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(status__in=["open", "reached", "closed", "short", "withdrawn"]),
                name="acknowledgement_status_known",
            ),
            models.CheckConstraint(
                condition=models.Q(target_percent__gte=1, target_percent__lte=100), name="acknowledgement_target_sound"
            ),
        ]

    def content(self) -> dict[str, Json]:
        """What is asked of whom; the right answer stays out, since everybody may read this."""
        return {
            "subject": f"{self.subject.reference} {self.subject.title}",
            "subject_version": self.subject_version,
            "subject_hash": self.subject_hash,
            "audience": self.audience,
            "target_percent": self.target_percent,
            "question": self.question,
        }

    @property
    def choices(self) -> list[str]:
        """The answers to choose from, in an order that says nothing and is the same for everybody; none: own words."""
        answers = [self.right_answer, *self.wrong_answers] if self.right_answer else []
        return sorted(answers, key=lambda text: sha256(f"{self.uid}{text}".encode()).hexdigest())

    def is_overdue(self, today: date) -> bool:
        """Whether it runs past its day."""
        return self.status in self.RUNNING and self.due_on is not None and self.due_on < today


class AddresseeQuerySet(models.QuerySet["Addressee"]):
    def asked(self) -> AddresseeQuerySet:
        """Who is asked and still here."""
        return self.filter(left_at=None)

    def missing(self) -> AddresseeQuerySet:
        """Who is still here and has not acknowledged a campaign that runs."""
        running = models.Q(campaign__status__in=AcknowledgementCampaign.RUNNING)
        return self.filter(running, left_at=None, acknowledged_at=None)


class Addressee(models.Model):
    """One person asked by one campaign. ``area`` is where the person worked when joining or, later, acknowledging.

    Of a secret link only the digest is kept. ``acknowledged_at`` repeats the acknowledgement's, for counting.
    """

    campaign = models.ForeignKey(AcknowledgementCampaign, on_delete=models.PROTECT, related_name="addressees")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="addressed")
    area = models.ForeignKey(Area, on_delete=models.PROTECT, null=True, related_name="+")
    joined_at = models.DateTimeField()
    left_at = models.DateTimeField(null=True)
    acknowledged_at = models.DateTimeField(null=True)
    token_digest = models.CharField(max_length=64, null=True, unique=True)
    is_handed_over = models.BooleanField(default=False)
    told_at = models.DateTimeField(null=True)
    wrong_answers = models.PositiveSmallIntegerField(default=0)
    failed_pins = models.PositiveSmallIntegerField(default=0)

    objects = AddresseeQuerySet.as_manager()

    secret_link = ""
    """Not a column: the link just made, shown once to who hands it on."""

    class Meta:
        constraints = [models.UniqueConstraint(fields=["campaign", "person"], name="addressee_once")]
        indexes = [
            models.Index(
                fields=["campaign", "area"], condition=models.Q(left_at=None, acknowledged_at=None),
                name="addressee_missing",
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.campaign_id}: {self.person_id}"


class Acknowledgement(models.Model):
    """One person's word that a version was read and understood. Triggers refuse any change.

    ``wrong_answers`` counts the tries before the right answer; ``words`` are those of a question without choices.
    """

    class Way(models.TextChoices):
        ACCOUNT = "account", _("with their own log-in")
        MAIL = "mail", _("by a link mailed to them")
        HANDED = "handed", _("by a link handed over")
        PIN = "pin", _("at the QR code with their PIN")

    campaign = models.ForeignKey(AcknowledgementCampaign, on_delete=models.PROTECT, related_name="acknowledgements")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="acknowledgements")
    at = models.DateTimeField()
    by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    way = models.CharField(max_length=8, choices=Way)
    subject_version = models.PositiveIntegerField()
    subject_hash = models.CharField(max_length=64)
    language = models.CharField(max_length=16, blank=True)
    words = models.CharField(max_length=400, blank=True)
    wrong_answers = models.PositiveSmallIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["campaign", "person"], name="acknowledgement_once"),
            models.CheckConstraint(
                condition=models.Q(way__in=["account", "mail", "handed", "pin"]), name="acknowledgement_way_known"
            ),
            models.CheckConstraint(
                condition=models.Q(by=None) | models.Q(way="account"), name="acknowledgement_by_account_only"
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.campaign_id}: {self.person_id}"
