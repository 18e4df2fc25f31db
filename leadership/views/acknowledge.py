"""Where people read and acknowledge: by a secret link, with their own log-in, or by name and PIN at a shared device."""

from __future__ import annotations

import uuid
from typing import Any, cast

from allauth.account.adapter import get_adapter
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from leadership.forms.acknowledge import NameAndPinForm, ReadForm
from leadership.models import Acknowledgement, AcknowledgementCampaign, Addressee
from leadership.services import acknowledgement as service
from leadership.services import acknowledgement_link as link
from leadership.services.acknowledgement import CannotAcknowledge
from leadership.services.acknowledgement_letter import RELATED
from leadership.services.acknowledgement_page import reading_of
from qms.models import User
from qms.permissions import Permission, public, requires
from qms.services import rate_limit

Way = Acknowledgement.Way
TRIES, TRIES_SECONDS = 200, 10 * 60
"""Requests from one address: a whole shift reads at one device, each wrong PIN is limited per person."""


def refuse_too_many(request: HttpRequest) -> None:
    """Raise CannotAcknowledge after too many tries from one address."""
    who = get_adapter(request).get_client_ip(request)
    if rate_limit.is_over("acknowledge", who, limit=TRIES, seconds=TRIES_SECONDS):
        raise CannotAcknowledge(_("Too many tries from here. Wait ten minutes and try again."))


@never_cache
@require_http_methods(["GET", "POST"])
@public
def acknowledge(request: HttpRequest, token: str) -> HttpResponse:
    """Read and acknowledge by a secret link."""
    try:
        refuse_too_many(request)
        addressee = link.by_token(token)
        way = Way.HANDED if addressee.is_handed_over else Way.MAIL
        return read(request, addressee, way=way, data=request.POST if request.method == "POST" else None)
    except CannotAcknowledge as error:
        return closed(request, error)


@never_cache
@require_http_methods(["GET", "POST"])
@requires(Permission.SIGNED_IN)
def acknowledge_mine(request: HttpRequest, pk: int) -> HttpResponse:
    """Read and acknowledge as the person who is logged in."""
    user = cast(User, request.user)
    addressee = get_object_or_404(Addressee.objects.filter(person_id=user.person_id).select_related(*RELATED), pk=pk)
    try:
        if addressee.acknowledged_at or addressee.left_at:
            raise CannotAcknowledge(_("There is nothing left to acknowledge here. Thank you."))
        return read(
            request, addressee, way=Way.ACCOUNT, by=user, data=request.POST if request.method == "POST" else None
        )
    except CannotAcknowledge as error:
        return closed(request, error)


@never_cache
@require_http_methods(["GET", "POST"])
@public
def acknowledge_at(request: HttpRequest, uid: uuid.UUID) -> HttpResponse:
    """Read and acknowledge at a shared device: name and PIN first, then the text; nobody is listed."""
    try:
        refuse_too_many(request)
        campaign = running(uid)
        if "pass" in request.POST:
            addressee = link.by_pass(campaign, request.POST["pass"])
            data = None if "show" in request.POST else request.POST
            return read(request, addressee, way=Way.PIN, data=data, given_pass=request.POST["pass"])
    except CannotAcknowledge as error:
        return closed(request, error)
    form = NameAndPinForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            addressee = link.by_name_and_pin(campaign, form.cleaned_data["name"], form.cleaned_data["pin"])
            return read(request, addressee, way=Way.PIN, given_pass=link.pass_for(addressee))
        except CannotAcknowledge as error:
            form.add_error(None, str(error))
    shown = {"form": form, "campaign": campaign}
    return render(request, "leadership/acknowledge_at.html", shown, status=422 if form.errors else 200)


def running(uid: uuid.UUID) -> AcknowledgementCampaign:
    """The campaign of a code. Raises CannotAcknowledge for one that is over or unknown."""
    rows = AcknowledgementCampaign.objects.filter(uid=uid, status__in=AcknowledgementCampaign.RUNNING)
    found = rows.select_related("site", "owner", "subject").first()
    if found is None:
        raise CannotAcknowledge(_("Nobody is asked to read anything here any more."))
    return found


def read(
    request: HttpRequest, addressee: Addressee, *, way: str, data: Any = None, by: User | None = None,
    given_pass: str = "",
) -> HttpResponse:  # fmt: skip
    """The text with its question; once sent and right, thanks. Raises CannotAcknowledge."""
    campaign = addressee.campaign
    language = (request.POST.get("language") or request.GET.get("lang", ""))[:16]
    form = ReadForm(data, campaign=campaign, initial={"language": language})
    if data is not None and form.is_valid():
        values = {name: form.cleaned_data.get(name, "") for name in ("answer", "language")}
        try:
            service.check_answer(addressee, values["answer"])
            given = service.acknowledge(addressee, way=way, by=by, at=timezone.now(), **values)
            again = request.path if way == Way.PIN else ""
            return render(request, "leadership/acknowledge_thanks.html", {"given": given, "again_url": again})
        except service.WrongAnswer as error:
            form.add_error("answer", str(error))
    with timezone.override(campaign.site.zone):
        return render(request, "leadership/acknowledge_read.html", {
            "campaign": campaign, "addressee": addressee, "form": form, "given_pass": given_pass,
            "reading_language": language, **reading_of(campaign),
        }, status=422 if form.errors else 200)  # fmt: skip


def closed(request: HttpRequest, error: Exception) -> HttpResponse:
    """Why one cannot acknowledge, and what to do."""
    return render(request, "leadership/corroboration_closed.html", {"why": str(error)}, status=404)
