"""Redacting the personal data of somebody who has left; inside an elevated session."""

from __future__ import annotations

import uuid
from typing import cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from qms.forms.redaction import RedactionForm
from qms.models import User
from qms.permissions import Permission, requires
from qms.services import redaction as service
from qms.views.person import visible_person


@never_cache
@require_http_methods(["GET", "POST"])
@requires(Permission.USER_EDIT)
def person_redact(request: HttpRequest, uid: uuid.UUID) -> HttpResponse:
    """Show what would be replaced and what stays; on POST replace it."""
    person = visible_person(request, uid)
    form = RedactionForm(request.POST or None)
    there = reverse("qms:person-detail", args=[person.uid])
    try:
        preview = service.preview(person)
        if request.method == "POST" and form.is_valid():
            reason = form.cleaned_data["reason"]
            service.redact(person, by=cast(User, request.user), at=timezone.now(), reason=reason)
            messages.success(request, _("The personal data is redacted; the trail of all that it touched says so."))
            return redirect(there)
    except service.NameInReason as error:
        form.add_error("reason", str(error))
    except service.CannotRedact as error:
        messages.error(request, str(error))
        return redirect(there)
    context = {"form": form, "person": person, "preview": preview, "cancel_url": there, "submit_tone": "danger"}
    return render(request, "qms/redaction_form.html", context, status=422 if form.errors else 200)
