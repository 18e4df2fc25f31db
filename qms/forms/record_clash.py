"""Two people changed one record: what stands now beside what was typed, so that nothing is lost."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, cast

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext as _


@dataclass(frozen=True)
class ClashLine:
    """One fact in both versions."""

    label: str
    theirs: str
    yours: str

    @property
    def differs(self) -> bool:
        return self.theirs != self.yours


def clash_lines(yours: forms.BaseForm, theirs: forms.BaseForm, leave_out: tuple[str, ...]) -> list[ClashLine]:
    """Each field of the two forms in words; ``yours`` holds what was typed, ``theirs`` the record as it stands."""
    return [
        ClashLine(str(yours[name].label), in_words(theirs[name]), in_words(yours[name]))
        for name in yours.fields
        if name not in leave_out
    ]


def in_words(bound: forms.BoundField) -> str:
    """A field's value as a person reads it."""
    value: Any = bound.value()
    field = bound.field
    if isinstance(field, forms.BooleanField):
        return _("Yes") if field.to_python(value) else _("No")
    if isinstance(field, forms.ChoiceField):
        for choice, label in cast("Iterable[tuple[object, object]]", field.choices):
            if str(choice) == str(value or ""):
                return str(label)
    return "" if value is None else "\n".join(line.rstrip() for line in str(bound_text(bound, value)).splitlines())


def bound_text(bound: forms.BoundField, value: Any) -> str:
    """The text an input shows for the value."""
    shown = bound.field.widget.format_value(bound.field.prepare_value(value))
    return "" if shown is None else str(shown)


def again_with(form: forms.BaseForm, version: int) -> None:
    """Let the same typing be sent once more, now against the version that stands."""
    data = cast(QueryDict, form.data).copy()
    data[form.add_prefix("version")] = str(version)
    form.data = data
