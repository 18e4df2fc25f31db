"""Things tests need, made the short way; the cast has names so that tests read as stories.

Yusuf Chen leads the plant in Denver (DEN); Hiro Weber is its quality manager; Paula Sato works at line 3 without a
log-in; Omar Outsider belongs to another site, Lyon (LYO), and must never see Denver.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import factory
from factory.django import DjangoModelFactory

from leadership.models import Activity, ActivityType
from qms.models import Area, Clause, ClauseMapping, Person, Site, StandardEdition, User
from qms.models.person import searchable
from qms.permissions import AccessProfile
from qms.services import record as record_service

NOW = datetime(2026, 11, 20, 15, 30, tzinfo=UTC)
TODAY = NOW.date()
PASSWORD = "correct horse battery"


class SiteFactory(DjangoModelFactory[Site]):
    class Meta:
        model = Site
        django_get_or_create = ("code",)

    code = "DEN"
    name = factory.LazyAttribute(lambda o: {"DEN": "Denver plant", "LYO": "Lyon plant"}.get(o.code, f"Plant {o.code}"))
    time_zone = factory.LazyAttribute(lambda o: "Europe/Paris" if o.code == "LYO" else "America/Denver")


class AreaFactory(DjangoModelFactory[Area]):
    class Meta:
        model = Area
        django_get_or_create = ("site", "name")

    site = factory.SubFactory(SiteFactory)
    name = "CNC line 3"


class PersonFactory(DjangoModelFactory[Person]):
    class Meta:
        model = Person

    name = factory.Sequence(lambda n: f"Person {n:03d}")
    search_name = factory.LazyAttribute(lambda o: searchable(o.name))
    site = factory.SubFactory(SiteFactory)


class UserFactory(DjangoModelFactory[User]):
    class Meta:
        model = User
        skip_postgeneration_save = True

    person = factory.SubFactory(PersonFactory)
    email = factory.LazyAttribute(lambda o: f"{searchable(o.person.name).replace(' ', '.')}@plant.example")
    profile = AccessProfile.LEADER
    password = factory.django.Password(PASSWORD)

    @factory.post_generation
    def sites(self, create: bool, extracted: list[Site] | None, **kwargs: object) -> None:
        if create and not self.has_all_sites:  # type: ignore[attr-defined]
            self.sites.set(extracted if extracted is not None else [self.person.site])  # type: ignore[attr-defined]


class ActivityTypeFactory(DjangoModelFactory[ActivityType]):
    class Meta:
        model = ActivityType
        django_get_or_create = ("slug",)

    slug = "floor-walk"
    label = "Floor walk"
    prefix = "WALK"
    has_stops = True


class EditionFactory(DjangoModelFactory[StandardEdition]):
    class Meta:
        model = StandardEdition
        django_get_or_create = ("slug",)

    slug = "iso-9001-2026"
    standard = "ISO 9001"
    title = "Quality management systems"
    edition = "2026 (edition 6)"
    is_default = True


class ClauseFactory(DjangoModelFactory[Clause]):
    class Meta:
        model = Clause
        django_get_or_create = ("edition", "number", "letter")

    edition = factory.SubFactory(EditionFactory)
    number = "5.1.2"
    letter = ""
    title = "Customer focus"
    sort_key = factory.LazyAttribute(lambda o: ".".join(f"{int(n):03d}" for n in o.number.split(".")) + o.letter)
    max_age_days = 90


class MappingFactory(DjangoModelFactory[ClauseMapping]):
    class Meta:
        model = ClauseMapping

    kind = "activity"
    subtype = "floor-walk"
    clause = factory.SubFactory(ClauseFactory)
    effective_from = date(2020, 1, 1)
    created_at = NOW


def cast_member(name: str, profile: str = AccessProfile.LEADER, site: str = "DEN", **fields: object) -> User:
    """A user with a person of that name at that site."""
    person = PersonFactory(name=name, site=SiteFactory(code=site))
    return UserFactory(person=person, profile=profile, **fields)


def yusuf() -> User:
    """The plant manager."""
    return cast_member("Yusuf Chen")


def hiro() -> User:
    """The quality manager."""
    return cast_member("Hiro Weber", AccessProfile.QUALITY_MANAGER)


def omar() -> User:
    """A quality manager of another site: Denver must not exist for him."""
    return cast_member("Omar Outsider", AccessProfile.QUALITY_MANAGER, site="LYO")


def logged_activity(by: User, *, days_ago: int = 0, at: datetime = NOW, **fields: object) -> Activity:
    """An activity of ``by``, logged through the record services."""
    happened_at = at - timedelta(days=days_ago)
    site = fields.pop("site", None) or by.person.site
    values: dict[str, object] = {
        "activity_type": ActivityTypeFactory(),
        "title": "Walked line 3 and asked about the gauge",
        "status": Activity.Status.LOGGED,
        "site": site,
        "owner": by.person,
        "happened_at": happened_at,
        "occurred_on": happened_at.astimezone(site.zone).date(),  # type: ignore[union-attr]
    }
    activity = Activity(**(values | fields))
    record_service.open_new(activity, by=by, at=at)
    record_service.set_people(activity, "leader", [(by.person, "")])
    return record_service.seal(activity, "activity.logged", by=by, at=at)
