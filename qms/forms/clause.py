"""Wording, intervals and dates of the clause catalogue, and where a clause does not apply."""

from __future__ import annotations

from typing import Any, cast

from django import forms
from django.utils.translation import gettext_lazy as _

from qms.models import Applicability, Clause, Person, Site, StandardEdition, User


class ClauseForm(forms.ModelForm):
    """What an administrator may word differently. Loading the catalogue again never overwrites it."""

    hints = forms.CharField(
        label=_("What auditors often look at"), required=False, widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("One thing per line."),
    )  # fmt: skip
    reason = forms.CharField(label=_("Reason for the change"), required=False, max_length=400)

    class Meta:
        model = Clause
        fields = ["title", "intent", "note", "max_age_days"]
        widgets = {"intent": forms.Textarea(attrs={"rows": 3}), "note": forms.Textarea(attrs={"rows": 2})}
        help_texts = {
            "intent": _("In your own words; never copy the text of the standard."),
            "max_age_days": _("How long evidence keeps this clause current. Empty: event-driven, no interval."),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["hints"].initial = "\n".join(self.instance.evidence_hints)
        self.order_fields(["title", "intent", "note", "max_age_days", "hints", "reason"])

    def values(self) -> dict[str, Any]:
        """The fields the service changes."""
        data = {name: self.cleaned_data[name] for name in ("title", "intent", "note", "max_age_days")}
        lines = self.cleaned_data["hints"].splitlines()
        return data | {"evidence_hints": [line.strip() for line in lines if line.strip()]}


class EditionForm(forms.ModelForm):
    """Dates and default of an edition; accreditation bodies move dates."""

    class Meta:
        model = StandardEdition
        fields = ["status", "published_on", "valid_until", "is_default"]
        widgets = {
            "published_on": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
            "valid_until": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        }

    def clean_is_default(self) -> bool:
        """An edition stops being the default only by another becoming it."""
        wants = bool(self.cleaned_data["is_default"])
        if not wants and self.initial.get("is_default"):
            raise forms.ValidationError(_("Make another edition the default instead."))
        return wants

    def _get_validation_exclusions(self) -> set[str]:
        """The service keeps exactly one default; the form must not complain about the other edition."""
        return {*super()._get_validation_exclusions(), "is_default"}  # type: ignore[misc]


class ExclusionForm(forms.Form):
    """Where a clause does not apply, why, since when, and who approved it."""

    site = forms.ModelChoiceField(label=_("Site"), queryset=Site.objects.none())
    reason = forms.CharField(label=_("Why it does not apply"), widget=forms.Textarea(attrs={"rows": 3}))
    approved_by = forms.ModelChoiceField(
        label=_("Approved by"), queryset=Person.objects.none(), help_text=_("Somebody of top management.")
    )
    effective_from = forms.DateField(label=_("From"), widget=forms.DateInput(attrs={"type": "date"}))

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        people = Person.objects.visible_to(user).active().filter(is_top_management=True).order_by("name", "pk")
        cast("forms.ModelChoiceField[Site]", self.fields["site"]).queryset = (
            Site.objects.visible_to(user).active().order_by("name", "pk")
        )
        cast("forms.ModelChoiceField[Person]", self.fields["approved_by"]).queryset = people


class EndExclusionForm(forms.Form):
    """From when the clause applies again, and why."""

    effective_to = forms.DateField(label=_("Applies again from"), widget=forms.DateInput(attrs={"type": "date"}))
    reason = forms.CharField(label=_("Reason"), max_length=400)

    def __init__(self, *args: Any, exclusion: Applicability, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.exclusion = exclusion
