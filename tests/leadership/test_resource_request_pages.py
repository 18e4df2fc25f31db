"""The pages of resource requests: the register, asking, deciding; what a decider reads, and what stays typed."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from leadership.models import ResourceRequest
from objectives.models import Objective, RiskAcceptance
from tests.factories import PASSWORD
from tests.leadership.resource_requests import Plant, as_user, asked_for, fresh, plant, provided, scrap, url

pytestmark = pytest.mark.django_db
LIST = "/leadership/resources/"


@pytest.fixture
def us() -> Plant:
    return plant()


def text(page: Any) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page.content.decode()))


def typed(request: ResourceRequest, **values: Any) -> dict[str, Any]:
    """What somebody types who declines."""
    objective = request.objective_served
    facts: dict[str, Any] = {
        "version": request.version, "why": "No budget", "title": "The line stands", "likelihood": 3, "impact": 4,
        "compensating_control": "A contractor", "void_if": "He leaves",
        "expires_on": (timezone.localdate() + timedelta(days=90)).isoformat(), "password": PASSWORD,
    }  # fmt: skip
    if objective:
        facts |= {"objective_version": objective.version, "target_value": "2.5", "due_on": objective.due_on}
    return facts | values


def test_decline_page_is_filled_in_and_says_what_signing_means(us: Plant) -> None:
    request = asked_for(us.tom, objective_served=scrap(us.yusuf))
    page = as_user(us.ana).get(url(request, "decide-as", "decline")).content.decode()
    assert 'value="Only one person can set line 3; when he is ill the line stands."' in page
    assert "I know what it may lead to, and I bear that risk until the day above." in page
    assert "I approve the target that can be reached without it." in page


def test_declining_signs_everything_in_one_post(us: Plant) -> None:
    request = asked_for(us.tom, objective_served=scrap(us.yusuf))
    answer = as_user(us.ana).post(url(request, "decide-as", "decline"), typed(fresh(request)))
    assert answer.status_code == 302
    shown = text(as_user(us.tom).get(url(request)))
    for words in ("Declined", "No budget", "A contractor", "2.5 %", "I decline this and bear the risk until"):
        assert words in shown, words


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"password": "wrong"}, "The password is not right"),
        ({"compensating_control": ""}, "Say what holds meanwhile."),
        ({"target_value": "2"}, "Without the resource the target cannot stay as it is"),
        ({"expires_on": "2029-01-01"}, "At most 12 months"),
        ({"version": 7}, "while you were writing"),
        ({"objective_version": 1}, "while you were writing"),
    ],
)
def test_what_is_refused_keeps_everything_typed_and_does_nothing(us: Plant, wrong: dict[str, Any], said: str) -> None:
    request = asked_for(us.tom, objective_served=scrap(us.yusuf))
    if "objective_version" in wrong:
        Objective.objects.filter(pk=request.objective_served_id).update(version=9)
    page = as_user(us.ana).post(url(request, "decide-as", "decline"), typed(fresh(request), **wrong))
    assert page.status_code == 422
    shown = page.content.decode()
    assert said in shown
    assert "No budget</textarea>" in shown
    assert PASSWORD not in shown
    assert (fresh(request).status, RiskAcceptance.objects.count()) == ("requested", 0)


@pytest.mark.parametrize(("who", "status"), [("tom", 403), ("ana", 200), ("yusuf", 200), ("hiro", 403)])
def test_only_who_may_decide_opens_the_decision(us: Plant, who: str, status: int) -> None:
    request = asked_for(us.tom)
    assert as_user(getattr(us, who)).get(url(request, "decide")).status_code == status


def test_asking_on_the_page_sends_or_keeps_a_draft(us: Plant) -> None:
    client = as_user(us.tom)
    site = us.tom.person.site
    assert site is not None
    form = client.get(f"{LIST}new/").content.decode()
    uid = re.search(r'name="uid" value="([0-9a-f-]+)"', form)
    assert uid is not None
    facts = {
        "uid": uid.group(1), "title": "A second gauge", "resource": "technology", "needed_on": "2027-02-01",
        "without_it": "We guess", "serves_neither": "New line", "owner": "Tom Alder", "site": site.pk,
    }  # fmt: skip
    refused = client.post(f"{LIST}new/", facts | {"serves_neither": ""})
    assert (refused.status_code, ResourceRequest.objects.count()) == (422, 0)
    assert client.post(f"{LIST}new/", facts | {"draft": "1"}).status_code == 302
    draft = ResourceRequest.objects.get()
    assert (draft.status, draft.decider) == ("draft", us.ana.person)
    assert as_user(us.ana).get(url(draft)).status_code == 404
    assert client.post(url(draft, "step", "send"), {"version": draft.version}).status_code == 302
    assert as_user(us.ana).get(url(draft)).status_code == 200


def test_overdue_arrival_is_shown_and_who_asked_closes_it_with_words(us: Plant) -> None:
    request = provided(asked_for(us.tom), us.ana)
    ResourceRequest.objects.filter(pk=request.pk).update(arrives_on=timezone.localdate() - timedelta(days=3))
    client = as_user(us.tom)
    assert "It should have been there" in client.get(url(request)).content.decode()
    assert request.title in client.get(f"{LIST}?view=coming&only=overdue").content.decode()
    sent = {"version": request.version, "arrived_on": timezone.localdate().isoformat(), "note": "Both are back"}
    assert client.post(url(request, "step", "arrived"), sent).status_code == 302
    assert fresh(request).status == "closed"
    assert as_user(us.ana).get(url(request, "step", "arrived")).status_code == 403


def test_bands_lead_to_the_requests_they_count(us: Plant) -> None:
    request, today = asked_for(us.tom), timezone.localdate()
    asked_for(us.tom, title="Another one")
    ResourceRequest.objects.filter(pk=request.pk).update(awaited_on=today - timedelta(days=40))
    ResourceRequest.objects.exclude(pk=request.pk).update(awaited_on=today)
    client = as_user(us.ana)
    assert "the longest 40 days" in text(client.get(LIST))
    shown = text(client.get(f"{LIST}?view=waiting&waited=longer"))
    assert request.title in shown
    assert "Another one" not in shown


def test_export_holds_what_the_list_shows(us: Plant) -> None:
    asked_for(us.tom)
    body = b"".join(as_user(us.ana).get(f"{LIST}export/?view=waiting")).decode()  # type: ignore[arg-type]
    for words in ("Two setters trained on the new controller", "4200", "USD", "Tom Alder", "Ana Ruiz"):
        assert words in body, words
