"""Resource requests in figures: how long they wait, how they were decided, which acceptances run out.

Definitions, as the register and the measures of engagement print them:

* Waiting: the days from the day the decision is awaited from (sent, or come back) to today, a question in between or
  not. The same for a decision made: to the day it was made.
* A decision counts once, on the day it was made; a request that came back and is decided anew counts again.
* In time: decided within the days that the organization has set (``request_answer_days``); no requirement.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import cast

from django.db.models import Count, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from leadership.models import Decision, ResourceDecision, ResourceRequest
from leadership.models.resource_request import ResourceRequestQuerySet
from qms.models import Organization, Site, User

EXPIRING_DAYS = 60
PERIOD_DAYS = 365
SHOWN = 5


@dataclass(frozen=True)
class Band:
    """A span of days waited, both ends included; ``longest`` None: and more."""

    name: str
    label: str | Promise
    shortest: int
    longest: int | None

    def days(self, today: date) -> dict[str, date]:
        """The band as a filter on ``awaited_on``."""
        found = {"awaited_on__lte": today - timedelta(days=self.shortest)} if self.shortest else {}
        if self.longest is not None:
            found["awaited_on__gte"] = today - timedelta(days=self.longest)
        return found


BANDS = (
    Band("week", _("up to 7 days"), 0, 7),
    Band("fortnight", _("8 to 14 days"), 8, 14),
    Band("month", _("15 to 30 days"), 15, 30),
    Band("longer", _("more than 30 days"), 31, None),
)


@dataclass(frozen=True)
class ResourceFigures:
    """Decisions of a period: ``n`` of them, in which way, after how many days, how many of them in time."""

    provided: int
    partly: int
    declined: int
    median_days: float | None
    in_time: int
    within_days: int

    @property
    def n(self) -> int:
        """How many decisions."""
        return self.provided + self.partly + self.declined


@dataclass(frozen=True)
class Register:
    """What stands above the list: who waits how long, what was decided, which acceptances run out next."""

    waiting: int
    longest_days: int
    bands: list[tuple[Band, int]]
    figures: ResourceFigures
    expiring: list[ResourceRequest]


def figures(
    sites: Iterable[Site], from_on: date, to_on: date, *, requests: QuerySet[ResourceRequest] | None = None
) -> ResourceFigures:
    """Decisions made at the sites from ``from_on`` to ``to_on``, both included; ``requests`` narrows them. One query.

    The median is of the days waited; None without a decision.
    """
    rows = ResourceDecision.objects.filter(
        decided_on__range=(from_on, to_on), request__site__in=[site.pk for site in sites]
    )
    if requests is not None:
        rows = rows.filter(request__in=requests.order_by().values("pk"))
    counts = list(rows.values_list("choice", "days").annotate(n=Count("pk"), within=in_time_days()).order_by("days"))
    by_choice = {choice: sum(n for other, _days, n, _within in counts if other == choice) for choice in Decision.values}
    waited = [(days, n) for _choice, days, n, _within in counts]
    within = counts[0][3] if counts else Organization.current().request_answer_days
    in_time = sum(n for days, n in waited if days <= within)
    return ResourceFigures(
        by_choice[Decision.PROVIDED], by_choice[Decision.PARTLY], by_choice[Decision.DECLINED], _median(waited),
        in_time, within,
    )  # fmt: skip


def in_time_days() -> Coalesce:
    """Within how many days a decision is in time, as the organization has set it, inside a query."""
    chosen = Organization.objects.order_by("pk").values("request_answer_days")[:1]
    return Coalesce(Subquery(chosen), Value(Organization.unnamed().request_answer_days))


def register(user: User, *, today: date) -> Register:
    """What the user may see of it, over all of the user's sites, decisions of the last PERIOD_DAYS. Three queries."""
    seen = cast(ResourceRequestQuerySet, ResourceRequest.objects.visible_to(user))
    waits = [
        (today - day).days
        for day in awaiting_decision(seen).values_list("awaited_on", flat=True)
        if day is not None
    ]  # fmt: skip
    bands = [(band, sum(_is_in(band, days) for days in waits)) for band in BANDS]
    made = figures(user.visible_sites, today - timedelta(days=PERIOD_DAYS), today, requests=seen)
    return Register(len(waits), max(waits, default=0), bands, made, list(expiring(seen, today=today)[:SHOWN]))


def awaiting_decision(requests: ResourceRequestQuerySet | None = None) -> ResourceRequestQuerySet:
    """Every request whose decision is awaited, the longest waiting first: ``decider`` since ``awaited_on``."""
    rows = ResourceRequest.objects.all() if requests is None else requests
    return rows.waiting().select_related("site", "owner", "decider").order_by("awaited_on", "pk")


def overdue_arrivals(today: date, requests: ResourceRequestQuerySet | None = None) -> ResourceRequestQuerySet:
    """What should have been there before today and is not, the longest first: ``decided_by`` since ``arrives_on``."""
    rows = ResourceRequest.objects.all() if requests is None else requests
    late = rows.to_arrive().filter(arrives_on__lt=today).select_related("site", "owner", "decided_by")
    return late.order_by("arrives_on", "pk")


def expiring(
    requests: ResourceRequestQuerySet | None = None, *, today: date, days: int = EXPIRING_DAYS
) -> ResourceRequestQuerySet:
    """Declined and partly provided ones whose acceptance ends within ``days``, the soonest first.

    Then the decision is awaited again, from ``decider``.
    """
    rows = ResourceRequest.objects.all() if requests is None else requests
    soon = rows.borne().filter(acceptance__expires_on__lte=today + timedelta(days=days))
    return soon.select_related("site", "decider", "acceptance").order_by("acceptance__expires_on", "pk")


def _is_in(band: Band, days: int) -> bool:
    return band.shortest <= days and (band.longest is None or days <= band.longest)


def _median(counted: list[tuple[int, int]]) -> float | None:
    """The middle of values that come with how often each occurs, in ascending order."""
    total = sum(n for _value, n in counted)
    if not total:
        return None

    def at(place: int) -> int:
        for value, n in counted:
            if place < n:
                return value
            place -= n
        raise IndexError(place)

    return (at((total - 1) // 2) + at(total // 2)) / 2
