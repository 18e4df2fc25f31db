"""Fields of filter bars: drawn once for the same look, and never older than what there is to choose from."""

from collections.abc import Iterator
from typing import Any

import pytest
from crispy_forms.templatetags.crispy_forms_filters import as_crispy_field
from django import forms
from django.utils import translation
from django.utils.translation import gettext_lazy

from qms.forms import drawn_field as module
from qms.forms.drawn_field import drawn_field

DAYS = ["Monday", "Tuesday"]


class Filter(forms.Form):
    """Choices that are read anew for each form, as rows of the database are."""

    day = forms.ChoiceField(label=gettext_lazy("Site"), choices=lambda: [(d, d) for d in DAYS], required=False)
    q = forms.CharField(label="Words", required=False, max_length=5)


@pytest.fixture(autouse=True)
def nothing_kept() -> Iterator[None]:
    module._drawn_fields.clear()
    yield
    module._drawn_fields.clear()


@pytest.fixture
def drawings(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of the fields that were really drawn."""
    drawn: list[str] = []

    def draw(bound: Any) -> str:
        drawn.append(bound.name)
        return as_crispy_field(bound)

    monkeypatch.setattr(module, "as_crispy_field", draw)
    return drawn


def test_field_is_drawn_as_crispy_forms_draws_it_and_once_only(drawings: list[str]) -> None:
    first = [drawn_field(bound) for bound in Filter()]
    assert first == [as_crispy_field(bound) for bound in Filter()]
    assert first == [drawn_field(bound) for bound in Filter()]
    assert drawings == ["day", "q"]


def test_new_choice_a_value_an_error_and_a_language_are_drawn_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "Friday" not in drawn_field(Filter()["day"])
    monkeypatch.setitem(globals(), "DAYS", ["Friday"])
    assert "Friday" in drawn_field(Filter()["day"])
    assert "selected" in drawn_field(Filter({"day": "Friday"})["day"])
    assert "is-invalid" in drawn_field(Filter({"q": "too long"})["q"])
    assert "is-invalid" not in drawn_field(Filter({"q": "short"})["q"])
    before = drawn_field(Filter()["day"])
    with translation.override("es"):
        drawn_field(Filter()["day"])
    assert len({key[0] for key in module._drawn_fields}) == 2, before


def test_what_is_kept_does_not_grow_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "FIELDS_KEPT", 3)
    for number in range(10):
        drawn_field(Filter({"q": str(number)})["q"])
    assert len(module._drawn_fields) <= 3
