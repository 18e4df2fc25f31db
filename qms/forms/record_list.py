"""The filters every list of records has; a kind adds its own by inheriting."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any, cast

import django_filters
from django import forms
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from qms.models import Area, Attachment, Person, RecordPerson, Site, User
from qms.models.person import searchable
from qms.services.record_list import PERIOD_SEARCH_DEPTH, recorded_late, search_floor

MOST_OWNERS = 500  # that words for an owner may stand for
REFERENCE = re.compile(r"[A-Za-z]{2,8}-[A-Za-z0-9-]+\Z")


def visible_sites(request: Any) -> QuerySet[Site]:
    """Sites whose records who asks may see."""
    return Site.objects.visible_to(cast(User, request.user)).order_by("name", "pk")


def visible_areas(request: Any) -> QuerySet[Area]:
    """Areas of those sites, in use or not: old records stand there too."""
    return Area.objects.visible_to(cast(User, request.user)).select_related("site").order_by("site__name", "name", "pk")


class _AtOnce(django_filters.fields.ModelChoiceIterator):
    """Choices read in one go: the library would open a cursor on the server, three trips for a short list."""

    def __iter__(self) -> Iterator[Any]:
        if self.field.empty_label is not None:
            yield "", self.field.empty_label
        if self.field.null_label is not None:
            yield self.field.null_value, self.field.null_label
        for row in self.field.rows():
            yield self.choice(row)


class ChosenRowField(django_filters.fields.ModelChoiceField):
    """A select of rows. ``known``: the same rows, where somebody has read them already."""

    iterator = _AtOnce
    known: Sequence[Any] | None = None

    def rows(self) -> Sequence[Any]:
        """The rows to choose from."""
        return list(self.queryset) if self.known is None else self.known


class ChoiceFilter(django_filters.ModelChoiceFilter):
    """A row out of a short list."""

    field_class = ChosenRowField


class SiteFilter(ChoiceFilter):
    """A site of those the user may see, without another query for them."""

    @property
    def field(self) -> ChosenRowField:
        """The select, filled with what the request has read of the user."""
        field = super().field
        field.known = cast(User, self.get_request().user).visible_sites
        return cast(ChosenRowField, field)


class AreaFilter(django_filters.ModelChoiceFilter):
    """An area, named with its site."""

    class field_class(ChosenRowField):  # noqa: N801  django-filter looks for this name
        def label_from_instance(self, obj: Area) -> str:
            return f"{obj.site.name} · {obj.name}"


class DayInput(forms.DateInput):
    """The browser's own date picker."""

    input_type = "date"

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(attrs=attrs, format="%Y-%m-%d")


class RecordFilter(django_filters.FilterSet):
    """Search, period, place, owner and marks. ``search_floor`` says how far back words were looked for."""

    site = SiteFilter(queryset=visible_sites, label=_("Site"), empty_label=_("Any site"))
    area = AreaFilter(queryset=visible_areas, label=_("Area"), empty_label=_("Any area"))
    owner = django_filters.CharFilter(method="by_owner", label=_("Owner"))
    since = django_filters.DateFilter("occurred_on", "gte", label=_("From"), widget=DayInput)
    until = django_filters.DateFilter("occurred_on", "lte", label=_("Until"), widget=DayInput)
    only = django_filters.MultipleChoiceFilter(
        method="by_marks", label=_("Only those"), widget=forms.CheckboxSelectMultiple,
        choices=[("late", _("entered late")), ("photos", _("with photos")), ("confidential", _("confidential"))],
    )  # fmt: skip
    q = django_filters.CharFilter(method="by_words", label=_("Search"))

    search_fields: tuple[str, ...] = ("title__icontains", "reference__istartswith")
    search_floor: date | None = None
    field_order: tuple[str, ...] = ("owner", "site", "area", "since", "until", "status", "only")

    @classmethod
    def get_filters(cls) -> Any:
        """The filters as the page shows them; the search comes last, since it looks through what the others leave."""
        found = super().get_filters()
        wanted = [name for name in cls.field_order if name in found]
        rest = [name for name in found if name not in wanted and name != "q"]
        return {name: found[name] for name in (*wanted, *rest, "q")}

    def by_owner(self, rows: QuerySet[Any], _name: str, value: str) -> QuerySet[Any]:
        """Rows whose owner's name holds the words."""
        people = Person.objects.visible_to(self.user).matching(value).order_by("pk").values_list("pk", flat=True)
        # Asked for first: with their numbers at hand the database knows how few records there are and takes its index.
        return rows.filter(owner_id__in=list(people[:MOST_OWNERS]))

    def by_marks(self, rows: QuerySet[Any], _name: str, value: list[str]) -> QuerySet[Any]:
        """Rows that carry every mark that is ticked."""
        if "late" in value:
            sites = Site.objects.visible_to(self.user).order_by("pk")
            rows = recorded_late(rows, [(site.pk, site.zone) for site in sites])
        if "photos" in value:
            photos = Attachment.objects.filter(record_id=OuterRef("id"), form="photo", withdrawn_at=None)
            rows = rows.filter(Exists(photos))
        return rows.filter(is_confidential=True) if "confidential" in value else rows

    def by_words(self, rows: QuerySet[Any], _name: str, value: str) -> QuerySet[Any]:
        """Rows that hold every word in their own text or in the name of somebody who took part.

        A reference number goes by its index; other words are looked for among the newest records that the other
        filters leave, further back where a period is set.
        """
        if REFERENCE.match(value):
            return rows.filter(reference__startswith=value.upper())
        in_period = self.form.cleaned_data.get("since") or self.form.cleaned_data.get("until")
        self.search_floor = search_floor(rows, PERIOD_SEARCH_DEPTH) if in_period else search_floor(rows)
        if self.search_floor:
            rows = rows.filter(occurred_on__gte=self.search_floor)
        # A range of one number, because with “=” PostgreSQL reads the names of everybody in every record first.
        there = RecordPerson.objects.filter(record_id__gte=OuterRef("id"), record_id__lte=OuterRef("id"))
        for word in value.split()[:8]:
            named = there.filter(name__icontains=word)
            found = Q(Exists(named)) | Q(owner__search_name__contains=searchable(word))
            for lookup in self.search_fields:
                found |= Q(**{lookup: word})
            rows = rows.filter(found)
        return rows

    @property
    def user(self) -> User:
        """Who asks."""
        return cast(User, self.request.user)
