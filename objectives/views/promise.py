"""Is the promise kept? Asked again by the owner; answered by log-in, by a secret link, or at the QR code by PIN."""

from __future__ import annotations

import uuid
from typing import cast

from allauth.account.adapter import get_adapter
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from objectives.forms.promise import PinPromiseForm, PromiseForm
from objectives.models import Promise
from objectives.services import promise as service
from objectives.views.improvement_page import to_work_on
from qms.models import User
from qms.permissions import Permission, public, requires
from qms.services import rate_limit, secret_link
from qms.views.record_page import page_url

TRIES, TRIES_SECONDS = 40, 10 * 60


@never_cache
@require_http_methods(["GET", "POST"])
@requires(Permission.ACTION_EDIT)
def promise_ask(request: HttpRequest, pk: int) -> HttpResponse:
    """Hand the question out: a fresh link, and the code for who has a PIN. Posting makes the link."""
    action = to_work_on(request, pk)
    made, why = None, ""
    if request.method == "POST":
        try:
            made = service.ask_again(action, by=cast(User, request.user), at=timezone.now())
        except service.CannotAsk as error:
            why = str(error)
    question = made or service.pending(action)
    code = secret_link.address_of("objectives:promise-at", action.uid)
    has_pin = bool(question and question.person.pin_hash) and not action.is_confidential
    return render(request, "objectives/promise_ask.html", {
        "action": action, "question": question, "made": made, "why": why, "page_url": page_url(request, action),
        "code": secret_link.drawing(code) if has_pin else "", "code_address": code,
        "link_code": secret_link.drawing(made.secret_link) if made and made.secret_link else "",
    }, status=409 if why else 200)  # fmt: skip


def refuse_too_many(request: HttpRequest) -> None:
    """Raise CannotAnswer after too many tries from one address."""
    if rate_limit.is_over("answer", get_adapter(request).get_client_ip(request), limit=TRIES, seconds=TRIES_SECONDS):
        raise service.CannotAnswer(_("Too many tries from here. Wait ten minutes and try again."))


@never_cache
@require_http_methods(["GET", "POST"])
@public
def promise_answer(request: HttpRequest, token: str) -> HttpResponse:
    """Answer by a secret link."""
    try:
        refuse_too_many(request)
        found = service.by_token(token, at=timezone.now())
        form = PromiseForm(request.POST if request.method == "POST" else None)
        if request.method == "POST" and form.is_valid():
            return thanks(request, found, form)
    except service.CannotAnswer as error:
        return closed(request, error)
    return question(request, found, form)


@never_cache
@require_http_methods(["GET", "POST"])
@public
def promise_at(request: HttpRequest, uid: uuid.UUID) -> HttpResponse:
    """Answer at the action's QR code, with one's own PIN."""
    try:
        refuse_too_many(request)
        found = service.open_at(uid, at=timezone.now())
        if found is None:
            raise service.CannotAnswer(_("Nobody can answer here any more. Ask the owner for a link."))
    except service.CannotAnswer as error:
        return closed(request, error)
    form = PinPromiseForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            service.check_pin(found, form.cleaned_data["pin"])
            return thanks(request, found, form, through=Promise.Way.PIN)
        except service.CannotAnswer as error:
            form.add_error("pin", str(error))
    return question(request, found, form)


@never_cache
@require_http_methods(["GET", "POST"])
@requires(Permission.SIGNED_IN)
def promise_mine(request: HttpRequest, pk: int) -> HttpResponse:
    """Answer as the person who is logged in."""
    user = cast(User, request.user)
    found = get_object_or_404(service.questions_for(user, at=timezone.now()), pk=pk)
    form = PromiseForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            return thanks(request, found, form, by=user, through=Promise.Way.ACCOUNT)
        except service.CannotAnswer as error:
            return closed(request, error)
    return question(request, found, form)


def thanks(
    request: HttpRequest, found: Promise, form: PromiseForm, *, by: User | None = None, through: str = ""
) -> HttpResponse:
    """Keep the answer and say thank you."""
    given = {name: form.cleaned_data[name] for name in ("answer", "words")}
    service.answer(found, by=by, at=timezone.now(), through=through, **given)
    return render(request, "objectives/promise_thanks.html", {"is_kept": given["answer"] == Promise.Answer.KEPT})


def question(request: HttpRequest, found: Promise, form: PromiseForm) -> HttpResponse:
    """The one question, with what the person needs to know what it is about."""
    with timezone.override(found.action.site.zone):
        return render(request, "objectives/promise_question.html", {
            "question": found, "action": found.action, "form": form, "days": service.LIFETIME.days,
        }, status=422 if form.errors else 200)  # fmt: skip


def closed(request: HttpRequest, error: Exception) -> HttpResponse:
    """Why one cannot answer, and what to do."""
    return render(request, "objectives/promise_closed.html", {"why": str(error)}, status=404)
