"""The heat map: a table whose cells lead to the risks behind them."""

from __future__ import annotations

from typing import Any, cast

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_GET

from objectives.forms.risk_scale import MapForm
from objectives.models import Risk
from objectives.services.risk_map import Cell, HeatMap, heat_map
from qms.models import User
from qms.permissions import Permission, requires


@require_GET
@requires(Permission.RECORD_VIEW)
def risk_map(request: HttpRequest) -> HttpResponse:
    """Open rated risks (or opportunities) by likelihood and consequence."""
    user = cast(User, request.user)
    form = MapForm({"nature": Risk.Nature.RISK, **request.GET.dict()}, user=user)
    nature = form.chosen("nature") or Risk.Nature.RISK
    site, narrowed = form.chosen("site"), form.narrowed()
    found = heat_map(user, nature=nature, site=site, scale=form.chosen("scale"), **narrowed)
    kept = {"nature": nature, **({"site": site} if site else {}), **narrowed}
    return render(request, "objectives/risk_map.html", {
        "form": form, "map": found, "nature": nature, "rows": rows_with_links(found, kept),
        "elsewhere": [(scale, n, query(**kept, scale=scale)) for scale, n in found.elsewhere],
    })  # fmt: skip


def rows_with_links(found: HeatMap, kept: dict[str, Any]) -> list[tuple[int, str, list[tuple[Cell, str]]]]:
    """Each cell with the address of the list behind it; none for an empty cell."""
    return [
        (impact, word, [(cell, address(found, cell, kept) if cell.count else "") for cell in cells])
        for impact, word, cells in found.rows
    ]


def address(found: HeatMap, cell: Cell, kept: dict[str, Any]) -> str:
    """The list of what stands in the cell."""
    facts = query(**kept, scale=found.scale or "", likelihood=cell.likelihood, impact=cell.impact, only="open")
    return reverse("objectives:risk-list") + facts


def query(**values: Any) -> str:
    """The values as the end of an address; rows of the database by their key."""
    return "?" + urlencode({name: getattr(value, "pk", value) for name, value in values.items()})
