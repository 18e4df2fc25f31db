"""Which part of the organization chart is shown."""

from __future__ import annotations

from typing import Any, cast

from django import forms
from django.utils.translation import gettext_lazy as _

from qms.models import Area, Site, User


class ChartForm(forms.Form):
    """Site, area, and whether everybody is shown."""

    site = forms.ModelChoiceField(
        label=_("Site"), queryset=Site.objects.none(), required=False, empty_label=_("Every site")
    )
    area = forms.ModelChoiceField(
        label=_("Area"), queryset=Area.objects.none(), required=False, empty_label=_("Every area")
    )
    who = forms.ChoiceField(
        label=_("Who is shown"), required=False,
        choices=[("", _("Leaders and holders of roles")), ("all", _("Everybody"))],
    )  # fmt: skip

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        sites = cast("forms.ModelChoiceField[Site]", self.fields["site"])
        sites.queryset = Site.objects.visible_to(user).active().order_by("name", "pk")
        areas = cast("forms.ModelChoiceField[Area]", self.fields["area"])
        areas.queryset = Area.objects.visible_to(user).active().order_by("name", "pk")
        areas.label_from_instance = lambda obj: obj.name  # type: ignore[method-assign]

    def chosen(self) -> dict[str, Any]:
        """What the service is asked for; what is no choice counts as none."""
        self.is_valid()
        values = self.cleaned_data
        return {
            "site": values.get("site"), "area": values.get("area"), "has_everybody": values.get("who") == "all",
        }  # fmt: skip
