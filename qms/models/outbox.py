"""The outbox: everything that is sent to somebody, from the decision to send it until it was sent or given up."""

from __future__ import annotations

import uuid
from urllib.parse import urlsplit

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from qms.models.person import Person


class Concern(models.TextChoices):
    """What somebody is told for."""

    ACT = "act", _("You must act")
    NEWS = "news", _("News")
    WATCHED = "watched", _("You watch it")


class OutboxMessage(models.Model):
    """One letter or notice to one person.

    Only the name of the letter and the id of what it is about are kept, with facts that are no secret (``facts``); it
    is composed when it is sent. Whom it went to, when and with which subject are kept as evidence (``sent_at``,
    ``to_sha256`` of the address in small letters, ``subject_sha256``): the database refuses to change them afterwards.
    ``key`` makes a letter the only one of its kind where it must be: the same key is never in the table twice.
    """

    class Status(models.TextChoices):
        PENDING = "pending", _("Waiting")
        CLAIMED = "claimed", _("Being sent")
        SENT = "sent", _("Sent")
        FAILED = "failed", _("Failed, will be tried again")
        DEAD = "dead", _("Given up")
        DROPPED = "dropped", _("Not needed any more")

    class Channel(models.TextChoices):
        MAIL = "mail", _("E-mail")
        IN_APP = "in_app", _("In the product")

    TRANSITIONS = {
        Status.PENDING: frozenset({Status.CLAIMED, Status.DROPPED}),
        Status.CLAIMED: frozenset({Status.SENT, Status.FAILED, Status.DEAD, Status.DROPPED, Status.PENDING}),
        Status.FAILED: frozenset({Status.CLAIMED, Status.DROPPED}),
        Status.DEAD: frozenset({Status.PENDING, Status.DROPPED}),
        Status.SENT: frozenset(),
        Status.DROPPED: frozenset(),
    }
    """From CLAIMED back to PENDING: its sender was silent for too long. From DEAD to PENDING: somebody resends it."""

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    key = models.CharField(max_length=120, unique=True, null=True, blank=True)
    letter = models.CharField(max_length=60)
    channel = models.CharField(max_length=8, choices=Channel, default=Channel.MAIL)
    concern = models.CharField(max_length=8, choices=Concern, default=Concern.ACT)
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="outbox_messages")
    about = models.BigIntegerField(null=True, blank=True, help_text=_("The id of what the letter is about."))
    facts = models.JSONField(default=dict, blank=True)
    subject = models.CharField(max_length=300, blank=True)
    status = models.CharField(max_length=8, choices=Status, default=Status.PENDING)
    created_at = models.DateTimeField()
    next_at = models.DateTimeField(help_text=_("Not sent before."))
    claimed_at = models.DateTimeField(null=True, blank=True)
    claim_token = models.CharField(max_length=32, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    failed_reason = models.CharField(max_length=400, blank=True)
    dropped_reason = models.CharField(max_length=400, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    to_sha256 = models.CharField(max_length=64, blank=True)
    subject_sha256 = models.CharField(max_length=64, blank=True)
    resends = models.ForeignKey("self", on_delete=models.PROTECT, null=True, blank=True, related_name="resent")

    class Meta:
        indexes = [
            models.Index(
                fields=["next_at", "id"], name="outbox_to_send", condition=models.Q(status__in=["pending", "failed"])
            ),
            models.Index(fields=["claimed_at"], name="outbox_claimed", condition=models.Q(status="claimed")),
            models.Index(fields=["status", "-created_at"], name="outbox_by_status"),
            models.Index(fields=["letter", "about"], name="outbox_by_subject"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(status__in=["pending", "claimed", "sent", "failed", "dead", "dropped"]),
                name="outbox_status_known",
            ),
            models.CheckConstraint(
                condition=~models.Q(status="sent")
                | models.Q(sent_at__isnull=False) & ~models.Q(to_sha256="") & ~models.Q(subject_sha256=""),
                name="outbox_sent_says_when_and_to_whom",
            ),
            models.CheckConstraint(
                condition=~models.Q(status="claimed") | models.Q(claimed_at__isnull=False) & ~models.Q(claim_token=""),
                name="outbox_claim_has_a_holder",
            ),
            models.CheckConstraint(
                condition=~models.Q(status__in=["failed", "dead"]) | ~models.Q(failed_reason=""),
                name="outbox_failure_has_a_reason",
            ),
            models.CheckConstraint(
                condition=~models.Q(status="dropped") | ~models.Q(dropped_reason=""), name="outbox_drop_has_a_reason"
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.letter} → {self.person_id}"

    @property
    def trail_key(self) -> str:
        return f"outbox:{self.uid}"

    @property
    def message_id(self) -> str:
        """The Message-ID of the mail: the same at every try, so that a second copy can be recognized as one."""
        return f"<{self.uid}@{urlsplit(settings.PUBLIC_URL).hostname or 'localhost'}>"
