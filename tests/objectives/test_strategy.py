"""Strategic goals, their tree without circles, the matrix leaders judge, and the thread down to the acts."""

import json
import uuid
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from objectives.models import Correlation, ImprovementAction, Objective, QualityCostAccount, StrategicGoal
from objectives.services import improvement_action
from objectives.services import strategy as service
from objectives.services import strategy_matrix as matrix
from objectives.services.strategy_tree import tree_of
from qms.models import ClauseLink, TrailEntry, User
from qms.permissions import AccessProfile
from qms.services.record import IllegalTransition, StaleRecord
from qms.services.wording import ReasonMissing
from tests.factories import NOW, TODAY, ClauseFactory, MappingFactory, cast_member, hiro, logged_activity, omar, yusuf
from tests.objectives.objectives import approved, as_user

pytestmark = pytest.mark.django_db
MATRIX, TREE = "objectives:strategy-matrix", "objectives:strategy-tree"


def drafted(by: User, **values: Any) -> StrategicGoal:
    facts: dict[str, Any] = {
        "uid": uuid.uuid4(), "title": "Right first time", "owner": by.person, "site": by.person.site,
        "starts_on": date(2026, 1, 1), "ends_on": date(2028, 12, 31), "by": by, "at": NOW,
    }  # fmt: skip
    return service.set_goal(**(facts | values))


def adopted(by: User, **values: Any) -> StrategicGoal:
    return service.adopt(drafted(by, **values), by=by, at=NOW)


def serving(objective: Objective, by: User, **values: Any) -> ImprovementAction:
    action = improvement_action.open_action(
        uid=uuid.uuid4(), title="Tool-life trial", owner=by.person, due_on=TODAY, site=by.person.site, by=by, at=NOW,
        **values,
    )  # fmt: skip
    ImprovementAction.objects.filter(pk=action.pk).update(serves=objective.pk)
    return ImprovementAction.objects.get(pk=action.pk)


def url(goal: StrategicGoal, what: str = "detail") -> str:
    return reverse(f"objectives:strategic-goal-{what}", args=[goal.pk])


# --- goals ------------------------------------------------------------------------------------------------------------


def test_goal_counts_from_its_adoption_and_is_due_at_its_end() -> None:
    boss = yusuf()
    MappingFactory(kind="strategic_goal", subtype="", clause=ClauseFactory(number="6.2.1"))
    goal = drafted(boss)
    assert (goal.phase, goal.due_on) == ("draft", date(2028, 12, 31))
    assert not ClauseLink.objects.filter(record=goal, counts=True).exists()
    service.adopt(goal, by=boss, at=NOW)
    assert ClauseLink.objects.filter(record=goal, counts=True).count() == 1
    gone = service.drop(goal, outcome="The line was sold", by=boss, at=NOW)
    assert (gone.phase, ClauseLink.objects.filter(record=goal, counts=True).count()) == ("withdrawn", 0)
    assert service.reopen(gone, reason="Bought back", by=boss, at=NOW).phase == "open"


def test_moves_need_words_and_a_place_to_start_from() -> None:
    boss = yusuf()
    goal = drafted(boss)
    for wrong in (
        lambda: service.achieve(goal, outcome="x", by=boss, at=NOW),
        lambda: service.reopen(goal, reason="x", by=boss, at=NOW),
        lambda: service.adopt(adopted(boss), by=boss, at=NOW),
    ):
        with pytest.raises(IllegalTransition):
            wrong()
    with pytest.raises(ReasonMissing):
        service.withdraw(goal, reason=" ", by=boss, at=NOW)
    with pytest.raises(ValidationError):
        drafted(boss, ends_on=date(2025, 1, 1))


def test_change_keeps_what_it_said_and_moves_the_due_date() -> None:
    boss = yusuf()
    goal = adopted(boss)
    changed = service.change(goal, version=2, reason="One year more", by=boss, at=NOW, ends_on=date(2029, 12, 31))
    assert changed.due_on == date(2029, 12, 31)
    entry = TrailEntry.objects.get(record=goal, verb="strategic_goal.changed")
    assert json.loads(entry.changes)["fields"]["facts.ends_on"] == ["2028-12-31", "2029-12-31"]
    with pytest.raises(StaleRecord):
        service.change(goal, version=2, reason="again", by=boss, at=NOW, title="z")


@pytest.mark.parametrize("depth", [0, 1, 3])
def test_goal_never_serves_itself(depth: int) -> None:
    boss = yusuf()
    chain = [adopted(boss)]
    for _level in range(depth):
        chain.append(adopted(boss, parent=chain[-1]))
    with pytest.raises(service.Circle):
        service.change(chain[0], version=2, reason="r", by=boss, at=NOW, parent=chain[-1])
    top = adopted(boss)
    assert service.change(chain[0], version=2, reason="r", by=boss, at=NOW, parent=top).parent == top


def test_goal_pages_by_their_forms() -> None:
    boss, stranger = yusuf(), omar()
    client = as_user(boss)
    sent = {"title": "Zero returns", "starts_on": "2026-01-01", "ends_on": "2028-01-01", "owner": boss.person.name,
            "site": boss.person.site_id, "uid": str(uuid.uuid4())}  # fmt: skip
    foreign = client.post(reverse("objectives:strategic-goal-new"), sent | {"parent": adopted(stranger).pk})
    assert set(foreign.context["form"].errors) == {"parent"}
    client.post(reverse("objectives:strategic-goal-new"), sent)
    goal = StrategicGoal.objects.get(title="Zero returns")
    child = adopted(boss, parent=goal)
    assert child.title in client.get(url(goal)).content.decode()
    change = {"title": "Zero", "starts_on": "2026-01-01", "ends_on": "2028-01-01", "owner": boss.person.name,
              "parent": child.pk, "version": 1, "reason": "shorter"}  # fmt: skip
    assert "would serve itself" in client.post(url(goal, "edit"), change).content.decode()
    assert client.post(url(goal, "edit"), change | {"parent": ""}).status_code == 302
    move = reverse("objectives:strategic-goal-move", args=[goal.pk, "adopt"])
    assert client.post(move).status_code == 302
    goal.refresh_from_db()
    assert (goal.title, goal.status) == ("Zero", "adopted")
    assert as_user(cast_member("Nia Okafor")).post(move).status_code == 403
    assert as_user(stranger).get(url(goal)).status_code == 404


def test_list_finds_goals_without_an_objective() -> None:
    boss = yusuf()
    bare, served = adopted(boss), adopted(boss)
    approved(boss, goal=served)
    page = as_user(boss).get(reverse("objectives:strategic-goal-list"), {"only": "bare"})
    assert [goal.pk for goal in page.context["page"].rows] == [bare.pk]
    counts = {
        g.pk: g.serving for g in as_user(boss).get(reverse("objectives:strategic-goal-list")).context["page"].rows
    }
    assert counts == {bare.pk: 0, served.pk: 1}


# --- matrix -----------------------------------------------------------------------------------------------------------


def test_judgement_replaces_the_last_one_and_keeps_it() -> None:
    boss = yusuf()
    goal = adopted(boss)
    objective = approved(boss, goal=goal)
    how = {"aspect": "objective", "by": boss, "at": NOW}
    weak = matrix.judge(objective, goal, strength="weak", **how)
    assert matrix.judge(objective, goal, strength="weak", **how) == weak
    matrix.judge(objective, goal, strength="strong", **how)
    rows = Correlation.objects.order_by("pk").values_list("strength", "ended_at")
    assert list(rows) == [("weak", NOW), ("strong", None)]
    assert matrix.judged(objective, goal, "objective") == "strong"
    assert matrix.judge(objective, goal, strength="", **how) is None
    assert matrix.judged(objective, goal, "objective") == ""
    entries = TrailEntry.objects.filter(record=objective, verb="strategy.correlated").order_by("seq")
    assert [json.loads(e.changes)["strength"] for e in entries] == [["", "Weak"], ["Weak", "Strong"], ["Strong", ""]]


def test_only_what_meets_on_the_matrix_is_judged() -> None:
    boss = yusuf()
    goal = adopted(boss)
    objective = approved(boss)
    action = serving(objective, boss)
    for lower, upper in ((goal, objective), (action, goal), (objective, objective)):
        with pytest.raises(matrix.NoCorner):
            matrix.judge(lower, upper, aspect="objective", strength="weak", by=boss, at=NOW)
    with pytest.raises(ValidationError):
        matrix.judge(objective, goal, aspect="objective", strength="enormous", by=boss, at=NOW)
    Correlation.objects.create(serving_id=objective.pk, served_id=goal.pk, aspect="objective", strength="weak",
                               judged_at=NOW)  # fmt: skip
    with transaction.atomic(), pytest.raises(IntegrityError):
        Correlation.objects.create(serving_id=objective.pk, served_id=goal.pk, aspect="objective", strength="strong",
                                   judged_at=NOW)  # fmt: skip


def test_matrix_shows_all_four_corners_in_words() -> None:
    boss = yusuf()
    goal, other = adopted(boss), adopted(boss, title="Other goal")
    objective = approved(boss, goal=goal, money_effect=Decimal(1))
    action = serving(objective, boss)
    matrix.judge(objective, other, aspect="objective", strength="weak", by=boss, at=NOW)
    matrix.judge(objective, goal, aspect="measure", strength="strong", by=boss, at=NOW)
    matrix.judge(action, objective, aspect="measure", strength="strong", by=boss, at=NOW)
    found = matrix.matrix_of(boss)
    (by_objective,), (by_measure,) = found.objectives, found.measures
    strengths = {cell.served.pk: cell.strength for cell in by_objective.to_goals}
    assert strengths == {goal.pk: "linked", other.pk: "weak"}
    assert [cell.strength for cell in by_objective.to_improvements] == ["linked"]
    assert {cell.served.pk: cell.strength for cell in by_measure.to_goals} == {goal.pk: "strong", other.pk: ""}
    assert [cell.strength for cell in by_measure.to_improvements] == ["strong"]
    page = as_user(boss).get(reverse(MATRIX)).content.decode()
    for words in ("linked, strength not judged", "Strong", "Weak", 'scope="rowgroup"', "Tool-life trial"):
        assert words in page


def test_matrix_shows_each_only_what_they_may_see_and_names_the_unconnected() -> None:
    boss, stranger = yusuf(), omar()
    secret = adopted(boss, title="Sell the line", is_confidential=True)
    loose = approved(boss, title="Loose objective", goal=None)
    page = as_user(cast_member("Nia Okafor")).get(reverse(MATRIX)).content.decode()
    assert secret.title not in page
    assert "Unconnected objectives" in page
    assert loose.title in page
    assert loose.title not in as_user(stranger).get(reverse(MATRIX)).content.decode()
    assert loose.title not in as_user(stranger).get(reverse(TREE)).content.decode()


def test_leaders_judge_on_the_page_and_others_do_not() -> None:
    boss = yusuf()
    goal = adopted(boss)
    objective = approved(boss, goal=goal)
    address = reverse("objectives:strategy-judge", args=[objective.uid, goal.uid, "objective"])
    assert as_user(boss).post(address, {"strength": "strong"})["Location"] == reverse(MATRIX)
    assert matrix.judged(objective, goal, "objective") == "strong"
    assert as_user(boss).get(address).context["form"]["strength"].value() == "strong"
    assert as_user(cast_member("Emma Roth", AccessProfile.EMPLOYEE)).get(address).status_code == 403
    assert as_user(omar()).get(address).status_code == 404
    draft = drafted(hiro())
    other = reverse("objectives:strategy-judge", args=[objective.uid, draft.uid, "objective"])
    assert as_user(boss).get(other).status_code == 200, "another's draft stands on the matrix too"
    backwards = reverse("objectives:strategy-judge", args=[goal.uid, objective.uid, "objective"])
    assert as_user(boss).get(backwards).status_code == 404


# --- tree -------------------------------------------------------------------------------------------------------------


def test_tree_leads_from_goal_to_objective_account_improvement_and_act() -> None:
    boss = yusuf()
    account = QualityCostAccount.objects.create(site=boss.person.site, name="Scrap", category="internal_failure")
    top = adopted(boss)
    child = adopted(boss, title="Stable lines", parent=top)
    objective = approved(boss, goal=child, account=account)
    loose = approved(boss, title="Hangs in the air")
    walk = logged_activity(boss, title="Walked line 3 and saw the scrap")
    action = serving(objective, boss, source=walk)
    tree = tree_of(boss)
    (root,) = tree.roots
    assert (root.goal.pk, root.children[0].goal.pk) == (top.pk, child.pk)
    (branch,) = root.children[0].branches
    assert (branch.objective.pk, branch.improvements[0].pk, branch.acts[0].pk) == (objective.pk, action.pk, walk.pk)
    assert [b.objective.pk for b in tree.loose] == [loose.pk]
    page = as_user(boss).get(reverse(TREE)).content.decode()
    cost = reverse("objectives:quality-cost-account-detail", args=[branch.objective.account_id])
    for words in (
        f'Moves the account <a href="{cost}">Scrap</a> (Internal failure)',
        walk.title,
        "it serves no strategic goal",
    ):
        assert words in page


def test_pages_cost_the_same_for_one_and_for_three() -> None:
    boss = hiro()
    client = as_user(boss)

    def more() -> None:
        goal = adopted(boss)
        objective = approved(boss, goal=adopted(boss, parent=goal))
        action = serving(objective, boss, source=logged_activity(boss))
        matrix.judge(action, objective, aspect="measure", strength="strong", by=boss, at=NOW)

    counts: dict[str, list[int]] = {MATRIX: [], TREE: []}
    for number in (1, 2):
        for _row in range(number):
            more()
        for name, found in counts.items():
            client.get(reverse(name))
            with CaptureQueriesContext(connection) as queries:
                client.get(reverse(name))
            found.append(len(queries))
    for found in counts.values():
        assert found[0] == found[1]
        assert found[0] <= 12
