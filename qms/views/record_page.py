"""The page of a record of any kind, its print view, its versions; signing it and adding files to it."""

from __future__ import annotations

import json
import uuid
from typing import Any, TypeVar, cast

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError
from django.db.models import Exists, OuterRef
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods

from qms.forms.record_files import RecordFilesForm
from qms.forms.signature import SignForm
from qms.models import Phase, Record, User, Watch
from qms.permissions import Permission, requires
from qms.records import as_child, kind_of, known_kinds
from qms.services import attachment as attachment_service
from qms.services import record as record_service
from qms.services.record_page import record_page, shared_facts, split_facts
from qms.services.timeline import changes_of

RecordT = TypeVar("RecordT", bound=Record)
UNSIGNED_PHASES = frozenset({Phase.DRAFT, Phase.WITHDRAWN})


def load(request: HttpRequest, model: type[RecordT], pk: int, *related: str, rows: Any = None) -> RecordT:
    """The record, if who asks may see it; 404 otherwise. ``rows``: the model's rows with annotations, if wanted."""
    user = cast(User, request.user)
    rows = (model._default_manager.all() if rows is None else rows).select_related(
        "site", "area", "owner", "recorded_by__person", *related
    )
    return cast(RecordT, get_object_or_404(with_watch(rows.visible_to(user), user), pk=pk))


def with_watch(rows: Any, user: User) -> Any:
    """The records with ``is_watched``: whether the user follows them, as their pages show."""
    watches = Watch.objects.filter(person_id=user.person_id, record_id=OuterRef("pk"))
    return rows.annotate(is_watched=Exists(watches))


def load_to_change(request: HttpRequest, model: type[RecordT], pk: int, *related: str) -> RecordT:
    """The same, for somebody who may change it; 403 for who may only see it."""
    record = load(request, model, pk, *related)
    if not attachment_service.may_change(cast(User, request.user), record):
        raise PermissionDenied(_("Only who entered this record, or the quality manager, may change it."))
    return record


def record_response(request: HttpRequest, record: Record, *, is_print: bool = False, **context: Any) -> HttpResponse:
    """The record's page (or its print view), in the site's own time. A callable in ``context`` is given the page."""
    declared = kind_of(record)
    user = cast(User, request.user)
    template = declared.print_template if is_print else declared.detail_template
    with timezone.override(record.site.zone):
        page = record_page(record, user=user)
        more = {name: value(page) if callable(value) else value for name, value in context.items()}
        return render(request, template, {
            "page": page, "record": record, "declared": declared,
            "status": getattr(record, "status", record.phase), "kind_label": declared.label,
            "may_change": attachment_service.may_change(user, record),
            "may_sign": user.can(declared.edit_permission) and record.phase not in UNSIGNED_PHASES,
            "crumbs": [(declared.label_plural, list_url(request, record))], "list_query": request.GET.get("list", ""),
            "print_url": reverse(f"{declared.url_stem}-print", args=[record.pk]), **more,
        })  # fmt: skip


def page_url(request: HttpRequest, record: Record) -> str:
    """The record's page, remembering the list the user came from."""
    return reverse(f"{kind_of(record).url_stem}-detail", args=[record.pk]) + kept_list(request)


def kept_list(request: HttpRequest) -> str:
    """What keeps the list the user came from in an address: a query, or nothing."""
    return f"?{urlencode({'list': request.GET['list']})}" if request.GET.get("list") else ""


def list_url(request: HttpRequest, record: Record) -> str:
    """The list the user came from, with its filters and sort."""
    kept = QueryDict(request.GET.get("list", "")).urlencode()
    return reverse(f"{kind_of(record).url_stem}-list") + (f"?{kept}" if kept else "")


def visible_record(request: HttpRequest, uid: uuid.UUID) -> Record:
    """A record of any kind by its uid, if who asks may see it by the rules of its kind; 404 otherwise."""
    user = cast(User, request.user)
    found = get_object_or_404(Record.objects.select_related("site", "owner"), uid=uid)
    declared = known_kinds().get(found.kind)
    if declared is None or not user.can(declared.view_permission):
        raise Http404
    rows: Any = declared.model._default_manager.all()
    if not rows.visible_to(user).filter(pk=found.pk).exists():
        raise Http404
    return found


@require_GET
@requires(Permission.RECORD_VIEW)
def record(request: HttpRequest, uid: uuid.UUID) -> HttpResponse:
    """From a record's lasting address to the page of its kind."""
    found = visible_record(request, uid)
    try:
        return redirect(page_url(request, found))
    except NoReverseMatch as error:
        raise Http404 from error


@require_GET
@requires(Permission.RECORD_VIEW)
def record_version(request: HttpRequest, uid: uuid.UUID, number: int) -> HttpResponse:
    """One version as it was frozen, with what had changed since the one before."""
    found = visible_record(request, uid)
    versions = {v.version: v for v in found.versions.filter(version__in=[number, number - 1])}
    version = versions.get(number)
    if version is None:
        raise Http404
    declared = kind_of(found)
    with timezone.override(found.site.zone):
        content = json.loads(version.content)
        before = json.loads(versions[number - 1].content) if number - 1 in versions else None
        facts, tables = split_facts(content["facts"], declared.content_labels)
        changes = changes_of({"fields": record_service.differences(before, content)}, declared) if before else []
        return render(request, "qms/record_version.html", {
            "record": found, "version": version, "content": content, "facts": facts, "tables": tables,
            "changes": changes, "shared": shared_facts(content),
            "crumbs": [(declared.label_plural, list_url(request, found)), (found.reference, page_url(request, found))],
            "earlier": number - 1 if before else None, "later": number + 1 if number < found.version else None,
        })  # fmt: skip


@require_http_methods(["GET", "POST"])
@requires(Permission.RECORD_VIEW)
def record_files(request: HttpRequest, uid: uuid.UUID) -> HttpResponse:
    """Add files to a record from a plain form; each file that is refused is named with the reason."""
    found = as_child(visible_record(request, uid))
    if not attachment_service.may_change(cast(User, request.user), found):
        raise PermissionDenied(_("Only who entered this record, or the quality manager, may add files to it."))
    form = RecordFilesForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        added, refused = form.add_to(found, by=cast(User, request.user), at=timezone.now())
        if added:
            messages.success(request, ngettext("%(n)d file added.", "%(n)d files added.", added) % {"n": added})
        for line in refused:
            messages.error(request, line)
        return HttpResponseRedirect(page_url(request, found) + "#files")
    return render(request, "components/form_page.html", {
        "form": form, "title": _("Add files to %(reference)s") % {"reference": found.reference},
        "submit_label": _("Add files"), "cancel_url": page_url(request, found),
    })  # fmt: skip


@require_http_methods(["GET", "POST"])
@requires(Permission.RECORD_VIEW)
def record_sign(request: HttpRequest, uid: uuid.UUID) -> HttpResponse:
    """Sign the record's current version, after a fresh proof of who signs."""
    found = as_child(visible_record(request, uid))
    user = cast(User, request.user)
    if not user.can(kind_of(found).edit_permission) or found.phase in UNSIGNED_PHASES:
        raise PermissionDenied(_("This record cannot be signed by you, or not as it stands."))
    form = SignForm(request.POST or None, user=user)
    if request.method == "POST" and form.is_valid():
        try:
            record_service.sign(
                found, meaning=form.cleaned_data["meaning"], by=user, at=timezone.now(), method=form.method
            )
        except IntegrityError:
            form.add_error("meaning", _("You have signed this version with these words already."))
        else:
            messages.success(request, _("Signed: %(name)s.") % {"name": user.person.name})
            return redirect(page_url(request, found))
    return render(request, "components/form_page.html", {
        "form": form,
        "title": _("Sign %(reference)s, version %(n)d") % {"reference": found.reference, "n": found.version},
        "lead": found.title, "submit_label": _("Sign"), "cancel_url": page_url(request, found),
    })  # fmt: skip
