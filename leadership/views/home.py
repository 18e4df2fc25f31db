"""The first page, and what is due."""

from __future__ import annotations

from typing import cast

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from leadership.services import home as service
from leadership.services.waiting import waiting_for
from qms.models import User
from qms.permissions import Permission, requires
from qms.records import kind_of
from qms.services.record_list import page_of

MOST_WAITING = 60


@require_GET
@requires(Permission.SIGNED_IN)
def home(request: HttpRequest) -> HttpResponse:
    """This week, what waits, how the plant stands."""
    user = cast(User, request.user)
    return render(request, "leadership/home.html", {
        "home": service.home(user, at=timezone.now()), "may_log": user.can(Permission.ACTIVITY_LOG),
        "may_see_evidence": user.can(Permission.EVIDENCE_VIEW),
    })  # fmt: skip


@require_GET
@requires(Permission.RECORD_VIEW)
def due(request: HttpRequest) -> HttpResponse:
    """Everything of the user that is due, soonest first, whatever its kind; unfinished drafts above."""
    user = cast(User, request.user)
    today = service.local_today(user, timezone.now())
    page = page_of(
        service.due_for(user), sort="due_on", after=request.GET.get("after", ""), before=request.GET.get("before", "")
    )
    rows = [{"record": record, "kind": kind_of(record), "is_overdue": record.due_on < today} for record in page.rows]
    return render(request, "leadership/home_due.html", {
        "page": page, "rows": rows, "today": today, "drafts": list(service.drafts_of(user)[:20]),
        "waiting": waiting_for(user, at=timezone.now(), most=MOST_WAITING),
    })  # fmt: skip
