"""One form for each step of a nonconformity, each with the version of the page it was opened from."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any, cast

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from objectives.models import Cause, CauseNode, Nonconformity
from qms.forms.name_field import NameField
from qms.forms.record_list import DayInput
from qms.models import Attachment, User

MOST_CAUSES = 500
ACTION_DAYS = 30


class StepForm(forms.Form):
    """What every step carries: the version its page was opened with."""

    version = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, user: User, found: Nonconformity, **kwargs: Any) -> None:
        kwargs.setdefault("initial", {"version": found.version, **self.start(found)})
        super().__init__(*args, **kwargs)
        self.user, self.found = user, found
        self.prepare()

    def start(self, found: Nonconformity) -> dict[str, Any]:  # noqa: ARG002  the steps' forms use it
        """What the fields hold at first."""
        return {}

    def prepare(self) -> None:
        """Set what depends on the record and on who asks."""

    def facts(self) -> dict[str, Any]:
        """The answers by the service's names."""
        return dict(self.cleaned_data)


class ContainForm(StepForm):
    """What protects the customer now."""

    containment = forms.CharField(
        label=_("What protects the customer now"), widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("Stopped, sorted, blocked, replaced, told the customer. If nothing was needed, say why not."),
    )  # fmt: skip

    def start(self, found: Nonconformity) -> dict[str, Any]:
        """What stands."""
        return {"containment": found.containment}


class WhyForm(StepForm):
    """One answer to one “why?”; the first of a chain says in which branch it belongs."""

    branch = forms.ChoiceField(label=_("Where does it belong?"), choices=CauseNode.Branch.choices, required=False)
    text = forms.CharField(
        label=_("Because"), max_length=240, error_messages={"required": _("Say in one sentence why.")}
    )
    parent = forms.ModelChoiceField(queryset=CauseNode.objects.none(), required=False, widget=forms.HiddenInput)

    def prepare(self) -> None:
        """Only answers of this record may be asked about; below one of them its branch is known."""
        nodes = CauseNode.objects.filter(nonconformity=self.found)
        cast(forms.ModelChoiceField, self.fields["parent"]).queryset = nodes
        if self.initial.get("parent") or self.data.get("parent"):
            self.fields["branch"].widget = forms.HiddenInput()


class AnalyzeForm(StepForm):
    """The root cause by name, with those of the catalogue on offer."""

    cause = forms.CharField(
        label=_("Root cause"), max_length=160, widget=forms.TextInput(attrs={"list": "causes", "autocomplete": "off"}),
        help_text=_("Choose one of the list where it fits: that is how a cause that comes back is recognized. "
                    "A new name is entered into the list."),
    )  # fmt: skip

    def start(self, found: Nonconformity) -> dict[str, Any]:
        """What stands."""
        return {"cause": found.cause.name if found.cause else ""}

    @property
    def known_causes(self) -> list[str]:
        """Names in the catalogue, for the list behind the field."""
        return list(Cause.objects.filter(is_active=True).order_by("name").values_list("name", flat=True)[:MOST_CAUSES])


class ActForm(StepForm):
    """A corrective action: what, who, by when. It becomes an improvement action."""

    title = forms.CharField(
        label=_("What takes the cause away?"), max_length=240,
        help_text=_("Not the repair of this case, but what keeps it from coming again."),
    )  # fmt: skip
    owner = NameField(label=_("Who does it"), max_length=160)
    due_on = forms.DateField(label=_("By when"), widget=DayInput)
    uid = forms.UUIDField(widget=forms.HiddenInput)

    def start(self, found: Nonconformity) -> dict[str, Any]:
        """The owner does it within a month, unless said otherwise."""
        due = timezone.localdate() + timedelta(days=ACTION_DAYS)
        return {"owner": found.owner, "due_on": due, "uid": uuid.uuid4()}

    def prepare(self) -> None:
        """People are found as far as the user may see them."""
        cast(NameField, self.fields["owner"]).user = self.user


class ProveForm(StepForm):
    """When and how the new way was used once, with a new photo or file, or one that is in the record already."""

    used_on = forms.DateField(label=_("When was the new way used?"), widget=DayInput)
    used_note = forms.CharField(
        label=_("Where, by whom, with what result"), widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("One real use is enough: a batch, a changeover, an order."),
    )  # fmt: skip
    file = forms.FileField(
        label=_("Photo or file that shows it"), required=False,
        help_text=_("A filled-in sheet, a photo of the place, a measurement."),
    )  # fmt: skip
    proof = forms.ModelChoiceField(
        label=_("Or one that is here already"), queryset=Attachment.objects.none(), required=False
    )

    def start(self, found: Nonconformity) -> dict[str, Any]:
        """What stands."""
        return {"used_on": found.used_on, "used_note": found.used_note, "proof": found.used_proof_id}

    def prepare(self) -> None:
        """Offer the files of the record."""
        files = self.found.attachments.filter(withdrawn_at=None, annotation_of=None).order_by("-pk")
        field: Any = self.fields["proof"]
        field.queryset = files
        field.empty_label = _now("None of them")
        field.label_from_instance = lambda file: file.caption or file.name
        if not files.exists():
            field.widget = field.hidden_widget()

    def clean(self) -> dict[str, Any] | None:
        """One of the two is needed."""
        values = super().clean() or self.cleaned_data
        if not values.get("file") and not values.get("proof") and "file" not in self.errors:
            self.add_error("file", _now("Add a photo or a file that shows it."))
        return values


class EvaluateForm(StepForm):
    """Whether the cause is gone, and how one knows."""

    effectiveness = forms.ChoiceField(
        label=_("Is the cause gone?"), choices=Nonconformity.Effectiveness.choices, widget=forms.RadioSelect,
        error_messages={"required": _("Say whether it was effective.")},
    )  # fmt: skip
    effectiveness_note = forms.CharField(
        label=_("How we know"), max_length=4000, widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("What you looked at, over how long, with what figures. Not effective leads back to acting."),
    )  # fmt: skip


class ReasonForm(StepForm):
    """A reason, and nothing else."""

    reason = forms.CharField(label=_("Why"), max_length=400, widget=forms.Textarea(attrs={"rows": 3}))
