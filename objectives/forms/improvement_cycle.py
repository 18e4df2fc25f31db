"""Plan, do, check, act: the page's texts, the check of the effect, photos before and after, copying elsewhere."""

from __future__ import annotations

import uuid
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from objectives.models import ActionPhoto, ImprovementAction
from objectives.services.improvement_cycle import CYCLE_FIELDS, Target
from qms.forms.name_field import NameField
from qms.forms.record_clash import ClashLine, clash_lines
from qms.forms.record_files import ManyFilesField
from qms.forms.record_list import DayInput
from qms.models import Area, User

QUESTIONS = {
    "plan": _("What do we expect to happen, why, and how shall we see it?"),
    "done_what": _("What was really tried, where and for how long?"),
    "checked_what": _("What happened, in numbers where there are any?"),
    "acted_how": _("What do we keep, change or drop, and who needs to know?"),
}


class CycleForm(forms.Form):
    """The four texts, each with the question it answers."""

    plan = forms.CharField(label=_("Plan"), required=False)
    done_what = forms.CharField(label=_("Do"), required=False)
    checked_what = forms.CharField(label=_("Check"), required=False)
    acted_how = forms.CharField(label=_("Act"), required=False)
    version = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, action: ImprovementAction, **kwargs: Any) -> None:
        facts = {name: getattr(action, name) for name in CYCLE_FIELDS}
        kwargs.setdefault("initial", facts | {"version": action.version})
        super().__init__(*args, **kwargs)
        for name in CYCLE_FIELDS:
            self.fields[name].widget = forms.Textarea(attrs={"rows": 4})
            self.fields[name].help_text = QUESTIONS[name]

    def facts(self) -> dict[str, Any]:
        """The four texts."""
        return {name: self.cleaned_data[name] for name in CYCLE_FIELDS}

    def clash(self, current: ImprovementAction) -> list[ClashLine]:
        """What was typed beside the texts as they stand now."""
        return clash_lines(self, CycleForm(action=current), leave_out=("version",))


class CheckForm(forms.Form):
    """Whether it worked, and what was learned."""

    result = forms.ChoiceField(
        label=_("Did it work?"), choices=ImprovementAction.Result.choices, widget=forms.RadioSelect,
        error_messages={"required": _("Say whether it worked.")},
    )  # fmt: skip
    checked_what = forms.CharField(
        label=_("What you looked at, and what you saw"), widget=forms.Textarea(attrs={"rows": 4})
    )
    learning = forms.CharField(
        label=_("What we learned"), required=False, widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Needed when it did not work: a failed experiment is a good end when others learn from it."),
    )  # fmt: skip

    def __init__(self, *args: Any, action: ImprovementAction, **kwargs: Any) -> None:
        kwargs.setdefault("initial", {"checked_what": action.checked_what, "learning": action.learning})
        super().__init__(*args, **kwargs)


class ActionPhotoForm(forms.Form):
    """Photos of the place, all from one moment."""

    moment = forms.ChoiceField(label=_("When"), choices=ActionPhoto.Moment.choices, widget=forms.RadioSelect)
    files = ManyFilesField(  # type: ignore[assignment]
        label=_("Photos"), widget=ManyFilesField.widget(attrs={"accept": "image/*"}),
        help_text=_("Taken from the same place, they can be compared. They lose their GPS position on the way in."),
        error_messages={"required": _("Choose at least one photo.")},
    )  # fmt: skip
    caption = forms.CharField(label=_("What they show"), required=False, max_length=200)


class CopyForm(forms.Form):
    """Where an improvement is brought to, who does it there, and until when."""

    areas = forms.ModelMultipleChoiceField(
        label=_("Copy to"), queryset=Area.objects.none(), widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Choose at least one area.")},
    )  # fmt: skip
    owner = NameField(label=_("Who does it there"), max_length=160)
    due_on = forms.DateField(label=_("Due"), widget=DayInput)
    uid = forms.UUIDField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, user: User, action: ImprovementAction, **kwargs: Any) -> None:
        kwargs.setdefault("initial", {"uid": uuid.uuid4()})
        super().__init__(*args, **kwargs)
        self.fields["owner"].user = user  # type: ignore[attr-defined]
        areas = Area.objects.visible_to(user).active().exclude(pk=action.area_id or 0).select_related("site")
        field = self.fields["areas"]
        field.queryset = areas.order_by("site__name", "name", "pk")  # type: ignore[attr-defined]
        field.label_from_instance = lambda area: f"{area.site.name} · {area.name}"  # type: ignore[attr-defined]

    def targets(self) -> list[Target]:
        """The places as the service takes them."""
        return [Target(area, self.cleaned_data["owner"]) for area in self.cleaned_data["areas"]]
