"""Nonconformities: the list's filters, raising one in ten seconds, changing one."""

from __future__ import annotations

import uuid
from typing import Any, cast

import django_filters
from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from objectives.models import Cause, Nonconformity
from objectives.services import nonconformity as service
from objectives.services import nonconformity_recurrence as recurrence
from qms.forms.name_field import NameField
from qms.forms.record_clash import ClashLine, clash_lines
from qms.forms.record_files import ManyFilesField
from qms.forms.record_form import ONLY_CHANGED
from qms.forms.record_list import DayInput, RecordFilter
from qms.models import Area, Phase, Record, Site, User


class NonconformityFilter(RecordFilter):
    """Filters of the list; a cause's page leads here by ``cause``."""

    status = django_filters.MultipleChoiceFilter(
        label=_("Status"), choices=Nonconformity.Status.choices, widget=forms.CheckboxSelectMultiple
    )
    origin = django_filters.ChoiceFilter(label=_("Found by"), choices=Nonconformity.Origin.choices)
    cause = django_filters.ModelChoiceFilter(
        label=_("Root cause"),
        queryset=Cause.objects.filter(merged_into=None).order_by("name", "pk"),
        empty_label=_("Any cause"),
    )
    since = django_filters.DateFilter("happened_on", "gte", label=_("Happened from"), widget=DayInput)
    until = django_filters.DateFilter("happened_on", "lte", label=_("Happened until"), widget=DayInput)
    only = django_filters.MultipleChoiceFilter(
        method="by_marks", label=_("Only those"), widget=forms.CheckboxSelectMultiple,
        choices=[("open", _("open")), ("repeated", _("come back")), ("confidential", _("confidential"))],
    )  # fmt: skip
    search_fields = ("title__icontains", "description__icontains", "cause__name__icontains", "reference__istartswith")
    field_order = ("status", "origin", "cause", "owner", "site", "area", "since", "until", "only")

    class Meta:
        model = Nonconformity
        fields: list[str] = []

    def by_marks(self, rows: Any, name: str, value: list[str]) -> Any:
        """Rows that carry every mark that is ticked."""
        rows = super().by_marks(rows, name, value)
        if "open" in value:
            rows = rows.filter(phase=Phase.OPEN)
        return recurrence.come_back(rows, self.request.user) if "repeated" in value else rows


class RaiseForm(forms.Form):
    """What, where, a photo; the rest is asked for on the record's page, or now by who has the time."""

    title = forms.CharField(
        label=_("What is not as required?"), max_length=240,
        widget=forms.TextInput(attrs={"autofocus": True, "enterkeyhint": "done"}),
        error_messages={"required": _("Say in one sentence what is wrong.")},
    )  # fmt: skip
    area = forms.ModelChoiceField(
        label=_("Where?"), queryset=Area.objects.none(), empty_label=_("Choose the area"),
        error_messages={"required": _("Choose the area where it was found.")},
    )  # fmt: skip
    files = ManyFilesField(  # type: ignore[assignment]
        label=_("Photo"), required=False, widget=ManyFilesField.widget(attrs={"accept": "image/*"}),
        help_text=_("Optional. It loses its GPS position on the way in."),
    )  # fmt: skip
    origin = forms.ChoiceField(
        label=_("Found by"), choices=Nonconformity.Origin.choices, initial=Nonconformity.Origin.INTERNAL
    )
    quantity = forms.DecimalField(label=_("How much"), required=False, min_value=0, max_digits=14, decimal_places=3)
    unit = forms.CharField(label=_("Of what"), required=False, max_length=24, help_text=_("Pieces, kilograms, hours …"))
    happened_on = forms.DateField(label=_("When"), widget=DayInput)
    is_confidential = forms.BooleanField(
        label=_("Confidential"), required=False,
        help_text=_("Only you, its owner, auditors and the quality manager see it: a customer's name, for example."),
    )  # fmt: skip
    uid = forms.UUIDField(widget=forms.HiddenInput)
    at_once = ("title", "area", "files")
    """What is asked at first sight; everything else has an answer already and waits behind one touch."""

    def __init__(self, *args: Any, user: User, source: Record | None = None, **kwargs: Any) -> None:
        kwargs.setdefault("initial", {
            "uid": uuid.uuid4(), "happened_on": timezone.localdate(), "title": source.title if source else "",
            "area": (source.area_id if source else None) or user.person.area_id,
            "origin": Nonconformity.Origin.INTERNAL, "is_confidential": bool(source and source.is_confidential),
        })  # fmt: skip
        super().__init__(*args, **kwargs)
        self.source = source
        cast(forms.ModelChoiceField, self.fields["area"]).queryset = areas_for(user, source.site if source else None)
        if source:  # what comes from a record is at that record's site, whose areas may not be entered yet
            self.fields["area"].required = False

    def clean_files(self) -> list[Any]:
        """The photos; none is fine."""
        return [file for file in self.cleaned_data.get("files") or [] if file]

    def clean(self) -> dict[str, Any] | None:
        """An amount says of what."""
        values = super().clean() or self.cleaned_data
        if values.get("quantity") is not None and not values.get("unit"):
            self.add_error("unit", _now("Say of what: pieces, kilograms, hours …"))
        return values

    def facts(self) -> dict[str, Any]:
        """What goes into the service, by its names; the site is the source's, or the area's."""
        facts = {name: value for name, value in self.cleaned_data.items() if name != "files"}
        return facts | {"site": self.source.site if self.source else facts["area"].site}


class NonconformityForm(forms.Form):
    """The facts of an open nonconformity, changed with a reason."""

    title = forms.CharField(label=_("What is not as required?"), max_length=240)
    description = forms.CharField(label=_("More about it"), required=False, widget=forms.Textarea(attrs={"rows": 4}))
    origin = forms.ChoiceField(label=_("Found by"), choices=Nonconformity.Origin.choices)
    quantity = forms.DecimalField(label=_("How much"), required=False, min_value=0, max_digits=14, decimal_places=3)
    unit = forms.CharField(label=_("Of what"), required=False, max_length=24, help_text=_("Pieces, kilograms, hours …"))
    happened_on = forms.DateField(label=_("When"), widget=DayInput)
    area = forms.ModelChoiceField(label=_("Where"), queryset=Area.objects.none(), required=False)
    owner = NameField(label=_("Who looks after it"), max_length=160)
    due_on = forms.DateField(label=_("Due"), widget=DayInput)
    is_confidential = forms.BooleanField(label=_("Confidential"), required=False)
    reason = forms.CharField(label=_("Why you change it"), max_length=400, widget=forms.Textarea(attrs={"rows": 2}))
    version = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, user: User, found: Nonconformity, **kwargs: Any) -> None:
        facts = {name: getattr(found, name) for name in service.PLAIN_FIELDS}
        if found.quantity is not None:
            facts["quantity"] = f"{found.quantity.normalize():f}"
        kwargs.setdefault("initial", facts | {"area": found.area_id, "version": found.version})
        super().__init__(*args, **kwargs)
        self.user = user
        cast(NameField, self.fields["owner"]).user = user
        cast(forms.ModelChoiceField, self.fields["area"]).queryset = areas_for(user, found.site)

    def facts(self) -> dict[str, Any]:
        """The plain facts by the service's names."""
        return {name: self.cleaned_data[name] for name in service.PLAIN_FIELDS}

    def clash(self, current: Nonconformity) -> list[ClashLine]:
        """What was typed beside the record as it stands now."""
        return clash_lines(self, NonconformityForm(user=self.user, found=current), ONLY_CHANGED)


def areas_for(user: User, site: Site | None) -> Any:
    """Areas in use that the user may see, of one site or of all."""
    rows = Area.objects.visible_to(user).active().select_related("site").order_by("site__name", "name", "pk")
    return rows.filter(site=site) if site else rows
