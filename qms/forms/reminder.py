"""Rules of reminding in the browser: what, when, whom and how; pausing; looking through what was sent."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from qms.forms.record_list import DayInput
from qms.letters import all_letters
from qms.models import OutboxMessage, ReminderChannel, ReminderRule
from qms.reminder_events import all_events
from qms.services.reminder_rule import RECIPIENTS, Definition
from qms.services.reminder_words import about, recipient_label


class DaysField(forms.CharField):
    """Whole numbers of days, as one types them: “7, 0” or “1 3 7 14”."""

    def clean(self, value: Any) -> tuple[int, ...]:
        words = str(super().clean(value) or "").replace(",", " ").split()
        if not all(word.isdecimal() and len(word) < 5 for word in words):
            raise forms.ValidationError(_("Type whole numbers of days, such as 7, 3, 0."))
        return tuple(int(word) for word in words)

    def prepare_value(self, value: Any) -> Any:
        return ", ".join(str(number) for number in value) if isinstance(value, list | tuple) else value


class ReminderRuleForm(forms.Form):
    """What a rule says, from when on, and why."""

    name = forms.CharField(label=_("Name of the rule"), max_length=120)
    before_days = DaysField(
        label=_("Days before"), required=False, max_length=60,
        help_text=_("Separated by commas; 0 is the day itself. Empty: nothing before."),
    )  # fmt: skip
    after_days = DaysField(
        label=_("Days after"), required=False, max_length=60, help_text=_("Ever wider apart is kinder: 1, 3, 7, 14.")
    )
    then_every_days = forms.IntegerField(
        label=_("Then every (days)"), min_value=0, max_value=730, help_text=_("0: not again.")
    )
    most_after = forms.IntegerField(label=_("At most so many times after the day"), min_value=0, max_value=12)
    recipients = forms.MultipleChoiceField(label=_("Who is told"), widget=forms.CheckboxSelectMultiple, required=False)
    roles = forms.CharField(
        label=_("Holders of these roles"), required=False, max_length=200,
        help_text=_("The short names of roles, separated by commas."),
    )  # fmt: skip
    channel = forms.ChoiceField(label=_("How"), choices=ReminderChannel.choices, widget=forms.RadioSelect)
    is_working_days_only = forms.BooleanField(label=_("On working days of the person's site only"), required=False)
    quiet_from = forms.TimeField(label=_("Quiet from"), widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"))
    quiet_until = forms.TimeField(
        label=_("Quiet until"), widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
        help_text=_("By the clock of the person's site."),
    )  # fmt: skip
    escalate_after_days = forms.IntegerField(
        label=_("A leader is told after (days)"), min_value=0, max_value=730,
        help_text=_("Without an act or “I deal with it”. 0: never."),
    )  # fmt: skip
    escalate_levels = forms.IntegerField(label=_("Up to so many leaders"), min_value=0, max_value=5)
    from_on = forms.DateField(label=_("In force from"), widget=DayInput)
    reason = forms.CharField(
        label=_("Reason"), max_length=400, widget=forms.Textarea(attrs={"rows": 2}), help_text=_("Goes into the trail.")
    )

    def __init__(self, data: Any = None, *, rule: ReminderRule | None = None, today: date) -> None:
        said = Definition.of(rule) if rule else Definition(name="", before_days=(7, 0), after_days=(1, 3, 7, 14))
        initial = said.values() | {"from_on": today}
        initial["roles"] = ", ".join(r.removeprefix("role:") for r in said.recipients if r.startswith("role:"))
        super().__init__(data, initial=initial)
        field = self.fields["recipients"]
        if isinstance(field, forms.MultipleChoiceField):
            field.choices = [(name, recipient_label(name)) for name in RECIPIENTS]

    def definition(self) -> Definition:
        """What the service takes."""
        data = self.cleaned_data
        roles = [f"role:{word}" for word in data["roles"].replace(",", " ").split()]
        plain = {name: data[name] for name in Definition.__dataclass_fields__ if name != "recipients"}
        return Definition(**plain, recipients=(*data["recipients"], *roles))


class NewReminderRuleForm(ReminderRuleForm):
    """A rule that is not there yet: also what it is about."""

    moment = forms.ChoiceField(label=_("About"))
    field_order = ["moment"]

    def __init__(self, data: Any = None, *, today: date) -> None:
        super().__init__(data, today=today)
        field = self.fields["moment"]
        if isinstance(field, forms.ChoiceField):
            field.choices = [("", _now("Choose"))] + [(e.slug, about(e.kind, e.event)) for e in all_events()]

    def target(self) -> tuple[str, str]:
        """Kind and event chosen."""
        kind, _dot, event = self.cleaned_data["moment"].partition(".")
        return kind, event


class ReminderReasonForm(forms.Form):
    """Why a rule is paused, resumed or ended."""

    reason = forms.CharField(
        label=_("Reason"), max_length=400, widget=forms.Textarea(attrs={"rows": 2}), help_text=_("Goes into the trail.")
    )


class OutboxFilterForm(forms.Form):
    """What of the outbox to show."""

    q = forms.CharField(label=_("Search a person"), required=False, max_length=100)
    status = forms.ChoiceField(
        label=_("Status"), required=False, choices=[("", _("All")), *OutboxMessage.Status.choices]
    )
    letter = forms.ChoiceField(label=_("Letter"), required=False)
    rule = forms.ChoiceField(label=_("Rule"), required=False)

    def __init__(self, data: Any, *, rules: list[tuple[str, str]]) -> None:
        super().__init__(data)
        letters = [(letter.name, str(letter.label)) for letter in all_letters()]
        for name, choices in (("letter", letters), ("rule", rules)):
            field = self.fields[name]
            if isinstance(field, forms.ChoiceField):
                field.choices = [("", _now("All")), *choices]
        self.is_valid()

    def value(self, name: str) -> str:
        """The filter's value; empty when it is not set or cannot be read."""
        return str(self.cleaned_data.get(name) or "")
