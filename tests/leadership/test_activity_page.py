"""The list of activities, its exports, the page of one, correcting and withdrawing it."""

import csv
import io
import json
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from leadership.models import Activity
from objectives.services import improvement_action
from qms.models import Attachment, RecordPerson, TrailEntry, User
from qms.permissions import AccessProfile
from qms.services import record as record_service
from tests.factories import (
    NOW,
    ActivityTypeFactory,
    AreaFactory,
    MappingFactory,
    PersonFactory,
    cast_member,
    hiro,
    logged_activity,
    omar,
    yusuf,
)

pytestmark = pytest.mark.django_db
LIST = "/leadership/activities/"


def as_user(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def titles(client: Client, **filters: object) -> list[str]:
    return [a.title for a in client.get(LIST, filters).context["page"].rows]


def url(activity: Activity, what: str = "detail") -> str:
    return reverse(f"leadership:activity-{what}", args=[activity.pk])


def posted(activity: Activity, **values: object) -> dict[str, object]:
    """What the edit page sends when nothing but ``values`` was typed."""
    zone = activity.site.zone
    return {
        "title": activity.title, "activity_type": activity.activity_type_id, "area": activity.area_id or "",
        "happened_at": activity.happened_at.astimezone(zone).strftime("%Y-%m-%dT%H:%M"), "leaders": "Yusuf Chen",
        "people_met": "", "notes": activity.notes, "version": activity.version, "reason": "The name was wrong",
        "stops-TOTAL_FORMS": "0", "stops-INITIAL_FORMS": "0",
    } | values  # fmt: skip


def test_list_shows_newest_event_first() -> None:
    boss = yusuf()
    for days in (3, 1, 2):
        logged_activity(boss, days_ago=days, title=f"{days} days ago")
    assert titles(as_user(boss)) == ["1 days ago", "2 days ago", "3 days ago"]


def test_list_keeps_other_sites_drafts_and_confidential_records_out() -> None:
    boss, stranger = yusuf(), omar()
    logged_activity(boss, title="open")
    logged_activity(boss, title="secret", is_confidential=True)
    logged_activity(boss, title="draft", status="draft")
    logged_activity(stranger, title="elsewhere")
    assert titles(as_user(cast_member("Nia Okafor"))) == ["open"]
    assert sorted(titles(as_user(boss))) == ["draft", "open", "secret"]
    assert titles(as_user(stranger)) == ["elsewhere"]


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({"kind": "coaching"}, ["Coached Paula"]),
        ({"owner": "chen"}, ["Walked line 3"]),
        ({"owner": "weber"}, ["Coached Paula"]),
        ({"q": "paula"}, ["Coached Paula"]),
        ({"q": "walked LINE"}, ["Walked line 3"]),
        ({"q": "nothing like it"}, []),
        ({"since": "2026-11-20"}, ["Walked line 3"]),
        ({"until": "2026-11-19"}, ["Coached Paula"]),
        ({"status": "withdrawn"}, []),
        ({"only": "late"}, ["Coached Paula"]),
        ({"only": "photos"}, ["Walked line 3"]),
        ({"only": ["photos", "late"]}, []),
        ({"only": "confidential"}, []),
        ({"q": "COACH-DEN"}, ["Coached Paula"]),
    ],
)
def test_list_filters(filters: dict[str, object], expected: list[str]) -> None:
    boss, quality = yusuf(), hiro()
    walk = logged_activity(boss, title="Walked line 3")
    coaching = ActivityTypeFactory(slug="coaching", label="Coaching", prefix="COACH")
    logged_activity(quality, title="Coached Paula", activity_type=coaching, occurred_on=NOW.date() - timedelta(days=9))
    Attachment.objects.create(
        record=walk, form="photo", name="p.jpg", media_type="image/jpeg", size=1, sha256="a", original_sha256="b",
        uploaded_at=NOW,
    )  # fmt: skip
    assert titles(as_user(boss), **filters) == expected


def test_list_finds_people_met_by_name() -> None:
    boss = yusuf()
    walk = logged_activity(boss, title="Walk")
    logged_activity(boss, title="Other")
    record_service.set_people(walk, "met", [(None, "Paula Sato")])
    assert titles(as_user(boss), q="sato") == ["Walk"]


def test_list_of_another_sites_area_cannot_be_asked_for() -> None:
    boss = yusuf()
    logged_activity(boss)
    foreign = AreaFactory(site=omar().person.site, name="Presse")
    page = as_user(boss).get(LIST, {"area": foreign.pk})
    assert "Presse" not in page.content.decode()
    assert page.context["filters"].form.errors["area"]


def test_list_pages_by_key_in_both_directions(monkeypatch: pytest.MonkeyPatch) -> None:
    boss = yusuf()
    client = as_user(boss)
    expected = [logged_activity(boss, days_ago=n // 2, title=f"{n}").title for n in range(7)]
    for sort, order in (("-when", 1), ("when", -1)):
        seen: list[str] = []
        from qms.services import record_list

        monkeypatch.setattr(record_list.page_of, "__kwdefaults__", record_list.page_of.__kwdefaults__ | {"size": 3})
        page = client.get(LIST, {"sort": sort}).context["page"]
        assert page.previous_key == ""
        pages = [page]
        while page.next_key:
            page = client.get(LIST, {"sort": sort, "after": page.next_key}).context["page"]
            pages.append(page)
        seen = [a.title for p in pages for a in p.rows]
        by_day = sorted(expected, key=lambda t: (int(t) // 2, -int(t)))
        assert seen == by_day[::order]
        back = client.get(LIST, {"sort": sort, "before": pages[1].previous_key}).context["page"]
        assert [a.title for a in back.rows] == [a.title for a in pages[0].rows]


def test_list_key_that_makes_no_sense_gives_the_first_page() -> None:
    boss = yusuf()
    logged_activity(boss, title="one")
    assert titles(as_user(boss), after="12.not-a-day") == ["one"]
    assert titles(as_user(boss), after="x" * 500) == ["one"]


def test_list_costs_the_same_queries_for_one_row_and_for_three() -> None:
    boss = yusuf()
    client = as_user(boss)
    counts = []
    for number in (1, 2):
        for _row in range(number):
            record_service.set_people(logged_activity(boss), "met", [(PersonFactory(), "")])
        with CaptureQueriesContext(connection) as queries:
            client.get(LIST)
        counts.append(len(queries))
    assert counts[0] == counts[1]
    assert counts[1] <= 12


def test_count_stops_at_the_cap(monkeypatch: pytest.MonkeyPatch) -> None:
    from qms.services.record_list import capped_count

    boss = yusuf()
    for _n in range(3):
        logged_activity(boss)
    rows = Activity.objects.visible_to(boss)
    assert capped_count(rows, cap=2) == "2+ records"
    assert capped_count(rows, cap=3) == "3 records"
    assert capped_count(rows.filter(pk=rows[0].pk)) == "1 record"


def test_words_are_looked_for_only_so_far_back_and_further_in_a_period(monkeypatch: pytest.MonkeyPatch) -> None:
    from qms.services import record_list

    monkeypatch.setattr(record_list.search_floor, "__defaults__", (2,))
    boss = yusuf()
    for days in (0, 1, 5):
        logged_activity(boss, days_ago=days, title=f"walk {days}")
    client = as_user(boss)
    assert titles(client, q="walk") == ["walk 0", "walk 1"]
    assert "looked for back to 19 Nov 2026" in client.get(LIST, {"q": "walk"}).content.decode()
    assert titles(client, q="walk", since="2026-01-01") == ["walk 0", "walk 1", "walk 5"]
    monkeypatch.setattr("qms.forms.record_list.PERIOD_SEARCH_DEPTH", 1)
    assert titles(client, q="walk", until="2026-11-19") == ["walk 1"]


def test_export_is_exactly_what_the_list_shows_and_is_in_the_users_trail() -> None:
    boss = yusuf()
    record_service.set_people(logged_activity(boss, title="=SUM(A1)"), "met", [(None, "Paula Sato")])
    logged_activity(boss, title="other", days_ago=3)
    response = as_user(boss).get(LIST + "export/", {"q": "sum", "format": "csv"})
    text = b"".join(response.streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [(r["What happened"], r["People met"], r["Entered late"]) for r in rows] == [("'=SUM(A1)", "Paula Sato", "")]
    entry = TrailEntry.objects.get(chain=boss.trail_key)
    assert entry.verb == "records.exported"
    assert json.loads(entry.changes) == {"list": "activity", "filters": "q=sum&format=csv"}


def test_export_as_workbook() -> None:
    from openpyxl import load_workbook

    boss = yusuf()
    logged_activity(boss, title="Walk")
    response = as_user(boss).get(LIST + "export/", {"format": "xlsx"})
    sheet = load_workbook(io.BytesIO(b"".join(response.streaming_content))).worksheets[0]  # type: ignore[attr-defined]
    assert [cell.value for cell in sheet["D"]] == ["What happened", "Walk"]


def test_export_needs_its_permission() -> None:
    employee = cast_member("Emma Roth", AccessProfile.EMPLOYEE)
    assert as_user(employee).get(LIST + "export/").status_code == 403


def test_print_view_shows_the_filtered_rows() -> None:
    boss = yusuf()
    logged_activity(boss, title="Walked line 3")
    logged_activity(boss, title="Coached")
    page = as_user(boss).get(LIST + "print/", {"q": "coached"}).content.decode()
    assert "Coached" in page
    assert "Walked line 3" not in page


def test_page_shows_facts_evidence_follow_ups_and_the_timeline() -> None:
    boss = yusuf()
    MappingFactory()
    walk = logged_activity(boss, title="Walked line 3", notes="The gauge is loose", days_ago=4,
                           occurred_on=NOW.date() - timedelta(days=4))  # fmt: skip
    record_service.set_people(walk, "met", [(None, "Paula Sato")])
    improvement_action.open_action(
        uid=walk.uid.__class__(int=7), title="Fix the gauge", owner=boss.person, due_on=NOW.date(), site=walk.site,
        source=walk, by=boss, at=NOW,
    )  # fmt: skip
    page = as_user(boss).get(url(walk))
    text = page.content.decode()
    for words in ("Walked line 3", "The gauge is loose", "Paula Sato", "5.1.2", "Fix the gauge", "Logged",
                  "Entered late: event 16 Nov 2026, recorded 20 Nov 2026"):  # fmt: skip
        assert words in text
    assert page.context["page"].next_due.on.isoformat() == "2027-02-14"


def test_page_is_hidden_from_other_sites_and_shown_without_edit_to_colleagues() -> None:
    walk = logged_activity(yusuf())
    colleague = cast_member("Nia Okafor")
    stranger = as_user(omar())
    assert stranger.get(url(walk)).status_code == 404
    assert stranger.get(url(walk, "edit")).status_code == 404
    assert stranger.post(url(walk, "withdraw"), {"reason": "x"}).status_code == 404
    assert as_user(colleague).get(url(walk)).status_code == 200
    assert as_user(colleague).get(url(walk, "edit")).status_code == 403
    assert as_user(colleague).post(url(walk, "withdraw"), {"reason": "x"}).status_code == 403
    assert as_user(hiro()).get(url(walk, "edit")).status_code == 200


@pytest.mark.parametrize(("is_signed", "most"), [(False, 12), (True, 13)])
def test_page_costs_the_same_queries_with_one_and_with_three_of_everything(is_signed: bool, most: int) -> None:
    boss = yusuf()
    client = as_user(boss)
    counts = []
    for number in (1, 3):
        walk = logged_activity(boss)
        record_service.set_people(walk, "met", [(PersonFactory(), "") for _n in range(number)])
        for position in range(number):
            walk.stops.create(position=position, seen="A loose gauge")
            Attachment.objects.create(
                record=walk, form="document", name="p.pdf", media_type="application/pdf", size=1, sha256="a",
                original_sha256=f"{number}{position}", uploaded_at=NOW,
            )  # fmt: skip
            if is_signed:
                record_service.sign(walk, meaning=f"I agree {position}", by=boss, at=NOW, method="password")
        with CaptureQueriesContext(connection) as queries:
            assert client.get(url(walk)).status_code == 200
        counts.append(len(queries))
    assert counts[0] == counts[1]
    assert counts[0] <= most


def test_correction_needs_a_reason_and_keeps_the_old_words_in_the_timeline() -> None:
    boss = yusuf()
    walk = logged_activity(boss, title="Walked line 3", notes="")
    client = as_user(boss)
    refused = client.post(url(walk, "edit"), posted(walk, title="Walked line 4", reason=" "))
    assert refused.context["form"].errors["reason"]
    walk.refresh_from_db()
    assert walk.title == "Walked line 3"
    done = client.post(url(walk, "edit"), posted(walk, title="Walked line 4"))
    assert done.status_code == 302
    walk.refresh_from_db()
    assert (walk.title, walk.version) == ("Walked line 4", 2)
    text = client.get(url(walk)).content.decode()
    assert "<del>Walked line 3</del>" in text
    assert "The name was wrong" in text


def test_correction_goes_back_to_the_list_with_its_filters() -> None:
    boss = yusuf()
    walk = logged_activity(boss)
    client = as_user(boss)
    done = client.post(url(walk, "edit") + "?list=q%3Dline%26sort%3Dwhen", posted(walk))
    page = client.get(done["Location"])
    assert page.context["crumbs"][0][1] == "/leadership/activities/?q=line&sort=when"


def test_correction_recognizes_people_by_name_and_keeps_free_names() -> None:
    boss = yusuf()
    paula = PersonFactory(name="Paula Sato")
    walk = logged_activity(boss)
    as_user(boss).post(url(walk, "edit"), posted(walk, people_met="paula sato\nA visitor"))
    met = walk.participants.filter(part=RecordPerson.Part.MET).order_by("position")
    assert [(p.person, p.name) for p in met] == [(paula, "Paula Sato"), (None, "A visitor")]


def test_clash_shows_both_versions_and_saves_after_a_second_look() -> None:
    boss = yusuf()
    walk = logged_activity(boss, title="Walked line 3")
    mine = posted(walk, title="Walked line 5", notes="A long note I typed")
    as_user(hiro()).post(url(walk, "edit"), posted(walk, title="Walked line 4"))
    client = as_user(boss)
    page = client.post(url(walk, "edit"), mine)
    lines = {line.label: (line.theirs, line.yours) for line in page.context["clash"] if line.differs}
    assert lines["What happened, in one sentence"] == ("Walked line 4", "Walked line 5")
    assert lines["Notes"] == ("", "A long note I typed")
    text = page.content.decode()
    assert "Walked line 4" in text
    assert 'value="Walked line 5"' in text
    walk.refresh_from_db()
    assert walk.title == "Walked line 4"
    again = client.post(url(walk, "edit"), mine | {"version": page.context["form"]["version"].value()})
    assert again.status_code == 302
    walk.refresh_from_db()
    assert (walk.title, walk.version) == ("Walked line 5", 3)


def test_withdrawing_needs_a_reason_and_deletes_nothing() -> None:
    boss = yusuf()
    walk = logged_activity(boss)
    client = as_user(boss)
    assert client.post(url(walk, "withdraw"), {"reason": ""}).context["form"].errors["reason"]
    assert client.post(url(walk, "withdraw"), {"reason": "Entered twice"}).status_code == 302
    walk.refresh_from_db()
    assert (walk.status, walk.phase, walk.withdrawn_reason) == ("withdrawn", "withdrawn", "Entered twice")
    assert "Entered twice" in client.get(url(walk)).content.decode()
    assert client.get(url(walk, "edit")).status_code == 403
    assert client.post(url(walk, "withdraw"), {"reason": "again"}).status_code == 403


def test_versions_can_be_read_one_by_one() -> None:
    boss = yusuf()
    walk = logged_activity(boss, title="Walked line 3")
    client = as_user(boss)
    client.post(url(walk, "edit"), posted(walk, title="Walked line 4"))
    first = client.get(reverse("qms:record-version", args=[walk.uid, 1])).content.decode()
    second = client.get(reverse("qms:record-version", args=[walk.uid, 2])).content.decode()
    assert "Walked line 3" in first
    assert "Walked line 4" not in first
    assert "<ins>Walked line 4</ins>" in second
    assert client.get(reverse("qms:record-version", args=[walk.uid, 9])).status_code == 404
    assert as_user(omar()).get(reverse("qms:record-version", args=[walk.uid, 1])).status_code == 404


def test_activity_is_written_up_as_thanks_or_as_an_action_with_what_was_said() -> None:
    leader, paula = yusuf(), PersonFactory(name="Paula Sato")
    area = AreaFactory(name="Goods in")
    activity = logged_activity(leader, title="Paula found the mixed label", notes="Ask the supplier", area=area)
    activity.participants.create(person=paula, name=paula.name, part=RecordPerson.Part.MET)
    activity.stops.create(area=area, seen="Labels lie loose", heard="No holder")
    client = as_user(leader)
    page = client.get(url(activity)).content.decode()
    thanks, action = f"/leadership/recognition/new/?about={activity.uid}", f"/actions/new/?source={activity.uid}"
    assert "Write it up" in page
    assert f'href="{thanks}"' in page
    form = client.get(thanks).context["form"]
    assert (form["title"].value(), form["area"].value()) == ("Paula found the mixed label", area.pk)
    assert "Paula Sato" in form["recipients"].value()
    assert page.count(action) == 2
    address = next(part for part in page.split('"') if part.endswith(action))
    assert client.get(address).context["form"]["description"].value() == (
        "Paula found the mixed label\nGoods in: Labels lie loose. No holder\nAsk the supplier"
    )
    employee = cast_member("Uma Jensen", AccessProfile.EMPLOYEE)
    assert "Write it up" not in as_user(employee).get(url(activity)).content.decode()
