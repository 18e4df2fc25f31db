"""A list from a table: the file and its site, then what its columns mean."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from objectives.services import plan_import as service
from objectives.services.objective_import import ORDERS, Mapping
from objectives.services.plan_import_columns import Target
from qms.forms.person_import import UploadForm


class PlanUploadForm(UploadForm):
    """The file, and the site its rows belong to."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["site"].help_text = _("Where these belong.")
        self.fields["file"].help_text = _("One row each, with a heading above. You see every row before it is entered.")


class PlanColumnsForm(forms.Form):
    """Which column means what; sent with the address, so that a look at the preview changes nothing."""

    order = forms.ChoiceField(label=_("Order of dates"), choices=list(ORDERS.items()), required=False)

    def __init__(self, *args: Any, target: Target, header: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.target, self.guessed = target, service.guess(target, header).columns
        columns = [(str(n), heading or _now("Column %d (no heading)") % (n + 1)) for n, heading in enumerate(header)]
        for name, declared in target.fields.items():
            self.fields[name] = forms.ChoiceField(
                label=declared.label, choices=[("", _now("is not in the file")), *columns], required=False,
                initial=str(self.guessed.get(name, "")),
            )  # fmt: skip
        self.order_fields([*target.fields, "order"])

    def mapping(self) -> Mapping:
        """What was chosen, or guessed when nothing was."""
        if not self.is_bound or not self.is_valid():
            return Mapping(self.guessed)
        chosen = {name: self.cleaned_data[name] for name in self.target.fields}
        return Mapping({name: int(n) for name, n in chosen.items() if n != ""}, self.cleaned_data["order"])
