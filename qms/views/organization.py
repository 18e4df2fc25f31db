"""The organization's own data."""

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

from qms.forms.organization import OrganizationForm
from qms.models import Organization, User
from qms.permissions import Permission, requires
from qms.services import organization as service
from qms.services.timeline import timeline_of


@require_http_methods(["GET", "POST"])
@requires(Permission.ORGANIZATION_EDIT)
def organization(request: HttpRequest) -> HttpResponse:
    """Name, scope and time zone."""
    current = Organization.current()
    form = OrganizationForm(request.POST or None, organization=current)
    if request.method == "POST" and form.is_valid():
        try:
            service.edit(**form.cleaned_data, by=cast(User, request.user), at=timezone.now())
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, _("Saved."))
            return redirect("qms:organization")
    context = {
        "form": form, "title": _("Organization"), "cancel_url": reverse("qms:admin"), "entries": timeline_of(current),
    }  # fmt: skip
    return render(request, "qms/organization_form.html", context, status=422 if form.errors else 200)
