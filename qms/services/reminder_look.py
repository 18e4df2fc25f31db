"""One look at everything that could have to be planned: a single statement, compiled once an hour.

Nearly always nothing has to be planned. Building and compiling some thirty queries each time would cost more than the
database needs for answering them, so their text is kept as long as the same rules hold at the same sites on the same
day. It only says where something is; what it is, the planner reads anew.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import IntegerField, QuerySet, Value

THEN = datetime(5000, 1, 1, tzinfo=UTC)
"""Stands for the moment of the look in queries that are kept; no record knows such a day."""


class Look:
    """A statement that says which of many queries find something; the queries ask about ``THEN`` as their now."""

    def __init__(self, queries: Iterable[tuple[int, QuerySet[Any]]], *, waits: Iterable[timedelta]) -> None:
        parts, self._params = [], []
        for number, found in queries:
            one = found.order_by().annotate(look=Value(number, output_field=IntegerField())).values_list("look")[:1]
            try:
                sql, params = one.query.sql_with_params()
            except EmptyResultSet:
                continue
            parts.append(f"SELECT * FROM ({sql}) AS part_{number}")  # noqa: S608  the ORM's own text
            self._params.extend(params)
        self._sql = " UNION ALL ".join(parts)
        self._waits = {self._adapted(THEN - wait): wait for wait in waits}

    def hits(self, *, at: datetime) -> set[int]:
        """The numbers of the queries that find something now; one query."""
        if not self._sql:
            return set()
        now = {then: self._adapted(at - wait) for then, wait in self._waits.items()}
        with connection.cursor() as cursor:
            cursor.execute(self._sql, [now.get(p, p) if isinstance(p, str | datetime) else p for p in self._params])
            return {row[0] for row in cursor.fetchall()}

    def _adapted(self, moment: datetime) -> Any:
        """As the ORM hands a moment to the database."""
        return connection.ops.adapt_datetimefield_value(moment)
