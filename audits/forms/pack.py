"""Asking for an evidence pack, and for a link to one."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django import forms
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _

from audits.models import Pack
from audits.services.pack_selection import PackScope, default_clauses
from qms.models import Clause, Site, StandardEdition, User

LINK_DAYS = 30
# Another edition brings its own clauses (htmx); the view then tells the page, and the estimate is counted anew.
EDITION_CHANGES = {"hx-get": reverse_lazy("audits:pack-request"), "hx-trigger": "change", "hx-swap": "outerHTML"} | {
    f"hx-{part}": "#id_clauses" for part in ("target", "select")
}


@dataclass(frozen=True)
class ClauseBox:
    """A check box of the clause picker with those below it; ``is_open`` when something inside is chosen."""

    clause: Clause
    is_chosen: bool
    boxes: list[ClauseBox]

    @property
    def is_open(self) -> bool:
        """Whether this one or anything below is chosen."""
        return self.is_chosen or any(box.is_open for box in self.boxes)


def clause_boxes(clauses: list[Clause], chosen: set[str]) -> list[ClauseBox]:
    """The tree of check boxes for clauses in printed order, with the chosen primary keys checked."""
    below: dict[int | None, list[Clause]] = defaultdict(list)
    for clause in clauses:
        below[clause.parent_id].append(clause)

    def boxes_under(parent: int | None) -> list[ClauseBox]:
        return [ClauseBox(c, str(c.pk) in chosen, boxes_under(c.pk)) for c in below[parent]]

    return boxes_under(None)


class PackRequestForm(forms.Form):
    """What goes into a pack. Sites are limited to those the user may see."""

    sites = forms.ModelMultipleChoiceField(Site.objects.none(), label=_("Sites"), widget=forms.CheckboxSelectMultiple)
    edition = forms.ModelChoiceField(StandardEdition.objects.none(), label=_("Edition"), empty_label=None)
    clauses = forms.ModelMultipleChoiceField(Clause.objects.none(), label=_("Clauses"))
    from_on = forms.DateField(label=_("From"), widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d"))
    to_on = forms.DateField(
        label=_("To"), widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d"),
        help_text=_("By the date of the event. Both days are included."),
    )  # fmt: skip
    purpose = forms.CharField(
        label=_("Purpose"), max_length=200, required=False, help_text=_("Printed on the cover: which audit, for whom.")
    )
    has_photos = forms.BooleanField(label=_("Print the photos"), required=False)
    names = forms.ChoiceField(
        label=_("Names of people"), choices=Pack.Names.choices, widget=forms.RadioSelect,
        help_text=_("With initials, the data inside the pack is redacted too; the pack says what that means."),
    )  # fmt: skip

    def __init__(self, *args: Any, user: User, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user
        sites = Site.objects.visible_to(user).active().order_by("name", "pk")
        editions = StandardEdition.objects.order_by("-is_default", "-slug")
        self.fields["sites"].queryset = sites  # type: ignore[attr-defined]
        self.fields["edition"].queryset = editions  # type: ignore[attr-defined]
        self.fields["edition"].widget.attrs |= EDITION_CHANGES
        self.chosen_edition = self._chosen_edition(list(editions))
        clauses = (
            self.chosen_edition.clauses.order_by("sort_key", "pk") if self.chosen_edition else Clause.objects.none()
        )
        self.fields["clauses"].queryset = clauses  # type: ignore[attr-defined]
        if not self.is_bound:
            self._preset(today, sites)

    def _chosen_edition(self, editions: list[StandardEdition]) -> StandardEdition | None:
        wanted = str(self.data.get(self.add_prefix("edition")) or self.initial.get("edition") or "")
        known = {str(edition.pk): edition for edition in editions} | {edition.slug: edition for edition in editions}
        return known.get(wanted) or next(iter(editions), None)

    def _preset(self, today: date, sites: Any) -> None:
        own = self.user.person.site_id
        wanted_sites = self.initial.get("sites") or []
        chosen = [site.pk for site in sites if site.code in wanted_sites or str(site.pk) in wanted_sites]
        home = [site.pk for site in sites if site.pk == own] or [site.pk for site in sites[:1]]
        start = today.replace(year=today.year - 1) if (today.month, today.day) != (2, 29) else today - timedelta(365)
        self.initial = {
            "from_on": start + timedelta(days=1), "to_on": today, "has_photos": True, "names": Pack.Names.FULL,
            **self.initial, "sites": chosen or home, "edition": self.chosen_edition, "clauses": self._preset_clauses(),
        }  # fmt: skip

    def _preset_clauses(self) -> list[int]:
        wanted = set(self.initial.get("clauses") or [])
        rows = (
            self.chosen_edition.clauses.select_related("commitment").order_by("sort_key", "pk")
            if self.chosen_edition
            else ()
        )
        chosen = [c.pk for c in rows if wanted & {str(c.pk), c.slug} or (c.number in wanted and not c.letter)]
        return chosen or ([clause.pk for clause in default_clauses(self.chosen_edition)] if self.chosen_edition else [])

    def clause_boxes(self) -> list[ClauseBox]:
        """The picker: every clause of the edition as a check box in its group."""
        clauses = list(self.fields["clauses"].queryset)  # type: ignore[attr-defined]
        return clause_boxes(clauses, {str(value) for value in self["clauses"].value() or ()})

    def clean_clauses(self) -> list[Clause]:
        """The chosen clauses without those that come with another one anyway."""
        chosen = list(self.cleaned_data["clauses"])
        parents = dict(self.fields["clauses"].queryset.values_list("pk", "parent_id"))  # type: ignore[attr-defined]
        wanted = {clause.pk for clause in chosen}

        def comes_along(pk: int | None) -> bool:
            above = parents.get(pk)
            return above is not None and (above in wanted or comes_along(above))

        return [clause for clause in chosen if not comes_along(clause.pk)]

    def clean(self) -> dict[str, Any]:
        """Refuse a period that ends before it starts."""
        values = super().clean() or {}
        start, end = values.get("from_on"), values.get("to_on")
        if start and end and end < start:
            self.add_error("to_on", _("The period must end on or after the day it starts."))
        return values

    def scope(self) -> PackScope:
        """The scope of a valid form."""
        values = self.cleaned_data
        return PackScope(
            sites=list(values["sites"]), edition=values["edition"], clauses=list(values["clauses"]),
            from_on=values["from_on"], to_on=values["to_on"], purpose=values["purpose"],
            has_photos=values["has_photos"], names=values["names"],
        )  # fmt: skip


class PackLinkForm(forms.Form):
    """A link to a pack for somebody without an account."""

    for_whom = forms.CharField(label=_("For whom"), max_length=160, help_text=_("Name and body; shown in the log."))
    expires_on = forms.DateField(
        label=_("Works until"), widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d"),
        help_text=_("Until the end of this day, at most a year from now."),
    )  # fmt: skip

    def __init__(self, *args: Any, today: date, pack: Pack, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.pack = pack
        self.fields["expires_on"].initial = today + timedelta(days=LINK_DAYS)

    def expires_at(self) -> datetime:
        """The end of the chosen day at the pack's site."""
        day: date = self.cleaned_data["expires_on"]
        return datetime.combine(day + timedelta(days=1), time(), tzinfo=self.pack.site.zone)
