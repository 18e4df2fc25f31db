"""Processes, and the letters of each role in one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

from django import forms
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from leadership.models import Process, Role
from qms.models import Site, User

CHOICES = [
    ("", _("no part")), ("R", _("R · responsible: does it")), ("A", _("A · accountable: answers for it")),
    ("RA", _("R and A · does it and answers for it")), ("C", _("C · consulted before")), ("I", _("I · informed after")),
]  # fmt: skip


class ProcessForm(forms.Form):
    """A process's facts; its site is chosen once."""

    name = forms.CharField(label=_("Process"), max_length=120)
    site = forms.ModelChoiceField(
        label=_("Site"), queryset=Site.objects.none(), required=False, empty_label=_("The whole organization")
    )
    owner_role = forms.ModelChoiceField(
        label=_("Owned by the role"), queryset=Role.objects.none(), required=False, empty_label=_("No role yet")
    )
    position = forms.IntegerField(
        label=_("Order"), min_value=1, max_value=9999, initial=100, help_text=_("Small numbers come first.")
    )

    def __init__(self, *args: Any, user: User, process: Process | None = None, **kwargs: Any) -> None:
        if process:
            kwargs["initial"] = {
                "name": process.name, "owner_role": process.owner_role_id, "position": process.position,
            }  # fmt: skip
        super().__init__(*args, **kwargs)
        sites = Site.objects.visible_to(user).active().order_by("name", "pk")
        roles = Role.objects.visible_to(user).in_force()
        roles = roles.reaching(process.site) if process and process.site else roles
        owner = cast("forms.ModelChoiceField[Role]", self.fields["owner_role"])
        owner.queryset = roles.order_by("title", "pk")
        owner.label_from_instance = lambda obj: obj.title  # type: ignore[method-assign]
        cast("forms.ModelChoiceField[Site]", self.fields["site"]).queryset = sites
        if process:
            del self.fields["site"]

    def clean(self) -> dict[str, Any]:
        """The role is one of the process's site."""
        values = super().clean() or self.cleaned_data
        role, site = values.get("owner_role"), values.get("site")
        if role and site and role.of_site_id not in (None, site.pk):
            self.add_error("owner_role", _now("This role belongs to another site."))
        return values


class LettersForm(forms.Form):
    """One choice per role: its part in the process."""

    def __init__(self, *args: Any, roles: Sequence[Role], letters: Mapping[int, str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for role in roles:
            held = letters.get(role.pk, "")
            choices = CHOICES if held in dict(CHOICES) else [*CHOICES, (held, held)]
            self.fields[f"role-{role.pk}"] = forms.ChoiceField(
                label=f"{role.title} · {role.holder.name}" if role.holder else f"{role.title} · {_now('vacant')}",
                choices=choices, required=False, initial=held,
            )  # fmt: skip

    def letters(self) -> dict[int, str]:
        """The chosen letters by role."""
        return {int(name.removeprefix("role-")): value for name, value in self.cleaned_data.items()}
