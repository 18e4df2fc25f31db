"""Rows of records in bulk, for measuring only: parent and child rows, without versions, trail or links."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import connection

from qms.models import Record


def insert(rows: Sequence[Record]) -> None:
    """Insert records of one kind, which Django cannot make in bulk; each row gets its key."""
    columns = [field.attname for field in Record._meta.concrete_fields if field.attname != "id"]
    parents = Record.objects.bulk_create([Record(**{name: getattr(row, name) for name in columns}) for row in rows])
    for row, parent in zip(rows, parents, strict=True):
        row.pk = row.record_ptr_id = row.id = parent.pk  # type: ignore[attr-defined]
    model: Any = type(rows[0])
    own = [field for field in model._meta.local_concrete_fields if not field.generated]
    names, marks = ", ".join(f'"{field.column}"' for field in own), ", ".join(["%s"] * len(own))
    with connection.cursor() as cursor:
        cursor.executemany(
            f'INSERT INTO "{model._meta.db_table}" ({names}) VALUES ({marks})',
            [[field.get_db_prep_save(getattr(row, field.attname), connection) for field in own] for row in rows],
        )


def analyze() -> None:
    """Tell the database how its tables look now, as its own housekeeping would after a while."""
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE" if connection.vendor == "postgresql" else "ANALYZE")
