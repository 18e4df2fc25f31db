"""Measurements of an objective: one value a day; a correction replaces it and the old row stays."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from objectives.models import Measurement, Objective
from objectives.models.objective import plain_number
from objectives.services import objective_standing
from qms.models import Phase, User, site_today
from qms.services import record as record_service

PLACES = Decimal("0.0001")
LARGEST = Decimal("1e12")


class CannotMeasure(Exception):
    """The objective is over: nothing is measured for it any more."""


@dataclass(frozen=True)
class Reading:
    """A value of a day, as it comes in; ``sample_size`` is the n behind a rate."""

    measured_on: date
    value: Decimal
    sample_size: int | None = None
    note: str = ""


@transaction.atomic
def record_measurement(
    objective: Objective, *, measured_on: date, value: Decimal, sample_size: int | None = None, note: str = "",
    source: str = Measurement.Source.HAND, by: User | None, at: datetime,
) -> Measurement:  # fmt: skip
    """Record the value of a day, in the objective's unit, rounded to four places.

    Idempotent per day and value: the same again (with the same n, or none) returns the row that stands and writes
    nothing. Another value or n replaces it; the old row stays with ``replaced_at``. The newest measured day becomes an
    approved objective's event date. Side effects: the rows, a version, a trail entry with old and new, clause links,
    the standing. Raises CannotMeasure, ValidationError by field (a day in the future, no
    number).
    """
    reading = Reading(measured_on, value, sample_size, note)
    rows = _record(objective, [reading], source=source, by=by, at=at)
    return rows[0]


@transaction.atomic
def record_measurements(
    objective: Objective, readings: Sequence[Reading], *, source: str = Measurement.Source.SHEET, by: User | None,
    at: datetime,
) -> list[Measurement]:  # fmt: skip
    """The same for many days at once, with one trail entry that names every value. A day must not come twice.

    Returns the current row of every reading, in their order. Raises as ``record_measurement``.
    """
    if len({reading.measured_on for reading in readings}) < len(readings):
        raise ValidationError({"measured_on": _("The same day comes twice.")})
    return _record(objective, readings, source=source, by=by, at=at)


def _record(
    objective: Objective, readings: Sequence[Reading], *, source: str, by: User | None, at: datetime
) -> list[Measurement]:
    current = record_service.lock(objective)
    if current.phase not in (Phase.DRAFT, Phase.OPEN):
        raise CannotMeasure(_("This objective is over. Reopen it before you measure on."))
    clean = [_clean(reading, today=site_today(current.site, at)) for reading in readings]
    days = [reading.measured_on for reading in clean]
    standing = {row.measured_on: row for row in current.measurements.filter(replaced_at=None, measured_on__in=days)}
    new = [r for r in clean if not is_same(standing.get(r.measured_on), r)]
    replaced = [standing[reading.measured_on] for reading in new if reading.measured_on in standing]
    Measurement.objects.filter(pk__in=[row.pk for row in replaced]).update(replaced_at=at)
    made = Measurement.objects.bulk_create([
        Measurement(
            objective=current, measured_on=r.measured_on, value=r.value, sample_size=r.sample_size, note=r.note,
            source=source, recorded_at=at, recorded_by=by,
        )
        for r in new
    ], batch_size=500)  # fmt: skip
    if made:
        if current.approved_on:
            current.occurred_on = max(current.occurred_on, *(row.measured_on for row in made))
        _seal(current, made, replaced, source=source, by=by, at=at)
        objective_standing.refresh(current, at=at)
    rows = standing | {row.measured_on: row for row in made}
    return [rows[day] for day in days]


def is_same(row: Measurement | None, reading: Reading) -> bool:
    """Whether the row already says what the reading says."""
    if row is None or row.value != reading.value:
        return False
    return reading.sample_size in (None, row.sample_size)


def _clean(reading: Reading, *, today: date) -> Reading:
    if reading.measured_on > today:
        raise ValidationError({"measured_on": _("This day is in the future. Measure first, then enter it.")})
    return Reading(reading.measured_on, exact(reading.value), reading.sample_size, reading.note.strip()[:240])


def exact(value: Decimal) -> Decimal:
    """The value to four places, as it is kept. Raises ValidationError for what is no number or too large."""
    try:
        number = Decimal(value)
        if not number.is_finite() or abs(number) >= LARGEST:
            raise InvalidOperation
        return number.quantize(PLACES, rounding=ROUND_HALF_EVEN)
    except (InvalidOperation, TypeError) as error:
        raise ValidationError({"value": _("This is no number that can be kept.")}) from error


def _seal(
    objective: Objective, made: Sequence[Measurement], replaced: Iterable[Measurement], *, source: str,
    by: User | None, at: datetime,
) -> None:  # fmt: skip
    old = {row.measured_on: row for row in replaced}
    if len(made) == 1:
        (row,) = made
        was = old.get(row.measured_on)
        changes: dict[str, object] = {
            "measured_on": row.measured_on.isoformat(), "value": [_words(was), _words(row)], "source": str(source),
        }  # fmt: skip
        verb = "objective.measurement_corrected" if was else "objective.measured"
        record_service.seal(objective, verb, by=by, at=at, facts=changes, reason=row.note)
        return
    ordered = sorted(made, key=lambda row: row.measured_on)
    changes = {
        "measurements": [[r.measured_on.isoformat(), _words(old.get(r.measured_on)), _words(r)] for r in ordered],
        "values": len(ordered), "first_day": ordered[0].measured_on.isoformat(),
        "last_day": ordered[-1].measured_on.isoformat(), "source": str(source),
    }  # fmt: skip
    record_service.seal(objective, "objective.measurements_imported", by=by, at=at, facts=changes)


def _words(row: Measurement | None) -> str:
    if row is None:
        return ""
    return plain_number(row.value) + (f" (n={row.sample_size})" if row.sample_size is not None else "")
