"""Import of a plant's own risk register, as messy as such sheets are."""

from __future__ import annotations

import csv
import io
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from objectives.models import Risk, RiskImport
from objectives.services import risk_import as service
from objectives.services.risk_import_columns import guess_level, split_owner
from objectives.services.risk_import_plan import plan, questions
from qms.models import TrailEntry, User
from qms.services.sheet import SheetRefused
from tests.factories import NOW, PersonFactory, hiro, omar, yusuf
from tests.objectives.risks import as_user

pytestmark = pytest.mark.django_db
SAMPLE = Path(__file__).parent.parent / "data" / "as_is" / "risk_register.xlsx"


def begun(by: User, source: bytes | None = None) -> RiskImport:
    sent = io.BytesIO(source if source is not None else SAMPLE.read_bytes())
    assert by.person.site
    return service.start(sent, file_name="risk_register.xlsx", site=by.person.site, by=by, at=NOW)


def applied(made: RiskImport, by: User, **values: Any) -> RiskImport:
    return service.apply(made, digest=plan(made, by=by).digest, by=by, at=NOW, **values)


def csv_of(*lines: str) -> bytes:
    return "\n".join(("Risk,R/O,L,I,Owner / when", *lines)).encode()


def notes(row: Any) -> str:
    return " ".join(message.why for message in row.notes)


def test_sheet_heading_and_columns_of_the_sample_are_guessed() -> None:
    made = begun(hiro())
    assert (made.sheets[made.sheet]["name"], made.header_line) == ("Risks 2024-25", 4)
    assert made.mapping == [
        "number", "title", "nature", "cause", "likelihood", "impact", "treatment_plan", "owner_and_due",
    ]  # fmt: skip
    assert len(made.rows) == 14
    left = service.left_out(made)
    assert left["sheets"] == [("old 2019", 1)]
    assert left["lines"] == ["RISK REGISTER (ISO 9001 6.1)", "updated by quality, last time before the audit"]


def test_words_among_the_numbers_are_asked_for_with_a_guess() -> None:
    asked = questions(begun(hiro()), by=hiro_again())
    assert asked["likelihood"] == [("3-4", 1, "4"), ("high", 2, "4")]
    assert asked["impact"] == [("medium", 2, "3")]
    assert asked["nature"] == [("opportunity", 1, "opportunity"), ("risk", 1, "risk")]
    assert [word for word, _n, _guess in asked["owner"]] == ["HR", "quality"]


def hiro_again() -> User:
    return User.objects.get(email="hiro.weber@plant.example")


def test_sample_is_imported_whole_and_nothing_is_lost() -> None:
    quality = hiro()
    made = begun(quality)
    hr: Any = PersonFactory(name="Helga Richter")
    service.set_words(made, words={"owner": {"HR": str(hr.uid)}})
    planned = plan(made, by=quality)
    assert planned.counts == {"new": 14, "unchanged": 0, "problem": 0, "skipped": 0}
    by_line = {row.line: row for row in planned.rows}
    assert by_line[5].levels == (1, 3)
    assert "“medium” becomes 3" in notes(by_line[5])
    assert by_line[18].levels == (4, 3)
    assert "3-4" in notes(by_line[18])
    assert by_line[7].levels is None
    assert "without a rating, since the consequence is missing" in notes(by_line[7])
    assert "“tbd” names nobody" in notes(by_line[8])
    assert "“quality” is not the name of one person" in notes(by_line[15])
    applied(made, quality)
    assert Risk.objects.count() == 14
    furnace = Risk.objects.get(title__startswith="Furnace 2")
    assert (furnace.rating, furnace.owner, furnace.due_on) == (3, hr, date(2025, 12, 31))
    assert "Owner in the file: HR" in furnace.treatment_plan
    assert "Number in the file: 1" in furnace.treatment_plan
    yard = Risk.objects.get(title="Flooding of the yard")
    assert (yard.rating, yard.level, yard.due_on, yard.owner) == (15, "high", date(2026, 6, 30), quality.person)
    steel = Risk.objects.get(title="Steel price")
    assert (steel.status, steel.rating) == ("identified", None)
    assert "likelihood: 4" in steel.treatment_plan, "the one level that is there is kept"
    assert Risk.objects.filter(nature="opportunity").count() == 4
    assert Risk.objects.get(title__startswith="Reuse of").ratings[0]["why"] == "As rated in risk_register.xlsx, line 14"
    entry = TrailEntry.objects.get(verb="risk_import.applied")
    assert '"new":14' in entry.changes


def test_same_file_again_adds_nothing() -> None:
    quality = hiro()
    applied(begun(quality), quality)
    again = begun(quality)
    assert plan(again, by=quality).counts["unchanged"] == 14
    applied(again, quality)
    assert Risk.objects.count() == 14
    again.refresh_from_db()
    assert {row["status"] for row in again.outcome} == {"unchanged"}
    assert all(row["reference"].startswith("RISK-DEN-") for row in again.outcome)


def test_known_row_with_other_levels_says_so() -> None:
    quality = hiro()
    applied(begun(quality, csv_of("Steel price,R,3,3,")), quality)
    (row,) = plan(begun(quality, csv_of("Steel  PRICE,R,4,3,")), by=quality).rows
    assert row.status == "unchanged"
    assert "not those of the record" in notes(row)


@pytest.mark.parametrize(
    ("line", "why"),
    [
        (",R,3,3,", "no sentence"), ("x" * 241 + ",R,3,3,", "longer than 240"),
        ("Steel price,both,3,3,", "neither risk nor opportunity"), ("Steel price,R,9,3,", "“9” is no level"),
        ("Steel price,R,sometimes,3,", "“sometimes” is no level"), ("Steel price,R,3,3,1.1.1901", "too long ago"),
    ],
)  # fmt: skip
def test_problem_row_says_why_and_what_to_do(line: str, why: str) -> None:
    quality = hiro()
    (row,) = plan(begun(quality, csv_of(line)), by=quality).rows
    assert row.status == "problem"
    assert any(why in message.why and message.what_to_do for message in row.problems)


def test_row_that_repeats_another_is_a_problem() -> None:
    quality = hiro()
    planned = plan(begun(quality, csv_of("Steel price,R,3,3,", "steel price,R,4,4,")), by=quality)
    assert [row.status for row in planned.rows] == ["new", "problem"]
    assert "line 2" in planned.rows[1].problems[0].why


def test_chosen_words_win_over_guesses() -> None:
    quality = hiro()
    made = begun(quality, csv_of("Steel price,x,high,often,"))
    words = {"nature": {"x": "opportunity"}, "likelihood": {"high": "5"}, "impact": {"often": "0"}}
    service.set_words(made, words=words)
    (row,) = plan(made, by=quality).rows
    assert (row.status, row.facts["nature"], row.levels) == ("new", "opportunity", None)
    service.set_words(made, words=words | {"impact": {"often": "2"}})
    assert plan(made, by=quality).rows[0].levels == (5, 2)
    service.set_words(made, words=words | {"likelihood": {"high": ""}})
    assert plan(made, by=quality).rows[0].status == "problem"


@pytest.mark.parametrize(
    ("text", "owner", "day", "raw"),
    [
        ("HR / 31.12.2025", "HR", date(2025, 12, 31), "31.12.2025"), ("tbd", "", None, ""),
        ("quality", "quality", None, ""), ("2026-06-30", "", date(2026, 6, 30), "2026-06-30"),
        ("Ana Pop, 3/25/2026", "Ana Pop", date(2026, 3, 25), "3/25/2026"), ("", "", None, ""),
        ("Ana Pop 3/4/2026", "Ana Pop", None, "3/4/2026"), ("HR / 32.12.2025", "HR", None, "32.12.2025"),
    ],
)  # fmt: skip
def test_owner_and_date_are_taken_apart(text: str, owner: str, day: date | None, raw: str) -> None:
    assert split_owner(text) == (owner, day, raw)


def test_date_that_can_be_read_two_ways_is_left_out_and_said() -> None:
    quality = hiro()
    (row,) = plan(begun(quality, csv_of("Steel price,R,3,3,HR / 3/4/2026")), by=quality).rows
    assert row.facts["due_on"] is None
    assert "“3/4/2026” is no day" in notes(row)


@pytest.mark.parametrize(
    ("text", "most", "level"),
    [("high", 5, "4"), ("high", 3, "3"), ("medium", 4, "3"), ("very high", 3, "3"), ("low", 5, "2"), ("3-4", 5, "4"),
     ("", 5, "0"), ("??", 5, "0"), ("7", 5, ""), ("often", 5, "")],
)  # fmt: skip
def test_level_is_guessed_from_words(text: str, most: int, level: str) -> None:
    assert guess_level(text, most) == level


def test_other_sheet_and_heading_can_be_chosen() -> None:
    made = begun(hiro())
    service.set_sheet(made, sheet=0, header_line=5)
    assert len(made.rows) == 13
    with pytest.raises(service.MappingRefused):
        service.set_sheet(made, sheet=1, header_line=1)
    with pytest.raises(service.MappingRefused):
        service.set_sheet(made, sheet=0, header_line=3)


@pytest.mark.parametrize("mapping", [["", "nature"], ["title", "title"], ["title", "owner", "owner_and_due"]])
def test_columns_that_make_no_sense_are_refused(mapping: list[str]) -> None:
    with pytest.raises(service.MappingRefused):
        service.set_mapping(begun(hiro()), mapping=mapping)


def test_chosen_rows_only() -> None:
    quality = hiro()
    made = applied(begun(quality), quality, lines=[5, 6])
    assert Risk.objects.count() == 2
    assert sum(row["status"] == "skipped" for row in made.outcome) == 12


def test_preview_that_is_out_of_date_imports_nothing() -> None:
    quality = hiro()
    first, second = begun(quality), begun(quality)
    digest = plan(second, by=quality).digest
    applied(first, quality)
    with pytest.raises(service.PlanChanged):
        service.apply(second, digest=digest, by=quality, at=NOW)
    with pytest.raises(service.AlreadyApplied):
        service.apply(first, digest=digest, by=quality, at=NOW)


def test_too_long_a_file_is_refused() -> None:
    with pytest.raises(SheetRefused, match="1000"):
        begun(hiro(), csv_of(*(f"Risk {n},R,1,1," for n in range(1_001))))


def step(client: Client, made: RiskImport, name: str, **sent: Any) -> Any:
    path = reverse(f"objectives:risk-import-{name}", args=[made.uid])
    return client.post(path, sent) if sent else client.get(path)


def test_six_steps_in_the_browser() -> None:
    quality = hiro()
    client = as_user(quality)
    sent = SimpleUploadedFile("risk_register.xlsx", SAMPLE.read_bytes())
    first = client.post(reverse("objectives:risk-import"), {"file": sent, "site": quality.person.site_id})
    made = RiskImport.objects.get()
    assert first["Location"] == reverse("objectives:risk-import-sheet", args=[made.uid])
    page = step(client, made, "sheet").content.decode()
    assert "old 2019" in page
    assert "RISK REGISTER" in page
    assert step(client, made, "sheet", sheet=0, header_line=4).status_code == 302
    columns = {f"column_{n}": name for n, name in enumerate(RiskImport.objects.get().mapping)}
    assert step(client, made, "columns", **columns).status_code == 302
    assert "“3-4”" in step(client, made, "words").content.decode()
    words = {"likelihood_0": "3", "likelihood_1": "", "impact_0": "3", "nature_0": "opportunity", "nature_1": "risk"}
    assert step(client, made, "words", **words).status_code == 302
    preview = step(client, made, "preview")
    shown = preview.content.decode()
    assert "old 2019" in shown
    assert "RISK REGISTER (ISO 9001 6.1)" in shown
    assert "“high” is no level of the scale" in shown
    rows = list(csv.reader(io.StringIO(b"".join(step(client, made, "problems")).decode("utf-8-sig"))))
    assert [row[0] for row in rows[1:]] == ["14", "17"]
    digest = preview.context["plan"].digest
    assert step(client, made, "apply", digest=digest, which="all").status_code == 302
    assert Risk.objects.count() == 12
    result = step(client, made, "result").content.decode()
    assert "RISK-DEN-" not in result
    assert "Furnace 2 older than 30 years" in result
    again = list(csv.reader(io.StringIO(b"".join(step(client, made, "problems")).decode("utf-8-sig"))))
    assert again == rows


def test_upload_is_ones_own() -> None:
    made = begun(hiro())
    for user in (yusuf(), omar()):
        assert step(as_user(user), made, "sheet").status_code == 404


def test_file_that_is_no_table_is_refused_with_a_word() -> None:
    quality = hiro()
    sent = SimpleUploadedFile("x.xlsx", b"PK\x03\x04 broken")
    answer = as_user(quality).post(reverse("objectives:risk-import"), {"file": sent, "site": quality.person.site_id})
    assert answer.status_code == 422
    assert "cannot be opened" in answer.content.decode()
