"""One altered row among thousands of intact ones is found, and named as if its record stood alone."""

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection, transaction

from leadership.models import Activity
from leadership.services import demo_bulk
from qms import triggers
from qms.models import TrailEntry, User
from qms.services import record as record_service
from qms.services import trail, trail_check, trail_screen, trail_walk
from tests.factories import NOW, TODAY, AreaFactory, yusuf

pytestmark = pytest.mark.django_db
MANY = 2_200  # more than one piece of the walk


@pytest.fixture
def middle() -> Activity:
    """A record with two versions among many with one."""
    leader = yusuf()
    AreaFactory()
    call_command("load_activity_types", verbosity=0)
    demo_bulk.load(MANY, today=TODAY)
    record = Activity.objects.order_by("pk")[MANY // 2]
    record.notes = "Gauge 4 is worn"
    record_service.seal(record, "activity.corrected", by=leader, at=NOW + timedelta(hours=1), reason="Said more")
    trail_check.checkpoint(at=NOW + timedelta(hours=2))
    if connection.vendor == "postgresql":
        connection.cursor().execute("SET CONSTRAINTS ALL IMMEDIATE")
    return record


def found_after(sql: str, *params: object) -> list[str]:
    """What the check finds when this was done behind the triggers; it is undone again."""
    with transaction.atomic():
        triggers.remove(connection)
        with connection.cursor() as cursor:
            if connection.vendor == "postgresql":  # a superuser can do without foreign keys, too
                cursor.execute("SET LOCAL session_replication_role = replica")
            else:
                cursor.execute("PRAGMA defer_foreign_keys = ON")
            cursor.execute(sql, params)
            assert cursor.rowcount > 0
            if connection.vendor == "postgresql":
                cursor.execute("SET LOCAL session_replication_role = DEFAULT")
        triggers.install(connection)
        report = trail_check.verify()
        transaction.set_rollback(True)
    assert report.counts["records"] + report.counts["entries"] + report.counts["versions"] > 3 * MANY - 3
    return [str(problem) for problem in report.problems]


def test_each_altered_row_in_the_middle_is_found(middle: Activity) -> None:
    name, pk = middle.reference, middle.pk
    entry = f"UPDATE qms_trailentry SET {{}} WHERE record_id = {pk} AND seq = {{}}"
    altered = "was changed: what it says does not give its hash"
    for change in ("at = '2026-11-01 08:00:00+00:00'", "verb = 'activity.\"'", "changes = '{}'", "reason = 'Forged'",
                   "request_id = 'other'", "by_id = NULL"):  # fmt: skip
        verb = 'activity."' if change.startswith("verb") else "activity.logged"
        assert f"{name}, entry 1: “{verb}” {altered}" in found_after(entry.format(change, 1))
    assert (
        found_after(entry.format("seq = 3", 2))[0]
        == f"{name}, entry 3: “activity.corrected” follows entry 1; missing: 2"
    )
    assert found_after(f"DELETE FROM qms_trailentry WHERE record_id = {pk} AND seq = 1")[0] == (
        f"{name}, entry 2: “activity.corrected” follows entry 0; missing: 1"
    )


def test_versions_and_records_that_tell_another_story_are_found(middle: Activity) -> None:
    name, pk = middle.reference, middle.pk
    other = Activity.objects.latest("pk")
    version = f"qms_recordversion WHERE record_id = {pk} AND version = 2"
    assert found_after(
        f"UPDATE qms_recordversion SET content = content || ' ' WHERE record_id = {pk} AND version = 1"
    ) == [f"{name}: the content of version 1 was changed"]
    assert found_after(f"DELETE FROM {version}") == [
        f"{name}: version 2 is in the trail, but its content is missing",
        f"{name}: the record says version 2, the newest kept is 1",
    ]
    assert found_after(f"UPDATE qms_recordversion SET record_id = {other.pk} WHERE record_id = {pk} AND version = 2")[
        -1
    ] == (f"{other.reference}: the record says version 1, the newest kept is 2")
    for number in (1, 3):
        assert found_after(f"UPDATE qms_record SET version = {number} WHERE id = {pk}") == [
            f"{name}: the record says version {number}, the newest kept is 2"
        ]
    assert found_after(f"UPDATE qms_trailentry SET record_id = NULL WHERE record_id = {pk}")[0] == (
        f"{name}: its whole chain is missing from the trail"
    )


def test_wrongs_that_even_out_in_number_are_both_found(middle: Activity) -> None:
    first, last = Activity.objects.order_by("pk")[5], Activity.objects.order_by("-pk")[5]
    assert found_after(f"UPDATE qms_record SET version = 3 - version WHERE id IN ({middle.pk}, {last.pk})") == [
        f"{middle.reference}: the record says version 1, the newest kept is 2",
        f"{last.reference}: the record says version 2, the newest kept is 1",
    ]
    problems = found_after(
        f"UPDATE qms_trailentry SET record_id = CASE record_id WHEN {first.pk} THEN {last.pk} ELSE {middle.pk} END "
        f"WHERE record_id IN ({first.pk}, {last.pk})"
    )
    for record in (first, middle, last):
        assert any(problem.startswith(record.reference) for problem in problems), record.reference


def test_versions_sealed_under_each_others_number_are_found(middle: Activity) -> None:
    """Entries and contents that agree in their order, but not in the number the trail wrote."""
    entry = TrailEntry.objects.get(record=middle, seq=2)
    changes = entry.changes.replace('"version":2}', '"version":7}')
    forged = trail.entry_hash(
        entry.previous_hash, entry.chain, 2, trail.moment(entry.at), str(entry.by_id), entry.verb, changes,
        entry.reason, entry.request_id,
    )  # fmt: skip
    sql = "UPDATE qms_trailentry SET changes = %s, hash = %s WHERE id = %s"
    assert found_after(sql, changes, forged, entry.pk)[:2] == [
        f"{middle.reference}: version 2 is not in the trail",
        f"{middle.reference}: version 7 is in the trail, but its content is missing",
    ]


def test_rows_whose_record_is_gone_are_found(middle: Activity) -> None:
    assert found_after("DELETE FROM qms_record WHERE id = %s", middle.pk) == [
        f"record with id {middle.pk}: its row is missing, but versions, signatures or trail of it are there"
    ]


def test_what_the_screen_names_is_little(middle: Activity, monkeypatch: pytest.MonkeyPatch) -> None:
    """The screen would find everything too if it let nothing pass; then it would be of no use."""
    walked: list[object] = []

    def noted(cursor: Any, span: trail_walk.Span, counts: trail_walk.Counts) -> Iterator[trail_walk.Problem]:
        walked.append(span)
        return trail_walk.walk_piece(cursor, span, counts)

    monkeypatch.setattr(trail_screen, "walk_piece", noted)
    record_service.sign(middle, meaning="Confirmed", by=User.objects.get(), at=NOW, method="password")
    assert trail_check.verify().problems == []
    if connection.vendor == "postgresql":  # SQLite has no screen
        assert walked == [("{id} = ANY(%s)", [[middle.pk]])]


def test_screen_and_walk_count_alike(middle: Activity) -> None:
    walked: Counter[str] = Counter()
    last = Activity.objects.order_by("-pk").values_list("pk", flat=True)[0]
    with trail_walk.snapshot():
        assert list(trail_walk.walk_records(0, last, walked)) == []
    counts = trail_check.verify().counts
    assert {key: counts.get(key, 0) for key in ("records", "versions", "signatures")} == {
        key: walked[key] for key in ("records", "versions", "signatures")
    }
