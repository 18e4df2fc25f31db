"""Acknowledgement campaigns: the list, beginning one, its page, changing and ending it."""

from __future__ import annotations

import uuid
from functools import partial
from typing import Any, cast

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods

from leadership.forms.acknowledgement import AcknowledgementFilter, AcknowledgementForm, AskForm
from leadership.models import AcknowledgementCampaign
from leadership.records import ACKNOWLEDGEMENT
from leadership.services import acknowledgement as service
from leadership.services.acknowledgement_page import may_ask, may_run, progress_of, with_counts
from qms.models import User, site_today
from qms.permissions import Permission, requires
from qms.services import secret_link
from qms.views.record_form import change_response, created
from qms.views.record_list import Column, Heading, RecordListing, export_response, list_response, print_response
from qms.views.record_move import Move, move_response, moves_offered
from qms.views.record_page import load, page_url, record_response, visible_record

Status = AcknowledgementCampaign.Status
STEM = ACKNOWLEDGEMENT.url_stem
MOVES = {
    "close": Move(
        gettext_lazy("End it"), service.close, (Status.CLOSED, Status.SHORT), gettext_lazy("Why it ends now"),
        icon="archive",
    ),
    "withdraw": Move(
        gettext_lazy("Withdraw"), service.withdraw, (Status.WITHDRAWN,), gettext_lazy("Why it is withdrawn"),
        icon="trash",
    ),
}  # fmt: skip
LISTING = RecordListing(
    declared=ACKNOWLEDGEMENT,
    filters=AcknowledgementFilter,
    headings=[
        Heading(gettext_lazy("What is read"), name="what"), Heading(gettext_lazy("Who is asked"), name="who"),
        Heading(gettext_lazy("Until"), "due", name="due"),
        Heading(gettext_lazy("Acknowledged"), is_number=True, name="done"),
        Heading(gettext_lazy("Status"), name="status"),
    ],
    columns=[
        Column(gettext_lazy("Reference"), lambda c: c.reference, in_print=True),
        Column(gettext_lazy("What is read"), lambda c: c.title, in_print=True),
        Column(gettext_lazy("Reference of it"), lambda c: c.subject.reference),
        Column(gettext_lazy("Version"), lambda c: c.subject_version),
        Column(gettext_lazy("Who is asked"), lambda c: c.audience, in_print=True),
        Column(gettext_lazy("Until"), lambda c: c.due_on, in_print=True),
        Column(gettext_lazy("Acknowledged"), lambda c: c.done_count, in_print=True),
        Column(gettext_lazy("Asked"), lambda c: c.asked_count, in_print=True),
        Column(gettext_lazy("Status"), lambda c: c.get_status_display(), in_print=True),
        Column(gettext_lazy("Who looks after it"), lambda c: c.owner.name),
        Column(gettext_lazy("Site"), lambda c: c.site.name),
    ],
    sorts={"due": "due_on", "when": "occurred_on", "reference": "reference"},
    related=("site", "area", "owner", "subject"),
    with_marks=with_counts,
    for_export=with_counts,
    row_template="leadership/acknowledgement_row.html",
)  # fmt: skip


@require_GET
@requires(Permission.RECORD_VIEW)
def acknowledgement_list(request: HttpRequest) -> HttpResponse:
    """The campaigns, the newest first."""
    return list_response(
        request, LISTING, empty_title=_("Nobody was asked to read anything yet"),
        empty_why=_(
            "Begin at the page of an approved policy or of a communication. Auditors ask people on the floor what "
            "the policy means for their work; here is who has read it."
        ),
    )  # fmt: skip


@require_GET
@requires(Permission.RECORD_EXPORT)
def acknowledgement_export(request: HttpRequest) -> HttpResponseBase:
    """What the list shows, as CSV or XLSX."""
    return export_response(request, LISTING)


@require_GET
@requires(Permission.RECORD_VIEW)
def acknowledgement_list_print(request: HttpRequest) -> HttpResponse:
    """What the list shows, on paper."""
    return print_response(request, LISTING)


@require_GET
@requires(Permission.RECORD_VIEW)
def acknowledgement_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """The page of a campaign: how far each area is, and what its runner may do."""
    campaign = load(request, AcknowledgementCampaign, pk, "subject")
    return record_response(request, campaign, **page_context(request, campaign))


@require_GET
@requires(Permission.RECORD_VIEW)
def acknowledgement_print(request: HttpRequest, pk: int) -> HttpResponse:
    """The page on paper."""
    campaign = load(request, AcknowledgementCampaign, pk, "subject")
    return record_response(request, campaign, is_print=True, **page_context(request, campaign))


def page_context(request: HttpRequest, campaign: AcknowledgementCampaign) -> dict[str, Any]:
    """Progress, and what this user is offered."""
    user = cast(User, request.user)
    may, runs = may_run(user, campaign), campaign.status in AcknowledgementCampaign.RUNNING
    code = secret_link.address_of("leadership:acknowledge-at", campaign.uid)
    return {
        "progress": progress_of(campaign), "may_run": may and runs, "code": secret_link.drawing(code) if runs else "",
        "code_address": code, "may_sign": False,
        "people_url": reverse(f"{STEM}-people", args=[campaign.pk]) if user.can(Permission.PERSON_VIEW) else "",
        "is_overdue": campaign.is_overdue(site_today(campaign.site)),
        "edit_url": reverse(f"{STEM}-edit", args=[campaign.pk]) if may and runs else "",
        "moves": moves_offered(request, campaign, MOVES, lambda _verb: may),
    }  # fmt: skip


def to_run(request: HttpRequest, pk: int) -> AcknowledgementCampaign:
    """The campaign, for somebody who runs it: 404 when not visible, 403 when only visible."""
    campaign = load(request, AcknowledgementCampaign, pk, "subject")
    if not may_run(cast(User, request.user), campaign):
        raise PermissionDenied(_("Only who looks after it, who began it, or who keeps what is read may do this."))
    return campaign


@require_http_methods(["GET", "POST"])
@requires(Permission.RECORD_VIEW)
def acknowledgement_ask(request: HttpRequest, uid: uuid.UUID) -> HttpResponse:
    """Ask people to read a record as it stands now."""
    subject, user = visible_record(request, uid), cast(User, request.user)
    if not may_ask(user, subject.kind):
        raise PermissionDenied(_("Only who may work on this kind of record may ask people to read it."))
    form = AskForm(request.POST or None, user=user, subject=subject)
    if campaign := created(request, form, partial(service.ask, subject)):
        messages.success(request, _("Asked. Those with a log-in have a notice, those with an e-mail address a link."))
        return redirect(f"{STEM}-detail", campaign.pk)
    return render(request, "components/form_page.html", {
        "form": form, "title": _("Ask people to read %(reference)s") % {"reference": subject.reference},
        "lead": subject.title, "submit_label": _("Ask them"), "cancel_url": page_url(request, subject),
    })  # fmt: skip


@require_http_methods(["GET", "POST"])
@requires(Permission.RECORD_VIEW)
def acknowledgement_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Change the day, the target or who looks after it, with a reason."""
    campaign = to_run(request, pk)
    form = AcknowledgementForm(request.POST or None, user=cast(User, request.user), record=campaign)
    return change_response(request, form, campaign, service.change)


@require_http_methods(["GET", "POST"])
@requires(Permission.RECORD_VIEW)
def acknowledgement_move(request: HttpRequest, pk: int, verb: str) -> HttpResponse:
    """End a campaign, or withdraw it."""
    campaign = to_run(request, pk)
    if verb not in MOVES:
        raise Http404
    return move_response(request, campaign, MOVES[verb])
