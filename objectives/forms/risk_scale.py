"""The scale risks are rated on, one level per line; and the small forms above heat map and register."""

from __future__ import annotations

from typing import Any, cast

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from objectives.models import Risk, RiskScale
from objectives.services.risk_scale import ScaleFacts, default_facts
from qms.forms.record_list import DayInput
from qms.models import Area, Site, User


class WordsField(forms.CharField):
    """One word or phrase per line, cleaned to a list."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(widget=forms.Textarea(attrs={"rows": 5}), max_length=600, **kwargs)

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list) else value

    def clean(self, value: Any) -> list[str]:
        """The lines, without the empty ones."""
        text = str(super().clean(value))
        return [" ".join(line.split()) for line in text.splitlines() if line.strip()]


class ScaleForm(forms.Form):
    """A new scale in place of the one in force."""

    name = forms.CharField(label=_("Name"), max_length=80)
    likelihood_words = WordsField(
        label=_("How likely, lowest first"), help_text=_("Three to five levels, one per line."),
    )  # fmt: skip
    consequence_words = WordsField(
        label=_("How grave, lowest first"), help_text=_("Three to five levels, one per line."),
    )  # fmt: skip
    medium_from = forms.IntegerField(label=_("Medium from"), help_text=_("Likelihood times consequence."), min_value=2)
    high_from = forms.IntegerField(label=_("High from"), min_value=3)
    is_carried = forms.BooleanField(
        label=_("Carry open risks over now"), required=False,
        help_text=_(
            "Lowest stays lowest, highest stays highest, between them in proportion (half goes up). Otherwise each "
            "risk keeps the scale it was rated on until it is rated again."
        ),
    )  # fmt: skip
    reason = forms.CharField(label=_("Why it changes"), max_length=400, widget=forms.Textarea(attrs={"rows": 2}))

    def __init__(self, *args: Any, current: RiskScale | None, **kwargs: Any) -> None:
        shown = current or default_facts()
        names = ("name", "likelihood_words", "consequence_words", "medium_from", "high_from")
        kwargs.setdefault("initial", {name: getattr(shown, name) for name in names})
        super().__init__(*args, **kwargs)

    def facts(self) -> ScaleFacts:
        """The scale as typed."""
        names = ("name", "likelihood_words", "consequence_words", "medium_from", "high_from")
        return ScaleFacts(**{name: self.cleaned_data[name] for name in names})


def dress(form: forms.Form) -> None:
    """Give the small fields above a map or register the looks of all others; ticks keep theirs."""
    for field in form.fields.values():
        if isinstance(field.widget, forms.Select):
            field.widget.attrs["class"] = "form-select"
        elif isinstance(field.widget, forms.DateInput):
            field.widget.attrs["class"] = "form-control"


class MapForm(forms.Form):
    """Risks or opportunities, where, and assessed when; the scale, when it is not the one in force."""

    nature = forms.ChoiceField(label=_("Show"), choices=Risk.Nature.choices, required=False)
    site = forms.ModelChoiceField(
        label=_("Site"), queryset=Site.objects.none(), required=False, empty_label=_("All sites")
    )
    area = forms.ModelChoiceField(
        label=_("Area"), queryset=Area.objects.none(), required=False, empty_label=_("All areas")
    )
    since = forms.DateField(label=_("Assessed from"), widget=DayInput, required=False)
    until = forms.DateField(label=_("Assessed until"), widget=DayInput, required=False)
    scale = forms.ModelChoiceField(
        label=_("Scale"), queryset=RiskScale.objects.none(), required=False, empty_label=_("The one in force")
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        site = cast(forms.ModelChoiceField, self.fields["site"])
        site.queryset = Site.objects.visible_to(user).order_by("name", "pk")
        area = cast(forms.ModelChoiceField, self.fields["area"])
        area.queryset = Area.objects.visible_to(user).select_related("site").order_by("site__name", "name", "pk")
        area.label_from_instance = lambda obj: f"{obj.site.name} · {obj.name}"  # type: ignore[method-assign]
        scale = cast(forms.ModelChoiceField, self.fields["scale"])
        scale.queryset = RiskScale.objects.visible_to(user).order_by("-opened_at", "pk")
        dress(self)

    def narrowed(self) -> dict[str, Any]:
        """Area and period, as far as they are chosen, by the names the list's filters have too."""
        return {name: value for name in ("area", "since", "until") if (value := self.chosen(name))}

    def chosen(self, name: str) -> Any:
        """What was chosen; nothing when it cannot be."""
        return self.cleaned_data.get(name) if self.is_valid() or hasattr(self, "cleaned_data") else None


class RegisterForm(MapForm):
    """The day, where, and what kind; closed ones too when asked for."""

    on = forms.DateField(label=_("As it stood on"), widget=DayInput, required=False)
    nature = forms.ChoiceField(label=_("Show"), choices=[("", _("Both")), *Risk.Nature.choices], required=False)
    closed = forms.BooleanField(label=_("Closed ones too"), required=False)
    field_order = ("on", "site", "nature", "closed")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("scale", "area", "since", "until"):
            del self.fields[name]
        dress(self)
        self.fields["on"].widget.attrs["max"] = timezone.localdate().isoformat()
