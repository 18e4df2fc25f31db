"""Who is told: the people a rule names, their stand-ins, and the leaders above them, found in the organization's tree.

Nobody is left out in silence: who has left, or can be reached by nothing, is replaced by his or her manager, and the
reminder says in whose place.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from zoneinfo import ZoneInfo

from qms.models import Absence, Organization, Person, Reminder, ReminderChannel, ReminderPreference, Site
from qms.permissions import AccessProfile
from qms.services.site_calendar import Calendar, calendars

Part = Reminder.Part


@dataclass(frozen=True)
class Member:
    """What the planner knows of a person."""

    pk: int
    email: str
    site_id: int | None
    area_id: int | None
    shift: str
    manager_id: int | None
    is_active: bool
    has_login: bool
    is_administrator: bool

    @property
    def is_reachable(self) -> bool:
        return self.is_active and (bool(self.email) or self.has_login)


@dataclass(frozen=True)
class Told:
    """Somebody to tell: why this person, in whose place, and how; ``why_not`` when nobody can be told."""

    person_id: int
    part: str
    instead_of_id: int | None = None
    channel: str = ReminderChannel.IN_APP
    why_not: str = ""


RoleHolders = Callable[[str, int], list[int]]


class Roles:
    """Who holds a role (its slug) at a site (its id): a package above says it once, by setting ``holders``."""

    holders: RoleHolders = staticmethod(lambda _slug, _site_id: [])


class Directory:
    """The organization's people at one moment, read when first asked for, and anew when a new one turns up."""

    def __init__(self, *, at: datetime) -> None:
        self.at = at
        self._stand_ins: dict[date, dict[int, int]] = {}
        self._chains: dict[int, list[int]] = {}
        self._holders: dict[tuple[str, int], list[int]] = {}

    def member(self, person_id: int) -> Member:
        """What is known of a person; somebody, or a site, added since the people were read makes it read them anew."""
        found = self.people.get(person_id)
        if found is None or found.site_id not in self._calendars:
            for name in ("people", "_calendars", "preferences", "_reports", "_leaders"):
                self.__dict__.pop(name, None)
            self._chains.clear()
            found = self.people[person_id]
        return found

    @cached_property
    def people(self) -> dict[int, Member]:
        """Everybody, by id; one query."""
        columns = (
            "pk", "email", "site_id", "area_id", "shift", "manager_id", "deactivated_at",
            "user__is_active", "user__access_expires_at", "user__profile",
        )  # fmt: skip
        return {row[0]: self._member(*row) for row in Person.objects.order_by().values_list(*columns)}

    def _member(
        self, pk: int, email: str, site_id: int | None, area_id: int | None, shift: str,
        manager_id: int | None, left_at: datetime | None, may_log_in: bool | None, until: datetime | None,
        profile: str | None,
    ) -> Member:  # fmt: skip
        return Member(
            pk=pk, email=email, site_id=site_id, area_id=area_id, shift=shift, manager_id=manager_id,
            is_active=left_at is None,
            has_login=bool(may_log_in) and (until is None or until > self.at),
            is_administrator=profile == AccessProfile.ADMINISTRATOR,
        )  # fmt: skip

    @cached_property
    def _calendars(self) -> dict[int | None, Calendar]:
        anywhere = Calendar(zone=ZoneInfo(Organization.current().time_zone), weekdays=frozenset(range(1, 6)))
        found: dict[int | None, Calendar] = {None: anywhere}
        return found | dict(calendars(Site.objects.order_by("pk")))

    def calendar(self, person_id: int) -> Calendar:
        """The calendar of the person's site; Monday to Friday by the organization's clock for who has none."""
        return self._calendars[self.member(person_id).site_id]

    @cached_property
    def preferences(self) -> dict[int, ReminderPreference]:
        """What people chose, by person; one query."""
        return {row.person_id: row for row in ReminderPreference.objects.order_by()}

    def preference(self, person_id: int) -> ReminderPreference:
        """What the person chose, or what holds for who chose nothing."""
        return self.preferences.get(person_id) or self._default

    @cached_property
    def _default(self) -> ReminderPreference:
        return ReminderPreference()

    @cached_property
    def _reports(self) -> dict[int, list[int]]:
        found: dict[int, list[int]] = defaultdict(list)
        for member in self.people.values():
            if member.manager_id is not None and member.is_active:
                found[member.manager_id].append(member.pk)
        return found

    @cached_property
    def _leaders(self) -> dict[tuple[int, str], list[int]]:
        """By area and shift: who leads people there, and by area and "*": on any shift."""
        found: dict[tuple[int, str], set[int]] = defaultdict(set)
        for member in self.people.values():
            if member.area_id and member.manager_id and member.is_active:
                leader = self.people[member.manager_id]
                if leader.area_id == member.area_id:
                    found[member.area_id, member.shift].add(leader.pk)
                    found[member.area_id, "*"].add(leader.pk)
        return {key: sorted(leaders) for key, leaders in found.items()}

    def area_leaders(self, area_id: int | None, shift: str = "*") -> list[int]:
        """Who belongs to the area and leads people there, on that shift."""
        return self._leaders.get((area_id, shift), []) if area_id else []

    def team(self, person_id: int) -> list[int]:
        """Who reports to the person."""
        self.member(person_id)
        return self._reports.get(person_id, [])

    def role_holders(self, slug: str, site_id: int) -> list[int]:
        """Who holds the role at the site; asked once."""
        if (slug, site_id) not in self._holders:
            self._holders[slug, site_id] = Roles.holders(slug, site_id)
        return self._holders[slug, site_id]

    def chain(self, person_id: int) -> list[int]:
        """Leaders above a person, the next one first: of the same area and shift, then manager by manager.

        Never the person, nobody who has left, and nobody who only administers access.
        """
        if person_id not in self._chains:
            seen: dict[int, None] = {}
            for leader_id in self._above(self.member(person_id)):
                leader = self.member(leader_id)
                if leader_id != person_id and leader.is_active and not leader.is_administrator:
                    seen.setdefault(leader_id)
            self._chains[person_id] = list(seen)
        return self._chains[person_id]

    def _above(self, member: Member) -> Iterator[int]:
        nearest = self.area_leaders(member.area_id, member.shift)
        yield from sorted(nearest, key=lambda pk: (pk != member.manager_id, pk))[:1]
        walked = {member.pk}
        while member.manager_id is not None and member.manager_id not in walked:
            walked.add(member.manager_id)
            yield member.manager_id
            member = self.member(member.manager_id)

    def standing_in(self, person_id: int, day: date, *, but: int | None = None) -> int:
        """Who is there for the person on the day: the person, or the stand-in, or the stand-in's own; never ``but``."""
        absent, seen, now = self._absent(day), {person_id}, person_id
        while (then := absent.get(now)) is not None and then not in seen:
            seen.add(then)
            now = then
        return person_id if now == but or not self.member(now).is_active else now

    def _absent(self, day: date) -> dict[int, int]:
        """Stand-ins of those who are away on the day, by person; one query a day."""
        if day not in self._stand_ins:
            away = Absence.objects.in_force().filter(starts_on__lte=day, ends_on__gte=day, stand_in__isnull=False)
            self._stand_ins[day] = dict(away.order_by("pk").values_list("person_id", "stand_in_id"))
        return self._stand_ins[day]

    def reached(
        self, person_id: int, part: str, channel: str, *, day: date, by_mail: bool = True, in_person: bool = False,
        but: int | None = None,
    ) -> Told:  # fmt: skip
        """How somebody is told on a day: in person, through the stand-in, or else the next leader who can be reached.

        ``by_mail`` False: the person wants no e-mail about it. ``in_person``: nobody else can take it on. ``but`` is
        never told: whom it is escalated about.
        """
        others = () if in_person else (self.standing_in(person_id, day, but=but), *self.chain(person_id))
        for candidate in others or (person_id,):
            member = self.member(candidate)
            if candidate == but or not member.is_reachable:
                continue
            instead = person_id if candidate != person_id else None
            wants_mail = member.email and channel != ReminderChannel.IN_APP and (by_mail or instead)
            if not wants_mail and not member.has_login:
                return Told(candidate, part, instead, why_not="unsubscribed" if member.email else "no log-in")
            return Told(candidate, part, instead, channel if wants_mail else ReminderChannel.IN_APP)
        return Told(person_id, part, why_not="nobody who can be reached")
