"""Raising an idea or a problem in ten seconds, and taking it up."""

from __future__ import annotations

import uuid
from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext_lazy as _

from objectives.models import ImprovementAction
from objectives.services.idea import SENTENCE_LENGTH
from qms.forms.name_field import NameField
from qms.forms.record_list import DayInput
from qms.models import Area, User


class IdeaForm(forms.Form):
    """One sentence; a photo, more words and a name only for who likes. ``area`` is asked for without a code only."""

    title = forms.CharField(
        label=_("Your idea or the problem, in one sentence"), max_length=SENTENCE_LENGTH,
        widget=forms.Textarea(attrs={"rows": 2, "maxlength": SENTENCE_LENGTH}),
        error_messages={"required": _("Say in one sentence what it is about.")},
    )  # fmt: skip
    area = forms.ModelChoiceField(label=_("Where"), queryset=Area.objects.none())
    photo = forms.FileField(
        label=_("Photo"), required=False, widget=forms.FileInput(attrs={"accept": "image/*", "capture": "environment"}),
        help_text=_("If a picture says it better."),
    )  # fmt: skip
    more = forms.CharField(
        label=_("Say more"), required=False, max_length=2000, widget=forms.Textarea(attrs={"rows": 3})
    )
    name = forms.CharField(
        label=_("Your name"), required=False, max_length=160, help_text=_("Only if you like; without it nobody knows."),
    )  # fmt: skip
    uid = forms.UUIDField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, user: User | None, area: Area | None = None, **kwargs: Any) -> None:
        own_area = user.person.area_id if user else None
        kwargs.setdefault("initial", {"uid": uuid.uuid4(), "area": own_area})
        super().__init__(*args, **kwargs)
        if area is not None:
            del self.fields["area"]
        elif user is not None:
            areas = Area.objects.visible_to(user).active().select_related("site")
            field = self.fields["area"]
            field.queryset = areas.order_by("site__name", "name", "pk")  # type: ignore[attr-defined]
        if user is not None:
            del self.fields["name"]
        self.place = area

    def facts(self) -> dict[str, Any]:
        """The idea by the service's names."""
        values = self.cleaned_data
        facts = {"uid": values["uid"], "title": values["title"], "more": values["more"], "name": values.get("name", "")}
        return facts | {"area": self.place or values["area"]}

    def photo_sent(self) -> UploadedFile | None:
        """The photo, if one was taken."""
        return self.cleaned_data.get("photo") or None


class AssessForm(forms.Form):
    """Who does it, until when, and whether the person who raised it is promised it."""

    owner = NameField(label=_("Who does it"), max_length=160)
    due_on = forms.DateField(label=_("Due"), widget=DayInput)
    promised_to = NameField(
        label=_("Promised to"), max_length=160, required=False,
        help_text=_("The person it is promised to; that person says whether it was kept."),
    )  # fmt: skip

    def __init__(self, *args: Any, user: User, action: ImprovementAction, **kwargs: Any) -> None:
        promised_to = action.promised_to or action.raiser
        kwargs.setdefault("initial", {"owner": action.owner, "due_on": action.due_on, "promised_to": promised_to})
        super().__init__(*args, **kwargs)
        for name in ("owner", "promised_to"):
            self.fields[name].user = user  # type: ignore[attr-defined]
