"""An idea or a problem in ten seconds: from the QR code of an area, with or without a log-in; and its ticket."""

from __future__ import annotations

from typing import IO, cast

from allauth.account.adapter import get_adapter
from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from objectives.forms.idea import AssessForm, IdeaForm
from objectives.models import ActionPhoto, ImprovementAction
from objectives.services import idea as service
from objectives.services import improvement_cycle
from objectives.views.improvement_page import to_work_on
from qms.models import Area, User
from qms.permissions import Permission, public, requires
from qms.services import rate_limit, secret_link
from qms.services import site as site_service
from qms.services.attachment import Sent
from qms.services.file_intake import FileRefused
from qms.services.record import IllegalTransition
from qms.views.record_page import page_url

IDEAS, IDEAS_SECONDS = 20, 10 * 60
"""How many ideas one network address may send; a shift that queues at one tablet stays below it."""
LOOKS, LOOKS_SECONDS = 120, 10 * 60


@never_cache
@require_http_methods(["GET", "POST"])
@public
def idea_at(request: HttpRequest, token: str) -> HttpResponse:
    """Raise something at the area of a QR code; without a log-in only where the site allows it, and nothing else."""
    area = site_service.area_of(token)
    user = request.user if request.user.is_authenticated else None
    if area is None or (user and not Area.objects.visible_to(user).filter(pk=area.pk).exists()):
        return render(request, "qms/area_code_unknown.html", status=404)
    if user and not user.can(service.MAY_RAISE):
        raise PermissionDenied(service.MAY_RAISE.label)
    if user is None and not area.site.has_open_ideas:
        return redirect_to_login(request.path)
    return raised(request, user=user, area=area)


@never_cache
@require_http_methods(["GET", "POST"])
@requires(service.MAY_RAISE)
def idea_new(request: HttpRequest) -> HttpResponse:
    """Raise something with a log-in; ``?area=`` is the place one stands at."""
    user = cast(User, request.user)
    asked = request.GET.get("area", "")
    places = Area.objects.visible_to(user).active().select_related("site")
    area = places.filter(pk=int(asked)).first() if asked.isdecimal() and len(asked) < 10 else None
    return raised(request, user=user, area=area)


def raised(request: HttpRequest, *, user: User | None, area: Area | None) -> HttpResponse:
    """The form, and what it sends: to the ticket for who has no log-in, to the action for who has one."""
    sent = (request.POST, request.FILES) if request.method == "POST" else (None, None)
    form = IdeaForm(*sent, user=user, area=area)
    if form.is_bound and form.is_valid():
        try:
            refuse_too_many(request, user)
            made = service.raise_idea(by=user, at=timezone.now(), **form.facts())
        except ValidationError as error:
            form.add_error(None, error)
        except service.NobodyToAnswer as error:
            form.add_error(None, str(error))
        else:
            keep_photo(request, form, made, user)
            if user is None:
                return redirect("objectives:idea-ticket", made.secret)
            messages.success(request, _("Thank you. You are told what becomes of it."))
            return redirect("objectives:improvement-action-detail", made.action.pk)
    template = "objectives/idea_form.html" if user else "objectives/idea_form_plain.html"
    return render(request, template, {"form": form, "area": area}, status=422 if form.errors else 200)


def refuse_too_many(request: HttpRequest, user: User | None) -> None:
    """Raise ValidationError after too many ideas from one person, or one network address."""
    who = str(user.uid) if user else get_adapter(request).get_client_ip(request)
    if rate_limit.is_over("idea", who, limit=IDEAS, seconds=IDEAS_SECONDS):
        raise ValidationError(_("Many ideas came from here just now. Wait ten minutes, then send this one again."))


def keep_photo(request: HttpRequest, form: IdeaForm, made: service.Raised, user: User | None) -> None:
    """The photo goes with a new idea; one that is refused is named, and the idea stays."""
    photo = form.photo_sent()
    if photo is None or not made.is_new:
        return
    sent = Sent(cast(IO[bytes], photo.file), photo.name or "", photo.size or 0)
    try:
        moment = ActionPhoto.Moment.BEFORE
        improvement_cycle.add_photo(made.action, sent, moment=moment, by=user, at=timezone.now())
    except FileRefused as error:
        messages.warning(request, _("Your idea is kept, the photo is not. %(why)s") % {"why": error})


@never_cache
@require_GET
@public
def idea_ticket(request: HttpRequest, token: str) -> HttpResponse:
    """What became of an idea, for who holds its ticket: where it stands and why, and nothing else."""
    address = get_adapter(request).get_client_ip(request)
    is_over = rate_limit.is_over("ticket", address, limit=LOOKS, seconds=LOOKS_SECONDS)
    action = None if is_over else service.by_ticket(token)
    if action is None:
        why = _("Too many tries from here. Wait ten minutes.") if is_over else _("This ticket opens nothing.")
        return render(request, "objectives/promise_closed.html", {"why": why}, status=404)
    own = secret_link.address_of("objectives:idea-ticket", token)
    with timezone.override(action.site.zone):
        return render(request, "objectives/idea_ticket.html", {
            "action": action, "address": own, "code": secret_link.drawing(own),
        })  # fmt: skip


@require_http_methods(["GET", "POST"])
@requires(Permission.ACTION_EDIT)
def idea_assess(request: HttpRequest, pk: int) -> HttpResponse:
    """Take an idea up, with an owner and a date."""
    action: ImprovementAction = to_work_on(request, pk)
    user = cast(User, request.user)
    form = AssessForm(request.POST or None, user=user, action=action)
    if request.method == "POST" and form.is_valid():
        try:
            service.assess(action, by=user, at=timezone.now(), **form.cleaned_data)
        except IllegalTransition as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, _("Planned. Who raised it is told."))
            return redirect(page_url(request, action))
    return render(request, "components/form_page.html", {
        "form": form, "title": _("Take it up: %(name)s") % {"name": action.reference}, "lead": action.title,
        "submit_label": _("Plan it"), "cancel_url": page_url(request, action),
    })  # fmt: skip
