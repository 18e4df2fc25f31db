"""The first page and what is due."""

import uuid
from datetime import UTC, date, datetime, time, timedelta

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from leadership.models import Answer, Occurrence
from leadership.services import corroboration
from leadership.services import home as service
from leadership.services import routine as routine_service
from objectives.services import improvement_action, objective_standing
from qms.models import User
from qms.services import record as record_service
from tests.factories import (
    NOW,
    TODAY,
    ActivityTypeFactory,
    MappingFactory,
    cast_member,
    hiro,
    logged_activity,
    omar,
    yusuf,
)
from tests.objectives.test_objective import approved, measure

pytestmark = pytest.mark.django_db


def as_user(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def due(user: User, days: int, title: str = "Fix the gauge") -> None:
    improvement_action.open_action(
        uid=uuid.uuid4(), title=title, owner=user.person, due_on=TODAY + timedelta(days=days), site=user.person.site,
        by=user, at=NOW,
    )  # fmt: skip


def test_home_shows_my_week_and_not_last_week_or_others() -> None:
    boss = yusuf()
    logged_activity(boss, title="this week", days_ago=1)
    logged_activity(boss, title="last week", days_ago=7)
    logged_activity(hiro(), title="not mine")
    assert [a.title for a in service.home(boss, at=NOW).acts] == ["this week"]


def test_home_shows_what_is_due_within_a_week_overdue_first() -> None:
    boss = yusuf()
    for days in (3, -2, 30):
        due(boss, days, f"in {days}")
    due(hiro(), 1, "not mine")
    assert [r.title for r in service.home(boss, at=NOW).due] == ["in -2", "in 3"]


def test_home_has_at_most_three_red_things_own_first() -> None:
    boss = yusuf()
    due(boss, -1)
    due(hiro(), -1)
    for number in ("5.1.1", "5.2", "5.3", "6.1"):
        MappingFactory(clause__number=number, clause__title=f"Title {number}")
    red = service.home(boss, at=NOW).red
    assert [thing.title for thing in red] == ["1 thing of yours is overdue", "5.1.1 Title 5.1.1", "5.2 Title 5.2"]


def test_home_names_nothing_red_when_nothing_is() -> None:
    boss = yusuf()
    MappingFactory()
    logged_activity(boss)
    home = service.home(boss, at=NOW)
    assert home.red == []
    assert home.standing is not None
    assert dict(home.standing.parts)["current"] == 1


def test_home_and_due_ask_the_owner_to_decide_and_nobody_else() -> None:
    boss, other = yusuf(), hiro()
    objective = approved(boss)
    for weeks_ago in (2, 1):
        measure(objective, TODAY - timedelta(weeks=weeks_ago), "3.3", at=NOW)
    objective_standing.refresh_all(at=NOW)
    (decision,) = service.home(boss, at=NOW).waiting
    assert decision.words == f"Decide: {objective.title}"
    assert (decision.url, decision.is_urgent) == (f"/plan/objectives/{objective.pk}/decide/", True)
    assert "miss the path" in decision.note
    assert service.home(boss, at=NOW).due == [], "its own date is far away"
    assert service.home(other, at=NOW).waiting == []
    for page in ("/", "/due/"):
        assert f"Decide: {objective.title}" in as_user(boss).get(page).content.decode()
        assert f"Decide: {objective.title}" not in as_user(other).get(page).content.decode()


def test_home_counts_answers_about_my_acts_from_five_up() -> None:
    boss = yusuf()
    walk = logged_activity(boss)
    record_service.set_people(walk, "met", [(None, name) for name in "ABCDE"])
    asked = corroboration.invite(
        walk, participant_ids=walk.participants.filter(part="met").values_list("pk", flat=True), by=boss, at=NOW
    )
    for number, invitation in enumerate(asked):
        assert service.home(boss, at=NOW).tally is None
        corroboration.answer(
            invitation, happened="yes" if number else "no", point="none", words="", is_anonymous=True, at=NOW
        )
    tally = service.home(boss, at=NOW).tally
    assert tally is not None
    assert [number for _label, number in tally.happened] == [4, 0, 1]
    assert service.home(hiro(), at=NOW).tally is None


def test_home_tells_nothing_of_a_few_answers_that_the_pages_of_the_acts_do_not_tell() -> None:
    """One man alone said no; with five others who said yes there would be six, and one no to be told apart."""
    boss = yusuf()
    talk, walk = logged_activity(boss), logged_activity(boss)
    for act, names, said in ((talk, "A", "no"), (walk, "BCDEF", "yes")):
        record_service.set_people(act, "met", [(None, name) for name in names])
        met = act.participants.filter(part="met").values_list("pk", flat=True)
        for invitation in corroboration.invite(act, participant_ids=met, by=boss, at=NOW):
            corroboration.answer(invitation, happened=said, point="none", words="", is_anonymous=True, at=NOW)
    home, page = service.home(boss, at=NOW).tally, corroboration.tally(walk.answers.all())
    assert home is not None
    assert page is not None
    assert home.happened == page.happened
    assert (home.n, [number for _label, number in home.happened]) == (5, [5, 0, 0])


def test_home_asks_me_what_i_was_asked_and_takes_the_answer() -> None:
    boss, nia = yusuf(), cast_member("Nia Okafor")
    walk = logged_activity(boss)
    record_service.set_people(walk, "met", [(nia.person, "")])
    invitation = corroboration.invite(
        walk, participant_ids=walk.participants.filter(part="met").values_list("pk", flat=True), by=boss, at=NOW
    )[0]
    with time_machine.travel(NOW, tick=False):
        client = as_user(nia)
        assert "Yusuf Chen asks: did this happen?" in client.get("/").content.decode()
        assert as_user(boss).get(f"/answer/mine/{invitation.pk}/").status_code == 404
        assert client.post(f"/answer/mine/{invitation.pk}/", {"happened": "yes"}).status_code == 200
        assert Answer.objects.get().happened == "yes"
        assert client.get(f"/answer/mine/{invitation.pk}/").status_code == 404


def test_home_costs_the_same_queries_with_little_and_with_much() -> None:
    boss = yusuf()
    MappingFactory()
    counts = []
    with time_machine.travel(NOW, tick=False):
        client = as_user(boss)
        for number in (1, 2):
            for _row in range(number):
                logged_activity(boss)
                due(boss, 1)
                logged_activity(boss, status="draft")
            with CaptureQueriesContext(connection) as queries:
                assert client.get("/").status_code == 200
            counts.append(len(queries))
    assert counts[0] == counts[1]
    assert counts[0] <= 24


def test_due_lists_everything_of_mine_soonest_first() -> None:
    boss = yusuf()
    for days in (30, -2, 3):
        due(boss, days, f"in {days}")
    due(hiro(), 1, "not mine")
    logged_activity(boss, status="draft", title="A draft")
    with time_machine.travel(NOW, tick=False):
        page = as_user(boss).get("/due/")
        assert [(row["record"].title, row["is_overdue"]) for row in page.context["rows"]] == [
            ("in -2", True), ("in 3", False), ("in 30", False),
        ]  # fmt: skip
        assert "A draft" in page.content.decode()


def test_due_costs_the_same_queries_for_one_row_and_for_three() -> None:
    boss = yusuf()
    client = as_user(boss)
    counts = []
    for number in (1, 2):
        for _row in range(number):
            due(boss, 1)
        with CaptureQueriesContext(connection) as queries:
            client.get("/due/")
        counts.append(len(queries))
    assert counts[0] == counts[1]
    assert counts[0] <= 12


def test_home_of_another_site_knows_nothing_of_this_one() -> None:
    boss, stranger = yusuf(), omar()
    due(boss, -3)
    logged_activity(boss, title="Walked line 3")
    home = service.home(stranger, at=NOW)
    assert (home.acts, home.due, home.red) == ([], [], [])


def test_home_asks_who_something_was_promised_to() -> None:
    boss, quality = yusuf(), hiro()
    action = improvement_action.open_action(
        uid=uuid.uuid4(), title="Light above the bench", owner=quality.person, due_on=TODAY, site=boss.person.site,
        promised_to=boss.person, by=quality, at=NOW,
    )  # fmt: skip
    improvement_action.complete(action, outcome="Hung up", by=quality, at=NOW)
    waiting = service.home(boss, at=NOW).waiting
    assert [(thing.words, thing.note) for thing in waiting] == [
        ("Hiro Weber asks: is this promise kept?", "Light above the bench"),
    ]  # fmt: skip
    assert service.home(quality, at=NOW).waiting == []


def test_home_offers_what_i_planned_this_week_and_lists_what_i_missed_as_waiting() -> None:
    boss, other = yusuf(), hiro()
    for planned_on, status in ((TODAY, "planned"), (TODAY + timedelta(days=2), "planned"), (TODAY, "missed")):
        occurrence_of(boss, planned_on, status)
    occurrence_of(other, TODAY, "planned")
    home = service.home(boss, at=NOW)
    assert [(act.label, act.day, act.is_late) for act in home.planned] == [
        ("Floor walk", TODAY, False), ("Floor walk", TODAY + timedelta(days=2), False),
    ]  # fmt: skip
    assert [bool(act.url) for act in home.planned] == [True, False], "its window has not opened yet"
    (missed,) = home.waiting
    assert missed.words.startswith("Not done in time: ")
    with time_machine.travel(NOW, tick=False):
        assert as_user(boss).get(missed.url).status_code == 200
        assert as_user(boss).get(home.planned[0].url).status_code == 200


def occurrence_of(leader: User, planned_on: date, status: str) -> Occurrence:
    """A planned time of a routine of the leader's own, as it stands."""
    routine = routine_service.propose(
        uid=uuid.uuid4(), owner=leader.person, site=leader.person.site, activity_type=ActivityTypeFactory(),
        rule="FREQ=YEARLY", starts_on=planned_on + timedelta(days=300), by=leader, at=NOW,
    )  # fmt: skip
    begins = datetime.combine(planned_on, time(9), tzinfo=UTC)
    return Occurrence.objects.create(
        routine=routine, routine_version=1, leader=leader.person, site=routine.site, rule_on=planned_on,
        activity_type=routine.activity_type, planned_on=planned_on, begins_at=begins, opens_at=begins,
        closes_at=begins + timedelta(hours=12), status=status,
    )  # fmt: skip
