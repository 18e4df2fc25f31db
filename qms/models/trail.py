"""The trail: append-only, hash-chained per subject, anchored by chained checkpoints."""

from __future__ import annotations

from django.db import models

from qms.models.person import Person
from qms.models.record import Record

GENESIS = "0" * 64


class TrailEntry(models.Model):
    """One thing that happened. How ``hash`` is made is written in qms/services/trail.py; triggers refuse any change.

    ``changes`` is canonical JSON text. ``by`` holds the uid of the person, empty when the system acted.
    """

    chain = models.CharField(max_length=60)
    seq = models.PositiveIntegerField()
    record = models.ForeignKey(Record, on_delete=models.PROTECT, null=True, related_name="trail")
    at = models.DateTimeField()
    by = models.ForeignKey(Person, to_field="uid", on_delete=models.PROTECT, null=True, related_name="+")
    verb = models.CharField(max_length=60)
    changes = models.TextField(default="{}")
    reason = models.TextField(blank=True)
    request_id = models.CharField(max_length=40, blank=True)
    previous_hash = models.CharField(max_length=64)
    hash = models.CharField(max_length=64)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["chain", "seq"], name="trail_no_fork")]
        indexes = [models.Index(fields=["-at", "-id"], name="trail_by_time")]

    def __str__(self) -> str:
        return f"{self.chain}#{self.seq} {self.verb}"


class Checkpoint(models.Model):
    """A hash over all entries since the last checkpoint, itself chained; printed in packs so it is anchored outside."""

    seq = models.PositiveIntegerField(unique=True)
    at = models.DateTimeField()
    last_entry_id = models.BigIntegerField()
    entries = models.PositiveIntegerField()
    previous_hash = models.CharField(max_length=64)
    hash = models.CharField(max_length=64)

    def __str__(self) -> str:
        return f"checkpoint {self.seq}"
