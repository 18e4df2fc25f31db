"""Access: who may log in, as what, where and until when; all of it inside an elevated session."""

from __future__ import annotations

import uuid
from typing import Any, cast

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from qms.forms.user import AccessForm, InviteForm, UserFilter
from qms.models import Person, User
from qms.permissions import Permission, requires
from qms.services import record_list
from qms.services import user as service
from qms.services.timeline import timeline_of
from qms.views.person import counted

SORTS = {"email": "email", "profile": "profile", "last": "last_login"}
REFUSALS = (service.CannotChangeOwnAccess, service.LastAdministrator, service.OutOfReach)


@require_GET
@requires(Permission.USER_EDIT)
def user_list(request: HttpRequest) -> HttpResponse:
    """Everybody with a log-in the administrator may see."""
    rows = User.objects.get_queryset().visible_to(cast(User, request.user)).select_related("person")
    filters = UserFilter(request.GET, queryset=rows.prefetch_related("sites"), request=request)
    page = record_list.page_of(
        filters.qs, sort=record_list.chosen_sort(request.GET.get("sort", ""), SORTS, "email"),
        after=request.GET.get("after", ""), before=request.GET.get("before", ""),
    )  # fmt: skip
    now = timezone.now()
    lines = [(login, state_of(login, now)) for login in page.rows]
    context = {"filters": filters, "page": page, "lines": lines, "count": counted(filters.qs)}
    return render(request, "qms/user_list.html", context)


def state_of(login: User, now: Any) -> str:
    """How a log-in stands, as a status word."""
    if not login.is_active:
        return "disabled"
    if not login.may_log_in_at(now):
        return "expired"
    return "active" if login.last_login else "invited"


def visible_user(request: HttpRequest, uid: uuid.UUID) -> User:
    """The log-in, if the administrator may see it; 404 otherwise."""
    rows = User.objects.get_queryset().visible_to(cast(User, request.user)).select_related("person__site")
    return get_object_or_404(rows, uid=uid)


@require_http_methods(["GET", "POST"])
@requires(Permission.USER_EDIT)
def user_new(request: HttpRequest) -> HttpResponse:
    """Give a person access and send the invitation."""
    by = cast(User, request.user)
    wanted = request.GET.get("person", "")
    person = Person.objects.visible_to(by).filter(uid=wanted).first() if _is_uuid(wanted) else None
    form = InviteForm(request.POST or None, by=by, person=person)
    if request.method == "POST" and form.is_valid():
        try:
            login = service.invite(form.cleaned_data["person"], **form.access(), by=by, at=timezone.now())
        except ValidationError as error:
            form.add_error(None, error)
        except service.OutOfReach as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, _("Invited. A link to set the password is on its way to %s.") % login.email)
            return redirect("qms:user-detail", login.uid)
    context = {
        "form": form, "title": _("Give access"), "cancel_url": reverse("qms:user-list"), "submit_label": _("Invite"),
    }  # fmt: skip
    return render(request, "qms/user_form.html", context, status=422 if form.errors else 200)


def _is_uuid(text: str) -> bool:
    try:
        uuid.UUID(text)
    except ValueError:
        return False
    return True


@require_http_methods(["GET", "POST"])
@requires(Permission.USER_EDIT)
def user_detail(request: HttpRequest, uid: uuid.UUID) -> HttpResponse:
    """One log-in: what it may do, changes to it, its trail."""
    login, by = visible_user(request, uid), cast(User, request.user)
    form = AccessForm(request.POST or None, by=by, user=login)
    if request.method == "POST" and form.is_valid():
        try:
            reason = form.cleaned_data["reason"]
            service.change_access(login, **form.access(), by=by, at=timezone.now(), reason=reason)
        except ValidationError as error:
            form.add_error(None, error)
        except REFUSALS as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, _("Access changed."))
            return redirect("qms:user-detail", login.uid)
    context = {
        "form": form, "login": login, "state": state_of(login, timezone.now()), "entries": timeline_of(login),
        "is_self": login.pk == by.pk, "has_second_factor": service.has_second_factor(login),
    }  # fmt: skip
    return render(request, "qms/user_detail.html", context, status=422 if form.errors else 200)


@require_POST
@requires(Permission.USER_EDIT)
def user_act(request: HttpRequest, uid: uuid.UUID, act: str) -> HttpResponse:
    """Disable or enable a log-in, or remove its second factor."""
    login = visible_user(request, uid)
    acts: dict[str, Any] = {
        "disable": (service.disable, _("Disabled. Open sessions have ended.")),
        "enable": (service.enable, _("Enabled.")),
        "reset-second-factor": (service.reset_second_factor, _("Two-step log-in is removed and sessions have ended.")),
    }
    change, words = acts[act]
    try:
        reason = request.POST.get("reason", "")[:400]
        change(login, by=cast(User, request.user), at=timezone.now(), reason=reason)
    except REFUSALS as error:
        messages.error(request, str(error))
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        messages.success(request, words)
    return redirect("qms:user-detail", login.uid)


@require_POST
@requires(Permission.USER_EDIT)
def user_invite_again(request: HttpRequest, uid: uuid.UUID) -> HttpResponse:
    """Send the invitation once more."""
    login = visible_user(request, uid)
    service.invited_again(login, by=cast(User, request.user), at=timezone.now())
    messages.success(request, _("A new link is on its way to %s.") % login.email)
    return redirect("qms:user-detail", login.uid)


@require_GET
@requires(Permission.SIGNED_IN)
def profile_list(request: HttpRequest) -> HttpResponse:
    """Every access profile: who holds it and what it permits."""
    profiles = service.profiles_explained()
    return render(request, "qms/user_profiles.html", {"profiles": profiles})
