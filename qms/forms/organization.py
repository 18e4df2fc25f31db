"""The organization's own data."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from qms.forms.person import TIME_ZONE_CHOICES
from qms.forms.site import keep_choice
from qms.models import Organization


class OrganizationForm(forms.Form):
    """Name, scope, time zone, and whether everybody may thank."""

    name = forms.CharField(label=_("Name"), max_length=200)
    scope_statement = forms.CharField(
        label=_("Scope of the quality management system"), required=False, widget=forms.Textarea(attrs={"rows": 5}),
        help_text=_("What you make or do, where, and what is left out with the reason. Printed on evidence packs."),
    )  # fmt: skip
    time_zone = forms.ChoiceField(
        label=_("Time zone"), choices=TIME_ZONE_CHOICES, help_text=_("For times that belong to no site.")
    )

    has_open_thanks = forms.BooleanField(
        label=_("Everybody may thank"), required=False,
        help_text=_("Anybody with a log-in may thank colleagues, not only leaders."),
    )  # fmt: skip
    request_answer_days = forms.IntegerField(
        label=_("Days for deciding a resource request"), min_value=1, max_value=365,
        help_text=_("Decided within so many days counts as in time. No requirement; your own choice."),
    )  # fmt: skip
    role_answer_days = forms.IntegerField(
        label=_("Days for accepting a role"), min_value=1, max_value=365,
        help_text=_("From the offer on. Whoever was asked before keeps the day given then."),
    )  # fmt: skip

    def __init__(self, *args: Any, organization: Organization, **kwargs: Any) -> None:
        kwargs["initial"] = {name: getattr(organization, name) for name in self.base_fields}
        super().__init__(*args, **kwargs)
        keep_choice(self, "time_zone", organization.time_zone)
