"""Scenarios of following records and of choosing how to be told, collected by name."""

from __future__ import annotations

from datetime import time
from typing import Any

from qms.services import reminder_preference, watch
from tests.contracts.world import World


def _left(w: World, who: dict[str, Any]) -> Any:
    watch.follow(w.activity, **who)
    return watch.leave(w.activity, **who)


SCENARIOS: dict[str, Any] = {
    "qms.services.watch.follow": lambda w, who: watch.follow(w.activity, **who),
    "qms.services.watch.leave": _left,
    "qms.services.reminder_preference.choose": lambda w, who: reminder_preference.choose(
        w.person, rhythm="daily", weekday=1, at_time=time(6), unsubscribed=["news"], **who
    ),
}
