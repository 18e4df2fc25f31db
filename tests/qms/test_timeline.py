"""The trail in words."""

import pytest

from qms.services import record as record_service
from qms.services import timeline, trail
from qms.services.timeline import Change
from tests.factories import NOW, AreaFactory, logged_activity, yusuf

pytestmark = pytest.mark.django_db


def test_timeline_of_a_corrected_record_says_who_what_and_why() -> None:
    user = yusuf()
    activity = logged_activity(user)
    activity.area = AreaFactory(name="Paint shop")
    activity.notes = "Gauge 4 is worn"
    record_service.seal(activity, "activity.corrected", by=user, at=NOW, reason="Wrong area")

    corrected, logged = timeline.timeline_of(activity)

    assert (corrected.by, corrected.label, corrected.reason, corrected.seq) == (
        "Yusuf Chen", "Corrected", "Wrong area", 2,
    )  # fmt: skip
    assert corrected.changes == [
        Change("Area", "", "Paint shop"), Change("Notes", "", "Gauge 4 is worn"),
    ]  # fmt: skip
    assert (logged.label, logged.changes, logged.seq) == ("Logged", [], 1)


def test_timeline_of_something_that_is_no_record() -> None:
    user = yusuf()
    trail.write(user, "user.profile_changed", by=None, at=NOW, changes={"profile": ["leader", "employee"]})
    (entry,) = timeline.timeline_of(user)
    assert (entry.by, entry.label, entry.changes) == ("", "Profile changed", [Change("Profile", "leader", "employee")])


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("2026-11-22", "22 Nov 2026"),
        ("2026-11-22T14:05-07:00", "22 Nov 2026, 14:05"),
        ("2026-99-99", "2026-99-99"),
        (True, "Yes"),
        (0, "0"),
        (None, ""),
        ([{"uid": "x", "name": "Paula Sato", "part": "met"}, {"name": "Hiro Weber"}], "Paula Sato, Hiro Weber"),
        ([{"area": "Line 3", "seen": "Clean", "heard": ""}], "area: Line 3; seen: Clean"),
    ],
)
def test_value_in_words(value: object, words: str) -> None:
    assert timeline.value_words(value) == words


def test_status_and_phase_are_shown_by_their_words() -> None:
    user = yusuf()
    activity = logged_activity(user)
    record_service.move(activity, "withdrawn")
    activity.withdrawn_reason = "Logged twice"
    record_service.seal(activity, "activity.withdrawn", by=user, at=NOW, reason="Logged twice")
    changes = timeline.timeline_of(activity)[0].changes
    assert Change("Phase", "Closed", "Withdrawn") in changes
    assert Change("Status", "Logged", "Withdrawn") in changes


def test_of_a_list_of_long_things_only_what_differs_is_shown() -> None:
    spanish, german = {"language": "es", "text": "Piezas"}, {"language": "de", "text": "Teile"}
    (added,) = timeline.changes_of({"fields": {"translations": [[spanish], [spanish, german]]}})
    assert (added.before, added.after) == ("", "language: de; text: Teile")
    (moved,) = timeline.changes_of({"fields": {"translations": [[spanish, german], [german, spanish]]}})
    assert moved.before.startswith("language: es")
    (people,) = timeline.changes_of({"fields": {"people": [[{"name": "Ana"}], [{"name": "Ana"}, {"name": "Ben"}]]}})
    assert (people.before, people.after) == ("Ana", "Ana, Ben")
