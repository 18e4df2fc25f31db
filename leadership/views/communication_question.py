"""Questions to communications: those that wait, asking by log-in or by link, and answering."""

from __future__ import annotations

import uuid
from typing import cast

from allauth.account.adapter import get_adapter
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from leadership.forms.communication import AnswerQuestionForm, QuestionForm
from leadership.models import Communication, CommunicationQuestion
from leadership.services import communication_question as service
from leadership.views.communication import may_work_on
from qms.forms.record_form import explain
from qms.models import User
from qms.permissions import Permission, public, requires
from qms.services import rate_limit
from qms.views.record_form import REFUSED
from qms.views.record_page import load, page_url

TRIES, TRIES_SECONDS = 12, 10 * 60
SHOWN = 200


@require_GET
@requires(Permission.RECORD_VIEW)
def communication_questions(request: HttpRequest) -> HttpResponse:
    """Every question without an answer that the user may see, the oldest first."""
    rows = list(service.open_to(cast(User, request.user))[:SHOWN])
    today = timezone.localdate()
    questions = [(question, (today - question.asked_on).days) for question in rows]
    return render(request, "leadership/communication_questions.html", {"questions": questions})


@require_http_methods(["GET", "POST"])
@requires(service.MAY_ASK)
def communication_question(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask, or write down what was asked on the spot; who may not is taken as the asker."""
    one, user = load(request, Communication, pk), cast(User, request.user)
    is_scribe = may_work_on(user, one)
    form = QuestionForm(request.POST or None)
    if not is_scribe:
        form.fields["asker"].widget = form.fields["asker"].hidden_widget()
    if request.method == "POST" and form.is_valid():
        who = (
            {"asker": form.cleaned_data["asker"]} if is_scribe else {"person": user.person, "way": service.Way.ACCOUNT}
        )
        try:
            service.ask(one, text=form.cleaned_data["text"], by=user, at=timezone.now(), **who)
        except REFUSED as error:
            explain(form, error)
        else:
            messages.success(request, _("The question is kept until somebody answers it."))
            return redirect(page_url(request, one) + "#questions")
    return render(request, "components/form_page.html", {
        "form": form, "title": _("A question to %s") % one.reference, "lead": one.title,
        "submit_label": _("Keep the question"), "cancel_url": page_url(request, one),
    })  # fmt: skip


@require_http_methods(["GET", "POST"])
@requires(Permission.COMMUNICATION_EDIT)
def communication_answer(request: HttpRequest, pk: int) -> HttpResponse:
    """Answer a question."""
    user = cast(User, request.user)
    seen = Communication.objects.visible_to(user).values("pk")
    rows = CommunicationQuestion.objects.select_related("communication__site", "communication__owner", "asked_by")
    question = get_object_or_404(rows.filter(communication__in=seen), pk=pk)
    if not may_work_on(user, question.communication):
        raise PermissionDenied(_("Only who spoke, who entered it, or the quality manager may answer here."))
    form = AnswerQuestionForm(request.POST or None, user=user)
    if request.method == "POST" and form.is_valid():
        try:
            service.answer(question, by=user, at=timezone.now(), **form.cleaned_data)
        except REFUSED as error:
            explain(form, error)
        else:
            messages.success(request, _("Answered."))
            return redirect(page_url(request, question.communication) + "#questions")
    return render(request, "components/form_page.html", {
        "form": form, "title": _("Answer a question"), "lead": question.text, "submit_label": _("Answer"),
        "cancel_url": page_url(request, question.communication),
    })  # fmt: skip


@never_cache
@require_http_methods(["GET", "POST"])
@public
def communication_ask(request: HttpRequest, uid: uuid.UUID) -> HttpResponse:
    """Ask by link or code, with or without a name, and see nothing else of the system."""
    form = QuestionForm(request.POST or None)
    try:
        one = service.open_to_ask(uid, at=timezone.now())
        if request.method == "POST" and form.is_valid():
            refuse_too_many(request)
            service.ask_by_link(uid, **form.cleaned_data, at=timezone.now())
            return render(request, "leadership/communication_thanks.html", {"one": one})
    except service.CannotAsk as error:
        return render(request, "objectives/promise_closed.html", {"why": str(error)}, status=404)
    except REFUSED as error:
        explain(form, error)
    with timezone.override(one.site.zone):
        return render(
            request, "leadership/communication_ask.html", {"one": one, "form": form}, status=422 if form.errors else 200
        )


def refuse_too_many(request: HttpRequest) -> None:
    """Raise CannotAsk after too many questions from one address."""
    address = get_adapter(request).get_client_ip(request)
    if rate_limit.is_over("communication-ask", address, limit=TRIES, seconds=TRIES_SECONDS):
        raise service.CannotAsk(_("Too many questions from here. Wait ten minutes and try again."))
