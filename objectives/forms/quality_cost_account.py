"""Accounts of the cost of quality: opening and changing one."""

from __future__ import annotations

from typing import Any, cast

from django import forms
from django.utils.translation import gettext_lazy as _

from objectives.models import QualityCostAccount
from objectives.services.quality_cost_account import FIELDS
from qms.models import Site, User


class AccountForm(forms.ModelForm):
    """An account's facts; a new one has a site, and its category stays once something is booked on it."""

    class Meta:
        model = QualityCostAccount
        fields = ["site", "name", "category", "description"]
        widgets = {"category": forms.RadioSelect, "description": forms.Textarea(attrs={"rows": 2})}
        help_texts = {
            "name": _("As your books call it: scrap, rework hours, warranty and credits."),
            "category": _("Prevention and appraisal are spent on getting it right; failure is the price of not doing."),
        }

    def __init__(self, *args: Any, user: User, has_postings: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        is_new = self.instance.pk is None
        sites = Site.objects.visible_to(user).active().order_by("name", "pk")
        cast("forms.ModelChoiceField[Site]", self.fields["site"]).queryset = sites
        cast(forms.ChoiceField, self.fields["category"]).choices = QualityCostAccount.Category.choices
        if is_new:
            self.initial.setdefault("site", user.person.site_id)
        else:
            del self.fields["site"]
        if has_postings:
            del self.fields["category"]

    def facts(self) -> dict[str, Any]:
        """What goes into the service."""
        return {name: self.cleaned_data[name] for name in FIELDS if name in self.cleaned_data}

    def _post_clean(self) -> None:
        """The service changes and validates the account; the form only shows and parses."""
