"""Tables in and out: CSV and XLSX, read with limits and clear complaints, written so that no cell becomes a formula."""

from __future__ import annotations

import csv
import io
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import chain, count, dropwhile
from typing import IO, Any

import charset_normalizer
from django.core.files.uploadedfile import UploadedFile
from django.http import FileResponse, StreamingHttpResponse
from django.utils.translation import gettext as _
from openpyxl import Workbook, load_workbook
from openpyxl.cell import WriteOnlyCell

MAX_BYTES = 20 * 1024 * 1024
MAX_UNPACKED_BYTES = 200 * 1024 * 1024
MAX_ROWS = 100_000
MAX_COLUMNS = 200
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")  # full-width: some Excels take them too
XLSX_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class SheetRefused(ValueError):
    """The file cannot be read as a table; the message says why and what to do."""


@dataclass(frozen=True)
class Sheet:
    """A table as it was sent: header cells, and rows of text with the line they stand on (1 is the first line)."""

    header: list[str]
    rows: list[tuple[int, list[str]]]


@dataclass(frozen=True)
class RawSheet:
    """One sheet of a workbook (or the whole CSV file, without a name): every filled line with its number."""

    name: str
    lines: list[tuple[int, list[str]]]


def read_book(upload: UploadedFile[Any] | IO[bytes]) -> list[RawSheet]:
    """Read every sheet with cells, for tables whose heading somebody must point at. Limits as for ``read_sheet``."""
    data = _data_of(upload)
    if data.startswith(b"PK"):
        sheets = [RawSheet(name, _filled(lines)) for name, lines in _xlsx_sheets(data)]
    else:
        sheets = [RawSheet("", _filled(_csv_lines(data)))]
    sheets = [sheet for sheet in sheets if sheet.lines]
    if not sheets:
        raise SheetRefused(_("No cell of the file holds anything. Choose the file that holds your table."))
    return sheets


def likely_header(lines: Sequence[tuple[int, list[str]]]) -> int:
    """The line of the headings, guessed: the first with at least two filled cells, otherwise the first of all."""
    return next((number for number, cells in lines if sum(map(bool, cells)) >= 2), lines[0][0])


def _filled(lines: Iterable[tuple[int, list[str]]]) -> list[tuple[int, list[str]]]:
    return [(number, cells) for number, cells in lines if any(cells)]


def _data_of(upload: UploadedFile[Any] | IO[bytes]) -> bytes:
    data = upload.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise SheetRefused(_("The file is larger than 20 MB. Split it and import the parts one by one."))
    if not data.strip():
        raise SheetRefused(_("The file is empty. Choose the file that holds your table."))
    return data


def read_sheet(upload: UploadedFile[Any] | IO[bytes]) -> Sheet:
    """Read a CSV (any common encoding and delimiter) or XLSX file (first sheet with cells, values not formulas).

    The header is the first line with at least two filled cells (or the first line at all); title lines above it are
    skipped. Raises SheetRefused for anything else, empty, or too large (20 MB, 100,000 rows, 200 columns).
    """
    data = _data_of(upload)
    lines = list(_xlsx_lines(data) if data.startswith(b"PK") else _csv_lines(data))
    filled = _filled(lines)
    if not filled:
        raise SheetRefused(_("No cell of the file holds anything. Choose the file that holds your table."))
    start = next((i for i, (_n, cells) in enumerate(filled) if sum(map(bool, cells)) >= 2), 0)
    header = filled[start][1]
    while header and not header[-1]:
        header.pop()
    width = len(header)
    return Sheet(
        header, [(number, (cells + [""] * width)[: max(width, len(cells))]) for number, cells in filled[start + 1 :]]
    )


def _csv_lines(data: bytes) -> Iterator[tuple[int, list[str]]]:
    text = _decoded(data)
    sample = text[:20_000]
    delimiter = max(";,\t|", key=lambda mark: (_regularity(sample, mark), -";,\t|".index(mark)))
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        for cells in reader:
            _check_size(reader.line_num, len(cells))
            yield reader.line_num, [cell.strip() for cell in cells]
    except csv.Error as error:
        raise SheetRefused(
            _("Line %(line)d cannot be read as CSV (%(why)s). Save the table again as CSV UTF-8 or XLSX.")
            % {"line": reader.line_num, "why": error}
        ) from error


def _regularity(sample: str, mark: str) -> int:
    """How many lines of the sample hold the mark as often as the line that holds it most often, if at all."""
    counts = [line.count(mark) for line in sample.splitlines() if line.strip()]
    best = max(set(counts), key=lambda n: (counts.count(n) if n else 0, n), default=0)
    return counts.count(best) if best else 0


def _decoded(data: bytes) -> str:
    if b"\x00" in data and not data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise SheetRefused(_("This is not a CSV or XLSX file. Save the table as CSV UTF-8 or XLSX and try again."))
    for encoding in ("utf-8-sig", "utf-16") if data.startswith((b"\xff\xfe", b"\xfe\xff")) else ("utf-8-sig",):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    guess = charset_normalizer.from_bytes(data, cp_isolation=["cp1252", "cp1250", "utf_16"]).best()
    return str(guess) if guess else data.decode("cp1252", errors="replace")


def _xlsx_lines(data: bytes) -> Iterator[tuple[int, list[str]]]:
    """The lines of the first sheet with cells."""
    for _name, lines in _xlsx_sheets(data):
        yield from lines
        return


def _xlsx_sheets(data: bytes) -> Iterator[tuple[str, Iterator[tuple[int, list[str]]]]]:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            if sum(info.file_size for info in archive.infolist()) > MAX_UNPACKED_BYTES:
                raise SheetRefused(_("The workbook unpacks to more than 200 MB. Save only the table you need."))
        book = load_workbook(io.BytesIO(data), read_only=True, data_only=True)
    except SheetRefused:
        raise
    except Exception as error:  # openpyxl raises whatever the broken part of the file leads to
        raise SheetRefused(_("The workbook cannot be opened. Save it again as XLSX and try again.")) from error
    counter = count(1)
    for sheet in book.worksheets:
        filled = dropwhile(lambda line: not any(line[1]), _lines_of(sheet, counter))
        if first := next(filled, None):
            yield str(sheet.title), chain([first], filled)


def _lines_of(sheet: Any, counter: Iterator[int]) -> Iterator[tuple[int, list[str]]]:
    """The lines of a sheet; ``counter`` counts those of the whole workbook, since an empty line costs no byte of it."""
    try:
        for number, values in enumerate(sheet.iter_rows(values_only=True), start=1):
            _check_size(next(counter), len(values))
            yield number, [_cell_text(value) for value in values]
    except (SyntaxError, KeyError, ValueError, zipfile.BadZipFile, zlib.error) as error:  # what broken XML leads to
        if isinstance(error, SheetRefused):
            raise
        raise SheetRefused(_("The workbook cannot be opened. Save it again as XLSX and try again.")) from error


def _check_size(row: int, columns: int) -> None:
    if row > MAX_ROWS:
        raise SheetRefused(_("The table has more than 100,000 rows. Split it and import the parts one by one."))
    if columns > MAX_COLUMNS:
        raise SheetRefused(_("The table has more than 200 columns. Remove those you do not need."))


def _cell_text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime) and value.time() == datetime.min.time():
        return value.date().isoformat()
    if isinstance(value, datetime | date):
        return value.isoformat(sep=" ") if isinstance(value, datetime) else value.isoformat()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).strip()


def escaped(value: object) -> object:
    """The value as it may stand in a cell: text a spreadsheet would run as a formula gets an apostrophe in front."""
    if isinstance(value, str) and value.startswith(FORMULA_STARTS):
        return "'" + value
    if isinstance(value, bool | int | float | date | datetime) or value is None:
        return value
    text = str(value)
    return "'" + text if text.startswith(FORMULA_STARTS) else text


class _Echo:
    """A file that hands back what is written, so that csv.writer can feed a stream."""

    def write(self, value: str) -> str:
        return value


def csv_lines(header: Sequence[object], rows: Iterable[Sequence[object]]) -> Iterator[str]:
    """The table as CSV text, line by line, UTF-8 with a byte order mark so that Excel reads the accents."""
    writer = csv.writer(_Echo())
    yield "\ufeff" + str(writer.writerow([escaped(cell) for cell in header]))
    for row in rows:
        yield str(writer.writerow(["" if cell is None else escaped(cell) for cell in row]))


def csv_response(name: str, header: Sequence[object], rows: Iterable[Sequence[object]]) -> StreamingHttpResponse:
    """Send the table as ``name``.csv, streamed; memory does not grow with the rows."""
    response = StreamingHttpResponse(csv_lines(header, rows), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return response


def xlsx_file(header: Sequence[object], rows: Iterable[Sequence[object]]) -> io.BytesIO:
    """The table as an XLSX workbook with one sheet; every text cell is written as text, never as a formula."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet()
    sheet.append([_xlsx_cell(sheet, cell) for cell in header])
    for row in rows:
        sheet.append([_xlsx_cell(sheet, cell) for cell in row])
    target = io.BytesIO()
    book.save(target)
    target.seek(0)
    return target


def _xlsx_cell(sheet: Any, value: object) -> object:
    if isinstance(value, datetime) and value.tzinfo is not None:
        value = value.replace(tzinfo=None)
    value = escaped(value)
    if not isinstance(value, str):
        return value
    cell = WriteOnlyCell(sheet, value="".join(c for c in value if c >= " " or c in "\n\t"))
    cell.data_type = "s"
    return cell


def xlsx_response(name: str, header: Sequence[object], rows: Iterable[Sequence[object]]) -> FileResponse:
    """Send the table as ``name``.xlsx. Times with a zone lose it in the cell: give them in the zone you mean."""
    return FileResponse(xlsx_file(header, rows), as_attachment=True, filename=f"{name}.xlsx", content_type=XLSX_TYPE)
