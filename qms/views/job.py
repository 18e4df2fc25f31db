"""Progress of long work, polled by the page that shows it."""

import uuid
from typing import cast

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET
from django_htmx.middleware import HtmxDetails

from qms.models import Job
from qms.permissions import Permission, requires


@require_GET
@requires(Permission.SIGNED_IN)
def job(request: HttpRequest, uid: uuid.UUID) -> HttpResponse:
    """The state of one of the user's own jobs: a fragment for htmx, a page for a browser."""
    found = get_object_or_404(Job, uid=uid, requested_by=request.user)
    is_fragment = bool(cast(HtmxDetails, getattr(request, "htmx", None)))
    template = "components/progress.html" if is_fragment else "qms/job_detail.html"
    return render(request, template, {"job": found, "url": request.path})
