"""Who is told of what is due: once, the right person, however often the engine runs and however long it did not."""

from datetime import date, datetime, timedelta

import pytest
from django.core import mail
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from objectives.models import ImprovementAction
from qms.models import (
    Absence,
    Closure,
    Notification,
    OutboxMessage,
    Person,
    Reminder,
    ReminderPreference,
    TrailEntry,
    User,
)
from qms.permissions import AccessProfile
from qms.services import record as record_service
from qms.services import reminder as service
from qms.services import reminder_plan
from tests.factories import NOW, AreaFactory, SiteFactory, cast_member, yusuf
from tests.qms.reminders import MONDAY, due, mailed, person, rule, run

pytestmark = pytest.mark.django_db
TODAY = MONDAY.date()


@pytest.fixture
def boss() -> User:
    return yusuf()


@pytest.fixture
def paula() -> Person:
    return person("Paula Sato")


def statuses() -> list[tuple[int, int, str]]:
    rows = Reminder.objects.order_by("level", "step", "pk")
    return list(rows.values_list("level", "step", "status"))


def test_each_step_is_told_once_however_often_the_engine_runs(boss: User, paula: Person) -> None:
    rule()
    due(paula, TODAY + timedelta(days=7), by=boss)
    for days in range(20):
        for _again in range(2):
            run(MONDAY + timedelta(days=days))
    assert statuses() == [(0, step, "sent") for step in (-7, 0, 1, 3, 7)]
    assert mailed() == ["paula.sato@plant.example"] * 5


def test_nothing_is_said_before_its_time_nor_of_what_is_closed(boss: User, paula: Person) -> None:
    rule()
    due(paula, TODAY + timedelta(days=8), by=boss)
    due(paula, TODAY, by=boss, status="closed", phase="closed")
    run(MONDAY)
    assert (mailed(), Reminder.objects.count()) == ([], 0)


def test_outage_of_a_month_is_made_up_for_with_one_mail(boss: User, paula: Person) -> None:
    rule()
    for days in (1, 2, 30):
        due(paula, TODAY + timedelta(days=days), by=boss)
    run(MONDAY + timedelta(days=60))
    assert statuses() == [(0, 7, "sent")] * 3
    assert [message.subject for message in mail.outbox] == ["3 things wait for you: Fix the gauge …"]


def test_steps_planned_before_an_outage_of_the_sender_collapse_into_the_last(boss: User, paula: Person) -> None:
    rule()
    due(paula, TODAY, by=boss)
    for days in (0, 1, 3):
        reminder_plan.plan(at=MONDAY + timedelta(days=days))
    run(MONDAY + timedelta(days=4))
    assert statuses() == [(0, 0, "dropped"), (0, 1, "dropped"), (0, 3, "sent")]
    assert len(mailed()) == 1


def test_outage_over_the_digest_costs_an_hour_and_not_a_week(boss: User, paula: Person) -> None:
    rule(channel="digest", before_days=[0], after_days=[3])
    due(paula, MONDAY.date() - timedelta(days=3), by=boss)
    run(MONDAY - timedelta(days=3))
    assert mailed() == []
    run(MONDAY)  # half an hour late; the step of today is planned for the digest of next week
    assert mailed() == [paula.email]
    assert statuses()[0][-1] == "sent"


def test_what_was_done_meanwhile_is_not_sent(boss: User, paula: Person) -> None:
    rule()
    action = due(paula, TODAY, by=boss)
    reminder_plan.plan(at=MONDAY)
    service.gather(at=MONDAY)
    ImprovementAction.objects.filter(pk=action.pk).update(phase="closed", status="done")
    run(MONDAY)
    assert mailed() == []
    assert Reminder.objects.get().dropped_reason == "Nothing of it is waiting any more"
    assert OutboxMessage.objects.get().status == "dropped"


def test_new_owner_and_new_day_cancel_what_was_planned(boss: User, paula: Person) -> None:
    rule(channel="digest")
    action = due(paula, TODAY, by=boss)
    reminder_plan.plan(at=MONDAY)
    action.owner, action.due_on = person("Ben Low"), TODAY + timedelta(days=5)
    record_service.seal(action, "improvement_action.corrected", by=boss, at=NOW)
    for days in (6, 7):
        run(MONDAY + timedelta(days=days))
    assert mailed() == ["ben.low@plant.example"]
    told = Reminder.objects.exclude(status="dropped").values_list("person__name", "due_on", "step")
    assert list(told) == [("Ben Low", TODAY + timedelta(days=5), 1)]


def test_record_handed_back_is_told_of_again(boss: User, paula: Person) -> None:
    rule(channel="digest")
    action = due(paula, TODAY, by=boss)
    for owner in (paula, person("Ben Low"), paula):
        ImprovementAction.objects.filter(pk=action.pk).update(owner=owner)
        reminder_plan.plan(at=MONDAY)
        service.drop_obsolete(Reminder.objects.filter(status="pending"), at=MONDAY)
    assert [row.person.name for row in Reminder.objects.filter(status="pending")] == ["Paula Sato"]


def test_database_refuses_the_same_reminder_twice_and_a_leader_who_is_the_responsible(
    boss: User, paula: Person
) -> None:
    rule()
    due(paula, TODAY, by=boss)
    reminder_plan.plan(at=MONDAY)
    twin = Reminder.objects.get()
    twin.pk = None
    with pytest.raises(IntegrityError, match=r"reminder_once|UNIQUE"), transaction.atomic():
        twin.save(force_insert=True)
    twin.level = 1
    with pytest.raises(IntegrityError, match="reminder_never_escalates_to_the_responsible"), transaction.atomic():
        twin.save(force_insert=True)


def test_rule_of_a_kind_goes_before_the_general_one_also_when_paused(boss: User, paula: Person) -> None:
    rule()
    rule(slug="actions", kind="improvement_action", before_days=[30])
    due(paula, TODAY + timedelta(days=20), by=boss)
    reminder_plan.plan(at=MONDAY)
    assert list(Reminder.objects.values_list("rule_slug", "step")) == [("actions", -30)]
    due(paula, TODAY, by=boss)
    type(rule(slug="other", event="review")).objects.filter(slug="actions").update(paused_at=NOW)
    assert reminder_plan.plan(at=MONDAY) == 0


def test_who_has_left_or_cannot_be_reached_is_replaced_by_the_manager_with_the_name_said(boss: User) -> None:
    rule()
    manager = person("Mona Adler")
    due(person("Ben Low", manager=manager, deactivated_at=NOW), TODAY, by=boss)
    due(person("Carla Moss", manager=manager, email=""), TODAY, by=boss)
    run(MONDAY)
    (letter,) = mail.outbox
    assert letter.to == ["mona.adler@plant.example"]
    assert "In place of Ben Low" in letter.body
    assert "In place of Carla Moss" in letter.body


def test_who_has_a_log_in_and_no_address_is_told_in_the_product(boss: User) -> None:
    rule()
    login = cast_member("Ben Low")
    assert login.person.email == ""
    due(login.person, TODAY, by=boss)
    run(MONDAY)
    assert (mailed(), Notification.objects.get(user=login).text) == ([], "Waiting for you: Fix the gauge")


def test_nobody_to_tell_stands_in_the_list_once(boss: User) -> None:
    rule()
    due(person("Ben Low", email=""), TODAY, by=boss)
    for _again in range(3):
        run(MONDAY)
    assert Reminder.objects.get().dropped_reason == "nobody who can be reached"


def test_stand_in_is_told_while_somebody_is_away(boss: User, paula: Person) -> None:
    rule()
    Absence.objects.create(
        person=paula, starts_on=TODAY, ends_on=TODAY, cause="leave", stand_in=person("Ben Low"), created_at=NOW,
        approved_at=NOW,
    )  # fmt: skip
    due(paula, TODAY, by=boss)
    run(MONDAY)
    run(MONDAY + timedelta(days=1))
    assert mailed() == ["ben.low@plant.example", "paula.sato@plant.example"]


def test_escalation_climbs_from_the_shift_of_the_area_to_the_managers(boss: User) -> None:
    rule(after_days=[1], escalate_after_days=3, escalate_levels=3)
    line, site = AreaFactory(), SiteFactory()
    head = person("Head Adler", site=site)
    admin = cast_member("Ada Ministrator", AccessProfile.ADMINISTRATOR).person
    Person.objects.filter(pk=admin.pk).update(manager=head, email="ada@plant.example")
    night = person("Nina Night", area=line, shift="night", manager=head)
    person("Ned Night", area=line, shift="night", manager=night)
    owner = person("Olga Owner", area=line, shift="night", manager=admin)
    due(owner, TODAY, by=boss)
    for days in range(20):
        run(MONDAY + timedelta(days=days))
    told = Reminder.objects.order_by("level", "step").values_list("level", "person__name", "status")
    assert list(told) == [
        (0, "Olga Owner", "sent"), (0, "Olga Owner", "sent"), (1, "Nina Night", "sent"), (2, "Head Adler", "sent"),
        (3, "Olga Owner", "untold"),
    ]  # fmt: skip
    assert set(mailed()) == {"olga.owner@plant.example", "nina.night@plant.example", "head.adler@plant.example"}


def test_leaders_are_not_told_before_the_responsible_person_was(boss: User) -> None:
    rule(after_days=[1], escalate_after_days=3, escalate_levels=2)
    due(person("Paula Sato", manager=person("Mona Adler")), TODAY, by=boss)
    late = MONDAY + timedelta(days=40)
    reminder_plan.plan(at=late)
    assert statuses() == [(0, 1, "pending")]
    run(late)
    run(late)
    assert statuses() == [(0, 1, "sent"), (1, 3, "sent")]


@pytest.mark.parametrize("stops", ["acknowledged", "planned anew"])
def test_acknowledging_and_planning_anew_stop_the_escalation(boss: User, stops: str) -> None:
    rule(escalate_after_days=3, escalate_levels=2)
    action = due(person("Paula Sato", manager=person("Mona Adler")), TODAY, by=boss)
    run(MONDAY)
    if stops == "acknowledged":
        service.acknowledge(Reminder.objects.get(), by=None, at=MONDAY)
        service.acknowledge(Reminder.objects.get(), by=None, at=MONDAY)
        assert TrailEntry.objects.filter(verb="reminder.acknowledged").count() == 1
    else:
        ImprovementAction.objects.filter(pk=action.pk).update(due_on=TODAY + timedelta(days=30))
    for days in range(1, 15):
        run(MONDAY + timedelta(days=days))
    assert not Reminder.objects.filter(level__gte=1).exists()
    assert "mona.adler@plant.example" not in mailed()


def test_acknowledging_takes_back_what_lies_in_the_outbox_for_a_leader(boss: User) -> None:
    rule(escalate_after_days=3, escalate_levels=1, after_days=[1])
    due(person("Paula Sato", manager=person("Mona Adler")), TODAY, by=boss)
    run(MONDAY)
    late = MONDAY + timedelta(days=3)
    reminder_plan.plan(at=late)
    service.gather(at=late)
    service.acknowledge(Reminder.objects.get(level=0, step=0), by=None, at=late)
    mailed()
    run(late)
    assert "mona.adler@plant.example" not in mailed()
    assert Reminder.objects.get(level=1).dropped_reason == "Acknowledged"


def test_each_site_has_its_own_today(boss: User) -> None:
    rule(before_days=[0], after_days=[])
    tokyo = SiteFactory(code="TYO", time_zone="Asia/Tokyo")
    for site in (SiteFactory(), tokyo):
        due(person(f"Owner {site.code}", site=site), date(2026, 11, 24), by=boss)
    run(datetime.fromisoformat("2026-11-23T16:00:00+00:00"))
    assert mailed() == ["owner.tyo@plant.example"]


@pytest.mark.parametrize(
    ("preference", "expected"),
    [
        ({}, "2026-11-30T14:00:00+00:00"),  # Monday at seven in Denver
        ({"rhythm": "daily"}, "2026-11-25T14:00:00+00:00"),
        ({"weekday": 4, "at_time": "06:30"}, "2026-11-30T13:30:00+00:00"),  # that Friday the plant is closed
    ],
)
def test_digest_comes_when_its_reader_wants_it_on_a_working_day(
    boss: User, paula: Person, preference: dict[str, object], expected: str
) -> None:
    rule(channel="digest", before_days=[], after_days=[1])
    ReminderPreference.objects.create(person=paula, **preference)
    closed = {"starts_on": date(2026, 11, 26), "ends_on": date(2026, 11, 27), "reason": "Thanksgiving"}
    Closure.objects.create(site=paula.site, created_at=NOW, **closed)
    due(paula, date(2026, 11, 20), by=boss)
    reminder_plan.plan(at=MONDAY + timedelta(days=1))
    assert Reminder.objects.get().send_at == datetime.fromisoformat(expected)


def test_what_is_due_before_the_next_weekly_digest_does_not_wait_for_it(boss: User, paula: Person) -> None:
    rule(channel="digest", before_days=[7])
    due(paula, TODAY + timedelta(days=3), by=boss)
    due(paula, TODAY + timedelta(days=8), by=boss)
    tuesday = MONDAY + timedelta(days=1)
    run(tuesday)
    assert sorted(Reminder.objects.values_list("send_at__date", flat=True)) == [date(2026, 11, 25), date(2026, 11, 30)]


def test_mail_waits_for_the_end_of_quiet_hours_and_of_the_weekend(boss: User, paula: Person) -> None:
    rule(quiet_from="18:00", quiet_until="06:00", is_working_days_only=True, before_days=[0], after_days=[])
    due(paula, date(2026, 11, 20), by=boss)
    friday_evening = datetime.fromisoformat("2026-11-21T02:00:00+00:00")
    run(friday_evening)
    assert mailed() == []
    assert Reminder.objects.get().send_at == datetime.fromisoformat("2026-11-23T13:00:00+00:00")
    run(datetime.fromisoformat("2026-11-23T13:00:00+00:00"))
    assert mailed() == ["paula.sato@plant.example"]


def test_unsubscribed_kind_comes_by_no_mail_and_escalates_all_the_same(boss: User) -> None:
    rule(escalate_after_days=1, escalate_levels=1)
    owner = person("Paula Sato", manager=person("Mona Adler"))
    ReminderPreference.objects.create(person=owner, unsubscribed=["improvement_action"])
    due(owner, TODAY, by=boss)
    for days in range(3):
        run(MONDAY + timedelta(days=days))
    assert mailed() == ["mona.adler@plant.example"]


def test_others_named_by_the_rule_are_told_once_each(boss: User) -> None:
    rule(recipients=["owner", "team", "manager", "area_leader"], before_days=[0], after_days=[])
    line = AreaFactory()
    lead = person("Lea Leader", area=line)
    owner = person("Paula Sato", area=line, manager=lead)
    person("Tom Team", area=line, manager=owner)
    due(owner, TODAY, by=boss, area=line)
    run(MONDAY)
    parts = dict(Reminder.objects.values_list("person__name", "part"))
    assert parts == {"Paula Sato": "owner", "Tom Team": "team", "Lea Leader": "manager"}


def test_confidential_record_is_named_by_its_number_only(boss: User, paula: Person) -> None:
    rule()
    action = due(paula, TODAY, by=boss, title="A quarrel on line 3", is_confidential=True)
    run(MONDAY)
    (letter,) = mail.outbox
    assert "quarrel" not in letter.body
    assert action.reference in letter.body


def test_idle_run_takes_a_fixed_number_of_queries(boss: User, paula: Person) -> None:
    def queries() -> int:
        run(MONDAY)
        with CaptureQueriesContext(connection) as caught:
            reminder_plan.plan(at=MONDAY)
        return len(caught)

    rule()
    due(paula, TODAY, by=boss)
    one = queries()
    for days in range(1, 4):
        due(paula, TODAY + timedelta(days=days), by=boss)
    assert queries() == one <= 12


def test_somebody_added_while_the_planner_runs_is_told_too(boss: User, monkeypatch: pytest.MonkeyPatch) -> None:
    rule()
    read, reads = reminder_plan._read, []
    due(paula := person("Paula Sato"), TODAY, by=boss)

    def read_and_add(*arguments: object) -> object:
        reads.append(arguments)
        if len(reads) == 2:  # the people have been read for the first thing that waits
            new = person("Nora New", site=SiteFactory(code="NEW"), manager=person("Mona New", manager=paula))
            due(new, TODAY, by=boss)
        return read(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(reminder_plan, "_read", read_and_add)
    reminder_plan.plan(at=MONDAY, batch=1)
    told = Reminder.objects.order_by("pk").values_list("person__name", "status")
    assert list(told) == [("Paula Sato", "pending"), ("Nora New", "pending")]


def test_planner_with_nothing_to_plan_takes_one_look_and_begins_no_transaction(boss: User, paula: Person) -> None:
    rule(escalate_after_days=3, escalate_levels=3)
    rule(slug="reviews", event="review", escalate_after_days=3, escalate_levels=3)
    due(paula, TODAY, by=boss)
    run(MONDAY)
    with CaptureQueriesContext(connection) as caught:
        assert reminder_plan.plan(at=MONDAY) == 0
    assert not [query["sql"] for query in caught if "SAVEPOINT" in query["sql"] or "advisory" in query["sql"]]
    assert len(caught) == 3  # sites, rules, and one look at everything


def test_kept_look_asks_about_the_moment_it_is_used(boss: User) -> None:
    rule(escalate_after_days=3, escalate_levels=2, before_days=[0], after_days=[1])
    owner = person("Paula Sato", manager=person("Mona Adler", manager=person("Nora Boss")))
    due(owner, TODAY, by=boss)
    run(MONDAY)
    run(MONDAY + timedelta(days=6, minutes=5))  # the step of the day after, and the first leader
    assert [level for level, _step, _status in statuses()] == [0, 0, 1]
    soon = MONDAY + timedelta(days=9)
    for moment, levels in ((soon, [0, 0, 1]), (soon + timedelta(minutes=6), [0, 0, 1, 2])):
        run(moment)  # both within the same hour
        assert [level for level, _step, _status in statuses()] == levels


@pytest.mark.parametrize(
    ("was", "becomes"),
    [
        ({"after_days": [30]}, {"after_days": [2]}),
        ({"paused_at": NOW}, {"paused_at": None}),
        ({"escalate_after_days": 40}, {"escalate_after_days": 1}),
    ],
)
def test_kept_look_is_made_anew_when_a_rule_changes(
    boss: User, was: dict[str, object], becomes: dict[str, object]
) -> None:
    values = {"before_days": [], "after_days": [1], "escalate_after_days": 40, "escalate_levels": 1}
    made = rule(**(values | was))
    due(person("Paula Sato", manager=person("Mona Adler")), TODAY - timedelta(days=3), by=boss)
    run(MONDAY)
    before = Reminder.objects.count()
    type(made).objects.update(**becomes)
    run(MONDAY)
    assert Reminder.objects.count() == before + 1
