"""What comes with a file."""

from typing import Any

from django import forms
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext_lazy as _

from qms.services.attachment import Sent


class AttachmentForm(forms.Form):
    """One file and what the phone knows about it."""

    file = forms.FileField(error_messages={"required": _("Choose a file."), "empty": _("The file is empty.")})
    uid = forms.UUIDField(required=False)
    caption = forms.CharField(required=False, max_length=200)
    captured_at = forms.DateTimeField(required=False)
    annotation_of = forms.UUIDField(required=False)

    def sent(self) -> Sent:
        """The file as the service takes it."""
        upload = self.cleaned_data["file"]
        return Sent(upload.file, upload.name, upload.size)

    def facts(self) -> dict[str, Any]:
        """The other values, by the service's names."""
        return {name: self.cleaned_data[name] for name in ("uid", "caption", "captured_at", "annotation_of")}


class WithdrawAttachmentForm(forms.Form):
    """Why a file is withdrawn, and where to go then."""

    reason = forms.CharField(max_length=400)
    next = forms.CharField(required=False)

    def clean_next(self) -> str:
        """Only an address of this site."""
        target = str(self.cleaned_data["next"])
        return target if url_has_allowed_host_and_scheme(target, allowed_hosts=None) else ""
