"""Measurements from a table: the plant's scrap rates, other shapes of dates and numbers, and a second run."""

import csv
import io
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from objectives.models import Measurement, Objective
from objectives.services import objective_import as service
from objectives.services.objective_measurement import record_measurement
from qms.models import Job, TrailEntry, User
from qms.services.sheet import xlsx_file
from tests.factories import NOW, cast_member, omar, yusuf
from tests.objectives.objectives import approved, as_user, fresh, url

pytestmark = pytest.mark.django_db
SAMPLE = Path(__file__).parents[1] / "data" / "scrap_rate.csv"


def kept(objective: Objective, text: str, by: User) -> Job:
    return service.keep(objective, io.BytesIO(text.encode()), name="t.csv", by=by, at=NOW)


def outcomes(objective: Objective, text: str, by: User, order: str = "") -> list[tuple[str, Any]]:
    job = kept(objective, text, by)
    mapping = service.Mapping(service.guess(job.params["header"]).columns, order)
    rows = service.check(objective, job, mapping, at=NOW)
    return [(row.outcome, row.reading and (row.reading.measured_on, row.reading.value)) for row in rows]


def test_scrap_rate_is_read_by_its_headings_and_a_second_run_changes_nothing() -> None:
    boss = yusuf()
    objective = approved(boss)
    client = as_user(boss)

    def upload() -> Any:
        sent = {"file": SimpleUploadedFile("scrap_rate.csv", SAMPLE.read_bytes())}
        return client.post(url(objective, "import"), sent, follow=True)

    page = upload()
    mapping = page.context["form"].mapping().columns
    assert mapping == {"measured_on": 0, "value": 2, "sample_size": 3}
    assert dict(page.context["counts"]) == {"new": 104}
    assert not Measurement.objects.exists()
    check = page.request["PATH_INFO"]
    assert client.post(check, {"which": "all"})["Location"] == url(objective)
    assert Measurement.objects.count() == 104
    last = Measurement.objects.get(measured_on=date(2026, 11, 20))
    assert (last.value, last.sample_size, last.source) == (Decimal("2.05"), 4409, "sheet")
    assert fresh(objective).actual_value == Decimal("2.05")
    assert client.post(check, {"which": "all"}).status_code == 200, "an upload is applied once"
    again = upload()
    assert dict(again.context["counts"]) == {"unchanged": 104}
    client.post(again.request["PATH_INFO"], {"which": "all"})
    assert Measurement.objects.count() == 104
    assert TrailEntry.objects.filter(record=objective, verb="objective.measurements_imported").count() == 1
    text = client.get(url(objective)).content.decode()
    assert "Signal: on 15 Aug 2025 the value 5.79 % lies above the natural process limits." in text
    assert "Signal: a shift for the better from 23 Jan 2026 on" in text


def test_only_chosen_lines_are_recorded_and_a_change_keeps_the_old_value() -> None:
    boss = yusuf()
    objective = approved(boss)
    record_measurement(objective, measured_on=date(2026, 11, 2), value=Decimal(3), by=boss, at=NOW)
    job = kept(objective, "Day,Value\n2026-11-02,4\n2026-11-03,5\n2026-11-04,6\n", boss)
    mapping = service.guess(job.params["header"])
    rows = service.check(objective, job, mapping, at=NOW)
    assert [row.outcome for row in rows] == ["changed", "new", "new"]
    assert rows[0].message == "3 becomes 4; the old value stays visible."
    assert service.apply(objective, job, mapping, [2, 4], by=boss, at=NOW) == 2
    rows_now = Measurement.objects.order_by("measured_on", "pk").values_list("measured_on__day", "value", "replaced_at")
    assert [(day, int(value), at is None) for day, value, at in rows_now] == [(2, 3, False), (2, 4, True), (4, 6, True)]


def test_problem_rows_say_why_and_can_be_downloaded() -> None:
    boss = yusuf()
    objective = approved(boss)
    lines = ["Day,Value,n", "2026-11-02,3,1", "2026-11-02,4,1", "yesterday,4,1", "2026-11-05,many,1", "2999-01-01,3,1",
             "2026-11-06,,1", ",3,1", "2026-11-07,3,1.5", '2026-11-08,"1,234",1']  # fmt: skip
    job = kept(objective, "\n".join(lines), boss)
    rows = service.check(objective, job, service.guess(job.params["header"]), at=NOW)
    assert [(row.line, row.message) for row in rows if row.outcome == "problem"] == [
        (3, "Line 2 holds the same day already. Keep one value per day."),
        (4, "“yesterday” is no date."),
        (5, "“many” is no number."),
        (6, "This day is in the future."),
        (7, "There is no value."),
        (8, "There is no date."),
        (9, "“1.5” is no whole number for n."),
        (10, "“1,234” may be a thousand or a decimal comma. Write it without the comma."),
    ]
    address = reverse("objectives:objective-import-problems", args=[job.uid])
    response = as_user(boss).get(address)
    text = b"".join(response.streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
    told = list(csv.DictReader(io.StringIO(text)))
    assert len(told) == 8
    assert told[1]["Why not recorded"] == "“yesterday” is no date."


@pytest.mark.parametrize(
    ("cells", "order", "first"),
    [
        (["31.12.2025", "15.01.2026"], "", date(2025, 12, 31)),
        (["12/31/2025", "01/02/2026"], "", date(2025, 12, 31)),
        (["31/12/2025", "01/02/2026"], "", date(2025, 12, 31)),
        (["01/02/2026", "03/04/2026"], "day_first", date(2026, 2, 1)),
        (["01/02/2026", "03/04/2026"], "month_first", date(2026, 1, 2)),
        (["2 Jan 2026", "3 Jan 2026"], "", date(2026, 1, 2)),
    ],
)
def test_dates_are_read_as_the_column_shows_them(cells: list[str], order: str, first: date) -> None:
    boss = yusuf()
    found = outcomes(approved(boss), "Day;Value\n" + "".join(f"{cell};3\n" for cell in cells), boss, order)
    assert found[0] == ("new", (first, Decimal(3)))
    assert found[1][0] == "new"


def test_order_of_day_and_month_is_never_guessed() -> None:
    boss = yusuf()
    found = outcomes(approved(boss), "Day,Value\n01/02/2026,3\n03/04/2026,3\n", boss)
    assert found == [("problem", None), ("problem", None)]


@pytest.mark.parametrize(
    ("text", "value"),
    [("3.43", "3.43"), ("3,43", "3.43"), ("1 234.5", "1234.5"), ("1.234,5", "1234.5"), ("1,234.5", "1234.5"),
     ("3.4 %", "3.4"), ("-2", "-2"), ("0,125", "0.125"), ("1,234,567", "1234567")],
)  # fmt: skip
def test_numbers_as_people_write_them(text: str, value: str) -> None:
    assert service.number(text, "%") == Decimal(value)


@given(st.decimals(-99999, 99999, places=2))
def test_any_number_with_a_point_or_a_comma_is_read_as_it_is(value: Decimal) -> None:
    assert service.number(f"{value:f}", "ppm") == service.number(f"{value:f}".replace(".", ","), "ppm") == value


def test_workbook_is_read_like_a_csv() -> None:
    boss = yusuf()
    objective = approved(boss)
    book = xlsx_file(["Date", "ppm", "Comment"], [[date(2026, 11, 2), 3.5, "after the trial"]])
    job = service.keep(objective, book, name="t.xlsx", by=boss, at=NOW)
    mapping = service.Mapping({**service.guess(job.params["header"]).columns})
    service.apply(objective, job, mapping, [2], by=boss, at=NOW)
    row = Measurement.objects.get()
    assert (row.measured_on, row.value, row.note) == (date(2026, 11, 2), Decimal("3.5"), "after the trial")


def test_columns_can_be_given_another_meaning_in_the_preview() -> None:
    boss = yusuf()
    objective = approved(boss)
    job = kept(objective, "when,first,second\n2026-11-02,3,4\n", boss)
    address = reverse("objectives:objective-import-check", args=[job.uid])
    client = as_user(boss)
    assert "Choose the columns" in client.get(address).content.decode()
    page = client.get(address, {"measured_on": "0", "value": "2"})
    assert [row.reading.value for row in page.context["rows"]] == [Decimal(4)]
    assert "One column cannot" in client.get(address, {"measured_on": "0", "value": "0"}).content.decode()
    client.post(f"{address}?measured_on=0&value=2", {"which": "chosen", "line": "2"})
    assert Measurement.objects.get().value == Decimal(4)


def test_upload_is_ones_own_and_for_who_may_work_on_the_objective() -> None:
    boss, other, stranger = yusuf(), cast_member("Nia Okafor"), omar()
    objective = approved(boss)
    job = kept(objective, "Day,Value\n2026-11-02,4\n", boss)
    address = reverse("objectives:objective-import-check", args=[job.uid])
    for user in (other, stranger):
        assert as_user(user).get(address).status_code == 404
    assert as_user(other).post(url(objective, "import")).status_code == 403


def test_file_that_is_no_table_is_refused_with_words() -> None:
    boss = yusuf()
    objective = approved(boss)
    client = as_user(boss)
    for body in (b"Day,Value\n", b"\x00\x01\x02", b" "):
        page = client.post(url(objective, "import"), {"file": SimpleUploadedFile("x.csv", body)})
        assert page.context["form"].errors["file"]
    assert not Job.objects.exists()
