"""Samples of the addresses of working days and absences, collected by name."""

from __future__ import annotations

from datetime import date, time
from typing import TYPE_CHECKING, Any

from qms.models import Absence, Closure, Shift, User
from qms.services import absence as absence_service
from qms.services import site_calendar

if TYPE_CHECKING:
    from tests.contracts.world import World


def closure(w: World) -> Closure:
    """New Year's Day at the site."""
    found = Closure.objects.filter(site=w.site, withdrawn_at=None).first()
    day = date(2027, 1, 1)
    return found or site_calendar.add_closure(
        w.site, starts_on=day, ends_on=day, reason="New Year’s Day", by=w.leader, at=w.now
    )


def shift(w: World) -> Shift:
    """The early shift of the site."""
    found = Shift.objects.filter(site=w.site).first()
    return found or site_calendar.add_shift(
        w.site, name="A", begins=time(6), ends=time(14), by=w.leader, at=w.now
    )  # fmt: skip


def absence(w: World, of: User) -> Absence:
    """A week of leave that the person announced and nobody has approved."""
    found = Absence.objects.filter(person=of.person, approved_at=None).first()
    return found or absence_service.enter(
        of.person, starts_on=date(2027, 2, 1), ends_on=date(2027, 2, 5), cause="leave", by=of, at=w.now
    )


OF_SITE: dict[str, Any] = {
    "qms:site-calendar": lambda w, u: {"pk": w.site.pk},
    "qms:site-weekdays": lambda w, u: {"pk": w.site.pk},
    "qms:closure-new": lambda w, u: {"pk": w.site.pk},
    "qms:shift-new": lambda w, u: {"pk": w.site.pk},
    "qms:closure-withdraw": lambda w, u: {"pk": closure(w).pk},
    "qms:shift-edit": lambda w, u: {"pk": shift(w).pk},
    "qms:absence-list": lambda w, u: {"uid": w.person.uid},
    "qms:absence-new": lambda w, u: {"uid": w.person.uid},
    "qms:absence-move": lambda w, u: {"pk": absence(w, w.leader).pk, "verb": "approve"},
}
RULES_BEYOND_THE_PERMISSION = {
    "qms:absence-list": "the person, a leader above, or who keeps people",
    "qms:absence-new": "the same",
    "qms:absence-move": "a leader above, or who keeps people; nobody approves his or her own",
}
