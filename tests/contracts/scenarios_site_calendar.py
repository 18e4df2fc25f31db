"""Scenarios of the services of working days and absences, collected by name."""

from __future__ import annotations

from datetime import date, time
from typing import Any

from qms.services import absence as absence_service
from qms.services import site_calendar
from tests.contracts.world_site_calendar import absence, closure, shift

DAYS: dict[str, Any] = {"starts_on": date(2027, 5, 1), "ends_on": date(2027, 5, 3)}

SCENARIOS: dict[str, Any] = {
    "qms.services.site_calendar.set_weekdays": lambda w, who: site_calendar.set_weekdays(
        w.site, weekdays=[1, 2, 3, 4, 5, 6], **who
    ),
    "qms.services.site_calendar.add_closure": lambda w, who: site_calendar.add_closure(
        w.site, **DAYS, reason="Shutdown", **who
    ),
    "qms.services.site_calendar.withdraw_closure": lambda w, who: site_calendar.withdraw_closure(closure(w), **who),
    "qms.services.site_calendar.add_shift": lambda w, who: site_calendar.add_shift(
        w.site, name="Night", begins=time(22), ends=time(6), **who
    ),
    "qms.services.site_calendar.change_shift": lambda w, who: site_calendar.change_shift(
        shift(w), begins=time(5), ends=time(13), **who
    ),
    "qms.services.absence.enter": lambda w, who: absence_service.enter(w.person, **DAYS, cause="leave", **who),
    "qms.services.absence.approve": lambda w, who: absence_service.approve(absence(w, w.leader), **who),
    "qms.services.absence.withdraw": lambda w, who: absence_service.withdraw(absence(w, w.leader), **who),
}
