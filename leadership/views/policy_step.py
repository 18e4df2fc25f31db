"""What is done to the policy: drafted, changed, translated, handed in, approved with a signature, reviewed."""

from __future__ import annotations

from typing import Any, cast

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from leadership.forms.policy import REVIEW_AFTER, ApproveForm, PolicyForm, ReviewForm, TranslationForm
from leadership.models import Policy
from leadership.services import policy as service
from leadership.views.policy import MOVES, RELATED, STEM, may_move, scope_words, text_in
from qms.forms.record_form import explain
from qms.models import User, site_today
from qms.permissions import Permission, requires
from qms.services.record import StaleRecord
from qms.views.record_form import REFUSED, change_response, created
from qms.views.record_move import move_response
from qms.views.record_page import load, page_url


@require_http_methods(["GET", "POST"])
@requires(Permission.POLICY_EDIT)
def policy_new(request: HttpRequest) -> HttpResponse:
    """Draft a version; it starts from the text of the current one, where ``?from=`` names it."""
    user = cast(User, request.user)
    chosen = (
        Policy.objects.visible_to(user).filter(pk=request.GET["from"]) if _is_key(request.GET.get("from")) else None
    )
    start = chosen.first() if chosen is not None else None
    initial: dict[str, Any] = (
        {name: getattr(start, name) for name in ("title", "text", "language", "applies_to", "is_public", "is_indexed")}
        | {"goals": start.goals.all()}
        if start
        else {}
    )
    form = PolicyForm(request.POST or None, user=user, initial=initial)
    if policy := created(request, form, service.draft):
        messages.success(request, _("%s is a draft. Hand it in when it is ready to be approved.") % policy.reference)
        return redirect(f"{STEM}-detail", policy.pk)
    return render(request, "components/form_page.html", {
        "form": form, "title": _("New version of the policy"), "submit_label": _("Save the draft"),
        "lead": _("Short enough to be remembered. It holds once top management has signed it."),
        "cancel_url": reverse(f"{STEM}-list"),
    })  # fmt: skip


def _is_key(text: str | None) -> bool:
    return bool(text) and str(text).isdecimal() and len(str(text)) < 18


@require_http_methods(["GET", "POST"])
@requires(Permission.POLICY_EDIT)
def policy_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Change a draft with a reason; after a clash both versions stand side by side."""
    policy = load(request, Policy, pk, *RELATED)
    form = PolicyForm(request.POST or None, user=cast(User, request.user), record=policy)
    return change_response(request, form, policy, service.change)


@require_http_methods(["GET", "POST"])
@requires(Permission.POLICY_EDIT)
def policy_translate(request: HttpRequest, pk: int) -> HttpResponse:
    """Put the text in another language beside a draft."""
    policy, user = load(request, Policy, pk, *RELATED), cast(User, request.user)
    known: dict[str, str] = next((row for row in policy.translations if row["language"] == request.GET.get("lang")), {})
    form = TranslationForm(request.POST or None, policy=policy, initial=known)
    if request.method == "POST" and form.is_valid():
        try:
            service.translate(policy, by=user, at=timezone.now(), **form.cleaned_data)
        except REFUSED as error:
            explain(form, error)
        else:
            messages.success(request, _("The translation is part of this version."))
            return redirect(page_url(request, policy))
    return render(request, "leadership/policy_translate.html", {
        "form": form, "policy": policy, "title": _("Translate %s") % policy.reference, "lead": policy.title,
        "submit_label": _("Save the translation"), "cancel_url": page_url(request, policy),
    }, status=422 if form.errors else 200)  # fmt: skip


@require_http_methods(["GET", "POST"])
@requires(Permission.POLICY_APPROVE)
def policy_approve(request: HttpRequest, pk: int) -> HttpResponse:
    """Approve a version with a signature after a fresh proof of who signs."""
    policy = load(request, Policy, pk, *RELATED)
    return signed(
        request, policy, ApproveForm, service.approve, _("Approve %s") % policy.reference, _("Sign and approve")
    )


@require_http_methods(["GET", "POST"])
@requires(Permission.POLICY_APPROVE)
def policy_review(request: HttpRequest, pk: int) -> HttpResponse:
    """Confirm with a signature that the current policy still fits."""
    policy = load(request, Policy, pk, *RELATED)
    return signed(request, policy, ReviewForm, service.review, _("Review %s") % policy.reference, _("Sign the review"))


def signed(
    request: HttpRequest, policy: Policy, form_class: type[ApproveForm], act: Any, title: str, label: str
) -> HttpResponse:
    """Show what is signed, and sign it; refused, the form says why."""
    user = cast(User, request.user)
    start = {"version": policy.version, "review_on": site_today(policy.site) + REVIEW_AFTER}
    form = form_class(request.POST or None, user=user, record=policy, initial=start)
    if request.method == "POST" and form.is_valid():
        sent = {
            name: form.cleaned_data[name] for name in ("review_on", "words", "version") if name in form.cleaned_data
        }
        try:
            act(policy, method=form.method, by=user, at=timezone.now(), **sent)
        except (StaleRecord, *REFUSED) as error:
            explain(form, error)
        else:
            messages.success(request, _("Signed by %(name)s.") % {"name": user.person.name})
            return redirect(page_url(request, policy))
    return render(request, "leadership/policy_sign.html", {
        "form": form, "policy": policy, "title": title, "submit_label": label, "lead": scope_words(policy),
        "shown": text_in(policy, ""), "is_top": user.person.is_top_management, "cancel_url": page_url(request, policy),
    }, status=422 if form.errors else 200)  # fmt: skip


@require_http_methods(["GET", "POST"])
@requires(Permission.RECORD_VIEW)
def policy_move(request: HttpRequest, pk: int, verb: str) -> HttpResponse:
    """Hand in, send back or withdraw, with the words each needs."""
    policy = load(request, Policy, pk, *RELATED)
    if verb not in MOVES:
        raise Http404
    if not may_move(cast(User, request.user), verb):
        raise PermissionDenied(_("Only who drafts or approves the policy may do this."))
    return move_response(request, policy, MOVES[verb])
