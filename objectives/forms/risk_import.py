"""Uploading a risk register: the file, its sheet and heading, its columns, the words among its numbers."""

from __future__ import annotations

from typing import Any, cast

from django import forms
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from objectives.models import Risk, RiskImport, RiskScale
from objectives.services.risk_import_columns import FIELDS, LEFT_UNRATED
from qms.forms.person_import import ApplyForm, UploadForm
from qms.models import Person, User

__all__ = ["ApplyForm", "MappingForm", "RiskUploadForm", "SheetForm", "WordsForm"]
SHOWN_LINES = 12


class RiskUploadForm(UploadForm):
    """The file, and the site its risks belong to."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["site"].help_text = _("Where these risks belong.")


class SheetForm(forms.Form):
    """Which sheet, and on which line its headings stand."""

    sheet = forms.TypedChoiceField(label=_("Sheet"), coerce=int, widget=forms.RadioSelect)
    header_line = forms.IntegerField(label=_("Line of the headings"), min_value=1)

    def __init__(self, *args: Any, risk_import: RiskImport, **kwargs: Any) -> None:
        kwargs.setdefault("initial", {"sheet": risk_import.sheet, "header_line": risk_import.header_line})
        super().__init__(*args, **kwargs)
        cast(forms.TypedChoiceField, self.fields["sheet"]).choices = [
            (number, _now("%(name)s (%(n)d lines)") % {"name": one["name"] or _now("The file"), "n": len(one["lines"])})
            for number, one in enumerate(risk_import.sheets)
        ]
        self.shown = [(one["name"], one["lines"][:SHOWN_LINES]) for one in risk_import.sheets]


class MappingForm(forms.Form):
    """One choice per column: which fact it holds, or that it stays out."""

    def __init__(self, *args: Any, risk_import: RiskImport, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [("", _now("will not be imported")), *FIELDS.items()]
        header = risk_import.header
        for number, heading in enumerate(header):
            label = heading or _now("Column %d (no heading)") % (number + 1)
            self.fields[f"column_{number}"] = forms.ChoiceField(
                label=label, choices=choices, required=False, initial=risk_import.mapping[number]
            )
        rows = risk_import.rows[:60]
        self.samples = [
            [c for _l, cells in rows if (c := cells[number] if number < len(cells) else "")][:3]
            for number in range(len(header))
        ]

    def columns(self) -> list[tuple[Any, list[str]]]:
        """Each field with examples of what stands in the column."""
        return list(zip(self, self.samples, strict=True))

    def mapping(self) -> list[str]:
        """The chosen field names, column by column."""
        return [self.cleaned_data[f"column_{number}"] for number in range(len(self.samples))]


class WordsForm(forms.Form):
    """One choice per word that is no plain number, letter or name."""

    def __init__(
        self, *args: Any, user: User, scale: RiskScale, asked: dict[str, list[tuple[str, int, str]]],
        chosen: dict[str, dict[str, str]], **kwargs: Any,
    ) -> None:  # fmt: skip
        super().__init__(*args, **kwargs)
        self.asked = asked
        people = Person.objects.visible_to(user).active().order_by("name", "pk").values_list("uid", "name")
        unrated = (LEFT_UNRATED, _now("no level: enter it unrated"))
        offered: dict[str, list[tuple[str, Any]]] = {
            "nature": [("", _now("a problem: do not import")), *Risk.Nature.choices],
            "likelihood": [("", _now("a problem: do not import")), unrated, *_levels(scale.likelihood_words)],
            "impact": [("", _now("a problem: do not import")), unrated, *_levels(scale.consequence_words)],
            "owner": [("", _now("nobody here: I become the owner")), *((str(uid), name) for uid, name in people)],
        }
        for field, words in asked.items():
            for number, (word, _rows, guess) in enumerate(words):
                self.fields[f"{field}_{number}"] = forms.ChoiceField(
                    label=word, choices=offered[field], required=False,
                    initial=chosen.get(field, {}).get(word, guess),
                )  # fmt: skip

    def groups(self) -> list[tuple[Any, list[tuple[Any, int]]]]:
        """(what the column means, [(field, rows)]) in the order asked."""
        return [
            (FIELDS[field], [(self[f"{field}_{n}"], rows) for n, (_word, rows, _guess) in enumerate(words)])
            for field, words in self.asked.items()
        ]

    def words(self) -> dict[str, dict[str, str]]:
        """The meaning of each word, by field."""
        return {
            field: {word: self.cleaned_data[f"{field}_{n}"] for n, (word, _rows, _guess) in enumerate(words)}
            for field, words in self.asked.items()
        }


def _levels(words: list[str]) -> list[tuple[str, str]]:
    return [(str(number), f"{number} · {word}") for number, word in enumerate(words, start=1)]
