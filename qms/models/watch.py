"""Records somebody wants to hear about without being responsible for them."""

from __future__ import annotations

from django.db import models

from qms.models.person import Person
from qms.models.record import Record


class Watch(models.Model):
    """Somebody follows a record: what happens to it stands in the digest under “watched”."""

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="watches", db_index=False)
    record = models.ForeignKey(Record, on_delete=models.PROTECT, related_name="watches")
    began_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["person", "record"], name="watch_once")]

    def __str__(self) -> str:
        return f"{self.person_id} watches {self.record_id}"
