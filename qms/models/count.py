"""Counting that stops."""

from __future__ import annotations

from typing import Any

from django.db import models


class CountUpTo(models.Subquery):
    """How many rows there are, at most ``most``, as a value inside another query: the database stops there."""

    template = "(SELECT COUNT(*) FROM (%(subquery)s) counted)"

    def __init__(self, rows: models.QuerySet[Any], most: int) -> None:
        super().__init__(rows.order_by().values("pk")[:most], output_field=models.IntegerField())
