"""What somebody gives the verify page: the file of a pack, or its hash."""

from __future__ import annotations

import re
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from audits.services.verify_pdf import MAX_FILE_BYTES

SHA256 = re.compile(r"[0-9a-f]{64}")


class VerifyForm(forms.Form):
    file = forms.FileField(
        label=_("The pack"), required=False, widget=forms.ClearableFileInput(attrs={"accept": "application/pdf,.pdf"}),
        help_text=_("The PDF exactly as you received it, up to 200 MB. It is checked and not kept."),
    )  # fmt: skip
    sha256 = forms.CharField(
        label=_("Or its hash"), required=False, max_length=200,
        help_text=_("The SHA-256 of the file, or the root hash printed in the pack: 64 digits and letters a to f."),
    )  # fmt: skip

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if file and file.size > MAX_FILE_BYTES:
            raise forms.ValidationError(_("The file is larger than 200 MB; evidence packs are smaller."))
        return file

    def clean_sha256(self) -> str:
        text = re.sub(r"[\s:]", "", self.cleaned_data["sha256"]).lower()
        if text and not SHA256.fullmatch(text):
            raise forms.ValidationError(_("This is not a SHA-256 hash: it has 64 digits and letters a to f."))
        return text

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        if not self.errors and not values.get("file") and not values.get("sha256"):
            raise forms.ValidationError(_("Choose the PDF, or paste its hash."))
        return values
