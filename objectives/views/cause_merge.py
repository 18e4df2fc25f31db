"""Merging two root causes, after a look at what moves."""

from __future__ import annotations

from typing import cast

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from objectives.forms.cause_merge import CauseMergeForm
from objectives.models import LOOKBACK_MONTHS
from objectives.records.nonconformity import NONCONFORMITY
from objectives.services import cause_merge as service
from objectives.views.risk_scale import reaches_all
from qms.forms.record_form import explain
from qms.models import User
from qms.permissions import Permission, requires


@require_http_methods(["GET", "POST"])
@requires(Permission.CAUSE_EDIT)
def cause_merge(request: HttpRequest) -> HttpResponse:
    """Choose two causes, see what would move, then merge them. ``?cause=`` comes chosen."""
    user, back = cast(User, request.user), reverse("objectives:nonconformity-recurrence")
    if not reaches_all(user):
        messages.info(request, _("The causes of all sites are merged by somebody who reaches all of them."))
        return redirect(back)
    form = CauseMergeForm(request.POST or None, initial={"cause": request.GET.get("cause", "")})
    seen = None
    if request.method == "POST" and form.is_valid():
        chosen = form.cleaned_data
        try:
            if "confirm" in request.POST:
                service.merge(**chosen, by=user, at=timezone.now())
                messages.success(request, _("Merged. “%s” leads to the other cause now.") % chosen["cause"])
                return redirect(back)
            seen = service.preview(chosen["cause"], chosen["into"], user=user, today=timezone.localdate())
        except ValidationError as error:
            explain(form, error)
    return render(request, "objectives/cause_merge.html", {
        "form": form, "seen": seen, "title": _("Merge root causes"), "cancel_url": back, "months": LOOKBACK_MONTHS,
        "lead": _("Two names for the same cause hide that it comes back."),
        "submit_tone": "secondary" if seen else "primary",
        "crumbs": [(NONCONFORMITY.label_plural, reverse("objectives:nonconformity-list")),
                   (_("Causes that come back"), back)],
    }, status=422 if form.errors else 200)  # fmt: skip
