"""Corroboration: people who were there say whether it happened, without a log-in."""

from __future__ import annotations

from django.db import models
from django.db.models import Count, F, Window
from django.db.models.functions import Mod, RowNumber
from django.utils.translation import gettext_lazy as _

from leadership.models.activity import Activity
from qms.models import RecordPerson, User


class Invitation(models.Model):
    """One person's chance to answer for one activity, by a secret link or by the activity's QR code with a PIN.

    Only hashes of the token and the PIN are kept. ``answered_at`` says that, never what, the person answered; it is the
    start of the day, so that no time can be matched with an answer. How the person came in (``answered_through``) is
    kept here and not at the answer, for the same reason; a link that the leader saw may have been used by the leader.
    """

    class Way(models.TextChoices):
        MAIL = "mail", _("by a link mailed to them")
        HANDED = "handed", _("by a link the leader handed over")
        PIN = "pin", _("at the QR code with their PIN")
        ACCOUNT = "account", _("with their own log-in")

    activity = models.ForeignKey(Activity, on_delete=models.PROTECT, related_name="invitations")
    participant = models.OneToOneField(RecordPerson, on_delete=models.CASCADE, related_name="invitation")
    token_hash = models.CharField(max_length=64, unique=True)
    pin_hash = models.CharField(max_length=128, blank=True)
    failed_pins = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    expires_at = models.DateTimeField()
    answered_at = models.DateTimeField(null=True, blank=True)
    is_handed_over = models.BooleanField(default=False, help_text=_("Its link was shown to who asked, to hand it on."))
    answered_through = models.CharField(max_length=8, choices=Way, blank=True)

    email = ""
    """Not a column: where the invitation just made is sent."""
    secret_link = ""
    """Not a column: the link of the invitation just made, shown once to who made it."""

    def __str__(self) -> str:
        return f"{self.activity_id}: {self.participant}"


class AnswerQuerySet(models.QuerySet["Answer"]):
    """The only way answers are read for a page, an export or a pack: ``shown``."""

    STEP = 5

    def shown(self) -> AnswerQuerySet:
        """Answers that may be shown: of each activity none of fewer than five, and then its oldest whole fives.

        In steps of five nobody learns one person's answer by comparing the figures before and after it came in; and
        since a sum over several activities holds exactly what their own pages show, taking one from the other tells
        nothing either. Filter by activity only: a filter by answer would make other fives of the same answers.
        """
        everything = Window(Count("pk"), partition_by=F("activity_id"))
        place = Window(RowNumber(), partition_by=F("activity_id"), order_by=F("pk").asc())
        return self.annotate(place=place, whole=everything - Mod(everything, self.STEP)).filter(place__lte=F("whole"))


class Answer(models.Model):
    """One answer. An anonymous one has no ``participant``; shown only when five or more are there (product rule 7)."""

    class Happened(models.TextChoices):
        YES = "yes", _("Yes, it happened")
        PARTLY = "partly", _("Not quite like that")
        NO = "no", _("No")

    class Point(models.TextChoices):
        ANSWERED = "answered", _("My point was answered")
        OPEN = "open", _("Still open")
        NONE = "none", _("I raised nothing")

    activity = models.ForeignKey(Activity, on_delete=models.PROTECT, related_name="answers")
    participant = models.ForeignKey(
        RecordPerson, on_delete=models.SET_NULL, null=True, blank=True, related_name="answers"
    )
    happened = models.CharField(max_length=12, choices=Happened)
    point = models.CharField(max_length=12, choices=Point, default=Point.NONE)
    words = models.CharField(max_length=400, blank=True)
    answered_on = models.DateField()

    objects = AnswerQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.activity_id}: {self.happened}"
