"""Samples of the addresses of the calendar feed, collected by name."""

from __future__ import annotations

from typing import Any

from leadership.services import calendar_feed

OF_ALL: dict[str, Any] = {
    "leadership:calendar-feed": lambda w, u: {"token": calendar_feed.make(w.leader, by=w.leader, at=w.now)[1]},
}
