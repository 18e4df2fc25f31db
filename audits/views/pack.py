"""Pages of evidence packs: list, request, detail, download, links."""

from __future__ import annotations

from typing import Any, cast

from allauth.account.adapter import get_adapter
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from audits.forms.pack import PackLinkForm, PackRequestForm
from audits.models import Pack, PackLink
from audits.services import pack as pack_service
from audits.services import pack_copy, pack_page, pack_selection
from qms.models import User, site_today
from qms.permissions import Permission, requires
from qms.services.attachment import may_change

PAGE_SIZE = 25
PRESETS = {"site": "sites", "clause": "clauses"}


@require_GET
@requires(Permission.PACK_VIEW)
def pack_list(request: HttpRequest) -> HttpResponse:
    """The packs the user may see, newest first."""
    packs = Pack.objects.visible_to(_user(request)).select_related("site", "owner", "edition", "job")
    page = Paginator(packs.order_by("-pk"), PAGE_SIZE).get_page(request.GET.get("page"))
    return render(request, "audits/pack_list.html", {"page_obj": page})


@require_http_methods(["GET", "POST"])
@requires(Permission.PACK_REQUEST)
def pack_request(request: HttpRequest) -> HttpResponse:
    """Ask for a pack; the query string may preset edition, site and clause."""
    form = _request_form(request)
    if request.method == "POST" and form.is_valid():
        pack = pack_service.request(form.scope(), by=_user(request), at=timezone.now())
        messages.success(request, _("%s is being built. You can leave this page.") % pack.reference)
        return redirect("audits:pack-detail", pack.pk)
    context = {"form": form, "crumb_links": _crumbs()}
    response = render(request, "audits/pack_request.html", context, status=422 if form.errors else 200)
    if request.headers.get("HX-Target") == "id_clauses":
        response["HX-Trigger-After-Settle"] = "clauses-changed"
    return response


@require_GET
@requires(Permission.PACK_REQUEST)
def pack_estimate(request: HttpRequest) -> HttpResponse:
    """How much would go in, for the form as it is filled in now (htmx)."""
    form = _request_form(request, data=request.GET)
    found = pack_selection.estimate(form.scope(), _user(request)) if form.is_valid() else None
    return render(request, "audits/pack_estimate.html", {"form": form, "estimate": found})


def _request_form(request: HttpRequest, data: Any = None) -> PackRequestForm:
    initial: dict[str, Any] = {name: request.GET.getlist(key) for key, name in PRESETS.items() if key in request.GET}
    initial |= {name: request.GET[name] for name in ("edition", "from_on", "to_on", "purpose") if name in request.GET}
    posted = request.POST if request.method == "POST" else data
    site = _user(request).person.site
    today = site_today(site) if site else timezone.now().date()
    return PackRequestForm(posted, initial=initial, user=_user(request), today=today)


@require_GET
@requires(Permission.PACK_VIEW)
def pack_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One pack: progress or download, hashes, signature, who took copies, links, trail."""
    pack = _visible(request, pk)
    form = PackLinkForm(today=site_today(pack.site), pack=pack)
    token = request.session.pop(f"pack-link-{pack.pk}", "")
    link = request.build_absolute_uri(reverse("audits:pack-shared", args=[token])) if token else ""
    page = pack_page.page_of(pack, _user(request), at=timezone.now())
    context = {"pack": pack, "page": page, "link_form": form, "new_link": link, "crumb_links": _crumbs()}
    return render(request, "audits/pack_detail.html", context)


@require_GET
@requires(Permission.PACK_VIEW)
def pack_progress(request: HttpRequest, pk: int) -> HttpResponse:
    """How far the building is (htmx); once it has ended the page is loaded anew."""
    pack = _visible(request, pk)
    response = render(request, "components/progress.html", {"job": pack.job, "url": request.path})
    if pack.status not in {Pack.Status.REQUESTED, Pack.Status.BUILDING}:
        response["HX-Refresh"] = "true"
    return response


@require_POST
@requires(Permission.PACK_VIEW)
def pack_download(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Send the signed PDF, and write down who took it."""
    return send(request, _visible(request, pk))


@require_POST
@requires(Permission.PACK_REQUEST)
def pack_retry(request: HttpRequest, pk: int) -> HttpResponse:
    """Go on with a pack that failed."""
    pack = _own(request, pk)
    try:
        pack_service.retry(pack, by=_user(request), at=timezone.now())
    except pack_service.CannotRetry as error:
        messages.error(request, str(error))
    return redirect("audits:pack-detail", pk)


@require_POST
@requires(Permission.PACK_REQUEST)
def pack_supersede(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask for a newer pack of the same scope."""
    pack = _own(request, pk)
    try:
        pack = pack_service.supersede(pack, by=_user(request), at=timezone.now())
    except pack_service.CannotSupersede as error:
        messages.error(request, str(error))
        return redirect("audits:pack-detail", pk)
    return redirect("audits:pack-detail", pack.pk)


@require_POST
@requires(Permission.PACK_REQUEST)
def pack_link(request: HttpRequest, pk: int) -> HttpResponse:
    """Make a link for somebody without an account; its address is shown once."""
    pack = _own(request, pk)
    form = PackLinkForm(request.POST, today=site_today(pack.site), pack=pack)
    if form.is_valid():
        try:
            _link, token = pack_copy.make_link(
                pack, for_whom=form.cleaned_data["for_whom"], expires_at=form.expires_at(), by=_user(request),
                at=timezone.now(),
            )  # fmt: skip
        except pack_copy.NotReady as error:
            messages.error(request, str(error))
        except ValidationError as error:
            form.add_error(None, error.messages)
        else:
            request.session[f"pack-link-{pack.pk}"] = token
    return _back_with_errors(request, form, pk)


def _back_with_errors(request: HttpRequest, form: PackLinkForm, pk: int) -> HttpResponseRedirect:
    for words in [str(text) for errors in form.errors.values() for text in errors]:
        messages.error(request, words)
    return redirect(reverse("audits:pack-detail", args=[pk]) + "#links")


@require_POST
@requires(Permission.PACK_REQUEST)
def pack_link_revoke(request: HttpRequest, pk: int, link_pk: int) -> HttpResponse:
    """End a link now."""
    link = get_object_or_404(PackLink, pk=link_pk, pack=_own(request, pk))
    pack_copy.revoke_link(link, by=_user(request), at=timezone.now())
    messages.success(request, _("The link no longer works."))
    return redirect(reverse("audits:pack-detail", args=[pk]) + "#links")


def _user(request: HttpRequest) -> User:
    return cast(User, request.user)  # every view in here asks for a permission


def _crumbs() -> list[tuple[str, str]]:
    return [(_("Evidence"), reverse("qms:evidence")), (_("Packs"), reverse("audits:pack-list"))]


def _visible(request: HttpRequest, pk: int) -> Pack:
    packs = Pack.objects.visible_to(_user(request)).select_related("site", "owner", "edition", "job", "supersedes")
    return get_object_or_404(packs, pk=pk)


def _own(request: HttpRequest, pk: int) -> Pack:
    """The pack, for who asked for it or may correct other people's work; 403 for who may only see it."""
    pack = _visible(request, pk)
    if not may_change(_user(request), pack):
        raise PermissionDenied(_("Only who asked for this pack, or the quality manager, may do this."))
    return pack


def send(request: HttpRequest, pack: Pack, link: PackLink | None = None) -> HttpResponseBase:
    by = _user(request) if link is None else None
    try:
        address = get_adapter(request).get_client_ip(request)  # behind a proxy: not the proxy's
        pack_copy.note_download(pack, by=by, at=timezone.now(), link=link, address=address)
    except pack_copy.NotReady as error:
        messages.error(request, str(error))
        return redirect("audits:pack-detail", pack.pk)
    response = FileResponse(
        pack.file.open("rb"), as_attachment=True, filename=f"{pack.reference}.pdf", content_type="application/pdf"
    )
    response["X-Content-Type-Options"] = "nosniff"
    return response
