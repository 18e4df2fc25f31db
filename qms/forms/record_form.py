"""The form of a kind's facts, for a new record and for changing one with a reason."""

from __future__ import annotations

import uuid
from typing import Any, cast

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from qms.forms.name_field import NameField
from qms.forms.record_clash import ClashLine, again_with, clash_lines
from qms.models import Area, Record, Site, User
from qms.records import Text
from qms.services.record import StaleRecord

ONLY_NEW = ("site", "uid")
ONLY_CHANGED = ("reason", "version")


class RecordForm(forms.ModelForm):
    """A kind's facts. A new record has a site and a ``uid``; a change has a version and a reason.

    A kind names its model and fields in ``Meta`` (``owner`` with a label of its own), and gives fields that point
    somewhere their rows with ``choose_from``. Every NameField looks among the people its user may see.
    """

    owner = NameField(label=_("Owner"), max_length=160)
    reason = forms.CharField(label=_("Why you change it"), max_length=400, widget=forms.Textarea(attrs={"rows": 2}))
    version = forms.IntegerField(widget=forms.HiddenInput)
    uid = forms.UUIDField(widget=forms.HiddenInput)
    of_site: tuple[str, ...] = ("area",)
    """Fields whose choice must belong to the site."""

    def __init__(self, *args: Any, user: User, record: Any = None, **kwargs: Any) -> None:
        start = {"uid": uuid.uuid4(), "owner": user.person, "site": user.person.site_id}
        if record:
            start = {"owner": record.owner, "version": record.version}
        kwargs["initial"] = start | kwargs.get("initial", {})
        super().__init__(*args, instance=record, **kwargs)  # type: ignore[misc]
        self.user = user
        for field in self.fields.values():
            if isinstance(field, NameField):
                field.user = user
        areas = Area.objects.visible_to(user).select_related("site").order_by("site__name", "name", "pk")
        self.choose_from("site", Site.objects.visible_to(user).active().order_by("name", "pk"))
        self.choose_from("area", areas.filter(site=record.site_id) if record else areas.active())
        for name in ONLY_NEW if record else ONLY_CHANGED:
            self.fields.pop(name, None)

    def choose_from(self, name: str, rows: QuerySet[Any]) -> None:
        """Let the field offer, and accept, these rows only; nothing happens where the form lacks it."""
        if name in self.fields:
            cast("forms.ModelChoiceField[Any]", self.fields[name]).queryset = rows

    def clean(self) -> dict[str, Any] | None:
        """What is chosen belongs to the site."""
        values = super().clean() or self.cleaned_data
        site = values.get("site")
        for name in self.of_site:
            chosen = values.get(name)
            if chosen and site and chosen.site_id != site.pk:
                self.add_error(name, _now("This belongs to another site. Choose one of %s.") % site.name)
        return values

    def facts(self) -> dict[str, Any]:
        """What goes into the service, by its names."""
        return {name: value for name, value in self.cleaned_data.items() if name not in ONLY_CHANGED}

    def clash(self, current: Record) -> list[ClashLine]:
        """What stands now beside what was typed."""
        return clash_lines(self, type(self)(user=self.user, record=current), ONLY_CHANGED)

    def _post_clean(self) -> None:
        """The service changes and validates the record; the form only shows and parses."""


class MoveForm(forms.Form):
    """The words that go with a move: an outcome for what is done, a reason for the rest; none without a label."""

    words = forms.CharField(max_length=400, widget=forms.Textarea(attrs={"rows": 3}))

    def __init__(self, *args: Any, label: Text, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["words"].label = str(label)
        if not label:
            del self.fields["words"]


def explain(form: forms.BaseForm, error: Exception) -> None:
    """Put what a service refused into the form: beside the field it is about, or on top.

    After a clash the same typing may be sent again, against the version that stands now.
    """
    if isinstance(error, StaleRecord):
        again_with(form, error.current.version)
        form.add_error(None, _now(
            "Somebody changed this record while you were writing. Look at it again; sending once more saves yours."
        ))  # fmt: skip
        return
    by_field = getattr(error, "error_dict", None)
    if by_field is None:
        form.add_error(None, error if isinstance(error, ValidationError) else str(error))
        return
    for name, complaints in by_field.items():
        form.add_error(name if name in form.fields else None, complaints)
