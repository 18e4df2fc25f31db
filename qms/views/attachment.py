"""Sending and fetching the files of records, always through the record's own visibility."""

import uuid
from typing import cast

from django.core.exceptions import PermissionDenied
from django.db.models.fields.files import FieldFile
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_GET, require_POST

from qms.forms.attachment import AttachmentForm, WithdrawAttachmentForm
from qms.models import Attachment, Record, User
from qms.permissions import Permission, requires
from qms.services import attachment as service
from qms.services.file_intake import FileRefused


@require_POST
@requires(Permission.RECORD_VIEW)
def attachment_add(request: HttpRequest, uid: uuid.UUID) -> HttpResponse:
    """Take one file for a record; answers JSON. The same ``uid`` twice gives 200 and nothing new."""
    user = cast(User, request.user)
    record = get_object_or_404(Record.objects.visible_to(user).select_related("site"), uid=uid)
    if not service.may_change(user, record):
        raise PermissionDenied(_("Only who logged this record, or the quality manager, may add files to it."))
    form = AttachmentForm(request.POST, request.FILES)
    if not form.is_valid():
        return JsonResponse({"error": " ".join(str(e) for errors in form.errors.values() for e in errors)}, status=400)
    try:
        attachment, is_new = service.add(record, form.sent(), by=user, at=timezone.now(), **form.facts())
    except FileRefused as error:
        return JsonResponse({"error": str(error)}, status=422)
    except service.AttachmentClash as error:
        return JsonResponse({"error": str(error)}, status=409)
    return JsonResponse({"uid": str(attachment.uid), "name": attachment.name}, status=201 if is_new else 200)


@require_GET
@requires(Permission.RECORD_VIEW)
@cache_control(private=True, max_age=3600, immutable=True)
def attachment(request: HttpRequest, uid: uuid.UUID) -> FileResponse:
    """The file itself, as a download."""
    found = visible_attachment(request, uid)
    return _sent(found.file, found.media_type, found.name)


@require_GET
@requires(Permission.RECORD_VIEW)
@cache_control(private=True, max_age=3600, immutable=True)
def attachment_small(request: HttpRequest, uid: uuid.UUID) -> FileResponse:
    """A photo's thumbnail, a JPEG of at most 360 px that this product encoded itself."""
    found = visible_attachment(request, uid)
    return _sent(found.thumbnail or found.file, "image/jpeg" if found.thumbnail else found.media_type, found.name)


@require_POST
@requires(Permission.RECORD_VIEW)
def attachment_withdraw(request: HttpRequest, uid: uuid.UUID) -> HttpResponse:
    """Withdraw a file with a reason and go back to where the user was."""
    found = visible_attachment(request, uid)
    user = cast(User, request.user)
    if not service.may_change(user, found.record):
        raise PermissionDenied(_("Only who logged this record, or the quality manager, may withdraw its files."))
    form = WithdrawAttachmentForm(request.POST)
    if not form.is_valid():
        return JsonResponse({"error": _("Say why the file is withdrawn.")}, status=400)
    service.withdraw(found, reason=form.cleaned_data["reason"], by=user, at=timezone.now())
    return HttpResponseRedirect(form.cleaned_data["next"] or "/")


def visible_attachment(request: HttpRequest, uid: uuid.UUID) -> Attachment:
    """The attachment, if its record is visible to who asks; 404 otherwise."""
    records = Record.objects.visible_to(cast(User, request.user)).filter(attachments__uid=uid)
    return get_object_or_404(Attachment.objects.select_related("record__site"), uid=uid, record__in=records)


def _sent(file: FieldFile, media_type: str, name: str) -> FileResponse:
    response = FileResponse(file.open("rb"), as_attachment=True, filename=name, content_type=media_type)
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response
