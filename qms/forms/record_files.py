"""Several files at once, sent by a plain form."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from qms.models import Record, User
from qms.services import attachment as service
from qms.services.file_intake import FileRefused

MOST_FILES = 20


class ManyFilesInput(forms.ClearableFileInput):
    """A file input that takes several files."""

    allow_multiple_selected = True


class ManyFilesField(forms.FileField):
    """The files as a list."""

    widget = ManyFilesInput

    def clean(self, data: Any, initial: Any = None) -> list[UploadedFile]:
        files: Sequence[Any] = data if isinstance(data, list | tuple) else [data]
        if len(files) > MOST_FILES:
            raise forms.ValidationError(_("Send at most %(n)d files at once.") % {"n": MOST_FILES})
        return [super(ManyFilesField, self).clean(file, initial) for file in files]


class RecordFilesForm(forms.Form):
    """Photos or documents for a record."""

    files = ManyFilesField(  # type: ignore[assignment]
        label=gettext_lazy("Photos or documents"),
        help_text=gettext_lazy("Photos, PDF, Word, Excel or text. Photos lose their GPS position on the way in."),
        error_messages={"required": gettext_lazy("Choose at least one file.")},
    )
    caption = forms.CharField(label=gettext_lazy("What they show"), required=False, max_length=200)

    def add_to(self, record: Record, *, by: User, at: datetime) -> tuple[int, list[str]]:
        """Keep the files one by one; returns how many were kept, and a line for each that was refused."""
        added, refused = 0, []
        for upload in self.cleaned_data["files"]:
            try:
                sent = service.Sent(upload.file, upload.name or "", upload.size or 0)
                service.add(record, sent, by=by, at=at, caption=self.cleaned_data["caption"])
                added += 1
            except FileRefused as error:
                refused.append(f"{upload.name}: {error}")
        return added, refused
