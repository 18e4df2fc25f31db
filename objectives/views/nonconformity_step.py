"""The steps of a nonconformity, each a page with its form; and asking “why?”, one answer at a time."""

from __future__ import annotations

from typing import IO, Any, cast

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from objectives.forms.nonconformity_step import ProveForm, StepForm, WhyForm
from objectives.models import CauseNode, Nonconformity
from objectives.services import nonconformity as service
from objectives.services import nonconformity_cause, nonconformity_effect
from objectives.views.improvement_page import sees
from objectives.views.nonconformity_offer import STEPS, to_work_on
from qms.forms.record_form import explain
from qms.models import User
from qms.permissions import Permission, requires
from qms.services import attachment as attachment_service
from qms.services.file_intake import FileRefused
from qms.services.record import CannotChange, IllegalTransition, StaleRecord
from qms.views.record_page import page_url

REFUSED = (StaleRecord, ValidationError, CannotChange, IllegalTransition, FileRefused)


@require_http_methods(["GET", "POST"])
@requires(Permission.NONCONFORMITY_EDIT)
def nonconformity_step(request: HttpRequest, pk: int, verb: str) -> HttpResponse:
    """One step, from its form to the record."""
    if verb not in STEPS:
        raise Http404
    step, user = STEPS[verb], cast(User, request.user)
    found = to_work_on(request, pk, for_all=step.for_all)
    if found.status not in step.statuses:
        messages.info(request, _("It stands as “%s”; this cannot be done from there.") % found.get_status_display())
        return redirect(page_url(request, found))
    form = step.form(request.POST or None, request.FILES or None, user=user, found=found)
    if request.method == "POST" and form.is_valid():
        try:
            step.call(found, by=user, at=timezone.now(), **(facts_of(request, found, form)))
        except REFUSED as error:
            explain(form, error)
        else:
            messages.success(request, _("Done; it is in the timeline."))
            return redirect(page_url(request, found))
    missing = missing_for(request, found) if verb == "close" else []
    return render(request, "objectives/nonconformity_step.html", {
        "form": form, "found": found, "step": step, "title": step.label, "lead": step.lead,
        "submit_label": step.label, "cancel_url": page_url(request, found),
        "missing": missing, "submit_tone": "secondary" if missing else "primary",
        "owns": verb == "evaluate" and found.owner_id == user.person_id,
        "waiting": service.actions_waiting(found) if verb == "evaluate" else 0,
    }, status=422 if form.errors else 200)  # fmt: skip


def facts_of(request: HttpRequest, found: Nonconformity, form: StepForm) -> dict[str, Any]:
    """The form's answers by the service's names; a file that was sent is kept first and becomes the proof."""
    facts = form.facts()
    if not isinstance(form, ProveForm):
        return facts
    upload = facts.pop("file")
    if upload:
        nonconformity_effect.check_day(found, facts["used_on"], at=timezone.now())
        if facts["version"] != found.version:
            raise StaleRecord(found)
        sent = attachment_service.Sent(cast(IO[bytes], upload.file), upload.name or "", upload.size or 0)
        words = " ".join(facts["used_note"].split())[:200]
        kept, _new = attachment_service.add(
            found, sent, caption=words, by=cast(User, request.user), at=timezone.now()
        )  # fmt: skip
        facts |= {"proof": kept, "version": None}
    return facts


def missing_for(request: HttpRequest, found: Nonconformity) -> list[dict[str, str]]:
    """All that is missing to close it, each with the way to supply it; actions the user may not see without name."""
    lines = []
    for item in service.missing_to_close(found):
        url = reverse("objectives:nonconformity-step", args=[found.pk, item.step]) if item.step else ""
        text = item.text
        if item.action is not None:
            is_seen = sees(cast(User, request.user), item.action)
            url = reverse("objectives:improvement-action-detail", args=[item.action.pk]) if is_seen else ""
            text = f"{item.text}: {item.action.title}" if is_seen else item.text
        elif found.status not in STEPS[item.step].statuses:
            url = ""
        lines.append({"text": text, "url": url})
    return lines


@require_http_methods(["GET", "POST"])
@requires(Permission.NONCONFORMITY_EDIT)
def nonconformity_why(request: HttpRequest, pk: int) -> HttpResponse:
    """Answer one “why?”; the page then asks the next one, below the answer just given."""
    found, user = to_work_on(request, pk), cast(User, request.user)
    form = WhyForm(request.POST or None, user=user, found=found)
    if request.method == "POST" and form.is_valid():
        try:
            node = nonconformity_cause.answer_why(found, by=user, at=timezone.now(), **form.facts())
        except REFUSED as error:
            explain(form, error)
        else:
            return redirect(f"{reverse('objectives:nonconformity-detail', args=[found.pk])}?why={node.pk}#why")
    parent = form.cleaned_data.get("parent") if form.is_bound else None
    return render(request, "components/form_page.html", {
        "form": form, "title": _("Why?"), "lead": parent.text if parent else found.title,
        "submit_label": _("Because of this"), "cancel_url": page_url(request, found) + "#why",
    }, status=422 if form.errors else 200)  # fmt: skip


@require_http_methods(["GET", "POST"])
@requires(Permission.NONCONFORMITY_EDIT)
def nonconformity_why_remove(request: HttpRequest, pk: int, node_pk: int) -> HttpResponse:
    """Take an answer out, with those below it, after one question."""
    found, user = to_work_on(request, pk), cast(User, request.user)
    node = get_object_or_404(CauseNode, nonconformity=found, pk=node_pk)
    form = StepForm(request.POST or None, user=user, found=found)
    if request.method == "POST" and form.is_valid():
        try:
            nonconformity_cause.remove_why(found, node, by=user, at=timezone.now(), **form.facts())
        except REFUSED as error:
            explain(form, error)
        else:
            return redirect(page_url(request, found) + "#why")
    return render(request, "components/form_page.html", {
        "form": form, "title": _("Take this answer out?"), "lead": node.text, "submit_label": _("Take it out"),
        "submit_tone": "danger", "cancel_url": page_url(request, found) + "#why",
    }, status=422 if form.errors else 200)  # fmt: skip
