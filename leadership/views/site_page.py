"""One page per plant, for executives and for the auditor's interview."""

from __future__ import annotations

from typing import cast

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET

from leadership.services import site_page as service
from qms.models import User, site_today
from qms.permissions import Permission, requires


@require_GET
@requires(Permission.ENGAGEMENT_VIEW)
def site_page_list(request: HttpRequest) -> HttpResponse:
    """The plants one may see; with only one, its page."""
    sites = [site for site in cast(User, request.user).visible_sites if site.is_active]
    if len(sites) == 1:
        return redirect("leadership:site-page-detail", sites[0].pk)
    return render(request, "leadership/site_page_list.html", {"sites": sites})


@require_GET
@requires(Permission.ENGAGEMENT_VIEW)
def site_page_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """How one plant stands, on one page that can be printed."""
    user = cast(User, request.user)
    site = next((one for one in user.visible_sites if one.pk == pk), None)
    if site is None:
        raise Http404
    page = service.site_page(site, user=user, on=site_today(site, timezone.now()))
    has_more = len(user.visible_sites) > 1
    return render(request, "leadership/site_page_detail.html", {"page": page, "has_more": has_more})
