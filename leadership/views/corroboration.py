"""Asking people who were there, and the two public pages they answer on, which show nothing else of the system."""

from __future__ import annotations

import uuid
from typing import Any, cast

from allauth.account.adapter import get_adapter
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from leadership.forms.corroboration import AnswerForm, InviteForm, PinAnswerForm
from leadership.models import Activity, Invitation
from leadership.services import corroboration as service
from qms.models import RecordPerson, User
from qms.permissions import Permission, public, requires
from qms.services import rate_limit, secret_link
from qms.views.record_page import load_to_change, page_url

TRIES, TRIES_SECONDS = 40, 10 * 60


@never_cache
@require_http_methods(["GET", "POST"])
@requires(Permission.ACTIVITY_LOG)
def activity_ask(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask people met: choose them, hand out the links of those without e-mail, show the code for those with a PIN."""
    activity = load_to_change(request, Activity, pk, "activity_type")
    form = InviteForm(request.POST if request.method == "POST" else None, people=unanswered(activity))
    made: list[Invitation] = []
    if request.method == "POST" and form.is_valid():
        try:
            made = service.invite(
                activity, participant_ids=form.chosen(), by=cast(User, request.user), at=timezone.now()
            )
        except service.CannotInvite as error:
            form.add_error(None, str(error))
    invitations = Invitation.objects.filter(activity=activity).select_related("participant__person")
    return render(request, "leadership/corroboration_ask.html", {
        "activity": activity, "form": form, "made": made, "page_url": page_url(request, activity),
        "invitations": list(invitations.order_by("participant__position", "pk")), "now": timezone.now(),
        "code": drawing(activity) if service.open_at(activity, at=timezone.now()) else "",
        "code_address": code_address(activity),
    })  # fmt: skip


def unanswered(activity: Activity) -> list[RecordPerson]:
    """People met who have not answered."""
    met = activity.participants.filter(part=RecordPerson.Part.MET).exclude(invitation__answered_at__isnull=False)
    return list(met.order_by("position", "pk"))


def code_address(activity: Activity) -> str:
    """The address behind the activity's QR code."""
    return secret_link.address_of("leadership:answer-at", activity.uid)


def drawing(activity: Activity) -> SafeString:
    """The QR code as an inline SVG drawn with presentation attributes only."""
    return secret_link.drawing(code_address(activity))


def refuse_too_many(request: HttpRequest) -> None:
    """Raise CannotAnswer after too many tries from one address."""
    if rate_limit.is_over("answer", get_adapter(request).get_client_ip(request), limit=TRIES, seconds=TRIES_SECONDS):
        raise service.CannotAnswer(_("Too many tries from here. Wait ten minutes and try again."))


@never_cache
@require_http_methods(["GET", "POST"])
@public
def answer(request: HttpRequest, token: str) -> HttpResponse:
    """Answer by a secret link."""
    try:
        refuse_too_many(request)
        invitation = service.by_token(token, at=timezone.now())
        form = AnswerForm(request.POST if request.method == "POST" else None)
        if request.method == "POST" and form.is_valid():
            return thanks(request, invitation, form.cleaned_data)
    except service.CannotAnswer as error:
        return closed(request, error)
    return question(request, invitation.activity, form, name=invitation.participant.name)


@never_cache
@require_http_methods(["GET", "POST"])
@public
def answer_at(request: HttpRequest, uid: uuid.UUID) -> HttpResponse:
    """Answer at the activity's QR code, with a name and a PIN."""
    try:
        refuse_too_many(request)
        activity = asked_activity(uid)
        invitations = service.open_at(activity, at=timezone.now())
        if not invitations:
            raise service.CannotAnswer(_("Nobody can answer here any more. Ask the leader for a link."))
    except service.CannotAnswer as error:
        return closed(request, error)
    form = PinAnswerForm(request.POST if request.method == "POST" else None, invitations=invitations)
    if request.method == "POST" and form.is_valid():
        try:
            service.check_pin(form.cleaned_data["who"], form.cleaned_data["pin"])
            return thanks(request, form.cleaned_data["who"], form.cleaned_data, Invitation.Way.PIN)
        except service.CannotAnswer as error:
            form.add_error("pin", str(error))
    return question(request, activity, form)


@never_cache
@require_http_methods(["GET", "POST"])
@requires(Permission.SIGNED_IN)
def answer_mine(request: HttpRequest, pk: int) -> HttpResponse:
    """Answer as the person who is logged in."""
    mine = service.open_invitations(timezone.now()).filter(participant__person_id=cast(User, request.user).person_id)
    invitation = get_object_or_404(mine, pk=pk)
    form = AnswerForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            return thanks(request, invitation, form.cleaned_data, Invitation.Way.ACCOUNT)
        except service.CannotAnswer as error:
            return closed(request, error)
    return question(request, invitation.activity, form, name=invitation.participant.name)


def asked_activity(uid: uuid.UUID) -> Activity:
    """The activity of a code, if anybody was asked about it; the same refusal for everything else."""
    found = Activity.objects.select_related("site", "owner", "activity_type", "area").filter(uid=uid)
    activity = found.filter(invitations__isnull=False).distinct().first()
    if activity is None:
        raise service.CannotAnswer(_("Nobody can answer here any more. Ask the leader for a link."))
    return activity


def thanks(request: HttpRequest, invitation: Invitation, values: dict[str, Any], through: str = "") -> HttpResponse:
    """Keep the answer and say thank you."""
    given = {name: values[name] for name in ("happened", "point", "words", "is_anonymous")}
    service.answer(invitation, at=timezone.now(), through=through, **given)
    return render(request, "leadership/corroboration_thanks.html", {"is_anonymous": given["is_anonymous"]})


def question(request: HttpRequest, activity: Activity, form: AnswerForm, name: str = "") -> HttpResponse:
    """The one question, with what somebody who was there needs to know what it is about."""
    with timezone.override(activity.site.zone):
        return render(request, "leadership/corroboration_question.html", {
            "activity": activity, "form": form, "name": name, "choices": form.fields["happened"].choices,  # type: ignore[attr-defined]
        }, status=422 if form.errors else 200)  # fmt: skip


def closed(request: HttpRequest, error: Exception) -> HttpResponse:
    """Why one cannot answer, and what to do."""
    return render(request, "leadership/corroboration_closed.html", {"why": str(error)}, status=404)
