"""How somebody wants to be told."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from qms.models import ReminderPreference
from qms.services.reminder_preference import subjects


class ReminderPreferenceForm(forms.ModelForm):
    """When the digest comes, and what comes by no mail. The form asks for what is wanted, the row keeps what is not."""

    wanted = forms.MultipleChoiceField(
        label=_("E-mails about"), required=False, widget=forms.CheckboxSelectMultiple,
        help_text=_("Unticked things stay in your inbox here. What needs your signature always comes by e-mail."),
    )  # fmt: skip

    class Meta:
        model = ReminderPreference
        fields = ["rhythm", "weekday", "at_time"]
        widgets = {"rhythm": forms.RadioSelect, "at_time": forms.TimeInput(attrs={"type": "time"}, format="%H:%M")}
        help_texts = {"weekday": _("For the weekly digest."), "at_time": _("By the clock of your site.")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = subjects()
        field = self.fields["wanted"]
        if isinstance(field, forms.MultipleChoiceField):
            field.choices = choices
        self.fields["wanted"].initial = [slug for slug, _words in choices if slug not in self.instance.unsubscribed]

    def facts(self) -> dict[str, Any]:
        """What the service takes."""
        data = self.cleaned_data
        unsubscribed = [slug for slug, _words in subjects() if slug not in data["wanted"]]
        return {name: data[name] for name in ("rhythm", "weekday", "at_time")} | {"unsubscribed": unsubscribed}
