"""Opening and sealing a record: its number, its version, and what is frozen of rows that were just written."""

import json
import uuid
from datetime import UTC, datetime

import pytest

from leadership.models import Activity
from leadership.services import activity as activity_service
from qms.models import Record, Site, User
from qms.services import record as record_service
from tests.factories import NOW, ActivityTypeFactory, AreaFactory, SiteFactory, cast_member, logged_activity, yusuf

pytestmark = pytest.mark.django_db


def test_numbers_run_per_prefix_site_and_year() -> None:
    den, lyo = SiteFactory(code="DEN"), SiteFactory(code="LYO")
    later = datetime(2027, 3, 1, 12, tzinfo=UTC)
    given = [
        record_service.next_reference(prefix, site, at=at)
        for prefix, site, at in (
            ("WALK", den, NOW), ("WALK", den, NOW), ("TALK", den, NOW), ("WALK", lyo, NOW), ("WALK", den, later),
            ("WALK", den, NOW),
        )
    ]  # fmt: skip
    assert given == [
        "WALK-DEN-2026-0001", "WALK-DEN-2026-0002", "TALK-DEN-2026-0001", "WALK-LYO-2026-0001", "WALK-DEN-2027-0001",
        "WALK-DEN-2026-0003",
    ]  # fmt: skip


def test_new_record_says_version_one_in_the_object_the_row_and_what_is_frozen() -> None:
    walk = logged_activity(yusuf())
    assert (walk.version, Record.objects.get(pk=walk.pk).version) == (1, 1)
    assert [version.version for version in walk.versions.all()] == [1]


def test_first_version_freezes_the_same_people_and_stops_as_are_in_the_database() -> None:
    boss, nia = yusuf(), cast_member("Nia Okafor")
    area = AreaFactory()
    stops: list[activity_service.Stop] = [{"area": area, "seen": "A guard was off"}, {"heard": "Gauge 4 drifts"}]
    walk = activity_service.log(
        uid=uuid.uuid4(), activity_type=ActivityTypeFactory(), site=area.site, title="Walked", happened_at=NOW,
        people_met=[(nia.person, ""), (None, "A visitor")], stops=stops, by=boss, at=NOW,
    )  # fmt: skip
    frozen = json.loads(walk.versions.get().content)
    again = Activity.objects.get(pk=walk.pk)
    assert json.loads(record_service.trail.canonical(record_service.full_content(again))) == frozen
    assert [person["name"] for person in frozen["people"]] == ["Yusuf Chen", "Nia Okafor", "A visitor"]
    assert [stop["seen"] or stop["heard"] for stop in frozen["facts"]["stops"]] == ["A guard was off", "Gauge 4 drifts"]


def test_sealed_record_reads_its_rows_from_the_database_again() -> None:
    walk = logged_activity(yusuf())
    walk.stops.create(seen="Written by another hand")
    record_service.set_people(walk, "met", [(None, "Somebody")])
    content = record_service.full_content(walk)
    assert [stop["seen"] for stop in content["facts"]["stops"]] == ["Written by another hand"]
    assert "Somebody" in [person["name"] for person in content["people"]]


@pytest.mark.parametrize("has_all_sites", [False, True])
def test_sites_read_with_the_user_are_those_the_database_gives(has_all_sites: bool) -> None:
    user, other = yusuf(), SiteFactory(code="LYO", name="Lyon")
    User.objects.filter(pk=user.pk).update(has_all_sites=has_all_sites)
    own = list(user.sites.all())
    for given in (own, [other], [*own, other], []):
        user.sites.set(given)
        read = User.objects.get(pk=user.pk)
        assert read.visible_site_ids == sorted(site.pk for site in given)
        assert set(read.visible_sites) == set(Site.objects.visible_to(read))
        assert User._base_manager.get(pk=user.pk).visible_site_ids == read.visible_site_ids


def test_sites_given_since_are_seen_once_the_user_is_told() -> None:
    user = User.objects.get(pk=yusuf().pk)
    other = SiteFactory(code="LYO", name="Lyon")
    assert other.pk not in user.visible_site_ids
    user.sites.add(other)
    user.forget_sites()
    assert other.pk in user.visible_site_ids
    assert other in user.visible_sites
