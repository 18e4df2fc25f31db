"""Scenarios of the services of standard work, collected by name."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

from django.db import transaction

from leadership.services import occurrence, routine, routine_import
from tests.contracts.world_standard_work import agreed, calendar_upload, coming, missed, proposed
from tests.factories import ActivityTypeFactory, logged_activity

BUILDING_BLOCKS = {
    "leadership.services.routine_import.keep": "keeps an upload for the preview; applying it writes",
    "leadership.services.occurrence_plan.cancel_from": "part of changing or ending a routine",
    "leadership.services.occurrence.complete": "part of logging an activity",
    "leadership.services.occurrence.follow": "part of correcting or withdrawing an activity",
}


@transaction.atomic
def _attached(w: Any, who: dict[str, Any]) -> Any:
    time = coming(w)
    done = logged_activity(w.leader, at=max(w.now, time.opens_at))
    return occurrence.attach(time, activity=done, **who)


@transaction.atomic
def _replanned(w: Any, who: dict[str, Any]) -> Any:
    time = coming(w)
    others = set(time.routine.occurrences.values_list("planned_on", flat=True))
    time.routine.occurrences.exclude(pk=time.pk).filter(status="planned").update(status="cancelled", note="Made room")
    later = max(others) - timedelta(days=21)
    day = next(later + timedelta(days=n) for n in range(7) if (later + timedelta(days=n)).isoweekday() == 2)
    return occurrence.replan(time, planned_on=day, reason="A customer comes", **who)


@transaction.atomic
def _imported(w: Any, who: dict[str, Any]) -> Any:
    return routine_import.apply(calendar_upload(w, w.leader), chosen={1: ActivityTypeFactory()}, **who)


SCENARIOS: dict[str, Any] = {
    "leadership.services.routine_import.apply": _imported,
    "leadership.services.routine.propose": lambda w, who: routine.propose(
        uid=uuid.uuid4(), owner=w.leader.person, site=w.site, activity_type=ActivityTypeFactory(), rule="FREQ=DAILY",
        starts_on=w.now.date(), **who,
    ),
    "leadership.services.routine.agree": lambda w, who: routine.agree(proposed(w), **(who | {"by": w.leader})),
    "leadership.services.routine.change": lambda w, who: routine.change(
        agreed(w), version=agreed(w).version, reason="Weekly is enough", rule="FREQ=WEEKLY;BYDAY=TU", **who
    ),
    "leadership.services.routine.end": lambda w, who: routine.end(agreed(w), reason="Another task now", **who),
    "leadership.services.routine.withdraw": lambda w, who: routine.withdraw(proposed(w), reason="Too often", **who),
    "leadership.services.occurrence.attach": _attached,
    "leadership.services.occurrence.explain": lambda w, who: occurrence.explain(missed(w), cause="customer", **who),
    "leadership.services.occurrence.replan": _replanned,
}  # fmt: skip
