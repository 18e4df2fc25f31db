"""What the forms and services of every kind share: words, known facts, and where a refusal is shown."""

from __future__ import annotations

import pytest
from django import forms
from django.core.exceptions import ValidationError

from qms.forms.record_form import explain
from qms.services.record import CannotChange
from qms.services.wording import ReasonMissing, known_facts, said


class NameForm(forms.Form):
    name = forms.CharField()


def bound() -> NameForm:
    form = NameForm({"name": "Line 3"})
    assert form.is_valid()
    return form


def test_refusal_stands_beside_its_field_and_on_top_where_the_form_has_none() -> None:
    form = bound()
    explain(form, ValidationError({"name": ["Too short."], "due_on": ["In the past."]}))
    assert form.errors == {"name": ["Too short."], "__all__": ["In the past."]}


def test_refusal_without_a_field_stands_on_top() -> None:
    form = bound()
    explain(form, CannotChange("It is closed."))
    assert form.non_field_errors() == ["It is closed."]


def test_words_are_trimmed_and_missed_by_field() -> None:
    assert said("  because \n") == "because"
    with pytest.raises(ReasonMissing) as missing:
        said(" \n", field="outcome")
    assert list(missing.value.message_dict) == ["outcome"]


def test_facts_are_trimmed_and_unknown_ones_refused() -> None:
    assert known_facts({"title": " Scrap ", "area": None}, ("title", "area", "owner")) == {
        "title": "Scrap",
        "area": None,
    }
    with pytest.raises(TypeError, match="recorded_at, status"):
        known_facts({"title": "Scrap", "status": "closed", "recorded_at": None}, ("title",))
