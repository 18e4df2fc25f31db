"""Recognition: who was thanked for doing what, and whether it may hang on the wall."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from qms.models import Commitment, Json, Phase, Record, RecordPerson, RecordQuerySet, Site, User


class RecognitionValue(models.Model):
    """Something this organization values, in its own words. Retired, never deleted; the slug never changes."""

    slug = models.SlugField(_("slug"), max_length=60, unique=True)
    label = models.CharField(_("name"), max_length=60)
    description = models.CharField(_("what it looks like"), max_length=200, blank=True)
    position = models.PositiveSmallIntegerField(_("order"), default=100)
    is_active = models.BooleanField(_("in use"), default=True)

    def __str__(self) -> str:
        return self.label

    @property
    def trail_key(self) -> str:
        return f"recognition-value:{self.slug}"[:60]


class RecognitionQuerySet(RecordQuerySet["Recognition"]):
    """Thanks; a private one is also seen by those it was given to."""

    def confidential_for(self, user: User) -> models.Q:
        """Those given to the user, beside one's own."""
        given = RecordPerson.objects.filter(part=RecordPerson.Part.THANKED, person_id=user.person_id)
        return super().confidential_for(user) | models.Q(pk__in=given.values("record_id"))

    def on_the_wall(self) -> RecognitionQuerySet:
        """Those colleagues may see on the wall: not private, not taken back, and nobody thanked would rather not."""
        Wall, Status = Recognition.Wall, Recognition.Status  # noqa: N806  classes
        return self.filter(status=Status.GIVEN, is_confidential=False, wall__in=[Wall.ASKED, Wall.AGREED])

    def on_screens(self) -> RecognitionQuerySet:
        """Those that may be shown where no log-in protects them: everybody thanked has agreed."""
        return self.on_the_wall().filter(wall=Recognition.Wall.AGREED)


class Recognition(Record):
    """Thanks from one person (``owner``) to people, a team or everybody in an area; ``title`` is what they did.

    Private thanks are confidential records. ``wall`` sums up what those thanked said (WallWish).
    """

    class Status(models.TextChoices):
        GIVEN = "given", _("Given")
        WITHDRAWN = "withdrawn", _("Withdrawn")

    class Wall(models.TextChoices):
        ASKED = "asked", _("Not everybody has been asked")
        AGREED = "agreed", _("Everybody thanked agrees")
        REFUSED = "refused", _("Rather not on the wall")

    KIND = "recognition"
    TRANSITIONS = {Status.GIVEN: frozenset({Status.WITHDRAWN}), Status.WITHDRAWN: frozenset()}
    PHASES = {Status.GIVEN: Phase.CLOSED, Status.WITHDRAWN: Phase.WITHDRAWN}

    status = models.CharField(max_length=12, choices=Status, default=Status.GIVEN, editable=False)
    value = models.ForeignKey(
        RecognitionValue, on_delete=models.PROTECT, null=True, blank=True, related_name="recognitions",
        verbose_name=_("value"),
    )  # fmt: skip
    commitment = models.ForeignKey(
        Commitment, on_delete=models.PROTECT, null=True, blank=True, related_name="recognitions",
        verbose_name=_("commitment"),
    )  # fmt: skip
    about = models.ForeignKey(
        Record, on_delete=models.PROTECT, null=True, blank=True, related_name="recognitions", verbose_name=_("about")
    )
    wall = models.CharField(_("on the wall"), max_length=8, choices=Wall, default=Wall.ASKED, editable=False)
    withdrawn_reason = models.CharField(_("why it was withdrawn"), max_length=400, blank=True)

    objects: ClassVar = RecognitionQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(status__in=["given", "withdrawn"]), name="recognition_status_known"
            ),
            models.CheckConstraint(
                condition=models.Q(wall__in=["asked", "agreed", "refused"]), name="recognition_wall_known"
            ),
            models.CheckConstraint(
                condition=models.Q(value__isnull=False) | models.Q(commitment__isnull=False),
                name="recognition_says_what_for",
            ),
        ]  # fmt: skip

    @property
    def shows(self) -> str:
        """The value or commitment it stands for, in words."""
        return str(self.value or self.commitment or "")

    def content(self) -> dict[str, Json]:
        """The thanks' own facts; ``title`` of the record is what they did."""
        return {
            "summary": self.title,
            "value": self.value.label if self.value else "",
            "commitment": self.commitment.label if self.commitment else "",
            "about": f"{self.about.reference} {self.about.title}" if self.about else "",
            "wall": str(self.get_wall_display()) if not self.is_confidential else "",
            "withdrawn_reason": self.withdrawn_reason,
        }


class WallWish(models.Model):
    """What one of those thanked said about hanging it up; ``said_by`` is the giver, where the giver passed it on."""

    class Wish(models.TextChoices):
        ASKED = "asked", _("Not asked yet")
        AGREED = "agreed", _("May hang on the wall")
        REFUSED = "refused", _("Rather not on the wall")

    participant = models.OneToOneField(RecordPerson, on_delete=models.CASCADE, related_name="wall_wish")
    wish = models.CharField(max_length=8, choices=Wish, default=Wish.ASKED)
    said_at = models.DateTimeField(null=True, blank=True)
    said_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(wish__in=["asked", "agreed", "refused"]), name="wall_wish_known"
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.participant}: {self.wish}"


class WallScreen(models.Model):
    """A screen that shows a site's wall without a log-in: whoever knows its address sees it, until it is revoked."""

    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="wall_screens", verbose_name=_("site"))
    name = models.CharField(_("where it hangs"), max_length=80)
    digest = models.CharField(max_length=64, unique=True, editable=False)
    made_at = models.DateTimeField()
    made_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    revoked_at = models.DateTimeField(null=True, blank=True)
    revoked_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")

    secret = ""
    """Not a column: the address of the screen just made, shown once."""

    def __str__(self) -> str:
        return f"{self.site}: {self.name}"

    @property
    def trail_key(self) -> str:
        return f"site:{self.site_id}"
