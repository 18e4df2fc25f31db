"""Saying which goal or objective a record serves."""

from __future__ import annotations

import uuid
from typing import cast

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from objectives.forms.contribution import ContributionForm
from objectives.services import contribution as service
from qms.forms.record_form import explain
from qms.models import User
from qms.permissions import Permission, requires
from qms.records import as_child
from qms.services.attachment import may_change
from qms.views.record_page import page_url, visible_record


@require_http_methods(["GET", "POST"])
@requires(Permission.RECORD_VIEW)
def contribution(request: HttpRequest, uid: uuid.UUID) -> HttpResponse:
    """Choose it, for who may change the record; 404 for what has its own place in the strategy."""
    record, user = as_child(visible_record(request, uid)), cast(User, request.user)
    if not may_change(user, record):
        raise PermissionDenied(_("Only who entered this record, or the quality manager, may change it."))
    if not service.may_serve(record):
        raise Http404
    form = ContributionForm(request.POST or None, user=user, initial={"serves": service.served_by(record)})
    if request.method == "POST" and form.is_valid():
        try:
            service.link(record, serves=form.cleaned_data["serves"], by=user, at=timezone.now())
        except ValidationError as error:
            explain(form, error)
        else:
            messages.success(request, _("Kept. It stands in the strategy tree."))
            return redirect(page_url(request, record))
    return render(request, "components/form_page.html", {
        "form": form, "title": _("What does it serve?"), "lead": f"{record.reference} · {record.title}",
        "cancel_url": page_url(request, record), "submit_label": _("Keep"),
    })  # fmt: skip
