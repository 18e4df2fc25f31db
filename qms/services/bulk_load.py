# ruff: noqa: S608  names in the statements are those of our own models or of the database's catalogue
"""Writing very many rows at once, for loaders: COPY on PostgreSQL, executemany on SQLite.

An index or a foreign key costs far less when it is made once over all rows than row by row, so ``bare_tables`` takes
them off for the time of a load and puts exactly the same ones back, in the same transaction: when the load fails, it
never happened. Only PostgreSQL needs it.
"""

from __future__ import annotations

import io
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, date, datetime
from typing import Any

from django.db import connection
from django.db.models.base import Model

# Constraints first, because a unique constraint owns its index. What a foreign key of another table leans on stays.
CONSTRAINTS = """
    SELECT c.conrelid::regclass::text, quote_ident(c.conname), pg_get_constraintdef(c.oid), c.contype = 'f'
    FROM pg_constraint c
    WHERE c.conrelid = ANY(%s::regclass[]) AND c.contype IN ('f', 'u') AND NOT EXISTS (
        SELECT 1 FROM pg_constraint o WHERE c.contype = 'u' AND o.contype = 'f' AND o.conindid = c.conindid)
    ORDER BY c.contype, 1, 2
"""
INDEXES = """
    SELECT i.indexrelid::regclass::text, pg_get_indexdef(i.indexrelid)
    FROM pg_index i
    WHERE i.indrelid = ANY(%s::regclass[]) AND NOT i.indisprimary
      AND NOT EXISTS (SELECT 1 FROM pg_constraint c WHERE c.conindid = i.indexrelid)
    ORDER BY 1
"""
MEMORY = "256MB"


@contextmanager
def bare_tables(*models: type[Model]) -> Iterator[None]:
    """Take foreign keys and indexes (not primary keys) off the tables, and put them back at the end.

    Needs a transaction around it. Nobody else can read or write these tables until that ends. Putting a key back checks
    all rows, so a load that broke one raises IntegrityError there. Leaves fresh statistics. SQLite: does nothing.
    """
    if connection.vendor != "postgresql":
        yield
        return
    tables = [model._meta.db_table for model in models]
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # PostgreSQL alters no table whose rows wait to be checked
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")
        cursor.execute(CONSTRAINTS, [tables])
        constraints = cursor.fetchall()
        cursor.execute(INDEXES, [tables])
        indexes = cursor.fetchall()
        for table, name, _definition, _is_foreign in sorted(constraints, key=lambda row: not row[3]):
            cursor.execute(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
        for name, _definition in indexes:
            cursor.execute(f"DROP INDEX {name}")
    yield
    with connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL maintenance_work_mem = '{MEMORY}'")
        for _name, definition in indexes:
            cursor.execute(definition)
        for table, name, definition, _is_foreign in sorted(constraints, key=lambda row: bool(row[3])):
            cursor.execute(f"ALTER TABLE {table} ADD CONSTRAINT {name} {definition}")
        cursor.execute("SET LOCAL maintenance_work_mem TO DEFAULT")
        for table in tables:
            cursor.execute(f"ANALYZE {table}")


def empty(*models: type[Model]) -> None:
    """Delete all rows; at once on PostgreSQL, where the tables are locked until the transaction ends."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute("SET CONSTRAINTS ALL DEFERRED")
            cursor.execute(f"TRUNCATE {', '.join(model._meta.db_table for model in models)}")
            return
        for model in models:
            cursor.execute(f"DELETE FROM {model._meta.db_table}")


class RowWriter:
    """Inserts batches in the order given while the caller makes the next one; leaving the block waits for the last.

    Asks no model and no validator. Nothing else may use the database connection inside the block: to PostgreSQL the
    rows go by COPY in a thread of its own (psycopg2 lets go of the interpreter meanwhile). SQLite writes at once.
    A row that the database refuses raises Django's error at the next call or at the end of the block.
    """

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1)
        self._pending: Future[None] | None = None

    def __enter__(self) -> RowWriter:
        return self

    def __exit__(self, *_error: object) -> None:
        self._thread.shutdown(wait=True)
        self._settle()

    def _settle(self) -> None:
        if self._pending:
            with connection.wrap_database_errors:
                self._pending.result()

    def write(self, tables: Mapping[type[Model], tuple[Sequence[str], Sequence[Sequence[Any]]]]) -> None:
        """Insert rows per model: names of the database columns, and values in their order."""
        if connection.vendor == "postgresql":
            parts = [(_copy_statement(model, columns), _copy_text(rows)) for model, (columns, rows) in tables.items()]
            self._settle()
            self._pending = self._thread.submit(_copy, connection.connection, parts)
            return
        for model, (columns, rows) in tables.items():
            marks = ", ".join(["%s"] * len(columns))
            statement = f"INSERT INTO {model._meta.db_table} ({_names(columns)}) VALUES ({marks})"
            with connection.cursor() as cursor:
                cursor.executemany(statement, list(_for_sqlite(rows)))


def reset_sequence(model: type[Model]) -> None:
    """Let the database count on from the highest id: PostgreSQL does not notice ids given by hand."""
    if connection.vendor == "postgresql":
        table = model._meta.db_table
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), (SELECT MAX(id) FROM {table}))")


def _names(columns: Sequence[str]) -> str:
    return ", ".join(f'"{column}"' for column in columns)


def _copy_statement(model: type[Model], columns: Sequence[str]) -> str:
    return f"COPY {model._meta.db_table} ({_names(columns)}) FROM STDIN"


def _copy(database: Any, parts: Sequence[tuple[str, str]]) -> None:
    with database.cursor() as cursor:
        for statement, text in parts:
            cursor.copy_expert(statement, io.StringIO(text), 1 << 20)


def _copy_text(rows: Iterable[Sequence[Any]]) -> str:
    """Lines of COPY's text format: tabs between, \\N for nothing, backslash escapes."""
    return "".join(["\t".join(["\\N" if v is None else _escaped(str(v)) for v in row]) + "\n" for row in rows])


def _escaped(text: str) -> str:
    if text.isalnum():
        return text
    return text.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n").replace("\r", "\\r")


def _for_sqlite(rows: Iterable[Sequence[Any]]) -> Iterator[list[Any]]:
    for row in rows:
        yield [
            value.hex if isinstance(value, uuid.UUID)
            else value.astimezone(UTC).replace(tzinfo=None).isoformat(" ") if isinstance(value, datetime)
            else value.isoformat() if isinstance(value, date)
            else value
            for value in row
        ]  # fmt: skip
