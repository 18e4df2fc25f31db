"""Lists of records that stay fast at a million rows: cut by key, counted up to a cap, searched within a bound."""

from __future__ import annotations

import functools
import operator
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, TypeVar, cast

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import F, Q
from django.db.models.functions import TruncDate
from django.utils.formats import number_format
from django.utils.translation import ngettext

from qms.models import User
from qms.services import job

RowT = TypeVar("RowT", bound=models.Model)

PAGE_SIZE = 50
COUNT_CAP = 1_000
SEARCH_DEPTH = 20_000
PERIOD_SEARCH_DEPTH = 100_000
PRINT_CAP = 500


@dataclass(frozen=True)
class ListPage:
    """One page: its rows, the keys of the neighbouring pages (empty where there is none), the words of the count."""

    rows: list[Any]
    next_key: str
    previous_key: str
    count: str


def page_of(
    rows: models.QuerySet[RowT], *, sort: str, after: str = "", before: str = "", size: int = PAGE_SIZE,
    is_counted: bool = True,
) -> ListPage:  # fmt: skip
    """Cut one page out of ``rows``, ordered by ``sort`` (a field's name, with ``-`` for descending) and then by id.

    ``after`` and ``before`` are keys of an earlier answer; a key that cannot be read gives the first page.
    Two queries at most, whatever the number of rows: what stands whole on one page needs no counting.
    Not ``is_counted``: the count's words are empty, and it takes one query.
    """
    order = _Order.of(rows.model, sort)
    backwards = bool(before) and not after
    key = order.read(after or before)
    wanted = order.reversed() if backwards else order
    cut = rows.filter(wanted.beyond(key)) if key else rows
    found = list(cut.order_by(*wanted.terms())[: size + 1])
    has_more, found = len(found) > size, found[:size]
    if backwards:
        found.reverse()
    has_next = has_more if not backwards else bool(key)
    has_previous = bool(key) if not backwards else has_more
    return ListPage(
        rows=found,
        next_key=order.write(found[-1]) if found and has_next else "",
        previous_key=order.write(found[0]) if found and has_previous else "",
        count=(capped_count(rows) if key or has_more else count_words(len(found))) if is_counted else "",
    )


def is_key(model: type[models.Model], sort: str, text: str) -> bool:
    """Whether ``text`` is a place in that order, as ``page_of`` gives them out."""
    return _Order.of(model, sort).read(text) is not None


def in_order(rows: models.QuerySet[RowT], sort: str) -> models.QuerySet[RowT]:
    """The rows in the order the pages show them, for exports and print."""
    return rows.order_by(*_Order.of(rows.model, sort).terms())


def capped_count(rows: models.QuerySet[Any], cap: int = COUNT_CAP) -> str:
    """“1 record”, “128 records”, or “1,000+ records”: the database stops counting at the cap."""
    return count_words(rows.order_by().values("pk")[: cap + 1].count(), cap)


def count_words(number: int, cap: int = COUNT_CAP) -> str:
    """The words for a number of records that was counted up to one above the cap."""
    shown = number_format(min(number, cap), use_l10n=True, force_grouping=True) + ("+" if number > cap else "")
    return ngettext("%(n)s record", "%(n)s records", number) % {"n": shown}


def search_floor(rows: models.QuerySet[RowT], depth: int = SEARCH_DEPTH) -> date | None:
    """The event date at which a free-text search stops looking back: that of the ``depth``-th newest row, if any.

    Words are compared row by row on both engines, so the rows looked at are bounded, and the page says how far.
    """
    newest = rows.order_by("-occurred_on", "-id").values_list("occurred_on", flat=True)
    return next(iter(newest[depth - 1 : depth]), None)


def recorded_late(rows: models.QuerySet[RowT], zones: Sequence[tuple[int, Any]]) -> models.QuerySet[RowT]:
    """Only rows recorded more than 24 hours after the end of the event day; ``zones``: (site's pk, its time zone).

    The same rule as ``Record.is_late``, for the database.
    """
    by_zone: dict[Any, list[int]] = {}
    for site_id, zone in zones:
        by_zone.setdefault(zone, []).append(site_id)
    conditions = []
    for number, (zone, site_ids) in enumerate(sorted(by_zone.items(), key=lambda item: str(item[0]))):
        name = f"_recorded_on_{number}"
        rows = rows.alias(**{name: TruncDate("recorded_at", tzinfo=zone)})
        latest = models.ExpressionWrapper(F("occurred_on") + timedelta(days=1), output_field=models.DateField())
        conditions.append(Q(site_id__in=site_ids) & Q(**{f"{name}__gt": latest}))
    return rows.filter(functools.reduce(operator.or_, conditions)) if conditions else rows.none()


@transaction.atomic
def note_export(user: User, name: str, *, at: datetime, filters: str) -> None:
    """Write ``records.exported`` into the user's own chain: which list, with which filters."""
    job.export_noted(user, name, at=at, filters=filters[:2000])


@dataclass(frozen=True)
class _Order:
    """An order by one column, then by the id the indexes end with, and how a place in it is written into an address."""

    field: models.Field[Any, Any]
    name: str
    is_descending: bool
    nulls_last: bool = True

    @classmethod
    def of(cls, model: type[models.Model], sort: str) -> _Order:
        name = sort.removeprefix("-")
        field = cast("models.Field[Any, Any]", model._meta.get_field(name))
        return cls(field=field, name=name, is_descending=sort.startswith("-"))

    def reversed(self) -> _Order:
        return _Order(self.field, self.name, not self.is_descending, not self.nulls_last)

    def terms(self) -> list[Any]:
        by_id = "-id" if self.is_descending else "id"
        if self.name == "id":
            return [by_id]
        if not self.field.null:
            return [f"-{self.name}" if self.is_descending else self.name, by_id]
        nulls = {"nulls_last": True} if self.nulls_last else {"nulls_first": True}
        column = F(self.name)
        return [column.desc(**nulls) if self.is_descending else column.asc(**nulls), by_id]

    def beyond(self, key: tuple[object, int]) -> Q:
        """Rows that stand after the place ``key``."""
        value, row_id = key
        way = "lt" if self.is_descending else "gt"
        tie = Q(**{f"id__{way}": row_id})
        if self.name == "id":
            return tie
        if value is None:
            same = Q(**{f"{self.name}__isnull": True}) & tie
            return same if self.nulls_last else same | Q(**{f"{self.name}__isnull": False})
        not_before = Q(**{f"{self.name}__{way}e": value})
        rest = not_before & (Q(**{f"{self.name}__{way}": value}) | tie)
        return rest | Q(**{f"{self.name}__isnull": True}) if self.field.null and self.nulls_last else rest

    def write(self, row: models.Model) -> str:
        value = getattr(row, self.name)
        return f"{row.pk}.{'' if value is None else self.field.value_to_string(row)}"

    def read(self, text: str) -> tuple[object, int] | None:
        number, _dot, raw = text.partition(".")
        if not number.isdecimal() or len(number) > 18:
            return None
        try:
            return (self.field.to_python(raw) if raw else None), int(number)
        except (ValidationError, ValueError):
            return None


def chosen_sort(asked: str, sorts: Mapping[str, str], default: str) -> str:
    """The ordering for ``?sort=asked``: only what ``sorts`` (name in the address -> field) offers."""
    name = asked.removeprefix("-")
    if name not in sorts:
        return default
    return ("-" if asked.startswith("-") else "") + sorts[name]
