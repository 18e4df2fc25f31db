"""What leaders do for the strategy: said once per record, shown in tree, matrix and on the objective's page."""

from __future__ import annotations

import pytest
from django.urls import reverse

from objectives.models import Contribution
from objectives.services import contribution as service
from objectives.services.strategy_matrix import matrix_of
from objectives.services.strategy_tree import tree_of
from qms.models import Record, TrailEntry
from tests.factories import NOW, hiro, logged_activity, omar, yusuf
from tests.objectives.actions import as_user, opened
from tests.objectives.objectives import approved, goal, url

pytestmark = pytest.mark.django_db


def page_of(record: Record) -> str:
    return reverse("objectives:contribution", args=[record.uid])


def test_walk_said_to_serve_an_objective_stands_in_tree_matrix_and_on_its_page() -> None:
    boss = yusuf()
    objective, walk = approved(boss), logged_activity(boss, title="Asked about the gauge")
    assert as_user(boss).post(page_of(walk), {"serves": objective.pk}).status_code == 302
    (branch,) = tree_of(boss).loose
    assert [act.pk for act in branch.acts] == [walk.pk]
    (line,) = matrix_of(boss).objectives
    assert [act.pk for act in line.acts] == [walk.pk]
    for address in (url(objective), reverse("objectives:strategy-tree"), reverse("objectives:strategy-matrix")):
        assert "Asked about the gauge" in as_user(boss).get(address).content.decode()
    assert TrailEntry.objects.filter(record_id=walk.pk, verb="strategy.contribution_set").count() == 1


def test_another_choice_ends_the_one_before_and_the_same_again_changes_nothing() -> None:
    boss = yusuf()
    objective, above, walk = approved(boss), goal(boss), logged_activity(boss)
    for serves in (objective, objective, above, None):
        service.link(walk, serves=serves, by=boss, at=NOW)
    rows = Contribution.objects.order_by("pk").values_list("serves_id", "ended_at")
    assert list(rows) == [(objective.pk, NOW), (above.pk, NOW)]
    assert service.served_by(walk) is None


def test_goals_and_objectives_have_their_own_place_and_others_are_no_choice() -> None:
    boss = yusuf()
    objective, action = approved(boss), opened(boss)
    with pytest.raises(service.CannotServe):
        service.link(objective, serves=goal(boss), by=boss, at=NOW)
    with pytest.raises(service.CannotServe):
        service.link(logged_activity(boss), serves=action, by=boss, at=NOW)
    assert as_user(boss).get(page_of(objective)).status_code == 404


def test_only_who_may_change_the_record_says_it_and_only_of_what_is_seen() -> None:
    boss = yusuf()
    walk, hidden = logged_activity(boss), approved(boss, is_confidential=True)
    quality, stranger = hiro(), omar()
    assert as_user(stranger).get(page_of(walk)).status_code in (403, 404)
    secret_walk = logged_activity(boss, is_confidential=True, title="Said in private")
    service.link(secret_walk, serves=approved(boss), by=boss, at=NOW)
    assert "Said in private" not in as_user(stranger).get(reverse("objectives:strategy-tree")).content.decode()
    assert hidden.pk in service.choices(quality).values_list("pk", flat=True)
    assert Contribution.objects.filter(record=walk.pk).count() == 0
