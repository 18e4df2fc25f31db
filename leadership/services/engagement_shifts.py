"""Which areas saw a leader on which shift: an area counts once for each shift on which people of it work.

A shift is the one of the site's calendar, by the clock on the site's wall; where two overlap, an act is in both.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from typing import Any

from django.db.models import CharField, Exists, F, OuterRef, Q, QuerySet, Value
from django.db.models.functions import TruncMonth, TruncTime
from django.urls import reverse

from leadership.models import Activity, ActivityStop
from leadership.services.engagement import Line, Scope
from qms.models import Area, Person, Shift

Key = tuple[int, str]
"""An area and the name of a shift."""


def shifts_visited(scope: Scope) -> Iterable[tuple[date, Key]]:
    """(month, area and shift) of every leadership act and every stop of one. Two queries."""
    parts = [part for shift in _shifts(scope) for part in _visits(scope, shift)]
    if not parts:
        return
    for month, area, shift in parts[0].union(*parts[1:]):
        yield month, (area, shift)


def shifts_worked(scope: Scope) -> set[Key]:
    """Every area with each shift on which somebody of it works. One query."""
    return set(_worked(scope).order_by().values_list("area_id", "shift").distinct())


def shift_lines(scope: Scope) -> Sequence[Line]:
    """Every area with each of its shifts, and whether somebody came. Three queries."""
    visited = {key for _month, key in shifts_visited(scope)}
    rows = _worked(scope).order_by("area__site__name", "area__name", "shift").values_list(
        "area_id", "shift", "area__name", "area__site__name"
    ).distinct()  # fmt: skip
    address = reverse("leadership:activity-list")
    return [
        Line(f"{name} · {shift}", site, None, f"{address}?area={area}", (area, shift) in visited)
        for area, shift, name, site in rows
    ]


def _shifts(scope: Scope) -> QuerySet[Shift]:
    return Shift.objects.filter(site__in=scope.site_ids, is_active=True).select_related("site").order_by("pk")


def _worked(scope: Scope) -> QuerySet[Person]:
    """People on a shift of the calendar of their area's site."""
    known = Shift.objects.filter(site=OuterRef("area__site"), name=OuterRef("shift"), is_active=True)
    areas = Area.objects.active().filter(site__in=scope.site_ids).order_by().values("pk")
    return Person.objects.filter(Exists(known), deactivated_at=None, area__in=areas)


def _visits(scope: Scope, shift: Shift) -> Iterator[QuerySet[Any, Any]]:
    """Months and areas of the acts, and of the stops of acts, that began within a shift."""
    acts = scope.seen(Activity).filter(occurred_on__range=(scope.first, scope.last), site=shift.site_id).order_by()
    acts = acts.annotate(clock=TruncTime("happened_at", tzinfo=shift.site.zone))
    after, before = Q(clock__gte=shift.begins), Q(clock__lt=shift.ends)
    acts = acts.filter(after | before if shift.is_overnight else after & before)
    name = Value(shift.name, output_field=CharField())
    yield acts.filter(area__isnull=False).values_list(TruncMonth("occurred_on"), F("area_id"), name)
    stops = ActivityStop.objects.filter(activity__in=acts.values("pk"), area__isnull=False).order_by()
    yield stops.values_list(TruncMonth("activity__occurred_on"), F("area_id"), name)
