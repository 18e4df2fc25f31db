"""Signatures: who signed what meaning, bound to the content hash of one version of a record."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from qms.models.person import Person
from qms.models.record import Record


class Signature(models.Model):
    """Given after fresh authentication; shows printed name, time and meaning. Triggers refuse any change."""

    record = models.ForeignKey(Record, on_delete=models.PROTECT, related_name="signatures")
    version = models.PositiveIntegerField()
    content_hash = models.CharField(max_length=64)
    signer = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="signatures")
    name = models.CharField(_("name"), max_length=160)
    meaning = models.CharField(_("meaning"), max_length=120)
    at = models.DateTimeField()
    method = models.CharField(_("re-authenticated by"), max_length=20)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["record", "version", "signer", "meaning"], name="signature_once"),
        ]

    def __str__(self) -> str:
        return f"{self.name}: {self.meaning}"
