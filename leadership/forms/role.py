"""Roles: the list's filters, writing one down, offering it, and the holder's yes or no."""

from __future__ import annotations

from typing import Any

import django_filters
from django import forms
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from leadership.models import Role
from leadership.services.role import LONGEST_LINE, MOST_LINES
from qms.forms.name_field import NameField
from qms.forms.record_form import RecordForm
from qms.forms.record_list import DayInput, RecordFilter
from qms.forms.signature import SignVersionForm
from qms.models import Person, User


class RoleFilter(RecordFilter):
    """Filters of the list; the period is the one in which the role was accepted or last reviewed."""

    status = django_filters.MultipleChoiceFilter(
        label=_("Status"), choices=Role.Status.choices, widget=forms.CheckboxSelectMultiple
    )
    holder = django_filters.CharFilter(method="by_holder", label=_("Holder or deputy"))
    may = django_filters.MultipleChoiceFilter(
        method="by_authority", label=_("Who may"), widget=forms.CheckboxSelectMultiple,
        choices=[("has_delivery_stop", _("stop a delivery")), ("has_line_stop", _("stop a line")),
                 ("has_release", _("release product"))],
    )  # fmt: skip
    only = django_filters.MultipleChoiceFilter(
        method="by_marks", label=_("Only those"), widget=forms.CheckboxSelectMultiple,
        choices=[("departed", _("held by somebody who left")), ("undeputized", _("without a deputy")),
                 ("confidential", _("confidential"))],
    )  # fmt: skip
    search_fields = ("title__icontains", "purpose__icontains", "holder__name__icontains", "reference__istartswith")
    field_order = ("status", "may", "holder", "owner", "site", "area", "since", "until", "only")

    class Meta:
        model = Role
        fields: list[str] = []

    def by_holder(self, rows: QuerySet[Any], _name: str, value: str) -> QuerySet[Any]:
        """Roles whose holder's or deputy's name holds the words."""
        people = Person.objects.visible_to(self.user).matching(value).values("pk")
        return rows.filter(Q(holder_id__in=people) | Q(deputy_id__in=people))

    def by_authority(self, rows: QuerySet[Any], _name: str, value: list[str]) -> QuerySet[Any]:
        """Roles with every marked authority that is ticked."""
        return rows.filter(**dict.fromkeys(value, True))

    def by_marks(self, rows: QuerySet[Any], name: str, value: list[str]) -> QuerySet[Any]:
        """Rows that carry every mark that is ticked."""
        if "departed" in value:
            left = Q(holder__deactivated_at__isnull=False) | Q(deputy__deactivated_at__isnull=False)
            rows = rows.filter(left)
        if "undeputized" in value:
            rows = rows.filter(deputy=None, holder__isnull=False)
        return super().by_marks(rows, name, value)


class LinesField(forms.CharField):
    """A list of texts, one in each line."""

    widget = forms.Textarea(attrs={"rows": 6})

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list) else value

    def clean(self, value: Any) -> Any:
        """The lines that hold something."""
        return [line.strip() for line in str(super().clean(value)).splitlines() if line.strip()]


class RoleForm(RecordForm):
    """A role's facts; the holder comes by an offer."""

    responsibilities = LinesField(
        label=_("Responsibilities"), max_length=MOST_LINES * (LONGEST_LINE + 2),
        help_text=_("What the holder answers for, one in each line, the most important first."),
    )  # fmt: skip
    authorities = LinesField(
        label=_("Further authorities"), required=False, max_length=MOST_LINES * (LONGEST_LINE + 2),
        help_text=_("What the holder may decide alone, one in each line."), widget=forms.Textarea(attrs={"rows": 4}),
    )  # fmt: skip
    owner = NameField(label=_("Who assigns it"), max_length=160)
    deputy = NameField(label=_("Deputy"), max_length=160, required=False)
    is_organization_wide = forms.BooleanField(
        label=_("For the whole organization"), required=False,
        help_text=_("Otherwise it is a role of the site alone."),
    )  # fmt: skip

    class Meta:
        model = Role
        fields = [
            "title", "purpose", "responsibilities", "has_delivery_stop", "has_line_stop", "has_release", "authorities",
            "deputy", "site", "area", "owner", "is_confidential",
        ]  # fmt: skip
        labels = {"title": _("Role")}
        widgets = {"purpose": forms.Textarea(attrs={"rows": 2})}

    field_order = (
        "title", "purpose", "responsibilities", "has_delivery_stop", "has_line_stop", "has_release", "authorities",
        "deputy", "owner", "is_organization_wide", "site", "area", "is_confidential", "reason",
    )  # fmt: skip

    def __init__(self, *args: Any, user: User, record: Role | None = None, **kwargs: Any) -> None:
        if record:
            kwargs["initial"] = {
                "is_organization_wide": record.is_organization_wide, "deputy": record.deputy,
            } | kwargs.get("initial", {})  # fmt: skip
        super().__init__(*args, user=user, record=record, **kwargs)


class OfferForm(forms.Form):
    """Who is to hold the role, from when, and why somebody else does."""

    holder = NameField(label=_("Who is to hold it"), max_length=160)
    starts_on = forms.DateField(label=_("From"), widget=DayInput)
    ends_on = forms.DateField(
        label=_("Until"), widget=DayInput, required=False, help_text=_("Only for an interim holder.")
    )
    reason = forms.CharField(
        label=_("Why the holder changes"), max_length=400, widget=forms.Textarea(attrs={"rows": 2})
    )
    version = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, user: User, role: Role, **kwargs: Any) -> None:
        kwargs["initial"] = {"starts_on": timezone.localdate(), "version": role.version}
        super().__init__(*args, **kwargs)
        self.fields["holder"].user = user  # type: ignore[attr-defined]
        if role.holder_id is None:
            del self.fields["reason"]


class AcceptForm(SignVersionForm):
    """The holder's, or the witness's, signature under the version that was shown."""


class DeclineForm(forms.Form):
    """Why the holder says no, to the version that was shown."""

    reason = forms.CharField(
        label=_("Why you do not accept it"), max_length=400, widget=forms.Textarea(attrs={"rows": 3})
    )
    version = forms.IntegerField(widget=forms.HiddenInput)


class RoleAnswerForm(forms.Form):
    """Yes or no at the link: the own PIN, and why where it is a no; ``answer`` is the button that was tapped."""

    ANSWERS = (("accept", _("I accept this role")), ("decline", _("I do not accept it")))

    answer = forms.ChoiceField(choices=ANSWERS, error_messages={"required": _("Tap one of the two answers.")})
    pin = forms.CharField(
        label=_("Your PIN"), max_length=12,
        widget=forms.PasswordInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )  # fmt: skip
    reason = forms.CharField(
        label=_("If not: why"), required=False, max_length=400, widget=forms.Textarea(attrs={"rows": 2})
    )
    version = forms.IntegerField(widget=forms.HiddenInput)
