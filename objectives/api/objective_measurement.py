"""Measurements of an objective, from a machine or another system: read, and sent in."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from ninja import Query, Router, Schema
from pydantic import Field

from objectives.models import Measurement, Objective
from objectives.models.objective import plain_number
from objectives.services.objective_measurement import CannotMeasure, Reading, record_measurements
from qms.api.bearer import Bearer, caller, token_of
from qms.api.errors import READING, WRITING, Refused
from qms.api.record import as_json, refuse_unknown
from qms.models import ApiToken
from qms.permissions import Permission
from qms.services import record_reading
from qms.services.attachment import may_change

router = Router(tags=["Measurements"])
MOST = 500


class ReadingIn(Schema):
    """The value of a day in the objective's unit; ``sample_size`` is the n behind a rate."""

    measured_on: date
    value: Decimal = Field(max_digits=16, decimal_places=4)
    sample_size: int | None = Field(None, ge=1, le=2_147_483_647)
    note: str = Field("", max_length=240, pattern=r"^[^\x00]*$")


class ReadingsIn(Schema):
    """Values of one day or of many; each day once."""

    measurements: Annotated[list[ReadingIn], Field(min_length=1, max_length=MOST)]


class ReadingLine(Schema):
    measured_on: date
    value: str = Field(description="A decimal number, in the objective's unit.")
    sample_size: int | None
    note: str
    recorded_at: datetime


class ReadingLines(Schema):
    """The values that hold, newest day first; those a correction replaced are left out."""

    unit: str
    measurements: list[ReadingLine]


class Period(Schema):
    """The newest values of a period; go on with ``until`` the day before the oldest."""

    since: date | None = None
    until: date | None = None
    limit: int = Field(100, ge=1, le=100)


ADDRESS = "/objectives/{uuid:uid}/measurements"


@router.get(
    ADDRESS, auth=Bearer(ApiToken.Scope.READ, Permission.RECORD_VIEW), response=READING | {200: ReadingLines},
    url_name="measurements",
)  # fmt: skip
def measurements(request: HttpRequest, uid: UUID, period: Query[Period]) -> HttpResponse:
    """What was measured for an objective."""
    refuse_unknown(request, Period)
    objective = find(request, uid)
    rows = objective.measurements.filter(replaced_at=None).order_by("-measured_on", "-pk")
    rows = rows.filter(measured_on__gte=period.since) if period.since else rows
    rows = rows.filter(measured_on__lte=period.until) if period.until else rows
    return told(objective, list(rows[: period.limit]))


@router.post(
    ADDRESS, auth=Bearer(ApiToken.Scope.MEASUREMENT, Permission.OBJECTIVE_EDIT), response=WRITING | {200: ReadingLines},
    url_name="measurements",
)  # fmt: skip
def send_measurements(request: HttpRequest, uid: UUID, sent: ReadingsIn) -> HttpResponse:
    """Record values. The same day and value again changes nothing; another value replaces the day's, in the trail."""
    objective, user = find(request, uid), caller(request)
    if not may_change(user, objective):
        raise PermissionDenied(_("Only the owner, who entered it, or the quality manager may measure this objective."))
    readings = [Reading(r.measured_on, r.value, r.sample_size, r.note) for r in sent.measurements]
    try:
        rows = record_measurements(
            objective, readings, source=Measurement.Source.API, by=user, at=timezone.now()
        )  # fmt: skip
    except CannotMeasure as error:
        raise Refused(409, str(error)) from error
    return told(objective, rows)


def find(request: HttpRequest, uid: UUID) -> Objective:
    """The objective, if the token's owner may see it and the token is not for another; Http404 otherwise."""
    found = record_reading.find(uid, user=caller(request))
    if not isinstance(found, Objective) or token_of(request).record_id not in (None, found.pk):
        raise Http404
    return found


def told(objective: Objective, rows: list[Measurement]) -> HttpResponse:
    """The rows as JSON."""
    return as_json({
        "unit": objective.unit,
        "measurements": [
            {
                "measured_on": row.measured_on.isoformat(), "value": plain_number(row.value),
                "sample_size": row.sample_size, "note": row.note, "recorded_at": row.recorded_at.isoformat(),
            }
            for row in rows
        ],
    })  # fmt: skip
