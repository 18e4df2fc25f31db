"""The heat map: how many open rated risks stand in each cell, read from sums that every change keeps."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import transaction
from django.db.models import Count, F

from objectives.models import Level, Risk, RiskCell, RiskScale
from objectives.services import risk_scale
from qms.models import Area, Site, User
from qms.permissions import Permission
from qms.services import trail

Place = tuple[int, int, int]
PLACE = ("nature", "on_map", "map_site_id", "scale_id", "now_likelihood", "now_impact")
CELL = ("nature", "on_map", "site_id", "scale_id", "likelihood", "impact")


@dataclass(frozen=True)
class Cell:
    """One cell: its two levels, what it weighs and how many stand in it."""

    likelihood: int
    impact: int
    level: str
    count: int

    @property
    def level_word(self) -> str:
        return str(Level(self.level).label)


@dataclass(frozen=True)
class HeatMap:
    """The table, gravest consequence first; ``elsewhere``: (scale, count) of those rated on another scale."""

    scale: RiskScale | None
    rows: list[tuple[int, str, list[Cell]]]
    columns: list[tuple[int, str]]
    total: int
    by_level: list[tuple[str, str, int]]
    elsewhere: list[tuple[RiskScale, int]]


def heat_map(
    user: User, *, nature: str, site: Site | None, scale: RiskScale | None, area: Area | None = None,
    since: date | None = None, until: date | None = None,
) -> HeatMap:  # fmt: skip
    """What the user may see of it, on the scale asked for, otherwise the one in force where he or she looks.

    ``since`` and ``until`` are days of the last assessment. Four queries at most, whatever the number of risks; with
    an area or a period the risks themselves are counted, without them the kept sums are read. Confidential risks are
    counted only for who may see them.
    """
    wanted = {"area": area, "occurred_on__gte": since, "occurred_on__lte": until}
    narrowed = {lookup: value for lookup, value in wanted.items() if value is not None}
    counted = _counted_anew(user, nature, site, narrowed) if narrowed else _counted(user, nature, site)
    known = {found.pk: found for found in RiskScale.objects.filter(pk__in={key[0] for key in counted})}
    shown = scale or risk_scale.in_force(site)
    if shown is None:
        return HeatMap(None, [], [], 0, [], [])
    totals: Counter[int] = Counter()
    for (scale_id, _likelihood, _impact), number in counted.items():
        totals[scale_id] += number
    cells = [
        [_cell(shown, likelihood, impact, counted) for likelihood in range(1, len(shown.likelihood_words) + 1)]
        for impact in range(len(shown.consequence_words), 0, -1)
    ]
    by_level: Counter[str] = Counter()
    for row in cells:
        for cell in row:
            by_level[cell.level] += cell.count
    return HeatMap(
        scale=shown, total=totals[shown.pk],
        rows=[(row[0].impact, shown.consequence_words[row[0].impact - 1], row) for row in cells],
        columns=list(enumerate(shown.likelihood_words, start=1)),
        by_level=[(level, str(Level(level).label), by_level[level]) for level in (Level.HIGH, Level.MEDIUM, Level.LOW)],
        elsewhere=sorted(
            ((known[pk], number) for pk, number in totals.items() if pk != shown.pk), key=lambda pair: -pair[1]
        ),
    )  # fmt: skip


def _cell(scale: RiskScale, likelihood: int, impact: int, counted: Counter[Place]) -> Cell:
    return Cell(likelihood, impact, scale.level(likelihood * impact), counted[scale.pk, likelihood, impact])


def _counted(user: User, nature: str, site: Site | None) -> Counter[Place]:
    """(scale, likelihood, consequence) -> how many, of what the user may see."""
    sites: Sequence[int] | None = [site.pk] if site else None if user.has_all_sites else list(user.visible_site_ids)
    sees_all = user.can(Permission.CONFIDENTIAL_VIEW)
    marks = [Risk.OnMap.OPEN, Risk.OnMap.CONFIDENTIAL] if sees_all else [Risk.OnMap.OPEN]
    cells = RiskCell.objects.filter(nature=nature, on_map__in=marks, count__gt=0)
    if sites is not None:
        cells = cells.filter(site__in=sites)
    found: Counter[Place] = Counter()
    for *place, number in cells.values_list("scale_id", "likelihood", "impact", "count"):
        found[place[0], place[1], place[2]] += number
    if not sees_all:
        own = Risk.objects.filter(on_map=Risk.OnMap.CONFIDENTIAL, nature=nature).visible_to(user)
        own = own.filter(map_site__in=sites) if sites is not None else own
        for scale_id, likelihood, impact in own.order_by().values_list("scale_id", "now_likelihood", "now_impact"):
            found[scale_id, likelihood or 0, impact or 0] += 1
    return found


def _counted_anew(user: User, nature: str, site: Site | None, narrowed: dict[str, Any]) -> Counter[Place]:
    """The same from the risks of an area or a period, for which no sums are kept."""
    rows = Risk.objects.visible_to(user).filter(nature=nature, **narrowed).exclude(on_map=Risk.OnMap.NO)
    rows = rows.filter(site=site) if site else rows
    counted = rows.order_by().values_list("scale_id", "now_likelihood", "now_impact").annotate(n=Count("*"))
    return Counter({(scale_id, likelihood, impact): n for scale_id, likelihood, impact, n in counted})


def move(risk: Risk) -> None:
    """Take the risk out of the cell it is counted in and count it where it stands now; part of a change of it.

    ``risk`` is locked and not saved yet. Writers of sums wait for one another, so that none waits in a circle.
    """
    before = Risk.objects.filter(pk=risk.pk).values_list(*PLACE).get()
    after = tuple(getattr(risk, name) for name in PLACE)
    if before == after:
        return
    trail.lock_chain("risk_cell")
    for place, change in ((before, -1), (after, 1)):
        if place[1]:
            _add(dict(zip(CELL, place, strict=True)), change)


def _add(cell: dict[str, Any], change: int) -> None:
    if not RiskCell.objects.filter(**cell).update(count=F("count") + change):
        RiskCell.objects.create(**cell, count=change)


@transaction.atomic
def rebuild() -> None:
    """Make all sums anew from the risks, for loaders that write rows themselves. Nothing else may write meanwhile."""
    trail.lock_chain("risk_cell")
    RiskCell.objects.all().delete()
    counted = Risk.objects.exclude(on_map=Risk.OnMap.NO).order_by().values_list(*PLACE).annotate(n=Count("*"))
    RiskCell.objects.bulk_create(
        RiskCell(**dict(zip(CELL, place, strict=True)), count=number) for *place, number in counted
    )
