"""Entering, finding and choosing people."""

from __future__ import annotations

import zoneinfo
from typing import Any, ClassVar, cast

import django_filters
from django import forms
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.urls import reverse_lazy
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from qms.forms.record_list import AreaFilter, SiteFilter, visible_areas, visible_sites
from qms.models import Area, Person, Site, User
from qms.models.person import searchable

TIME_ZONES = [(name, name.replace("_", " ")) for name in sorted(zoneinfo.available_timezones()) if "/" in name]
TIME_ZONE_CHOICES = [
    ("UTC", "UTC"),
    *(
        (name, label)
        for name, label in TIME_ZONES
        if not name.startswith(("Etc/", "SystemV/", "US/", "posix/", "right/"))
    ),
]


def choice_label(person: Person) -> str:
    """How a person stands in the list one chooses from; also what is typed back."""
    place = ", ".join(filter(None, [person.job_title, person.area.name if person.area else ""]))
    return " · ".join(filter(None, [person.name, person.email or place]))


class PersonField(forms.CharField):
    """A person, typed by name or e-mail with suggestions; only those in ``people`` are found, so the scope holds."""

    widget = forms.TextInput

    def __init__(self, *, people: QuerySet[Person] | None = None, **kwargs: Any) -> None:
        super().__init__(max_length=300, **kwargs)
        self.people = people if people is not None else Person.objects.none()
        self.widget.attrs |= {"autocomplete": "off", "data-person-field": "true"}
        self.widget.attrs["data-options-url"] = reverse_lazy("qms:person-options")

    def prepare_value(self, value: Any) -> Any:
        """Show a person as in the list."""
        if isinstance(value, int):
            value = self.people.select_related("area").filter(pk=value).first() or ""
        return choice_label(value) if isinstance(value, Person) else value

    def clean(self, value: Any) -> Person | None:
        """The one person meant, None when left empty. Raises ValidationError that says how to be clearer."""
        text = super().clean(value)
        if not text:
            return None
        found = self._found(text)
        if len(found) == 1:
            return found[0]
        if not found:
            raise ValidationError(_("Nobody is called “%(text)s”. Choose from the list."), params={"text": text})
        message = ngettext("%(n)d person fits “%(text)s”.", "%(n)d people fit “%(text)s”. Type the e-mail.", len(found))
        raise ValidationError(message, params={"n": len(found), "text": text})

    def _found(self, text: str) -> list[Person]:
        rows = self.people.select_related("area").order_by("search_name", "pk")
        name, _dot, rest = (part.strip() for part in text.partition(" · "))
        address = rest if "@" in rest else name
        if "@" in address:
            return list(rows.filter(email__iexact=address)[:2])
        namesakes = list(rows.filter(search_name=searchable(name))[:50])
        exact = [person for person in namesakes if choice_label(person) == text]
        return exact if len(exact) == 1 else namesakes

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Compare what is shown."""
        return bool(super().has_changed(self.prepare_value(initial), data))


class PersonForm(forms.Form):
    """A person's facts. Everything one can choose lies within what ``user`` sees."""

    name = forms.CharField(label=_("Name"), max_length=160)
    email = forms.EmailField(
        label=_("E-mail"), required=False, help_text=_("Many people at a plant have none. Leave it empty then.")
    )
    job_title = forms.CharField(label=_("Job title"), max_length=120, required=False)
    site = forms.ModelChoiceField(label=_("Site"), queryset=Site.objects.none(), empty_label=_("Choose a site"))
    area = forms.ModelChoiceField(
        label=_("Area"), queryset=Area.objects.none(), required=False, empty_label=_("No area")
    )
    shift = forms.CharField(label=_("Shift"), max_length=20, required=False)
    manager = PersonField(
        label=_("Reports to"), required=False, help_text=_("Type a name or e-mail and choose from the list.")
    )
    is_top_management = forms.BooleanField(
        label=_("Top management"), required=False,
        help_text=_("Directs and controls the organization at the highest level; clause 5 speaks of these people."),
    )  # fmt: skip

    def __init__(self, *args: Any, user: User, person: Person | None = None, **kwargs: Any) -> None:
        if person is not None:
            kwargs["initial"] = {name: getattr(person, name) for name in self.base_fields}
        super().__init__(*args, **kwargs)
        sites = Site.objects.visible_to(user)
        current_site, current_area = (person.site_id or 0, person.area_id or 0) if person else (0, 0)
        site = cast(forms.ModelChoiceField, self.fields["site"])
        site.queryset = (sites.active() | sites.filter(pk=current_site)).order_by("name", "pk")
        areas = Area.objects.visible_to(user)
        area = cast(forms.ModelChoiceField, self.fields["area"])
        area.queryset = (
            (areas.active() | areas.filter(pk=current_area)).select_related("site").order_by("site__name", "name", "pk")
        )
        several = len(site.queryset) > 1
        area.label_from_instance = lambda obj: f"{obj.site.name} · {obj.name}" if several else obj.name  # type: ignore[method-assign]
        if not several and person is None:
            self.initial.setdefault("site", next(iter(site.queryset), None))
        people = Person.objects.visible_to(user)
        current_manager = (person.manager_id or 0) if person else 0
        self.fields["manager"].people = people.active() | people.filter(pk=current_manager)  # type: ignore[attr-defined]


class PersonFilter(django_filters.FilterSet):
    """Which people a list shows."""

    q = django_filters.CharFilter(method="by_words", label=_("Search name or e-mail"))
    site = SiteFilter(queryset=visible_sites, label=_("Site"), empty_label=_("Any site"))
    area = AreaFilter(queryset=visible_areas, label=_("Area"), empty_label=_("Any area"))
    state = django_filters.ChoiceFilter(
        method="by_state", label=_("State"), empty_label=_("Active"),
        choices=[("deactivated", _("Deactivated")), ("all", _("Active and deactivated"))],
    )  # fmt: skip
    only = django_filters.MultipleChoiceFilter(
        method="by_marks", label=_("Only those"), widget=forms.CheckboxSelectMultiple,
        choices=[
            ("top", _("in top management")), ("access", _("with a log-in")), ("no_manager", _("without a manager")),
        ],
    )  # fmt: skip
    marks: ClassVar[dict[str, dict[str, Any]]] = {
        "top": {"is_top_management": True}, "access": {"user__is_active": True}, "no_manager": {"manager": None},
    }  # fmt: skip

    def by_words(self, rows: Any, name: str, value: str) -> Any:  # noqa: ARG002  as django-filter calls it
        """Every word in the name or the e-mail."""
        return rows.matching(value)

    def by_state(self, rows: Any, name: str, value: str) -> Any:  # noqa: ARG002  as django-filter calls it
        """Deactivated people only, or everybody."""
        return rows.filter(deactivated_at__isnull=False) if value == "deactivated" else rows

    def by_marks(self, rows: Any, name: str, value: list[str]) -> Any:  # noqa: ARG002  as django-filter calls it
        """People who carry every mark that is ticked."""
        for mark in value:
            rows = rows.filter(**self.marks[mark])
        return rows

    def filter_queryset(self, queryset: Any) -> Any:
        """Active people unless the state is asked for."""
        rows = super().filter_queryset(queryset)
        return rows if self.form.cleaned_data.get("state") else rows.active()


class ReasonForm(forms.Form):
    """Why; kept in the trail."""

    reason = forms.CharField(label=_("Reason"), max_length=400, required=False)


class OwnPinForm(forms.Form):
    """A PIN of one's own choice; left empty, one is made."""

    pin = forms.CharField(
        label=_("Six digits of your choice"), required=False, max_length=6,
        widget=forms.PasswordInput(attrs={"inputmode": "numeric", "autocomplete": "new-password"}),
        help_text=_("Leave it empty to get a random one, shown once."),
    )  # fmt: skip

    def clean_pin(self) -> str:
        """Digits only, if any."""
        pin = str(self.cleaned_data["pin"]).strip()
        if pin and not (pin.isascii() and pin.isdigit() and len(pin) == 6):
            raise ValidationError(_now("A PIN is made of six digits."))
        return pin
