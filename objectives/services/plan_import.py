"""A list from a table: columns get a meaning, every row says what it would become, the chosen ones become records.

An upload is kept as a job until it is applied; what the columns mean travels with the request. A row is recognized
when the list comes again, so the same file twice adds nothing.
"""

from __future__ import annotations

import re
import uuid as uuids
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import IO, Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from objectives.services.objective_import import Mapping, MappingRefused, day_reader, number
from objectives.services.plan_import_columns import AREA, DAY, NUMBER, PERSON, TARGETS, Target
from objectives.services.risk_import_plan import people_by_name
from qms.models import Area, Job, Person, Record, Site, User, site_today
from qms.models.person import searchable
from qms.services import job as job_service
from qms.services.sheet import SheetRefused, read_sheet

JOB_KIND = "plan-import"
MAX_ROWS = 500
NAMESPACE = uuids.UUID("0b6f6bb8-6f0c-4f43-9a53-5b7f7a2f7d11")
ENDED = frozenset({
    "done", "closed", "complete", "completed", "finished", "yes", "x", "ok", "100", "100 %", "100%", "cancelled",
    "canceled", "rejected", "implemented", "ended",
})  # fmt: skip
"""Words in the column of the status for what is no longer open."""


class AlreadyApplied(Exception):
    """This upload was imported before. Upload the file again to import it again."""


@dataclass
class Row:
    """One line: what it says, and what it would become: new, unchanged (known already), skipped or problem."""

    line: int
    cells: list[str]
    outcome: str = "new"
    facts: dict[str, Any] = field(default_factory=dict)
    uid: uuids.UUID | None = None
    problems: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def is_usable(self) -> bool:
        return self.outcome == "new"

    @property
    def title(self) -> str:
        """What it is called, as far as it is known."""
        return str(self.facts.get("title", "")) or " · ".join(cell for cell in self.cells if cell)[:120]

    def refuse(self, why: str) -> None:
        """Make it a problem."""
        self.outcome = "problem"
        self.problems.append(why)


def target_of(job: Job) -> Target:
    """What the list of an upload becomes."""
    return TARGETS[job.params["what"]]


def keep(what: str, site: Site, source: IO[bytes], *, name: str, by: User, at: datetime) -> Job:
    """Read the table and keep it for the preview. Raises SheetRefused. Writes nothing but the job."""
    table = read_sheet(source)
    if not table.rows:
        raise SheetRefused(_("There is a heading but no row below it. Choose the file that holds the list."))
    if len(table.rows) > MAX_ROWS:
        raise SheetRefused(_("The list has more than %d rows. Split it and import the parts one by one.") % MAX_ROWS)
    params = {"what": what, "site": site.pk, "header": table.header, "rows": [[n, cells] for n, cells in table.rows]}
    return job_service.start(JOB_KIND, name, by=by, at=at, total=len(table.rows), params=params)


def guess(target: Target, header: Sequence[str]) -> Mapping:
    """What the headings say: first those that are a known one, then those that begin like one."""
    columns: dict[str, int] = {}
    plain = [" ".join(re.sub(r"[^\w]+", " ", searchable(heading)).split()) for heading in header]
    for fits in (str.__eq__, str.startswith):
        for name, declared in target.fields.items():
            for known in declared.headings:
                for index, words in enumerate(plain):
                    if name not in columns and index not in columns.values() and words and fits(words, known):
                        columns[name] = index
    return Mapping(columns)


def check(job: Job, mapping: Mapping, *, by: User, at: datetime) -> list[Row]:
    """What each line would become, without writing. Four queries. Raises MappingRefused where a column is missing."""
    target = target_of(job)
    missing = [str(one.label) for name, one in target.fields.items() if one.is_needed and name not in mapping.columns]
    if missing:
        raise MappingRefused(_("Choose the columns that hold: %s.") % ", ".join(missing))
    if len(set(mapping.columns.values())) < len(mapping.columns):
        raise MappingRefused(_("One column cannot mean two things. Leave one of them out."))
    rows = [Row(line, cells) for line, cells in job.params["rows"]]
    reader = _Reader(target, Site.objects.get(pk=job.params["site"]), mapping, rows, by=by, at=at)
    for row in rows:
        reader.read(row)
    known = dict(Record.objects.filter(uid__in=[row.uid for row in rows if row.uid]).values_list("uid", "reference"))
    seen = set(Record.objects.filter(uid__in=known).visible_to(by).values_list("uid", flat=True))
    first: dict[uuids.UUID, int] = {}
    for row in rows:
        if row.uid is None or not row.is_usable:
            continue
        if first.setdefault(row.uid, row.line) != row.line:
            row.refuse(_("It says the same as line %d. Keep one of the two lines.") % first[row.uid])
        elif row.uid in known:
            row.outcome = "unchanged"
            told = known[row.uid] if row.uid in seen else _("a record you may not see")
            row.notes = [_("It is here already: %s.") % told]
    return rows


@transaction.atomic
def apply(job: Job, mapping: Mapping, lines: Iterable[int], *, by: User, at: datetime) -> int:
    """Make a record of each chosen line that can become one, all or none; returns how many.

    Side effects in one transaction: the records with their versions and trail entries, the job's end. Raises
    AlreadyApplied, MappingRefused, ValidationError naming the line.
    """
    locked = Job.objects.select_for_update().get(pk=job.pk)
    if locked.status != Job.Status.QUEUED:
        raise AlreadyApplied(_("This upload was imported before. Upload the file again to import it again."))
    target, site, wanted = target_of(job), Site.objects.get(pk=job.params["site"]), set(lines)
    chosen = [row for row in check(job, mapping, by=by, at=at) if row.is_usable and row.line in wanted]
    for row in chosen:
        try:
            target.make(uid=row.uid, site=site, by=by, at=at, **row.facts)
        except ValidationError as error:
            told = {"line": row.line, "why": " ".join(error.messages)}
            raise ValidationError(_("Line %(line)d: %(why)s") % told) from error
    words = ngettext("%(n)d record entered.", "%(n)d records entered.", len(chosen)) % {"n": len(chosen)}
    job_service.finish(locked, at=at, message=words)
    return len(chosen)


class _Reader:
    """Reads rows one by one, with everything they are looked up in loaded once."""

    def __init__(
        self, target: Target, site: Site, mapping: Mapping, rows: Sequence[Row], *, by: User, at: datetime
    ) -> None:
        self.target, self.site, self.mapping, self.by = target, site, mapping, by
        self.today = site_today(site, at)
        self.people = people_by_name(by)
        areas = Area.objects.visible_to(by).active().filter(site=site)
        self.areas = {searchable(area.name): area for area in areas}
        self.days: dict[str, Callable[[str], date]] = {
            name: day_reader([self.cell(row, name) for row in rows], mapping.order)
            for name, declared in target.fields.items() if declared.reads == DAY
        }  # fmt: skip

    def cell(self, row: Row, name: str) -> str:
        index = self.mapping.columns.get(name)
        return " ".join(row.cells[index].split()) if index is not None and index < len(row.cells) else ""

    def read(self, row: Row) -> None:
        """Fill the row's facts, and say what is in the way or to be known."""
        if searchable(self.cell(row, "status")) in ENDED:
            row.outcome = "skipped"
            row.notes.append(_("It has ended in your list. Only what is open is taken."))
            row.facts["title"] = self.cell(row, "title")
            return
        row.facts |= {"owner": self.by.person} | ({"due_on": None} if "due_on" in self.target.fields else {})
        left: list[str] = []
        for name, declared in self.target.fields.items():
            text = self.cell(row, name)
            if name == "status":
                continue
            if not text:
                if declared.is_needed:
                    row.refuse(_("“%s” is empty.") % declared.label)
                continue
            if len(text) > declared.longest:
                row.refuse(_("“%(what)s” is longer than %(n)d characters.") % {
                    "what": declared.label, "n": declared.longest,
                })  # fmt: skip
                continue
            self._fact(row, name, text, left)
        self._orderly(row)
        if left:
            where = next(name for name in ("description", "means") if name in self.target.fields)
            row.facts[where] = "\n".join([*filter(None, [row.facts.get(where, "")]), *left])
        same = [searchable(str(row.facts.get(name, ""))) for name in self.target.same_by]
        row.uid = uuids.uuid5(NAMESPACE, " ".join([self.target.kind, self.site.code, *same]))

    def _fact(self, row: Row, name: str, text: str, left: list[str]) -> None:
        reads = self.target.fields[name].reads
        try:
            if reads == DAY:
                row.facts[name] = self._day(name, text)
            elif reads == NUMBER:
                row.facts[name] = number(text, self.cell(row, "unit"))
            elif reads == PERSON:
                row.facts[name] = self._person(row, text, left)
            elif reads == AREA:
                row.facts[name] = self.areas.get(searchable(text))
                if row.facts[name] is None:
                    row.notes.append(_("There is no area “%s” at this site; the word is kept with the text.") % text)
                    left.append(_("Area in the list: %s") % text)
            else:
                row.facts[name] = text
        except MappingRefused as error:
            row.refuse(f"{self.target.fields[name].label}: {error}")

    def _day(self, name: str, text: str) -> date:
        day = self.days[name](text)
        if day.year < 1990 or day.year > 2100:
            raise MappingRefused(_("“%s”: nobody plans in that year. Correct the date in the file.") % text)
        if name in self.target.is_past and day > self.today:
            raise MappingRefused(_("This day is in the future."))
        return day

    def _person(self, row: Row, text: str, left: list[str]) -> Person:
        found = self.people.get(searchable(text), [])
        if len(found) == 1:
            return found[0]
        row.notes.append(_("“%s” is not the name of one person here: you become the owner.") % text)
        left.append(_("Owner in the list: %s") % text)
        return self.by.person

    @staticmethod
    def _orderly(row: Row) -> None:
        starts, ends = row.facts.get("starts_on"), row.facts.get("ends_on")
        if starts and ends and ends < starts:
            row.refuse(_("It ends before it begins. Correct the dates in the file."))
        quantity = row.facts.get("quantity")
        if quantity is not None and not row.facts.get("unit"):
            row.refuse(_("It is said how much, but not of what: add the unit."))
        if quantity is not None and quantity < 0:
            row.refuse(_("How much cannot be less than nothing."))
