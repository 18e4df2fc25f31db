"""Import of people: nothing ignored in silence, nothing twice, all in one transaction."""

import csv
import io
import json
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from qms.models import Area, Person, PersonImport, TrailEntry, User
from qms.permissions import AccessProfile
from qms.services import person_import as service
from qms.services.person_import_columns import guess
from qms.services.person_import_plan import plan
from qms.services.person_import_row import Row
from qms.services.sheet import SheetRefused
from qms.services.trail_check import verify
from tests.factories import NOW, AreaFactory, PersonFactory, SiteFactory, cast_member, hiro, omar

pytestmark = pytest.mark.django_db
SAMPLE = Path(__file__).parents[1] / "data" / "people.csv"


@pytest.fixture
def manager() -> User:
    return hiro()


def begun(text: str | bytes, by: User, name: str = "people.csv") -> PersonImport:
    body = text.encode() if isinstance(text, str) else text
    return service.start(io.BytesIO(body), file_name=name, site=by.person.site, by=by, at=NOW)


def planned(text: str | bytes, by: User, *, create_areas: bool = False) -> list[Row]:
    return plan(begun(text, by), by=by, create_areas=create_areas).rows


def applied(text: str | bytes, by: User, *, create_areas: bool = True, lines: list[int] | None = None) -> PersonImport:
    upload = begun(text, by)
    digest = plan(upload, by=by, create_areas=create_areas).digest
    return service.apply(upload, by=by, at=NOW, digest=digest, lines=lines, create_areas=create_areas)


def statuses(rows: list[Row]) -> list[str]:
    return [row.status for row in rows]


def counted(upload: PersonImport) -> dict[str, int]:
    found = [row["status"] for row in upload.outcome]
    return {status: found.count(status) for status in sorted(set(found))}


def why(row: Row) -> str:
    return " ".join(message.why for message in row.problems)


def test_headings_are_guessed_and_unknown_ones_left_out() -> None:
    header = ["\ufeffName".strip("\ufeff"), "E-mail", "Job title", "Area", "Reports to", "Shift", "Shoe size", "NAME"]
    assert guess(header) == ["name", "email", "job_title", "area", "manager", "shift", "", ""]
    assert guess(["Nombre", "Correo electrónico", "Jefe", "Turno"]) == ["name", "email", "manager", "shift"]


def test_sample_comes_in_whole_but_for_its_three_bad_rows(manager: User) -> None:
    upload = applied(SAMPLE.read_bytes(), manager)
    assert counted(upload) == {"changed": 1, "new": 115, "problem": 3}
    told = {row["name"]: row["messages"][0][0] for row in upload.outcome if row["status"] == "problem"}
    assert told == {
        "Viktor Eriksen": "It repeats line 22.",
        "": "There is no name.",
        "Loop Person": "The person would report to himself or herself.",
    }
    karin = Person.objects.get(name="Karin Alvarez")
    assert (karin.manager.name, karin.manager.manager.name, karin.area.name) == (
        "Yusuf Chen", "Ximena Vega", "CNC line 1",
    )  # fmt: skip
    assert list(verify().problems) == []


def test_importing_the_same_file_again_changes_nothing(manager: User) -> None:
    applied(SAMPLE.read_bytes(), manager)
    before = (
        Person.objects.count(),
        Area.objects.count(),
        TrailEntry.objects.filter(chain__startswith="person:").count(),
    )
    again = applied(SAMPLE.read_bytes(), manager)
    assert set(counted(again)) == {"problem", "unchanged"}
    after = (
        Person.objects.count(),
        Area.objects.count(),
        TrailEntry.objects.filter(chain__startswith="person:").count(),
    )
    assert after == before


def test_manager_further_down_the_file_by_email_or_name(manager: User) -> None:
    upload = applied(
        "Name,E-mail,Reports to\nAna,,Boss Two\nBen,,one@plant.example\n"
        "Boss One,one@plant.example,\nBoss Two,,Boss One\n",
        manager,
    )
    assert counted(upload) == {"new": 4}
    chain = {p.name: p.manager.name if p.manager else "" for p in Person.objects.exclude(pk=manager.person_id)}
    assert chain == {"Ana": "Boss Two", "Ben": "Boss One", "Boss One": "", "Boss Two": "Boss One"}


def test_circle_within_the_file_and_with_people_known_is_refused(manager: User) -> None:
    top = PersonFactory(name="Top")
    PersonFactory(name="Low", manager=top)
    rows = planned("Name,Reports to\nA,B\nB,C\nC,A\nD,Top\nTop,Low\n", manager)
    assert statuses(rows) == ["problem", "problem", "problem", "new", "problem"]
    assert "circle of managers: A → B → C → A" in why(rows[0])
    assert "Top → Low → Top" in why(rows[4])


def test_row_whose_manager_has_a_problem_says_which_line(manager: User) -> None:
    rows = planned("Name,E-mail,Reports to\nAna,,boss@plant.example\nBen,,Ana\n,boss@plant.example,\n", manager)
    assert statuses(rows) == ["problem", "problem", "problem"]
    assert why(rows[0]) == "The manager stands on line 4, which is not imported."
    assert why(rows[1]) == "The manager stands on line 2, which is not imported."


def test_unknown_and_ambiguous_managers_are_named(manager: User) -> None:
    PersonFactory(name="Luis Usman")
    PersonFactory(name="Luis Usman")
    rows = planned("Name,Reports to\nAna,Nobody Here\nBen,Luis Usman\n", manager)
    assert [why(row) for row in rows] == [
        "The manager “Nobody Here” is not known.", "2 people are called “Luis Usman”.",
    ]  # fmt: skip


def test_changes_are_shown_old_and_new_and_written_to_the_chain(manager: User) -> None:
    lab = AreaFactory(name="Lab")
    ana = PersonFactory(name="Ana Sol", email="ana@plant.example", job_title="Setter")
    text = "Name,E-mail,Job title,Area\nAna Soler,ANA@plant.example,Operator,lab\n"
    rows = planned(text, manager)
    assert rows[0].changes == [
        ("name", "Ana Sol", "Ana Soler"), ("job_title", "Setter", "Operator"), ("area", "", "Lab"),
    ]  # fmt: skip
    applied(text, manager)
    ana.refresh_from_db()
    assert (ana.name, ana.search_name, ana.area) == ("Ana Soler", "ana soler", lab)
    entry = TrailEntry.objects.get(chain=ana.trail_key)
    assert (entry.verb, entry.reason) == ("person.changed", "Import of people.csv")
    assert json.loads(entry.changes)["job_title"] == ["Setter", "Operator"]


def test_empty_cell_leaves_what_is_known(manager: User) -> None:
    PersonFactory(name="Ana", email="ana@plant.example", job_title="Setter")
    assert statuses(planned("Name,E-mail,Job title\nAna,ana@plant.example,\n", manager)) == ["unchanged"]


def test_person_without_email_is_recognised_by_name_area_and_site(manager: User) -> None:
    lab = AreaFactory(name="Lab")
    PersonFactory(name="José Sato", area=lab)
    rows = planned("Name,Area,Job title\njose sato,LAB,Operator\n", manager)
    assert (rows[0].status, rows[0].changes[-1]) == ("changed", ("job_title", "", "Operator"))


def test_person_entered_without_an_area_is_recognised_and_gets_it_once(manager: User) -> None:
    AreaFactory(name="Lab")
    PersonFactory(name="Ana")
    rows = planned("Name,Area\nAna,Lab\nAna,\n", manager)
    assert statuses(rows) == ["changed", "problem"]
    assert why(rows[1]) == "Line 2 already tells of this person, with other facts."


def test_unknown_area_is_a_problem_or_is_added_when_asked(manager: User) -> None:
    text = "Name,Area\nAna,Paint shop\nBen,paint SHOP\n"
    assert statuses(planned(text, manager)) == ["problem", "problem"]
    upload = applied(text, manager)
    assert counted(upload) == {"new": 2}
    area = Area.objects.get()
    assert (area.name, area.people.count()) == ("Paint shop", 2)
    assert TrailEntry.objects.get(chain=area.trail_key).reason == "Import of people.csv"


def test_rows_are_refused_with_a_reason_each(manager: User) -> None:
    PersonFactory(email="far@plant.example", site=SiteFactory(code="LYO"))
    gone = PersonFactory(name="Gone", email="gone@plant.example")
    Person.objects.filter(pk=gone.pk).update(deactivated_at=NOW)
    PersonFactory(name="Eva", email="eva@plant.example")
    rows = planned(
        "Name,E-mail,Site,Top management\n"
        "Ana,not-an-address,,\nBen,far@plant.example,,\nCem,,Atlantis,\nDan,,,perhaps\n"
        "Gone,gone@plant.example,,\nEva,new.eva@plant.example,,\n" + "x" * 161 + ",,,\n",
        manager,
    )
    assert [why(row) for row in rows] == [
        "“not-an-address” is not an e-mail address.",
        "The e-mail belongs to somebody outside the sites you reach.",
        "There is no site “Atlantis” among those you reach.",
        "“perhaps” says neither yes nor no about top management.",
        "Gone is deactivated.",
        "Eva works there with the e-mail eva@plant.example.",
        "“xxxxxxxxxxxxxxxxxxxx…” is longer than 160 characters.",
    ]
    assert all(message.what_to_do for row in rows for message in row.problems)


def test_cells_right_of_the_headings_are_told(manager: User) -> None:
    rows = planned("Name,Shift\nAna,A,left over\n", manager)
    assert [note.why for note in rows[0].notes] == ["To the right of the last heading, not imported: left over."]


def test_only_chosen_rows_come_in_and_a_needed_manager_is_asked_for(manager: User) -> None:
    upload = applied("Name,Reports to\nBoss,\nAna,Boss\nBen,\nCem,\n", manager, lines=[3, 4])
    assert counted(upload) == {"new": 1, "problem": 1, "skipped": 2}
    assert list(Person.objects.exclude(pk=manager.person_id).values_list("name", flat=True)) == ["Ben"]
    ana = next(row for row in upload.outcome if row["name"] == "Ana")
    assert ana["messages"] == [["The manager stands on line 2, which is not imported.", "Choose line 2 as well."]]


def test_people_changed_since_the_preview_stop_the_import(manager: User) -> None:
    upload = begun("Name\nAna\n", manager)
    digest = plan(upload, by=manager).digest
    PersonFactory(name="Ana")
    with pytest.raises(service.PlanChanged):
        service.apply(upload, by=manager, at=NOW, digest=digest)
    upload.refresh_from_db()
    assert (upload.applied_at, Person.objects.filter(name="Ana").count()) == (None, 1)


def test_import_is_applied_once(manager: User) -> None:
    upload = applied("Name\nAna\n", manager)
    with pytest.raises(service.AlreadyApplied):
        service.apply(upload, by=manager, at=NOW, digest=plan(upload, by=manager).digest)


def test_summary_and_upload_are_in_the_trail(manager: User) -> None:
    upload = applied("Name\nAna\n,\nBen\n", manager)
    entries = TrailEntry.objects.filter(chain=upload.trail_key).order_by("seq")
    assert [entry.verb for entry in entries] == ["person_import.uploaded", "person_import.applied"]
    assert json.loads(entries[1].changes)["new"] == 2


@pytest.mark.parametrize("body", ["", "Name\n", "\x00\x01binary"])
def test_file_without_people_is_refused(manager: User, body: str) -> None:
    with pytest.raises(SheetRefused):
        begun(body, manager)
    assert PersonImport.objects.count() == 0


def test_mapping_needs_a_name_and_no_field_twice(manager: User) -> None:
    upload = begun("Name,Other\nAna,x\n", manager)
    for mapping in (["", "email"], ["name", "name"]):
        with pytest.raises(service.MappingRefused):
            service.set_mapping(upload, mapping=mapping)


def test_query_count_does_not_grow_with_the_rows(manager: User) -> None:
    def queries(rows: int) -> int:
        upload = begun("Name,E-mail\n" + "".join(f"P {n},p{n}@plant.example\n" for n in range(rows)), manager)
        with CaptureQueriesContext(connection) as caught:
            plan(upload, by=manager)
        return len(caught)

    queries(1)
    assert queries(1) == queries(300) <= 8


def test_whole_way_through_the_pages(client: Client, manager: User) -> None:
    AreaFactory(name="Lab")
    client.force_login(manager)
    assert client.get(reverse("qms:person-import")).status_code == 200
    body = "Name;E-mail;Where;Shoe size\nAna;ana@plant.example;Lab;42\n;x@plant.example;Lab;\nBen;;Moon;\n".encode(
        "cp1252"
    )
    sent = SimpleUploadedFile("staff.csv", body)
    response = client.post(reverse("qms:person-import"), {"file": sent, "site": manager.person.site_id})
    upload = PersonImport.objects.get()
    assert response.url == reverse("qms:person-import-columns", args=[upload.uid])
    assert upload.mapping == ["name", "email", "", ""]
    assert b"will not be imported" in client.get(response.url).content
    mapping = {"column_0": "name", "column_1": "email", "column_2": "area", "column_3": ""}
    response = client.post(response.url, mapping)
    preview = client.get(response.url)
    assert preview.context["counts"] == {"new": 1, "changed": 0, "unchanged": 0, "problem": 2, "skipped": 0}
    assert b"Shoe size" in preview.content
    assert Person.objects.filter(name="Ana").count() == 0
    url = reverse("qms:person-import-apply", args=[upload.uid])
    assert client.post(url, {"digest": preview.context["plan"].digest, "which": "chosen"}).status_code == 302
    assert Person.objects.filter(name="Ana").count() == 0
    posted = {"digest": preview.context["plan"].digest, "which": "chosen", "line": ["2"], "areas": "1"}
    result = client.get(client.post(url, posted).url)
    assert result.context["counts"] == {"problem": 2, "skipped": 0, "new": 1, "changed": 0, "unchanged": 0}
    assert Area.objects.filter(name="Moon").count() == 0  # a quality manager cannot make areas, whatever is posted
    problems = client.get(reverse("qms:person-import-problems", args=[upload.uid]))
    rows = list(csv.reader(io.StringIO(b"".join(problems.streaming_content).decode("utf-8-sig"))))
    assert rows[0] == ["Line", "Name", "E-mail", "Where", "Shoe size", "Why not imported", "What to do"]
    assert [row[:4] for row in rows[1:]] == [["3", "", "x@plant.example", "Lab"], ["4", "Ben", "", "Moon"]]
    assert all(row[-1] and row[-2] for row in rows[1:])


def test_administrator_in_an_elevated_session_adds_the_areas(client: Client) -> None:
    admin = cast_member("Ada Min", AccessProfile.ADMINISTRATOR)
    client.force_login(admin)
    upload = begun("Name,Area\nAna,Moon\n", admin)
    url = reverse("qms:person-import-preview", args=[upload.uid])
    assert client.get(url, {"areas": "1"}).context["counts"]["problem"] == 1
    session = client.session
    session["elevated_until"] = timezone.now().timestamp() + 600
    session.save()
    preview = client.get(url, {"areas": "1"})
    assert preview.context["counts"]["new"] == 1
    posted = {"digest": preview.context["plan"].digest, "which": "all", "areas": "1"}
    client.post(reverse("qms:person-import-apply", args=[upload.uid]), posted)
    assert Person.objects.get(name="Ana").area.name == "Moon"


def test_upload_of_somebody_else_is_not_found(client: Client, manager: User) -> None:
    upload = begun("Name\nAna\n", manager)
    client.force_login(omar())
    for name in ("columns", "preview", "result", "problems"):
        assert client.get(reverse(f"qms:person-import-{name}", args=[upload.uid])).status_code == 404
    assert client.post(reverse("qms:person-import-apply", args=[upload.uid])).status_code == 404


def test_file_that_is_no_table_keeps_the_page_and_says_why(client: Client, manager: User) -> None:
    client.force_login(manager)
    sent = SimpleUploadedFile("x.csv", b"PK\x03\x04broken")
    response = client.post(reverse("qms:person-import"), {"file": sent, "site": manager.person.site_id})
    assert response.status_code == 422
    assert "Save it again as XLSX" in str(response.context["form"].errors["file"])
