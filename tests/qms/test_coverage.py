"""Coverage: links and sums kept in step, clauses judged with reasons."""

from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from leadership.models import Activity
from qms.models import Clause, ClauseLink, CoverageDay, CoveragePerson, Site, User
from qms.records import kind_of
from qms.services import clause as clause_service
from qms.services import coverage_links
from qms.services import record as record_service
from qms.services.coverage import ClauseCoverage, Status, coverage
from qms.services.coverage_evidence import notice_of
from tests.factories import (
    NOW,
    TODAY,
    ActivityTypeFactory,
    ClauseFactory,
    MappingFactory,
    PersonFactory,
    SiteFactory,
    cast_member,
    hiro,
    logged_activity,
    yusuf,
)

pytestmark = pytest.mark.django_db


def judged(clause: Clause, *sites: Site, on: date = TODAY, user: User | None = None) -> ClauseCoverage:
    rows = coverage(clause.edition, sites or [SiteFactory()], on=on, user=user)
    return next(row for row in rows if row.clause.pk == clause.pk)


def sums() -> tuple[set[tuple[object, ...]], set[tuple[object, ...]]]:
    return (
        set(CoverageDay.objects.exclude(count=0).values_list("mapping_id", "site_id", "day", "month", "count")),
        set(CoveragePerson.objects.exclude(days=0).values_list("mapping_id", "site_id", "person_id", "month", "days")),
    )


def links() -> set[tuple[object, ...]]:
    return set(
        ClauseLink.objects.values_list("record_id", "clause_id", "mapping_id", "person_id", "occurred_on", "counts")
    )


def withdraw(activity: Activity, by: User) -> None:
    current = record_service.lock(activity)
    record_service.move(current, Activity.Status.WITHDRAWN)
    record_service.seal(current, "activity.withdrawn", by=by, at=NOW)


def test_new_record_is_linked_in_few_messages() -> None:
    user = yusuf()
    MappingFactory()
    MappingFactory(clause=ClauseFactory(number="5.3"))
    activity = logged_activity(user)
    ClauseLink.objects.all().delete()
    activity.version = 1
    with CaptureQueriesContext(connection) as queries:
        coverage_links.link(activity)
    assert len(queries) == (2 if connection.vendor == "postgresql" else 3)
    assert ClauseLink.objects.count() == 2


def test_linking_again_changes_nothing() -> None:
    user = yusuf()
    MappingFactory()
    activity = logged_activity(user)
    before = links(), sums()
    coverage_links.link(activity)
    activity.version = 2
    coverage_links.link(activity)
    assert coverage_links.sync(kind_of(activity), activity.pk, activity.pk) == 1
    assert (links(), sums()) == before


def test_specific_mapping_takes_the_record_from_the_general_one() -> None:
    clause = ClauseFactory()
    MappingFactory(clause=clause, subtype="")
    specific = MappingFactory(clause=clause)
    logged_activity(yusuf())
    assert ClauseLink.objects.get().mapping == specific


def test_record_keeps_the_mapping_of_its_event_date() -> None:
    clause, user = ClauseFactory(), yusuf()
    old = MappingFactory(clause=clause, effective_to=TODAY - timedelta(days=10))
    new = MappingFactory(clause=clause, effective_from=TODAY - timedelta(days=10), supersedes=old, min_count=2)
    early, late = logged_activity(user, days_ago=11), logged_activity(user, days_ago=10)
    assert {link.record_id: link.mapping for link in ClauseLink.objects.all()} == {early.pk: old, late.pk: new}
    assert judged(clause).status == Status.CURRENT


def test_withdrawn_record_no_longer_counts_but_its_neighbour_of_the_same_day_does() -> None:
    user = yusuf()
    clause = MappingFactory().clause
    first, second = logged_activity(user), logged_activity(user)
    withdraw(first, user)
    assert (judged(clause).count, judged(clause).people) == (1, 1)
    withdraw(second, user)
    row = judged(clause)
    assert (row.status, row.count, row.people, row.newest_on) == (Status.MISSING, 0, 0, None)


def test_rebuild_gives_the_same_as_one_by_one() -> None:
    user, other = yusuf(), cast_member("Ana Ruiz")
    MappingFactory()
    MappingFactory(subtype="", clause=ClauseFactory(number="5.3"))
    for days_ago in (0, 3, 3, 40, 400):
        logged_activity(user, days_ago=days_ago)
    withdraw(logged_activity(other, days_ago=40), other)
    before = links(), sums()
    coverage_links.rebuild()
    assert (links(), sums()) == before
    coverage_links.rebuild(site=SiteFactory().pk)
    assert (links(), sums()) == before


def test_moved_event_date_moves_the_sums() -> None:
    user = yusuf()
    MappingFactory()
    activity = record_service.lock(logged_activity(user))
    activity.occurred_on = TODAY - timedelta(days=40)
    record_service.seal(activity, "activity.corrected", by=user, at=NOW)
    moved = sums()
    coverage_links.rebuild()
    assert sums() == moved
    assert CoverageDay.objects.exclude(count=0).get().day == activity.occurred_on


@pytest.mark.parametrize(
    ("days_ago", "status"),
    [(0, "current"), (71, "current"), (72, "due_soon"), (89, "due_soon"), (90, "stale"), (500, "stale")],
)
def test_status_follows_the_age_of_the_newest_record(days_ago: int, status: str) -> None:
    clause = MappingFactory(clause=ClauseFactory(max_age_days=90)).clause
    logged_activity(yusuf(), days_ago=days_ago)
    row = judged(clause)
    assert (row.status, row.newest_on) == (status, TODAY - timedelta(days=days_ago))


@pytest.mark.parametrize(("interval", "days"), [(365, 73), (90, 18), (40, 14), (28, 14), (10, 5), (1, 0)])
def test_due_soon_is_a_fifth_at_least_fourteen_days_at_most_half(interval: int, days: int) -> None:
    assert notice_of(interval) == days


def test_too_few_people_make_it_stale_and_the_reason_says_so() -> None:
    clause = MappingFactory(min_count=2, min_people=2).clause
    user = yusuf()
    logged_activity(user)
    logged_activity(user, days_ago=1)
    row = judged(clause)
    assert row.status == Status.STALE
    assert row.reason == "Floor walk: 2 records (2 needed) in 90 days by 1 person (2 needed); newest 20 Nov 2026."
    logged_activity(cast_member("Ana Ruiz"))
    assert judged(clause).status == Status.CURRENT


def test_every_mandatory_rule_must_be_met_but_one_supporting_rule_is_enough() -> None:
    clause, user = ClauseFactory(), yusuf()
    MappingFactory(clause=clause)
    other = MappingFactory(clause=clause, subtype="coaching")
    logged_activity(user)
    assert judged(clause).status == Status.CURRENT
    other.strength = "mandatory"
    other.save()
    assert judged(clause).status == Status.MISSING
    logged_activity(user, activity_type=ActivityTypeFactory(slug="coaching", label="Coaching", prefix="COACH"))
    row = judged(clause)
    assert (row.status, row.mandatory_count, row.supporting_count, row.count) == (Status.CURRENT, 1, 1, 2)


def test_clause_without_mapping_is_missing_and_without_interval_event_driven() -> None:
    row = judged(ClauseFactory(number="6.3"))
    assert (row.status, row.reason) == (Status.MISSING, "No kind of record counts for this clause.")
    assert judged(ClauseFactory(number="8.6", max_age_days=None)).status == Status.EVENT_DRIVEN


def test_parent_is_as_good_as_its_worst_part_and_counts_a_record_once() -> None:
    parent = ClauseFactory(number="5.1", max_age_days=None)
    first = MappingFactory(clause=ClauseFactory(number="5.1.1", parent=parent)).clause
    second = MappingFactory(clause=ClauseFactory(parent=parent)).clause
    logged_activity(yusuf())
    row = judged(parent)
    assert (row.status, row.count, row.people, [i.clause for i in row.items]) == (Status.CURRENT, 1, 1, [first, second])
    ClauseFactory(number="5.1.3", parent=parent)
    assert judged(parent).reason == "2 of 3 parts are current. Missing: 5.1.3."


def test_parts_without_rules_are_judged_with_a_parent_that_has_some() -> None:
    parent = MappingFactory(clause=ClauseFactory(number="9.2")).clause
    part = ClauseFactory(number="9.2.1", parent=parent)
    logged_activity(yusuf())
    assert (judged(parent).status, judged(part).status) == (Status.CURRENT, Status.CURRENT)


def test_excluded_clause_is_not_applicable_and_does_not_pull_its_parent_down() -> None:
    parent = ClauseFactory(number="5.1", max_age_days=None)
    MappingFactory(clause=ClauseFactory(number="5.1.1", parent=parent))
    out = ClauseFactory(number="5.1.2", parent=parent)
    logged_activity(yusuf())
    boss = PersonFactory(name="Ximena Vega", is_top_management=True)
    clause_service.exclude(
        out, SiteFactory(), reason="No customers here", approved_by=boss, effective_from=TODAY, by=hiro(), at=NOW
    )
    assert (judged(out).status, judged(parent).status) == (Status.NOT_APPLICABLE, Status.CURRENT)
    assert judged(out).reason == "Does not apply: No customers here (approved by Ximena Vega, from 20 Nov 2026)."
    assert judged(out, on=TODAY - timedelta(days=1)).status == Status.MISSING


def test_over_several_sites_the_worst_decides_and_is_named() -> None:
    clause = MappingFactory().clause
    logged_activity(yusuf())
    row = judged(clause, SiteFactory(), SiteFactory(code="LYO"))
    assert row.status == Status.MISSING
    assert row.reason == "Lyon plant: Floor walk: nothing recorded yet; needed every 90 days."


def test_coverage_of_an_earlier_day_knows_nothing_later() -> None:
    clause = MappingFactory().clause
    user = yusuf()
    logged_activity(user, days_ago=2)
    logged_activity(user, days_ago=10)
    row = judged(clause, on=TODAY - timedelta(days=5))
    assert (row.count, row.people, row.newest_on) == (1, 1, TODAY - timedelta(days=10))
    assert judged(clause, on=TODAY - timedelta(days=11)).status == Status.MISSING


def test_trend_counts_twelve_months_ending_with_this_one() -> None:
    clause = MappingFactory().clause
    user = yusuf()
    for days_ago in (0, 1, 31, 340, 400):
        logged_activity(user, days_ago=days_ago)
    assert judged(clause).trend == [1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2]


def test_confidential_record_counts_but_is_not_named_to_others() -> None:
    clause = MappingFactory().clause
    activity = logged_activity(hiro(), is_confidential=True)
    row = judged(clause, user=yusuf())
    assert (row.count, row.newest_record, row.newest_is_hidden) == (1, None, True)
    seen = judged(clause, user=User.objects.get(person__name="Hiro Weber"))
    assert (seen.newest_record_id, seen.newest_is_hidden) == (activity.pk, False)


def test_number_of_queries_does_not_follow_clauses_or_records() -> None:
    clause, user = MappingFactory().clause, yusuf()
    logged_activity(user)
    with CaptureQueriesContext(connection) as few:
        judged(clause)
    for n in range(3):
        MappingFactory(clause=ClauseFactory(number=f"6.{n}"))
        logged_activity(user, days_ago=n)
    with CaptureQueriesContext(connection) as many:
        judged(clause)
    assert len(few) == len(many)
