"""The board of roles in a pack: who holds which, who does what in which process, and the organization chart.

As they stand at the cut-off, in plain values. Confidential roles are left out, as everybody who gets the pack reads it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import date
from typing import Any

from django.db.models import Q

from leadership.models import Process, RaciLetter, Role
from leadership.services import org_chart
from leadership.services import process as process_service
from qms.models import Person, Site, User


def role(
    sites: Sequence[Site], *, from_on: date, to_on: date, on: date, by: User | None  # noqa: ARG001  boards alike
) -> dict[str, Any]:  # fmt: skip
    """The roles in force, the RACI matrix with its gaps, and the chart of each site; empty without any role."""
    here = Q(of_site__in=sites) | Q(of_site=None)
    related = ("holder", "deputy", "of_site", "site")
    found = Role.objects.in_force().filter(here, is_confidential=False).select_related(*related)
    roles = list(found.order_by("title", "pk"))
    if not roles:
        return {}
    rows = Process.objects.active().filter(Q(site__in=sites) | Q(site=None)).select_related("site", "owner_role")
    processes = list(rows.order_by("position", "name", "pk"))
    letters = RaciLetter.objects.filter(process__in=processes, ended_at=None).order_by("pk")
    matrix = process_service.lay_out(processes, roles, letters.values_list("process_id", "role_id", "letter"))
    return {
        "roles": [_line(one) for one in roles],
        "columns": [one.title for one in matrix.roles],
        "processes": [[row.process.name, row.cells, row.gaps] for row in matrix.rows],
        "charts": [_chart(site, roles) for site in sites],
    }  # fmt: skip


def _line(one: Role) -> dict[str, Any]:
    return {
        "title": one.title, "holder": one.holder.name if one.holder else "",
        "has_left": one.holder is not None and not one.holder.is_active, "status": one.status,
        "deputy": one.deputy.name if one.deputy else "", "may": one.marked,
        "accepted_on": one.accepted_on.isoformat() if one.accepted_on else "",
    }  # fmt: skip


def _chart(site: Site, roles: Sequence[Role]) -> dict[str, Any]:
    people = Person.objects.active().filter(Q(site=site) | Q(is_top_management=True)).order_by("search_name", "pk")
    held = [one for one in roles if one.of_site_id in (None, site.pk)]
    chart = org_chart.chart_of(list(people), held, has_everybody=False)
    return {"site": site.name, "chart": asdict(chart)}
