"""Giving and changing access."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any, cast

import django_filters
from django import forms
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from qms.forms.person import PersonField
from qms.forms.record_list import DayInput
from qms.models import Person, Site, User
from qms.permissions import PROFILE_HOLDERS, AccessProfile


class AccessForm(forms.Form):
    """What a log-in may do, where, and until when; sites are limited to those ``by`` reaches."""

    email = forms.EmailField(label=_("E-mail for log-in"))
    profile = forms.ChoiceField(label=_("Access profile"), widget=forms.RadioSelect)
    has_all_sites = forms.BooleanField(label=_("All sites, also those to come"), required=False)
    sites = forms.ModelMultipleChoiceField(
        label=_("Sites"), queryset=Site.objects.none(), required=False, widget=forms.CheckboxSelectMultiple
    )
    last_day = forms.DateField(
        label=_("Last day of access"), required=False, widget=DayInput,
        help_text=_("Leave it empty for no end. Access ends at midnight, world time (UTC). Guests need a day."),
    )  # fmt: skip
    reason = forms.CharField(label=_("Reason"), required=False, max_length=400, help_text=_("Kept in the trail."))

    def __init__(self, *args: Any, by: User, user: User | None = None, **kwargs: Any) -> None:
        if user is not None:
            ends = user.access_expires_at
            kwargs["initial"] = {
                "email": user.email, "profile": user.profile, "has_all_sites": user.has_all_sites,
                "sites": list(user.sites.order_by("pk")),
                "last_day": (ends.astimezone(UTC) - timedelta(seconds=1)).date() if ends else None,
            } | kwargs.get("initial", {})  # fmt: skip
        super().__init__(*args, **kwargs)
        cast(forms.ChoiceField, self.fields["profile"]).choices = [
            (profile.value, f"{profile.label}: {PROFILE_HOLDERS[profile]}") for profile in AccessProfile
        ]
        sites = cast(forms.ModelMultipleChoiceField, self.fields["sites"])
        sites.queryset = Site.objects.visible_to(by).active().order_by("name", "pk")
        if not by.has_all_sites:
            del self.fields["has_all_sites"]

    def clean(self) -> dict[str, Any]:
        """A guest's access must end; sites are asked for unless all are given."""
        data = super().clean() or self.cleaned_data
        day: date | None = data.get("last_day")
        if data.get("profile") == AccessProfile.GUEST_AUDITOR and not day and "last_day" not in self.errors:
            self.add_error("last_day", _("A guest auditor's access must end. Give the last day."))
        if day and day < timezone.now().date():
            self.add_error("last_day", _("This day is over. To end access now, disable the log-in."))
        if not data.get("sites") and not data.get("has_all_sites"):
            self.add_error("sites", _("Choose at least one site."))
        return data

    def access(self) -> dict[str, Any]:
        """The values by the service's names."""
        data = self.cleaned_data
        day = data["last_day"]
        ends = datetime.combine(day + timedelta(days=1), time.min, tzinfo=UTC) if day else None
        return {
            "email": data["email"], "profile": data["profile"], "sites": list(data["sites"]),
            "has_all_sites": data.get("has_all_sites", False), "access_expires_at": ends,
        }  # fmt: skip


class InviteForm(AccessForm):
    """Access for a person who has none."""

    person = PersonField(label=_("Person"), help_text=_("Type a name, choose from the list. Enter new people first."))
    field_order = ("person", "email", "profile", "has_all_sites", "sites", "last_day")

    def __init__(self, *args: Any, by: User, person: Person | None = None, **kwargs: Any) -> None:
        kwargs["initial"] = {"profile": AccessProfile.EMPLOYEE}
        if person is not None:
            sites = [person.site_id] if person.site_id else []
            kwargs["initial"] |= {"person": person, "email": person.email, "sites": sites}
        super().__init__(*args, by=by, **kwargs)
        del self.fields["reason"]
        people = Person.objects.visible_to(by).active().filter(user=None)
        self.fields["person"].people = people  # type: ignore[attr-defined]
        self.fields["person"].widget.attrs["data-options-url"] = reverse("qms:person-options") + "?only=without-access"


class UserFilter(django_filters.FilterSet):
    """Which log-ins a list shows."""

    q = django_filters.CharFilter(method="by_words", label=_("Search name or e-mail"))
    profile = django_filters.ChoiceFilter(
        label=_("Access profile"), choices=AccessProfile.choices, empty_label=_("Any profile")
    )
    state = django_filters.ChoiceFilter(
        method="by_state", label=_("State"), empty_label=_("Any state"),
        choices=[
            ("active", _("Active")), ("disabled", _("Disabled")), ("expired", _("Expired")),
            ("invited", _("Invited, never logged in")),
        ],
    )  # fmt: skip

    def by_words(self, rows: Any, name: str, value: str) -> Any:  # noqa: ARG002  as django-filter calls it
        """Every word in the person's name or e-mail, or in the log-in's e-mail."""
        return rows.filter(person__in=Person.objects.matching(value)) | rows.filter(email__icontains=value)

    def by_state(self, rows: Any, name: str, value: str) -> Any:  # noqa: ARG002  as django-filter calls it
        """Log-ins of one state, as the list shows it."""
        now = timezone.now()
        if value == "disabled":
            return rows.filter(is_active=False)
        if value == "expired":
            return rows.filter(is_active=True, access_expires_at__lte=now)
        rows = rows.filter(is_active=True).exclude(access_expires_at__lte=now)
        return rows.filter(last_login=None) if value == "invited" else rows
