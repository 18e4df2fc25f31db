"""Fields of filter bars as crispy-forms draws them, drawn once and kept."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from crispy_forms.templatetags.crispy_forms_filters import as_crispy_field
from django.forms import BoundField
from django.utils.safestring import SafeString
from django.utils.translation import get_language

FIELDS_KEPT = 500
_drawn_fields: dict[tuple[object, ...], SafeString] = {}


def drawn_field(bound: BoundField) -> SafeString:
    """A filter's field as crispy-forms draws it; drawn once per process for everything that its look depends on.

    Choices are read here, once, so what is kept is never older than the rows it names.
    """
    field, widget = bound.field, bound.field.widget
    if hasattr(widget, "choices"):
        widget.choices = list(iter(widget.choices))  # not list(choices), which would count the rows first
    look = (
        get_language(), bound.html_name, bound.auto_id, str(bound.label), str(bound.help_text), bound.css_classes(),
        field.required, field.disabled, type(widget), repr(widget.attrs), _plain(getattr(widget, "choices", ())),
        bound.form.is_bound, repr(bound.value()), str(bound.errors),
    )  # fmt: skip
    drawn = _drawn_fields.get(look)
    if drawn is None:
        if len(_drawn_fields) >= FIELDS_KEPT:
            _drawn_fields.clear()
        drawn = _drawn_fields[look] = as_crispy_field(bound)
    return drawn


def _plain(choices: Iterable[Any]) -> tuple[object, ...]:
    """Choices, with the groups among them, as something that can be compared."""
    return tuple(
        (str(value), _plain(label) if isinstance(label, list | tuple) else str(label)) for value, label in choices
    )
