"""Communications: the list, the page of one, entering, giving and changing it."""

from __future__ import annotations

import uuid
from functools import partial
from typing import Any, cast

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods

from leadership.forms.communication import CommunicationFilter, CommunicationForm, GiveForm
from leadership.models import Activity, Communication
from leadership.records import COMMUNICATION
from leadership.services import communication as service
from leadership.services.communication_question import MAY_ASK
from objectives.views.improvement_page import sees
from qms.forms.record_form import explain
from qms.models import Record, User
from qms.permissions import Permission, requires
from qms.records import as_child
from qms.services import secret_link
from qms.views.record_form import REFUSED, change_response, created
from qms.views.record_list import Column, Heading, RecordListing, export_response, list_response, print_response
from qms.views.record_move import Move, move_response, moves_offered
from qms.views.record_page import load, page_url, record_response, visible_record

Status = Communication.Status
STEM = COMMUNICATION.url_stem
MOVES = {
    "withdraw": Move(
        gettext_lazy("Withdraw"), service.withdraw, (Status.WITHDRAWN,), gettext_lazy("Why it is withdrawn"),
        icon="trash",
    ),
}  # fmt: skip


def with_questions(rows: QuerySet[Any], request: HttpRequest) -> QuerySet[Any]:
    """Each with how many questions were asked, and how many wait for an answer."""
    return rows.annotate(asked=Count("questions"), waiting=Count("questions", filter=Q(questions__answer="")))


LISTING = RecordListing(
    declared=COMMUNICATION,
    filters=CommunicationFilter,
    headings=[
        Heading(gettext_lazy("What it was about")), Heading(gettext_lazy("When"), "event"),
        Heading(gettext_lazy("Who spoke")), Heading(gettext_lazy("How")),
        Heading(gettext_lazy("People"), is_number=True), Heading(gettext_lazy("Questions")),
        Heading(gettext_lazy("Status")),
    ],
    columns=[
        Column(gettext_lazy("Reference"), lambda c: c.reference, in_print=True),
        Column(gettext_lazy("What it was about"), lambda c: c.title, in_print=True),
        Column(gettext_lazy("When"), lambda c: c.occurred_on if c.status != Status.PLANNED else None, in_print=True),
        Column(gettext_lazy("Planned for"), lambda c: c.due_on),
        Column(gettext_lazy("Who spoke"), lambda c: c.owner.name, in_print=True),
        Column(gettext_lazy("How"), lambda c: c.get_channel_display(), in_print=True),
        Column(gettext_lazy("To whom"), lambda c: c.audience_words, in_print=True),
        Column(gettext_lazy("How many people"), lambda c: c.audience_size, in_print=True),
        Column(gettext_lazy("Questions"), lambda c: c.asked, in_print=True),
        Column(gettext_lazy("Without an answer"), lambda c: c.waiting, in_print=True),
        Column(gettext_lazy("Status"), lambda c: c.get_status_display(), in_print=True),
        Column(gettext_lazy("What was said"), lambda c: c.message),
        Column(gettext_lazy("Site"), lambda c: c.site.name),
        Column(gettext_lazy("Area"), lambda c: c.area.name if c.area else ""),
    ],
    sorts={"event": "occurred_on", "reference": "reference"},
    row_template="leadership/communication_row.html",
    template="leadership/communication_list.html",
    start=with_questions,
)  # fmt: skip


@require_GET
@requires(Permission.RECORD_VIEW)
def communication_list(request: HttpRequest) -> HttpResponse:
    """What was told, the newest first."""
    may = cast(User, request.user).can(Permission.COMMUNICATION_EDIT)
    return list_response(
        request, LISTING, new_url=reverse(f"{STEM}-new") if may else "", new_label=_("New communication"),
        empty_title=_("Nothing told yet"),
        empty_why=_("An auditor asks people what they were told, and whether they could ask back. Keep both here."),
    )  # fmt: skip


@require_GET
@requires(Permission.RECORD_EXPORT)
def communication_export(request: HttpRequest) -> HttpResponseBase:
    """What the list shows, as CSV or XLSX."""
    return export_response(request, LISTING)


@require_GET
@requires(Permission.RECORD_VIEW)
def communication_list_print(request: HttpRequest) -> HttpResponse:
    """What the list shows, on paper."""
    return print_response(request, LISTING)


@require_GET
@requires(Permission.RECORD_VIEW)
def communication_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """The page of a communication, with its questions."""
    one = load(request, Communication, pk, "source")
    return record_response(request, one, **page_context(request, one))


@require_GET
@requires(Permission.RECORD_VIEW)
def communication_print(request: HttpRequest, pk: int) -> HttpResponse:
    """The page of a communication on paper."""
    return record_response(request, load(request, Communication, pk, "source"), is_print=True)


def page_context(request: HttpRequest, one: Communication) -> dict[str, Any]:
    """The questions with their age, where people ask, and what this user is offered."""
    user, today = cast(User, request.user), timezone.localdate()
    may, kept = (
        may_work_on(user, one),
        f"?{urlencode({'list': request.GET['list']})}" if request.GET.get("list") else "",
    )
    given = one.status == Status.GIVEN
    addresses = {
        "edit_url": ("edit", may and one.status != Status.WITHDRAWN), "give_url": ("give", may and not given and
        one.status == Status.PLANNED), "question_url": ("question", given and user.can(MAY_ASK)),
    }  # fmt: skip
    urls = {n: reverse(f"{STEM}-{to}", args=[one.pk]) + kept if is_it else "" for n, (to, is_it) in addresses.items()}
    asks = given and one.questions_until_on is not None and one.questions_until_on >= today
    address = secret_link.address_of("leadership:communication-ask", one.uid) if asks and may else ""
    return {
        **urls, "moves": moves_offered(request, one, MOVES, lambda _verb: may), "may_answer": may,
        "source": one.source if sees(user, one.source) else None, "ask_address": address,
        "ask_code": secret_link.drawing(address) if address else "",
        "questions": [(question, (today - question.asked_on).days) for question in one.known_questions],
        "acknowledge_url": reverse("leadership:acknowledgement-ask", args=[one.uid])
        if given and user.can(Permission.COMMUNICATION_EDIT) else "",
    }  # fmt: skip


def may_work_on(user: User, one: Communication) -> bool:
    """Who works on a communication: who speaks, who entered it, and who may correct other people's records."""
    is_own = user.pk == one.recorded_by_id or user.person_id == one.owner_id
    return user.can(Permission.COMMUNICATION_EDIT) and (is_own or user.can(Permission.ACTIVITY_CORRECT))


def to_work_on(request: HttpRequest, pk: int) -> Communication:
    """The communication, for somebody who may work on it: 404 when not visible, 403 when only visible."""
    one = load(request, Communication, pk, "source")
    if not may_work_on(cast(User, request.user), one):
        raise PermissionDenied(_("Only who spoke, who entered it, or the quality manager may change this."))
    return one


@require_http_methods(["GET", "POST"])
@requires(Permission.COMMUNICATION_EDIT)
def communication_new(request: HttpRequest) -> HttpResponse:
    """Enter or plan one, on its own or written up from a logged act (``?source=uid``)."""
    user, source = cast(User, request.user), source_of(request)
    form = CommunicationForm(request.POST or None, user=user, initial=from_source(source))
    if one := created(request, form, partial(service.enter, source=source)):
        messages.success(request, _("%s is kept.") % one.reference)
        return redirect(page_url(request, one))
    return render(request, "components/form_page.html", {
        "form": form, "title": _("New communication"), "cancel_url": reverse(f"{STEM}-list"),
        "lead": _("What was told to whom. It counts from the day it was given."), "submit_label": _("Keep it"),
    })  # fmt: skip


def source_of(request: HttpRequest) -> Record | None:
    """The logged act it is written up from, if the address names one the user may see."""
    if not request.GET.get("source"):
        return None
    try:
        uid = uuid.UUID(request.GET["source"])
    except ValueError as error:
        raise Http404 from error
    found = visible_record(request, uid)
    if found.kind != Activity.KIND:
        raise Http404
    return found


def from_source(source: Record | None) -> dict[str, Any]:
    """What the act says already."""
    if source is None:
        return {}
    act = cast(Activity, as_child(source))
    return {
        "title": act.title, "message": act.notes or act.title, "owner": act.owner, "occurred_on": act.occurred_on,
        "audience_size": act.audience_size, "site": act.site_id, "area": act.area_id,
    }  # fmt: skip


@require_http_methods(["GET", "POST"])
@requires(Permission.COMMUNICATION_EDIT)
def communication_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Change one with a reason; after a clash both versions stand side by side."""
    one = to_work_on(request, pk)
    form = CommunicationForm(request.POST or None, user=cast(User, request.user), record=one)
    return change_response(request, form, one, service.change)


@require_http_methods(["GET", "POST"])
@requires(Permission.COMMUNICATION_EDIT)
def communication_give(request: HttpRequest, pk: int) -> HttpResponse:
    """Say when what was planned was said."""
    one = to_work_on(request, pk)
    form = GiveForm(request.POST or None, initial={"occurred_on": timezone.localdate()})
    if request.method == "POST" and form.is_valid():
        try:
            service.give(one, by=cast(User, request.user), at=timezone.now(), **form.cleaned_data)
        except REFUSED as error:
            explain(form, error)
        else:
            return redirect(page_url(request, one))
    return render(request, "components/form_page.html", {
        "form": form, "title": _("Given: %s") % one.reference, "lead": one.title, "cancel_url": page_url(request, one),
    })  # fmt: skip


@require_http_methods(["GET", "POST"])
@requires(Permission.COMMUNICATION_EDIT)
def communication_move(request: HttpRequest, pk: int, verb: str) -> HttpResponse:
    """Withdraw one, with the reason."""
    one = to_work_on(request, pk)
    move = MOVES.get(verb)
    if move is None:
        raise Http404
    return move_response(request, one, move)
