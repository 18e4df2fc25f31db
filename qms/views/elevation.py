"""Beginning and leaving an elevated administrator session."""

from __future__ import annotations

from typing import cast

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from qms.forms.elevation import ProofForm, safe_next
from qms.models import Elevation, User
from qms.permissions import ELEVATED, ELEVATED_UNTIL, Permission, requires
from qms.services import elevation as service
from qms.services import reauthentication


@never_cache
@require_http_methods(["GET", "POST"])
@requires(Permission.SIGNED_IN)
def elevate(request: HttpRequest) -> HttpResponse:
    """Ask for the password (and code), then open the elevated session and go back to where one came from."""
    user = cast(User, request.user)
    if not service.can_elevate(user):
        raise PermissionDenied(_("Your access profile has nothing that an elevated session would open."))
    goes_to = safe_next(request.POST.get("next") or request.GET.get("next", ""), reverse("qms:admin"))
    form = ProofForm(request.POST or None, needs_code=reauthentication.needs_code(user))
    if request.method == "POST" and form.is_valid():
        try:
            begun = service.start(
                user, password=form.cleaned_data["password"], code=form.cleaned_data.get("code", ""),
                at=timezone.now(), replaces=request.session.get("elevation_id"),
            )  # fmt: skip
        except reauthentication.NotConfirmed as error:
            form.add_error("code" if "Code" in type(error).__name__ else "password", str(error))
        else:
            request.session[ELEVATED_UNTIL] = begun.until.timestamp()
            request.session["elevation_id"] = begun.pk
            return redirect(goes_to)
    opens = [permission.label for permission in Permission if permission in ELEVATED and user.can(permission)]
    context = {"form": form, "next": goes_to, "opens": opens}
    return render(request, "qms/elevation_form.html", context, status=422 if form.errors else 200)


@require_POST
@requires(Permission.SIGNED_IN)
def leave(request: HttpRequest) -> HttpResponse:
    """End the elevated session now."""
    request.session.pop(ELEVATED_UNTIL, None)
    running = request.session.pop("elevation_id", None)
    if running:
        service.end(cast(User, request.user), how=Elevation.End.LEFT, at=timezone.now(), only=running)
    messages.success(request, _("You have left the elevated session."))
    return redirect("qms:admin" if cast(User, request.user).can(Permission.MAPPING_VIEW) else "qms:me")
