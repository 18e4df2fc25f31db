"""The RACI matrix of the processes, and editing it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from leadership.forms.process import LettersForm, ProcessForm
from leadership.models import Process, RaciLetter, Role
from leadership.services import process as service
from leadership.services.process import Matrix
from objectives.forms.strategy import SiteForm
from qms.forms.record_form import explain
from qms.models import User
from qms.permissions import Permission, requires
from qms.services import record_list, sheet


def matrix_of(request: HttpRequest) -> tuple[SiteForm, Matrix]:
    """The choice of the site, and the matrix of what is chosen."""
    user = cast(User, request.user)
    form = SiteForm(request.GET, user=user)
    return form, service.matrix(user, site=form.chosen())


def process_to_edit(request: HttpRequest, pk: int) -> Process:
    """The process; 404 when who asks may not see it."""
    rows = Process.objects.visible_to(cast(User, request.user)).select_related("site", "owner_role")
    return get_object_or_404(rows, pk=pk)


@require_GET
@requires(Permission.RECORD_VIEW)
def process_list(request: HttpRequest) -> HttpResponse:
    """Which role does, answers for, is asked or is told about each process."""
    user = cast(User, request.user)
    form, matrix = matrix_of(request)
    retired = Process.objects.visible_to(user).filter(is_active=False).order_by("name", "pk")
    may_edit = user.can(Permission.ROLE_EDIT)
    return render(request, "leadership/process_list.html", {
        "form": form, "matrix": matrix, "may_edit": may_edit, "may_export": user.can(Permission.RECORD_EXPORT),
        "letters": RaciLetter.Letter.choices, "retired": list(retired) if may_edit else [],
        "query": f"?{request.GET.urlencode()}" if request.GET else "",
    })  # fmt: skip


@require_GET
@requires(Permission.RECORD_EXPORT)
def process_export(request: HttpRequest) -> HttpResponseBase:
    """The matrix as CSV or XLSX."""
    _form, matrix = matrix_of(request)
    header = [_("Process"), _("Site"), _("Owned by"), *(role.title for role in matrix.roles), _("Missing")]

    def rows() -> Iterator[list[object]]:
        for row in matrix.rows:
            process = row.process
            site = process.site.name if process.site else _("The whole organization")
            owner = process.owner_role.title if process.owner_role else ""
            yield [process.name, site, owner, *row.cells, "; ".join(row.gaps)]

    record_list.note_export(
        cast(User, request.user), "processes", at=timezone.now(), filters=request.GET.urlencode()
    )  # fmt: skip
    send = sheet.xlsx_response if request.GET.get("format") == "xlsx" else sheet.csv_response
    return send("raci", header, rows())


@require_GET
@requires(Permission.RECORD_VIEW)
def process_print(request: HttpRequest) -> HttpResponse:
    """The matrix on paper."""
    _form, matrix = matrix_of(request)
    return render(
        request, "leadership/process_print.html", {"matrix": matrix, "letters": RaciLetter.Letter.choices}
    )  # fmt: skip


@require_http_methods(["GET", "POST"])
@requires(Permission.ROLE_EDIT)
def process_new(request: HttpRequest) -> HttpResponse:
    """Enter a process."""
    form = ProcessForm(request.POST or None, user=cast(User, request.user))
    if request.method == "POST" and form.is_valid():
        try:
            process = service.add(by=cast(User, request.user), at=timezone.now(), **form.cleaned_data)
        except ValidationError as error:
            explain(form, error)
        else:
            messages.success(request, _("Entered. Now say which role has which part in it."))
            return redirect("leadership:process-raci", process.pk)
    return form_page(request, form, _("New process"))


@require_http_methods(["GET", "POST"])
@requires(Permission.ROLE_EDIT)
def process_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Rename a process, order it, or give it another owner."""
    process = process_to_edit(request, pk)
    form = ProcessForm(request.POST or None, user=cast(User, request.user), process=process)
    if request.method == "POST" and form.is_valid():
        try:
            service.edit(process, by=cast(User, request.user), at=timezone.now(), **form.cleaned_data)
        except ValidationError as error:
            explain(form, error)
        else:
            return redirect("leadership:process-list")
    return form_page(request, form, process.name, process=process)


@require_http_methods(["GET", "POST"])
@requires(Permission.ROLE_EDIT)
def process_raci(request: HttpRequest, pk: int) -> HttpResponse:
    """Say which role has which part in the process."""
    process, user = process_to_edit(request, pk), cast(User, request.user)
    roles = Role.objects.visible_to(user).in_force().select_related("holder").order_by("title", "pk")
    shown = list(roles.reaching(process.site) if process.site else roles)
    form = LettersForm(request.POST or None, roles=shown, letters=service.letters_in(process))
    if request.method == "POST" and form.is_valid():
        try:
            service.set_letters(process, letters=form.letters(), by=user, at=timezone.now())
        except ValidationError as error:
            explain(form, error)
        else:
            messages.success(request, _("Kept. What held before stays in the trail."))
            return redirect("leadership:process-list")
    return form_page(request, form, process.name, lead=_("Exactly one role is accountable for a process."))


@require_POST
@requires(Permission.ROLE_EDIT)
def process_use(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a process out of use, or into use again."""
    process, is_active = process_to_edit(request, pk), request.POST.get("is_active") == "1"
    service.set_in_use(process, is_active=is_active, by=cast(User, request.user), at=timezone.now())
    return redirect("leadership:process-list")


def form_page(
    request: HttpRequest, form: ProcessForm | LettersForm, title: str, *, lead: str = "", process: Process | None = None
) -> HttpResponse:
    """The form of a process on a page of its own."""
    from_list = redirect("leadership:process-list").url
    return render(request, "leadership/process_form.html", {
        "form": form, "title": title, "lead": lead, "cancel_url": from_list, "process": process,
    })  # fmt: skip
