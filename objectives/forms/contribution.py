"""Which goal or objective a record serves."""

from __future__ import annotations

from typing import Any, cast

from django import forms
from django.utils.translation import gettext_lazy as _

from objectives.services import contribution as service
from qms.models import Record, User


class ServesField(forms.ModelChoiceField):
    """Goals and objectives by their titles."""

    def label_from_instance(self, obj: Any) -> str:
        return f"{obj.reference} {obj.title}"


class ContributionForm(forms.Form):
    """The goal or objective, or none."""

    serves = ServesField(
        label=_("Goal or objective"), queryset=Record.objects.none(), required=False, empty_label=_("None")
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        cast(ServesField, self.fields["serves"]).queryset = service.choices(user)
