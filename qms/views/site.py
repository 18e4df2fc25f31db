"""Sites, areas and their codes; all of it inside an elevated session, but for the address in the code."""

from __future__ import annotations

from typing import Any, cast

from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import ValidationError
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from qms.forms.site import AreaForm, SiteForm
from qms.models import Area, AreaCode, Site, User
from qms.permissions import Permission, public, requires
from qms.services import secret_link
from qms.services import site as service
from qms.services.timeline import timeline_of


def sites_of(request: HttpRequest) -> QuerySet[Site]:
    """The sites the user reaches."""
    return Site.objects.visible_to(cast(User, request.user))


def areas_of(request: HttpRequest) -> QuerySet[Area]:
    """The areas the user reaches."""
    return Area.objects.visible_to(cast(User, request.user)).select_related("site")


@require_GET
@requires(Permission.SITE_EDIT)
def site_list(request: HttpRequest) -> HttpResponse:
    """The sites with how much they hold."""
    counted = sites_of(request).annotate(
        area_count=Count("areas", filter=Q(areas__is_active=True), distinct=True),
        people_count=Count("people", filter=Q(people__deactivated_at=None), distinct=True),
    )
    return render(request, "qms/site_list.html", {"sites": counted.order_by("-is_active", "name", "pk")})


@require_GET
@requires(Permission.SITE_EDIT)
def site_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One site: its areas, which of them have a code, and its trail."""
    site = get_object_or_404(sites_of(request), pk=pk)
    people = Count("people", filter=Q(people__deactivated_at=None), distinct=True)
    codes = Count("codes", filter=Q(codes__revoked_at=None), distinct=True)
    areas = site.areas.annotate(people_count=people, code_count=codes).order_by("-is_active", "name", "pk")
    return render(request, "qms/site_detail.html", {
        "site": site, "areas": areas, "area_form": AreaForm(), "entries": timeline_of(site),
    })  # fmt: skip


@require_http_methods(["GET", "POST"])
@requires(Permission.SITE_EDIT)
def site_new(request: HttpRequest) -> HttpResponse:
    """Open a site."""
    form = SiteForm(request.POST or None, initial={"time_zone": "UTC"})
    if request.method == "POST" and form.is_valid():
        try:
            site = service.create_site(**form.cleaned_data, by=cast(User, request.user), at=timezone.now())
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, _("%s is open. Add its areas.") % site.name)
            return redirect("qms:site-detail", site.pk)
    context = {"form": form, "title": _("Open a site"), "cancel_url": reverse("qms:site-list")}
    return render(request, "components/form_page.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
@requires(Permission.SITE_EDIT)
def site_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Change a site's facts."""
    site = get_object_or_404(sites_of(request), pk=pk)
    form = SiteForm(request.POST or None, site=site)
    if request.method == "POST" and form.is_valid():
        try:
            service.edit_site(site, **form.cleaned_data, by=cast(User, request.user), at=timezone.now())
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, _("Saved."))
            return redirect("qms:site-detail", site.pk)
    context = {
        "form": form,
        "title": _("Change %s") % site.name,
        "cancel_url": reverse("qms:site-detail", args=[site.pk]),
    }
    return render(request, "components/form_page.html", context, status=422 if form.errors else 200)


@require_POST
@requires(Permission.SITE_EDIT)
def site_use(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a site out of use or into use again."""
    site = get_object_or_404(sites_of(request), pk=pk)
    is_active = request.POST.get("is_active") == "1"
    reason = request.POST.get("reason", "")[:400]
    service.set_site_use(site, is_active=is_active, by=cast(User, request.user), at=timezone.now(), reason=reason)
    return redirect("qms:site-detail", site.pk)


@require_POST
@requires(Permission.SITE_EDIT)
def area_new(request: HttpRequest, pk: int) -> HttpResponse:
    """Add an area to a site."""
    site = get_object_or_404(sites_of(request), pk=pk)
    form = AreaForm(request.POST)
    if form.is_valid():
        try:
            area = service.create_area(site, **form.cleaned_data, by=cast(User, request.user), at=timezone.now())
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, _("%s is added.") % area.name)
            return redirect("qms:site-detail", site.pk)
    context = {"form": form, "title": _("Add an area"), "cancel_url": reverse("qms:site-detail", args=[site.pk])}
    return render(request, "components/form_page.html", context, status=422)


@require_http_methods(["GET", "POST"])
@requires(Permission.SITE_EDIT)
def area_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One area: its name, its code, its trail. Posting renames it."""
    area = get_object_or_404(areas_of(request), pk=pk)
    form = AreaForm(request.POST or None, initial={"name": area.name})
    if request.method == "POST" and form.is_valid():
        try:
            service.rename_area(area, **form.cleaned_data, by=cast(User, request.user), at=timezone.now())
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, _("Saved."))
            return redirect("qms:area-detail", area.pk)
    codes = list(area.codes.select_related("issued_by__person", "revoked_by__person").order_by("-issued_at", "-pk"))
    live = next((code for code in codes if code.revoked_at is None), None)
    context = {"area": area, "form": form, "live": live, "codes": codes, "entries": timeline_of(area)}
    if live:
        context |= {"address": service.code_address(live), "drawing": drawing(live)}
    return render(request, "qms/area_detail.html", context, status=422 if form.errors else 200)


@require_POST
@requires(Permission.SITE_EDIT)
def area_use(request: HttpRequest, pk: int) -> HttpResponse:
    """Take an area out of use or into use again."""
    area = get_object_or_404(areas_of(request), pk=pk)
    is_active = request.POST.get("is_active") == "1"
    reason = request.POST.get("reason", "")[:400]
    service.set_area_use(area, is_active=is_active, by=cast(User, request.user), at=timezone.now(), reason=reason)
    return redirect("qms:area-detail", area.pk)


CODE_ACTS: dict[str, Any] = {
    "issue": service.issue_code,
    "reissue": service.reissue_code,
    "revoke": service.revoke_code,
}


@require_POST
@requires(Permission.SITE_EDIT)
def area_code_change(request: HttpRequest, pk: int) -> HttpResponse:
    """Issue, replace or revoke an area's code."""
    area = get_object_or_404(areas_of(request), pk=pk)
    act = CODE_ACTS.get(request.POST.get("act", ""))
    try:
        if act:
            act(area, by=cast(User, request.user), at=timezone.now())
    except (service.AlreadyIssued, service.NotInUse) as error:
        messages.error(request, str(error))
    return redirect("qms:area-detail", area.pk)


@require_POST
@requires(Permission.SITE_EDIT)
def site_codes_issue(request: HttpRequest, pk: int) -> HttpResponse:
    """Issue a code for every area in use that has none, and go to the sheets."""
    site = get_object_or_404(sites_of(request).filter(is_active=True), pk=pk)
    with_code = AreaCode.objects.filter(revoked_at=None).values("area_id")
    for area in site.areas.active().exclude(pk__in=with_code).order_by("name", "pk"):
        service.issue_code(area, by=cast(User, request.user), at=timezone.now())
    return redirect("qms:site-codes", site.pk)


@never_cache
@require_GET
@requires(Permission.SITE_EDIT)
def site_codes(request: HttpRequest, pk: int) -> HttpResponse:
    """The sheets to hang up: one page per area with a code; ``?area=`` prints one of them."""
    site = get_object_or_404(sites_of(request), pk=pk)
    live = AreaCode.objects.filter(area__site=site, area__is_active=True, revoked_at=None).select_related("area")
    if request.GET.get("area", "").isdecimal():
        live = live.filter(area_id=int(request.GET["area"]))
    sheets = [(c.area, drawing(c), service.code_address(c)) for c in live.order_by("area__name", "pk")]
    return render(request, "qms/site_codes.html", {"site": site, "sheets": sheets})


@never_cache
@require_GET
@public
def area_code(request: HttpRequest, token: str) -> HttpResponse:
    """Where a scanned code leads: to the log with the area set, or to raising an idea for who does not log.

    It says where one is and permits nothing by itself; without a log-in it offers a choice only where the site takes
    ideas from anybody.
    """
    area = service.area_of(token)
    user = request.user
    if area is None or (user.is_authenticated and not Area.objects.visible_to(user).filter(pk=area.pk).exists()):
        return render(request, "qms/area_code_unknown.html", status=404)
    log_url = "/log/?" + urlencode({"area": area.pk})
    idea_url = reverse("objectives:idea-at", args=[token])
    if user.is_authenticated:
        return redirect(log_url if user.can(Permission.ACTIVITY_LOG) else idea_url)
    if not area.site.has_open_ideas:
        return redirect_to_login(request.path)
    return render(request, "qms/area_code.html", {"area": area, "log_url": log_url, "idea_url": idea_url})


def drawing(code: AreaCode) -> SafeString:
    """The code as an inline SVG that stands some dirt."""
    return secret_link.drawing(service.code_address(code), error="q")
