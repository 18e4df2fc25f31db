"""The Log page: a leadership act written down where it happened, with or without a connection."""

import uuid
from collections.abc import Iterable
from typing import IO, cast

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.middleware.csrf import get_token
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from leadership.forms.log import LogForm
from leadership.models import Activity
from leadership.services import activity as service
from leadership.services import occurrence
from objectives.services import contribution
from qms.models import ClauseLink, Person, User
from qms.permissions import Permission, requires
from qms.services import attachment as attachment_service
from qms.services.file_intake import FileRefused

SUGGESTIONS = 10
PEOPLE_KEPT_ON_THE_PHONE = 3000


@never_cache
@require_http_methods(["GET", "POST"])
@requires(Permission.ACTIVITY_LOG)
def log(request: HttpRequest) -> HttpResponse:
    """The form, and what it sends: as a page, or as JSON when the phone's queue sends it."""
    user, at = cast(User, request.user), timezone.now()
    sent = (request.POST, request.FILES) if request.method == "POST" else (None, None)
    form = LogForm(*sent, user=user, asked=request.GET.dict(), at=at)
    activity = _logged(form) if form.is_bound and form.is_valid() else None
    if request.accepts("text/html"):
        if activity is None:
            if form.is_bound:
                form.offer_everything()
            return render(request, "leadership/log_page.html", {"form": form}, status=422 if form.is_bound else 200)
        if activity.recorded_at != at:
            messages.info(request, _("This was logged already; nothing was added. To add something, correct it."))
        _keep_photos(request, activity, form.cleaned_data["photos"])
        return HttpResponseRedirect(reverse("leadership:log-done", args=[activity.uid]))
    if activity is None:
        return JsonResponse({"errors": form.problems()}, status=422)
    address = reverse("leadership:log-done", args=[activity.uid])
    return JsonResponse({"uid": str(activity.uid), "reference": activity.reference, "url": address}, status=201)


@require_GET
@requires(Permission.ACTIVITY_LOG)
def log_done(request: HttpRequest, uid: uuid.UUID) -> HttpResponse:
    """What was logged, under which reference, and what it is evidence for."""
    user = cast(User, request.user)
    records = Activity.objects.visible_to(user).select_related("activity_type", "area", "site", "occurrence")
    activity = get_object_or_404(records, uid=uid)
    planned = getattr(activity, "occurrence", None)
    links = ClauseLink.objects.filter(record_id=activity.pk, counts=True, clause__edition__is_default=True)
    context = {
        "activity": activity,
        "links": links.select_related("clause").order_by("clause__sort_key", "pk"),
        "photo_count": activity.attachments.filter(withdrawn_at=None, annotation_of=None).count(),
        "follow_up_count": activity.follow_ups.count(),
        "planned": planned,
        "serves": contribution.served_by(activity),
        "offered": [] if planned else occurrence.offered_for(activity),
        "rule_words": occurrence.MATCH_RULE,
    }
    return render(request, "leadership/log_done.html", context)


@never_cache
@require_GET
@requires(Permission.ACTIVITY_LOG)
def log_people(request: HttpRequest) -> JsonResponse:
    """People for the type-ahead of the Log page."""
    return people_offered(request)


def people_offered(request: HttpRequest) -> JsonResponse:
    """People to choose from: at most ten for ``?q=``; without it, those a phone keeps for when it is offline."""
    people = Person.objects.visible_to(cast(User, request.user)).active().order_by("name", "pk")
    words = request.GET.get("q", "").strip()[:80]
    rows = people.matching(words)[:SUGGESTIONS] if words else people[:PEOPLE_KEPT_ON_THE_PHONE]
    return JsonResponse({"people": [{"uid": p.uid, "name": p.name, "note": p.job_title} for p in rows]})


@never_cache
@require_GET
@requires(Permission.SIGNED_IN)
def log_session(request: HttpRequest) -> JsonResponse:
    """Who is logged in, and a fresh CSRF token, for the phone's queue before it sends."""
    return JsonResponse({"user": cast(User, request.user).uid, "csrf": get_token(request)})


def _logged(form: LogForm) -> Activity | None:
    try:
        return service.log(**form.values(), by=form.user, at=form.at)
    except ValidationError as error:
        form.refuse(error)
        return None


def _keep_photos(request: HttpRequest, activity: Activity, photos: Iterable[UploadedFile]) -> None:
    """Files of the form without JavaScript; one that is refused is named, the others stay."""
    for photo in photos:
        sent = attachment_service.Sent(cast(IO[bytes], photo.file), photo.name or "", photo.size or 0)
        try:
            attachment_service.add(activity, sent, by=cast(User, request.user), at=timezone.now())
        except FileRefused as error:
            messages.warning(request, f"{photo.name}: {error}")
