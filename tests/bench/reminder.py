"""Reminders of 100,000 due records to 2,000 people, and the look around when there is nothing to do. Prints JSON.

Runs in the database of the bench, inside a transaction that is rolled back: the rows it needs are made and forgotten.
The mails are composed and rendered in full and handed to a mail back end that forgets them.
"""

from __future__ import annotations

import json
import os
import sys
import time
from datetime import UTC, date, datetime, timedelta
from statistics import median

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "qms.settings")
django.setup()

from django.conf import settings  # noqa: E402  after setup
from django.db import connection, transaction  # noqa: E402

from qms.models import OutboxMessage, Person, Record, Reminder, Site  # noqa: E402
from qms.models.person import searchable  # noqa: E402
from qms.services import outbox, reminder, reminder_plan, reminder_rule  # noqa: E402

PEOPLE, RECORDS, BATCH, LOOKS = 2_000, 100_000, 10_000, 7
AT = datetime(2026, 11, 23, 15, tzinfo=UTC)
AFTER = AT + timedelta(days=7)
"""By then every weekly digest of the first moment's reminders has come."""


class Clock:
    """Seconds of the wall and of the processor since it was made."""

    def __init__(self) -> None:
        self.wall, self.cpu = time.perf_counter(), time.process_time()

    @property
    def read(self) -> tuple[float, float]:
        return time.perf_counter() - self.wall, time.process_time() - self.cpu


def fill(people: int, records: int) -> None:
    """A site of its own with that many people, each with an equal share of open improvement actions that are due."""
    site = Site.objects.create(code="RMND", name="Bench of reminders", time_zone="UTC")
    made = Person.objects.bulk_create(
        Person(name=f"Bench {n}", search_name=searchable(f"Bench {n}"), email=f"b{n}@bench.example", site=site)
        for n in range(people)
    )
    for first in range(0, records, BATCH):
        Record.objects.bulk_create(
            Record(
                kind="improvement_action", reference=f"RMND-{n}", site=site, title="Fix the gauge", phase="open",
                owner=made[n % people], occurred_on=date(2026, 11, 1), recorded_at=AT, version=1,
                due_on=AT.date() - timedelta(days=n % 20),
            )
            for n in range(first, min(first + BATCH, records))
        )  # fmt: skip


def look(at: datetime) -> float:
    """Milliseconds of one look around by the task, in which nothing is found."""
    clock = Clock()
    reminder_plan.plan(at=at)
    reminder.gather(at=at)
    return clock.read[0] * 1000


def main() -> dict[str, float]:
    """Everything that is measured."""
    settings.EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"
    found: dict[str, float] = {}
    with transaction.atomic():
        reminder_rule.load_default_rules(by=None, at=AT)
        found["records"] = Record.objects.count()
        reminder_plan.plan(at=AT)  # what the database of the bench has due by itself
        _analyze()
        found["open and due there"] = Reminder.objects.values("record").distinct().count()
        found["idle ms"] = median(look(AT) for _n in range(LOOKS))
        clock = Clock()
        look(AT)
        found["idle CPU ms"] = clock.read[1] * 1000
        found["idle queries ms"] = _in_database()
        fill(PEOPLE, RECORDS)
        _analyze()
        sys.stderr.write(f"{found}\n")
        clock = Clock()
        planned = reminder_plan.plan(at=AT)
        found["plan s"], found["plan CPU s"] = clock.read
        clock = Clock()
        reminder.gather(at=AFTER)
        found["gather s"], found["gather CPU s"] = clock.read
        sys.stderr.write(f"{found}\n")
        clock = Clock()
        outbox.deliver_waiting(clock=lambda: AFTER, until=AFTER + timedelta(hours=1))
        found["deliver s"], found["deliver CPU s"] = clock.read
        sys.stderr.write(f"{found}\n")
        digests = OutboxMessage.objects.filter(person__email__endswith="@bench.example", status="sent").count()
        _analyze()
        found["idle ms with 100,000 overdue"] = median(look(AT) for _n in range(LOOKS))
        if planned < RECORDS or digests != PEOPLE:
            raise SystemExit(f"{planned} planned and {digests} digests sent, not {RECORDS} and {PEOPLE}.")
        found["seconds"] = found["plan s"] + found["gather s"] + found["deliver s"]
        transaction.set_rollback(True)
    return found


def _analyze() -> None:
    """What the database does by itself within a minute: look at what has been written."""
    if connection.vendor == "postgresql":
        connection.cursor().execute("ANALYZE qms_record, qms_person, qms_reminder, qms_outboxmessage")


def _in_database() -> float:
    """Of the last look, milliseconds spent in queries."""
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as queries:
        look(AT)
    return sum(float(query["time"]) for query in queries) * 1000


if __name__ == "__main__":
    sys.stdout.write(json.dumps(main()) + "\n")
