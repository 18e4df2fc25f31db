"""One person, written by name."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _

from qms.models import Person, User
from qms.models.person import searchable


class NameField(forms.CharField):
    """One person by name; cleaned to the person the ``user`` may see."""

    user: User

    def prepare_value(self, value: Any) -> Any:
        return value.name if isinstance(value, Person) else value

    def clean(self, value: Any) -> Person | None:
        """The person of that name. Raises ValidationError when nobody, or more than one, has it."""
        text = str(super().clean(value))
        if not text:
            return None
        found = list(Person.objects.visible_to(self.user).active().filter(search_name=searchable(text))[:2])
        found = found or list(Person.objects.visible_to(self.user).active().matching(text).order_by("name", "pk")[:2])
        if len(found) == 1:
            return found[0]
        raise forms.ValidationError(
            _("More than one person fits “%(name)s”. Write the whole name.") % {"name": text} if found
            else _("Nobody here is called “%(name)s”. Check the spelling.") % {"name": text}
        )  # fmt: skip
