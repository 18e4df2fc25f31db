"""Activities: the list with its exports, the page of one, correcting and withdrawing it."""

from __future__ import annotations

from typing import Any, cast

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Count, Exists, OuterRef, Prefetch, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods

from leadership.forms.activity import ActivityFilter, ActivityForm, WithdrawForm, stop_forms, stops_in_words, stops_sent
from leadership.models import Activity
from leadership.records import ACTIVITY
from leadership.services import activity as service
from leadership.services import corroboration
from qms.forms.record_clash import ClashLine, again_with
from qms.forms.record_form import explain
from qms.models import Attachment, RecordPerson, User
from qms.permissions import Permission, requires
from qms.services.attachment import may_change as may_change_record
from qms.services.record import IllegalTransition, StaleRecord
from qms.services.record_page import told
from qms.views.record_list import Column, Heading, RecordListing, export_response, list_response, print_response
from qms.views.record_page import load, load_to_change, page_url, record_response


def with_marks(rows: QuerySet[Activity]) -> QuerySet[Activity]:
    """What the list's rows show beside the record's own columns."""
    met = RecordPerson.objects.filter(record_id=OuterRef("id"), part=RecordPerson.Part.MET).order_by()
    counted = met.values("record_id").annotate(n=Count("pk")).values("n")
    photos = Attachment.objects.filter(record_id=OuterRef("id"), form="photo", withdrawn_at=None)
    return rows.defer("notes").annotate(people_met_count=Coalesce(Subquery(counted), 0), has_photos=Exists(photos))


def with_people(rows: QuerySet[Activity]) -> QuerySet[Activity]:
    """The people met, for exports."""
    met = RecordPerson.objects.filter(part=RecordPerson.Part.MET).order_by("position", "pk")
    return rows.prefetch_related(Prefetch("participants", queryset=met, to_attr="met"))


LISTING = RecordListing(
    declared=ACTIVITY,
    filters=ActivityFilter,
    headings=[
        Heading(gettext_lazy("What happened"), name="what"), Heading(gettext_lazy("When"), "when", name="when"),
        Heading(gettext_lazy("Leader"), name="who"), Heading(gettext_lazy("Where"), name="where"),
        Heading(gettext_lazy("People met"), is_number=True, name="met"), Heading(gettext_lazy("Marks"), name="marks"),
    ],
    columns=[
        Column(gettext_lazy("Event date"), lambda a: a.occurred_on, in_print=True),
        Column(gettext_lazy("Reference"), lambda a: a.reference, in_print=True),
        Column(gettext_lazy("Kind"), lambda a: a.activity_type.label, in_print=True),
        Column(gettext_lazy("What happened"), lambda a: a.title, in_print=True),
        Column(gettext_lazy("Leader"), lambda a: a.owner.name, in_print=True),
        Column(gettext_lazy("Site"), lambda a: a.site.name, in_print=True),
        Column(gettext_lazy("Area"), lambda a: a.area.name if a.area else "", in_print=True),
        Column(gettext_lazy("People met"), lambda a: "; ".join(p.name for p in a.met)),
        Column(gettext_lazy("Number of people met"), lambda a: len(a.met), in_print=True),
        Column(gettext_lazy("Minutes"), lambda a: a.duration_minutes),
        Column(gettext_lazy("Audience"), lambda a: a.audience_size),
        Column(gettext_lazy("Notes"), lambda a: a.notes),
        Column(gettext_lazy("Recorded"), lambda a: a.recorded_at.astimezone(a.site.zone).replace(tzinfo=None)),
        Column(gettext_lazy("Entered late"), lambda a: _("yes") if a.is_late else ""),
        Column(gettext_lazy("Why entered late"), lambda a: a.late_reason),
        Column(gettext_lazy("Confidential"), lambda a: _("yes") if a.is_confidential else ""),
        Column(gettext_lazy("Status"), lambda a: a.get_status_display(), in_print=True),
    ],
    sorts={"when": "occurred_on", "recorded": "id"},
    related=("site", "area", "owner", "activity_type"),
    with_marks=with_marks,
    for_export=with_people,
    row_template="leadership/activity_row.html",
)  # fmt: skip


@require_GET
@requires(Permission.RECORD_VIEW)
def activity_list(request: HttpRequest) -> HttpResponse:
    """The list, newest event first."""
    user = cast(User, request.user)
    return list_response(
        request, LISTING,
        new_url=reverse("leadership:log") if user.can(Permission.ACTIVITY_LOG) else "",
        new_label=_("Log an activity"), empty_title=_("No activities yet"),
        empty_why=_("An auditor asks leaders what they did, and the floor whether it happened. Here it stands."),
    )  # fmt: skip


@require_GET
@requires(Permission.RECORD_EXPORT)
def activity_export(request: HttpRequest) -> HttpResponseBase:
    """What the list shows, as CSV or XLSX."""
    return export_response(request, LISTING)


@require_GET
@requires(Permission.RECORD_VIEW)
def activity_list_print(request: HttpRequest) -> HttpResponse:
    """What the list shows, on paper."""
    return print_response(request, LISTING)


@require_GET
@requires(Permission.RECORD_VIEW)
def activity_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """The page of an activity."""
    activity = load(request, Activity, pk, "activity_type", "occurrence")
    return record_response(request, activity, is_print=False, **page_context(request, activity))


@require_GET
@requires(Permission.RECORD_VIEW)
def activity_print(request: HttpRequest, pk: int) -> HttpResponse:
    """The page of an activity on paper."""
    activity = load(request, Activity, pk, "activity_type", "occurrence")
    return record_response(request, activity, is_print=True, **page_context(request, activity))


def page_context(request: HttpRequest, activity: Activity) -> dict[str, Any]:
    """What an activity's page shows beside what all records show."""
    user = cast(User, request.user)
    is_logged = activity.status == Activity.Status.LOGGED
    kept = f"?{urlencode({'list': request.GET['list']})}" if request.GET.get("list") else ""
    may_change = is_logged and may_change_record(user, activity)
    may_follow_up = is_logged and user.can(Permission.ACTION_EDIT)
    new_action = reverse("objectives:improvement-action-new") if may_follow_up else ""
    return {
        "kind_label": activity.activity_type.label,
        "kind_icon": activity.activity_type.icon,
        "edit_url": reverse("leadership:activity-edit", args=[activity.pk]) + kept if may_change else "",
        "withdraw_url": reverse("leadership:activity-withdraw", args=[activity.pk]) + kept if may_change else "",
        "serves_url": reverse("objectives:contribution", args=[activity.uid]) + kept if may_change else "",
        "ask_url": reverse("leadership:activity-ask", args=[activity.pk]) + kept if may_change else "",
        "tally": lambda page: answers_of(activity) if told(page.timeline, "activity.answered") else None,
        "planned": getattr(activity, "occurrence", None),
        "new_follow_up_url": f"{new_action}?source={activity.uid}" if new_action else "",
    }


def answers_of(activity: Activity) -> corroboration.Tally | None:
    """What people who were there answered, from five up."""
    return corroboration.tally(activity.answers.all(), with_words=True)


def clash_of(form: ActivityForm, stops: Any, stale: StaleRecord, user: User) -> list[ClashLine]:
    """Both versions of the facts and stops; the form may then be sent again against the version that stands."""
    current = cast(Activity, stale.current)
    lines = form.clash(current)
    if stops is not None:
        theirs = stops_in_words(stop_forms(None, current, user))
        lines.append(ClashLine(_("Stops"), theirs, stops_in_words(stops)))
    again_with(form, current.version)
    return lines


@require_http_methods(["GET", "POST"])
@requires(Permission.ACTIVITY_LOG)
def activity_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Correct a logged activity with a reason; after a clash both versions stand side by side."""
    activity = load_to_change(request, Activity, pk, "activity_type")
    user = cast(User, request.user)
    clash: list[ClashLine] = []
    with timezone.override(activity.site.zone):
        form = ActivityForm(request.POST or None, activity=activity, user=user)
        stops = stop_forms(request.POST or None, activity, user) if activity.activity_type.has_stops else None
        if request.method == "POST" and form.is_valid() and (stops is None or stops.is_valid()):
            changes = form.changes() | ({"stops": stops_sent(stops)} if stops is not None else {})
            try:
                sent = {"version": form.cleaned_data["version"], "reason": form.cleaned_data["reason"]}
                service.correct(activity, by=user, at=timezone.now(), **sent, **changes)
            except StaleRecord as stale:
                clash = clash_of(form, stops, stale, user)
            except (ValidationError, service.CannotCorrect) as error:
                explain(form, error)
            else:
                messages.success(request, _("Corrected. What it said before stays in the timeline."))
                return redirect(page_url(request, activity))
        return render(request, "leadership/activity_form.html", {
            "form": form, "stops": stops, "clash": clash, "record": activity, "cancel_url": page_url(request, activity),
        })  # fmt: skip


@require_http_methods(["GET", "POST"])
@requires(Permission.ACTIVITY_LOG)
def activity_withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    """Take an activity out of the evidence, with a reason."""
    activity = load_to_change(request, Activity, pk)
    form = WithdrawForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            service.withdraw(
                activity, reason=form.cleaned_data["reason"], by=cast(User, request.user), at=timezone.now()
            )
        except IllegalTransition as error:
            raise PermissionDenied(str(error)) from error
        messages.success(request, _("Withdrawn. It stays readable, with your reason, and no longer counts."))
        return redirect(page_url(request, activity))
    return render(request, "components/form_page.html", {
        "form": form, "title": _("Withdraw %(reference)s?") % {"reference": activity.reference},
        "lead": activity.title, "submit_label": _("Withdraw"), "submit_tone": "danger",
        "cancel_url": page_url(request, activity),
    })  # fmt: skip
