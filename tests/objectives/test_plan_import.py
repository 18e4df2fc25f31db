"""Lists a plant already keeps, as tables: what each row becomes, what is in the way, and the same list again."""

from __future__ import annotations

import io
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from objectives.models import ImprovementAction, Nonconformity, Objective, StrategicGoal
from objectives.services import plan_import as service
from objectives.services.objective_import import Mapping, MappingRefused
from objectives.services.plan_import_columns import TARGETS
from qms.models import Job, Record, TrailEntry, User
from qms.permissions import AccessProfile
from qms.services import trail_check
from qms.services.sheet import SheetRefused
from tests.factories import NOW, AreaFactory, PersonFactory, SiteFactory, cast_member, hiro, omar, yusuf
from tests.objectives.actions import as_user

pytestmark = pytest.mark.django_db
ACTIONS = """Action list 2026;;;;
What;Who;Until;Line;Status
Second torque wrench;Grace Weber;31.12.2026;CNC line 3;open
Mirror at the crossing;HR;2026-11-01;Yard;
Old thing;Grace Weber;01.02.2025;;Done
;Grace Weber;01.02.2027;;
Label printer;;soon;;
"""


def kept(what: str, text: str, by: User) -> Job:
    return service.keep(what, by.person.site, io.BytesIO(text.encode()), name="list.csv", by=by, at=NOW)


def mapping(job: Job) -> Mapping:
    return service.guess(service.target_of(job), job.params["header"])


def rows(what: str, text: str, by: User) -> list[service.Row]:
    job = kept(what, text, by)
    return service.check(job, mapping(job), by=by, at=NOW)


def applied(what: str, text: str, by: User) -> int:
    job = kept(what, text, by)
    return service.apply(job, mapping(job), range(100), by=by, at=NOW)


@pytest.fixture
def boss() -> User:
    boss = yusuf()
    PersonFactory(name="Grace Weber", site=boss.person.site)
    AreaFactory(name="CNC line 3", site=boss.person.site)
    return boss


def test_action_list_says_what_each_row_becomes_and_why_not(boss: User) -> None:
    wrench, mirror, old, empty, printer = rows("actions", ACTIONS, boss)
    assert [r.outcome for r in (wrench, mirror, old, empty, printer)] == [
        "new", "new", "skipped", "problem", "problem",
    ]  # fmt: skip
    assert (wrench.facts["owner"].name, wrench.facts["due_on"], wrench.facts["area"].name) == (
        "Grace Weber", date(2026, 12, 31), "CNC line 3",
    )  # fmt: skip
    assert mirror.facts["owner"] == boss.person
    assert mirror.facts["description"] == "Owner in the list: HR\nArea in the list: Yard"
    assert mirror.notes == [
        "“HR” is not the name of one person here: you become the owner.",
        "There is no area “Yard” at this site; the word is kept with the text.",
    ]
    assert empty.problems == ["“What is done” is empty."]
    assert printer.problems == ["Due: “soon” is no date."]
    assert not Record.objects.exists()


def test_chosen_rows_become_records_once_and_chains_verify(boss: User) -> None:
    job = kept("actions", ACTIONS, boss)
    lines = [row.line for row in service.check(job, mapping(job), by=boss, at=NOW)]
    assert service.apply(job, mapping(job), lines[:1], by=boss, at=NOW) == 1
    with pytest.raises(service.AlreadyApplied):
        service.apply(job, mapping(job), lines, by=boss, at=NOW)
    assert applied("actions", ACTIONS, hiro()) == 1
    again = rows("actions", ACTIONS, boss)
    assert [row.outcome for row in again[:2]] == ["unchanged", "unchanged"]
    assert again[0].notes == [f"It is here already: {ImprovementAction.objects.earliest('pk').reference}."]
    assert applied("actions", ACTIONS, boss) == 0
    wrench, mirror = ImprovementAction.objects.order_by("pk")
    assert (wrench.status, wrench.title, wrench.recorded_by) == ("assessed", "Second torque wrench", boss)
    assert mirror.due_on == date(2026, 11, 1)
    assert TrailEntry.objects.filter(verb="improvement_action.opened").count() == 2
    assert not trail_check.verify().problems


def test_nonconformities_need_their_day_and_a_unit(boss: User) -> None:
    text = (
        "Problem,Date,Qty,Unit,Area\nBore too wide,2026-10-03,12,pieces,CNC line 3\nBurrs,2026-10-04,3,,\n"
        "Tomorrow,2031-01-01,,,\nNo day,,,,\n"
    )
    bore, burrs, tomorrow, no_day = rows("nonconformities", text, boss)
    assert (bore.outcome, bore.facts["quantity"]) == ("new", Decimal(12))
    assert burrs.problems == ["It is said how much, but not of what: add the unit."]
    assert tomorrow.problems == ["Happened on: This day is in the future."]
    assert no_day.problems == ["“Happened on” is empty."]
    assert applied("nonconformities", text, boss) == 1
    found = Nonconformity.objects.get()
    assert (found.happened_on, found.status, found.amount_words) == (date(2026, 10, 3), "open", "12 pieces")


def test_objectives_and_goals_become_drafts(boss: User) -> None:
    text = (
        "Objective;KPI;Unit;Target;Baseline;By;Who\nScrap of line 3;Scrap rate;%;2 %;3,4;31.12.2026;Grace Weber\n"
        "No number;Scrap rate;%;half;;31.12.2026;\n"
    )
    assert rows("objectives", text, boss)[1].problems == ["Target: “half” is no number."]
    assert applied("objectives", text, boss) == 1
    objective = Objective.objects.get()
    assert (objective.status, objective.target_value, objective.baseline_value, objective.owner.name) == (
        "draft", Decimal(2), Decimal("3.4"), "Grace Weber",
    )  # fmt: skip
    text = "Goal,From,To\nRight first time,2026-01-01,2028-12-31\nBackwards,2028-01-01,2026-12-31\n"
    assert rows("goals", text, boss)[1].problems == ["It ends before it begins. Correct the dates in the file."]
    assert applied("goals", text, boss) == 1
    assert StrategicGoal.objects.get().status == "draft"


def test_list_without_dates_and_owners_is_entered_all_the_same(boss: User) -> None:
    assert applied("actions", "What,More\nOne,two\n", boss) == 1
    action = ImprovementAction.objects.get()
    assert (action.owner, action.due_on, action.description) == (boss.person, None, "two")


def test_same_row_twice_and_what_is_hidden_are_told_apart(boss: User) -> None:
    text = "What,Until\nFan,2026-12-01\nfan,2026-12-01\nFan,2026-12-02\n"
    first, second, third = rows("actions", text, boss)
    assert (first.outcome, third.outcome) == ("new", "new")
    assert second.problems == ["It says the same as line 2. Keep one of the two lines."]
    applied("actions", text, boss)
    ImprovementAction.objects.filter(due_on=date(2026, 12, 1)).update(is_confidential=True)
    stranger = cast_member("Ximena Vega")
    assert rows("actions", text, stranger)[0].notes == ["It is here already: a record you may not see."]


def test_failure_in_one_row_enters_none(boss: User, monkeypatch: pytest.MonkeyPatch) -> None:
    target = TARGETS["actions"]

    def make(**facts: Any) -> Any:
        if facts["title"] == "Two":
            raise ValidationError({"title": "Not this one."})
        return target.make(**facts)

    monkeypatch.setitem(TARGETS, "actions", target.__class__(**{**vars(target), "make": make}))
    job = kept("actions", "What,Who\nOne,x\nTwo,x\n", boss)
    with pytest.raises(ValidationError, match="Line 3: Not this one"):
        service.apply(job, mapping(job), [2, 3], by=boss, at=NOW)
    assert not Record.objects.exists()
    assert Job.objects.get(pk=job.pk).status == Job.Status.QUEUED


def test_file_and_columns_that_cannot_be_used_are_told(boss: User) -> None:
    with pytest.raises(SheetRefused, match="no row below"):
        kept("actions", "What,Who\n", boss)
    with pytest.raises(SheetRefused, match="more than 500"):
        kept("actions", "What,Who\n" + "Fan,Ana\n" * 501, boss)
    job = kept("goals", "Goal,Who\nBest,Ana\n", boss)
    with pytest.raises(MappingRefused, match="Choose the columns that hold: From, To"):
        service.check(job, mapping(job), by=boss, at=NOW)
    with pytest.raises(MappingRefused, match="One column cannot mean two"):
        service.check(job, Mapping({"title": 0, "starts_on": 0, "ends_on": 1}), by=boss, at=NOW)


def test_pages_lead_from_the_list_to_the_records(boss: User) -> None:
    client, start = as_user(boss), reverse("objectives:plan-import", args=["actions"])
    assert start in client.get(reverse("objectives:improvement-action-list")).content.decode()
    sent = {"file": SimpleUploadedFile("list.csv", ACTIONS.encode()), "site": boss.person.site_id}
    page = client.post(start, sent, follow=True)
    text = " ".join(page.content.decode().split())
    for words in ("Nothing is entered yet", "Enter all 2 rows", "It has ended in your list", "is no date"):
        assert words in text, words
    check = page.request["PATH_INFO"]
    csv = b"".join(client.get(page.context["problems_url"]).streaming_content).decode()  # type: ignore[attr-defined]
    assert "“soon” is no date." in csv
    assert "torque" not in csv
    narrowed = client.get(check, {"title": "1", "owner": "", "order": ""})
    assert "Grace Weber" in narrowed.content.decode()
    line = next(str(row.line) for row in page.context["rows"] if row.is_usable)
    done = client.post(check, {"which": "chosen", "line": [line, "x"]}, follow=True)
    assert "1 record entered." in done.content.decode()
    assert ImprovementAction.objects.count() == 1
    assert "was imported before" in client.post(check, {"which": "all"}, follow=True).content.decode()


def test_only_who_may_enter_such_records_and_only_the_own_upload(boss: User) -> None:
    finance, job = cast_member("Fay Money", AccessProfile.FINANCE), kept("goals", "Goal,From,To\nA,2026-01-01,x", boss)
    assert as_user(finance).get(reverse("objectives:plan-import", args=["goals"])).status_code == 403
    assert as_user(finance).get(reverse("objectives:plan-import", args=["actions"])).status_code == 200
    assert as_user(boss).get(reverse("objectives:plan-import", args=["nothing"])).status_code == 404
    quality = hiro()
    for page in ("check", "problems"):
        address = reverse(f"objectives:plan-import-{page}", args=[job.uid])
        assert as_user(quality).get(address).status_code == 404
        assert as_user(boss).get(address).status_code == 200
    lyon = {"file": SimpleUploadedFile("a.csv", b"What,Who\nFan,Ana\n"), "site": SiteFactory(code="LYO").pk}
    omar()
    answer = as_user(boss).post(reverse("objectives:plan-import", args=["actions"]), lyon)
    assert answer.status_code == 422
    assert not Job.objects.exclude(pk=job.pk).exists()
