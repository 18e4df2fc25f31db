"""The wall of thanks, the screens that show it in the plant, and what people are thanked for."""

from __future__ import annotations

from typing import Any, cast

from allauth.account.adapter import get_adapter
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from leadership.forms.recognition import RecognitionValueForm, WallScreenForm
from leadership.models import Recognition, RecognitionValue, WallScreen
from leadership.services import recognition as recognition_service
from leadership.services import recognition_value, recognition_wall
from leadership.views.recognition import tabs_of
from qms.models import Area, Site, User, site_today
from qms.permissions import Permission, public, requires
from qms.services import rate_limit
from qms.services.record_list import page_of
from qms.services.timeline import timeline_of

LOOKS, LOOKS_SECONDS = 240, 10 * 60
"""How often one network address may open screens; each one loads anew every ten minutes."""


@require_GET
@requires(Permission.RECORD_VIEW)
def wall(request: HttpRequest) -> HttpResponse:
    """The wall: newest first, of one site or area or of all one sees, with reach and rhythm beside it."""
    user = cast(User, request.user)
    site, area = chosen(request)
    sites = [site] if site else [found for found in user.visible_sites if found.is_active]
    rows = Recognition.objects.filter(kind=Recognition.KIND).visible_to(user).on_the_wall()  # type: ignore[attr-defined]
    rows = rows.filter(area=area) if area else rows.filter(site__in=sites)
    after, before = request.GET.get("after", ""), request.GET.get("before", "")
    page = page_of(recognition_wall.with_names(rows), sort="-occurred_on", after=after, before=before)
    today = timezone.localdate()
    may_see = user.can(Permission.ENGAGEMENT_VIEW)
    areas = Area.objects.visible_to(user).active().filter(site__in=sites).select_related("site")
    return render(request, "leadership/recognition_wall.html", {
        "page": page, "tabs": tabs_of("wall"), "site": site, "area": area, "sites": user.visible_sites,
        "areas": areas.order_by("site__name", "name", "pk"),
        "reach": recognition_wall.reach(sites, on=today) if may_see else None,
        "rhythm": [n for _week, n in recognition_wall.rhythm(sites, on=today)] if may_see else None,
        "may_hang": user.can(Permission.RECOGNITION_EDIT), "may_give": recognition_service.may_give(user),
    })  # fmt: skip


def chosen(request: HttpRequest) -> tuple[Site | None, Area | None]:
    """The site and the area of the address, if the user may see them; none for any other."""
    user = cast(User, request.user)
    asked = {name: request.GET.get(name, "") for name in ("site", "area")}
    ids = {name: int(text) for name, text in asked.items() if text.isdecimal() and len(text) < 10}
    site = next((found for found in user.visible_sites if found.pk == ids.get("site")), None)
    areas = Area.objects.visible_to(user).select_related("site")
    area = areas.filter(pk=ids["area"]).first() if "area" in ids else None
    return (area.site, area) if area else (site, None)


@never_cache
@require_GET
@public
def wall_screen(request: HttpRequest, token: str) -> HttpResponse:
    """The wall on a screen, for who knows its address; shows only what everybody thanked has agreed to."""
    is_over = rate_limit.is_over(
        "screen", get_adapter(request).get_client_ip(request), limit=LOOKS, seconds=LOOKS_SECONDS
    )
    screen = None if is_over else recognition_wall.screen_by(token)
    if screen is None:
        why = _("Too many tries from here. Wait ten minutes.") if is_over else _("This screen is not in use any more.")
        return render(request, "objectives/promise_closed.html", {"why": why}, status=404)
    with timezone.override(screen.site.zone):
        rows = recognition_wall.for_screen(screen, on=site_today(screen.site))
        return render(request, "leadership/wall_screen.html", {"screen": screen, "rows": rows})


@never_cache
@require_http_methods(["GET", "POST"])
@requires(Permission.RECOGNITION_EDIT)
def wall_screens(request: HttpRequest) -> HttpResponse:
    """The screens at the user's sites; posting makes one, whose address is shown this once."""
    user = cast(User, request.user)
    form = WallScreenForm(request.POST or None, user=user)
    made = None
    if request.method == "POST" and form.is_valid():
        try:
            made = recognition_wall.make_screen(by=user, at=timezone.now(), **form.cleaned_data)
            form = WallScreenForm(user=user)
        except ValidationError as error:
            form.add_error(None, error)
    rows = screens_of(user).select_related("site", "made_by__person")
    return render(request, "leadership/wall_screens.html", {
        "form": form, "made": made, "screens": rows.order_by("revoked_at", "-made_at", "pk")[:200],
    }, status=422 if form.errors else 200)  # fmt: skip


def screens_of(user: User) -> Any:
    """Screens of the sites the user may see."""
    return WallScreen.objects.filter(site__in=Site.objects.visible_to(user))


@require_POST
@requires(Permission.RECOGNITION_EDIT)
def wall_screen_revoke(request: HttpRequest, pk: int) -> HttpResponse:
    """End a screen's address."""
    screen = get_object_or_404(screens_of(cast(User, request.user)).select_related("site"), pk=pk)
    recognition_wall.revoke_screen(screen, by=cast(User, request.user), at=timezone.now())
    messages.success(request, _("“%(name)s” shows nothing any more.") % {"name": screen.name})
    return redirect("leadership:wall-screens")


@require_GET
@requires(Permission.RECOGNITION_EDIT)
def value_list(request: HttpRequest) -> HttpResponse:
    """What people are thanked for, retired values last."""
    values = RecognitionValue.objects.order_by("-is_active", "position", "pk")
    return render(request, "leadership/recognition_value_list.html", {"values": values})


@require_http_methods(["GET", "POST"])
@requires(Permission.RECOGNITION_EDIT)
def value_new(request: HttpRequest) -> HttpResponse:
    """Add a value."""
    form = RecognitionValueForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        value = recognition_value.add(form.instance, by=cast(User, request.user), at=timezone.now())
        messages.success(request, _("People can be thanked for “%(name)s” now.") % {"name": value.label})
        return redirect("leadership:recognition-value-list")
    return value_page(request, form, title=_("New value"))


@require_http_methods(["GET", "POST"])
@requires(Permission.RECOGNITION_EDIT)
def value_edit(request: HttpRequest, slug: str) -> HttpResponse:
    """Reword, reorder or retire a value."""
    value = get_object_or_404(RecognitionValue, slug=slug)
    form = RecognitionValueForm(request.POST or None, instance=value)
    if request.method == "POST" and form.is_valid():
        recognition_value.change(value, by=cast(User, request.user), at=timezone.now(), **form.changes())
        messages.success(request, _("Saved. Thanks given before keep the words they were given under."))
        return redirect("leadership:recognition-value-list")
    return value_page(request, form, title=value.label, entries=timeline_of(value))


def value_page(request: HttpRequest, form: RecognitionValueForm, **context: Any) -> HttpResponse:
    """The form of a value."""
    back = reverse("leadership:recognition-value-list")
    return render(
        request, "leadership/recognition_value_form.html", {"form": form, "cancel_url": back, **context},
        status=422 if form.errors else 200,
    )  # fmt: skip
