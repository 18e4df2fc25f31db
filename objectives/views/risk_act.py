"""What is done to a risk: each act a page with its form; accepting one takes a signature."""

from __future__ import annotations

from typing import cast

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from objectives.forms.risk import AcceptForm
from objectives.models import Risk
from objectives.services import risk as service
from objectives.services import risk_acceptance, risk_scale
from objectives.views.risk import may_work_on
from objectives.views.risk_offer import ACCEPTABLE, ACTS, Act, facts_of
from qms.forms.record_form import explain
from qms.models import User, site_today
from qms.permissions import Permission, requires
from qms.services.record import CannotChange, IllegalTransition, StaleRecord
from qms.views.record_page import load, page_url


def for_act(request: HttpRequest, pk: int, verb: str) -> tuple[Risk, Act]:
    """The risk and the act: 404 when not visible or there is no such act, 403 for who may not do it."""
    if verb not in ACTS:
        raise Http404
    risk, act = load(request, Risk, pk, "scale"), ACTS[verb]
    if not (act.for_all or may_work_on(cast(User, request.user), risk)):
        raise PermissionDenied(_("Only the owner, who entered it, or the quality manager may change this risk."))
    return risk, act


@require_http_methods(["GET", "POST"])
@requires(Permission.RISK_EDIT)
def risk_act(request: HttpRequest, pk: int, verb: str) -> HttpResponse:
    """One act on a risk, from its form to the record."""
    risk, act = for_act(request, pk, verb)
    if risk.status not in act.statuses:
        messages.info(request, _("It stands as “%s”; this cannot be done from there.") % risk.get_status_display())
        return redirect(page_url(request, risk))
    user = cast(User, request.user)
    scale = (risk_scale.in_force(risk.site) if verb == "rate" else None) or risk.scale
    form = act.form(request.POST or None, user=user, risk=risk, scale=scale)
    if request.method == "POST" and form.is_valid():
        try:
            sent = {"version": form.cleaned_data["version"], **facts_of(form)}
            act.call(risk, by=user, at=timezone.now(), **sent)
        except (StaleRecord, ValidationError, CannotChange, IllegalTransition) as error:
            explain(form, error)
        else:
            messages.success(request, _("Done; it is in the timeline."))
            return redirect(page_url(request, risk))
    return render(request, "objectives/risk_act.html", {
        "form": form, "risk": risk, "act": act, "title": act.label, "lead": act.lead, "scale": scale,
        "obstacle": service.closing_obstacle(risk) if verb == "close" else "",
        "submit_label": act.label, "cancel_url": page_url(request, risk),
    }, status=422 if form.errors else 200)  # fmt: skip


@require_http_methods(["GET", "POST"])
@requires(Permission.RISK_ACCEPT)
def risk_accept(request: HttpRequest, pk: int) -> HttpResponse:
    """Accept a rated risk, or renew its acceptance, with a signature after a fresh proof of who signs."""
    risk, user = load(request, Risk, pk, "scale"), cast(User, request.user)
    if risk.status not in ACCEPTABLE or not risk.rating:
        messages.info(request, _("Rate it first: nobody can accept what nobody has weighed."))
        return redirect(page_url(request, risk))
    form = AcceptForm(request.POST or None, user=user, risk=risk, today=site_today(risk.site))
    if request.method == "POST" and form.is_valid():
        try:
            risk_acceptance.accept(
                risk, version=form.cleaned_data["version"], method=form.method, by=user, at=timezone.now(),
                **form.acceptance(),
            )  # fmt: skip
        except (StaleRecord, ValidationError, CannotChange, IllegalTransition) as error:
            explain(form, error)
        else:
            messages.success(request, _("Signed by %(name)s and accepted.") % {"name": user.person.name})
            return redirect(page_url(request, risk))
    return render(request, "objectives/risk_act.html", {
        "form": form, "risk": risk, "title": _("Accept %(reference)s") % {"reference": risk.reference},
        "lead": _("You sign that this is borne as it stands, for a time, and what would end that."),
        "submit_label": _("Sign and accept"), "cancel_url": page_url(request, risk),
    }, status=422 if form.errors else 200)  # fmt: skip
