"""The inbox: what must be done, the news, what is watched; and the addresses that a mail leads here by."""

from __future__ import annotations

import uuid
from typing import cast

from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from qms.forms.elevation import safe_next
from qms.models import Reminder, User
from qms.permissions import Permission, public, requires
from qms.services import digest, signed_link, watch
from qms.services import inbox as service
from qms.services import reminder as reminder_service
from qms.views.record_page import visible_record


@require_GET
@requires(Permission.SIGNED_IN)
def inbox(request: HttpRequest) -> HttpResponse:
    """What concerns me now; the digest says the same."""
    found = service.inbox(cast(User, request.user), at=timezone.now())
    return render(request, "qms/inbox.html", {"inbox": found, "shown": service.SHOWN})


@require_POST
@requires(Permission.SIGNED_IN)
def reminder_acknowledge(request: HttpRequest, pk: int) -> HttpResponse:
    """I have seen it and deal with it: no further leader is told."""
    user = cast(User, request.user)
    reminder = get_object_or_404(Reminder.objects.select_related("record"), pk=pk, person_id=user.person_id)
    reminder_service.acknowledge(reminder, by=user, at=timezone.now())
    messages.success(request, _("Noted: you deal with it. Nobody above you is told for now."))
    return redirect(safe_next(request.POST.get("next", ""), "/inbox/"))


@never_cache
@require_GET
@public
def reminder_go(request: HttpRequest, token: str) -> HttpResponse:
    """From a mail to what it is about, with one tap; who is not logged in comes by the log-in."""
    try:
        pk = int(signed_link.read(digest.GO, token))
    except signed_link.NotSigned as error:
        raise Http404 from error
    if not request.user.is_authenticated:
        return redirect_to_login(request.get_full_path())
    reminder = get_object_or_404(Reminder.objects.select_related("record"), pk=pk)
    if reminder.person_id != request.user.person_id:
        messages.info(request, _("That mail was written to somebody else. This is what waits for you."))
        return redirect("qms:inbox")
    return redirect("qms:record", reminder.record.uid)


@require_POST
@requires(Permission.RECORD_VIEW)
def record_watch(request: HttpRequest, uid: uuid.UUID) -> HttpResponse:
    """Follow a record, or no longer."""
    record, user = visible_record(request, uid), cast(User, request.user)
    if request.POST.get("watch") == "1":
        watch.follow(record, by=user, at=timezone.now())
        messages.success(request, _("You watch this now. What happens to it stands in your inbox and digest."))
    else:
        watch.leave(record, by=user, at=timezone.now())
        messages.success(request, _("You no longer watch this."))
    return redirect("qms:record", record.uid)
