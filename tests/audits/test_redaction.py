"""Packs made before and after somebody was redacted: both verify, and only the later one is without the name."""

from __future__ import annotations

import json
from datetime import datetime, timedelta

import pytest
from django.db import connection

from audits.models import Pack
from audits.services import manifest, verify_issued
from audits.services.verify import Report, check
from audits.services.verify_pdf import embedded_files
from leadership.models import Activity
from qms import triggers
from qms.models import Clause, Person, RecordPerson, User
from qms.services import person as person_service
from qms.services import record as record_service
from qms.services import redaction, trail, trail_check
from tests.audits import packs
from tests.factories import NOW, PersonFactory, logged_activity, yusuf

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(hours=2)


@pytest.fixture
def activity() -> Activity:
    """A walk on which Paula was met, and which says so."""
    packs.clauses()
    user = yusuf()
    activity = logged_activity(user, title="Walked line 3 with Paula Sato")
    record_service.set_people(activity, RecordPerson.Part.MET, [(PersonFactory(name="Paula Sato"), "")])
    return record_service.seal(activity, "activity.corrected", by=user, at=NOW, reason="Said who was there")


def pack_of(user: User, at: datetime, names: str) -> bytes:
    pack = packs.built(user, [Clause.objects.get(number="5.1")], at, names=names)
    with pack.file.open() as file:
        return bytes(file.read())


def redact() -> None:
    paula = person_service.deactivate(Person.objects.get(name="Paula Sato"), by=None, at=LATER)
    redaction.redact(paula, by=yusuf_again(), at=LATER, reason="Asked to be forgotten")


def yusuf_again() -> User:
    return User.objects.get(person__name="Yusuf Chen")


def judged(file: bytes) -> Report:
    report = check(file)
    assert report.altered == []
    assert verify_issued.of_report(report).altered == []
    return report


def words_of_records(report: Report) -> str:
    (answer,) = [check.words for check in report.checks if check.key == "records"]
    return answer


@pytest.mark.parametrize("names", Pack.Names.values)
def test_packs_of_both_times_verify(activity: Activity, names: str) -> None:
    user = yusuf_again()
    first = pack_of(user, NOW, names)
    assert "1 record" in words_of_records(judged(first))
    redact()
    judged(first)
    second = pack_of(user, LATER, names)
    report = judged(second)
    assert "redacted" in words_of_records(report)
    inside, _broken = embedded_files(second)
    assert b"Paula Sato" not in b"".join(inside.values())
    record = json.loads(inside[manifest.RECORDS])[str(activity.uid)]
    assert record["content"] is None
    assert "[redacted " in record["redacted_content"]
    assert record["content_hash"] == activity.versions.latest("version").content_hash
    acts = [
        e for e in json.loads(inside[manifest.TRAIL])[str(activity.uid)]["entries"] if e["verb"] == "trail.redacted"
    ]
    steps = json.loads(acts[0]["changes"])["texts"]
    if names == Pack.Names.FULL:  # in the other mode the text that stands there was shortened besides
        assert ["version", 2, record["content_hash"], trail.digest(record["redacted_content"])] in steps
    assert trail_check.verify().problems == []


def test_redacted_text_altered_after_issue_is_still_named(activity: Activity) -> None:
    file = pack_of(yusuf_again(), NOW, Pack.Names.FULL)
    redact()
    if connection.vendor == "postgresql":
        connection.cursor().execute("SET CONSTRAINTS ALL IMMEDIATE")
    triggers.remove(connection)
    connection.cursor().execute(
        f"UPDATE qms_recordversion SET content = content || ' ' WHERE record_id = {activity.pk}"
    )
    triggers.install(connection)
    assert verify_issued.of_report(check(file)).altered == [
        f"{activity.reference}: this system's own copy no longer agrees with what it issued."
    ]
