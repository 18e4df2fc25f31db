"""Which record counts for which clause: filters, the editor, ending, importing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from qms.models import Clause, ClauseMapping, StandardEdition
from qms.services.coverage_words import kind_label
from qms.services.mapping import Rule, mappable_kinds


def record_choices() -> list[tuple[str, list[tuple[str, str]]]]:
    """Every kind and its types, as a select shows them; the value is “kind:type”."""
    return [
        (
            str(kind.label_plural),
            [(f"{kind.kind}:", str(_("All of them") if (types := list(kind.subtypes())) else kind.label))]
            + [(f"{kind.kind}:{slug}", str(label)) for slug, label in types],
        )
        for kind in mappable_kinds()
    ]


class MappingFilterForm(forms.Form):
    """Filters of the table of mappings."""

    q = forms.CharField(label=_("Search clause or title"), required=False)
    kind = forms.ChoiceField(label=_("Kind of record"), required=False)
    edition = forms.ChoiceField(label=_("Edition"), required=False)
    state = forms.ChoiceField(
        label=_("State"), required=False,
        choices=[("", _("In force or coming")), ("ended", _("Ended or superseded")), ("all", _("All"))],
    )  # fmt: skip

    def __init__(self, data: Any, *, editions: Sequence[StandardEdition]) -> None:
        super().__init__(data)
        kinds = [(kind.kind, kind_label(kind.kind)) for kind in mappable_kinds()]
        for name, choices in (("kind", kinds), ("edition", [(e.slug, str(e)) for e in editions])):
            field = self.fields[name]
            if isinstance(field, forms.ChoiceField):
                field.choices = [("", _("All")), *choices]
        self.is_valid()

    def value(self, name: str) -> str:
        """The filter's value; empty when it is not set or cannot be read."""
        return str(self.cleaned_data.get(name) or "")


class MappingRuleForm(forms.Form):
    """The rule of a mapping and when it takes effect."""

    strength = forms.ChoiceField(
        label=_("Strength"), choices=ClauseMapping.Strength.choices, initial=ClauseMapping.Strength.SUPPORTING,
        help_text=_("Every mandatory rule must be met; of supporting rules, one is enough."),
    )  # fmt: skip
    max_age_days = forms.IntegerField(
        label=_("Fresh for (days)"), required=False, min_value=1, max_value=3660,
        help_text=_("How long a record keeps the clause current. Empty: the clause's own interval."),
    )  # fmt: skip
    min_count = forms.IntegerField(label=_("Records needed"), min_value=1, max_value=1000, initial=1)
    min_people = forms.IntegerField(
        label=_("People needed"), min_value=1, max_value=1000, initial=1,
        help_text=_("How many different people must stand behind them."),
    )  # fmt: skip
    effective_from = forms.DateField(
        label=_("Effective from"), widget=forms.DateInput(attrs={"type": "date"}),
        help_text=_("By event date. Older records keep the meaning they were filed under."),
    )  # fmt: skip
    reason = forms.CharField(
        label=_("Reason"), max_length=400, widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("Goes into the trail; an auditor may ask."),
    )  # fmt: skip

    def rule(self) -> Rule:
        """The rule as the service takes it."""
        data = self.cleaned_data
        return Rule(data["strength"], data["max_age_days"], data["min_count"], data["min_people"])


class MappingForm(MappingRuleForm):
    """A new mapping: what, for which clause, by which rule."""

    record = forms.ChoiceField(label=_("Records"))
    clause = forms.ChoiceField(label=_("Clause"))
    field_order = ["record", "clause"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.clauses = {
            str(c.pk): c
            for c in Clause.objects.select_related("edition", "commitment").order_by(
                "-edition__is_default", "edition_id", "sort_key", "pk"
            )
        }
        groups: dict[str, list[tuple[str, str]]] = {}
        for pk, clause in self.clauses.items():
            groups.setdefault(str(clause.edition), []).append((pk, f"{clause.label} {clause.title}"))
        for name, choices in (("record", record_choices()), ("clause", list(groups.items()))):
            field = self.fields[name]
            if isinstance(field, forms.ChoiceField):
                field.choices = [("", _("Choose")), *choices]

    def target(self) -> tuple[str, str, Clause]:
        """Kind, type and clause chosen."""
        kind, _colon, subtype = self.cleaned_data["record"].partition(":")
        return kind, subtype, self.clauses[self.cleaned_data["clause"]]


class MappingEndForm(forms.Form):
    """When a mapping ends, and why."""

    effective_from = forms.DateField(
        label=_("Ends on"), widget=forms.DateInput(attrs={"type": "date"}),
        help_text=_("Records with this event date or a later one no longer count. Older ones keep their meaning."),
    )  # fmt: skip
    reason = forms.CharField(label=_("Reason"), max_length=400, widget=forms.Textarea(attrs={"rows": 2}))


class MappingImportForm(forms.Form):
    """The file with mappings."""

    file = forms.FileField(
        label=_("CSV or XLSX file"), error_messages={"required": _("Choose a file.")},
        widget=forms.ClearableFileInput(attrs={"accept": ".csv,.xlsx"}),
        help_text=_("The same columns as the export. Export first, change, import again."),
    )  # fmt: skip
