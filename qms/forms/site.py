"""Sites and areas."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from qms.forms.person import TIME_ZONE_CHOICES
from qms.models import Site


class SiteForm(forms.Form):
    """A site's facts."""

    name = forms.CharField(label=_("Name"), max_length=120)
    code = forms.RegexField(
        r"^[A-Za-z0-9-]{2,12}$", label=_("Code"),
        help_text=_("Two to twelve letters or digits. It stands in reference numbers (WALK-DEN-2026-0042) and stays."),
        error_messages={"invalid": _("Use two to twelve letters, digits or hyphens.")},
    )  # fmt: skip
    time_zone = forms.ChoiceField(
        label=_("Time zone"), choices=TIME_ZONE_CHOICES, help_text=_("Decides what “today” is at this site.")
    )

    has_open_ideas = forms.BooleanField(
        label=_("Ideas and problems without log-in"), required=False,
        help_text=_("Whoever scans an area's QR code may raise one, with a photo, and follow the answer by a ticket. "
                    "They see nothing else."),
    )  # fmt: skip

    def __init__(self, *args: Any, site: Site | None = None, **kwargs: Any) -> None:
        if site is not None:
            kwargs["initial"] = {name: getattr(site, name) for name in self.base_fields}
        super().__init__(*args, **kwargs)
        keep_choice(self, "time_zone", site.time_zone if site else "")


class AreaForm(forms.Form):
    """An area's name."""

    name = forms.CharField(label=_("Name of the area"), max_length=120, help_text=_("As people at the plant call it."))


def keep_choice(form: forms.Form, name: str, value: str) -> None:
    """Let a choice stand that is valid but not among those offered, such as a time zone by an old name."""
    field = form.fields[name]
    assert isinstance(field, forms.ChoiceField)  # noqa: S101  both forms declare it so
    if value and value not in dict(TIME_ZONE_CHOICES):
        field.choices = [(value, value), *TIME_ZONE_CHOICES]
