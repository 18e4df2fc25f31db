"""The page that says which causes come back."""

from __future__ import annotations

from typing import cast

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET

from objectives.models import LOOKBACK_MONTHS, lookback_start
from objectives.records.nonconformity import NONCONFORMITY
from objectives.services import nonconformity_recurrence as service
from qms.models import User
from qms.permissions import Permission, requires

MOST_BARS = 10
MOST_LINES = 50
"""So many causes stand in the table, most frequent first, unless all are asked for."""


@require_GET
@requires(Permission.RECORD_VIEW)
def nonconformity_recurrence(request: HttpRequest) -> HttpResponse:
    """Causes with counts, and the share of closed ones whose cause came back, over what the user may see."""
    user, today = cast(User, request.user), timezone.localdate()
    chosen = [site for site in user.visible_sites if str(site.pk) == request.GET.get("site")]
    most = None if request.GET.get("all") else MOST_LINES
    lines = service.causes(user, today=today, sites=chosen, most=most)
    shown = lines[:most]
    closed, came_back = sum(line.closed for line in lines), sum(line.came_back for line in lines)
    return render(request, "objectives/nonconformity_recurrence.html", {
        "may_merge": user.can(Permission.CAUSE_EDIT) and len(lines) > 1,
        "lines": lines, "shown": shown, "closed": closed, "came_back": came_back, "months": LOOKBACK_MONTHS,
        "share": round(100 * came_back / closed) if closed else None, "since": lookback_start(today), "today": today,
        "crumbs": [(NONCONFORMITY.label_plural, reverse("objectives:nonconformity-list"))],
        "sites": user.visible_sites, "site": chosen[0] if chosen else None,
        "bars": [(line.name, line.count) for line in lines[:MOST_BARS] if line.count],
        "total": sum(line.count for line in lines), "repeated": [line for line in lines if line.count > 1],
    })  # fmt: skip
