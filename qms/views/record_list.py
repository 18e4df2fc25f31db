"""Lists of records: one declaration per kind gives the page, its exports and its print view."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.text import slugify

from qms.forms.record_list import RecordFilter
from qms.models import User
from qms.permissions import Permission
from qms.records import RecordKind, Text
from qms.services import record_list, sheet


@dataclass(frozen=True)
class Column:
    """A column of the exports and, with ``in_print``, of the print view."""

    label: Text
    value: Callable[[Any], object]
    in_print: bool = False


@dataclass(frozen=True)
class Heading:
    """A column's head on the page; the cells are the row template's. ``sort``: its name in ``?sort=``.

    With a ``name``, row templates find the label as ``labels.<name>``, translated once and not once per row.
    """

    label: Text
    sort: str = ""
    is_number: bool = False
    name: str = ""


@dataclass(frozen=True)
class RecordListing:
    """All a kind says to get its list: filters, sorts, columns, and the queryset's joins."""

    declared: RecordKind
    filters: type[RecordFilter]
    headings: Sequence[Heading]
    columns: Sequence[Column]
    sorts: dict[str, str]
    default_sort: str = "-occurred_on"
    related: tuple[str, ...] = ("site", "area", "owner")
    with_marks: Callable[[QuerySet[Any]], QuerySet[Any]] = lambda rows: rows
    for_export: Callable[[QuerySet[Any]], QuerySet[Any]] = lambda rows: rows
    row_template: str = "qms/record_row.html"
    template: str = "qms/record_list.html"
    start: Callable[[QuerySet[Any], HttpRequest], QuerySet[Any]] = lambda rows, _request: rows
    extra: dict[str, object] = field(default_factory=dict)

    def filtered(self, request: HttpRequest) -> RecordFilter:
        """The filters as the address has them, over what the user may see."""
        user = cast(User, request.user)
        rows = self.declared.model._default_manager.filter(kind=self.declared.kind).visible_to(user)
        return self.filters(request.GET or None, queryset=self.start(rows, request), request=request)

    def joined(self, rows: QuerySet[Any], *, for_export: bool = False) -> QuerySet[Any]:
        """The rows with what the page, or the export, shows of them; ``with_sites`` gives the page's rows theirs."""
        if for_export:
            return self.for_export(rows.select_related(*self.related))
        return self.with_marks(rows.select_related(*(name for name in self.related if name != "site")))

    def sort(self, request: HttpRequest) -> str:
        """The order the address asks for, as a field's name."""
        return record_list.chosen_sort(request.GET.get("sort", ""), self.sorts, self.default_sort)


def with_sites(rows: Sequence[Any], user: User) -> None:
    """Give each row its site from those the request knows already: one object for all rows, no join."""
    sites = {site.pk: site for site in user.visible_sites}
    for row in rows:
        if row.site_id in sites:
            row.site = sites[row.site_id]


def list_response(request: HttpRequest, listing: RecordListing, **context: object) -> HttpResponse:
    """One page of the list."""
    user, filters = cast(User, request.user), listing.filtered(request)
    page = record_list.page_of(
        listing.joined(filters.qs), sort=listing.sort(request),
        after=request.GET.get("after", ""), before=request.GET.get("before", ""),
    )  # fmt: skip
    with_sites(page.rows, user)
    stem = listing.declared.url_stem
    kept = request.GET.copy()
    for name in ("after", "before"):
        kept.pop(name, None)
    return render(request, listing.template, {
        "listing": listing, "labels": {head.name: str(head.label) for head in listing.headings},
        "filters": filters, "page": page, "list_query": kept.urlencode(),
        "may_export": user.can(Permission.RECORD_EXPORT),
        "export_url": reverse(f"{stem}-export"), "print_url": reverse(f"{stem}-list-print"), **listing.extra, **context,
    })  # fmt: skip


def export_response(request: HttpRequest, listing: RecordListing) -> HttpResponseBase:
    """What the list shows, whole, as CSV (default) or XLSX; noted in the user's own trail."""
    filters = listing.filtered(request)
    rows = record_list.in_order(listing.joined(filters.qs, for_export=True), listing.sort(request))
    name = slugify(str(listing.declared.label_plural))
    record_list.note_export(
        cast(User, request.user), str(listing.declared.kind), at=timezone.now(), filters=request.GET.urlencode()
    )
    send = sheet.xlsx_response if request.GET.get("format") == "xlsx" else sheet.csv_response
    return send(name, [str(column.label) for column in listing.columns], _cells(rows, listing.columns))


def print_response(request: HttpRequest, listing: RecordListing) -> HttpResponse:
    """The list on paper: the first PRINT_CAP rows in the order shown."""
    filters = listing.filtered(request)
    rows = record_list.in_order(listing.joined(filters.qs, for_export=True), listing.sort(request))
    columns = [column for column in listing.columns if column.in_print]
    shown = list(rows[: record_list.PRINT_CAP + 1])
    return render(request, "qms/record_list_print.html", {
        "listing": listing, "columns": columns, "is_cut": len(shown) > record_list.PRINT_CAP,
        "cap": record_list.PRINT_CAP, "count": record_list.capped_count(filters.qs), "query": request.GET,
        "rows": list(_cells(shown[: record_list.PRINT_CAP], columns)), "filters": filters,
    })  # fmt: skip


def _cells(rows: Iterable[Any], columns: Sequence[Column]) -> Iterator[list[object]]:
    stream = rows.iterator(chunk_size=1000) if isinstance(rows, QuerySet) else rows
    return ([column.value(row) for column in columns] for row in stream)
