"""Measurements from a table: the columns get a meaning, every row says what it would do, the chosen ones are recorded.

An upload is kept as a job until it is applied; what the columns mean travels with the request, so that the preview can
be shown again with another meaning, and a second run of the same file finds everything as it is.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import IO

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from objectives.models import Measurement, Objective
from objectives.models.objective import plain_number
from objectives.services.objective_measurement import Reading, exact, is_same, record_measurements
from qms.models import Job, User, site_today
from qms.models.person import searchable
from qms.services import job as job_service
from qms.services.sheet import SheetRefused, read_sheet

JOB_KIND = "measurement-import"
MAX_ROWS = 5_000
FIELDS = {
    "measured_on": gettext_lazy("Day"),
    "value": gettext_lazy("Value"),
    "sample_size": gettext_lazy("n (number of parts, cases)"),
    "note": gettext_lazy("Note"),
}
HEADINGS = {
    "measured_on": ("day", "date", "week ending", "week", "month", "datum", "measured on", "measured", "fecha"),
    "value": ("value", "result", "actual", "rate", "wert", "scrap", "ppm", "valor"),
    "sample_size": ("n", "n parts", "parts", "sample size", "sample", "count", "number"),
    "note": ("note", "comment", "remark", "notes"),
}
DAY_FIRST, MONTH_FIRST = "day_first", "month_first"
ORDERS = {"": gettext_lazy("as the file shows by itself"), DAY_FIRST: gettext_lazy("day before month: 31/12/2026"),
          MONTH_FIRST: gettext_lazy("month before day: 12/31/2026")}  # fmt: skip


class MappingRefused(ValueError):
    """The columns cannot mean this; the message says what to do."""


@dataclass(frozen=True)
class Mapping:
    """Which column (its index) holds which field, and the order of day and month where the file leaves it open."""

    columns: dict[str, int]
    order: str = ""


@dataclass
class Row:
    """One line: what it says, and what recording it would do: new, changed, unchanged or problem."""

    line: int
    cells: list[str]
    outcome: str = "problem"
    message: str = ""
    reading: Reading | None = None

    @property
    def is_usable(self) -> bool:
        return self.outcome in {"new", "changed"}


def keep(objective: Objective, source: IO[bytes], *, name: str, by: User, at: datetime) -> Job:
    """Read the table and keep it with the objective it is for. Raises SheetRefused. Writes nothing but the job."""
    table = read_sheet(source)
    if not table.rows:
        raise SheetRefused(_("There is a heading but no row below it. Choose the file that holds the values."))
    if len(table.rows) > MAX_ROWS:
        raise SheetRefused(_("The table has more than %d rows. Split it and import the parts one by one.") % MAX_ROWS)
    params = {"objective": objective.pk, "header": table.header, "rows": [[n, cells] for n, cells in table.rows]}
    return job_service.start(JOB_KIND, name, by=by, at=at, total=len(table.rows), params=params)


def guess(header: Sequence[str]) -> Mapping:
    """What the headings say; the value falls back to the first column that nothing else claims."""
    columns: dict[str, int] = {}
    plain = [" ".join(re.sub(r"[^\w]+", " ", searchable(heading)).split()) for heading in header]
    for fits in (str.__eq__, str.startswith):
        for field, known in HEADINGS.items():
            for index, words in enumerate(plain):
                if field not in columns and index not in columns.values() and any(fits(words, k) for k in known):
                    columns[field] = index
    return Mapping(columns)


def check(objective: Objective, job: Job, mapping: Mapping, *, at: datetime) -> list[Row]:
    """What each line would do, without writing. One query. Raises MappingRefused without a day or a value column."""
    if not {"measured_on", "value"} <= mapping.columns.keys():
        raise MappingRefused(_("Choose the columns that hold the day and the value."))
    if len(set(mapping.columns.values())) < len(mapping.columns):
        raise MappingRefused(_("One column cannot mean two things. Leave one of them out."))
    rows = [Row(line, cells) for line, cells in job.params["rows"]]
    parse = day_reader([_cell(row, mapping, "measured_on") for row in rows], mapping.order)
    current = {row.measured_on: row for row in Measurement.objects.filter(objective=objective, replaced_at=None)}
    seen: dict[date, int] = {}
    today = site_today(objective.site, at)
    for row in rows:
        try:
            row.reading = _reading(row, mapping, parse, objective.unit, today)
            if (first := seen.setdefault(row.reading.measured_on, row.line)) != row.line:
                raise MappingRefused(_("Line %d holds the same day already. Keep one value per day.") % first)
        except (MappingRefused, ValidationError) as error:
            row.message = " ".join(error.messages) if isinstance(error, ValidationError) else str(error)
            continue
        _judge(row, row.reading, current.get(row.reading.measured_on))
    return rows


@transaction.atomic
def apply(
    objective: Objective, job: Job, mapping: Mapping, lines: Iterable[int], *, by: User, at: datetime
) -> int:  # fmt: skip
    """Record the chosen lines that would do something; returns how many. Lines with a problem are left out.

    Side effects: measurements, one trail entry, the standing; the job ends, and says what it did. Raises
    MappingRefused, CannotMeasure.
    """
    wanted = set(lines)
    chosen = [row for row in check(objective, job, mapping, at=at) if row.is_usable and row.line in wanted]
    readings = [row.reading for row in chosen if row.reading]
    if readings:
        record_measurements(objective, readings, source=Measurement.Source.SHEET, by=by, at=at)
    job.status, job.finished_at, job.done = Job.Status.DONE, at, len(readings)
    job.message = _("%d values recorded.") % len(readings)
    job.save(update_fields=["status", "finished_at", "done", "message"])
    return len(readings)


def _judge(row: Row, reading: Reading, stands: Measurement | None) -> None:
    if stands is None:
        row.outcome = "new"
    elif is_same(stands, reading):
        row.outcome, row.message = "unchanged", _("%s stands already.") % plain_number(reading.value)
    else:
        row.outcome = "changed"
        row.message = _("%(old)s becomes %(new)s; the old value stays visible.") % {
            "old": _with_n(stands.value, stands.sample_size), "new": _with_n(reading.value, reading.sample_size),
        }  # fmt: skip


def _with_n(value: Decimal, n: int | None) -> str:
    return plain_number(value) + (f" (n={n})" if n is not None else "")


def _reading(
    row: Row, mapping: Mapping, parse: Callable[[str], date], unit: str, today: date
) -> Reading:  # fmt: skip
    day = parse(_cell(row, mapping, "measured_on"))
    if day > today:
        raise MappingRefused(_("This day is in the future."))
    n = _cell(row, mapping, "sample_size")
    size = number(n, "") if n else None
    if size is not None and (size != int(size) or size < 0 or size > 2_000_000_000):
        raise MappingRefused(_("“%s” is no whole number for n.") % n)
    value = exact(number(_cell(row, mapping, "value"), unit))
    return Reading(day, value, int(size) if size is not None else None, _cell(row, mapping, "note")[:240])


def _cell(row: Row, mapping: Mapping, field: str) -> str:
    index = mapping.columns.get(field)
    return row.cells[index].strip() if index is not None and index < len(row.cells) else ""


def number(text: str, unit: str) -> Decimal:
    """A number as people write it: 3.43, 3,43, 1 234.5, 1.234,5, 3.4 %. Raises MappingRefused."""
    plain = text.replace("\xa0", " ").replace("'", "").removesuffix(unit).strip().removesuffix("%").replace(" ", "")
    if re.fullmatch(r"[+-]?[1-9]\d{0,2}(,\d{3})", plain):
        raise MappingRefused(_("“%s” may be a thousand or a decimal comma. Write it without the comma.") % text)
    if "," in plain and "." in plain:
        group, point = (",", ".") if plain.rfind(".") > plain.rfind(",") else (".", ",")
        plain = plain.replace(group, "").replace(point, ".")
    elif plain.count(",") > 1:
        plain = plain.replace(",", "")
    plain = plain.replace(",", ".")
    try:
        if not re.fullmatch(r"[+-]?\d+(\.\d*)?|[+-]?\.\d+", plain):
            raise InvalidOperation
        return Decimal(plain)
    except InvalidOperation as error:
        raise MappingRefused(_("“%s” is no number.") % text if text else _("There is no value.")) from error


FORMATS = ("%Y-%m-%d", "%Y-%m-%d %H:%M:%S", "%d.%m.%Y", "%d %b %Y", "%d %B %Y", "%b %d, %Y", "%Y/%m/%d")
SLASHED = {DAY_FIRST: "%d/%m/%Y", MONTH_FIRST: "%m/%d/%Y"}


def day_reader(cells: Sequence[str], order: str) -> Callable[[str], date]:
    """What turns a cell into a day; 3/4/2026 needs the order, unless another cell of the column (31/12) tells it."""
    fits = [name for name, form in SLASHED.items() if all("/" not in c or c[4:5] == "/" or _by(c, form) for c in cells)]
    known = order or (fits[0] if len(fits) == 1 else "")

    def read(text: str) -> date:
        for form in (*FORMATS, *([SLASHED[known]] if known else [])):
            if found := _by(text, form):
                return found
        if not known and any(_by(text, form) for form in SLASHED.values()):
            raise MappingRefused(_("“%s”: is the day or the month first? Choose it above.") % text)
        raise MappingRefused(_("“%s” is no date.") % text if text else _("There is no date."))

    return read


def _by(text: str, form: str) -> date | None:
    try:
        return datetime.strptime(text, form).date()  # noqa: DTZ007  a day has no zone
    except ValueError:
        return None
