"""Checkpoints, and the walk over everything that finds whatever was changed behind the triggers."""

import io
import json
from collections import Counter
from datetime import timedelta
from hashlib import sha256

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from leadership.models import Activity
from qms import triggers
from qms.models import GENESIS, Checkpoint, TrailEntry
from qms.services import record as record_service
from qms.services import trail, trail_check, trail_walk
from tests.factories import NOW, PersonFactory, logged_activity, yusuf

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(hours=1)


def test_checkpoint_hash_is_made_as_documented() -> None:
    logged_activity(yusuf())
    logged_activity(TrailEntry.objects.get().record.recorded_by)
    hashes = list(TrailEntry.objects.order_by("pk").values_list("hash", flat=True))
    newest = TrailEntry.objects.order_by("-pk").first()

    made = trail_check.checkpoint(at=NOW)

    head = json.dumps([1, "2026-11-20T15:30:00.000000+00:00", newest.pk, 2], separators=(",", ":"))
    assert made.hash == sha256((GENESIS + head + "".join(hashes)).encode()).hexdigest()
    assert (made.seq, made.entries, made.last_entry_id, made.previous_hash) == (1, 2, newest.pk, GENESIS)


def test_checkpoint_takes_only_what_is_new_and_chains_on_the_last() -> None:
    user = yusuf()
    logged_activity(user)
    first = trail_check.checkpoint(at=NOW)
    trail.write(user, "user.noted", by=user, at=NOW)

    second = trail_check.checkpoint(at=LATER)

    assert (second.seq, second.entries, second.previous_hash) == (2, 1, first.hash)


def test_checkpoint_with_nothing_new_returns_the_last() -> None:
    logged_activity(yusuf())
    first = trail_check.checkpoint(at=NOW)
    assert trail_check.checkpoint(at=LATER) == first
    assert Checkpoint.objects.count() == 1


def test_checkpoint_of_an_empty_trail_is_made_once() -> None:
    first = trail_check.checkpoint(at=NOW)
    assert (first.seq, first.entries, first.last_entry_id) == (1, 0, 0)
    assert trail_check.checkpoint(at=LATER) == first


# --- tampering behind dropped triggers -------------------------------------------------------------------------------


@pytest.fixture
def story() -> Activity:
    """A record with three versions and a signature, a chain that is no record, another record, and a checkpoint."""
    user = yusuf()
    activity = logged_activity(user)
    for notes in ("Gauge 4 is worn", "Gauge 4 was replaced"):
        activity.notes = notes
        record_service.seal(activity, "activity.corrected", by=user, at=NOW, reason="Said more")
    record_service.sign(activity, meaning="Confirmed", by=user, at=NOW, method="password")
    logged_activity(user, title="Opened the meeting with quality")
    trail.write(user, "user.profile_changed", by=None, at=NOW, changes={"profile": ["employee", "leader"]})
    trail.write(user, "user.noted", by=user, at=NOW, changes={"text": 'a "quoted" \\ line\nand ü'})
    trail_check.checkpoint(at=NOW)
    return activity


def behind_the_triggers(sql: str, *params: object) -> None:
    if connection.vendor == "postgresql":
        connection.cursor().execute("SET CONSTRAINTS ALL IMMEDIATE")
    triggers.remove(connection)
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        assert cursor.rowcount > 0
    triggers.install(connection)


def found() -> list[str]:
    return [str(problem) for problem in trail_check.verify().problems]


def test_untouched_system_is_intact_and_counted(story: Activity) -> None:
    report = trail_check.verify()
    assert report.problems == []
    assert report.counts == {
        "records": 2, "versions": 4, "signatures": 1, "entries": 7, "chains": 1, "checkpoints": 1,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("at", "2026-11-01 08:00:00+00:00"), ("verb", "activity.logged"), ("changes", "{}"), ("reason", "Forged"),
        ("request_id", "other"), ("by_id", None),
    ],
)  # fmt: skip
def test_changed_field_of_an_entry_is_found(story: Activity, column: str, value: object) -> None:
    behind_the_triggers(f"UPDATE qms_trailentry SET {column} = %s WHERE record_id = %s AND seq = 2", value, story.pk)
    verb = "activity.logged" if column == "verb" else "activity.corrected"
    assert found()[0] == f"{story.reference}, entry 2: “{verb}” was changed: what it says does not give its hash"


def test_rewritten_entry_with_a_fitting_hash_breaks_the_next_link(story: Activity) -> None:
    entry = TrailEntry.objects.get(record=story, seq=2)
    forged = trail.entry_hash(
        entry.previous_hash, entry.chain, 2, trail.moment(entry.at), str(entry.by_id), entry.verb, entry.changes,
        "Forged", entry.request_id,
    )  # fmt: skip
    behind_the_triggers("UPDATE qms_trailentry SET reason = 'Forged', hash = %s WHERE id = %s", forged, entry.pk)
    assert found() == [
        f"{story.reference}, entry 3: “activity.corrected” does not follow from entry 2: the hash it names is another",
        "checkpoint 1: the entries it sealed, or what it says itself, do not give its hash",
    ]


def test_deleted_entry_in_the_middle_is_found(story: Activity) -> None:
    behind_the_triggers("DELETE FROM qms_trailentry WHERE record_id = %s AND seq = 2", story.pk)
    assert found()[0] == f"{story.reference}, entry 3: “activity.corrected” follows entry 1; missing: 2"


def test_deleted_tail_of_a_record_is_found(story: Activity) -> None:
    behind_the_triggers("DELETE FROM qms_trailentry WHERE record_id = %s AND seq >= 3", story.pk)
    assert found() == [
        f"{story.reference}: version 3 is not in the trail",
        f"{story.reference}: the signature “Confirmed” on version 3 is not in the trail as it stands",
        f"checkpoint 1: it sealed 7 entries, 5 are there (up to id {TrailEntry.objects.order_by('pk').last().pk})",
    ]


def test_deleted_tail_of_another_chain_is_found_by_the_checkpoint(story: Activity) -> None:
    newest = TrailEntry.objects.order_by("pk").last()
    behind_the_triggers("DELETE FROM qms_trailentry WHERE id = %s", newest.pk)
    assert found() == [f"checkpoint 1: it sealed 7 entries, 6 are there (up to id {newest.pk})"]


def test_tail_cut_with_its_checkpoint_is_found_by_the_printed_hash(story: Activity) -> None:
    printed = Checkpoint.objects.get().hash
    newest = TrailEntry.objects.order_by("pk").last()
    behind_the_triggers("DELETE FROM qms_trailentry WHERE id = %s", newest.pk)
    behind_the_triggers("DELETE FROM qms_checkpoint")
    assert trail_check.verify().problems == []
    (problem,) = trail_check.verify(anchors=[printed]).problems
    assert str(problem) == f"checkpoint: no checkpoint has the hash {printed}, which was printed elsewhere"


def test_swapped_entries_are_found(story: Activity) -> None:
    for old, new in ((2, 99), (3, 2), (99, 3)):
        behind_the_triggers("UPDATE qms_trailentry SET seq = %s WHERE record_id = %s AND seq = %s", new, story.pk, old)
    assert found()[0] == (
        f"{story.reference}, entry 2: “activity.corrected” does not follow from entry 1: the hash it names is another"
    )


def test_entry_moved_to_another_record_is_found(story: Activity) -> None:
    other = Activity.objects.exclude(pk=story.pk).get()
    behind_the_triggers("UPDATE qms_trailentry SET record_id = %s WHERE record_id = %s AND seq = 4", other.pk, story.pk)
    assert f"{other.reference}, entry 4: “record.signed” belongs to another chain ({story.trail_key})" in found()


def test_entry_cut_off_from_its_record_is_found(story: Activity) -> None:
    behind_the_triggers("UPDATE qms_trailentry SET record_id = NULL WHERE record_id = %s", story.pk)
    assert found()[0] == f"{story.reference}: its whole chain is missing from the trail"
    assert f"{story.trail_key}, entry 1: “activity.logged” was cut off from its record" in found()


def test_changed_content_of_a_version_is_found(story: Activity) -> None:
    behind_the_triggers(
        "UPDATE qms_recordversion SET content = replace(content, 'worn', 'fine') WHERE record_id = %s AND version = 2",
        story.pk,
    )
    assert found() == [f"{story.reference}: the content of version 2 was changed"]


def test_changed_content_with_a_fitting_hash_is_found(story: Activity) -> None:
    text = story.versions.get(version=2).content.replace("worn", "fine")
    behind_the_triggers(
        "UPDATE qms_recordversion SET content = %s, content_hash = %s WHERE record_id = %s AND version = 2",
        text, trail.digest(text), story.pk,
    )  # fmt: skip
    assert found() == [f"{story.reference}: the content of version 2 is not the one the trail sealed"]


def test_missing_newest_version_is_found(story: Activity) -> None:
    behind_the_triggers("DELETE FROM qms_recordversion WHERE record_id = %s AND version = 3", story.pk)
    assert found() == [
        f"{story.reference}: version 3 is in the trail, but its content is missing",
        f"{story.reference}: the record says version 3, the newest kept is 2",
    ]


def test_record_set_back_to_an_earlier_version_is_found(story: Activity) -> None:
    behind_the_triggers("UPDATE qms_record SET version = 2 WHERE id = %s", story.pk)
    assert found() == [f"{story.reference}: the record says version 2, the newest kept is 3"]


@pytest.mark.parametrize("column", ["record_id", "version"])
def test_moved_signature_is_found(story: Activity, column: str) -> None:
    other = Activity.objects.exclude(pk=story.pk).get()
    target = other if column == "record_id" else story
    value, version = (other.pk, 3) if column == "record_id" else (2, 2)
    behind_the_triggers(f"UPDATE qms_signature SET {column} = %s", value)
    assert f"{target.reference}: the signature “Confirmed” is not bound to the content of version {version}" in found()
    assert f"{story.reference}: the signature “Confirmed” on version 3 is missing" in found()


def test_signature_under_another_name_is_found(story: Activity) -> None:
    behind_the_triggers("UPDATE qms_signature SET signer_id = %s", PersonFactory().pk)
    assert f"{story.reference}: the signature “Confirmed” on version 3 is not in the trail as it stands" in found()


def test_deleted_signature_is_found(story: Activity) -> None:
    behind_the_triggers("DELETE FROM qms_signature")
    assert found() == [f"{story.reference}: the signature “Confirmed” on version 3 is missing"]


def test_trail_of_a_record_whose_row_is_gone_is_found(story: Activity) -> None:
    counts: Counter[str] = Counter()
    rows = [(99, story.trail_key, 1, NOW, None, "activity.logged", "{}", "", "", GENESIS, "x" * 64)]
    records = trail_walk._Records()
    assert list(trail_walk._follow(rows, records, counts)) == []
    (problem,) = trail_walk._agree(records[99])
    assert str(problem) == ("record with id 99: its row is missing, but versions, signatures or trail of it are there")


def test_changed_checkpoint_and_gap_between_checkpoints_are_found(story: Activity) -> None:
    user = story.recorded_by
    for hour in (1, 2):
        trail.write(user, "user.noted", by=user, at=NOW)
        trail_check.checkpoint(at=NOW + timedelta(hours=hour))
    behind_the_triggers("UPDATE qms_checkpoint SET at = %s WHERE seq = 1", LATER)
    assert found() == ["checkpoint 1: the entries it sealed, or what it says itself, do not give its hash"]
    behind_the_triggers("UPDATE qms_checkpoint SET at = %s WHERE seq = 1", NOW)
    behind_the_triggers("DELETE FROM qms_checkpoint WHERE seq = 2")
    assert found()[0] == "checkpoint 3: it follows checkpoint 1; those between are missing"


def test_dropped_trigger_is_named(story: Activity) -> None:
    triggers.remove(connection)
    assert found()[0] == "database: the trigger qms_trailentry_refuse_update is missing or off"


@given(text=st.text(), reason=st.text(), request=st.text(max_size=40))
def test_fast_hash_is_the_documented_one(text: str, reason: str, request: str) -> None:
    parts = ("c:1", 7, "2026-11-20T15:30:00.000000+00:00", "", "a.b")
    changes = trail.canonical({"x": text})
    row = (None, "c:1", 7, None, None, "a.b", changes, reason, request, GENESIS, "")
    try:
        slow = trail.entry_hash(GENESIS, *parts, changes, reason, request)
    except UnicodeEncodeError:  # lone surrogates: no database stores them
        return
    assert trail_walk.rehash(row, parts[2], "") == slow


def test_command_prints_counts_and_rate(story: Activity) -> None:
    out = io.StringIO()
    call_command("verify_trail", stdout=out)
    first, second = out.getvalue().splitlines()
    assert first.startswith("Checked 1 chains, 1 checkpoints, 7 entries, 2 records, 1 signatures, 4 versions in ")
    assert first.endswith("entries/s).")
    assert second == "Nothing was altered."


def test_command_fails_with_the_first_broken_link(story: Activity) -> None:
    behind_the_triggers("UPDATE qms_trailentry SET reason = 'Forged' WHERE record_id = %s AND seq = 2", story.pk)
    with pytest.raises(CommandError, match=f"^First broken link: {story.reference}, entry 2: “activity.corrected”"):
        call_command("verify_trail", stdout=io.StringIO(), stderr=io.StringIO())
