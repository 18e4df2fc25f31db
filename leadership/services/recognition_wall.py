"""The wall of thanks, the screens that show it without a log-in, and how far and how steadily thanks reach."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import transaction
from django.db.models import Count, Prefetch, Q, QuerySet
from django.db.models.functions import TruncWeek

from leadership.models import Recognition, WallScreen
from leadership.models.recognition import RecognitionQuerySet
from qms.models import Person, RecordPerson, Site, User
from qms.services import secret_link, trail
from qms.services.record import validate

REACH_DAYS = 30
RHYTHM_WEEKS = 12
ON_A_SCREEN = 24
SCREEN_DAYS = 120
"""Older thanks leave the screens; the wall keeps them."""


@dataclass(frozen=True)
class Reach:
    """How many different people were thanked in REACH_DAYS days, of how many who work there; never who."""

    people: int
    headcount: int
    given: int

    @property
    def percent(self) -> int | None:
        """Whole percent; None where nobody works."""
        return round(100 * self.people / self.headcount) if self.headcount else None


def with_names(rows: RecognitionQuerySet) -> QuerySet[Recognition]:
    """The rows with what a card shows; the names of those thanked are in ``thanked``."""
    thanked = RecordPerson.objects.filter(part=RecordPerson.Part.THANKED).order_by("position", "pk")
    return rows.select_related("owner", "area", "value", "commitment").prefetch_related(
        Prefetch("participants", queryset=thanked, to_attr="thanked")
    )


def for_screen(screen: WallScreen, *, on: date) -> list[Recognition]:
    """What a screen shows: the site's newest public thanks of SCREEN_DAYS days that everybody thanked agreed to."""
    rows = Recognition.objects.on_screens().filter(site_id=screen.site_id)
    recent = rows.filter(occurred_on__gt=on - timedelta(days=SCREEN_DAYS), occurred_on__lte=on)
    return list(with_names(recent.newest_first())[:ON_A_SCREEN])  # type: ignore[arg-type]


def reach(sites: Iterable[Site], *, on: date) -> Reach:
    """People at the sites thanked in the REACH_DAYS days up to ``on``. Two queries.

    A team or an area thanked by name reaches nobody in particular and adds to ``given`` only.
    """
    ids = [site.pk for site in sites]
    given = given_between(ids, on - timedelta(days=REACH_DAYS - 1), on)
    here = Q(participants__part=RecordPerson.Part.THANKED, participants__person__site__in=ids)
    here &= Q(participants__person__deactivated_at=None)
    counted = given.aggregate(
        n=Count("pk", distinct=True), people=Count("participants__person", filter=here, distinct=True)
    )
    headcount = Person.objects.filter(site__in=ids, deactivated_at=None).count()
    return Reach(counted["people"], headcount, counted["n"])


def rhythm(sites: Iterable[Site], *, on: date) -> list[tuple[date, int]]:
    """Thanks given per week, Monday first, for the last RHYTHM_WEEKS weeks including this one. One query."""
    monday = on - timedelta(days=on.weekday())
    weeks = [monday - timedelta(weeks=ago) for ago in range(RHYTHM_WEEKS - 1, -1, -1)]
    given = given_between([site.pk for site in sites], weeks[0], on)
    counted = given.annotate(week=TruncWeek("occurred_on")).order_by().values("week").annotate(n=Count("pk"))
    found = {row["week"]: row["n"] for row in counted}
    return [(week, found.get(week, 0)) for week in weeks]


def given_between(site_ids: Iterable[int], first: date, last: date) -> RecognitionQuerySet:
    """Thanks that stand, private ones too, given on these days; both ends included."""
    rows = Recognition.objects.filter(kind=Recognition.KIND, status=Recognition.Status.GIVEN, site_id__in=site_ids)
    return rows.filter(occurred_on__range=(first, last))


@transaction.atomic
def make_screen(*, site: Site, name: str, by: User, at: datetime) -> WallScreen:
    """Make an address that shows the site's wall without a log-in; it is in ``secret`` and nowhere else.

    Writes the site's trail. Raises ValidationError by field.
    """
    secret = secret_link.new_secret()
    screen = WallScreen(
        site=site, name=" ".join(name.split()), digest=secret_link.digest(secret), made_at=at, made_by=by
    )
    validate(screen)
    screen.save(force_insert=True)
    trail.write(screen, "site.screen_made", by=by, at=at, changes={"name": [None, screen.name]})
    screen.secret = secret_link.address_of("leadership:wall-screen", secret)
    return screen


@transaction.atomic
def revoke_screen(screen: WallScreen, *, by: User, at: datetime) -> bool:
    """End a screen's address; False when that was done before. Writes the site's trail."""
    live = WallScreen.objects.filter(pk=screen.pk, revoked_at=None)
    if not live.update(revoked_at=at, revoked_by=by):
        return False
    trail.write(screen, "site.screen_revoked", by=by, at=at, changes={"name": [screen.name, None]})
    return True


def screen_by(secret: str) -> WallScreen | None:
    """The live screen an address belongs to."""
    rows = WallScreen.objects.filter(digest=secret_link.digest(secret), revoked_at=None, site__is_active=True)
    return rows.select_related("site").first()
