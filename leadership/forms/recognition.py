"""Thanking somebody in three taps; correcting thanks; the list's filters; values and screens."""

from __future__ import annotations

import uuid
from typing import Any, cast

import django_filters
from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.text import slugify
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from leadership.forms.person_entry import PeopleField, as_lines
from leadership.models import Activity, Recognition, RecognitionValue
from leadership.services import recognition as service
from leadership.services import recognition_value
from qms.forms.record_clash import ClashLine, clash_lines
from qms.forms.record_list import ChoiceFilter, DayInput, RecordFilter
from qms.models import Area, Commitment, Person, Record, RecordPerson, Site, User

SENTENCE = 240


class RecognitionFilter(RecordFilter):
    """Filters of the list."""

    owner = django_filters.CharFilter(method="by_owner", label=_("Thanked by"))
    value = ChoiceFilter(
        queryset=lambda _request: RecognitionValue.objects.order_by("position", "pk"), to_field_name="slug",
        label=_("Value"), empty_label=_("Any value"),
    )  # fmt: skip
    status = django_filters.ChoiceFilter(
        label=_("Status"), choices=Recognition.Status.choices, empty_label=_("Any status")
    )
    field_order = ("value", "owner", "site", "area", "since", "until", "status", "only")

    class Meta:
        model = Recognition
        fields: list[str] = []


class _Facts(forms.Form):
    """What thanks say, when given and when corrected."""

    title = forms.CharField(
        label=_("What did they do?"), max_length=SENTENCE,
        widget=forms.Textarea(attrs={"rows": 2, "maxlength": SENTENCE, "data-grow": ""}),
        help_text=_("One sentence on what you saw or heard: “stopped the line when the bore ran out of true”."),
        error_messages={"required": _("Say in one sentence what they did.")},
    )  # fmt: skip
    value = forms.ModelChoiceField(
        label=_("What it shows"), queryset=RecognitionValue.objects.none(), required=False, empty_label=None,
        widget=forms.RadioSelect,
    )  # fmt: skip
    commitment = forms.ModelChoiceField(
        label=_("Leadership commitment it supports"), queryset=Commitment.objects.none(), required=False,
        empty_label=_("None in particular"),
    )  # fmt: skip
    area = forms.ModelChoiceField(
        label=_("Where"), queryset=Area.objects.none(), required=False, empty_label=_("No particular area"),
        help_text=_("With an area and no names, everybody there is thanked."),
    )  # fmt: skip
    is_confidential = forms.BooleanField(
        label=_("Only between us"), required=False,
        help_text=_("Seen by those thanked, you, the quality manager and internal auditors; never on the wall."),
    )  # fmt: skip

    def offer(self, user: User, *, value: RecognitionValue | None, site: Site | None) -> None:
        """Fill the choices with what the user may see; ``value``: one that stands, in use or not."""
        kept = RecognitionValue.objects.filter(pk__in=[value.pk] if value else [])
        values = RecognitionValue.objects.filter(is_active=True) | kept
        areas = Area.objects.visible_to(user).active().select_related("site").order_by("site__name", "name", "pk")
        self._set("value", values.order_by("position", "pk"))
        self._set("commitment", Commitment.objects.order_by("label"))
        self._set("area", areas.filter(site=site) if site else areas)

    def _set(self, name: str, rows: Any) -> None:
        cast("forms.ModelChoiceField[Any]", self.fields[name]).queryset = rows

    def clean(self) -> dict[str, Any]:
        """Something it shows."""
        values = super().clean() or self.cleaned_data
        if not self.errors and not (values.get("value") or values.get("commitment")):
            self.add_error("value", _now("Choose what it shows: thanks without a reason are soon forgotten."))
        return values


class RecognitionForm(_Facts):
    """Thanks. ``to`` and ``about`` come filled in from the page the user stood on; an activity brings its sentence."""

    recipients = PeopleField(
        label=_("Whom do you thank?"), most=service.MOST_THANKED,
        help_text=_("One name per line: a person, or a team as you call it."),
    )  # fmt: skip
    is_agreed = forms.BooleanField(
        label=_("They said it may hang on the wall"), required=False,
        help_text=_("Without it, it is not shown on screens in the plant until they say so themselves."),
    )  # fmt: skip
    photo = forms.FileField(
        label=_("Photo"), required=False, widget=forms.FileInput(attrs={"accept": "image/*"}),
    )  # fmt: skip
    occurred_on = forms.DateField(
        label=_("When"), required=False, widget=DayInput, help_text=_("Empty: today."),
    )  # fmt: skip
    about = forms.UUIDField(widget=forms.HiddenInput, required=False)
    uid = forms.UUIDField(widget=forms.HiddenInput)
    field_order = ("recipients", "title", "value")

    def __init__(self, *args: Any, user: User, about: Record | None, to: list[Person], area: str, **kw: Any) -> None:
        value, commitment = service.last_shown(user)
        kw.setdefault("initial", {
            "uid": uuid.uuid4(), "recipients": as_lines([(person, person.name) for person in to]), "value": value,
            "commitment": None if value else commitment, "about": about.uid if about else None,
            "title": about.title[:SENTENCE] if about and about.kind == Activity.KIND else "",
            "area": (about.area_id if about else None) or area or None,
        })  # fmt: skip
        super().__init__(*args, **kw)
        self.user, self.subject = user, about
        cast(PeopleField, self.fields["recipients"]).user = user
        self.offer(user, value=None, site=about.site if about else None)

    def clean(self) -> dict[str, Any]:
        """Somebody to thank, and one place."""
        values = super().clean()
        if "recipients" in values and not values["recipients"] and not values.get("area"):
            self.add_error("recipients", _now("Name a person, a team or an area."))
        if not self.errors and self.place() is None:
            self.add_error("area", _now("Choose where it was."))
        return values

    def place(self) -> Site | None:
        """The site: of the record, of the area, of the first person thanked that the user may see, or one's own."""
        area = self.cleaned_data.get("area")
        if self.subject or area:
            return self.subject.site if self.subject else cast(Area, area).site
        sites = {site.pk: site for site in self.user.visible_sites if site.is_active}
        people = [person for person, _name in self.cleaned_data.get("recipients") or () if person]
        ids = [*(person.site_id for person in people), self.user.person.site_id]
        return next((sites[pk] for pk in ids if pk in sites), next(iter(sites.values()), None))

    def facts(self) -> dict[str, Any]:
        """The thanks by the service's names."""
        left_out = ("photo", "about")
        facts = {name: value for name, value in self.cleaned_data.items() if name not in left_out}
        return facts | {"about": self.subject, "site": self.place()}

    def photo_sent(self) -> UploadedFile | None:
        """The photo, if one was added."""
        return self.cleaned_data.get("photo") or None


class RecognitionChangeForm(_Facts):
    """What may be corrected in thanks, with the obligatory reason."""

    reason = forms.CharField(
        label=_("Why you correct it"), max_length=400, widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("Stays in the timeline for everybody who sees this record."),
    )  # fmt: skip
    version = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, user: User, thanks: Recognition, **kwargs: Any) -> None:
        initial = {name: getattr(thanks, name) for name in service.PLAIN_FIELDS} | {"version": thanks.version}
        super().__init__(*args, **(kwargs | {"initial": initial}))
        self.user = user
        self.offer(user, value=thanks.value, site=thanks.site)

    def facts(self) -> dict[str, Any]:
        """The thanks by the service's names."""
        return {name: self.cleaned_data[name] for name in service.PLAIN_FIELDS}

    def clash(self, current: Recognition) -> list[ClashLine]:
        """What was typed beside the thanks as they stand now."""
        return clash_lines(self, RecognitionChangeForm(user=self.user, thanks=current), leave_out=("version", "reason"))


class RecognitionValueForm(forms.ModelForm):
    """Wording and order of a value; the slug of a new one is made from its name and never changes."""

    class Meta:
        model = RecognitionValue
        fields = recognition_value.EDITABLE
        help_texts = {
            "description": _("Shown when somebody thanks: what it looks like in the plant."),
            "position": _("Small numbers come first."),
            "is_active": _("Take the tick away to retire the value; thanks given for it keep it."),
        }

    def clean(self) -> dict[str, Any]:
        """A new value's slug, from its name."""
        values = super().clean() or self.cleaned_data
        if not self.instance.pk and values.get("label"):
            self.instance.slug = slugify(values["label"])[:60]
            if not self.instance.slug or RecognitionValue.objects.filter(slug=self.instance.slug).exists():
                self.add_error("label", _now("There is a value with this name already. Choose another name."))
        return values

    def changes(self) -> dict[str, Any]:
        """The values by the service's names."""
        return {name: self.cleaned_data[name] for name in recognition_value.EDITABLE}


class WallScreenForm(forms.Form):
    """Where a screen hangs."""

    site = forms.ModelChoiceField(label=_("Site"), queryset=Site.objects.none(), empty_label=None)
    name = forms.CharField(label=_("Where it hangs"), max_length=80, help_text=_("Such as “Canteen”."))

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        rows = Site.objects.visible_to(user).active().order_by("name", "pk")
        cast("forms.ModelChoiceField[Any]", self.fields["site"]).queryset = rows


def thanked_in(thanks: Recognition) -> list[str]:
    """The names thanked, in order; ``thanked`` when a query brought them along."""
    known = getattr(thanks, "thanked", None)
    if known is None:
        known = [entry for entry in thanks.people() if entry.part == RecordPerson.Part.THANKED]
    return [entry.name for entry in known]
