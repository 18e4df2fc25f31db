"""Put the constraints and indexes of every 0001_initial into the CreateModel of their table.

makemigrations adds each as an operation of its own; every one of them renders all related models anew (and on SQLite
makes the table anew), which is most of the time that `migrate` takes. Called by script/remake_migrations.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import django
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.operations import AddConstraint, AddField, AddIndex, CreateModel
from django.db.migrations.operations.base import Operation
from django.db.migrations.writer import MigrationWriter

APPS = ("qms", "objectives", "audits", "leadership")


def folded(operations: list[Operation]) -> list[Operation]:
    """The same operations with what can be folded in; what names a column that is added later stays where it is."""
    tables = {operation.name_lower: operation for operation in operations if isinstance(operation, CreateModel)}
    later: dict[str, set[str]] = {}
    for operation in operations:
        if isinstance(operation, AddField):
            later.setdefault(operation.model_name_lower, set()).add(operation.name)
    kept: list[Operation] = []
    for operation in operations:
        part = getattr(operation, "constraint", None) or getattr(operation, "index", None)
        if not isinstance(operation, AddConstraint | AddIndex) or part is None:
            kept.append(operation)
            continue
        described = repr(part.deconstruct())
        if any(f"'{name}" in described for name in later.get(operation.model_name_lower, ())):
            kept.append(operation)
            continue
        place = "constraints" if isinstance(operation, AddConstraint) else "indexes"
        tables[operation.model_name_lower].options.setdefault(place, []).append(part)
    return kept


def main() -> int:
    """Rewrite the files in place."""
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "qms.settings")
    django.setup()
    loader = MigrationLoader(connection)
    for app in APPS:
        migration = loader.disk_migrations[app, "0001_initial"]
        migration.operations = folded(migration.operations)
        writer = MigrationWriter(migration, include_header=False)
        Path(writer.path).write_text(writer.as_string())
    return 0


if __name__ == "__main__":
    sys.exit(main())
