"""Tokens of the interface: one's own, and those an administrator makes for machines."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, cast

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from qms.forms.api_token import PersonalTokenForm, ServiceTokenForm, TokenForm
from qms.forms.signature import ConfirmedForm
from qms.models import ApiToken, Record, User
from qms.permissions import Permission, requires
from qms.services import api_token as service
from qms.services import record_list


def today_utc() -> Any:
    """The day on which tokens made now begin."""
    return timezone.now().astimezone(UTC).date()


def state_of(token: ApiToken, now: datetime) -> str:
    """How a token stands, as a status word."""
    if token.revoked_at:
        return "revoked"
    if token.expires_at <= now:
        return "expired"
    return "waiting" if token.waits_for_consent else "active"


def listed(request: HttpRequest, rows: QuerySet[ApiToken], **context: Any) -> HttpResponse:
    """A page of tokens, the newest first."""
    page = record_list.page_of(
        rows.select_related("owner__person", "created_by", "record"), sort="-created_at",
        after=request.GET.get("after", ""), before=request.GET.get("before", ""),
    )  # fmt: skip
    now, scopes = timezone.now(), dict(ApiToken.Scope.choices)
    lines = [(token, state_of(token, now), [scopes.get(name, name) for name in token.scopes]) for token in page.rows]
    return render(request, "qms/api_token_list.html", {"page": page, "lines": lines, **context})


def issued(
    request: HttpRequest, form: TokenForm, *, back_url: str, title: str, lead: str = "", **facts: Any
) -> HttpResponse:
    """The form, or the new token's secret, shown this once. ``facts`` go to the service beside the form's."""
    if request.method == "POST" and form.is_valid():
        try:
            owner = form.owner() if isinstance(form, ServiceTokenForm) else request.user
            token, secret = service.issue(
                **(form.facts() | facts), owner=cast(User, owner), by=cast(User, request.user), at=timezone.now()
            )  # fmt: skip
        except ValidationError as error:
            form.add_error(None, error.messages)
        except service.CannotIssue as error:
            form.add_error(None, str(error))
        else:
            return render(request, "qms/api_token_made.html", {"token": token, "secret": secret, "back_url": back_url})
    return render(request, "components/form_page.html", {
        "form": form, "title": title, "lead": lead, "cancel_url": back_url, "submit_label": _("Make the token"),
    }, status=422 if form.errors else 200)  # fmt: skip


def issued_for(request: HttpRequest, record: Record, *, back_url: str) -> HttpResponse:
    """A personal token that reads one record and sends its measurements."""
    form = TokenForm(request.POST or None, user=cast(User, request.user), today=today_utc())
    return issued(
        request, form, back_url=back_url, record=record, title=_("Token for measurements"),
        lead=f"{record.reference} {record.title}", scopes=service.RECORD_SCOPES,
    )  # fmt: skip


@require_GET
@requires(Permission.API_USE)
def api_token_list(request: HttpRequest) -> HttpResponse:
    """My tokens."""
    rows = ApiToken.objects.filter(owner=cast(User, request.user))
    return listed(request, rows, is_own=True, new_url=reverse("qms:api-token-new"))


@never_cache
@require_http_methods(["GET", "POST"])
@requires(Permission.API_USE)
def api_token_new(request: HttpRequest) -> HttpResponse:
    """Make a token of my own."""
    form = PersonalTokenForm(request.POST or None, user=cast(User, request.user), today=today_utc())
    return issued(request, form, back_url=reverse("qms:api-token-list"), title=_("New token"))


@require_http_methods(["GET", "POST"])
@requires(Permission.SIGNED_IN)
def api_token_agree(request: HttpRequest, pk: int) -> HttpResponse:
    """Look at a token somebody made to act for me, and agree to it with a fresh proof."""
    user = cast(User, request.user)
    token = get_object_or_404(ApiToken.objects.select_related("owner", "created_by__person"), pk=pk, owner=user)
    form = ConfirmedForm(request.POST or None, user=user)
    if request.method == "POST" and form.is_valid():
        try:
            service.agree(token, by=user, at=timezone.now())
        except service.CannotIssue as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, _("Agreed. You can end it at any time."))
            return redirect(own_page(user))
    scopes = dict(ApiToken.Scope.choices)
    return render(request, "qms/api_token_agree.html", {
        "form": form, "token": token, "state": state_of(token, timezone.now()), "cancel_url": reverse("qms:me"),
        "rows": [
            (_("Made by"), token.created_by.person.name),
            (_("It may"), ", ".join(str(scopes.get(name, name)) for name in token.scopes)),
            (_("Until"), date_format(timezone.localtime(token.expires_at), "j M Y, H:i")),
        ],
    }, status=422 if form.errors else 200)  # fmt: skip


def own_page(user: User) -> str:
    """Where somebody sees the own tokens; without the right to make some, the own page."""
    return reverse("qms:api-token-list" if user.can(Permission.API_USE) else "qms:me")


@require_POST
@requires(Permission.SIGNED_IN)
def api_token_revoke(request: HttpRequest, pk: int) -> HttpResponse:
    """End a token that acts for me, whoever made it."""
    token = get_object_or_404(ApiToken, pk=pk, owner=cast(User, request.user))
    service.revoke(token, by=cast(User, request.user), at=timezone.now())
    messages.success(request, _("Revoked. Nothing gets in with it any more."))
    return redirect(own_page(cast(User, request.user)))


def reached(request: HttpRequest) -> QuerySet[ApiToken]:
    """Every token that acts for a log-in the administrator may see."""
    owners = User.objects.get_queryset().visible_to(cast(User, request.user)).values("pk")
    return ApiToken.objects.filter(owner_id__in=owners)


@require_GET
@requires(Permission.USER_EDIT)
def service_token_list(request: HttpRequest) -> HttpResponse:
    """Every token of the interface, for the administrator."""
    return listed(request, reached(request), is_own=False, new_url=reverse("qms:service-token-new"))


@never_cache
@require_http_methods(["GET", "POST"])
@requires(Permission.USER_EDIT)
def service_token_new(request: HttpRequest) -> HttpResponse:
    """Make a token for a machine that acts for a log-in."""
    form = ServiceTokenForm(request.POST or None, user=cast(User, request.user), today=today_utc())
    back_url = reverse("qms:service-token-list")
    return issued(request, form, back_url=back_url, title=_("New service token"), is_service=True)


@require_POST
@requires(Permission.USER_EDIT)
def service_token_revoke(request: HttpRequest, pk: int) -> HttpResponse:
    """End anybody's token."""
    token = get_object_or_404(reached(request), pk=pk)
    service.revoke(token, by=cast(User, request.user), at=timezone.now())
    messages.success(request, _("Revoked. Nothing gets in with it any more."))
    return redirect("qms:service-token-list")
