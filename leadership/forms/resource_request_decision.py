"""The answer to a request: what is provided; or what is signed where it is not."""

from __future__ import annotations

from typing import Any, cast

from django import forms
from django.db.models import TextChoices
from django.http import QueryDict
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from leadership.forms.resource_request_step import RequestStepForm
from leadership.models import ResourceRequest
from leadership.services.resource_request_decision import Bearing, Grant, NewTarget, needs_rating
from objectives.models import Objective, Risk
from objectives.models.objective import plain_number
from objectives.services import risk_acceptance, risk_scale
from qms.forms.record_list import DayInput
from qms.forms.signature import ConfirmedForm
from qms.models import Record, User, site_today


class Answer(TextChoices):
    """What may be answered, as the addresses say it."""

    PROVIDE = "provide", _("Provide it")
    PARTLY = "partly", _("Provide a part")
    DECLINE = "decline", _("Decline it")


class GrantFields(forms.Form):
    """What is provided, from where, until when."""

    granted = forms.CharField(
        label=_("What is provided"), max_length=2000, widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"required": _("Say in a sentence what is provided.")},
    )  # fmt: skip
    granted_amount = forms.DecimalField(
        label=_("How much of it"), required=False, min_value=0, max_digits=14, decimal_places=2
    )
    budget_line = forms.CharField(
        label=_("Budget line"), required=False, max_length=160, help_text=_("Where it is booked, if it costs money.")
    )
    arrives_on = forms.DateField(
        label=_("When will it be there?"), widget=DayInput,
        help_text=_("On that day who asked is asked whether it has come."),
    )  # fmt: skip

    def offer_amount(self, record: ResourceRequest) -> None:
        """Ask for an amount only where one was asked for, and say which."""
        if not record.amount_unit or record.amount is None:
            del self.fields["granted_amount"]
            return
        asked = _now("Asked for: %s.") % record.amount_words
        self.fields["granted_amount"].help_text = asked

    def grant(self) -> Grant:
        """What is provided, as the service takes it."""
        told = self.cleaned_data
        return Grant(told["granted"], told["arrives_on"], told.get("granted_amount"), told["budget_line"])


class ProvideForm(GrantFields, RequestStepForm):
    """All of it is provided."""

    because = forms.CharField(
        label=_("A word to who asked"), required=False, max_length=400, widget=forms.Textarea(attrs={"rows": 2})
    )
    field_order = ("version", "granted", "granted_amount", "budget_line", "arrives_on", "because")

    def start(self, record: ResourceRequest) -> dict[str, Any]:
        """As it was asked for."""
        amount = plain_number(record.amount) if record.amount is not None else ""
        return {"granted": record.title, "granted_amount": amount, "arrives_on": record.needed_on}

    def prepare(self) -> None:
        """Ask for an amount only where one was asked for."""
        self.offer_amount(self.record)


class DeclineForm(GrantFields, ConfirmedForm):
    """Everything a leader signs who does not provide it, or only a part of it: one question after the other.

    ``risk_version`` and ``objective_version`` are the versions that were shown; a clash with either is explained.
    """

    version = forms.IntegerField(widget=forms.HiddenInput)
    risk_version = forms.IntegerField(widget=forms.HiddenInput, required=False)
    objective_version = forms.IntegerField(widget=forms.HiddenInput, required=False)
    why = forms.CharField(
        label=_("In your words"), max_length=1500, widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": _("Say why it is not provided. Who asked will read it.")},
    )  # fmt: skip
    title = forms.CharField(
        label=_("The risk, in one sentence"), max_length=240, help_text=_("Taken from what who asked wrote.")
    )
    likelihood = forms.TypedChoiceField(
        label=_("How likely"), coerce=int, widget=forms.RadioSelect,
        error_messages={"required": _("Say how likely it is.")},
    )  # fmt: skip
    impact = forms.TypedChoiceField(
        label=_("How grave"), coerce=int, widget=forms.RadioSelect,
        error_messages={"required": _("Say how grave it would be.")},
    )  # fmt: skip
    compensating_control = forms.CharField(
        label=_("Until then, what catches it?"), max_length=2000, widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("A check, a stock, a second pair of eyes."),
        error_messages={"required": _("Say what holds meanwhile.")},
    )  # fmt: skip
    void_if = forms.CharField(
        label=_("What would make you decide anew?"), max_length=2000, widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("One more complaint of this kind, or the second setter leaves."),
        error_messages={"required": _("Say what would void it.")},
    )  # fmt: skip
    expires_on = forms.DateField(label=_("You bear it until"), widget=DayInput)
    target_value = forms.DecimalField(label=_("The new target"), max_digits=16, decimal_places=4)
    due_on = forms.DateField(label=_("By when"), widget=DayInput)

    def __init__(self, *args: Any, record: ResourceRequest, answer: str, user: User, **kwargs: Any) -> None:
        self.record, self.answer, self.needs_rating = record, answer, needs_rating(record)
        risk, objective = record.risk_served, record.objective_served
        start: dict[str, Any] = {"version": record.version, "title": record.without_it.split("\n")[0][:240]}
        if risk:
            start["risk_version"] = risk.version
        if objective:
            start |= {
                "objective_version": objective.version, "target_value": plain_number(objective.target_value),
                "due_on": objective.due_on,
            }  # fmt: skip
        kwargs.setdefault("initial", start)
        super().__init__(*args, user=user, **kwargs)
        self._leave_out(has_risk=risk is not None and risk.phase == "open", has_objective=objective is not None)
        self._offer_levels()
        last = risk_acceptance.latest_end(site_today(record.site))
        self.fields["expires_on"].help_text = _now("Twelve months at most. Then the request comes back to you.")
        self.fields["expires_on"].widget.attrs |= {"max": last.isoformat()}
        if objective:
            self.fields["target_value"].label = _now("The new target, in %s") % objective.unit
        self.fields["password"].help_text = _now("Your signature needs a fresh proof that it is you.")

    def _leave_out(self, *, has_risk: bool, has_objective: bool) -> None:
        gone = [] if self.needs_rating else ["likelihood", "impact"]
        gone += ["title"] if has_risk else ["risk_version"]
        gone += [] if has_objective else ["target_value", "due_on", "objective_version"]
        if self.answer == Answer.PARTLY:
            self.offer_amount(self.record)
        else:
            gone += ["granted", "granted_amount", "budget_line", "arrives_on"]
        for name in gone:
            del self.fields[name]

    def _offer_levels(self) -> None:
        if not self.needs_rating:
            return
        scale: Any = risk_scale.in_force(self.record.site) or risk_scale.default_facts()
        for name, words in (("likelihood", scale.likelihood_words), ("impact", scale.consequence_words)):
            choices = [(number, f"{number} · {word}") for number, word in enumerate(words, start=1)]
            cast(forms.TypedChoiceField, self.fields[name]).choices = choices

    def bearing(self) -> Bearing:
        """What is signed, as the service takes it."""
        names = (
            "why", "compensating_control", "void_if", "expires_on", "title", "likelihood", "impact", "risk_version",
        )  # fmt: skip
        return Bearing(**{name: self.cleaned_data[name] for name in names if name in self.fields})

    def target(self) -> NewTarget | None:
        """The adjusted target, where it serves an objective."""
        if "target_value" not in self.fields:
            return None
        told = self.cleaned_data
        return NewTarget(told["target_value"], told["due_on"], told["objective_version"] or 0)

    def clash_with(self, stale: Record) -> None:
        """Somebody changed one of the three records meanwhile: let the same typing be sent against what stands now."""
        name = {Risk.KIND: "risk_version", Objective.KIND: "objective_version"}.get(stale.kind, "version")
        data = cast(QueryDict, self.data).copy()
        data[name] = str(stale.version)
        self.data = data
        self.add_error(None, _now(
            "Somebody changed %(reference)s while you were writing. Look at it again; signing once more goes on with "
            "what stands now."
        ) % {"reference": stale.reference})  # fmt: skip
