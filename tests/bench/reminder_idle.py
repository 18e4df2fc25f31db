"""The look around of the engine of reminders when there is nothing to tell, in a database full of records. Prints JSON.

Runs inside a transaction that is rolled back.
"""

from __future__ import annotations

import json
import sys
from statistics import median

from tests.bench.reminder import AT, LOOKS, Clock, analyze, look  # isort: skip  sets Django up

from django.conf import settings
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from qms.models import Record, Reminder
from qms.services import reminder_plan, reminder_rule


def main() -> dict[str, float]:
    """Everything that is measured."""
    settings.DEBUG = False
    found: dict[str, float] = {"records": Record.objects.count()}
    with transaction.atomic():
        reminder_rule.load_default_rules(by=None, at=AT)
        found["first look ms"] = look(AT)
        while reminder_plan.plan(at=AT):  # what the database has to tell
            pass
        analyze()
        found["told of there"] = Reminder.objects.values("record").distinct().count()
        found["idle ms"] = median(look(AT) for _n in range(LOOKS))
        clock = Clock()
        look(AT)
        found["idle CPU ms"] = clock.read[1] * 1000
        with CaptureQueriesContext(connection) as queries:
            look(AT)
        found["idle queries"] = len(queries)
        found["idle queries ms"] = sum(float(query["time"]) for query in queries) * 1000
        transaction.set_rollback(True)
    return found


if __name__ == "__main__":
    sys.stdout.write(json.dumps(main()) + "\n")
