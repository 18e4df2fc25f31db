"""News of the rules of reminding: they go along with a digest that something calls for, and never call for one."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core import mail

from objectives.models import ImprovementAction
from qms import reminder_events
from qms.models import Concern, Notification, Person, Reminder, User
from qms.reminder_events import ReminderEvent, register
from qms.services import digest, inbox, outbox, reminder, reminder_plan
from tests.factories import NOW, yusuf
from tests.qms.reminders import MONDAY, due, mailed, person, rule, run
from tests.qms.tellings import action_of, told

pytestmark = pytest.mark.django_db
TODAY = MONDAY.date()


@pytest.fixture
def boss() -> User:
    return yusuf()


@pytest.fixture
def paula() -> Person:
    return person("Paula Sato")


@pytest.fixture(autouse=True)
def news_event(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reminder_events, "_events", dict(reminder_events._events))
    register(
        ReminderEvent(
            kind="improvement_action", event="verified", label="Verified", words="Verified on %(due)s.",
            waiting=lambda: ImprovementAction.objects.filter(outcome="verified"), due="occurred_on",
            concern=Concern.NEWS, escalates=False, obsolete_after=20,
        )
    )  # fmt: skip


def news_of(owner: Person, boss: User, title: str = "Gauge verified") -> ImprovementAction:
    action = due(owner, TODAY + timedelta(days=300), by=boss, title=title)
    ImprovementAction.objects.filter(pk=action.pk).update(outcome="verified", occurred_on=TODAY)
    return action


def news_rule(**fields: object) -> None:
    values = {"slug": "verified", "event": "verified", "kind": "improvement_action", "channel": "digest"}
    rule(**(values | {"before_days": [0], "after_days": []} | fields))


def test_news_alone_send_no_digest_and_keep_nobody_busy(boss: User, paula: Person) -> None:
    news_rule()
    news_of(paula, boss)
    for days in range(14):
        run(MONDAY + timedelta(days=days))
    assert mailed() == []
    assert Reminder.objects.get().status == "pending"
    assert reminder.gather(at=MONDAY + timedelta(days=13)) == 0


def test_news_go_along_with_what_must_be_done(boss: User, paula: Person) -> None:
    news_rule()
    rule(channel="digest", before_days=[0], after_days=[])
    news_of(paula, boss)
    run(MONDAY)
    due(paula, TODAY + timedelta(days=5), by=boss, title="Mend the guard")
    run(MONDAY + timedelta(days=5))
    run(MONDAY + timedelta(days=7))
    (letter,) = mail.outbox
    assert letter.subject == "Waiting for you: Mend the guard"
    assert letter.body.index("Mend the guard") < letter.body.index("News") < letter.body.index("Gauge verified")
    assert set(Reminder.objects.values_list("status", flat=True)) == {"sent"}


def test_news_wait_for_the_next_digest_when_what_was_to_do_is_done_before_it_goes(boss: User, paula: Person) -> None:
    news_rule()
    rule(channel="digest", before_days=[0], after_days=[])
    news_of(paula, boss)
    action = due(paula, TODAY, by=boss)
    later = MONDAY + timedelta(days=7)
    reminder_plan.plan(at=MONDAY)
    reminder.gather(at=later)
    ImprovementAction.objects.filter(pk=action.pk).update(phase="closed", status="done")
    outbox.deliver_waiting(clock=lambda: later, until=later + timedelta(minutes=1))
    assert mailed() == []
    assert dict(Reminder.objects.values_list("event", "status")) == {"due": "dropped", "verified": "pending"}
    due(paula, later.date(), by=boss)
    run(later)
    run(later + timedelta(days=7))
    assert mailed() == ["paula.sato@plant.example"]
    assert Reminder.objects.get(event="verified").status == "sent"


def test_news_too_old_for_anybody_are_dropped(boss: User, paula: Person) -> None:
    news_rule()
    rule(channel="digest", before_days=[0], after_days=[])
    news_of(paula, boss)
    run(MONDAY)
    due(paula, TODAY + timedelta(days=30), by=boss)
    run(MONDAY + timedelta(days=30))
    run(MONDAY + timedelta(days=37))
    assert "Gauge verified" not in mail.outbox[0].body
    assert Reminder.objects.get(event="verified").dropped_reason == "Too long ago"


def test_rule_that_mails_news_at_once_calls_them_news(boss: User, paula: Person) -> None:
    news_rule(channel="mail")
    news_of(paula, boss)
    run(MONDAY)
    (letter,) = mail.outbox
    assert letter.subject == "News: Gauge verified"
    assert "Waiting for you" not in letter.body
    assert digest.stop_url(paula, "news").rpartition("/")[0].rpartition(":")[0] in letter.body


def test_news_in_the_product_come_as_a_notice_and_stand_in_the_inbox(boss: User) -> None:
    news_rule(channel="in_app")
    Person.objects.filter(pk=boss.person_id).update(email="")
    news_of(boss.person, boss)
    told(action_of(boss, due_on=NOW.date(), title="Mine"), boss)
    run(MONDAY)
    assert Notification.objects.get(user=boss).text == "News: Gauge verified"
    found = inbox.inbox(boss, at=MONDAY)
    assert ([line.title for line in found.acts], [line.title for line in found.told]) == (["Mine"], ["Gauge verified"])
