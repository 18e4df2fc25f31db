"""A pack for somebody without an account, by a secret link that expires."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from audits.services import pack_copy
from audits.views.pack import send
from qms.permissions import public


@public
@never_cache
@require_http_methods(["GET", "POST"])
def pack_shared(request: HttpRequest, token: str) -> HttpResponseBase:
    """Show what the link opens; a POST downloads it, and is logged. A dead link looks like one that never was."""
    link = pack_copy.live_link(token, at=timezone.now())
    if link is None:
        raise Http404
    if request.method == "POST":
        return send(request, link.pack, link)
    response = render(request, "audits/pack_shared.html", {"link": link, "pack": link.pack})
    response["Referrer-Policy"] = "no-referrer"
    response["X-Robots-Tag"] = "noindex"
    return response
