"""Reminders of 100,000 due records to 2,000 people, from planning to the last letter. Prints JSON.

Writes for good: the database it runs on is a copy made for it. The letters are composed and rendered in full, by as
many senders as a worker has processes, and handed to a mail back end that writes them out and forgets them.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import sys
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from resource import RUSAGE_CHILDREN, RUSAGE_SELF, getrusage
from statistics import median
from time import perf_counter

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "qms.settings")
django.setup()

from django.conf import settings  # noqa: E402  after setup
from django.core.mail import EmailMessage  # noqa: E402
from django.core.mail.backends.base import BaseEmailBackend  # noqa: E402
from django.db import connection  # noqa: E402

from qms.models import OutboxMessage, Person, Record, Reminder, Site  # noqa: E402
from qms.models.person import searchable  # noqa: E402
from qms.services import outbox, reminder, reminder_plan, reminder_rule  # noqa: E402

PEOPLE, RECORDS, BATCH, LOOKS, SENDERS = 2_000, 100_000, 10_000, 7, 2
NOW = datetime.now(UTC)
AT = datetime.combine(NOW.date() + timedelta(days=7 - NOW.weekday()), time(15), tzinfo=UTC)
"""A Monday to come: the rules of the bench's database have been in force since it was made."""
AFTER = AT + timedelta(days=7)
"""By then every weekly digest of the first moment's reminders has come."""


class Forgetting(BaseEmailBackend):
    """A mail server that takes everything and keeps nothing."""

    def send_messages(self, messages: list[EmailMessage]) -> int:
        return sum(bool(message.message().as_bytes()) for message in messages)


class Clock:
    """Seconds of the wall, and of the processor in this process and those it has started, since it was made."""

    def __init__(self) -> None:
        self.wall, self.cpu = perf_counter(), self._cpu()

    def _cpu(self) -> float:
        used = [getrusage(who) for who in (RUSAGE_SELF, RUSAGE_CHILDREN)]
        return sum(one.ru_utime + one.ru_stime for one in used)

    @property
    def read(self) -> tuple[float, float]:
        return perf_counter() - self.wall, self._cpu() - self.cpu


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


def deliver() -> None:
    """Send everything that waits, as a worker with as many processes does that was woken for it."""
    connection.close()
    senders = [multiprocessing.get_context("fork").Process(target=_send) for _n in range(SENDERS)]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join()


def _send() -> None:
    outbox.deliver_waiting(clock=lambda: AFTER, until=AFTER + timedelta(hours=1))


def main() -> dict[str, float]:
    """Everything that is measured."""
    import qms.urls  # noqa: F401  a worker has loaded it by then

    settings.EMAIL_BACKEND, settings.DEBUG = "tests.bench.reminder.Forgetting", False
    settings.CELERY_BROKER_URL = "memory://"
    found: dict[str, float] = {}
    reminder_rule.load_default_rules(by=None, at=AT)
    for at in (AT, AFTER):  # what the copied database has to tell by itself
        reminder_plan.plan(at=at)
        reminder.gather(at=at)
    _send()
    fill(PEOPLE, RECORDS)
    analyze()
    steps: list[tuple[str, Callable[[], object]]] = [
        ("plan", lambda: reminder_plan.plan(at=AT)), ("gather", lambda: reminder.gather(at=AFTER)),
        ("deliver", deliver),
    ]  # fmt: skip
    for name, step in steps:
        clock = Clock()
        step()
        found[f"{name} s"], found[f"{name} CPU s"] = clock.read
        analyze()
        sys.stderr.write(f"{found}\n")
    planned = Reminder.objects.filter(person__email__endswith="@bench.example", status="sent").count()
    digests = OutboxMessage.objects.filter(person__email__endswith="@bench.example", status="sent").count()
    if (planned, digests) != (RECORDS, PEOPLE):
        raise SystemExit(f"{planned} told and {digests} digests sent, not {RECORDS} and {PEOPLE}.")
    analyze()
    reminder_plan.plan(at=AFTER)
    found["idle ms with 100,000 overdue"] = median(look(AFTER) for _n in range(LOOKS))
    found["seconds"] = found["plan s"] + found["gather s"] + found["deliver s"]
    return found


def analyze() -> None:
    """What the database does by itself within a minute: look at what has been written."""
    if connection.vendor == "postgresql":
        connection.cursor().execute("ANALYZE qms_record, qms_person, qms_reminder, qms_outboxmessage")


if __name__ == "__main__":
    sys.stdout.write(json.dumps(main()) + "\n")
