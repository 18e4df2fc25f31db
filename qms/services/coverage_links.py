# ruff: noqa: S608  names in the statements are constants of this module, every value is a parameter
"""Clause links and the sums coverage reads, kept in step with records by SQL that both engines understand.

A record is linked to a clause by the most specific mapping in force on its event date (its type before its whole kind).
The sums are changed by differences, in one order (mapping, site, day), so that two writers never wait in a circle.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from datetime import date
from typing import Any, NamedTuple

from django.db import connection, transaction
from django.db.models import Case, CharField, F, QuerySet, Value, When

from qms.models import ClauseLink, CoverageDay, CoveragePerson, Phase, Record
from qms.records import RecordKind, all_kinds, kind_of
from qms.services import bulk_load

LINK_COLUMNS = "record_id, clause_id, mapping_id, site_id, person_id, occurred_on, counts"
TALLY_COLUMNS = "mapping_id, site_id, person_id, occurred_on, counts, clause_id"
ROWS_PER_STATEMENT = 150

# What the links of some records should be; source yields record_id, subtype, site_id, person_id, occurred_on, phase.
DESIRED = """
    SELECT r.record_id, m.clause_id, m.id AS mapping_id, r.site_id, r.person_id, r.occurred_on,
           (r.phase IN ({phases})) AS counts
    FROM ({source}) r
    JOIN qms_clausemapping m ON m.kind = %s AND (m.subtype = '' OR m.subtype = r.subtype)
     AND m.effective_from <= r.occurred_on AND (m.effective_to IS NULL OR m.effective_to > r.occurred_on)
    WHERE m.subtype <> '' OR NOT EXISTS (
        SELECT 1 FROM qms_clausemapping s
        WHERE s.kind = m.kind AND s.clause_id = m.clause_id AND s.subtype = r.subtype AND s.subtype <> ''
          AND s.effective_from <= r.occurred_on AND (s.effective_to IS NULL OR s.effective_to > r.occurred_on))
"""


class _Touched(NamedTuple):
    """A link that came or went, as the sums need it."""

    mapping: int
    site: int
    person: int
    day: date
    counts: bool
    clause: int


def link(record: Record) -> None:
    """Make one record's links and the sums what the mappings say; idempotent.

    Called by every change of a record, in its transaction: three statements for a new record, one for a change that
    touches nothing the links hold; PostgreSQL takes the last two in one message. Drafts and withdrawn records have
    links that do not count.
    """
    kind = kind_of(record)
    if not counting_phases(kind):
        return
    day = "%s" if connection.vendor == "sqlite" else "CAST(%s AS date)"
    source = (
        f"SELECT CAST(%s AS bigint) AS record_id, CAST(%s AS varchar(60)) AS subtype, CAST(%s AS bigint) AS site_id, "
        f"CAST(%s AS bigint) AS person_id, {day} AS occurred_on, CAST(%s AS varchar(12)) AS phase"
    )
    values: list[Any] = [
        record.pk, kind.subtype_of(record), record.site_id, record.owner_id, record.occurred_on.isoformat(),
        _phase_that_counts(record, kind),
    ]  # fmt: skip
    desired, params = _desired(kind, source, values)
    gone = [] if record.version <= 1 else _drop_obsolete(desired, params, "record_id = %s", [record.pk])
    _add_to_sums(gone, _insert_missing(desired, params))


@transaction.atomic
def sync(kind: RecordKind, first: int, last: int) -> int:
    """Bring links and sums of a kind's records with these keys (both ends included) up to date; returns how many.

    Locks the records, so a change made at the same moment waits and sees the new links.
    """
    keys = Record.objects.filter(kind=kind.kind, pk__range=(first, last)).order_by("pk")
    found = len(keys.select_for_update().values_list("pk", flat=True))
    desired, params = _desired(kind, *_source(kind, first, last))
    of_kind = "SELECT id FROM qms_record WHERE kind = %s AND id BETWEEN %s AND %s"
    where = f"record_id BETWEEN %s AND %s AND record_id IN ({of_kind})"
    gone = _drop_obsolete(desired, params, where, [first, last, kind.kind, first, last])
    _add_to_sums(gone, _insert_missing(desired, params))
    return found


def rebuild(site: int | None = None, progress: Callable[[str], object] = str) -> None:
    """Make all links and sums anew, set-based: for loaders of millions of records. Nothing else may write meanwhile.

    ``site`` limits the work to one site's records. Runs in one transaction; ``progress`` is told each kind's slug.
    Without ``site``, PostgreSQL keeps everybody else out of the tables until it is done.
    """
    tables = (ClauseLink, CoverageDay, CoveragePerson)
    with transaction.atomic():
        if site is None:
            bulk_load.empty(*tables)
            with bulk_load.bare_tables(*tables):
                _fill(None, progress)
            return
        for model in tables:
            model._default_manager.filter(site=site).delete()
        _fill(site, progress)


def _fill(site: int | None, progress: Callable[[str], object]) -> None:
    """Links from records and mappings, then sums from links."""
    month, bit = _month_sql(), _bit_sql()
    scope = [] if site is None else [site]
    counting = "WHERE counts" + ("" if site is None else " AND site_id = %s")
    with connection.cursor() as cursor:
        for kind in filter(counting_phases, all_kinds()):
            desired, params = _desired(kind, *_source(kind, site=site))
            cursor.execute(f"INSERT INTO qms_clauselink ({LINK_COLUMNS}) {desired}", params)
            progress(kind.kind)
        cursor.execute(
            "INSERT INTO qms_coverageday (mapping_id, site_id, day, month, count) "
            f"SELECT mapping_id, site_id, occurred_on, {month}, COUNT(*) FROM qms_clauselink {counting} "
            "GROUP BY mapping_id, occurred_on, site_id", scope,
        )  # fmt: skip
        cursor.execute(
            "INSERT INTO qms_coverageperson (mapping_id, site_id, person_id, month, days) "
            "SELECT mapping_id, site_id, person_id, month, SUM(bit) FROM ("
            f"SELECT DISTINCT mapping_id, site_id, person_id, {month} AS month, {bit} AS bit "
            f"FROM qms_clauselink {counting}"
            ") d GROUP BY mapping_id, month, site_id, person_id", scope,
        )  # fmt: skip


def counting_phases(kind: RecordKind) -> list[str]:
    """The phases in which records of a kind are evidence; drafts never are. Empty: never evidence, nothing to map."""
    return sorted(str(phase) for phase in kind.counting_phases if phase != Phase.DRAFT)


def _phase_that_counts(record: Record, kind: RecordKind) -> str:
    """The record's phase; draft while its status is one of those that are no evidence."""
    is_uncounted = bool(kind.uncounted_statuses) and getattr(record, "status", "") in kind.uncounted_statuses
    return Phase.DRAFT if is_uncounted else record.phase


def month_number(day: date) -> int:
    """The month as the sums store it: year * 12 + month - 1."""
    return day.year * 12 + day.month - 1


def _desired(kind: RecordKind, source: str, params: Sequence[Any]) -> tuple[str, list[Any]]:
    phases = counting_phases(kind) or [""]  # PostgreSQL knows no empty list
    sql = DESIRED.format(source=source, phases=", ".join(["%s"] * len(phases)))
    return sql, [*phases, *params, kind.kind]


def _source(
    kind: RecordKind, first: int | None = None, last: int | None = None, site: int | None = None
) -> tuple[str, list[Any]]:
    """The kind's records as SQL, with their type read through ``subtype_lookup``."""
    rows: QuerySet[Any] = kind.model._default_manager.order_by()
    if first is not None and last is not None:
        rows = rows.filter(pk__gte=first, pk__lte=last)
    if site is not None:
        rows = rows.filter(site_id=site)
    subtype = F(kind.subtype_lookup) if kind.subtype_lookup else Value("", output_field=CharField(max_length=60))
    phase: Any = F("phase")
    if kind.uncounted_statuses:
        uncounted = When(status__in=sorted(kind.uncounted_statuses), then=Value(str(Phase.DRAFT)))
        phase = Case(uncounted, default=phase, output_field=CharField(max_length=12))
    rows = rows.annotate(subtype_=subtype, phase_=phase)
    rows = rows.values_list("pk", "subtype_", "site_id", "owner_id", "occurred_on", "phase_")
    sql, params = rows.query.sql_with_params()
    names = "record_id, subtype, site_id, person_id, occurred_on, phase"
    return f"WITH s({names}) AS ({sql}) SELECT {names} FROM s", list(params)


def _drop_obsolete(desired: str, params: list[Any], where: str, where_params: list[Any]) -> list[_Touched]:
    """Delete links that are not what they should be; say which.

    NOT IN, because PostgreSQL works its list out once; NOT EXISTS it may work out anew for every link of a batch.
    """
    sql = (
        f"DELETE FROM qms_clauselink WHERE {where} "
        f"AND ({LINK_COLUMNS}) NOT IN (SELECT {LINK_COLUMNS} FROM ({desired}) d) RETURNING {TALLY_COLUMNS}"
    )
    return _fetch(sql, [*where_params, *params])


def _insert_missing(desired: str, params: list[Any]) -> list[_Touched]:
    """Insert links that are not there; say which. (SQLite wants a WHERE before ON CONFLICT; the select ends in one.)"""
    order = "ORDER BY 1, 2"
    sql = (
        f"INSERT INTO qms_clauselink ({LINK_COLUMNS}) SELECT * FROM ({desired}) d WHERE 1 = 1 {order} "
        f"ON CONFLICT (record_id, clause_id) DO NOTHING RETURNING {TALLY_COLUMNS}"
    )
    return _fetch(sql, params)


def _fetch(sql: str, params: list[Any]) -> list[_Touched]:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return [
            _Touched(m, s, p, day if isinstance(day, date) else date.fromisoformat(day), bool(counts), c)
            for m, s, p, day, counts, c in cursor.fetchall()
        ]


def _add_to_sums(gone: list[_Touched], came: list[_Touched]) -> None:
    """Change the sums by what went and what came. Days first, then people; both in key order."""
    days: Counter[tuple[int, int, date]] = Counter()
    people: dict[tuple[int, int, int, int], int] = {}
    for row in came:
        if row.counts:
            days[row.mapping, row.site, row.day] += 1
            people[_person_key(row)] = people.get(_person_key(row), 0) | _bit(row.day)
    for row in gone:
        if row.counts:
            days[row.mapping, row.site, row.day] -= 1
            people.setdefault(_person_key(row), 0)
    statements = _upserts(
        "qms_coverageday", "mapping_id, site_id, day, month, count", "mapping_id, site_id, day",
        "count = qms_coverageday.count + EXCLUDED.count",
        [(*key, month_number(key[2]), change) for key, change in sorted(days.items()) if change],
    )  # fmt: skip
    statements += _upserts(
        "qms_coverageperson", "mapping_id, month, site_id, person_id, days", "mapping_id, month, site_id, person_id",
        "days = qms_coverageperson.days | EXCLUDED.days", [(*key, bits) for key, bits in sorted(people.items())],
    )  # fmt: skip
    _execute(statements)
    _clear_days_without_links(row for row in gone if row.counts)


def _person_key(row: _Touched) -> tuple[int, int, int, int]:
    return row.mapping, month_number(row.day), row.site, row.person


def _clear_days_without_links(gone: Iterable[_Touched]) -> None:
    """Take a person's day out of the sums where no other record of that day is left. The rows are locked by now."""
    for row in sorted(set(gone)):
        left = ClauseLink.objects.filter(
            clause_id=row.clause, occurred_on=row.day, counts=True, mapping_id=row.mapping, site_id=row.site,
            person_id=row.person,
        )  # fmt: skip
        if not left.exists():
            with connection.cursor() as cursor:
                cursor.execute(
                    "UPDATE qms_coverageperson SET days = days & %s "
                    "WHERE mapping_id = %s AND month = %s AND site_id = %s AND person_id = %s",
                    [~_bit(row.day) & 0x7FFFFFFF, *_person_key(row)],
                )


def _upserts(
    table: str, columns: str, key: str, change: str, rows: list[tuple[Any, ...]]
) -> list[tuple[str, list[Any]]]:  # fmt: skip
    """Statements with their values that insert the rows, or change those that are there."""
    statements = []
    for start in range(0, len(rows), ROWS_PER_STATEMENT):
        part = rows[start : start + ROWS_PER_STATEMENT]
        marks = ", ".join("(" + ", ".join(["%s"] * len(row)) + ")" for row in part)
        text = f"INSERT INTO {table} ({columns}) VALUES {marks} ON CONFLICT ({key}) DO UPDATE SET {change}"
        statements.append((text, [value for row in part for value in row]))
    return statements


def _execute(statements: list[tuple[str, list[Any]]]) -> None:
    """Run them in order; a few at once where the database takes several in one message."""
    at_once = 2 if connection.vendor == "postgresql" else 1
    with connection.cursor() as cursor:
        for start in range(0, len(statements), at_once):
            part = statements[start : start + at_once]
            cursor.execute("; ".join(text for text, _values in part), [v for _text, values in part for v in values])


def _bit(day: date) -> int:
    return 1 << (day.day - 1)


def _month_sql() -> str:
    if connection.vendor == "sqlite":
        return "CAST(strftime('%%Y', occurred_on) AS integer) * 12 + CAST(strftime('%%m', occurred_on) AS integer) - 1"
    return "(EXTRACT(YEAR FROM occurred_on) * 12 + EXTRACT(MONTH FROM occurred_on) - 1)::integer"


def _bit_sql() -> str:
    if connection.vendor == "sqlite":
        return "1 << (CAST(strftime('%%d', occurred_on) AS integer) - 1)"
    return "1::bigint << (EXTRACT(DAY FROM occurred_on)::integer - 1)"
