"""Mappings as a table: out with the columns the import reads, in with a dry run that says what each row would do."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from qms.models import Clause, ClauseMapping, Job, User
from qms.records import known_kinds
from qms.services import job as job_service
from qms.services import mapping as service
from qms.services.coverage_links import counting_phases
from qms.services.coverage_words import rule_name
from qms.services.mapping import MappingRefused, Rule
from qms.services.sheet import Sheet

COLUMNS = (
    "kind", "type", "edition", "clause", "strength", "max_age_days", "min_count", "min_people", "effective_from",
    "effective_to", "reason",
)  # fmt: skip
NEEDED = {"kind", "edition", "clause"}
JOB_KIND = "mapping-import"


@dataclass
class Row:
    """One line of the file and what it would do: new, changed, ended, unchanged or problem."""

    line: int
    cells: dict[str, str]
    outcome: str = "problem"
    message: str = ""
    details: list[str] = field(default_factory=list)

    @property
    def is_usable(self) -> bool:
        """Whether it would change anything."""
        return self.outcome in {"new", "changed", "ended"}


def name_of(mapping: ClauseMapping) -> str:
    """“Floor walk for 5.1.1 f)” as headings say it."""
    return _("%(rule)s for %(clause)s") % {"rule": rule_name(mapping), "clause": mapping.clause.label}


def cells_of(mapping: ClauseMapping) -> list[Any]:
    """A row of the export."""
    return [
        mapping.kind, mapping.subtype, mapping.clause.edition.slug, mapping.clause.slug, mapping.strength,
        mapping.max_age_days, mapping.min_count, mapping.min_people, mapping.effective_from, mapping.effective_to,
        mapping.reason,
    ]  # fmt: skip


def check(sheet: Sheet, *, today: date) -> list[Row]:
    """What each line would do, without writing. Raises MappingRefused when columns are missing."""
    header = [name.strip().lower().replace(" ", "_") for name in sheet.header]
    missing = sorted(NEEDED - set(header))
    if missing:
        raise MappingRefused(
            _("The table has no column “%s”. Export the mappings to see the columns.") % "”, “".join(missing)
        )
    rows = [
        Row(line, {name: cells[i] if i < len(cells) else "" for i, name in enumerate(header) if name in COLUMNS})
        for line, cells in sheet.rows
    ]
    known = _Known()
    seen: dict[tuple[str, str, int], int] = {}
    for row in rows:
        try:
            _judge(row, known, seen, today)
        except MappingRefused as error:
            row.outcome, row.message = "problem", str(error)
    return rows


class _Known:
    """Clauses and current mappings, looked up once."""

    def __init__(self) -> None:
        clauses = Clause.objects.select_related("edition", "commitment").order_by("pk")
        self.clauses = {(c.edition.slug, slug): c for c in clauses for slug in (c.slug, c.label)}
        rows = ClauseMapping.objects.filter(effective_to=None).select_related("clause__commitment").order_by("pk")
        self.current = {(m.kind, m.subtype, m.clause_id): m for m in rows}
        kinds = {slug: kind for slug, kind in known_kinds().items() if counting_phases(kind)}
        self.types = {slug: {t for t, _label in kind.subtypes()} for slug, kind in kinds.items()}


def _judge(row: Row, known: _Known, seen: dict[tuple[str, str, int], int], today: date) -> None:
    kind, subtype, clause = _target(row, known)
    key = (kind, subtype, clause.pk)
    if key in seen:
        raise MappingRefused(_("The same mapping stands in line %d already.") % seen[key])
    seen[key] = row.line
    rule = _rule(row)
    start, stop = _day(row, "effective_from"), _day(row, "effective_to")
    current = known.current.get(key)
    if current is None:
        if stop is not None:
            row.outcome, row.message = "unchanged", _("Ended already; nothing to do.")
            return
        service.refuse_overlap(kind, subtype, clause, start or today, None)
        row.outcome, row.message = "new", _("Counts from %s on.") % (start or today).isoformat()
        return
    if stop is not None:
        if stop < current.effective_from:
            raise MappingRefused(_("It cannot end before it began (%s).") % current.effective_from.isoformat())
        row.outcome, row.message = "ended", _("Ends on %s.") % stop.isoformat()
        return
    old, new = Rule.of(current).facts(), rule.facts()
    row.details = [f"{name}: {old[name] or '—'} → {new[name] or '—'}" for name in old if old[name] != new[name]]
    if not row.details:
        row.outcome, row.message = "unchanged", _("As it is.")
        return
    begins = _change_day(start, current, today)
    row.outcome, row.message = (
        "changed",
        _("From %(day)s: %(what)s.") % {"day": begins.isoformat(), "what": "; ".join(row.details)},
    )


def _change_day(start: date | None, current: ClauseMapping, today: date) -> date:
    """A date later than the row in force is when the change begins; the unchanged date of an export means today."""
    return start if start and start > current.effective_from else max(today, current.effective_from)


def _target(row: Row, known: _Known) -> tuple[str, str, Clause]:
    kind, subtype = row.cells.get("kind", ""), row.cells.get("type", "")
    if kind not in known.types:
        raise MappingRefused(
            _("There is no kind of record “%(kind)s”; known are: %(known)s.")
            % {"kind": kind, "known": ", ".join(sorted(known.types))}
        )
    if subtype and subtype not in known.types[kind]:
        raise MappingRefused(_("“%(kind)s” has no type “%(type)s”.") % {"kind": kind, "type": subtype})
    edition, number = row.cells.get("edition", ""), row.cells.get("clause", "")
    clause = known.clauses.get((edition, number))
    if clause is None:
        raise MappingRefused(
            _("The edition “%(edition)s” has no clause “%(clause)s”.") % {"edition": edition, "clause": number}
        )
    return kind, subtype, clause


def _rule(row: Row) -> Rule:
    strength = (row.cells.get("strength") or "supporting").lower()
    if strength not in ClauseMapping.Strength.values:
        raise MappingRefused(_("“strength” must be mandatory or supporting, not “%s”.") % strength)
    return Rule(
        strength,
        _number(row, "max_age_days", 3660),
        _number(row, "min_count", 1000) or 1,
        _number(row, "min_people", 1000) or 1,
    )


def _number(row: Row, name: str, most: int) -> int | None:
    text = row.cells.get(name, "")
    if not text:
        return None
    if not text.isdecimal() or not 1 <= int(text) <= most:
        raise MappingRefused(
            _("“%(name)s” must be a whole number from 1 to %(most)d, not “%(text)s”.")
            % {"name": name, "most": most, "text": text}
        )
    return int(text)


def _day(row: Row, name: str) -> date | None:
    text = row.cells.get(name, "")
    try:
        return date.fromisoformat(text[:10]) if text else None
    except ValueError as error:
        raise MappingRefused(
            _("“%(name)s” must be a date such as 2026-11-22, not “%(text)s”.") % {"name": name, "text": text}
        ) from error


@transaction.atomic
def keep(rows: list[Row], *, name: str, by: User, at: datetime) -> Job:
    """Keep a checked file until somebody decides; nothing of it takes effect."""
    return job_service.start(
        JOB_KIND, _("Import of mappings: %s") % name, by=by, at=at, params={"rows": [asdict(r) for r in rows]}
    )


def kept_rows(job: Job) -> list[Row]:
    """The rows of a kept file."""
    return [Row(**row) for row in job.params.get("rows", [])]


@transaction.atomic
def apply(job: Job, lines: Iterable[int], *, today: date, by: User, at: datetime) -> tuple[int, Job | None]:
    """Do what the chosen lines say, all of them or none; returns how many, and the job that links records again.

    Lines are checked again against what is there now. Raises MappingRefused naming the line that cannot be done.
    Side effects: mappings, trail entries, one re-linking.
    """
    wanted = set(lines)
    rows = [row for row in kept_rows(job) if row.line in wanted]
    checked = check(Sheet(list(COLUMNS), [(r.line, [r.cells.get(c, "") for c in COLUMNS]) for r in rows]), today=today)
    kinds: set[str] = set()
    since: list[date] = []
    for row in checked:
        if row.outcome == "problem":
            raise MappingRefused(
                _("Line %(line)d: %(why)s Nothing was imported.") % {"line": row.line, "why": row.message}
            )
        if row.is_usable:
            since.append(_apply_row(row, today=today, by=by, at=at))
            kinds.add(row.cells["kind"])
    job_service.finish(job, at=at, message=_("%d mappings imported.") % len(since))
    relinking = service.relink(sorted(kinds), since=min(since), by=by, at=at) if since else None
    return len(since), relinking


def _apply_row(row: Row, *, today: date, by: User, at: datetime) -> date:
    known = _Known()
    kind, subtype, clause = _target(row, known)
    start, stop, reason = (
        _day(row, "effective_from"),
        _day(row, "effective_to"),
        row.cells.get("reason") or _("Imported"),
    )
    current = known.current.get((kind, subtype, clause.pk))
    if current is None:
        day = start or today
        service.open_mapping(
            kind, subtype, clause, _rule(row), effective_from=day, reason=reason, by=by, at=at, relinks=False
        )
    elif stop is not None:
        day = stop
        service.end(current, effective_to=day, reason=reason, by=by, at=at, relinks=False)
    else:
        day = _change_day(start, current, today)
        service.change(current, _rule(row), effective_from=day, reason=reason, by=by, at=at, relinks=False)
    return day


def counts(rows: Sequence[Row]) -> list[tuple[str, int]]:
    """How many rows would do what, for the head of the dry run."""
    return [
        (outcome, n)
        for outcome in ("new", "changed", "ended", "unchanged", "problem")
        if (n := sum(r.outcome == outcome for r in rows))
    ]
