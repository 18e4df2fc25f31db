"""Scenarios of the services of the calendar feed, collected by name."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from leadership.services import calendar_feed


@transaction.atomic
def _revoked(w: Any, who: dict[str, Any]) -> Any:
    calendar_feed.make(w.leader, **who)
    return calendar_feed.revoke(w.leader, **who)


SCENARIOS: dict[str, Any] = {
    "leadership.services.calendar_feed.make": lambda w, who: calendar_feed.make(w.leader, **who),
    "leadership.services.calendar_feed.revoke": _revoked,
}
