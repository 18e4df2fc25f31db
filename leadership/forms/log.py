"""The form of the Log page: one activity with its stops and follow-ups, from a phone or without JavaScript."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django import forms
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db.models import prefetch_related_objects
from django.forms.formsets import BaseFormSet
from django.utils.dateparse import parse_datetime
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from leadership.forms.person_entry import PeopleField
from leadership.models import ActivityType, Occurrence
from leadership.models.activity import ActivityTypeQuerySet
from leadership.services.activity import MAX_STOPS, last_area, usual_types
from leadership.services.occurrence import OPEN
from objectives.models import StrategicGoal
from objectives.services import contribution
from qms.models import Area, Record, Site, User

FIRST_TILES = 6
MAX_FOLLOW_UPS = 20
MOST_GOALS = 200
"""Goals and objectives on offer; a plant that runs more of them does not steer by them."""


class Choices:
    """What this user may choose on the Log page: everything for the page, only what was sent for an entry sent in."""

    def __init__(self, user: User, sent: Mapping[str, Any] | None) -> None:
        self.user = user
        self.types: dict[str, ActivityType] = {}
        self.areas: dict[str, Area] = {}
        self.goals: dict[str, Record] = {}
        if sent is None:
            self.load()
            return
        slug = str(sent.get("activity_type", ""))
        self.load_types(ActivityType.objects.active().filter(slug=slug))
        areas = {str(sent[name]) for name in sent if name == "area" or name.endswith("-area")}
        if wanted := [int(pk) for pk in areas if pk.isascii() and pk.isdigit() and len(pk) < 19]:
            found = Area.objects.filter(pk__in=wanted).visible_to(user).active()
            self.areas = {str(area.pk): area for area in found}
            self.know_sites()
        if served := sent.get("serves"):
            self.load_goal(str(served))
        here = {str(area.site_id): area.site for area in self.areas.values()}
        if sent.get("site", "") in here:  # the areas sent brought their sites along: no need to read the others
            self.sites = here

    def load(self) -> None:
        """Everything there is to choose."""
        self.__dict__.pop("sites", None)
        self.load_types(ActivityType.objects.active())
        found = Area.objects.visible_to(self.user).active().select_related("site")
        self.areas = {str(area.pk): area for area in found.order_by("site__name", "name", "pk")}

        self.goals = {str(row.uid): row for row in contribution.choices(self.user)[:MOST_GOALS]}

    def load_goal(self, uid: str) -> None:
        """The one that was sent; it may have ended while the entry waited on a phone."""
        try:
            found = contribution.find(uuid.UUID(uid), self.user)
        except ValueError:
            found = None
        self.goals = {uid: found} if found else {}

    def know_sites(self) -> None:
        """Give each area its site: the user's own came with the user, only others are read."""
        own = self.user.person.site
        for area in self.areas.values():
            if own and area.site_id == own.pk:
                area.site = own
        prefetch_related_objects([area for area in self.areas.values() if area.site_id != (own and own.pk)], "site")

    def load_types(self, types: ActivityTypeQuerySet) -> None:
        self.types = {kind.slug: kind for kind in types.in_order()}

    @cached_property
    def sites(self) -> dict[str, Site]:
        """The sites the user may log for, by id."""
        return {str(site.pk): site for site in self.user.visible_sites if site.is_active}

    @cached_property
    def home_site(self) -> Site | None:
        """The user's own site, or the first one he or she may see."""
        own = self.user.person.site
        is_mine = own and own.is_active and (self.user.has_all_sites or own.pk in self.user.visible_site_ids)
        return own if is_mine else next(iter(self.sites.values()), None)

    def area_choices(self) -> list[tuple[str, Any]]:
        """For a select: areas, in groups when there are several sites."""
        first: list[tuple[str, Any]] = [("", _("No particular area"))]
        if len({area.site_id for area in self.areas.values()}) < 2:
            return first + [(pk, area.name) for pk, area in self.areas.items()]
        groups: dict[str, list[tuple[str, str]]] = {}
        for pk, area in self.areas.items():
            groups.setdefault(area.site.name, []).append((pk, area.name))
        return first + list(groups.items())

    def goal_choices(self) -> list[tuple[str, Any]]:
        """For a select: goals, then objectives, and first none of them."""
        goals: list[tuple[str, str]] = []
        objectives: list[tuple[str, str]] = []
        for uid, row in self.goals.items():
            (goals if row.kind == StrategicGoal.KIND else objectives).append((uid, row.title))
        groups = ((_("Goals"), goals), (_("Objectives"), objectives))
        return [("", _("None in particular")), *((label, rows) for label, rows in groups if rows)]

    def tiles(self) -> list[ActivityType]:
        """Every kind, the user's usual ones first."""
        usual = usual_types(self.user, most=FIRST_TILES)
        rank = {pk: number for number, pk in enumerate(usual)}
        return sorted(self.types.values(), key=lambda kind: rank.get(kind.pk, FIRST_TILES))

    def first_area(self, asked: str) -> str:
        """The area to begin with: the one asked for (a QR code), the last used, or where the user works."""
        wanted = (asked, str(last_area(self.user) or ""), str(self.user.person.area_id or ""))
        return next((pk for pk in wanted if pk in self.areas), "")


def area_field(choices: Choices, label: Any) -> forms.TypedChoiceField:
    """A select of areas that cleans to an Area or None."""
    return forms.TypedChoiceField(
        label=label, choices=choices.area_choices(), coerce=lambda pk: choices.areas[pk], empty_value=None,
        required=False,
        error_messages={"invalid_choice": gettext_lazy("This area can no longer be chosen. Choose another.")},
    )  # fmt: skip


class StopForm(forms.Form):
    """One stop of a walk."""

    seen = forms.CharField(label=gettext_lazy("Seen"), max_length=600, required=False)
    heard = forms.CharField(label=gettext_lazy("Heard"), max_length=600, required=False)
    promised = forms.CharField(label=gettext_lazy("Promised"), max_length=600, required=False)

    def __init__(self, *args: Any, choices: Choices, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["area"] = area_field(choices, gettext_lazy("Where"))
        for name in ("seen", "heard", "promised"):
            self.fields[name].widget = forms.Textarea(attrs={"rows": 1, "maxlength": 600, "data-grow": ""})

    def has_changed(self) -> bool:
        """A stop with an area alone is an empty one: the area comes filled in."""
        return any(name != "area" for name in self.changed_data)


class FollowUpForm(forms.Form):
    """Something to do afterwards."""

    title = forms.CharField(label=gettext_lazy("What"), max_length=240, required=False)
    owner = PeopleField(label=gettext_lazy("Who"), most=1, is_me_if_empty=True, help_text=gettext_lazy("Empty: me."))
    due_on = forms.DateField(
        label=gettext_lazy("Until"), required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    promised_to = PeopleField(label=gettext_lazy("Promised to"), most=1)

    def __init__(self, *args: Any, choices: Choices, **options: Any) -> None:
        super().__init__(*args, **options)
        for name in ("owner", "promised_to"):
            self.fields[name].user = choices.user  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """A person or date without words would be lost: ask for the words."""
        data = super().clean() or {}
        if not data.get("title") and any(data.get(name) for name in ("owner", "due_on", "promised_to")):
            self.add_error("title", _("Say what is to be done, or empty the line."))
        for name in ("owner", "promised_to"):
            person, free_name = next(iter(data.get(name) or []), (None, ""))
            if free_name and person is None:
                self.add_error(name, _("Choose somebody from the list; “%s” is not in it.") % free_name)
            data[name] = person
        return data


StopFormSet = forms.formset_factory(StopForm, extra=1, max_num=MAX_STOPS, validate_max=True, absolute_max=MAX_STOPS)
FollowUpFormSet = forms.formset_factory(
    FollowUpForm, extra=1, max_num=MAX_FOLLOW_UPS, validate_max=True, absolute_max=MAX_FOLLOW_UPS
)


class PhotosInput(forms.FileInput):
    """A file input for several photos, used when there is no JavaScript."""

    allow_multiple_selected = True


class PhotosField(forms.FileField):
    """Cleans to a list of files, empty when none was chosen."""

    widget = PhotosInput

    def clean(self, data: Any, initial: Any = None) -> list[Any]:
        """Check each file as a FileField does."""
        return [super(PhotosField, self).clean(one, initial) for one in data or []]


class LogForm(forms.Form):
    """What the Log page sends. ``stops`` and ``follow_ups`` are formsets beside it; ``is_valid`` checks all three."""

    uid = forms.UUIDField(widget=forms.HiddenInput)
    logged_by = forms.UUIDField(widget=forms.HiddenInput, required=False)
    occurrence = forms.UUIDField(widget=forms.HiddenInput, required=False)
    activity_type = forms.ChoiceField(
        label=gettext_lazy("Kind"), widget=forms.RadioSelect,
        error_messages={
            "required": gettext_lazy("Choose what kind of activity it was."),
            "invalid_choice": gettext_lazy("This kind is no longer in use. Choose another."),
        },
    )  # fmt: skip
    title = forms.CharField(
        label=gettext_lazy("In one sentence"), max_length=240, required=False,
        widget=forms.Textarea(attrs={"rows": 2, "maxlength": 240, "data-grow": ""}),
    )  # fmt: skip
    people_met = PeopleField(label=gettext_lazy("Who was there"), help_text=gettext_lazy("One name per line."))
    leaders = PeopleField(
        label=gettext_lazy("Who led it"), most=10, is_me_if_empty=True,
        help_text=gettext_lazy("Empty: me. One name per line."),
    )  # fmt: skip
    happened_at = forms.CharField(
        label=gettext_lazy("When"), required=False, widget=forms.TextInput(attrs={"type": "datetime-local"}),
        help_text=gettext_lazy("Empty: now. The site's time."),
    )  # fmt: skip
    late_reason = forms.CharField(
        label=gettext_lazy("Why is it entered only now?"), max_length=400, required=False,
        help_text=gettext_lazy("Needed after 24 hours. Late entries are welcome and stay visibly late."),
    )  # fmt: skip
    duration_minutes = forms.IntegerField(
        label=gettext_lazy("Minutes"), min_value=1, max_value=1440, required=False,
        widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
    )  # fmt: skip
    audience_size = forms.IntegerField(
        label=gettext_lazy("How many people were there"), min_value=0, max_value=100_000, required=False,
        widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
    )  # fmt: skip
    notes = forms.CharField(
        label=gettext_lazy("Notes"), max_length=8000, required=False,
        widget=forms.Textarea(attrs={"rows": 2, "data-grow": ""}),
    )  # fmt: skip
    is_confidential = forms.BooleanField(
        label=gettext_lazy("Confidential"), required=False,
        help_text=gettext_lazy("Only you, the quality manager and auditors see it."),
    )  # fmt: skip
    photos = PhotosField(label=gettext_lazy("Photos"), required=False)

    def __init__(self, data: Any = None, files: Any = None, *, user: User, asked: Mapping[str, str], at: datetime):
        self.user, self.at, self.choices = user, at, Choices(user, data)
        self.planned = None if data else planned_time(user, asked.get("occurrence", ""))
        asked = {**asked, **asked_by(self.planned)}
        area = "" if data else self.choices.first_area(asked.get("area", ""))
        home = self.choices.home_site
        first = {"uid": uuid.uuid4(), "logged_by": user.uid, "activity_type": asked.get("kind", ""), "area": area,
                 "occurrence": self.planned.uid if self.planned else "", "serves": asked.get("serves", ""),
                 "site": str(home.pk) if home else ""}  # fmt: skip
        super().__init__(data, files, initial=first)
        self.fields["area"] = area_field(self.choices, gettext_lazy("Where"))
        self.fields["site"] = forms.TypedChoiceField(
            label=gettext_lazy("Site"), coerce=lambda pk: self.choices.sites[pk], empty_value=None, required=False
        )
        self.fields["serves"] = forms.TypedChoiceField(
            label=gettext_lazy("Goal or objective it was for"), coerce=lambda uid: self.choices.goals[uid],
            empty_value=None, required=False,
            error_messages={"invalid_choice": gettext_lazy("This goal or objective is gone. Choose another, or none.")},
        )  # fmt: skip
        for name in ("people_met", "leaders"):
            self.fields[name].user = user  # type: ignore[attr-defined]
        self.fields["photos"].widget.attrs |= {"accept": "image/*", "data-photos": ""}
        shared: dict[str, Any] = {"data": data, "form_kwargs": {"choices": self.choices}}
        self.stops: BaseFormSet[StopForm] = StopFormSet(prefix="stops", initial=[{"area": area}], **shared)
        self.stops.extra = _count(asked.get("stops")) - 1
        self.follow_ups: BaseFormSet[FollowUpForm] = FollowUpFormSet(prefix="follow_ups", **shared)
        self.tiles: list[ActivityType] = list(self.choices.types.values())
        self._offer()
        if not data:
            self.tiles = self.choices.tiles()

    def _offer(self) -> None:
        """Put what can be chosen into the fields; the sites only where one is asked for or sent."""
        self.fields["activity_type"].choices = [(kind.slug, kind.label) for kind in self.tiles]  # type: ignore[attr-defined]
        self.fields["serves"].choices = self.choices.goal_choices()  # type: ignore[attr-defined]
        sites = self.choices.sites if not self.data or self.data.get("site") else {}
        self.fields["site"].choices = [(pk, site.name) for pk, site in sites.items()]  # type: ignore[attr-defined]
        for form in (self, *self.stops.forms) if self.is_bound else (self,):
            form.fields["area"].choices = self.choices.area_choices()  # type: ignore[attr-defined]

    def offer_everything(self) -> None:
        """Before a form that was sent in is shown again: fill the lists to choose from."""
        self.choices.load()
        self.tiles = self.choices.tiles()
        self._offer()

    def is_valid(self) -> bool:
        """The form and both sets of rows."""
        return all([super().is_valid(), self.stops.is_valid(), self.follow_ups.is_valid()])

    def clean_logged_by(self) -> uuid.UUID | None:
        """Entries waiting on a shared phone are never sent under somebody else's name."""
        uid: uuid.UUID | None = self.cleaned_data["logged_by"]
        if uid and uid != self.user.uid:
            raise ValidationError(_("This was written by another account. Log in with that account to send it."))
        return uid

    def clean_happened_at(self) -> datetime | None:
        """A moment with its offset, or the site's wall clock; empty means now."""
        text = self.cleaned_data["happened_at"].strip()
        if not text:
            return None
        try:
            moment = parse_datetime(text)
        except ValueError:
            moment = None
        if moment is None:
            raise ValidationError(_("This is not a date and time. Choose both, or leave it empty for now."))
        return moment

    def clean(self) -> dict[str, Any]:
        """The site follows from the area; a wall clock time is the site's."""
        data = super().clean() or {}
        area: Area | None = data.get("area")
        data["site"] = area.site if area else data.get("site") or self.choices.home_site
        if data["site"] is None:
            raise ValidationError(_("You belong to no site yet. Ask an administrator to add you to one."))
        moment = data.get("happened_at")
        if moment and moment.tzinfo is None:
            data["happened_at"] = moment.replace(tzinfo=data["site"].zone)
        return data

    def values(self) -> dict[str, Any]:
        """What the service takes, besides who and when."""
        data = self.cleaned_data
        names = ("uid", "site", "area", "title", "people_met", "leaders", "duration_minutes", "audience_size", "notes",
                 "is_confidential", "late_reason", "serves")  # fmt: skip
        return {name: data[name] for name in names} | {
            "activity_type": self.choices.types[data["activity_type"]],
            "happened_at": data["happened_at"] or self.at,
            "planned": data["occurrence"],
            "stops": [row for row in self.stops.cleaned_data if row],
            "follow_ups": [row for row in self.follow_ups.cleaned_data if row],
        }

    def refuse(self, error: ValidationError) -> None:
        """Show what the service refused, at the field it belongs to."""
        told = error.message_dict if hasattr(error, "error_dict") else {NON_FIELD_ERRORS: error.messages}
        for name, words in told.items():
            self.add_error(name if name in self.fields else None, words)

    def problems(self) -> list[dict[str, str]]:
        """Every message with the input it belongs to, for a phone that shows them itself."""
        rows = [("", "", text) for text in self.non_field_errors()]
        for form in (self, *self.stops.forms, *self.follow_ups.forms):
            rows += [(form[n].html_name, str(form[n].label), text) for n in form.errors if n in form.fields
                     for text in form.errors[n]]  # fmt: skip
        rows += [("", "", text) for rows_ in (self.stops, self.follow_ups) for text in rows_.non_form_errors()]
        return [{"field": field, "label": label, "message": str(text)} for field, label, text in rows]


def planned_time(user: User, uid: str) -> Occurrence | None:
    """The user's planned time that the page was opened for, while it can still be done."""
    try:
        wanted = uuid.UUID(uid)
    except ValueError:
        return None
    rows = Occurrence.objects.of_leader(user).filter(uid=wanted, status__in=OPEN)
    return rows.select_related("activity_type", "area", "routine").first()


def asked_by(planned: Occurrence | None) -> dict[str, str]:
    """What a planned time fills in."""
    if planned is None:
        return {}
    return {"kind": planned.activity_type.slug} | ({"area": str(planned.area_id)} if planned.area_id else {})


def _count(text: str | None) -> int:
    """How many stops to offer without JavaScript: one to ten."""
    return min(max(int(text), 1), 10) if text and text.isascii() and text.isdigit() and len(text) < 4 else 1
