"""Who of a campaign is missing: the list, its export, reminding them, and handing over a link."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from leadership.forms.acknowledgement import AddresseeFilter
from leadership.models import Acknowledgement, AcknowledgementCampaign, Addressee
from leadership.services import acknowledgement_link as service
from leadership.services.acknowledgement import CannotAsk
from leadership.services.acknowledgement_page import may_run, people_shown
from leadership.views.acknowledgement import STEM, to_run
from qms.models import User
from qms.permissions import Permission, requires
from qms.services import record_list, secret_link, sheet
from qms.views.record_page import load, page_url

PAGE_SIZE = 50


def filtered(request: HttpRequest, campaign: AcknowledgementCampaign) -> AddresseeFilter:
    """The filters as the address has them, over the people the user may see by name."""
    rows = people_shown(campaign, cast(User, request.user)).order_by("person__search_name", "pk")
    return AddresseeFilter(request.GET, queryset=rows, request=request)


@require_GET
@requires(Permission.PERSON_VIEW)
def acknowledgement_people(request: HttpRequest, pk: int) -> HttpResponse:
    """Who is missing, or who has acknowledged; who does not run it sees those who report to them."""
    campaign, user = load(request, AcknowledgementCampaign, pk, "subject"), cast(User, request.user)
    filters = filtered(request, campaign)
    start = max(0, int(request.GET.get("after", "0")) if request.GET.get("after", "0").isdecimal() else 0)
    found = list(filters.qs[start : start + PAGE_SIZE + 1])
    runs = campaign.status in AcknowledgementCampaign.RUNNING
    return render(request, "leadership/acknowledgement_people.html", {
        "campaign": campaign, "filters": filters, "rows": found[:PAGE_SIZE],
        "may_hand": runs and may_run(user, campaign),
        "next_key": str(start + PAGE_SIZE) if len(found) > PAGE_SIZE else "",
        "may_export": user.can(Permission.RECORD_EXPORT), "is_whole": may_run(user, campaign),
        "export_url": reverse(f"{STEM}-people-export", args=[campaign.pk]), "page_url": page_url(request, campaign),
        "crumbs": [
            (_("Read and understood"), reverse(f"{STEM}-list")), (campaign.reference, page_url(request, campaign)),
        ],
    })  # fmt: skip


@require_GET
@requires(Permission.RECORD_EXPORT)
def acknowledgement_people_export(request: HttpRequest, pk: int) -> HttpResponseBase:
    """The people the list shows, whole, as CSV or XLSX; noted in the user's own trail."""
    campaign, user = load(request, AcknowledgementCampaign, pk, "subject"), cast(User, request.user)
    note = f"{campaign.reference} {request.GET.urlencode()}".strip()
    record_list.note_export(user, "acknowledgement people", at=timezone.now(), filters=note)
    send = sheet.xlsx_response if request.GET.get("format") == "xlsx" else sheet.csv_response
    header = [
        _("Name"),
        _("Job title"),
        _("Area"),
        _("Asked"),
        _("Acknowledged"),
        _("How"),
        _("Wrong answers"),
        _("Left"),
    ]
    return send(f"{campaign.reference}-people".lower(), header, _cells(campaign, filtered(request, campaign).qs))


def _cells(campaign: AcknowledgementCampaign, rows: QuerySet[Addressee]) -> Iterator[list[object]]:
    given = Acknowledgement.objects.filter(campaign=campaign).values_list("person_id", "way", "wrong_answers")
    ways = {person_id: (str(Acknowledgement.Way(way).label), wrong) for person_id, way, wrong in given}
    zone = campaign.site.zone

    def day(moment: Any) -> object:
        return moment.astimezone(zone).strftime("%Y-%m-%d %H:%M") if moment else ""

    for row in rows.iterator(chunk_size=1000):
        way, wrong = ways.get(row.person_id, ("", ""))
        yield [
            row.person.name, row.person.job_title, row.area.name if row.area else "", day(row.joined_at),
            day(row.acknowledged_at), way, wrong, day(row.left_at),
        ]  # fmt: skip


@require_POST
@requires(Permission.RECORD_VIEW)
def acknowledgement_remind(request: HttpRequest, pk: int) -> HttpResponse:
    """Remind those missing now."""
    campaign = to_run(request, pk)
    try:
        count = service.remind(campaign, by=cast(User, request.user), at=timezone.now())
    except CannotAsk as error:
        messages.warning(request, str(error))
    else:
        words = ngettext("%(n)d person is reminded.", "%(n)d people are reminded.", count)
        messages.success(request, words % {"n": count})
    return redirect(page_url(request, campaign))


@never_cache
@require_http_methods(["GET", "POST"])
@requires(Permission.PERSON_VIEW)
def acknowledgement_link(request: HttpRequest, pk: int, addressee_pk: int) -> HttpResponse:
    """Hand one person a link: posting makes it, and shows it once."""
    campaign, user = to_run(request, pk), cast(User, request.user)
    addressee = get_object_or_404(people_shown(campaign, user), pk=addressee_pk)
    made, why = None, ""
    if request.method == "POST":
        try:
            made = service.hand_over(addressee, by=user, at=timezone.now())
        except CannotAsk as error:
            why = str(error)
    people_url = reverse(f"{STEM}-people", args=[campaign.pk])
    return render(request, "leadership/acknowledgement_link.html", {
        "campaign": campaign, "addressee": addressee, "made": made, "why": why, "people_url": people_url,
        "link_code": secret_link.drawing(made.secret_link) if made else "",
        "crumbs": [(campaign.reference, page_url(request, campaign)), (_("People"), people_url)],
    }, status=409 if why else 200)  # fmt: skip
