"""Pages of nonconformities: raised in one short form, brought to the end step by step, by those who may."""

from __future__ import annotations

import re
import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from objectives.models import Cause, CauseNode, ImprovementAction, Nonconformity
from objectives.services import idea, nonconformity_sheet
from objectives.services import nonconformity as service
from qms.models import TrailEntry
from qms.permissions import AccessProfile
from qms.services import record as record_service
from tests.factories import NOW, TODAY, AreaFactory, ClauseFactory, MappingFactory, cast_member, hiro, omar, yusuf
from tests.objectives.actions import as_user, opened, picture
from tests.objectives.nonconformities import (
    act,
    acting,
    actions_ended,
    analyzed,
    closed,
    contained,
    judged,
    proved,
    raised,
    ready,
    url,
    why,
)

pytestmark = pytest.mark.django_db
LIST, NEW = reverse("objectives:nonconformity-list"), reverse("objectives:nonconformity-new")


def text(html: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


def new_one(**values: Any) -> dict[str, Any]:
    return {
        "uid": uuid.uuid4(), "title": "Bore too wide", "area": AreaFactory().pk, "origin": "internal",
        "happened_on": TODAY.isoformat(),
    } | values  # fmt: skip


def test_raised_with_what_where_and_a_photo() -> None:
    client = as_user(yusuf())
    assert client.get(NEW).status_code == 200
    photo = SimpleUploadedFile("bore.jpg", picture(), "image/jpeg")
    sent = client.post(NEW, new_one(files=photo))
    found = Nonconformity.objects.get()
    assert sent["Location"] == url(found)
    assert found.attachments.count() == 1
    assert "Contain it" in client.get(url(found)).content.decode()


def test_photo_that_is_none_is_named_and_the_record_stays() -> None:
    client = as_user(yusuf())
    sent = client.post(NEW, new_one(files=SimpleUploadedFile("a.exe", b"MZ", "image/jpeg")), follow=True)
    assert "a.exe" in sent.content.decode()
    assert Nonconformity.objects.count() == 1


def test_what_and_where_are_asked_for() -> None:
    page = as_user(yusuf()).post(NEW, new_one(title="", area="")).content.decode()
    assert "Say in one sentence what is wrong." in page
    assert "Choose the area where it was found." in page
    assert not Nonconformity.objects.exists()


def test_area_of_a_site_out_of_reach_is_refused() -> None:
    foreign = AreaFactory(site=omar().person.site, name="Lyon 1")
    as_user(yusuf()).post(NEW, new_one(area=foreign.pk))
    assert not Nonconformity.objects.exists()


def test_idea_becomes_a_nonconformity_and_both_say_so() -> None:
    boss = yusuf()
    raised_idea = idea.raise_idea(uid=uuid.uuid4(), title="Guard is loose", area=AreaFactory(), by=boss, at=NOW).action
    client = as_user(boss)
    page = client.get(reverse("objectives:improvement-action-detail", args=[raised_idea.pk])).content.decode()
    link = f"{NEW}?source={raised_idea.uid}"
    assert link in page
    assert "Guard is loose" in client.get(link).content.decode()
    client.post(link, new_one(title="Guard is loose"))
    found = Nonconformity.objects.get()
    assert found.source_id == raised_idea.pk
    assert raised_idea.reference in client.get(url(found)).content.decode()
    page = client.get(reverse("objectives:improvement-action-detail", args=[raised_idea.pk])).content.decode()
    assert found.reference in page
    assert client.get(f"{NEW}?source={uuid.uuid4()}").status_code == 404
    assert client.get(f"{NEW}?source=x").status_code == 404


def test_source_the_user_may_not_see_is_not_there() -> None:
    secret = opened(yusuf(), is_confidential=True)
    assert as_user(cast_member("Ximena Vega")).get(f"{NEW}?source={secret.uid}").status_code == 404


def test_from_raised_to_closed_through_the_pages() -> None:
    boss, judge = yusuf(), hiro()
    found = raised(boss)
    client = as_user(boss)

    def step(verb: str, who: Any = client, **facts: Any) -> None:
        version = Nonconformity.objects.get(pk=found.pk).version
        sent = who.post(url(found, "step", verb), {"version": version, **facts})
        assert sent.status_code == 302, text(sent.content.decode())

    step("contain", containment="Blocked")
    sent = client.post(url(found, "why"), {"version": 2, "branch": "machine", "text": "The insert was worn"})
    node = CauseNode.objects.get()
    assert sent["Location"] == f"{url(found)}?why={node.pk}#why"
    asks = client.get(sent["Location"]).content.decode()
    assert f'name="parent" value="{node.pk}"' in asks
    client.post(url(found, "why"), {"version": 3, "parent": node.pk, "text": "Nobody counts"})
    assert "Nobody counts" in client.get(url(found)).content.decode()
    step("analyze", cause="No limit for tool wear")
    step("act", title="Count", owner=boss.person.name, due_on=TODAY.isoformat(), uid=uuid.uuid4())
    actions_ended(found, boss)
    step("prove", used_on=found.happened_on.isoformat(), used_note="Order 4711",
         file=SimpleUploadedFile("sheet.txt", b"400 parts", "text/plain"))  # fmt: skip
    step("evaluate", as_user(judge), effectiveness="effective", effectiveness_note="None since")
    step("close")
    found = Nonconformity.objects.get()
    assert (found.status, found.evaluated_by) == ("closed", judge.person)
    assert Cause.objects.get().name == "No limit for tool wear"
    page = text(client.get(url(found)).content.decode())
    for words in ("Order 4711", "None since", "not the owner", "Closed"):
        assert words in page


def test_closing_page_lists_all_that_is_missing_with_links() -> None:
    boss = yusuf()
    found = acting(boss)
    action = ImprovementAction.objects.get()
    page = as_user(boss).get(url(found, "step", "close")).content.decode()
    for link in (
        url(found, "step", "act"), url(found, "step", "prove"), url(found, "step", "evaluate"),
        reverse("objectives:improvement-action-detail", args=[action.pk]),
    ):  # fmt: skip
        assert f'href="{link}"' in page
    sent = as_user(boss).post(url(found, "step", "close"), {"version": found.version})
    assert sent.status_code == 422
    assert "It cannot be closed yet. Missing:" in text(sent.content.decode())


def test_action_the_user_may_not_see_is_counted_but_not_named() -> None:
    boss, owner = yusuf(), cast_member("Ximena Vega")
    found = acting(boss)
    service.change(found, version=found.version, reason="Hers", owner=owner.person, by=boss, at=NOW)
    opened(boss, title="Talk to Mr Smith", source=found, is_confidential=True)
    page = as_user(owner).get(url(found, "step", "close")).content.decode()
    assert "the end of IMP-DEN-2026-0002" in page
    assert "Mr Smith" not in page


def test_who_only_sees_it_may_judge_but_not_work_on_it() -> None:
    found = acting(yusuf())
    other = as_user(cast_member("Ximena Vega"))
    for verb in ("contain", "act", "prove", "close", "withdraw"):
        assert other.get(url(found, "step", verb)).status_code == 403, verb
    assert other.get(url(found, "why")).status_code == 403
    assert other.get(url(found, "edit")).status_code == 403
    assert other.get(url(found, "step", "evaluate")).status_code == 200
    employee = as_user(cast_member("Paula Sato", AccessProfile.EMPLOYEE))
    assert employee.get(url(found)).status_code == 200
    assert employee.get(url(found, "step", "evaluate")).status_code == 403
    assert employee.get(NEW).status_code == 403


def test_owner_who_judges_is_told_and_so_are_the_readers() -> None:
    boss = yusuf()
    found = acting(boss)
    form = as_user(boss).get(url(found, "step", "evaluate")).content.decode()
    assert "You own this one" in form
    assert "1 corrective action is still open" in text(form)
    assert "You own this one" not in as_user(hiro()).get(url(found, "step", "evaluate")).content.decode()
    assert "Judged by the owner" in as_user(boss).get(url(ready(boss))).content.decode()


def test_confidential_one_is_for_few() -> None:
    boss = yusuf()
    found = analyzed(boss, title="Acme complains", is_confidential=True, origin="customer")
    other = as_user(cast_member("Ximena Vega"))
    assert other.get(url(found)).status_code == 404
    assert "Acme" not in other.get(LIST, {"view": "all"}).content.decode()
    assert "Acme" in as_user(hiro()).get(LIST, {"view": "all"}).content.decode()
    assert as_user(omar()).get(url(found)).status_code == 404


def test_answer_is_taken_out_after_a_question() -> None:
    boss = yusuf()
    found = contained(boss)
    node = why(found, boss)
    client, page = as_user(boss), url(found, "why-remove", node.pk)
    assert "The insert was worn" in client.get(page).content.decode()
    assert client.post(page, {"version": 3}).status_code == 302
    assert not CauseNode.objects.exists()
    assert "The insert was worn" in client.get(url(found)).content.decode()  # the timeline says what was taken out
    assert client.get(page).status_code == 404


def test_stale_step_is_shown_and_may_be_sent_again() -> None:
    boss = yusuf()
    found = contained(boss)
    sent = as_user(boss).post(url(found, "step", "contain"), {"version": 1, "containment": "More"})
    assert sent.status_code == 422
    assert "Somebody changed this record" in sent.content.decode()
    assert Nonconformity.objects.get().containment == "Blocked and sorted"


def test_step_that_does_not_fit_leads_back_and_an_unknown_one_is_not_there() -> None:
    boss = yusuf()
    found = raised(boss)
    assert "cannot be done from there" in as_user(boss).get(url(found, "step", "prove"), follow=True).content.decode()
    assert as_user(boss).get(url(found, "step", "fly")).status_code == 404
    assert as_user(boss).post(url(found, "why"), {"version": 1, "parent": "abc", "text": "x"}).status_code == 422


def test_change_with_a_reason_and_a_clash() -> None:
    boss = yusuf()
    found = raised(boss)
    client = as_user(boss)
    facts = {
        "title": "Bore far too wide", "origin": "customer", "happened_on": TODAY.isoformat(), "area": found.area_id,
        "owner": boss.person.name, "due_on": TODAY.isoformat(), "quantity": "40", "unit": "pieces", "reason": "Counted",
    }  # fmt: skip
    assert client.post(url(found, "edit"), facts | {"version": 1}).status_code == 302
    assert Nonconformity.objects.get().amount_words == "40 pieces"
    clash = client.post(url(found, "edit"), facts | {"version": 1, "title": "Mine"})
    assert clash.status_code == 409
    assert "Bore far too wide" in clash.content.decode()


def test_lists_open_with_open_ones_soonest_due_first() -> None:
    boss = yusuf()
    late = raised(boss, title="Later", due_on=TODAY + timedelta(days=9))
    soon = raised(boss, title="Sooner", due_on=TODAY + timedelta(days=2))
    closed(boss, title="Ended")
    page = as_user(boss).get(LIST).content.decode()
    assert page.index(soon.title) < page.index(late.title)
    assert "Ended" not in page
    assert "Ended" in as_user(boss).get(LIST, {"view": "all"}).content.decode()


def test_fullest_page_keeps_the_budget() -> None:
    boss = hiro()
    MappingFactory(kind="nonconformity", subtype="", clause=ClauseFactory(number="10.2.1"))
    source = opened(boss, is_confidential=True)
    closed(boss, at=NOW - timedelta(days=90))
    found = acting(boss, source=source)
    found = judged(proved(found, boss), boss, "not_effective")
    found = judged(proved(act(found, boss, "Again"), boss), boss)
    record_service.sign(found, meaning="Confirmed", by=boss, at=NOW, method="password")
    client = as_user(boss)
    client.get(url(found))
    for page in (url(found), f"{url(found)}?why=first", url(found, "print")):
        with CaptureQueriesContext(connection) as queries:
            answer = client.get(page)
        assert answer.status_code == 200
        assert len([q for q in queries.captured_queries if "SAVEPOINT" not in q["sql"]]) <= 12, page


def test_pack_gets_the_actions_and_what_came_back_as_of_the_cut_off() -> None:
    boss = yusuf()
    earlier = analyzed(boss, title="Before", happened_on=TODAY - timedelta(days=50))
    analyzed(boss, title="Secret", is_confidential=True, happened_on=TODAY - timedelta(days=40))
    found = acting(boss)
    content = record_service.full_content(Nonconformity.objects.get(pk=found.pk))
    cutoff = NOW + timedelta(hours=1)
    actions_ended(found, boss, at=NOW + timedelta(hours=2))
    more = nonconformity_sheet.sheet_facts({found.pk: content}, at=cutoff, name=str.upper, text=str)[found.pk]
    assert [(row["status"], row["owner"]) for row in more["actions"]] == [("assessed", boss.person.name.upper())]
    assert [row["reference"] for row in more["earlier"]] == [earlier.reference]
    assert [(branch, len(nodes)) for branch, nodes in more["branches"]] == [("Machine", 1)]
    later = nonconformity_sheet.sheet_facts(
        {found.pk: content}, at=NOW + timedelta(hours=3), name=str, text=str
    )[found.pk]  # fmt: skip
    assert [row["status"] for row in later["actions"]] == ["done"]


def test_timeline_tells_the_answer_and_not_the_whole_tree() -> None:
    boss = yusuf()
    found = contained(boss)
    why(found, boss, "First")
    why(found, boss, "Second")
    page = text(as_user(boss).get(url(found)).content.decode())
    timeline = page[page.index("Timeline") :]
    assert timeline.count("Machine: First") == 1
    assert timeline.count("Machine: Second") == 1
    assert TrailEntry.objects.filter(record=found, verb="nonconformity.why_answered").count() == 2
