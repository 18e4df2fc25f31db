"""The measures of leadership engagement in a pack, as they stood at the cut-off, in plain values."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from leadership.services.engagement import Figure, Scope, figures
from leadership.services.engagement_measures import MEASURES
from qms.models import Site, User


def activity(
    sites: Sequence[Site], *, from_on: date, to_on: date, on: date, by: User | None  # noqa: ARG001  boards alike
) -> dict[str, Any]:  # fmt: skip
    """Every measure with numerator, n and caution, over the pack's period in whole months; empty before it began.

    What is confidential is not counted, whoever asks for the pack, since everybody who gets it reads it.
    """
    scope = Scope(user=None, sites=tuple(sites), first=from_on.replace(day=1), last=min(to_on, on))
    if scope.last < scope.first:
        return {}
    rows = [_line(figure) for figure in figures(MEASURES, scope)]
    return {"rows": rows, "first": scope.first.isoformat(), "last": scope.last.isoformat()}


def _line(figure: Figure) -> dict[str, Any]:
    measure = figure.measure
    band = "" if measure.band is None else "{} %".format("–".join(str(n) for n in sorted(set(measure.band))))
    return {
        "group": str(measure.group), "label": str(measure.label), "definition": str(measure.definition),
        "caution": str(measure.caution), "fits": figure.fits, "n": figure.n, "percent": figure.percent,
        "is_few": figure.is_few, "standing": figure.standing, "band": band,
    }  # fmt: skip
