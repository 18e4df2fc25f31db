"""A calendar file, and the leader whose routines it holds; then which entries become routines, and of which kind."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from leadership.models import ActivityType
from leadership.services.routine_import import Entry
from qms.forms.name_field import NameField
from qms.forms.person_import import UploadForm
from qms.models import User


class RoutineFileForm(UploadForm):
    """The calendar, the site and the leader."""

    leader = NameField(label=_("Leader"), max_length=160, help_text=_("Whose routines these are."))
    field_order = ("file", "site", "leader")

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        kwargs["initial"] = {"leader": user.person}
        super().__init__(*args, user=user, **kwargs)
        self.fields["leader"].user = user  # type: ignore[attr-defined]
        self.fields["site"].help_text = _("Times are read as at this site.")
        self.fields["file"].label = _("Calendar file (.ics)")
        self.fields["file"].widget.attrs["accept"] = ".ics,text/calendar"


class EntryForm(forms.Form):
    """One entry of the calendar: whether it becomes a routine, and of which kind."""

    is_chosen = forms.BooleanField(label=_("Import"), required=False)

    def __init__(self, *args: Any, entry: Entry, kinds: Sequence[ActivityType], **kwargs: Any) -> None:
        kwargs["prefix"] = f"entry-{entry.line}"
        super().__init__(*args, **kwargs)
        self.entry = entry
        self.kinds = {kind.slug: kind for kind in kinds}
        guessed = entry.kind if entry.kind in self.kinds else ""
        self.initial = {"is_chosen": bool(guessed), "kind": guessed}
        choices = [("", _("Choose a kind")), *((kind.slug, kind.label) for kind in kinds)]
        self.fields["kind"] = forms.TypedChoiceField(
            label=_("Kind of activity"), choices=choices, required=False, empty_value=None,
            coerce=lambda slug: self.kinds[slug],
        )  # fmt: skip

    def clean(self) -> dict[str, Any]:
        """What is imported has a kind."""
        data = super().clean() or {}
        if data.get("is_chosen") and not data.get("kind"):
            self.add_error("kind", _("Choose what kind of activity it is, or leave the entry out."))
        return data
