"""Tables in and out."""

import io
import re
import zipfile
from pathlib import Path

import pytest
from openpyxl import Workbook, load_workbook

from qms.services import sheet

DATA = Path(__file__).parents[1] / "data"


def test_a_windows_file_with_title_lines_is_read() -> None:
    with (DATA / "as_is" / "document_register.csv").open("rb") as upload:
        table = sheet.read_sheet(upload)
    assert table.header == ["No.", "Title", "Rev", "Where used", "Last changed", "How it is really used"]
    assert "Müller GmbH drawing approval" in {row[1] for _, row in table.rows}
    assert len({len(row) for _, row in table.rows}) == 1


def test_a_workbook_with_a_merged_title_is_read_with_line_numbers() -> None:
    with (DATA / "as_is" / "risk_register.xlsx").open("rb") as upload:
        table = sheet.read_sheet(upload)
    assert table.header[0] == "#"
    assert table.rows[0][0] == 5


def test_utf16_and_tabs_are_read() -> None:
    table = sheet.read_sheet(io.BytesIO("Name\tOrt\nJosé\tKöln\n".encode("utf-16")))
    assert (table.header, table.rows) == (["Name", "Ort"], [(2, ["José", "Köln"])])


@pytest.mark.parametrize("body", [b"", b"  \n ", b";;;\n;;\n", b"\x00\x01\x02", b"PK\x03\x04broken"])
def test_what_is_no_table_is_refused(body: bytes) -> None:
    with pytest.raises(sheet.SheetRefused):
        sheet.read_sheet(io.BytesIO(body))


def test_a_workbook_that_bursts_is_refused() -> None:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", b"0" * (sheet.MAX_UNPACKED_BYTES + 1))
    with pytest.raises(sheet.SheetRefused, match="unpacks"):
        sheet.read_sheet(io.BytesIO(target.getvalue()))


def rewritten(book: Workbook, *changes: tuple[str, str]) -> io.BytesIO:
    """The workbook with the XML of its sheets changed by patterns."""
    whole, changed = io.BytesIO(), io.BytesIO()
    book.save(whole)
    with zipfile.ZipFile(whole) as source, zipfile.ZipFile(changed, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            body = source.read(name).decode()
            for pattern, text in changes if name.startswith("xl/worksheets/sheet") else ():
                body = re.sub(pattern, text, body)
            target.writestr(name, body)
    changed.seek(0)
    return changed


def test_empty_lines_of_all_sheets_count_together(monkeypatch: pytest.MonkeyPatch) -> None:
    """A sheet of a few bytes can stand for a hundred thousand lines; so can each of a thousand sheets."""
    monkeypatch.setattr(sheet, "MAX_ROWS", 100)
    book = Workbook()
    for page in (book.active, book.create_sheet("second")):
        page["A1"], page["A60"] = "Name", "Ana"
    with pytest.raises(sheet.SheetRefused, match="rows"):
        sheet.read_book(rewritten(book))
    assert sheet.read_sheet(rewritten(book)).header == ["Name"]


def test_unsized_workbook_is_read_within_the_limits() -> None:
    book = Workbook()
    book.active["A1"], book.active["B1"], book.active["A2"] = "Name", "Place", "Ana"
    unsized = (r"<dimension[^>]*/>", "")
    assert sheet.read_sheet(rewritten(book, unsized)).rows == [(2, ["Ana", ""])]
    far = ("</sheetData>", '<row r="2000000000"><c r="A2000000000"><v>1</v></c></row></sheetData>')
    with pytest.raises(sheet.SheetRefused, match="rows"):
        sheet.read_book(rewritten(book, unsized, far))


def test_empty_sheet_without_a_size_is_passed_over() -> None:
    book = Workbook()
    book.create_sheet("second")["A1"] = "Name"
    assert sheet.read_sheet(rewritten(book, (r"<dimension[^>]*/>", ""))).header == ["Name"]


def test_a_workbook_broken_inside_is_refused_in_words() -> None:
    whole, broken = io.BytesIO((DATA / "as_is" / "risk_register.xlsx").read_bytes()), io.BytesIO()
    with zipfile.ZipFile(whole) as source, zipfile.ZipFile(broken, "w") as target:
        for name in source.namelist():
            body = source.read(name)
            target.writestr(name, body[: len(body) // 2] if name == "xl/worksheets/sheet1.xml" else body)
    broken.seek(0)
    with pytest.raises(sheet.SheetRefused, match="cannot be opened"):
        sheet.read_sheet(broken)


@pytest.mark.parametrize("start", sheet.FORMULA_STARTS)
def test_no_cell_becomes_a_formula(start: str) -> None:
    text = f"{start}HYPERLINK(1)"
    line = list(sheet.csv_lines(["a"], [[text]]))[1]
    assert line.strip('"').startswith("'")
    cell = load_workbook(sheet.xlsx_file(["a"], [[text]])).active["A2"]
    assert cell.data_type != "f"
    assert str(cell.value).startswith("'")


def test_numbers_stay_numbers() -> None:
    assert load_workbook(sheet.xlsx_file(["a"], [[-5]])).active["A2"].value == -5
    assert list(sheet.csv_lines(["a"], [[-5]]))[1] == "-5\r\n"
