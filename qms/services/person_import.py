"""Import of people: a table comes in, its columns get a meaning, the chosen rows become people in one transaction."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from hashlib import sha256
from typing import IO, Any

from django.db import transaction
from django.utils.translation import gettext as _

from qms.models import GENESIS, Area, Person, PersonImport, Site, TrailEntry, User
from qms.models.person import searchable
from qms.services import person as person_service
from qms.services import site as site_service
from qms.services import trail
from qms.services.person_import_columns import FIELDS, guess
from qms.services.person_import_plan import Plan, plan
from qms.services.person_import_row import Row
from qms.services.sheet import SheetRefused, read_sheet

MAX_ROWS = 5_000
BATCH = 500
PERSON_FIELDS = ["name", "search_name", "email", "job_title", "shift", "site", "area", "is_top_management"]


class MappingRefused(ValueError):
    """The columns cannot mean this; the message says what to do."""


class PlanChanged(Exception):
    """People, areas or rights changed since the preview; look at it again. Nothing was imported."""


class AlreadyApplied(Exception):
    """This upload was imported before. Upload the file again to import it again."""


@transaction.atomic
def start(source: IO[bytes], *, file_name: str, site: Site, by: User, at: datetime) -> PersonImport:
    """Read a CSV or XLSX table and keep it, with a guess of what its columns mean. Raises SheetRefused.

    Side effects: a PersonImport row; the trail notes the file's name, SHA-256 and number of rows.
    """
    source.seek(0)
    digest = sha256(source.read()).hexdigest()
    source.seek(0)
    table = read_sheet(source)
    if not table.rows:
        raise SheetRefused(_("There is a heading but no row below it. Choose the file that holds your people."))
    if len(table.rows) > MAX_ROWS:
        raise SheetRefused(_("The table has more than %d rows. Split it and import the parts one by one.") % MAX_ROWS)
    person_import = PersonImport(
        file_name=file_name[:200], sha256=digest, header=table.header, rows=[[n, cells] for n, cells in table.rows],
        mapping=guess(table.header), site=site, requested_by=by, created_at=at,
    )  # fmt: skip
    person_import.full_clean(exclude=["rows", "header", "mapping", "outcome"])
    person_import.save(force_insert=True)
    facts = {"file": person_import.file_name, "sha256": digest, "rows": len(table.rows), "site": site.code}
    trail.write(person_import, "person_import.uploaded", by=by, at=at, changes=facts, is_first=True)
    return person_import


@transaction.atomic
def set_mapping(person_import: PersonImport, *, mapping: Sequence[str]) -> PersonImport:
    """Say what each column means ("" leaves it out). Raises MappingRefused without a name column or with one twice."""
    used = [name for name in mapping if name]
    if "name" not in used:
        raise MappingRefused(_("Choose which column holds the name."))
    twice = sorted({str(FIELDS[name]) for name in used if used.count(name) > 1})
    if twice:
        raise MappingRefused(_("Two columns cannot both be “%s”. Leave one of them out.") % twice[0])
    person_import.mapping = list(mapping)
    person_import.save(update_fields=["mapping"])
    return person_import


@transaction.atomic
def apply(
    person_import: PersonImport, *, by: User, at: datetime, digest: str, lines: Iterable[int] | None = None,
    create_areas: bool = False,
) -> PersonImport:  # fmt: skip
    """Import the chosen lines (None: all that can be) as shown in the preview with that ``digest``.

    Side effects, all in one transaction: areas, people, a trail entry per person and area and one for the import, the
    outcome of every row. ``create_areas`` needs the caller to have checked the permission. Raises AlreadyApplied and
    PlanChanged, changing nothing.
    """
    trail.lock_chain("people:managers")
    person_import = PersonImport.objects.select_for_update(of=("self",)).select_related("site").get(pk=person_import.pk)
    if person_import.applied_at is not None:
        raise AlreadyApplied
    final = plan(person_import, by=by, create_areas=create_areas)
    if final.digest != digest:
        raise PlanChanged
    if lines is not None:
        final = plan(person_import, by=by, create_areas=create_areas, only=lines)
    reason = _("Import of %s") % person_import.file_name
    areas = _add_areas(final, by=by, at=at, reason=reason)
    _bring_in(final, areas, by=by, at=at, reason=reason)
    person_import.outcome = [
        {
            "line": row.line, "name": row.name, "status": row.status,
            "person": str(row.person.uid) if row.person else "",
            "messages": [[m.why, m.what_to_do] for m in row.problems or row.notes],
        }
        for row in final.rows
    ]  # fmt: skip
    person_import.applied_at = at
    person_import.save(update_fields=["outcome", "applied_at"])
    trail.write(person_import, "person_import.applied", by=by, at=at, changes=counts(final) | {"areas": len(areas)})
    return person_import


def counts(of: Plan) -> dict[str, int]:
    """How many rows have each status."""
    return {name: len(of.of(name)) for name in ("new", "changed", "unchanged", "problem", "skipped")}


def _add_areas(final: Plan, *, by: User, at: datetime, reason: str) -> dict[tuple[int, str], Area]:
    """Make the areas that imported rows name and that do not exist."""
    wanted: dict[tuple[int, str], tuple[Site, str]] = {}
    for row in final.of("new", "changed"):
        if row.new_area:
            site = row.values["site"]
            wanted.setdefault((site.pk, searchable(row.new_area)), (site, row.new_area))
    return {
        key: site_service.create_area(site, name=name, by=by, at=at, reason=reason)
        for key, (site, name) in wanted.items()
    }


def _bring_in(final: Plan, areas: dict[tuple[int, str], Area], *, by: User, at: datetime, reason: str) -> None:
    changed = final.of("changed")
    before = {row.line: person_service.facts_of(_person(row)) for row in changed}
    for row in (*final.of("new"), *changed):
        row.person = row.person or Person()
        _fill(row.person, row, areas)
    new_rows = final.of("new")
    Person.objects.bulk_create([_person(row) for row in new_rows], batch_size=BATCH)
    Person.objects.bulk_update([_person(row) for row in changed], PERSON_FIELDS, batch_size=BATCH)
    led = []
    for row in (*new_rows, *changed):
        if row.manager is not None:
            _person(row).manager = _person(row.manager) if isinstance(row.manager, Row) else row.manager
            led.append(_person(row))
    Person.objects.bulk_update(led, ["manager"], batch_size=BATCH)
    entries = [_told_new(_person(row), by=by, at=at, reason=reason) for row in new_rows]
    entries += _told_changes(changed, before, by=by, at=at, reason=reason)
    TrailEntry.objects.bulk_create(entries, batch_size=BATCH)
    person_service.announce()


def _person(row: Row) -> Person:
    assert row.person is not None  # noqa: S101  set before for every row that is imported
    return row.person


def _fill(person: Person, row: Row, areas: dict[tuple[int, str], Area]) -> None:
    for name, value in row.values.items():
        if name != "site" or "site" in row.given or person.site_id is None:
            setattr(person, name, value)
    if row.new_area:
        person.area = areas[row.values["site"].pk, searchable(row.new_area)]
    if person.area is not None and person.area.site_id != person.site_id:
        person.area = None
    person.search_name = searchable(person.name)[:200]


def _told_new(person: Person, *, by: User, at: datetime, reason: str) -> TrailEntry:
    facts = {name: value for name, value in person_service.facts_of(person).items() if value not in ("", None, False)}
    return trail.build_entry(person, "person.imported", by=by, at=at, changes=facts, reason=reason)


def _told_changes(
    rows: list[Row], before: dict[int, dict[str, Any]], *, by: User, at: datetime, reason: str
) -> list[TrailEntry]:  # fmt: skip
    """One entry per changed person, each linked to the head of that person's chain."""
    people = sorted(((_person(row), before[row.line]) for row in rows), key=lambda pair: pair[0].trail_key)
    heads: dict[str, tuple[int, str]] = {}
    chains = [person.trail_key for person, _old in people]
    for chain in chains:
        trail.lock_chain(chain)
    for first in range(0, len(chains), BATCH):
        found = TrailEntry.objects.filter(chain__in=chains[first : first + BATCH]).order_by("chain", "seq")
        heads |= {chain: (seq, head) for chain, seq, head in found.values_list("chain", "seq", "hash")}
    entries = []
    for person, old in people:
        now = person_service.facts_of(person)
        changes = {name: [old[name], now[name]] for name in now if old[name] != now[name]}
        seq, head = heads.get(person.trail_key, (0, GENESIS))
        entries.append(trail.build_entry(
            person, "person.changed", by=by, at=at, changes=changes, reason=reason, seq=seq + 1, previous=head
        ))  # fmt: skip
    return entries


def problem_rows(person_import: PersonImport, rows: Iterable[tuple[int, list[str]]]) -> list[list[object]]:
    """For the download of what could not be imported: the line, its cells as sent, why, and what to do."""
    cells_of: dict[int, list[str]] = dict(person_import.rows)
    width = len(person_import.header)
    return [
        [line, *(list(cells_of[line]) + [""] * width)[: max(width, len(cells_of[line]))], *messages]
        for line, messages in rows
    ]
