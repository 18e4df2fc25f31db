"""The goal or objective an act was done for, chosen where the act is logged or corrected."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from leadership.models import Activity
from leadership.services import activity as service
from objectives.models import Contribution
from objectives.services import contribution, objective, strategy
from qms.models import Record, User
from qms.services import trail_check
from tests.factories import NOW, ActivityTypeFactory, SiteFactory, hiro, logged_activity, omar, yusuf
from tests.objectives.actions import as_user
from tests.objectives.objectives import approved, goal

pytestmark = pytest.mark.django_db
LOG = reverse("leadership:log")


def entry(**values: Any) -> dict[str, Any]:
    rows = {f"{name}-{count}_FORMS": "0" for name in ("stops", "follow_ups") for count in ("TOTAL", "INITIAL")}
    kind = ActivityTypeFactory(slug="floor-walk")
    return {"uid": str(uuid.uuid4()), "activity_type": kind.slug, "title": "Asked about the gauge"} | rows | values


def served() -> list[tuple[int, int]]:
    return list(Contribution.objects.filter(ended_at=None).values_list("record_id", "serves_id"))


def correct_url(walk: Activity) -> str:
    return reverse("leadership:activity-edit", args=[walk.pk])


def correction(walk: Activity, by: User, **values: Any) -> dict[str, Any]:
    page = as_user(by).get(correct_url(walk))
    first = {name: value for name, value in page.context["form"].initial.items() if value not in (None, False)}
    first["happened_at"] = page.context["form"]["happened_at"].value().strftime("%Y-%m-%dT%H:%M")
    rows = {f"form-{count}_FORMS": "0" for count in ("TOTAL", "INITIAL")}
    stops = {f"stops-{count}_FORMS": "0" for count in ("TOTAL", "INITIAL")}
    return first | rows | stops | {"reason": "Said later"} | values


def test_log_page_offers_what_runs_and_the_act_serves_what_was_chosen() -> None:
    boss = yusuf()
    above, target = strategy.adopt(goal(boss), by=boss, at=NOW), approved(boss, title="Scrap of line 3")
    page = as_user(boss).get(LOG).content.decode()
    assert "Right first time" in page
    assert "Scrap of line 3" in page
    answer = as_user(boss).post(LOG, entry(serves=str(target.uid)), follow=True)
    walk = Activity.objects.get()
    assert served() == [(walk.pk, target.pk)]
    assert "Serves “Scrap of line 3”" in answer.content.decode()
    as_user(boss).post(LOG, entry(serves=str(above.uid)))
    assert (Activity.objects.latest("pk").pk, above.pk) in served()
    assert not trail_check.verify().problems


def test_same_entry_again_links_once() -> None:
    boss = yusuf()
    sent = entry(serves=str(approved(boss).uid))
    for _time in range(2):
        as_user(boss).post(LOG, sent)
    assert len(served()) == Contribution.objects.count() == 1


def test_entry_that_waited_on_a_phone_serves_what_has_ended_meanwhile() -> None:
    boss = yusuf()
    target = approved(boss)
    objective.miss(target, outcome="Too late", by=boss, at=NOW)
    assert str(target.uid) not in as_user(boss).get(LOG).content.decode()
    answer = as_user(boss).post(LOG, entry(serves=str(target.uid)), headers={"accept": "application/json"})
    assert answer.status_code == 201
    assert served() == [(Activity.objects.get().pk, target.pk)]


@pytest.mark.parametrize("what", ["nothing", "another", "hidden", "not_a_uid"])
def test_what_cannot_be_served_is_told_at_the_field_and_nothing_is_kept(what: str) -> None:
    boss = yusuf()
    uids = {"nothing": str(uuid.uuid4()), "not_a_uid": "7", "another": str(logged_activity(boss).uid),
            "hidden": str(approved(omar()).uid)}  # fmt: skip
    answer = as_user(boss).post(LOG, entry(serves=uids[what]), headers={"accept": "application/json"})
    assert answer.status_code == 422
    assert [row["field"] for row in answer.json()["errors"]] == ["serves"]
    assert not Activity.objects.filter(title="Asked about the gauge").exists()
    again = as_user(boss).post(LOG, entry(serves=uids[what]))
    assert "This goal or objective is gone" in again.content.decode()


def test_plain_entry_asks_nothing_about_goals() -> None:
    boss = yusuf()
    approved(boss)
    client, sent = as_user(boss), entry()
    with CaptureQueriesContext(connection) as queries:
        client.post(LOG, sent, headers={"accept": "application/json"})
    assert Activity.objects.count() == 1
    assert not [q["sql"] for q in queries if "contribution" in q["sql"] or "objective" in q["sql"]]


def test_correcting_changes_and_takes_away_what_it_served() -> None:
    boss = yusuf()
    walk, target, other = logged_activity(boss), approved(boss), approved(boss, title="Other")
    for chosen in (target, other, None):
        version = Activity.objects.get(pk=walk.pk).version
        data = correction(walk, boss, serves=chosen.pk if chosen else "")
        assert as_user(boss).post(correct_url(walk), data).status_code == 302
        assert contribution.served_by(walk) == (Record.objects.get(pk=chosen.pk) if chosen else None)
        assert Activity.objects.get(pk=walk.pk).version == version + 1
    assert not trail_check.verify().problems


def test_correcting_something_else_leaves_what_has_ended_or_cannot_be_seen() -> None:
    boss, quality = yusuf(), hiro()
    walk, target = logged_activity(boss), approved(quality, title="Secret", is_confidential=True)
    contribution.link(walk, serves=target, by=quality, at=NOW)
    page = as_user(boss).get(correct_url(walk)).content.decode()
    assert "Secret" not in page
    assert as_user(boss).post(correct_url(walk), correction(walk, boss, title="Asked again")).status_code == 302
    assert served() == [(walk.pk, target.pk)]
    objective.drop(target, outcome="Sold the line", by=quality, at=NOW)
    assert as_user(quality).post(correct_url(walk), correction(walk, quality, title="Once more")).status_code == 302
    assert served() == [(walk.pk, target.pk)]


def test_refused_link_keeps_nothing_of_the_entry() -> None:
    boss = yusuf()
    other, kind = logged_activity(boss), ActivityTypeFactory(slug="floor-walk")
    with pytest.raises(contribution.CannotServe):
        service.log(
            uid=uuid.uuid4(), activity_type=kind, site=SiteFactory(code="DEN"), title="Never kept", happened_at=NOW,
            serves=Record.objects.get(pk=other.pk), by=boss, at=NOW,
        )  # fmt: skip
    assert not Activity.objects.filter(title="Never kept").exists()
