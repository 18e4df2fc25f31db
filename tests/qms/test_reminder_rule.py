"""Rules of reminding as data: versions with dates, pauses, previews, defaults; and that every event can be asked."""

from datetime import timedelta
from typing import Any

import pytest

from qms.models import Reminder, ReminderRule, TrailEntry, User
from qms.reminder_events import all_events, event_of
from qms.services import reminder, reminder_plan, reminder_words
from qms.services import reminder_rule as service
from qms.services.reminder_rule import Definition, RuleRefused
from tests.factories import NOW, hiro
from tests.qms.reminders import MONDAY, due, mailed, person, rule, run

pytestmark = pytest.mark.django_db
TODAY = MONDAY.date()


@pytest.fixture
def manager() -> User:
    return hiro()


def test_steps_are_days_from_the_due_day() -> None:
    made = rule(before_days=[14, 0, 3], after_days=[7, 1], then_every_days=10, most_after=4)
    assert made.steps == [-14, -3, 0, 1, 7, 17, 27]
    assert rule(slug="b", before_days=[], after_days=[1, 2, 3], most_after=2).steps == [1, 2]
    assert rule(slug="c", before_days=[], after_days=[], then_every_days=5, most_after=2).steps == [5, 10]


def test_change_opens_a_version_and_tells_nobody_twice(manager: User) -> None:
    old = rule()
    due(person("Paula Sato"), TODAY, by=manager)
    run(MONDAY)
    softer = Definition.of(old)
    changed = service.change(
        old, Definition(**(softer.values() | {"name": "Softer", "before_days": (0,), "after_days": (10,),
                                              "recipients": ("owner",)})),
        from_on=TODAY + timedelta(days=1), reason="Too loud", by=manager, at=MONDAY,
    )  # fmt: skip
    for days in range(12):
        run(MONDAY + timedelta(days=days))
    assert list(Reminder.objects.order_by("step").values_list("step", "rule__version")) == [(0, 1), (10, 2)]
    assert (changed.version, changed.supersedes_id) == (2, old.pk)
    entry = TrailEntry.objects.get(verb="reminder_rule.changed")
    assert '"after_days":[[1,3,7],[10]]' in entry.changes


def test_same_definition_changes_nothing(manager: User) -> None:
    old = rule()
    same = service.change(old, Definition.of(old), from_on=TODAY, reason="", by=manager, at=MONDAY)
    assert (same.pk, ReminderRule.objects.count(), TrailEntry.objects.count()) == (old.pk, 1, 0)


def test_pause_drops_what_is_planned_and_resuming_plans_it_anew(manager: User) -> None:
    made = rule(channel="digest")
    due(person("Paula Sato"), TODAY, by=manager)
    reminder_plan.plan(at=MONDAY)
    service.pause(made, reason="Shutdown", by=manager, at=MONDAY)
    run(MONDAY + timedelta(days=7))
    assert [row.dropped_reason for row in Reminder.objects.order_by("pk")] == ["The rule was paused"]
    service.resume(made, by=manager, at=MONDAY + timedelta(days=8))
    for days in (9, 14):
        run(MONDAY + timedelta(days=days))
    assert mailed() == ["paula.sato@plant.example"]


def test_ended_rule_tells_nothing_any_more(manager: User) -> None:
    made = rule()
    service.end(made, to_on=TODAY, reason="Not needed", by=manager, at=MONDAY)
    due(person("Paula Sato"), TODAY, by=manager)
    run(MONDAY)
    assert mailed() == []
    with pytest.raises(RuleRefused):
        service.pause(made, reason="", by=manager, at=MONDAY)


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": " "}, {"recipients": ()}, {"recipients": ("everybody",)}, {"before_days": (), "after_days": ()},
        {"after_days": (-1,)}, {"after_days": (1000,)}, {"most_after": 99}, {"channel": "pigeon"},
        {"escalate_levels": 2}, {"escalate_levels": 9, "escalate_after_days": 1},
    ],
)  # fmt: skip
def test_rule_that_makes_no_sense_is_refused(manager: User, wrong: dict[str, Any]) -> None:
    good: dict[str, Any] = {"name": "Due", "before_days": (0,), "recipients": ("owner", "role:quality-manager")}
    service.add(Definition(**good), event="due", from_on=TODAY, by=manager, at=MONDAY)
    with pytest.raises(RuleRefused):
        service.add(Definition(**(good | wrong)), event="due", from_on=TODAY, by=manager, at=MONDAY)


def test_rule_for_an_unknown_event_or_kind_is_refused(manager: User) -> None:
    fine = Definition(name="Due", before_days=(0,))
    for place in ({"event": "full_moon"}, {"event": "due", "kind": "unicorn"}):
        with pytest.raises(RuleRefused):
            service.add(fine, from_on=TODAY, by=manager, at=MONDAY, **place)


def test_preview_counts_what_the_rule_would_tell_now_and_in_the_next_days(manager: User) -> None:
    rule()
    paula, ben = person("Paula Sato"), person("Ben Low")
    for owner, days in ((paula, 0), (paula, 2), (ben, -30), (ben, 200)):
        due(owner, TODAY + timedelta(days=days), by=manager)
    run(MONDAY)
    trial = Definition(name="Louder", before_days=(2, 0), after_days=(1, 45))
    found = service.preview(trial, event="due", slug="due", at=MONDAY)
    expected = [0] * 7
    expected[0] += 1  # what is due today, one day after
    expected[1] += 1  # what is due in two days
    expected[2] += 1  # and one day after that
    assert [number for _day, number in found.by_day] == expected
    assert (found.now, found.people, found.total) == (2, 2, 5)
    assert Reminder.objects.filter(rule_slug="trial").count() == 0


def test_default_rules_load_once_and_leave_alone_what_was_changed(manager: User) -> None:
    first = service.load_default_rules(by=None, at=NOW)
    assert first == ReminderRule.objects.count() > 5
    ended = ReminderRule.objects.get(slug="review")
    service.end(ended, to_on=TODAY, reason="Not needed", by=manager, at=MONDAY)
    assert service.load_default_rules(by=None, at=NOW) == 0


def test_every_event_has_a_rule_that_ships_its_own_or_a_general_one() -> None:
    service.load_default_rules(by=None, at=NOW)
    rules = set(ReminderRule.objects.values_list("kind", "event"))
    assert [event.slug for event in all_events() if not {(event.kind, event.event), ("", event.event)} & rules] == []


def test_every_event_can_be_planned_checked_and_dropped() -> None:
    service.load_default_rules(by=None, at=NOW)
    reminder_plan.plan(at=MONDAY)
    reminder.drop_obsolete(Reminder.objects.all(), at=MONDAY)
    for event in all_events():
        waiting = event.waiting()
        list(waiting.values_list(event.record, event.due, event.responsible, event.site, event.area)[:1])
        made = Reminder(pk=1, kind=event.kind or "risk", event=event.event, record_id=0, subject="1")
        assert reminder.still_waiting([made]) == set()
        assert event.words % {"title": "", "reference": "", "due": ""}
    assert event_of("activity", "nothing of the kind") is None


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"before_days": [], "after_days": [5]}, "5 days after"),
        ({"before_days": [0], "after_days": [1, 3, 7], "most_after": 3}, "On the day, 1, 3 and 7 days after"),
        (
            {"before_days": [7], "after_days": [1, 3], "most_after": 1},
            "7 days before, 1 and 3 days after, at most 1 time after the day",
        ),
        (
            {"before_days": [], "after_days": [1], "then_every_days": 14, "most_after": 8},
            "1 day after, then every 14 days, at most 8 times after the day",
        ),
    ],
)
def test_limit_is_said_only_where_it_limits(fields: dict[str, object], words: str) -> None:
    assert reminder_words.when(rule(**fields)) == words


def test_rule_for_every_kind_says_all_it_is_about() -> None:
    assert reminder_words.about("", "due") == "every kind of record: Due"
    assert reminder_words.about("risk", "due") == "Risks and opportunities: Due"
    words = reminder_words.about("", "decision_awaited")
    assert words.startswith("every kind of record: Decision about an objective awaited, ")
    assert "Approval awaited" in words
