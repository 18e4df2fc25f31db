"""The Evidence page: which clauses it shows in which order, and the records of one clause, newest first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _

from qms.models import Clause, ClauseLink, CrosswalkRow, Record, Site, User
from qms.services.coverage import ClauseCoverage, Status

LEADERSHIP = ("5", "6.1", "6.2", "9.3", "10")
PAGE_SIZE = 50


@dataclass(frozen=True)
class Group:
    """Some clauses under one heading; ``totals`` are (status, number) of those judged on their own."""

    title: str
    rows: list[ClauseCoverage]
    totals: list[tuple[str, int]]


@dataclass(frozen=True)
class RecordSlice:
    """One page of a clause's records and the keys of its neighbours."""

    rows: list[Record]
    next_key: str
    previous_key: str


def groups(rows: list[ClauseCoverage], *, shows_all: bool) -> list[Group]:
    """Leadership clauses first, then others that something is mapped to; or every clause in printed order."""
    if shows_all:
        return [_group(_("All clauses"), rows)]
    leading = [row for row in rows if is_leadership(row.clause.number) and _is_worth_a_row(row)]
    others = [
        row for row in rows if not is_leadership(row.clause.number) and row.is_mapped and "." in row.clause.number
    ]
    return [
        group
        for group in (_group(_("Leadership clauses"), leading), _group(_("Clauses they lean on"), others))
        if group.rows
    ]


def is_leadership(number: str) -> bool:
    """Whether a clause belongs to those the product is about: 5, 6.1, 6.2, 9.3 and 10, with what is below them."""
    return any(number == top or number.startswith(f"{top}.") for top in LEADERSHIP)


def _is_worth_a_row(row: ClauseCoverage) -> bool:
    """Clauses and commitments always; other items (the inputs of 9.3.2) once something is mapped to them."""
    return not row.clause.letter or bool(row.clause.commitment_id) or row.is_mapped


def _group(title: str, rows: list[ClauseCoverage]) -> Group:
    leaves = [row for row in rows if not row.items]
    counts = [(status.value, sum(row.status == status for row in leaves)) for status in Status]
    return Group(title, rows, [(status, n) for status, n in counts if n])


def records_of(
    row: ClauseCoverage, sites: Sequence[Site], *, user: User, on: date, after: str = "", before: str = "",
    size: int = PAGE_SIZE,
) -> RecordSlice:  # fmt: skip
    """The counting records of a clause and its parts that the user may see, newest first, cut by key."""
    if row.newest_on is None:
        return RecordSlice([], "", "")
    key = _read(after or before)
    backwards = bool(before) and not after
    found = _slice(row, sites, user, on, key, size + 1, backwards=backwards)
    more, found = len(found) > size, found[:size]
    rows = found[::-1] if backwards else found
    has_next, has_previous = (bool(key), more) if backwards else (more, bool(key))
    return RecordSlice(
        rows, _write(rows[-1]) if rows and has_next else "", _write(rows[0]) if rows and has_previous else ""
    )


def _slice(
    row: ClauseCoverage, sites: Sequence[Site], user: User, on: date, key: tuple[date, int] | None, size: int, *,
    backwards: bool,
) -> list[Record]:  # fmt: skip
    """The rows from ``key`` on: for one clause along the links' index, for a parent along the records' own."""
    way, sign = ("gt", "") if backwards else ("lt", "-")
    visible = Record.objects.visible_to(user)
    here = [site.pk for site in sites]

    def cut(rows: QuerySet[Any], pk: str) -> QuerySet[Any]:
        rows = rows.filter(site__in=here, occurred_on__lte=on)
        if key:
            beyond = Q(**{f"occurred_on__{way}": key[0]}) | Q(**{f"{pk}__{way}": key[1]})
            rows = rows.filter(beyond, **{f"occurred_on__{way}e": key[0]})
        return rows.order_by(f"{sign}occurred_on", f"{sign}{pk}")[:size]

    if row.items:
        linked = ClauseLink.objects.filter(record=OuterRef("pk"), clause__in=_below(row), counts=True)
        rows = visible.filter(Exists(linked), kind__in=_kinds(row)).select_related("site", "owner")
        return list(cut(rows, "pk"))
    links = ClauseLink.objects.filter(clause=row.clause, counts=True, record__in=visible)
    return [link.record for link in cut(links.select_related("record__site", "record__owner"), "record_id")]


def _below(row: ClauseCoverage) -> list[int]:
    return [row.clause.pk, *(pk for item in row.items for pk in _below(item))]


def _kinds(row: ClauseCoverage) -> set[str]:
    return set(row.kinds).union(*(_kinds(item) for item in row.items))


def _write(record: Record) -> str:
    return f"{record.occurred_on.isoformat()}.{record.pk}"


def _read(text: str) -> tuple[date, int] | None:
    day, _dot, pk = text.partition(".")
    try:
        return (date.fromisoformat(day), int(pk)) if pk.isdecimal() and len(pk) < 19 else None
    except ValueError:
        return None


def crosswalk_of(clause: Clause) -> list[CrosswalkRow]:
    """Where the clause comes from in an earlier edition and how it goes on in the next."""
    rows = CrosswalkRow.objects.filter(Q(from_clause=clause) | Q(to_clause=clause))
    return list(
        rows.select_related(
            "from_clause__edition", "to_clause__edition", "from_clause__commitment", "to_clause__commitment"
        ).order_by("pk")
    )


def export_rows(rows: list[ClauseCoverage]) -> tuple[list[str], list[list[Any]]]:
    """The coverage table as cells, one line per clause."""
    header = [
        _("Clause"), _("Title"), _("Status"), _("Reason"), _("Newest event date"), _("Newest record"), _("Records"),
        _("People"), _("Mandatory"), _("Supporting"), _("Fresh for (days)"),
    ]  # fmt: skip
    return header, [
        [
            row.clause.label, row.clause.title, row.status.value, row.reason, row.newest_on,
            row.newest_record.reference if row.newest_record else "", row.count, row.people, row.mandatory_count,
            row.supporting_count, row.clause.max_age_days,
        ]
        for row in rows
    ]  # fmt: skip
