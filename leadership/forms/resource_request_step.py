"""One form for each step of a resource request, with the version of the page it was opened from."""

from __future__ import annotations

from typing import Any, cast

from django import forms
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from leadership.models import ResourceRequest
from qms.forms.name_field import NameField
from qms.forms.record_list import DayInput
from qms.models import Attachment, User, site_today


class RequestStepForm(forms.Form):
    """What every step carries: the version its page was opened with."""

    version = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, user: User, record: ResourceRequest, **kwargs: Any) -> None:
        kwargs.setdefault("initial", {"version": record.version, **self.start(record)})
        super().__init__(*args, **kwargs)
        self.user, self.record = user, record
        self.prepare()

    def start(self, record: ResourceRequest) -> dict[str, Any]:  # noqa: ARG002  the steps' forms use it
        """What the fields hold at first."""
        return {}

    def prepare(self) -> None:
        """Set what depends on the request and on who asks."""

    def facts(self) -> dict[str, Any]:
        """The answers by the service's names."""
        return dict(self.cleaned_data)


class QuestionForm(RequestStepForm):
    """A question before deciding."""

    question = forms.CharField(
        label=_("What do you need to know?"), max_length=1000, widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("The days it waits go on counting; question and answer stay in the record."),
    )  # fmt: skip


class AnswerForm(RequestStepForm):
    """The answer."""

    answer = forms.CharField(label=_("Your answer"), max_length=2000, widget=forms.Textarea(attrs={"rows": 4}))


class HandOnForm(RequestStepForm):
    """Who decides instead, and why."""

    decider = NameField(label=_("Who decides instead"), max_length=160)
    reason = forms.CharField(
        label=_("Why"), max_length=400, widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("Beyond my budget, or it belongs to another area: the one who asked will read it."),
    )  # fmt: skip

    def prepare(self) -> None:
        """People are found as far as the user may see them."""
        cast(NameField, self.fields["decider"]).user = self.user


class PostponeForm(RequestStepForm):
    """Another day, and why."""

    arrives_on = forms.DateField(label=_("Will be there on"), widget=DayInput)
    reason = forms.CharField(label=_("Why"), max_length=400, widget=forms.Textarea(attrs={"rows": 2}))

    def start(self, record: ResourceRequest) -> dict[str, Any]:
        """The day that stands."""
        return {"arrives_on": record.arrives_on}


class ArrivedForm(RequestStepForm):
    """Since when it is there, and how one sees it: words, a new file, or one that is in the record already."""

    arrived_on = forms.DateField(label=_("Since when is it there?"), widget=DayInput)
    note = forms.CharField(
        label=_("How does one see it?"), required=False, max_length=2000, widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Both certificates hang in the office; the second setter started on Monday."),
    )  # fmt: skip
    file = forms.FileField(
        label=_("Photo or file that shows it"), required=False, help_text=_("Optional where words are enough.")
    )
    proof = forms.ModelChoiceField(
        label=_("Or one that is here already"), queryset=Attachment.objects.none(), required=False
    )

    def start(self, record: ResourceRequest) -> dict[str, Any]:
        """Today."""
        return {"arrived_on": site_today(record.site)}

    def prepare(self) -> None:
        """Offer the files of the record."""
        files = self.record.attachments.filter(withdrawn_at=None, annotation_of=None).order_by("-pk")
        field: Any = self.fields["proof"]
        field.queryset = files
        field.empty_label = _now("None of them")
        field.label_from_instance = lambda file: file.caption or file.name
        if not files.exists():
            field.widget = field.hidden_widget()

    def clean(self) -> dict[str, Any] | None:
        """Words or a file."""
        values = super().clean() or self.cleaned_data
        if not (values.get("note") or values.get("file") or values.get("proof")) and not self.errors:
            self.add_error("note", _now("Say how one sees that it is there, or add a photo or file."))
        return values


class ReasonForm(RequestStepForm):
    """A reason, and nothing else."""

    reason = forms.CharField(label=_("Why"), max_length=400, widget=forms.Textarea(attrs={"rows": 3}))
