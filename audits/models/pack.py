"""Evidence packs: a frozen selection of record versions, printed as one signed PDF."""

from __future__ import annotations

from typing import ClassVar, cast

from django.db import models
from django.utils.translation import gettext_lazy as _

from qms.models import Clause, Job, Json, Person, Phase, Record, RecordQuerySet, Site, StandardEdition, User


def pack_stored_as(pack: Pack, filename: str) -> str:  # noqa: ARG001  Django passes both
    return f"packs/{pack.uid.hex[:2]}/{pack.uid.hex}.pdf"


def part_stored_as(part: PackPart, filename: str) -> str:  # noqa: ARG001  Django passes both
    return f"packs/parts/{part.pack_id}/{part.position:04d}.pdf"


class PackQuerySet(RecordQuerySet["Pack"]):
    def visible_to(self, user: User) -> PackQuerySet:
        """Packs whose every site the user may see; one that holds confidential records is confidential itself."""
        rows = cast("PackQuerySet", super().visible_to(user))
        if user.is_authenticated and not user.has_all_sites:
            rows = rows.exclude(
                pk__in=Pack.sites.through.objects.exclude(site_id__in=user.visible_site_ids).values("pack_id")
            )
        return rows


class Pack(Record):
    """A request for evidence and what became of it. ``occurred_on`` is the day of the cut-off at the pack's site.

    ``frozen`` holds everything that is printed and is not a record version (canonical JSON text): scope, mappings,
    coverage, people, checkpoint. The period is by event date, both ends included.
    """

    class Status(models.TextChoices):
        REQUESTED = "requested", _("Waiting")
        BUILDING = "building", _("Being built")
        READY = "ready", _("Ready")
        FAILED = "failed", _("Failed")
        SUPERSEDED = "superseded", _("Superseded")

    class Names(models.TextChoices):
        FULL = "full", _("Full names")
        INITIALS = "initials", _("Initials only")

    KIND = "pack"
    TRANSITIONS = {
        Status.REQUESTED: frozenset({Status.BUILDING, Status.FAILED}),
        Status.BUILDING: frozenset({Status.READY, Status.FAILED}),
        Status.FAILED: frozenset({Status.BUILDING}),
        Status.READY: frozenset({Status.SUPERSEDED}),
        Status.SUPERSEDED: frozenset(),
    }
    PHASES = {
        Status.REQUESTED: Phase.OPEN,
        Status.BUILDING: Phase.OPEN,
        Status.FAILED: Phase.OPEN,
        Status.READY: Phase.CLOSED,
        Status.SUPERSEDED: Phase.CLOSED,
    }

    status = models.CharField(max_length=12, choices=Status, default=Status.REQUESTED, editable=False)
    edition = models.ForeignKey(StandardEdition, on_delete=models.PROTECT, verbose_name=_("edition"))
    sites = models.ManyToManyField(Site, related_name="packs", verbose_name=_("sites"))
    clauses = models.ManyToManyField(Clause, related_name="packs", verbose_name=_("clauses"))
    from_on = models.DateField(_("from"))
    to_on = models.DateField(_("to"))
    purpose = models.CharField(_("purpose"), max_length=200, blank=True)
    has_photos = models.BooleanField(_("with photos"), default=True)
    names = models.CharField(_("personal names"), max_length=12, choices=Names, default=Names.FULL)
    cutoff_at = models.DateTimeField(null=True, editable=False)
    frozen = models.TextField(blank=True, editable=False)
    sampling_seed = models.CharField(max_length=32, blank=True, editable=False)
    item_count = models.PositiveIntegerField(default=0, editable=False)
    page_count = models.PositiveIntegerField(default=0, editable=False)
    file = models.FileField(upload_to=pack_stored_as, max_length=200, blank=True, editable=False)
    file_size = models.PositiveBigIntegerField(default=0, editable=False)
    sha256 = models.CharField(max_length=64, blank=True, editable=False, db_index=True)
    unsigned_sha256 = models.CharField(max_length=64, blank=True, editable=False, db_index=True)
    manifest_sha256 = models.CharField(max_length=64, blank=True, editable=False)
    signer = models.CharField(max_length=200, blank=True, editable=False)
    signer_fingerprint = models.CharField(max_length=64, blank=True, editable=False)
    supersedes = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="superseded_by"
    )
    job = models.ForeignKey(Job, on_delete=models.PROTECT, null=True, related_name="packs", editable=False)
    failure = models.TextField(blank=True, editable=False)

    objects: ClassVar = PackQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(to_on__gte=models.F("from_on")), name="pack_period_ordered",
                violation_error_message=_("The period must end on or after the day it starts."),
            ),
            models.CheckConstraint(
                condition=models.Q(status__in=["requested", "building", "ready", "failed", "superseded"]),
                name="pack_status_known",
            ),
        ]  # fmt: skip

    def content(self) -> dict[str, Json]:
        """The pack's own facts."""
        return {
            "edition": self.edition.slug,
            "sites": list(self.sites.order_by("code").values_list("code", flat=True)),
            "clauses": [c.slug for c in self.clauses.select_related("commitment").order_by("sort_key")],
            "from_on": self.from_on.isoformat(),
            "to_on": self.to_on.isoformat(),
            "purpose": self.purpose,
            "names": self.names,
            "has_photos": self.has_photos,
            "cutoff_at": self.cutoff_at.isoformat() if self.cutoff_at else "",
            "items": self.item_count,
            "pages": self.page_count,
            "unsigned_sha256": self.unsigned_sha256,
            "sha256": self.sha256,
            "manifest_sha256": self.manifest_sha256,
            "signer": self.signer,
            "signer_fingerprint": self.signer_fingerprint,
            "failure": self.failure,
        }


class PackItem(models.Model):
    """One record version in a pack, for one clause.

    ``position`` is the record's number in the pack, the same in all its rows; its sheet is printed with the clause of
    the row that ``is_home``. That row also holds, as canonical JSON in ``extra``, what else is printed of the record:
    its signatures and the facts of its files. ``chain_length`` and ``chain_head`` are its trail at the cut-off.
    """

    class Standing(models.TextChoices):
        COUNTS = "counts", _("Counts as evidence")
        NOT_COUNTED = "not_counted", _("Does not count yet")
        WITHDRAWN = "withdrawn", _("Withdrawn")

    pack = models.ForeignKey(Pack, on_delete=models.PROTECT, related_name="items")
    record = models.ForeignKey(Record, on_delete=models.PROTECT, related_name="pack_items")
    clause = models.ForeignKey(Clause, on_delete=models.PROTECT, related_name="+")
    mapping_id_frozen = models.BigIntegerField()
    version = models.PositiveIntegerField()
    content_hash = models.CharField(max_length=64)
    occurred_on = models.DateField()
    position = models.PositiveIntegerField()
    standing = models.CharField(max_length=12, choices=Standing, default=Standing.COUNTS)
    is_home = models.BooleanField(default=True)
    is_late = models.BooleanField(default=False)
    chain_length = models.PositiveIntegerField(default=0)
    chain_head = models.CharField(max_length=64, blank=True)
    extra = models.TextField(blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["pack", "clause", "record"], name="pack_item_once")]
        indexes = [
            models.Index("pack", "position", name="pack_item_order"),
            models.Index("pack", "clause", "position", name="pack_item_by_clause"),
        ]

    def __str__(self) -> str:
        return f"{self.pack_id}: {self.record_id} v{self.version}"


class PackPart(models.Model):
    """One separately rendered part of a pack. A part is claimed, rendered, stored; a stale claim is taken over.

    The last part has the form "finish": it merges and signs, and can be claimed only when all others are done.
    """

    class Status(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        CLAIMED = "claimed", _("Being rendered")
        DONE = "done", _("Done")

    pack = models.ForeignKey(Pack, on_delete=models.PROTECT, related_name="parts")
    position = models.PositiveIntegerField()
    title = models.CharField(max_length=240)
    spec = models.JSONField(default=dict)
    status = models.CharField(max_length=12, choices=Status, default=Status.WAITING)
    claimed_at = models.DateTimeField(null=True)
    claims = models.PositiveSmallIntegerField(default=0)
    pages = models.PositiveIntegerField(default=0)
    outline = models.JSONField(default=list)
    error = models.TextField(blank=True)
    file = models.FileField(upload_to=part_stored_as, max_length=200, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["pack", "position"], name="pack_part_order")]

    def __str__(self) -> str:
        return f"{self.pack_id}.{self.position} {self.title}"


class PackLink(models.Model):
    """A secret, expiring link to one pack for somebody without an account; only the token's hash is kept."""

    pack = models.ForeignKey(Pack, on_delete=models.PROTECT, related_name="links")
    token_hash = models.CharField(max_length=64, unique=True)
    for_whom = models.CharField(_("for whom"), max_length=160)
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    expires_at = models.DateTimeField(_("expires"))
    revoked_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.pack_id} for {self.for_whom}"


class PackDownload(models.Model):
    """Somebody took a copy of a pack."""

    pack = models.ForeignKey(Pack, on_delete=models.PROTECT, related_name="downloads")
    at = models.DateTimeField()
    person = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+")
    link = models.ForeignKey(PackLink, on_delete=models.PROTECT, null=True, related_name="downloads")
    address = models.GenericIPAddressField(null=True)

    def __str__(self) -> str:
        return f"{self.pack_id} at {self.at}"
