"""Plan, do, check, act: writing it down, checking the effect, photos before and after, copying elsewhere."""

from __future__ import annotations

from typing import IO, cast

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from objectives.forms.improvement_cycle import ActionPhotoForm, CheckForm, CopyForm, CycleForm
from objectives.models import ActionPhoto, ImprovementAction
from objectives.services import improvement_cycle as service
from objectives.views.improvement_page import to_work_on
from qms.models import User
from qms.permissions import Permission, requires
from qms.services.attachment import Sent
from qms.services.file_intake import FileRefused
from qms.services.record import CannotChange, IllegalTransition
from qms.views.record_form import change_response
from qms.views.record_page import load, page_url


@require_http_methods(["GET", "POST"])
@requires(Permission.ACTION_EDIT)
def improvement_cycle(request: HttpRequest, pk: int) -> HttpResponse:
    """Write plan, do, check and act; after a clash both versions stand side by side."""
    action = to_work_on(request, pk)
    form = CycleForm(request.POST or None, action=action)
    title = _("Plan, do, check, act: %(name)s") % {"name": action.reference}
    return change_response(request, form, action, service.write_cycle, anchor="#cycle", title=title)


@require_http_methods(["GET", "POST"])
@requires(Permission.ACTION_EDIT)
def improvement_check(request: HttpRequest, pk: int) -> HttpResponse:
    """Say whether it worked; anybody who works on actions may, best somebody else than the owner."""
    action = load(request, ImprovementAction, pk)
    user = cast(User, request.user)
    form = CheckForm(request.POST or None, action=action)
    if request.method == "POST" and form.is_valid():
        try:
            service.check_effect(action, by=user, at=timezone.now(), **form.cleaned_data)
        except (ValidationError, IllegalTransition) as error:
            form.add_error(None, error if isinstance(error, ValidationError) else str(error))
        else:
            messages.success(request, _("Checked. Close it when nothing is left to do."))
            return redirect(page_url(request, action))
    own = _("You own this action. Somebody else sees more; if nobody can check it, the page will say that you did.")
    return render(request, "components/form_page.html", {
        "form": form, "title": _("Check the effect: %(name)s") % {"name": action.reference},
        "submit_label": _("Checked"),
        "lead": own if action.owner_id == user.person_id else action.title, "cancel_url": page_url(request, action),
    })  # fmt: skip


@require_http_methods(["GET", "POST"])
@requires(Permission.ACTION_EDIT)
def improvement_photo(request: HttpRequest, pk: int) -> HttpResponse:
    """Add photos of the place before or after; each file that is refused is named with the reason."""
    action = to_work_on(request, pk)
    moment = request.GET.get("moment", ActionPhoto.Moment.BEFORE)
    form = ActionPhotoForm(request.POST or None, request.FILES or None, initial={"moment": moment})
    if request.method == "POST" and form.is_valid():
        facts = {"moment": form.cleaned_data["moment"], "caption": form.cleaned_data["caption"]}
        for upload in form.cleaned_data["files"]:
            sent = Sent(cast(IO[bytes], upload.file), upload.name or "", upload.size or 0)
            try:
                service.add_photo(action, sent, by=cast(User, request.user), at=timezone.now(), **facts)
            except FileRefused as error:
                messages.error(request, f"{upload.name}: {error}")
        return redirect(page_url(request, action) + "#before-after")
    return render(request, "components/form_page.html", {
        "form": form, "title": _("Before and after: %(name)s") % {"name": action.reference}, "lead": action.title,
        "submit_label": _("Add photos"), "cancel_url": page_url(request, action),
    })  # fmt: skip


@require_http_methods(["GET", "POST"])
@requires(Permission.ACTION_EDIT)
def improvement_copy(request: HttpRequest, pk: int) -> HttpResponse:
    """Bring an improvement to other areas and sites."""
    action = load(request, ImprovementAction, pk, "raiser")
    user = cast(User, request.user)
    form = CopyForm(request.POST or None, user=user, action=action)
    if request.method == "POST" and form.is_valid():
        sent = {name: form.cleaned_data[name] for name in ("due_on", "uid")}
        try:
            made = service.copy_to(action, form.targets(), by=user, at=timezone.now(), **sent)
        except (CannotChange, ValidationError) as error:
            form.add_error(None, error if isinstance(error, ValidationError) else str(error))
        else:
            messages.success(request, ngettext("Copied to %(n)d area.", "Copied to %(n)d areas.", len(made))
                             % {"n": len(made)})  # fmt: skip
            return redirect(page_url(request, action))
    return render(request, "components/form_page.html", {
        "form": form, "title": _("Copy %(name)s elsewhere") % {"name": action.reference}, "submit_label": _("Copy"),
        "lead": _("Each copy names this action, who raised it and who did it first."),
        "cancel_url": page_url(request, action),
    })  # fmt: skip
