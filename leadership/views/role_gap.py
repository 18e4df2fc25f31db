"""What is missing in roles and processes, on one page."""

from __future__ import annotations

from typing import cast

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from leadership.services.role_gap import gaps
from objectives.forms.strategy import SiteForm
from qms.models import User
from qms.permissions import Permission, requires


@require_GET
@requires(Permission.RECORD_VIEW)
def role_gap(request: HttpRequest) -> HttpResponse:
    """Vacant, not accepted, left by their holder, without a deputy, and processes without A or R."""
    user, today = cast(User, request.user), timezone.localdate()
    form = SiteForm(request.GET, user=user)
    found = gaps(user, today=today, site=form.chosen())
    return render(request, "leadership/role_gap.html", {
        "form": form, "gaps": found, "today": today, "may_edit": user.can(Permission.ROLE_EDIT),
    })  # fmt: skip
