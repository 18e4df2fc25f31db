"""The demo plant is believable, the same every time, and made of records that hold."""

import json
from collections import Counter
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from django.core.management import call_command

from leadership.models import Activity
from leadership.services import demo, demo_bulk, demo_story
from qms.models import Person, RecordVersion, Site, TrailEntry, User
from qms.services import record as record_service
from qms.services import trail
from qms.services.trail_check import verify
from tests.factories import AreaFactory, MappingFactory, SiteFactory, yusuf

TODAY = date(2026, 11, 22)
ZONE = ZoneInfo("America/Denver")


def test_the_story_is_the_same_every_time() -> None:
    assert demo_story.events(TODAY, ZONE) == demo_story.events(TODAY, ZONE)


def test_the_story_has_gaps_late_entries_and_mistakes() -> None:
    story = demo_story.events(TODAY, ZONE)
    last_customer = max(e.happened_at for e in story if e.type_slug == "customer-contact").date()
    assert (TODAY - last_customer).days > 120
    assert all(bool(e.late_reason) == ((e.recorded_at - e.happened_at).days >= 1) for e in story)
    assert {"withdrawn", "corrected", ""} == {e.fate for e in story}
    assert all(e.happened_at < e.recorded_at for e in story)
    assert [e.recorded_at for e in story] == sorted(e.recorded_at for e in story)
    assert len(Counter(e.leader for e in story)) == len(demo_story.RHYTHM) + len(demo_story.SUPERVISORS)


@pytest.mark.django_db
def test_the_demo_refuses_a_database_that_holds_somebodys_data() -> None:
    SiteFactory(code="LYO")
    with pytest.raises(demo.NotEmpty):
        demo.load(today=TODAY, at=datetime(2026, 11, 22, tzinfo=UTC))
    assert Person.objects.count() == 0


@pytest.mark.django_db
def test_people_who_cannot_be_taken_stay_out() -> None:
    site = SiteFactory()
    names = [p.name for p in demo._people(site, at=datetime(2026, 1, 1, tzinfo=UTC))]
    assert "Loop Person" not in names
    assert "" not in names
    assert len(names) == len(set(zip(names, [p.email for p in Person.objects.order_by("pk")], strict=True)))
    assert Person.objects.get(name="Hiro Weber").manager == Person.objects.get(name="Yusuf Chen")


@pytest.mark.django_db
def test_bulk_records_are_what_the_services_would_have_written() -> None:
    leader = yusuf()
    AreaFactory()
    call_command("load_activity_types", verbosity=0)
    MappingFactory(subtype="")
    assert demo_bulk.load(30, today=TODAY) == 30
    for activity in Activity.objects.select_related("activity_type", "site", "area", "owner").order_by("pk"):
        text = trail.canonical(record_service.full_content(activity))
        version = RecordVersion.objects.get(record=activity)
        assert json.loads(version.content) == json.loads(text)
        assert version.content_hash == trail.digest(text)
        entry = TrailEntry.objects.get(record=activity)
        rebuilt = trail.build_entry(
            activity, "activity.logged", by=leader, at=entry.at, changes=json.loads(entry.changes), request_id=""
        )
        assert entry.hash == rebuilt.hash
        assert activity.clause_links.get().counts
    next_one = record_service.next_reference("WALK", Site.objects.get(), at=datetime(2026, 11, 22, 12, tzinfo=UTC))
    assert not Activity.objects.filter(reference=next_one).exists()
    assert User.objects.count() == 1


@pytest.mark.django_db
def test_a_second_load_goes_on_where_the_first_ended() -> None:
    yusuf()
    AreaFactory()
    call_command("load_activity_types", verbosity=0)
    MappingFactory(subtype="")
    demo_bulk.load(7, today=TODAY)
    first = list(Activity.objects.order_by("pk").values_list("uid", "reference", "occurred_on"))
    demo_bulk.load(3, today=TODAY)
    assert list(Activity.objects.order_by("pk").values_list("uid", "reference", "occurred_on")[:7]) == first
    assert [index for index in range(12) if Activity.objects.filter(uid=demo_bulk._uid(index)).exists()] == [*range(10)]
    assert TrailEntry.objects.filter(record__isnull=False).count() == 10
    days = list(Activity.objects.order_by("pk").values_list("occurred_on", flat=True))
    assert days[:7] == sorted(days[:7])
    assert max(days) < TODAY
    assert verify().is_intact


@pytest.mark.django_db
def test_the_demo_improves_believably(monkeypatch: pytest.MonkeyPatch) -> None:
    from leadership.models import ResourceRequest
    from leadership.services.resource_request_figures import overdue_arrivals
    from objectives.models import Benefit, ImprovementAction, Promise
    from objectives.services import benefit

    monkeypatch.setattr(demo, "events", lambda _today, _zone: demo_story.events(TODAY, ZONE)[:60])
    call_command("load_activity_types", verbosity=0)
    demo.load(today=TODAY, at=datetime(2026, 11, 22, 12, tzinfo=UTC))
    actions = ImprovementAction.objects.all()
    assert set(actions.values_list("status", flat=True)) == set(ImprovementAction.Status.values)
    assert Benefit.objects.filter(confirmed_at__isnull=False, signature__isnull=False).count() == 3
    assert actions.filter(result="failed").exclude(learning="").count() == 1
    assert actions.filter(copied_from__isnull=False).count() == 3
    assert actions.filter(ticket__isnull=False).count() >= 5
    assert Promise.objects.filter(answer="lapsed").exists()
    savings = benefit.confirmed_savings(Site.objects.all(), date(2026, 1, 1), TODAY)
    assert savings.total > 20_000
    requests = ResourceRequest.objects.order_by("asked_on")
    assert set(requests.values_list("status", flat=True)) == {
        "requested", "provided", "partly", "declined", "closed", "withdrawn",
    }  # fmt: skip
    assert [request.reference for request in overdue_arrivals(TODAY)] == [
        requests.get(budget_line="Tooling line 1").reference
    ]
    assert max((TODAY - request.awaited_on).days for request in requests.waiting()) == 40
    assert verify().is_intact
