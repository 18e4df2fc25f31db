"""Activities: what logging, correcting and withdrawing keep, and what they refuse."""

import json
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from threading import Barrier
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import connection

from leadership.models import Activity
from leadership.services import activity as service
from objectives.models import ImprovementAction
from qms.models import Record, TrailEntry
from qms.services.record import EventInFuture, IllegalTransition, StaleRecord
from tests.factories import (
    NOW,
    ActivityTypeFactory,
    AreaFactory,
    MappingFactory,
    PersonFactory,
    SiteFactory,
    hiro,
    logged_activity,
    omar,
    yusuf,
)

pytestmark = pytest.mark.django_db


def log(by: Any, **values: Any) -> Activity:
    given = {
        "uid": uuid.uuid4(), "activity_type": ActivityTypeFactory(), "site": by.person.site,
        "title": "Asked about the gauge at line 3", "happened_at": NOW - timedelta(hours=1), "by": by, "at": NOW,
    }  # fmt: skip
    return service.log(**(given | values))


def test_log_keeps_everything_that_was_sent():
    manager, area = yusuf(), AreaFactory()
    paula = PersonFactory(name="Paula Sato")
    activity = log(
        manager, area=area, people_met=[(paula, ""), (None, "  The  night shift ")], duration_minutes=20,
        audience_size=4, notes="Quiet shift.", is_confidential=True,
        stops=[{"area": area, "seen": "Gauge out of date", "heard": "", "promised": "New gauge"}, {"seen": " "}],
    )  # fmt: skip
    kept = json.loads(Activity.objects.get().versions.get().content)
    assert activity.reference == "WALK-DEN-2026-0001"
    assert (activity.status, activity.phase, activity.version) == ("logged", "closed", 1)
    assert activity.occurred_on == date(2026, 11, 20)
    assert [(p["name"], p["part"]) for p in kept["people"]] == [
        ("Yusuf Chen", "leader"), ("Paula Sato", "met"), ("The night shift", "met"),
    ]  # fmt: skip
    assert kept["facts"]["stops"] == [
        {"area": "CNC line 3", "seen": "Gauge out of date", "heard": "", "promised": "New gauge"}
    ]
    assert kept["is_confidential"] is True
    assert list(TrailEntry.objects.filter(record=activity.pk).values_list("verb", flat=True)) == ["activity.logged"]
    assert service.last_area(manager) == area.pk


def test_log_is_evidence_for_the_clauses_mapped():
    mapping = MappingFactory()
    activity = log(yusuf())
    assert list(activity.clause_links.values_list("mapping_id", "counts")) == [(mapping.pk, True)]


def test_log_twice_with_one_uid_keeps_the_first():
    manager, uid = yusuf(), uuid.uuid4()
    first = log(manager, uid=uid, follow_ups=[{"title": "Order a gauge"}])
    second = log(manager, uid=uid, title="Another sentence", follow_ups=[{"title": "Order a gauge"}])
    assert second.pk == first.pk
    assert second.title == "Asked about the gauge at line 3"
    assert (Activity.objects.count(), ImprovementAction.objects.count()) == (1, 1)


def test_entry_sent_again_when_its_time_has_passed_is_the_one_that_is_kept():
    manager, uid = yusuf(), uuid.uuid4()
    first = log(manager, uid=uid)
    assert log(manager, uid=uid, at=NOW + timedelta(days=3)).pk == first.pk, "no reason is asked for what is there"
    with pytest.raises(service.LateReasonMissing):
        log(manager, at=NOW + timedelta(days=3))
    assert Activity.objects.count() == 1


def test_log_refuses_the_uid_of_somebody_else():
    theirs = logged_activity(hiro())
    with pytest.raises(service.UidTaken, match="already in use"):
        log(yusuf(), uid=theirs.uid)
    assert Activity.objects.count() == 1


def test_log_refuses_the_uid_of_another_kind():
    manager = yusuf()
    log(manager, follow_ups=[{"title": "Order a gauge"}])
    with pytest.raises(service.UidTaken):
        log(manager, uid=ImprovementAction.objects.get().uid)


def test_log_after_24_hours_needs_a_reason():
    manager, long_ago = yusuf(), NOW - timedelta(hours=24, minutes=1)
    with pytest.raises(service.LateReasonMissing) as refusal:
        log(manager, happened_at=long_ago)
    assert "late is welcome" in refusal.value.message_dict["late_reason"][0]
    assert Record.objects.count() == 0
    assert log(manager, happened_at=long_ago, late_reason="Was abroad").late_reason == "Was abroad"


def test_log_within_24_hours_needs_no_reason():
    assert log(yusuf(), happened_at=NOW - timedelta(hours=24)).late_reason == ""


def test_log_refuses_the_future_and_forgives_a_fast_clock():
    manager = yusuf()
    with pytest.raises(EventInFuture):
        log(manager, happened_at=NOW + timedelta(minutes=6))
    assert log(manager, happened_at=NOW + timedelta(minutes=4)).happened_at == NOW


def test_log_dates_the_event_at_the_site():
    late_evening = NOW.replace(day=20, hour=4)  # 21:00 of the 19th in Denver
    assert log(yusuf(), happened_at=late_evening).occurred_on == date(2026, 11, 19)


def test_log_without_a_sentence_takes_the_first_stop_or_asks():
    manager = yusuf()
    assert log(manager, title=" ", stops=[{"heard": "The gauge drifts"}]).title == "The gauge drifts"
    with pytest.raises(ValidationError) as refusal:
        log(manager, title="")
    assert refusal.value.message_dict == {"title": ["Write one sentence: what happened?"]}


def test_log_refuses_an_area_of_another_site():
    manager, elsewhere = yusuf(), AreaFactory(site=SiteFactory(code="LYO"))
    for values in ({"area": elsewhere}, {"stops": [{"area": elsewhere, "seen": "Gauge"}]}):
        with pytest.raises(ValidationError, match="another site"):
            log(manager, **values)
    assert Record.objects.count() == 0


def test_log_takes_the_first_leader_with_an_entry_as_owner():
    paula = PersonFactory(name="Paula Sato")
    activity = log(yusuf(), leaders=[(None, "A visitor"), (paula, "")])
    assert activity.owner == paula
    assert [p.name for p in activity.people()] == ["A visitor", "Paula Sato"]


def test_log_opens_follow_ups_with_owner_and_due_date():
    manager, paula = yusuf(), PersonFactory(name="Paula Sato")
    activity = log(
        manager, is_confidential=True,
        follow_ups=[{"title": "Order a gauge", "owner": paula, "due_on": date(2026, 12, 1), "promised_to": paula},
                    {"title": "  "}, {"title": "Ask purchasing"}],
    )  # fmt: skip
    opened = activity.follow_ups.order_by("pk")
    assert [(a.title, a.owner.name, a.is_confidential) for a in opened] == [
        ("Order a gauge", "Paula Sato", True), ("Ask purchasing", "Yusuf Chen", True),
    ]  # fmt: skip
    assert (opened[0].due_on, opened[0].status) == (date(2026, 12, 1), "assessed")


def test_log_refuses_a_follow_up_due_before_the_event_and_keeps_nothing():
    with pytest.raises(ValidationError, match="before the activity"):
        log(yusuf(), follow_ups=[{"title": "Order a gauge", "due_on": date(2026, 11, 1)}])
    assert Record.objects.count() == 0


def test_draft_is_private_and_becomes_the_logged_activity():
    manager, uid = yusuf(), uuid.uuid4()
    values = {"uid": uid, "activity_type": ActivityTypeFactory(), "site": manager.person.site, "by": manager}
    service.save_draft(**values, happened_at=NOW, stops=[{"seen": "Gauge"}], at=NOW)
    draft = service.save_draft(**values, happened_at=NOW, stops=[{"seen": "Gauge, again"}], at=NOW)
    assert (draft.phase, draft.title, draft.version) == ("draft", "Floor walk", 2)
    assert not Activity.objects.visible_to(hiro()).exists()
    logged = service.log(**values, title="", happened_at=NOW, stops=[{"seen": "Gauge, again"}], at=NOW)
    assert (logged.pk, logged.phase, logged.title) == (draft.pk, "closed", "Gauge, again")
    assert [stop.seen for stop in logged.stops.all()] == ["Gauge, again"]
    again = service.save_draft(**values, title="Too late", happened_at=NOW, at=NOW)
    assert (again.title, again.status) == ("Gauge, again", "logged")


def test_correct_keeps_what_it_said_before_and_why():
    manager, paula = yusuf(), PersonFactory(name="Paula Sato")
    activity = log(manager, people_met=[(paula, ""), (None, "Night shift")])
    row = activity.participants.get(person=paula)
    corrected = service.correct(
        activity, version=1, reason="Wrong line", by=manager, at=NOW, title="Asked at line 4",
        people_met=[(None, "Ana"), (paula, "")],
    )  # fmt: skip
    entry = TrailEntry.objects.get(verb="activity.corrected")
    assert json.loads(entry.changes)["fields"]["title"] == ["Asked about the gauge at line 3", "Asked at line 4"]
    assert (entry.reason, corrected.version) == ("Wrong line", 2)
    assert [p.name for p in corrected.people()] == ["Yusuf Chen", "Ana", "Paula Sato"]
    assert corrected.participants.get(person=paula).pk == row.pk


@pytest.mark.parametrize("reason", ["", "   "])
def test_correct_and_withdraw_need_a_reason(reason: str):
    activity = log(yusuf())
    with pytest.raises(service.ReasonMissing):
        service.correct(activity, version=1, reason=reason, by=activity.recorded_by, at=NOW, title="x")
    with pytest.raises(service.ReasonMissing):
        service.withdraw(activity, reason=reason, by=activity.recorded_by, at=NOW)


def test_correct_refuses_a_stale_version():
    activity = log(yusuf())
    service.correct(activity, version=1, reason="Typing", by=activity.recorded_by, at=NOW, title="First")
    with pytest.raises(StaleRecord) as clash:
        service.correct(activity, version=1, reason="Typing", by=activity.recorded_by, at=NOW, title="Second")
    assert clash.value.current.title == "First"


def test_correct_to_an_earlier_day_takes_the_reason_as_lateness():
    activity = log(yusuf())
    earlier = NOW - timedelta(days=3)
    corrected = service.correct(
        activity, version=1, reason="It was Tuesday", by=activity.recorded_by, at=NOW, happened_at=earlier
    )
    assert (corrected.occurred_on, corrected.late_reason) == (date(2026, 11, 17), "It was Tuesday")


def test_withdrawn_activity_no_longer_counts_and_cannot_be_corrected():
    MappingFactory()
    activity = log(yusuf())
    gone = service.withdraw(activity, reason="Logged twice", by=activity.recorded_by, at=NOW)
    assert (gone.phase, gone.withdrawn_reason) == ("withdrawn", "Logged twice")
    assert list(gone.clause_links.values_list("counts", flat=True)) == [False]
    with pytest.raises(service.CannotCorrect):
        service.correct(gone, version=2, reason="No", by=activity.recorded_by, at=NOW, title="x")
    with pytest.raises(IllegalTransition):
        service.withdraw(gone, reason="Again", by=activity.recorded_by, at=NOW)


def test_usual_types_most_frequent_first():
    manager = yusuf()
    rare, often = ActivityTypeFactory(), ActivityTypeFactory(slug="coaching", label="Coaching", prefix="COACH")
    log(manager, activity_type=rare)
    log(manager, activity_type=often)
    log(manager, activity_type=often)
    log(omar(), activity_type=rare)
    assert service.usual_types(manager) == [often.pk, rare.pk]


@pytest.mark.django_db(transaction=True)
def test_two_taps_at_the_same_moment_make_one_record():
    manager, uid, kind = yusuf(), uuid.uuid4(), ActivityTypeFactory()
    start = Barrier(2, timeout=10)

    def tap(_number: int) -> int:
        start.wait()
        try:
            return log(manager, uid=uid, activity_type=kind).pk
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        first, second = pool.map(tap, range(2))
    assert first == second == Activity.objects.get().pk
    assert TrailEntry.objects.filter(verb="activity.logged").count() == 1
