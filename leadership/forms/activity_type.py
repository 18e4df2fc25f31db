"""The form of a kind of activity."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.text import slugify
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from leadership.models import ActivityType
from leadership.services import activity_type as service

ICONS = [
    ("walk", _("Walking")), ("meeting", _("Meeting")), ("star", _("Star")), ("coach", _("Coaching")),
    ("handshake", _("Handshake")), ("megaphone", _("Megaphone")), ("list", _("List")), ("audits", _("Audit")),
    ("check-circle", _("Check")), ("bulb", _("Light bulb")), ("scale", _("Scales")), ("flag", _("Flag")),
    ("chat", _("Speech")), ("money", _("Money")), ("wrench", _("Wrench")), ("people", _("People")),
]  # fmt: skip


class ActivityTypeForm(forms.ModelForm):
    """Wording, look and order of a kind; the slug of a new one is made from its name and never changes."""

    icon = forms.ChoiceField(label=_("Icon"), choices=ICONS)

    class Meta:
        model = ActivityType
        fields = service.EDITABLE
        help_texts = {
            "prefix": _("Starts the reference numbers of new records of this kind, such as WALK."),
            "hint": _("Shown on the Log page as an example of what to write."),
            "position": _("Small numbers come first on the Log page."),
            "is_active": _("Take the tick away to retire the kind: nobody can log it any more, old records keep it."),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        known = {name for name, _label in ICONS}
        if self.instance.pk and self.instance.icon not in known:
            self.fields["icon"].choices = [(self.instance.icon, self.instance.icon), *ICONS]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """A new kind's slug, from its name."""
        values = super().clean() or self.cleaned_data
        if not self.instance.pk and values.get("label"):
            self.instance.slug = slugify(values["label"])[:60]
            if not self.instance.slug or ActivityType.objects.filter(slug=self.instance.slug).exists():
                raise ValidationError({"label": _now("There is a kind with this name already. Choose another name.")})
        return values

    def changes(self) -> dict[str, Any]:
        """The values by the service's names."""
        return {name: self.cleaned_data[name] for name in service.EDITABLE}
