"""A benefit's facts, and finance's confirmation."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from objectives.models import Benefit, ImprovementAction, QualityCostAccount
from objectives.services.benefit import FIELDS

AMOUNTS = ("target_amount", "forecast_amount", "actual_amount")


class BenefitForm(forms.Form):
    """What it brings; changing one needs a reason."""

    nature = forms.ChoiceField(label=_("Kind"), choices=Benefit.Nature.choices)
    description = forms.CharField(label=_("What it is"), max_length=240)
    rhythm = forms.ChoiceField(label=_("Once or per year"), choices=Benefit.Rhythm.choices, initial="per_year")
    target_amount = forms.DecimalField(label=_("Target"), required=False, min_value=0, max_digits=16, decimal_places=2)
    forecast_amount = forms.DecimalField(
        label=_("Forecast"), required=False, min_value=0, max_digits=16, decimal_places=2
    )
    actual_amount = forms.DecimalField(
        label=_("Actual"), required=False, min_value=0, max_digits=16, decimal_places=2,
        help_text=_("What it really brought. Finance confirms this amount before it counts."),
    )  # fmt: skip
    method = forms.CharField(
        label=_("How it was estimated"), required=False, widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Which numbers, from where, over which time: so that somebody else can repeat it."),
    )  # fmt: skip
    account = forms.ModelChoiceField(
        label=_("Quality-cost account"), queryset=QualityCostAccount.objects.none(), required=False
    )
    reason = forms.CharField(label=_("Why you change it"), max_length=400, widget=forms.Textarea(attrs={"rows": 2}))

    def __init__(
        self, *args: Any, action: ImprovementAction, benefit: Benefit | None = None, currency: str = "", **kwargs: Any
    ) -> None:
        if benefit is not None:
            kwargs["initial"] = {name: getattr(benefit, name) for name in FIELDS} | {"account": benefit.account_id}
        super().__init__(*args, **kwargs)
        if benefit is None:
            del self.fields["reason"]
        for name in AMOUNTS:
            self.fields[name].label = f"{self.fields[name].label} ({currency})"
        accounts = QualityCostAccount.objects.filter(site_id=action.site_id, is_active=True)
        self.fields["account"].queryset = accounts.order_by("name", "pk")  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any] | None:
        """Money needs an amount at least as a target, and a way it was estimated."""
        values = super().clean() or self.cleaned_data
        is_money = values.get("nature") not in (None, Benefit.Nature.QUALITATIVE)
        if is_money and not any(values.get(name) is not None for name in AMOUNTS):
            self.add_error("target_amount", _now("Enter a target, a forecast or an actual amount."))
        if is_money and not values.get("method"):
            self.add_error("method", _now("Say how it was estimated; finance cannot confirm it otherwise."))
        return values

    def facts(self) -> dict[str, Any]:
        """The benefit by the service's names."""
        return {name: self.cleaned_data[name] for name in FIELDS}


class WithdrawBenefitForm(forms.Form):
    """Why a benefit is taken out."""

    reason = forms.CharField(label=_("Why it is withdrawn"), max_length=400, widget=forms.Textarea(attrs={"rows": 2}))
