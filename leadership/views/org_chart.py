"""The organization chart with the roles on it."""

from __future__ import annotations

from typing import Any, cast

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from leadership.forms.org_chart import ChartForm
from leadership.services import org_chart as service
from qms.models import User
from qms.permissions import Permission, requires


@require_GET
@requires(Permission.PERSON_VIEW)
def org_chart(request: HttpRequest) -> HttpResponse:
    """Leaders and holders of roles, or everybody, of a site or an area."""
    query = f"?{request.GET.urlencode()}" if request.GET else ""
    return render(request, "leadership/org_chart.html", {**context_of(request), "query": query})


@require_GET
@requires(Permission.PERSON_VIEW)
def org_chart_print(request: HttpRequest) -> HttpResponse:
    """The chart on paper."""
    return render(request, "leadership/org_chart_print.html", context_of(request))


def context_of(request: HttpRequest) -> dict[str, Any]:
    """The chart of what is chosen."""
    user = cast(User, request.user)
    form = ChartForm(request.GET, user=user)
    return {"form": form, "chart": service.chart(user, **form.chosen()), "most": service.MOST_PEOPLE}
