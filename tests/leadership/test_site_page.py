"""One plant on one page: only that plant, the worst first, answers of the floor only from five up."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from leadership.services import corroboration
from leadership.services import site_page as service
from objectives.models import Objective
from objectives.services import improvement_action
from qms.models import User
from qms.services import record as record_service
from tests.factories import NOW, TODAY, MappingFactory, cast_member, hiro, logged_activity, omar, yusuf
from tests.objectives.test_objective import approved

pytestmark = pytest.mark.django_db


def promised(by: User, to: User, title: str, days: int) -> None:
    improvement_action.open_action(
        uid=uuid.uuid4(), title=title, owner=by.person, due_on=TODAY + timedelta(days=days), site=by.person.site,
        promised_to=to.person, by=by, at=NOW,
    )  # fmt: skip


def page_of(user: User) -> service.SitePage:
    assert user.person.site is not None
    return service.site_page(user.person.site, user=user, on=TODAY)


def test_the_worst_objective_stands_first() -> None:
    boss = yusuf()
    first, second = approved(boss), approved(boss)
    Objective.objects.filter(pk=second.pk).update(standing_rank=0)
    Objective.objects.filter(pk=first.pk).update(standing_rank=1)
    assert [row.pk for row in page_of(boss).objectives] == [second.pk, first.pk]


def test_promises_are_counted_and_the_overdue_ones_too() -> None:
    boss, quality = yusuf(), hiro()
    for title, days in (("late", -2), ("soon", 3)):
        promised(boss, quality, title, days)
    page = page_of(boss)
    assert ([row.title for row in page.promises], page.open_promises, page.late_promises) == (["late", "soon"], 2, 1)
    stranger = page_of(omar())
    assert (stranger.promises, stranger.open_promises) == ([], 0)


def test_the_floor_is_heard_from_five_answers_up() -> None:
    boss = yusuf()
    walk = logged_activity(boss)
    record_service.set_people(walk, "met", [(None, name) for name in "ABCDE"])
    met = walk.participants.filter(part="met").values_list("pk", flat=True)
    for invitation in corroboration.invite(walk, participant_ids=met, by=boss, at=NOW):
        assert page_of(boss).tally is None
        corroboration.answer(invitation, happened="yes", point="none", words="", is_anonymous=True, at=NOW)
    tally = page_of(boss).tally
    assert tally is not None
    assert tally.n == 5


def test_the_figures_are_those_of_the_measures_page() -> None:
    boss = yusuf()
    walk = logged_activity(boss)
    record_service.set_people(walk, "met", [(None, "Paula")])
    found = {figure.measure.slug: (figure.fits, figure.n) for figure in page_of(boss).figures}
    assert list(found) == list(service.SHOWN)
    assert (found["contact"], found["say-do-seen"]) == ((1, 1), (0, 1))


def test_a_page_costs_at_most_twelve_queries_and_never_more() -> None:
    boss = yusuf()
    MappingFactory()
    client = Client()
    client.force_login(boss)
    counts = []
    with time_machine.travel(NOW, tick=False):
        for number in (1, 3):
            for _row in range(number):
                logged_activity(boss)
                promised(boss, cast_member(f"Nia {uuid.uuid4()}"), "Light", 3)
                approved(boss)
            address = reverse("leadership:site-page-detail", args=[boss.person.site_id])
            client.get(address)
            with CaptureQueriesContext(connection) as queries:
                assert client.get(address).status_code == 200
            counts.append(len(queries))
    assert counts[0] == counts[1] <= 12


def test_the_list_leads_to_the_only_plant_and_another_plant_is_not_there() -> None:
    boss, stranger = yusuf(), omar()
    client = Client()
    client.force_login(boss)
    address = reverse("leadership:site-page-detail", args=[boss.person.site_id])
    assert client.get(reverse("leadership:site-page-list")).headers["Location"] == address
    client.force_login(stranger)
    assert client.get(address).status_code == 404
