"""Resource requests: the list's filters, asking for a resource, changing what is asked for."""

from __future__ import annotations

from typing import Any

import django_filters
from django import forms
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from leadership.models import Decision, ResourceRequest
from leadership.services.resource_request_figures import BANDS, EXPIRING_DAYS, expiring, overdue_arrivals
from objectives.models import Objective, Risk
from qms.forms.name_field import NameField
from qms.forms.record_files import ManyFilesField
from qms.forms.record_form import RecordForm
from qms.forms.record_list import DayInput, RecordFilter
from qms.models import Person, Phase, User


class ResourceRequestFilter(RecordFilter):
    """Filters of the register; the spans of days waited lead here."""

    resource = django_filters.MultipleChoiceFilter(
        label=_("Kind of resource"), choices=ResourceRequest.Resource.choices, widget=forms.CheckboxSelectMultiple
    )
    status = django_filters.MultipleChoiceFilter(
        label=_("Status"), choices=ResourceRequest.Status.choices, widget=forms.CheckboxSelectMultiple
    )
    decision = django_filters.ChoiceFilter(label=_("Decision"), choices=Decision.choices, empty_label=_("Any"))
    waited = django_filters.ChoiceFilter(
        method="by_days_waited", label=_("Waits since"), choices=[(band.name, band.label) for band in BANDS],
        empty_label=_("Any time"),
    )  # fmt: skip
    decider = django_filters.CharFilter(method="by_decider", label=_("Who decides"))
    since = django_filters.DateFilter("occurred_on", "gte", label=_("Asked, decided or arrived from"), widget=DayInput)
    until = django_filters.DateFilter("occurred_on", "lte", label=_("Until"), widget=DayInput)
    only = django_filters.MultipleChoiceFilter(
        method="by_marks", label=_("Only those"), widget=forms.CheckboxSelectMultiple,
        choices=[
            ("overdue", _("that should have been there")), ("expiring", _("whose acceptance runs out")),
            ("confidential", _("confidential")),
        ],
    )  # fmt: skip
    search_fields = (
        "title__icontains", "description__icontains", "without_it__icontains", "reference__istartswith",
    )  # fmt: skip
    field_order = (
        "resource", "status", "decision", "waited", "owner", "decider", "site", "area", "since", "until", "only",
    )  # fmt: skip

    class Meta:
        model = ResourceRequest
        fields: list[str] = []

    def by_days_waited(self, rows: Any, _name: str, value: str) -> QuerySet[Any]:
        """Rows whose decision has been awaited that long."""
        band = next(band for band in BANDS if band.name == value)
        return rows.waiting().filter(**band.days(timezone.localdate()))

    def by_decider(self, rows: QuerySet[Any], _name: str, value: str) -> QuerySet[Any]:
        """Rows that somebody of that name decides, or has decided."""
        people = list(Person.objects.visible_to(self.user).matching(value).order_by("pk").values_list("pk", flat=True))
        return rows.filter(Q(decided_by__in=people) | Q(decided_by=None, decider__in=people))

    def by_marks(self, rows: Any, name: str, value: list[str]) -> QuerySet[Any]:
        """Rows that carry every mark that is ticked."""
        rows, today = super().by_marks(rows, name, value), timezone.localdate()
        if "overdue" in value:
            rows = rows.filter(pk__in=overdue_arrivals(today, rows).order_by().values("pk"))
        if "expiring" in value:
            rows = rows.filter(pk__in=expiring(rows, today=today, days=EXPIRING_DAYS).order_by().values("pk"))
        return rows


class ResourceRequestForm(RecordForm):
    """What is needed, by when, for what, and what happens without it."""

    owner = NameField(label=_("Who asks"), max_length=160)
    decider = NameField(
        label=_("Who decides"), max_length=160, required=False,
        help_text=_("Left empty: the nearest one above who may decide."),
    )  # fmt: skip
    files = ManyFilesField(  # type: ignore[assignment]
        label=_("Files"), required=False, help_text=_("An offer, a calculation, a photo. Optional.")
    )
    sections = (
        (_("What do you need?"), ("title", "resource", "description", "amount", "amount_unit", "needed_on")),
        (_("What is it for?"), ("objective_served", "risk_served", "serves_neither")),
        (_("What happens without it?"), ("without_it",)),
        (_("Who asks, and who decides?"), ("owner", "decider", "site", "area", "files", "is_confidential")),
        ("", ("reason",)),
    )

    class Meta:
        model = ResourceRequest
        fields = [
            "title", "resource", "description", "amount", "amount_unit", "needed_on", "objective_served",
            "risk_served", "serves_neither", "without_it", "owner", "decider", "site", "area", "is_confidential",
        ]  # fmt: skip
        labels = {
            "title": _("In one sentence"), "description": _("What exactly"), "serves_neither": _("Neither? Then why"),
            "without_it": _("In plain words"), "amount": _("How much, if it can be counted"),
        }  # fmt: skip
        help_texts = {
            "title": _("As you would say it: two setters trained on the new controller."),
            "without_it": _(
                "What a customer, a colleague or the line would notice. If it is declined, this becomes the risk that "
                "is signed."
            ),
            "serves_neither": _("Best is an objective or a risk: then everybody sees what depends on it."),
            "is_confidential": _("Only who asks, who decides, auditors and the quality manager see it."),
        }
        widgets = {
            "needed_on": DayInput, "description": forms.Textarea(attrs={"rows": 3, "maxlength": 4000}),
            "without_it": forms.Textarea(attrs={"rows": 3, "maxlength": 2000}),
            "serves_neither": forms.Textarea(attrs={"rows": 2, "maxlength": 400}),
        }  # fmt: skip

    def __init__(self, *args: Any, user: User, record: ResourceRequest | None = None, **kwargs: Any) -> None:
        super().__init__(*args, user=user, record=record, **kwargs)
        open_objectives = Objective.objects.visible_to(user).filter(status=Objective.Status.APPROVED)
        open_risks = Risk.objects.visible_to(user).filter(phase=Phase.OPEN, nature=Risk.Nature.RISK)
        if record:
            open_objectives = open_objectives.filter(site=record.site_id)
            open_risks = open_risks.filter(site=record.site_id)
            for name in ("owner", "decider", "files"):
                del self.fields[name]
        self.choose_from("objective_served", open_objectives.order_by("title", "pk"))
        self.choose_from("risk_served", open_risks.order_by("title", "pk"))

    def clean_files(self) -> list[Any]:
        """The files; none is fine."""
        return [file for file in self.cleaned_data.get("files") or [] if file]

    def clean(self) -> dict[str, Any] | None:
        """It serves something of its own site, or says why not."""
        values = super().clean() or self.cleaned_data
        site = values.get("site")
        for name in ("objective_served", "risk_served"):
            served = values.get(name)
            if served and site and served.site_id != site.pk:
                self.add_error(name, _now("This belongs to another site. Choose one of %s.") % site.name)
        return values

    def facts(self) -> dict[str, Any]:
        """What goes into the service, by its names."""
        return {name: value for name, value in super().facts().items() if name != "files"}

    @property
    def parts(self) -> list[tuple[Any, list[forms.BoundField]]]:
        """The questions with their fields, those that are asked."""
        found = [(title, [self[name] for name in names if name in self.fields]) for title, names in self.sections]
        return [(title, fields) for title, fields in found if fields]
