"""Risks and opportunities: the list's filters, entering and changing one, rating, treating, judging, accepting."""

from __future__ import annotations

import uuid
from datetime import date
from typing import Any, cast

import django_filters
from django import forms
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from objectives.models import Level, Risk, RiskScale
from objectives.services import risk as service
from objectives.services import risk_acceptance
from qms.forms.name_field import NameField
from qms.forms.record_clash import ClashLine, clash_lines
from qms.forms.record_form import ONLY_CHANGED
from qms.forms.record_list import DayInput, RecordFilter
from qms.forms.signature import SignForm
from qms.models import Area, Phase, Site, User


def scales_in_reach(request: Any) -> QuerySet[RiskScale]:
    """Scales the user may see."""
    return RiskScale.objects.visible_to(cast(User, request.user)).order_by("-opened_at", "pk")


class RiskFilter(RecordFilter):
    """Filters of the register; the heat map's cells lead here by levels and scale."""

    nature = django_filters.ChoiceFilter(
        label=_("Risk or opportunity"), choices=Risk.Nature.choices, empty_label=_("Both")
    )
    level = django_filters.MultipleChoiceFilter(
        label=_("Level"), choices=Level.choices, widget=forms.CheckboxSelectMultiple
    )
    status = django_filters.MultipleChoiceFilter(
        label=_("Status"), choices=Risk.Status.choices, widget=forms.CheckboxSelectMultiple
    )
    likelihood = django_filters.NumberFilter("now_likelihood", label=_("Likelihood, as a number"))
    impact = django_filters.NumberFilter("now_impact", label=_("Consequence, as a number"))
    scale = django_filters.ModelChoiceFilter(queryset=scales_in_reach, label=_("Scale"), empty_label=_("Any scale"))
    since = django_filters.DateFilter("occurred_on", "gte", label=_("Assessed from"), widget=DayInput)
    until = django_filters.DateFilter("occurred_on", "lte", label=_("Assessed until"), widget=DayInput)
    only = django_filters.MultipleChoiceFilter(
        method="by_marks", label=_("Only those"), widget=forms.CheckboxSelectMultiple,
        choices=[("open", _("open")), ("review", _("due for review")), ("confidential", _("confidential"))],
    )  # fmt: skip
    search_fields = (
        "title__icontains", "cause__icontains", "consequence__icontains", "context__icontains",
        "reference__istartswith",
    )  # fmt: skip
    field_order = (
        "nature", "level", "status", "owner", "site", "area", "since", "until", "only", "likelihood", "impact", "scale",
    )  # fmt: skip

    class Meta:
        model = Risk
        fields: list[str] = []

    def by_marks(self, rows: QuerySet[Any], name: str, value: list[str]) -> QuerySet[Any]:
        """Rows that carry every mark that is ticked."""
        rows = super().by_marks(rows, name, value)
        if "open" in value:
            rows = rows.filter(phase=Phase.OPEN)
        if "review" in value:
            rows = rows.filter(phase=Phase.OPEN, review_on__lte=timezone.localdate())
        return rows


class RiskForm(forms.Form):
    """A risk's facts. Entering one has a site and a ``uid``; changing one has a version and a reason."""

    nature = forms.ChoiceField(label=_("What is it?"), choices=Risk.Nature.choices, widget=forms.RadioSelect)
    title = forms.CharField(
        label=_("In one sentence"), max_length=240,
        help_text=_("What could happen, as you would say it at the line."),
    )  # fmt: skip
    context_kind = forms.ChoiceField(
        label=_("Comes from"), required=False, choices=[("", _("Not said")), *Risk.Context.choices],
        help_text=_("The issue inside or outside the plant, or the interested party, that it comes from."),
    )  # fmt: skip
    context = forms.CharField(label=_("Which issue, or who"), max_length=240, required=False)
    cause = forms.CharField(label=_("Cause"), required=False, widget=forms.Textarea(attrs={"rows": 2}))
    consequence = forms.CharField(
        label=_("What it would mean for customers, products or people"), required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )  # fmt: skip
    owner = NameField(label=_("Who looks after it"), max_length=160)
    site = forms.ModelChoiceField(label=_("Site"), queryset=Site.objects.none())
    area = forms.ModelChoiceField(label=_("Area"), queryset=Area.objects.none(), required=False)
    due_on = forms.DateField(label=_("Treatment due"), widget=DayInput, required=False)
    review_on = forms.DateField(
        label=_("Next review"), widget=DayInput, required=False,
        help_text=_("Follows from the level when it is rated: 90 days for high, 180 for medium, 365 for low."),
    )  # fmt: skip
    identified_on = forms.DateField(label=_("Identified on"), widget=DayInput, required=False)
    is_confidential = forms.BooleanField(label=_("Confidential"), required=False)
    reason = forms.CharField(label=_("Why you change it"), max_length=400, widget=forms.Textarea(attrs={"rows": 2}))
    version = forms.IntegerField(widget=forms.HiddenInput)
    uid = forms.UUIDField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, user: User, risk: Risk | None = None, **kwargs: Any) -> None:
        kwargs.setdefault("initial", _initial(user, risk))
        super().__init__(*args, **kwargs)
        self.user = user
        cast(NameField, self.fields["owner"]).user = user
        sites = Site.objects.visible_to(user).active().order_by("name", "pk")
        cast(forms.ModelChoiceField, self.fields["site"]).queryset = sites
        areas = Area.objects.visible_to(user).select_related("site").order_by("site__name", "name", "pk")
        cast(forms.ModelChoiceField, self.fields["area"]).queryset = areas.filter(site=risk.site) if risk else areas
        for name in ("site", "uid", "identified_on") if risk else ("reason", "version", "due_on", "review_on"):
            del self.fields[name]

    def clean(self) -> dict[str, Any] | None:
        """The area belongs to the site."""
        values = super().clean() or self.cleaned_data
        area, site = values.get("area"), values.get("site")
        if area and site and area.site_id != site.pk:
            self.add_error("area", _now("This area belongs to another site. Choose an area of %s.") % site.name)
        return values

    def facts(self) -> dict[str, Any]:
        """What goes into the service, by its names."""
        return {name: value for name, value in self.cleaned_data.items() if name not in ONLY_CHANGED}

    def clash(self, current: Risk) -> list[ClashLine]:
        """What was typed beside the risk as it stands now."""
        return clash_lines(self, RiskForm(user=self.user, risk=current), ONLY_CHANGED)


def _initial(user: User, risk: Risk | None) -> dict[str, Any]:
    if risk:
        values = {name: getattr(risk, name) for name in service.PLAIN_FIELDS}
        return values | {"area": risk.area_id, "version": risk.version}
    return {
        "uid": uuid.uuid4(), "owner": user.person, "site": user.person.site_id, "nature": Risk.Nature.RISK,
        "identified_on": timezone.localdate(),
    }  # fmt: skip


class ActForm(forms.Form):
    """What every act on a risk carries: the version its page was opened with."""

    version = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, user: User, risk: Risk, scale: RiskScale, **kwargs: Any) -> None:
        kwargs.setdefault("initial", {"version": risk.version, **self.start(risk)})
        super().__init__(*args, **kwargs)
        self.user, self.risk, self.scale = user, risk, scale
        self.prepare()

    def start(self, risk: Risk) -> dict[str, Any]:  # noqa: ARG002  the acts' forms use it
        """What the fields hold at first."""
        return {}

    def prepare(self) -> None:
        """Set what depends on the risk and its scale."""


class LevelsForm(ActForm):
    """The two levels, lowest first, in the words of the scale, and when to look again."""

    likelihood = forms.TypedChoiceField(label=_("How likely"), coerce=int, widget=forms.RadioSelect)
    impact = forms.TypedChoiceField(label=_("How grave"), coerce=int, widget=forms.RadioSelect)
    review_on = forms.DateField(
        label=_("Next review"), required=False, widget=DayInput,
        help_text=_(
            "Left empty, it follows from the level: 90 days for high, 180 for medium and opportunities, 365 for low."
        ),
    )  # fmt: skip
    field_order = ("likelihood", "impact")

    def prepare(self) -> None:
        """Offer the levels of the scale."""
        if self.risk.nature == Risk.Nature.OPPORTUNITY:
            self.fields["impact"].label = _now("How much it would bring")
        for name, words in (
            ("likelihood", self.scale.likelihood_words), ("impact", self.scale.consequence_words),
        ):  # fmt: skip
            choices = [(number, f"{number} · {word}") for number, word in enumerate(words, start=1)]
            cast(forms.TypedChoiceField, self.fields[name]).choices = choices

    def clean_review_on(self) -> date | None:
        """A review lies ahead."""
        day: date | None = self.cleaned_data["review_on"]
        if day and day <= timezone.localdate():
            raise forms.ValidationError(_now("The next review lies ahead of today."))
        return day


class RateForm(LevelsForm):
    """A rating with its reason."""

    reason = forms.CharField(
        label=_("Why this rating"), max_length=400, widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("What you know: figures, complaints, what is in place today."),
    )  # fmt: skip

    def start(self, risk: Risk) -> dict[str, Any]:
        """The levels that stand, if they are of the scale in force."""
        return {"likelihood": risk.now_likelihood, "impact": risk.now_impact}


class JudgeForm(LevelsForm):
    """What is left after the treatment, whether it worked, and how one knows."""

    effectiveness = forms.ChoiceField(
        label=_("Did the treatment work?"), choices=Risk.Effectiveness.choices, widget=forms.RadioSelect
    )
    note = forms.CharField(
        label=_("How we know"), max_length=2000, widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("A figure, an audit, what you saw. It stays in the record."),
    )  # fmt: skip


class TreatForm(ActForm):
    """How it is treated, in a sentence, by when."""

    treatment = forms.ChoiceField(label=_("Treatment"), widget=forms.RadioSelect)
    treatment_plan = forms.CharField(
        label=_("What is done"), widget=forms.Textarea(attrs={"rows": 3}), max_length=4000,
        help_text=_("The single steps, with their owners, become actions on the next page."),
    )  # fmt: skip
    due_on = forms.DateField(label=_("Done by"), widget=DayInput, required=False)

    def start(self, risk: Risk) -> dict[str, Any]:
        """What was decided before."""
        return {"treatment": risk.treatment, "treatment_plan": risk.treatment_plan, "due_on": risk.due_on}

    def prepare(self) -> None:
        """Offer the ways that fit a risk, or an opportunity."""
        ways = service.TREATMENTS[Risk.Nature(self.risk.nature)]
        cast(forms.ChoiceField, self.fields["treatment"]).choices = [(way.value, way.label) for way in ways]


class ReasonForm(ActForm):
    """A reason, and nothing else."""

    reason = forms.CharField(label=_("Why"), max_length=400, widget=forms.Textarea(attrs={"rows": 3}))


class AcceptForm(SignForm):
    """Why it is borne, what holds meanwhile, what would void it, until when; and the proof of who signs."""

    version = forms.IntegerField(widget=forms.HiddenInput)
    why = forms.CharField(label=_("Why it is accepted"), widget=forms.Textarea(attrs={"rows": 2}), max_length=2000)
    compensating_control = forms.CharField(
        label=_("What holds meanwhile"), widget=forms.Textarea(attrs={"rows": 2}), max_length=2000,
        help_text=_("The check, the stock, the second pair of eyes that catches it if it happens."),
    )  # fmt: skip
    void_if = forms.CharField(
        label=_("What would void this"), widget=forms.Textarea(attrs={"rows": 2}), max_length=2000,
        help_text=_("For example: one more complaint of this kind, or a change of supplier."),
    )  # fmt: skip
    expires_on = forms.DateField(label=_("Until"), widget=DayInput)
    field_order = ("version", "why", "compensating_control", "void_if", "expires_on", "password", "code")

    def __init__(self, *args: Any, risk: Risk, today: date, **kwargs: Any) -> None:
        kwargs.setdefault("initial", {"version": risk.version})
        super().__init__(*args, **kwargs)
        del self.fields["meaning"]
        last = risk_acceptance.latest_end(today)
        self.fields["expires_on"].help_text = _now("Twelve months at most; then it is looked at again.")
        self.fields["expires_on"].widget.attrs |= {"max": last.isoformat()}

    def acceptance(self) -> dict[str, Any]:
        """The words and the end, by the service's names."""
        return {name: self.cleaned_data[name] for name in ("why", "compensating_control", "void_if", "expires_on")}
