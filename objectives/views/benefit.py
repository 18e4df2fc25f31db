"""Benefits of an improvement action: entered, changed, withdrawn, confirmed by finance."""

from __future__ import annotations

from typing import cast

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from objectives.forms.benefit import BenefitForm, WithdrawBenefitForm
from objectives.models import Benefit, ImprovementAction
from objectives.services import benefit as service
from objectives.views.improvement_page import may_work_on, to_work_on
from qms.forms.record_clash import again_with
from qms.forms.signature import SignVersionForm
from qms.models import Organization, User
from qms.permissions import Permission, requires
from qms.services.record import CannotChange, StaleRecord
from qms.views.record_page import page_url


def of_visible(request: HttpRequest, pk: int) -> Benefit:
    """A benefit of an action the user may see; 404 otherwise."""
    actions = ImprovementAction.objects.visible_to(cast(User, request.user))
    rows = Benefit.objects.filter(withdrawn_at=None, action__in=actions)
    related = ("action__site", "action__area", "action__owner", "confirmed_by", "account")
    return get_object_or_404(rows.select_related(*related), pk=pk)


def to_change(request: HttpRequest, pk: int) -> Benefit:
    """The same, for somebody who works on the action; 403 for who may only see it."""
    found = of_visible(request, pk)
    if not may_work_on(cast(User, request.user), found.action):
        raise PermissionDenied(_("Only who works on the action may change what it brings."))
    return found


@require_http_methods(["GET", "POST"])
@requires(Permission.ACTION_EDIT)
def benefit_new(request: HttpRequest, pk: int) -> HttpResponse:
    """Add a benefit to an action."""
    action = to_work_on(request, pk)
    form = BenefitForm(request.POST or None, action=action, currency=Organization.current().currency)
    if request.method == "POST" and form.is_valid():
        try:
            service.add(action, by=cast(User, request.user), at=timezone.now(), **form.facts())
        except (CannotChange, ValidationError) as error:
            form.add_error(None, error if isinstance(error, ValidationError) else str(error))
        else:
            return redirect(page_url(request, action) + "#benefits")
    return render(request, "components/form_page.html", {
        "form": form, "title": _("What it brings: %(name)s") % {"name": action.reference}, "lead": action.title,
        "submit_label": _("Add"), "cancel_url": page_url(request, action),
    })  # fmt: skip


@require_http_methods(["GET", "POST"])
@requires(Permission.ACTION_EDIT)
def benefit_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Change a benefit with a reason; a confirmed one loses its confirmation."""
    benefit = to_change(request, pk)
    form = BenefitForm(request.POST or None, action=benefit.action, benefit=benefit, currency=benefit.currency)
    if request.method == "POST" and form.is_valid():
        sent = {"reason": form.cleaned_data["reason"], **form.facts()}
        try:
            service.change(benefit, by=cast(User, request.user), at=timezone.now(), **sent)
        except (CannotChange, ValidationError) as error:
            form.add_error(None, error if isinstance(error, ValidationError) else str(error))
        else:
            return redirect(page_url(request, benefit.action) + "#benefits")
    warning = _("Finance has confirmed this benefit. Changing an amount takes the confirmation away.")
    return render(request, "components/form_page.html", {
        "form": form, "title": _("Change the benefit"),
        "lead": warning if benefit.confirmed_at else benefit.description,
        "cancel_url": page_url(request, benefit.action),
    })  # fmt: skip


@require_http_methods(["GET", "POST"])
@requires(Permission.ACTION_EDIT)
def benefit_withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a benefit out, with a reason."""
    benefit = to_change(request, pk)
    form = WithdrawBenefitForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            service.withdraw(
                benefit, reason=form.cleaned_data["reason"], by=cast(User, request.user), at=timezone.now()
            )
        except (CannotChange, ValidationError) as error:
            form.add_error(None, error if isinstance(error, ValidationError) else str(error))
        else:
            return redirect(page_url(request, benefit.action) + "#benefits")
    return render(request, "components/form_page.html", {
        "form": form, "title": _("Withdraw the benefit?"), "lead": benefit.description, "submit_label": _("Withdraw"),
        "submit_tone": "danger", "cancel_url": page_url(request, benefit.action),
    })  # fmt: skip


@require_http_methods(["GET", "POST"])
@requires(Permission.BENEFIT_CONFIRM)
def benefit_confirm(request: HttpRequest, pk: int) -> HttpResponse:
    """Confirm the actual amount as finance, after a fresh proof of who confirms."""
    benefit = of_visible(request, pk)
    user = cast(User, request.user)
    form = SignVersionForm(request.POST or None, user=user, record=benefit.action)
    if request.method == "POST" and form.is_valid():
        seen = form.cleaned_data["version"]
        try:
            service.confirm(benefit, version=seen, proof=form.method, by=user, at=timezone.now())
        except StaleRecord as stale:
            form.add_error(None, _("This was changed after you opened the page. Look at what it says now, then sign."))
            again_with(form, stale.current.version)
            benefit = of_visible(request, pk)
        except (service.CannotConfirm, CannotChange) as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, _("Confirmed and signed: %(name)s.") % {"name": user.person.name})
            return redirect(page_url(request, benefit.action) + "#benefits")
    return render(request, "objectives/benefit_confirm.html", {
        "form": form, "benefit": benefit, "title": _("Confirm the benefit"), "submit_label": _("Confirm and sign"),
        "lead": f"{benefit.action.reference} · {benefit.action.title}",
        "cancel_url": page_url(request, benefit.action),
    })  # fmt: skip
