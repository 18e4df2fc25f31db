"""The quality policy: the list's filters, drafting, translating, approving and reviewing it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import django_filters
from django import forms
from django.utils.translation import get_language_info
from django.utils.translation import gettext_lazy as _

from leadership.models import Policy
from objectives.models import StrategicGoal
from qms.forms.name_field import NameField
from qms.forms.record_form import RecordForm
from qms.forms.record_list import DayInput, RecordFilter
from qms.forms.signature import SignVersionForm
from qms.models import Phase, Site, User

SPOKEN = ("en", "es", "de", "fr", "pt", "it", "pl", "cs", "ro", "tr", "vi", "zh-hans", "nl", "hu", "uk")
REVIEW_AFTER = timedelta(days=365)


def languages() -> list[tuple[str, str]]:
    """Languages to choose from, each in its own words."""
    return [(code, str(get_language_info(code)["name_local"]).capitalize()) for code in SPOKEN]


class PolicyFilter(RecordFilter):
    """Filters of the list of policies."""

    status = django_filters.MultipleChoiceFilter(
        label=_("Status"), choices=Policy.Status.choices, widget=forms.CheckboxSelectMultiple
    )
    only = django_filters.MultipleChoiceFilter(
        method="by_marks", label=_("Only those"), widget=forms.CheckboxSelectMultiple,
        choices=[("confidential", _("confidential"))],
    )  # fmt: skip
    search_fields = ("title__icontains", "text__icontains", "reference__istartswith")

    class Meta:
        model = Policy
        fields: list[str] = []


class PolicyForm(RecordForm):
    """A draft's facts."""

    owner = NameField(label=_("Who looks after it"), max_length=160)
    title = forms.CharField(label=_("Title"), max_length=240)
    language = forms.ChoiceField(label=_("Language of the text"), initial="en")
    of_site = ()

    class Meta:
        model = Policy
        fields = ["title", "text", "language", "site", "applies_to", "goals", "owner", "is_public", "is_indexed"]
        labels = {
            "applies_to": _("Applies to"), "goals": _("Strategic goals it serves"),
            "is_public": _("Open to everybody, without a log-in, once it is approved"),
            "is_indexed": _("Search engines may list that page"), "site": _("Kept at"),
        }  # fmt: skip
        help_texts = {
            "text": _("Markdown: # heading, - list, **strong**. What fits our purpose, the frame for objectives, the "
                      "commitment to requirements and to improvement (5.2.1)."),
        }  # fmt: skip
        widgets = {"text": forms.Textarea(attrs={"rows": 16}), "goals": forms.CheckboxSelectMultiple}

    def __init__(self, *args: Any, user: User, record: Policy | None = None, **kwargs: Any) -> None:
        super().__init__(*args, user=user, record=record, **kwargs)
        self.fields["language"].choices = languages()  # type: ignore[attr-defined]
        self.choose_from("applies_to", Site.objects.visible_to(user).active().order_by("name", "pk"))
        self.fields["applies_to"].empty_label = _("The whole organization")  # type: ignore[attr-defined]
        goals = StrategicGoal.objects.visible_to(user).filter(phase__in=[Phase.OPEN, Phase.CLOSED])
        self.choose_from("goals", goals.order_by("ends_on", "pk"))
        if not goals.exists():
            del self.fields["goals"]


class TranslationForm(forms.Form):
    """The text in another language."""

    language = forms.ChoiceField(label=_("Language"))
    title = forms.CharField(label=_("Title"), max_length=240, required=False)
    text = forms.CharField(
        label=_("Text"), max_length=20_000, required=False, widget=forms.Textarea(attrs={"rows": 16}),
        help_text=_("Markdown. Empty: the translation is taken away."),
    )  # fmt: skip
    translated_by = forms.CharField(
        label=_("Who translated it"), max_length=160, required=False, help_text=_("A person, an agency, or a program.")
    )

    def __init__(self, *args: Any, policy: Policy, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        rest = [(code, words) for code, words in languages() if code != policy.language]
        self.fields["language"].choices = rest  # type: ignore[attr-defined]


class ApproveForm(SignVersionForm):
    """Top management's signature, and when the policy is looked at again."""

    review_on = forms.DateField(label=_("Look at it again on"), widget=DayInput)
    field_order: tuple[str, ...] = ("review_on", "password", "code", "version")


class ReviewForm(ApproveForm):
    """The same for a review that changes nothing."""

    words = forms.CharField(
        label=_("Why it still fits"), max_length=400, widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("What has changed around us since, and why the text still holds."),
    )  # fmt: skip
    field_order = ("words", "review_on", "password", "code", "version")
