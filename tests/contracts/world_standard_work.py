"""Samples of the addresses of standard work, collected by name."""

from __future__ import annotations

import io
import uuid
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from leadership.models import Occurrence, Routine
from leadership.services import occurrence, routine, routine_import
from qms.models import Job, User
from tests.factories import ActivityTypeFactory

if TYPE_CHECKING:
    from tests.contracts.world import World


def daily(w: World, leader: User) -> Routine:
    """A walk on every day the site works that the leader has agreed to, begun a fortnight ago."""
    return routine.propose(
        uid=uuid.uuid4(), owner=leader.person, site=w.site, activity_type=ActivityTypeFactory(), rule="FREQ=DAILY",
        starts_on=w.now.date() - timedelta(days=14), by=leader, at=w.now - timedelta(days=14),
    )  # fmt: skip


def agreed(w: World) -> Routine:
    """The leader's own routine."""
    found = Routine.objects.filter(owner=w.leader.person, status="agreed").first()
    return found or daily(w, w.leader)


def proposed(w: World) -> Routine:
    """One that the quality manager proposes to the leader."""
    found = Routine.objects.filter(status="proposed").first()
    return found or routine.propose(
        uid=uuid.uuid4(), owner=w.leader.person, site=w.site, activity_type=ActivityTypeFactory(),
        rule="FREQ=WEEKLY;BYDAY=FR", starts_on=w.now.date(), by=w.users["quality_manager"], at=w.now,
    )  # fmt: skip


def coming(w: World, leader: User | None = None) -> Occurrence:
    """A planned time of the leader's that lies ahead."""
    rows = Occurrence.objects.filter(status="planned", closes_at__gt=w.now, leader=(leader or w.leader).person)
    if not rows.exists():
        daily(w, leader or w.leader)
    return rows.order_by("closes_at", "pk")[0]


def missed(w: World) -> Occurrence:
    """A planned time of the leader's that was missed, and nobody has said why."""
    agreed(w)
    occurrence.judge(at=w.now)
    return Occurrence.objects.filter(status="missed", explained_at=None, leader=w.leader.person).order_by("pk")[0]


ROUTINE = lambda w, u: {"pk": agreed(w).pk}  # noqa: E731  a table reads best in lines
ONE_OF: dict[str, Any] = {"routine": lambda w: daily(w, w.leader)}
OF_SITE: dict[str, Any] = {
    "leadership:routine-detail": ROUTINE,
    "leadership:routine-print": ROUTINE,
    "leadership:routine-edit": ROUTINE,
    "leadership:routine-move": lambda w, u: {"pk": agreed(w).pk, "verb": "end"},
    "leadership:occurrence-explain": lambda w, u: {"uid": missed(w).uid},
    "leadership:occurrence-replan": lambda w, u: {"uid": coming(w).uid},
    "leadership:occurrence-count": lambda w, u: {"uid": coming(w).uid},
    "leadership:adherence-person": lambda w, u: {"uid": w.leader.person.uid},
}
RULES_BEYOND_THE_PERMISSION = {
    "leadership:routine-edit": "its leader, who proposed it, or the quality manager",
    "leadership:routine-move": "the same; only the leader agrees",
    "leadership:occurrence-explain": "its leader, or the quality manager",
    "leadership:occurrence-replan": "the same",
    "leadership:occurrence-count": "the same",
    "leadership:adherence-person": "the leader, the leaders above, and the quality manager",
}


def calendar_upload(w: World, user: User) -> Job:
    """The user's own upload of a calendar with one weekly walk."""
    text = (
        b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\nBEGIN:VEVENT\r\nUID:1\r\nSUMMARY:Walk\r\nDTSTART:20260109T100000\r\n"
        b"RRULE:FREQ=WEEKLY;BYDAY=FR\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
    )
    site = user.person.site or w.site
    return routine_import.keep(site, io.BytesIO(text), name="a.ics", leader=user.person, by=user, at=w.now)


OF_USER: dict[str, Any] = {
    "leadership:routine-import-check": lambda w, u: {"uid": calendar_upload(w, u).uid},
}
