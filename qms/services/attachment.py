"""Files of a record: added, shown to be the same as another, withdrawn; never changed, never deleted."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import PurePath
from typing import IO

from django.core.files.base import ContentFile
from django.db import transaction
from django.utils.translation import gettext as _

from qms.models import Attachment, Phase, Record, User
from qms.permissions import Permission
from qms.records import as_child, kind_of
from qms.services import record as record_service
from qms.services.file_intake import FileRefused, Intake, take_in

MAX_PER_RECORD = 60


class AttachmentClash(Exception):
    """The uid belongs to a file of another record."""


@dataclass(frozen=True)
class Sent:
    """A file as somebody sent it."""

    source: IO[bytes]
    name: str
    size: int


def may_change(user: User, record: Record) -> bool:
    """Whether the user may change this record at all: an own one by the kind's permission, others' by correction."""
    if not user.can(kind_of(record).edit_permission) or record.phase == Phase.WITHDRAWN:
        return False
    is_own = record.recorded_by_id == user.pk or record.owner_id == user.person_id
    return is_own or user.can(Permission.ACTIVITY_CORRECT)


def add(
    record: Record, sent: Sent, *, by: User | None, at: datetime, uid: uuid.UUID | None = None, caption: str = "",
    captured_at: datetime | None = None, annotation_of: uuid.UUID | None = None,
) -> tuple[Attachment, bool]:  # fmt: skip
    """Keep one file of a record; returns it, and whether it is new (a ``uid`` seen before changes nothing).

    Side effects: the file and its thumbnail in the storage; in one transaction the row, a new version of the record, a
    trail entry. Raises FileRefused (why, and what to do) and AttachmentClash; after an error no file is left behind.
    """
    if uid and (known := Attachment.objects.filter(uid=uid).select_related("record").first()):
        if known.record_id != record.pk:
            raise AttachmentClash(_("This file was already sent for another record."))
        return known, False
    original = _digest(sent.source)
    intake = take_in(sent.source, size=sent.size, zone=record.site.zone)
    attachment = Attachment(
        uid=uid or uuid.uuid4(), record_id=record.pk, uploaded_at=at, uploaded_by=by, caption=caption.strip()[:200],
        form=Attachment.Form.PHOTO if intake.is_photo else Attachment.Form.DOCUMENT,
        name=_tidy(sent.name, intake.extension), media_type=intake.media_type, size=len(intake.body),
        sha256=sha256(intake.body).hexdigest(), original_sha256=original, width=intake.width, height=intake.height,
        captured_at=intake.captured_at or captured_at,
    )  # fmt: skip
    _store(attachment, intake)
    try:
        return _commit(attachment, record, by=by, at=at, annotation_of=annotation_of), True
    except BaseException:
        attachment.file.delete(save=False)
        if attachment.thumbnail:
            attachment.thumbnail.delete(save=False)
        raise


@transaction.atomic
def _commit(
    attachment: Attachment, record: Record, *, by: User | None, at: datetime, annotation_of: uuid.UUID | None
) -> Attachment:
    current = record_service.lock(as_child(record))
    if current.phase == Phase.WITHDRAWN:
        raise FileRefused(_("The record is withdrawn; nothing can be added to it."))
    if current.attachments.count() >= MAX_PER_RECORD:
        raise FileRefused(_("A record takes at most %(n)d files. Start another record.") % {"n": MAX_PER_RECORD})
    if annotation_of:
        attachment.annotation_of = current.attachments.filter(uid=annotation_of).first()
        if attachment.annotation_of is None:
            raise FileRefused(_("The photo this drawing belongs to is not there yet. Send the photo first."))
    earlier = Attachment.objects.filter(original_sha256=attachment.original_sha256).order_by("pk").first()
    attachment.same_as = earlier
    record_service.validate(attachment)
    attachment.save(force_insert=True)
    facts = {"name": attachment.name, "sha256": attachment.sha256, "original_sha256": attachment.original_sha256}
    if earlier:
        facts["same_as"] = str(earlier.uid)
    record_service.seal(current, "attachment.added", by=by, at=at, facts={"attachment": facts})
    return attachment


@transaction.atomic
def withdraw(attachment: Attachment, *, reason: str, by: User, at: datetime) -> Attachment:
    """Take a file out of the record from now on; it stays in the storage and in earlier versions. Writes the trail."""
    if not reason.strip():
        raise FileRefused(_("Say why the file is withdrawn."))
    current = record_service.lock(as_child(attachment.record))
    attachment = current.attachments.select_for_update().get(pk=attachment.pk)
    if attachment.withdrawn_at is None:
        attachment.withdrawn_at, attachment.withdrawn_by, attachment.withdrawn_reason = at, by, reason.strip()[:400]
        attachment.save(update_fields=["withdrawn_at", "withdrawn_by", "withdrawn_reason"])
        record_service.seal(
            current, "attachment.withdrawn", by=by, at=at, reason=reason,
            facts={"attachment": {"name": attachment.name, "sha256": attachment.sha256}},
        )  # fmt: skip
    return attachment


def _digest(source: IO[bytes]) -> str:
    total = sha256()
    source.seek(0)
    while chunk := source.read(1 << 20):
        total.update(chunk)
    return total.hexdigest()


def _store(attachment: Attachment, intake: Intake) -> None:
    attachment.file.save(f"x.{intake.extension}", ContentFile(intake.body), save=False)
    if intake.thumbnail:
        attachment.thumbnail.save("x.jpg", ContentFile(intake.thumbnail), save=False)


def _tidy(name: str, extension: str) -> str:
    stem = PurePath(name.replace("\\", "/")).stem
    clean = "".join(c for c in stem if c.isprintable() and c not in '"<>:/\\|?*').strip(". ")[:150]
    return f"{clean or 'file'}.{extension}"
