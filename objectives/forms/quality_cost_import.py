"""Quality costs from a table: the file, then what its columns mean."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from objectives.services import quality_cost_import_columns as meaning
from objectives.services.quality_cost_import import Mapping
from qms.forms.person_import import UploadForm


class CostFileForm(UploadForm):
    """The table, and the site its costs are of."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["site"].help_text = _("Where these costs were made.")
        self.fields["file"].help_text = _(
            "One row per month and account, with the amount; category, net sales and a key if you have them."
        )


class CostColumnsForm(forms.Form):
    """Which column means what; sent with the address, so that a look at the preview changes nothing."""

    mark = forms.ChoiceField(label=_("Decimal mark"), choices=list(meaning.MARKS.items()), required=False)

    def __init__(self, *args: Any, header: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        columns = [(str(n), heading or _now("Column %d (no heading)") % (n + 1)) for n, heading in enumerate(header)]
        self.guessed = meaning.guess(header)
        for field, label in meaning.FIELDS.items():
            first = ("", _now("choose a column") if field in meaning.NEEDED else _now("is not in the file"))
            self.fields[field] = forms.ChoiceField(
                label=str(label), choices=[first, *columns], required=False, initial=str(self.guessed.get(field, ""))
            )
        self.order_fields([*meaning.FIELDS, "mark"])

    def mapping(self) -> Mapping:
        """What was chosen, or guessed when nothing was."""
        if not self.is_bound or not self.is_valid():
            return Mapping(self.guessed)
        chosen = {field: self.cleaned_data[field] for field in meaning.FIELDS}
        return Mapping({f: int(n) for f, n in chosen.items() if n != ""}, self.cleaned_data["mark"])
