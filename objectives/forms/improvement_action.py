"""Improvement actions: the list's filters, opening and changing one, and the words that go with each move."""

from __future__ import annotations

import uuid
from typing import Any

import django_filters
from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from objectives.models import ImprovementAction, Objective
from objectives.services import benefit
from objectives.services import improvement_action as service
from qms.forms.name_field import NameField
from qms.forms.record_clash import ClashLine, clash_lines
from qms.forms.record_form import ONLY_CHANGED
from qms.forms.record_list import DayInput, RecordFilter
from qms.models import Area, Phase, Record, Site, User


class ImprovementActionFilter(RecordFilter):
    """Filters of the list of actions; ``since`` and ``until`` are due dates here."""

    status = django_filters.MultipleChoiceFilter(
        label=_("Status"), choices=ImprovementAction.Status.choices, widget=forms.CheckboxSelectMultiple
    )
    drive = django_filters.ChoiceFilter(label=_("Proactive or reactive"), choices=ImprovementAction.Drive.choices)
    origin = django_filters.ChoiceFilter(label=_("Where it comes from"), choices=ImprovementAction.Origin.choices)
    since = django_filters.DateFilter("due_on", "gte", label=_("Due from"), widget=DayInput)
    until = django_filters.DateFilter("due_on", "lte", label=_("Due until"), widget=DayInput)
    only = django_filters.MultipleChoiceFilter(
        method="by_marks", label=_("Only those"), widget=forms.CheckboxSelectMultiple,
        choices=[("unconfirmed", _("with a benefit for finance to confirm")), ("confidential", _("confidential"))],
    )  # fmt: skip
    search_fields = ("title__icontains", "description__icontains", "reference__istartswith")

    class Meta:
        model = ImprovementAction
        fields: list[str] = []

    def by_marks(self, rows: QuerySet[Any], name: str, value: list[str]) -> QuerySet[Any]:
        """Rows that carry every mark that is ticked."""
        if "unconfirmed" in value:
            rows = rows.filter(completed_on__isnull=False, pk__in=benefit.to_confirm().values("action_id"))
        return super().by_marks(rows, name, value)


class ImprovementActionForm(forms.Form):
    """An action's facts. Opening one has a site and a ``uid``; changing one has a version and a reason."""

    title = forms.CharField(label=_("What is to be done"), max_length=240)
    description = forms.CharField(label=_("Description"), required=False, widget=forms.Textarea(attrs={"rows": 4}))
    owner = NameField(label=_("Who does it"), max_length=160)
    due_on = forms.DateField(label=_("Due"), widget=DayInput)
    promised_to = NameField(
        label=_("Promised to"), max_length=160, required=False,
        help_text=_("The person it was promised to; that person says whether it was kept."),
    )  # fmt: skip
    site = forms.ModelChoiceField(label=_("Site"), queryset=Site.objects.none())
    area = forms.ModelChoiceField(label=_("Area"), queryset=Area.objects.none(), required=False)
    origin = forms.ChoiceField(
        label=_("Where it comes from"), choices=ImprovementAction.Origin.choices, required=False,
        help_text=_("An audit finding, a complaint or a nonconformity makes it reactive; all else is proactive."),
    )  # fmt: skip
    serves = forms.ModelChoiceField(label=_("Objective it serves"), queryset=Objective.objects.none(), required=False)
    is_confidential = forms.BooleanField(label=_("Confidential"), required=False)
    reason = forms.CharField(label=_("Why you change it"), max_length=400, widget=forms.Textarea(attrs={"rows": 2}))
    version = forms.IntegerField(widget=forms.HiddenInput)
    uid = forms.UUIDField(widget=forms.HiddenInput)

    def __init__(
        self,
        *args: Any,
        user: User,
        action: ImprovementAction | None = None,
        source: Record | None = None,
        **kwargs: Any,
    ) -> None:
        kwargs.setdefault("initial", _initial(user, action, source))
        super().__init__(*args, **kwargs)
        self.user = user
        objectives = Objective.objects.visible_to(user).filter(phase__in=[Phase.DRAFT, Phase.OPEN])
        self.fields["serves"].queryset = objectives.order_by("title", "pk")  # type: ignore[attr-defined]
        for name in ("owner", "promised_to"):
            self.fields[name].user = user  # type: ignore[attr-defined]
        sites = Site.objects.visible_to(user).active().order_by("name", "pk")
        self.fields["site"].queryset = sites  # type: ignore[attr-defined]
        areas = Area.objects.visible_to(user).select_related("site").order_by("site__name", "name", "pk")
        fixed = action.site if action else source.site if source else None
        if fixed:
            areas = areas.filter(site=fixed)
        self.fields["area"].queryset = areas  # type: ignore[attr-defined]
        unused = ("site", "uid") if action else ("reason", "version", *(("site",) if source else ()))
        for name in unused:
            del self.fields[name]

    def clean(self) -> dict[str, Any] | None:
        """The area belongs to the site."""
        values = super().clean() or self.cleaned_data
        area, site = values.get("area"), values.get("site")
        if area and site and area.site_id != site.pk:
            self.add_error("area", _now("This area belongs to another site. Choose an area of %s.") % site.name)
        return values

    def clean_origin(self) -> str:
        """Nothing chosen keeps what stands, or what the source's kind gives."""
        return str(self.cleaned_data["origin"] or self.initial.get("origin", ""))

    def facts(self) -> dict[str, Any]:
        """What goes into the service, by its names."""
        return {name: value for name, value in self.cleaned_data.items() if name not in ONLY_CHANGED}

    def clash(self, current: ImprovementAction) -> list[ClashLine]:
        """What was typed beside the action as it stands now."""
        theirs = ImprovementActionForm(user=self.user, action=current)
        return clash_lines(self, theirs, ONLY_CHANGED)


def _initial(user: User, action: ImprovementAction | None, source: Record | None) -> dict[str, Any]:
    if action:
        values = {name: getattr(action, name) for name in service.PLAIN_FIELDS}
        return values | {"area": action.area_id, "serves": action.serves_id, "version": action.version}
    return {
        "uid": uuid.uuid4(), "owner": user.person, "site": source.site_id if source else user.person.site_id,
        "area": source.area_id if source else None, "is_confidential": bool(source and source.is_confidential),
        "origin": service.origin_of(source), "description": service.said_in(source),
        "serves": source.pk if source and source.kind == Objective.KIND else None,
    }  # fmt: skip
