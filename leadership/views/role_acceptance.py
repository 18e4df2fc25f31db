"""The holder's yes or no: by log-in with a signature, before a witness, or at a secret link with the own PIN."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from allauth.account.adapter import get_adapter
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from leadership.forms.role import AcceptForm, DeclineForm, RoleAnswerForm
from leadership.models import Role
from leadership.services import role_acceptance as service
from leadership.views.role import RELATED
from qms.forms.record_form import explain
from qms.models import User
from qms.permissions import Permission, public, requires
from qms.services import rate_limit, secret_link
from qms.services.record import CannotChange, StaleRecord
from qms.views.record_form import REFUSED
from qms.views.record_page import load, page_url

TRIES, TRIES_SECONDS = 40, 10 * 60


def held_by_user(request: HttpRequest, pk: int) -> Role:
    """The role, for its holder: 404 when not visible, 403 for anybody else."""
    role = load(request, Role, pk, *RELATED)
    if role.holder_id is None or role.holder_id != cast(User, request.user).person_id:
        raise PermissionDenied(_("Only the one it is offered to may answer for this role."))
    return role


@require_http_methods(["GET", "POST"])
@requires(Permission.RECORD_VIEW)
def role_accept(request: HttpRequest, pk: int) -> HttpResponse:
    """Accept the role with one's own signature."""
    role = held_by_user(request, pk)
    return sign_response(request, role, service.accept, title=_("Accept “%s”") % role.title, label=_("Accept and sign"))


@require_http_methods(["GET", "POST"])
@requires(Permission.ROLE_EDIT)
def role_witness(request: HttpRequest, pk: int) -> HttpResponse:
    """Sign for a holder without a log-in having said yes in front of oneself."""
    role = load(request, Role, pk, *RELATED)
    title = _("%s accepts in front of you") % (role.holder or _("The holder"))
    return sign_response(request, role, service.accept_before_witness, title=title, label=_("I was there: sign"))


def sign_response(
    request: HttpRequest, role: Role, accept: Callable[..., Any], *, title: str, label: str
) -> HttpResponse:  # fmt: skip
    """Show what is accepted and take the signature under it."""
    user = cast(User, request.user)
    form = AcceptForm(request.POST or None, user=user, record=role)
    if request.method == "POST" and form.is_valid():
        try:
            accept(role, version=form.cleaned_data["version"], by=user, at=timezone.now(), method=form.method)
        except (*REFUSED, StaleRecord) as error:
            explain(form, error)
        else:
            messages.success(request, _("Accepted and signed. The role counts as evidence from today."))
            return redirect(page_url(request, role))
    return render(request, "leadership/role_accept.html", {
        "form": form, "role": role, "title": title, "lead": role.reference, "submit_label": label,
        "cancel_url": page_url(request, role),
    })  # fmt: skip


@require_http_methods(["GET", "POST"])
@requires(Permission.RECORD_VIEW)
def role_decline(request: HttpRequest, pk: int) -> HttpResponse:
    """Say no to the role, and why."""
    role = held_by_user(request, pk)
    form = DeclineForm(request.POST or None, initial={"version": role.version})
    if request.method == "POST" and form.is_valid():
        try:
            service.decline(role, by=cast(User, request.user), at=timezone.now(), **form.cleaned_data)
        except (*REFUSED, StaleRecord) as error:
            explain(form, error)
        else:
            messages.success(request, _("You said no. The role is vacant, and who assigns it sees why."))
            return redirect(page_url(request, role))
    return render(request, "components/form_page.html", {
        "form": form, "title": _("Say no to “%s”") % role.title, "lead": role.reference, "submit_label": _("Say no"),
        "cancel_url": page_url(request, role),
    })  # fmt: skip


@never_cache
@require_http_methods(["GET", "POST"])
@requires(Permission.ROLE_EDIT)
def role_link(request: HttpRequest, pk: int) -> HttpResponse:
    """Hand a link to a holder without a log-in. Posting makes it; it is shown once."""
    role = load(request, Role, pk, *RELATED)
    link = why = ""
    if request.method == "POST":
        try:
            link = service.make_link(role, by=cast(User, request.user), at=timezone.now())
        except CannotChange as error:
            why = str(error)
    return render(request, "leadership/role_link.html", {
        "role": role, "link": link, "why": why, "page_url": page_url(request, role),
        "code": secret_link.drawing(link) if link else "", "days": service.LINK_LIFETIME.days,
    }, status=409 if why else 200)  # fmt: skip


@never_cache
@require_http_methods(["GET", "POST"])
@public
def role_answer(request: HttpRequest, token: str) -> HttpResponse:
    """Read the role and answer at a secret link, with one's own PIN."""
    try:
        refuse_too_many(request)
        role = service.by_token(token, at=timezone.now())
    except service.CannotAnswer as error:
        return render(request, "leadership/role_closed.html", {"why": str(error)}, status=404)
    form = RoleAnswerForm(request.POST or None, initial={"version": role.version})
    if request.method == "POST" and form.is_valid():
        try:
            return answered(request, role, form.cleaned_data)
        except service.CannotAnswer as error:
            form.add_error("pin", str(error))
        except REFUSED as error:
            explain(form, error)
    with timezone.override(role.site.zone):
        return render(request, "leadership/role_question.html", {
            "role": role, "form": form, "answers": RoleAnswerForm.ANSWERS,
        }, status=422 if form.errors else 200)  # fmt: skip


def answered(request: HttpRequest, role: Role, values: dict[str, Any]) -> HttpResponse:
    """Keep the answer and say thank you."""
    sent = {"pin": values["pin"], "version": values["version"], "at": timezone.now()}
    is_yes = values["answer"] == "accept"
    if is_yes:
        service.accept_by_link(role, **sent)
    else:
        service.decline_by_link(role, reason=values["reason"], **sent)
    return render(request, "leadership/role_thanks.html", {"role": role, "is_yes": is_yes})


def refuse_too_many(request: HttpRequest) -> None:
    """Raise CannotAnswer after too many tries from one address."""
    if rate_limit.is_over("answer", get_adapter(request).get_client_ip(request), limit=TRIES, seconds=TRIES_SECONDS):
        raise service.CannotAnswer(_("Too many tries from here. Wait ten minutes and try again."))
