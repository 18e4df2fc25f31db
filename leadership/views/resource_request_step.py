"""The steps of a resource request, each a page with its form; and the decision, provided or signed for."""

from __future__ import annotations

from typing import IO, Any, cast

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from leadership.forms.resource_request_decision import Answer, DeclineForm, ProvideForm
from leadership.forms.resource_request_step import ArrivedForm, RequestStepForm
from leadership.models import ResourceRequest
from leadership.services import resource_request_decision as decision
from leadership.views.resource_request_offer import DECIDER, STEM, STEPS, WAITING, is_possible, to_work_on
from objectives.views.improvement_page import sees
from qms.forms.record_form import explain
from qms.models import User, site_today
from qms.permissions import Permission, requires
from qms.services import attachment as attachment_service
from qms.services.file_intake import FileRefused
from qms.services.record import StaleRecord
from qms.views.record_form import REFUSED
from qms.views.record_page import kept_list, page_url


@require_http_methods(["GET", "POST"])
@requires(Permission.RESOURCE_REQUEST)
def resource_request_step(request: HttpRequest, pk: int, verb: str) -> HttpResponse:
    """One step, from its form to the record."""
    if verb not in STEPS:
        raise Http404
    step, user = STEPS[verb], cast(User, request.user)
    record = to_work_on(request, pk, step.who)
    if not is_possible(step, record):
        return moved_on(request, record)
    form = step.form(request.POST or None, request.FILES or None, user=user, record=record)
    if request.method == "POST" and form.is_valid():
        try:
            step.call(record, by=user, at=timezone.now(), **facts_of(request, record, form))
        except (*REFUSED, StaleRecord, FileRefused) as error:
            explain(form, error)
        else:
            messages.success(request, _("Done; it is in the timeline."))
            return redirect(page_url(request, record))
    return render(request, "leadership/resource_request_step.html", {
        "form": form, "record": record, "title": step.label, "lead": step.lead, "submit_label": step.label,
        "cancel_url": page_url(request, record), "question": record.questions[-1] if verb == "answer" else None,
    }, status=422 if form.errors else 200)  # fmt: skip


def moved_on(request: HttpRequest, record: ResourceRequest) -> HttpResponse:
    """Back to the page, in words, when it stands where this cannot be done."""
    messages.info(request, _("It stands as “%s”; this cannot be done from there.") % record.get_status_display())
    return redirect(page_url(request, record))


def facts_of(request: HttpRequest, record: ResourceRequest, form: RequestStepForm) -> dict[str, Any]:
    """The form's answers by the service's names; a file that was sent is kept first and becomes the proof."""
    facts = form.facts()
    if not isinstance(form, ArrivedForm):
        return facts
    upload = facts.pop("file")
    if upload:
        if facts["version"] != record.version:
            raise StaleRecord(record)
        sent = attachment_service.Sent(cast(IO[bytes], upload.file), upload.name or "", upload.size or 0)
        words = " ".join(facts["note"].split())[:200]
        kept, _new = attachment_service.add(
            record, sent, caption=words, by=cast(User, request.user), at=timezone.now()
        )  # fmt: skip
        facts |= {"proof": kept, "version": None}
    return facts


@require_GET
@requires(Permission.RESOURCE_DECIDE)
def resource_request_decide(request: HttpRequest, pk: int) -> HttpResponse:
    """What was asked for, and the three answers there are."""
    record = to_work_on(request, pk, DECIDER)
    if record.status not in WAITING:
        return moved_on(request, record)
    return render(request, "leadership/resource_request_decide.html", shown(request, record) | {
        "answers": [
            {"name": name, "url": reverse(f"{STEM}-decide-as", args=[pk, name]) + kept_list(request)}
            for name in Answer.values
        ],
    })  # fmt: skip


@require_http_methods(["GET", "POST"])
@requires(Permission.RESOURCE_DECIDE)
def resource_request_decide_as(request: HttpRequest, pk: int, answer: str) -> HttpResponse:
    """Provide it, or sign for what is not provided: one page, everything in one step."""
    if answer not in Answer.values:
        raise Http404
    record, user = to_work_on(request, pk, DECIDER), cast(User, request.user)
    if record.status not in WAITING:
        return moved_on(request, record)
    form: Any = (
        ProvideForm(request.POST or None, user=user, record=record) if answer == Answer.PROVIDE
        else DeclineForm(request.POST or None, user=user, record=record, answer=answer)
    )  # fmt: skip
    if request.method == "POST" and form.is_valid() and decided(request, record, form, answer):
        return redirect(page_url(request, record))
    name = "provide" if answer == Answer.PROVIDE else "decline"
    return render(request, f"leadership/resource_request_{name}.html", shown(request, record) | {
        "form": form, "is_partly": answer == Answer.PARTLY,
        "cancel_url": reverse(f"{STEM}-decide", args=[pk]) + kept_list(request),
    }, status=422 if form.errors else 200)  # fmt: skip


def decided(request: HttpRequest, record: ResourceRequest, form: Any, answer: str) -> bool:
    """Give the answer; when it is refused the form says why, and nothing of it has happened."""
    who: dict[str, Any] = {
        "by": cast(User, request.user),
        "at": timezone.now(),
        "version": form.cleaned_data["version"],
    }
    try:
        if answer == Answer.PROVIDE:
            decision.provide(record, grant=form.grant(), because=form.cleaned_data["because"], **who)
            messages.success(request, _("Provided. Who asked says when it is there."))
            return True
        grant = form.grant() if answer == Answer.PARTLY else None
        decision.decline(
            record, bearing=form.bearing(), target=form.target(), grant=grant, method=form.method, **who
        )  # fmt: skip
    except StaleRecord as stale:
        form.clash_with(stale.current) if isinstance(form, DeclineForm) else explain(form, stale)
        return False
    except REFUSED as error:
        explain(form, error)
        return False
    messages.success(request, _("Signed by %s. The risk is accepted, and who asked is told.") % who["by"].person.name)
    return True


def shown(request: HttpRequest, record: ResourceRequest) -> dict[str, Any]:
    """What every page of the decision shows of the request."""
    user = cast(User, request.user)
    return {
        "record": record, "today": site_today(record.site), "cancel_url": page_url(request, record),
        "objective": record.objective_served if sees(user, record.objective_served) else None,
        "risk": record.risk_served if sees(user, record.risk_served) else None,
    }  # fmt: skip
