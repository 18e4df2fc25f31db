"""The heat map: how many open rated risks stand in each cell, counted by one index."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Count, QuerySet

from objectives.models import Level, Risk, RiskScale
from objectives.services import risk_scale
from qms.models import Site, User
from qms.permissions import Permission


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


def heat_map(user: User, *, nature: str, site: Site | None, scale: RiskScale | None) -> HeatMap:
    """What the user may see of it, on the scale asked for, otherwise the one in force where he or she looks.

    Four queries at most, whatever the number of risks. Confidential risks are counted only for who may see them.
    """
    counted = _counted(user, nature, site)
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


def _cell(scale: RiskScale, likelihood: int, impact: int, counted: Counter[tuple[int, int, int]]) -> Cell:
    return Cell(likelihood, impact, scale.level(likelihood * impact), counted[scale.pk, likelihood, impact])


def _counted(user: User, nature: str, site: Site | None) -> Counter[tuple[int, int, int]]:
    """(scale, likelihood, consequence) -> how many, of what the user may see."""
    sites: Sequence[int] | None = [site.pk] if site else None if user.has_all_sites else list(user.visible_site_ids)
    sees_all = user.can(Permission.CONFIDENTIAL_VIEW)
    marks = [Risk.OnMap.OPEN, Risk.OnMap.CONFIDENTIAL] if sees_all else [Risk.OnMap.OPEN]
    rows = Risk.objects.filter(on_map__in=marks, nature=nature)
    if sites is not None:
        rows = rows.filter(map_site__in=sites)
    found = _sums(rows)
    if not sees_all:
        own = Risk.objects.filter(on_map=Risk.OnMap.CONFIDENTIAL, nature=nature).visible_to(user)
        found += _sums(own.filter(map_site__in=sites) if sites is not None else own)
    return found


def _sums(rows: QuerySet[Risk]) -> Counter[tuple[int, int, int]]:
    """Sums by cell. Grouped by the columns of ``risk_on_map`` in its order, so that no row is sorted."""
    columns = ("on_map", "map_site_id", "scale_id", "now_likelihood", "now_impact")
    found: Counter[tuple[int, int, int]] = Counter()
    for _mark, _site, *cell, number in rows.order_by().values_list(*columns).annotate(n=Count("*")):
        found[cell[0], cell[1], cell[2]] += number
    return found
