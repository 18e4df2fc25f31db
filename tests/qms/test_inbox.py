"""The inbox: what waits, what is new, what is watched; the addresses a mail leads here by."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from objectives.services import improvement_action
from qms.models import Notification, Reminder, TrailEntry, User, Watch
from qms.services import digest, inbox, signed_link, watch
from tests.factories import NOW, hiro, omar, yusuf
from tests.qms.tellings import action_of, told

pytestmark = pytest.mark.django_db
TODAY = NOW.date()


@pytest.fixture
def leader(client: Client) -> User:
    user = yusuf()
    client.force_login(user)
    return user


def titles(user: User) -> list[str]:
    return [line.title for line in inbox.inbox(user, at=NOW).acts]


def test_what_waits_stands_once_with_the_soonest_first(leader: User) -> None:
    later = action_of(leader, due_on=TODAY + timedelta(days=3), title="Later")
    sooner = action_of(leader, due_on=TODAY - timedelta(days=2), title="Sooner")
    told(later, leader)
    told(sooner, leader)
    told(sooner, leader, step=1)
    lines = inbox.inbox(leader, at=NOW).acts
    assert [(line.title, line.is_overdue, line.is_yours) for line in lines] == [
        ("Sooner", True, True), ("Later", False, True),
    ]  # fmt: skip


def test_what_is_done_replanned_or_dealt_with_is_gone(leader: User) -> None:
    done = action_of(leader, due_on=TODAY, title="Done")
    moved = action_of(leader, due_on=TODAY, title="Moved")
    noted = action_of(leader, due_on=TODAY, title="Noted")
    for action in (done, moved, noted):
        told(action, leader)
    assert titles(leader) == ["Done", "Moved", "Noted"]
    improvement_action.complete(done, outcome="Mended", by=leader, at=NOW)
    improvement_action.change(
        moved, version=moved.version, reason="Part is late", due_on=TODAY + timedelta(days=9), by=leader, at=NOW
    )
    Reminder.objects.filter(record_id=noted.pk).update(acknowledged_at=NOW)
    assert titles(leader) == []


def test_planned_mail_stands_here_at_once_and_nothing_of_other_people(leader: User) -> None:
    action = action_of(leader, due_on=TODAY)
    told(action, hiro(), part="manager")
    told(action, leader, status="dropped", sent_at=None, dropped_reason="Paused")
    assert titles(leader) == []
    told(action, leader, send_at=NOW + timedelta(days=3), status="pending", sent_at=None)
    assert titles(leader) == ["Mend the guard"]


def test_leader_of_somebody_is_told_whose_it_is_and_a_confidential_title_to_nobody_else(leader: User) -> None:
    quality = hiro()
    secret = action_of(quality, due_on=TODAY, title="Secret", is_confidential=True)
    told(secret, leader, level=1, part="escalation")
    (line,) = inbox.inbox(leader, at=NOW).acts
    assert (line.title, line.is_yours) == (secret.reference, False)
    assert line.words.startswith("Hiro Weber: ")


def test_page_costs_the_same_for_one_and_three(client: Client, leader: User) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as caught:
            assert client.get(reverse("qms:inbox")).status_code == 200
        return len(caught)

    def add(number: int) -> None:
        action = action_of(leader, due_on=TODAY, title=f"Thing {number}")
        told(action, leader)
        watch.follow(action, by=leader, at=NOW - timedelta(days=1))
        Notification.objects.create(user=leader, text=f"News {number}", at=NOW)

    add(1)
    client.get(reverse("qms:inbox"))
    one = queries()
    add(2)
    add(3)
    assert queries() == one <= 12


def test_i_deal_with_it_stops_at_me_and_is_in_the_trail(client: Client, leader: User) -> None:
    action = action_of(leader, due_on=TODAY)
    mine, other = told(action, leader), told(action, hiro(), part="manager", step=2)
    assert client.post(reverse("qms:reminder-acknowledge", args=[other.pk])).status_code == 404
    assert client.post(reverse("qms:reminder-acknowledge", args=[mine.pk])).url == "/inbox/"
    mine.refresh_from_db()
    assert (mine.acknowledged_at is not None, mine.acknowledged_by) == (True, leader)
    assert TrailEntry.objects.filter(record_id=action.pk, verb="reminder.acknowledged").count() == 1


def test_link_of_a_mail_opens_what_it_is_about_for_its_reader_alone(client: Client, leader: User) -> None:
    action = action_of(leader, due_on=TODAY)
    path = digest.open_url(told(action, leader)).partition("://")[2].partition("/")[2]
    assert client.get(f"/{path}").url == reverse("qms:record", args=[action.uid])
    client.force_login(omar())
    assert client.get(f"/{path}").url == reverse("qms:inbox")
    client.logout()
    assert client.get(f"/{path}").url.startswith("/account/login/?next=/go/")
    assert client.get(f"/{path[:-3]}xx/").status_code == 404


def test_link_made_for_one_page_does_not_open_another() -> None:
    token = signed_link.address_of(digest.UNSUBSCRIBE, "1").rstrip("/").rpartition("/")[2]
    assert signed_link.read(digest.UNSUBSCRIBE, token) == "1"
    with pytest.raises(signed_link.NotSigned):
        signed_link.read(digest.GO, token)


def test_watched_record_tells_what_others_did_since(client: Client, leader: User) -> None:
    quality = hiro()
    action = action_of(quality, due_on=TODAY, title="Watched")
    page = reverse("objectives:improvement-action-detail", args=[action.pk])
    assert "Stop watching" not in client.get(page).content.decode()
    client.post(reverse("qms:record-watch", args=[action.uid]), {"watch": "1"})
    client.post(reverse("qms:record-watch", args=[action.uid]), {"watch": "1"})
    assert "Stop watching" in client.get(page).content.decode()
    Watch.objects.update(began_at=NOW)
    assert inbox.watched(leader, since=NOW - timedelta(days=1)) == []
    improvement_action.start(action, by=quality, at=NOW + timedelta(hours=1))
    improvement_action.complete(action, outcome="Mended", by=leader, at=NOW + timedelta(hours=2))
    (line,) = inbox.watched(leader, since=NOW - timedelta(days=1))
    assert (line.record.pk, line.changes) == (action.pk, 1)
    client.post(reverse("qms:record-watch", args=[action.uid]), {"watch": "0"})
    assert inbox.watched(leader, since=NOW - timedelta(days=1)) == []
    verbs = TrailEntry.objects.filter(chain=leader.trail_key).order_by("seq").values_list("verb", flat=True)
    assert list(verbs) == ["user.watched", "user.unwatched"]


def test_nobody_watches_what_he_may_not_see(client: Client, leader: User) -> None:
    action = action_of(leader, due_on=TODAY)
    client.force_login(omar())
    assert client.post(reverse("qms:record-watch", args=[action.uid]), {"watch": "1"}).status_code == 404
    assert Watch.objects.count() == 0
