"""Improvement actions: opened, changed with a reason, moved along their transitions; lists and pages."""

import csv
import io
import json
import uuid
from datetime import date, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from objectives.models import ImprovementAction
from objectives.services import improvement_action as service
from qms.models import Record, TrailEntry, User
from qms.permissions import AccessProfile
from qms.services.record import IllegalTransition, StaleRecord
from qms.services.wording import ReasonMissing
from tests.factories import NOW, TODAY, AreaFactory, PersonFactory, cast_member, hiro, logged_activity, omar, yusuf

pytestmark = pytest.mark.django_db
LIST = "/actions/"


def as_user(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def opened(by: User, **values: object) -> ImprovementAction:
    facts: dict[str, object] = {
        "uid": uuid.uuid4(), "title": "Fix the gauge", "owner": by.person, "due_on": TODAY + timedelta(days=7),
        "site": by.person.site, "by": by, "at": NOW,
    }  # fmt: skip
    return service.open_action(**(facts | values))  # type: ignore[arg-type]


def url(action: ImprovementAction, what: str = "detail") -> str:
    return reverse(f"objectives:improvement-action-{what}", args=[action.pk])


def move_url(action: ImprovementAction, verb: str) -> str:
    return reverse("objectives:improvement-action-move", args=[action.pk, verb])


def test_action_is_completed_with_an_outcome_and_counts_from_then() -> None:
    boss = yusuf()
    action = opened(boss)
    assert action.phase == "open"
    done = service.complete(action, outcome="New gauge fitted", by=boss, at=NOW)
    assert (done.status, done.phase, done.outcome, done.completed_on) == ("done", "closed", "New gauge fitted", TODAY)
    entry = TrailEntry.objects.get(record=action, verb="improvement_action.completed")
    assert json.loads(entry.changes)["fields"]["status"] == ["assessed", "done"]


@pytest.mark.parametrize("words", ["", "   "])
def test_moves_that_need_words_are_refused_without(words: str) -> None:
    boss = yusuf()
    action = opened(boss)
    for refused in (
        lambda: service.complete(action, outcome=words, by=boss, at=NOW),
        lambda: service.decline(action, reason=words, by=boss, at=NOW),
        lambda: service.withdraw(action, reason=words, by=boss, at=NOW),
        lambda: service.reopen(action, reason=words, by=boss, at=NOW),
    ):
        with pytest.raises(ReasonMissing):
            refused()
    action.refresh_from_db()
    assert (action.status, action.version) == ("assessed", 1)


def test_reopening_takes_a_done_action_back_into_progress_and_a_declined_one_to_open() -> None:
    boss = yusuf()
    done = service.complete(opened(boss), outcome="Done", by=boss, at=NOW)
    again = service.reopen(done, reason="Broke again", by=boss, at=NOW)
    assert (again.status, again.phase, again.completed_on) == ("in_progress", "open", None)
    declined = service.decline(opened(boss), reason="No budget", by=boss, at=NOW)
    assert service.reopen(declined, reason="Budget came", by=boss, at=NOW).status == "assessed"


def test_withdrawn_action_moves_nowhere() -> None:
    boss = yusuf()
    gone = service.withdraw(opened(boss), reason="Entered twice", by=boss, at=NOW)
    with pytest.raises(IllegalTransition):
        service.start(gone, by=boss, at=NOW)
    with pytest.raises(service.CannotChange):
        service.change(gone, version=gone.version, reason="x", by=boss, at=NOW, title="y")


def test_change_writes_old_and_new_and_refuses_a_stale_version() -> None:
    boss = yusuf()
    action = opened(boss)
    changed = service.change(action, version=1, reason="Supplier is late", by=boss, at=NOW, due_on=date(2026, 12, 24))
    assert (changed.due_on, changed.version) == (date(2026, 12, 24), 2)
    entry = TrailEntry.objects.get(record=action, verb="improvement_action.changed")
    assert (entry.reason, json.loads(entry.changes)["fields"]) == (
        "Supplier is late", {"due_on": ["2026-11-27", "2026-12-24"]},
    )  # fmt: skip
    with pytest.raises(StaleRecord):
        service.change(action, version=1, reason="again", by=boss, at=NOW, title="z")


def test_list_opens_with_my_open_actions_soonest_due_first() -> None:
    boss, quality = yusuf(), hiro()
    opened(boss, title="later", due_on=TODAY + timedelta(days=9))
    opened(boss, title="no date", due_on=None)
    opened(boss, title="sooner", due_on=TODAY + timedelta(days=2))
    opened(quality, title="not mine")
    service.complete(opened(boss, title="done"), outcome="x", by=boss, at=NOW)
    client = as_user(boss)
    assert [a.title for a in client.get(LIST).context["page"].rows] == ["sooner", "later", "no date"]
    everything = client.get(LIST, {"view": "all"}).context["page"].rows
    assert sorted(a.title for a in everything) == ["done", "later", "no date", "not mine", "sooner"]


def test_list_of_my_area_and_of_the_overdue() -> None:
    area = AreaFactory()
    boss = yusuf()
    boss.person.area = area
    boss.person.save()
    quality = hiro()
    opened(quality, title="here", area=area)
    opened(quality, title="late", due_on=date(2020, 1, 1))
    client = as_user(boss)
    assert [a.title for a in client.get(LIST, {"view": "area"}).context["page"].rows] == ["here"]
    assert [a.title for a in client.get(LIST, {"view": "overdue"}).context["page"].rows] == ["late"]


def test_list_pages_through_actions_without_a_due_date(monkeypatch: pytest.MonkeyPatch) -> None:
    from qms.services import record_list

    defaults = {**record_list.page_of.__kwdefaults__, "size": 2}
    monkeypatch.setattr(record_list.page_of, "__kwdefaults__", defaults)
    boss = yusuf()
    dues = [TODAY, TODAY, TODAY + timedelta(days=1), None, None, None]
    expected = [opened(boss, title=str(number), due_on=due).title for number, due in enumerate(dues)]
    client = as_user(boss)
    for sort, order in (("due", expected), ("-due", ["2", "1", "0", "5", "4", "3"])):
        page = client.get(LIST, {"view": "all", "sort": sort}).context["page"]
        pages = [page]
        while page.next_key:
            page = client.get(LIST, {"view": "all", "sort": sort, "after": page.next_key}).context["page"]
            pages.append(page)
        assert [a.title for p in pages for a in p.rows] == order
        back = client.get(LIST, {"view": "all", "sort": sort, "before": pages[2].previous_key}).context["page"]
        assert [a.title for a in back.rows] == [a.title for a in pages[1].rows]


def test_list_costs_the_same_queries_for_one_row_and_for_three() -> None:
    boss = yusuf()
    client = as_user(boss)
    counts = []
    for number in (1, 2):
        for _row in range(number):
            opened(boss, promised_to=PersonFactory(), area=AreaFactory(), source=logged_activity(boss))
        with CaptureQueriesContext(connection) as queries:
            client.get(LIST, {"view": "all"})
        counts.append(len(queries))
    assert counts[0] == counts[1]
    assert counts[0] <= 12


def test_export_holds_what_the_list_shows() -> None:
    boss = yusuf()
    opened(boss, title="mine")
    opened(hiro(), title="theirs")
    response = as_user(boss).get(LIST + "export/", {"view": "mine", "format": "csv"})
    text = b"".join(response.streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
    assert [row["What is to be done"] for row in csv.DictReader(io.StringIO(text))] == ["mine"]


def test_new_action_from_a_record_keeps_the_source_and_its_site() -> None:
    boss = yusuf()
    walk = logged_activity(boss, title="Walked line 3")
    paula = PersonFactory(name="Paula Sato")
    client = as_user(boss)
    address = reverse("objectives:improvement-action-new") + f"?source={walk.uid}"
    form = client.get(address).context["form"]
    sent = {"title": "Fix the gauge", "owner": "yusuf chen", "due_on": "2026-12-01", "promised_to": "Paula",
            "uid": str(form["uid"].value())}  # fmt: skip
    first = client.post(address, sent)
    assert client.post(address, sent)["Location"] == first["Location"]
    action = ImprovementAction.objects.get()
    assert (action.source_id, action.site, action.promised_to, action.owner) == (walk.pk, walk.site, paula, boss.person)
    page = client.get(url(action)).content.decode()
    assert walk.reference in page
    assert "Fix the gauge" in client.get(reverse("qms:record", args=[walk.uid]), follow=True).content.decode()


def test_new_action_says_when_a_name_fits_nobody_or_several() -> None:
    boss = yusuf()
    PersonFactory(name="Paula Sato")
    PersonFactory(name="Paula Diaz")
    client = as_user(boss)
    address = reverse("objectives:improvement-action-new")
    sent = {"title": "x", "due_on": "2026-12-01", "uid": str(uuid.uuid4()), "site": boss.person.site_id}
    several = client.post(address, sent | {"owner": "Paula"}).context["form"].errors["owner"]
    nobody = client.post(address, sent | {"owner": "Zoe"}).context["form"].errors["owner"]
    assert several == ["More than one person fits “Paula”. Write the whole name."]
    assert nobody == ["Nobody here is called “Zoe”. Check the spelling."]
    assert not ImprovementAction.objects.exists()


def test_new_action_takes_no_source_site_or_area_of_another_site() -> None:
    boss, stranger = yusuf(), omar()
    theirs = logged_activity(stranger)
    client = as_user(boss)
    address = reverse("objectives:improvement-action-new")
    assert client.get(f"{address}?source={theirs.uid}").status_code == 404
    sent = {"title": "x", "owner": "Yusuf Chen", "due_on": "2026-12-01", "uid": str(uuid.uuid4()),
            "site": stranger.person.site_id, "area": AreaFactory(site=stranger.person.site).pk}  # fmt: skip
    assert set(client.post(address, sent).context["form"].errors) == {"site", "area"}


def test_page_is_for_the_owner_and_the_quality_manager_to_work_on() -> None:
    boss, stranger, colleague = yusuf(), omar(), cast_member("Nia Okafor")
    action = opened(boss)
    assert as_user(stranger).get(url(action)).status_code == 404
    assert as_user(stranger).post(move_url(action, "start")).status_code == 404
    assert as_user(colleague).get(url(action)).status_code == 200
    assert as_user(colleague).get(url(action, "edit")).status_code == 403
    assert as_user(colleague).post(move_url(action, "start")).status_code == 403
    assert as_user(cast_member("Emma Roth", AccessProfile.EMPLOYEE)).post(move_url(action, "start")).status_code == 403
    assert as_user(hiro()).post(move_url(action, "start")).status_code == 302
    action.refresh_from_db()
    assert action.status == "in_progress"


def test_page_does_not_name_a_source_the_user_may_not_see() -> None:
    boss = yusuf()
    secret = logged_activity(boss, title="A hard talk", is_confidential=True)
    action = opened(boss, source=secret)
    assert "A hard talk" in as_user(boss).get(url(action)).content.decode()
    page = as_user(cast_member("Nia Okafor")).get(url(action)).content.decode()
    assert "A hard talk" not in page


def test_moves_by_buttons_ask_for_words_and_keep_what_was_typed() -> None:
    boss = yusuf()
    action = opened(boss)
    client = as_user(boss)
    assert client.post(move_url(action, "complete"), {"words": ""}).context["form"].errors["words"]
    assert client.post(move_url(action, "complete"), {"words": "Fitted"}).status_code == 302
    refused = client.post(move_url(action, "decline"), {"words": "I typed this"})
    assert "cannot become" in refused.content.decode()
    assert "I typed this" in refused.content.decode()
    assert client.post(move_url(action, "explode")).status_code == 404


def test_edit_page_shows_both_versions_after_a_clash() -> None:
    boss = yusuf()
    action = opened(boss)
    client = as_user(boss)
    sent = {"title": "Mine", "owner": "Yusuf Chen", "due_on": "2026-12-01", "origin": "suggestion", "version": 1,
            "reason": "r"}  # fmt: skip
    service.change(action, version=1, reason="first", by=hiro(), at=NOW, title="Theirs")
    page = client.post(url(action, "edit"), sent)
    differing = {line.label: (line.theirs, line.yours) for line in page.context["clash"] if line.differs}
    assert differing == {"What is to be done": ("Theirs", "Mine"), "Due": ("2026-11-27", "2026-12-01")}
    again = client.post(url(action, "edit"), sent | {"version": page.context["form"]["version"].value()})
    assert again.status_code == 302
    assert Record.objects.get(pk=action.pk).title == "Mine"
