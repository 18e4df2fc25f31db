"""Record: the one table that everything the system keeps hangs on."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any, TypeVar

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from qms.models.person import Person, User
from qms.models.site import Area, Site
from qms.permissions import Permission

if TYPE_CHECKING:
    from datetime import datetime

RecordT = TypeVar("RecordT", bound="Record")
# JSON as it stands in a version's content: text, numbers, lists and objects of the same.
Json = Any


class Phase(models.TextChoices):
    """Where any record stands, whatever its own status is called."""

    DRAFT = "draft", _("Draft")
    OPEN = "open", _("Open")
    CLOSED = "closed", _("Closed")
    WITHDRAWN = "withdrawn", _("Withdrawn")


class RecordQuerySet(models.QuerySet[RecordT]):
    """Queries every kind of record shares; lists, pages, exports, charts and packs all start at ``visible_to``."""

    def visible_to(self, user: User) -> RecordQuerySet[RecordT]:
        """Records the user may see: own sites, not confidential unless allowed or own, drafts only one's own."""
        if not user.is_authenticated or not user.can(Permission.RECORD_VIEW):
            return self.none()
        rows = self if user.has_all_sites else self.at_sites_of(user)
        rows = rows.filter(~models.Q(phase=Phase.DRAFT) | self.drafts_for(user))
        if not user.can(Permission.CONFIDENTIAL_VIEW):
            rows = rows.filter(models.Q(is_confidential=False) | self.confidential_for(user))
        return rows

    def at_sites_of(self, user: User) -> RecordQuerySet[RecordT]:
        """Records of the sites the user's rights reach; a kind that concerns more than its site says more."""
        return self.filter(site_id__in=user.visible_site_ids)

    def confidential_for(self, user: User) -> models.Q:
        """Which confidential records anybody may see: one's own; a kind may say more."""
        return models.Q(recorded_by=user) | models.Q(owner_id=user.person_id)

    def drafts_for(self, user: User) -> models.Q:
        """Which drafts the user may see: one's own; a kind that somebody else approves says more."""
        return models.Q(recorded_by=user)

    def newest_first(self) -> RecordQuerySet[RecordT]:
        """By event date, then by entry, newest first; rides on the index ``record_by_event``."""
        return self.order_by("-occurred_on", "-pk")

    def locked(self) -> RecordQuerySet[RecordT]:
        """Lock the parent rows until the transaction ends (whole-database lock on SQLite, by IMMEDIATE)."""
        return self.select_for_update(of=("self",)) if self.model is Record else self.select_for_update()


class Record(models.Model):
    """What every kept thing shares. Children add only their own fields and a ``status`` with TRANSITIONS.

    ``occurred_on`` is the event date in the site's time zone; ``recorded_at`` is the server's clock and never changes.
    """

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    kind = models.CharField(max_length=40, editable=False)
    reference = models.CharField(_("reference"), max_length=40, unique=True, editable=False)
    site = models.ForeignKey(  # record_by_site serves it
        Site, on_delete=models.PROTECT, related_name="records", verbose_name=_("site"), db_index=False
    )
    area = models.ForeignKey(
        Area, on_delete=models.PROTECT, null=True, blank=True, related_name="records", verbose_name=_("area")
    )
    title = models.CharField(_("title"), max_length=240)
    owner = models.ForeignKey(  # record_by_owner serves it
        Person, on_delete=models.PROTECT, related_name="owned_records", verbose_name=_("owner"), db_index=False
    )
    occurred_on = models.DateField(_("event date"))
    recorded_at = models.DateTimeField(_("recorded"), editable=False)
    recorded_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, editable=False, related_name="+")
    phase = models.CharField(max_length=12, choices=Phase, default=Phase.DRAFT, editable=False)
    due_on = models.DateField(_("due"), null=True, blank=True)
    review_on = models.DateField(_("next review"), null=True, blank=True)
    is_confidential = models.BooleanField(_("confidential"), default=False)
    version = models.PositiveIntegerField(default=0, editable=False)

    objects = RecordQuerySet["Record"].as_manager()

    known_people: list[RecordPerson] | None = None
    """The people of a record that is being opened, as just written; None: read them."""

    KIND = ""
    """The kind's slug in the registry; each child sets its own."""
    TRANSITIONS: dict[str, frozenset[str]] = {}
    """From status to the statuses it may move to; only services move it."""
    PHASES: dict[str, str] = {}
    """From the child's status to the parent's phase."""

    class Meta:
        indexes = [
            models.Index(fields=["kind", "site", "-occurred_on", "-id"], name="record_by_event"),
            models.Index(fields=["site", "-occurred_on", "-id"], name="record_by_site"),
            models.Index(fields=["kind", "-occurred_on", "-id"], name="record_by_kind"),
            models.Index(
                fields=["kind", "site", "-occurred_on", "-id"], name="record_confidential",
                condition=models.Q(is_confidential=True),
            ),
            models.Index(fields=["due_on", "phase"], name="record_by_due"),
            models.Index(fields=["owner", "phase", "due_on"], name="record_by_owner"),
            # boards of actions: without the kind, a board would walk everything else that is open
            models.Index(
                fields=["owner", "phase", "due_on", "id"], name="record_action_by_owner",
                condition=models.Q(kind="improvement_action"),
            ),
            models.Index(
                fields=["due_on", "id"], name="record_action_open",
                condition=models.Q(kind="improvement_action", phase="open"),
            ),
            models.Index(  # what reminders look through, again and again
                fields=["due_on", "id"], name="record_due_open",
                condition=models.Q(phase=Phase.OPEN, due_on__isnull=False),
            ),
            models.Index(
                fields=["review_on", "id"], name="record_review_open",
                condition=models.Q(phase=Phase.OPEN, review_on__isnull=False),
            ),
        ]  # fmt: skip
        constraints = [
            models.CheckConstraint(condition=models.Q(phase__in=Phase.values), name="record_phase_known"),
        ]

    def __str__(self) -> str:
        return f"{self.reference} {self.title}"

    @property
    def trail_key(self) -> str:
        return f"record:{self.uid}"

    @property
    def is_late(self) -> bool:
        """Recorded more than 24 hours after the end of the event day, in the site's time zone."""
        return (self.recorded_at.astimezone(self.site.zone).date() - self.occurred_on).days > 1

    def forget_written(self) -> None:
        """From now on read people, and what rows of its own a child has, from the database."""
        self.known_people = None

    def content(self) -> dict[str, Json]:
        """The child's own facts, in reading order, as they are frozen into a version; children override it."""
        return {}

    def follow_up_rows(self) -> Any:
        """The actions the record's page lists as follow-ups: those that came from it; a kind may add others."""
        return self.follow_ups.all()

    def people(self) -> list[RecordPerson]:
        """Those who took part, leaders first, in the order they were entered."""
        return sorted(self.participants.all(), key=lambda p: (p.part != RecordPerson.Part.LEADER, p.position, p.pk))


class RecordPerson(models.Model):
    """Somebody's part in a record, with the name as it was at that time; a free name has no ``person``."""

    class Part(models.TextChoices):
        LEADER = "leader", _("Leader")
        MET = "met", _("Met")
        THANKED = "thanked", _("Thanked")

    record = models.ForeignKey(Record, on_delete=models.PROTECT, related_name="participants")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, blank=True, related_name="participations")
    name = models.CharField(max_length=160)
    part = models.CharField(max_length=12, choices=Part, default=Part.MET)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["record", "person", "part"], condition=models.Q(person__isnull=False), name="participant_once"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class RecordVersion(models.Model):
    """The content of one version of a record, frozen when it was sealed. Triggers refuse any change.

    ``content`` is canonical JSON text; ``content_hash`` is its SHA-256 in hexadecimal.
    """

    record = models.ForeignKey(Record, on_delete=models.PROTECT, related_name="versions", db_index=False)
    version = models.PositiveIntegerField()
    at = models.DateTimeField()
    content = models.TextField()
    content_hash = models.CharField(max_length=64)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["record", "version"], name="version_once_per_record")]

    def __str__(self) -> str:
        return f"{self.record_id} v{self.version}"


class ReferenceCounter(models.Model):
    """The last number given per prefix, site and year; its row is locked while a number is taken."""

    prefix = models.CharField(max_length=12)
    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="+")
    year = models.PositiveSmallIntegerField()
    last = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["prefix", "site", "year"], name="counter_once")]

    def __str__(self) -> str:
        return f"{self.prefix}-{self.year}: {self.last}"


def site_today(site: Site, at: datetime | None = None) -> Any:
    """Today's date where the site is."""
    return (at or timezone.now()).astimezone(site.zone).date()
