"""Files that belong to a record, normalized on the way in and never served except through the permission check."""

from __future__ import annotations

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _

from qms.models.person import User
from qms.models.record import Record


def stored_as(attachment: Attachment, filename: str) -> str:
    """Where a file is kept: by uid, never under a name somebody sent."""
    return f"attachments/{attachment.uid.hex[:2]}/{attachment.uid.hex}.{filename.rsplit('.', 1)[-1].lower()}"


def thumbnail_stored_as(attachment: Attachment, filename: str) -> str:  # noqa: ARG001  Django passes both
    return f"attachments/{attachment.uid.hex[:2]}/{attachment.uid.hex}-small.jpg"


class Attachment(models.Model):
    """One file of a record. Facts about the original (its hash, when it was taken) are kept; GPS and EXIF are not."""

    class Form(models.TextChoices):
        PHOTO = "photo", _("Photo")
        DOCUMENT = "document", _("Document")

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    record = models.ForeignKey(Record, on_delete=models.PROTECT, related_name="attachments")
    form = models.CharField(max_length=12, choices=Form)
    file = models.FileField(upload_to=stored_as, max_length=200)
    thumbnail = models.FileField(upload_to=thumbnail_stored_as, max_length=200, blank=True)
    name = models.CharField(_("file name"), max_length=200)
    caption = models.CharField(_("caption"), max_length=200, blank=True)
    media_type = models.CharField(max_length=100)
    size = models.PositiveBigIntegerField(help_text=_("bytes, as stored"))
    sha256 = models.CharField(max_length=64, help_text=_("of the file as stored"))
    original_sha256 = models.CharField(max_length=64, db_index=True, help_text=_("of the file as it was sent"))
    captured_at = models.DateTimeField(_("taken"), null=True, blank=True)
    width = models.PositiveIntegerField(null=True, blank=True, help_text=_("pixels"))
    height = models.PositiveIntegerField(null=True, blank=True, help_text=_("pixels"))
    annotation_of = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="annotations"
    )
    same_as = models.ForeignKey("self", on_delete=models.PROTECT, null=True, blank=True, related_name="repeats")
    uploaded_at = models.DateTimeField()
    uploaded_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    withdrawn_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    withdrawn_reason = models.CharField(max_length=400, blank=True)

    def __str__(self) -> str:
        return self.name
