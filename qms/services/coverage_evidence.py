"""What coverage is judged from: rules in force, and sums of counting records per rule and site.

Every query reads the daily sums or walks an index to one row, so its cost follows rules, sites and days, not records.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from django.db.models import BigIntegerField, Case, ExpressionWrapper, F, Max, OuterRef, Q, Subquery, Sum, Value, When
from django.db.models.functions import Cast

from qms.models import ClauseMapping, CoverageDay, CoveragePerson, Site, StandardEdition
from qms.services.coverage_links import month_number

TREND_MONTHS = 12
DAY_BITS = 31
ALL_DAYS = (1 << DAY_BITS) - 1

Key = tuple[int, str, str]
"""A rule whatever its dates: clause id, kind, subtype. A rule that supersedes another keeps its evidence."""


@dataclass
class Sums:
    """Counting records of one rule at one site, by event date up to the day asked for.

    ``counts`` and ``people`` hold, per first day of a window, the records and persons from that day on.
    """

    counts: dict[date, int] = field(default_factory=dict)
    people: dict[date, set[int]] = field(default_factory=lambda: defaultdict(set))
    months: dict[int, int] = field(default_factory=dict)
    newest_on: date | None = None


@dataclass(frozen=True)
class Evidence:
    """Rules in force on a day and what there is for each of them; ``sums`` also holds rules no longer in force."""

    on: date
    since: date
    sites: Sequence[Site]
    rules: dict[int, list[ClauseMapping]]
    sums: dict[tuple[Key, int], Sums]

    def of(self, key: Key, site: int) -> Sums:
        """The sums of a rule at a site; empty when there is nothing."""
        return self.sums.get((key, site)) or Sums()


def key_of(mapping: ClauseMapping) -> Key:
    """The rule this row is a version of."""
    return mapping.clause_id, mapping.kind, mapping.subtype


def interval_of(mapping: ClauseMapping) -> int | None:
    """Days for which one record keeps the clause current: the mapping's own, else the clause's; None: event-driven."""
    return mapping.max_age_days or mapping.clause.max_age_days


def notice_of(interval: int) -> int:
    """Days of “due soon” before the interval ends: its last 20 %, at least 14 days, never more than half of it."""
    return min(max(14, -(-interval // 5)), interval // 2)


def first_day(on: date, interval: int) -> date:
    """The oldest event date that still counts on a day for an interval."""
    return on - timedelta(days=interval - 1)


def windows_of(mapping: ClauseMapping, on: date) -> list[date]:
    """First days of the rule's window and of the shorter one that tells whether it is due soon."""
    interval = interval_of(mapping)
    if interval is None:
        return []
    return [first_day(on, interval), first_day(on, interval) + timedelta(days=notice_of(interval))]


def load_evidence(
    edition: StandardEdition, sites: Sequence[Site], *, on: date, since: date, extra: Iterable[ClauseMapping] = ()
) -> Evidence:
    """Three queries: mappings with their newest day per site, daily sums, persons. ``extra``: rules to try out."""
    mappings = list(_mappings(edition, sites, on))
    in_force = [m for m in mappings if m.effective_from <= on and (m.effective_to is None or m.effective_to > on)]
    starts = {since} | {day for m in [*in_force, *extra] for day in windows_of(m, on)}
    keys = {m.pk: key_of(m) for m in mappings}
    sums: dict[tuple[Key, int], Sums] = defaultdict(Sums)
    for mapping in mappings:
        for site in sites:
            newest = getattr(mapping, f"newest_{site.pk}")
            if newest:
                slot = sums[keys[mapping.pk], site.pk]
                slot.newest_on = max(slot.newest_on or newest, newest)
    _add_days(sums, keys, sites, on, sorted(starts))
    _add_people(sums, keys, sites, on, sorted(starts))
    rules: dict[int, list[ClauseMapping]] = defaultdict(list)
    for mapping in in_force:
        rules[mapping.clause_id].append(mapping)
    return Evidence(on, since, sites, dict(rules), dict(sums))


def _mappings(edition: StandardEdition, sites: Sequence[Site], on: date) -> Any:
    rows = ClauseMapping.objects.filter(clause__edition=edition).select_related("clause").order_by("clause_id", "pk")
    newest = CoverageDay.objects.filter(mapping=OuterRef("pk"), day__lte=on, count__gt=0).order_by("-day").values("day")
    return rows.annotate(**{f"newest_{s.pk}": Subquery(newest.filter(site_id=s.pk)[:1]) for s in sites})


def _add_days(
    sums: dict[tuple[Key, int], Sums], keys: dict[int, Key], sites: Sequence[Site], on: date, starts: list[date]
) -> None:
    oldest = min(starts[0], date((month_number(on) - TREND_MONTHS + 1) // 12, (month_number(on) + 1) % 12 + 1, 1))
    rows = CoverageDay.objects.filter(mapping__in=keys, site__in=[s.pk for s in sites], day__range=(oldest, on))
    found = rows.order_by().values("mapping_id", "site_id", "month").annotate(
        n=Sum("count"), **{f"n{i}": Sum("count", filter=Q(day__gte=day), default=0) for i, day in enumerate(starts)}
    )  # fmt: skip
    for row in found.values_list("mapping_id", "site_id", "month", "n", *(f"n{i}" for i in range(len(starts)))):
        slot = sums[keys[row[0]], row[1]]
        slot.months[row[2]] = slot.months.get(row[2], 0) + row[3]
        for start, n in zip(starts, row[4:], strict=True):
            slot.counts[start] = slot.counts.get(start, 0) + n


def _add_people(
    sums: dict[tuple[Key, int], Sums], keys: dict[int, Key], sites: Sequence[Site], on: date, starts: list[date]
) -> None:
    """Everybody's newest day up to ``on`` decides which windows he or she is in: they all end on that day."""
    last = month_number(on)
    rows = CoveragePerson.objects.filter(
        mapping__in=keys, site__in=[s.pk for s in sites], days__gt=0, month__range=(month_number(starts[0]), last)
    )
    through = F("days").bitand((1 << on.day) - 1)
    rows = rows.alias(bits=Case(When(month=last, then=through), default=F("days"), output_field=BigIntegerField()))
    month = Cast("month", BigIntegerField()) * Value(1 << DAY_BITS, output_field=BigIntegerField())
    found = rows.filter(bits__gt=0).order_by().values("mapping_id", "site_id", "person_id").annotate(
        newest=Max(ExpressionWrapper(month + F("bits"), output_field=BigIntegerField()))
    )  # fmt: skip
    for mapping, site, person, newest in found.values_list("mapping_id", "site_id", "person_id", "newest"):
        slot = sums[keys[mapping], site]
        number, bits = newest >> DAY_BITS, newest & ALL_DAYS
        day = date(number // 12, number % 12 + 1, bits.bit_length())
        for start in starts:
            if day >= start:
                slot.people[start].add(person)
