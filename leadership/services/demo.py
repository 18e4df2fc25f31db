"""The demo plant: its people, log-ins and 18 months of history, made through the product's own services."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import cast

from django.conf import settings
from django.db import transaction

from leadership.models import Activity, ActivityType
from leadership.services import activity as activity_service
from leadership.services import (
    demo_communication,
    demo_improvement_action,
    demo_nonconformity,
    demo_objective,
    demo_policy,
    demo_quality_cost,
    demo_recognition,
    demo_resource_request,
    demo_risk,
    demo_role,
    demo_routine,
)
from leadership.services.demo_story import SUPERVISORS, Event, events
from objectives.models import ImprovementAction
from objectives.services import improvement_action as action_service
from qms.models import Area, Organization, Person, Site, TrailEntry, User
from qms.models.person import searchable
from qms.permissions import AccessProfile
from qms.services import attachment as attachment_service
from qms.services import sheet, trail

NAMESPACE = uuid.UUID("0b0f5a52-5d49-4a8e-9a3e-7f6a2f1d9001")
PASSWORD = "demo-plant-9001"  # noqa: S105  printed by make run; the demo plant holds nothing real
DATA = Path(settings.BASE_DIR) / "qms" / "data"
LOG_INS: tuple[tuple[str, str], ...] = (
    ("yusuf.chen", AccessProfile.LEADER),
    ("ximena.vega", AccessProfile.LEADER),
    ("hiro.weber", AccessProfile.QUALITY_MANAGER),
    ("farid.vega", AccessProfile.INTERNAL_AUDITOR),
    ("uma.jensen", AccessProfile.EMPLOYEE),
    ("hiro.xu", AccessProfile.ADMINISTRATOR),
    ("grace.weber", AccessProfile.LEADER),
    ("sian.weber", AccessProfile.FINANCE),
    *((name, AccessProfile.LEADER) for name in SUPERVISORS),
)
GUEST = "auditor@certbody.example"
PHOTO_EVENTS = 4


class NotEmpty(Exception):
    """The database holds somebody's data; the demo plant is only loaded into an empty one."""


@dataclass(frozen=True)
class Cast:
    """The demo's people and places by the short names the story uses."""

    site: Site
    users: dict[str, User]
    people: list[Person]
    areas: dict[str, Area]
    types: dict[str, ActivityType]


def load(*, today: date, at: datetime, report: Callable[[str], None] = lambda _line: None) -> bool:
    """Load the demo plant; returns False when it is there already. An interrupted load goes on where it stopped.

    Deterministic for the same ``today``. Needs the clause catalogue and the activity types. Side effects: the
    organization, one site with areas, people, log-ins, activities, actions, photos. Raises NotEmpty.
    """
    if TrailEntry.objects.filter(chain="organization", verb="demo.loaded").exists():
        return False
    if Site.objects.exclude(code="DEN").exists() or (Site.objects.exists() and not _is_ours()):
        raise NotEmpty("The database already holds a site. The demo plant is only loaded into an empty database.")
    began = datetime.combine(today - timedelta(days=560), time(9), tzinfo=at.tzinfo)
    site = _plant(at=began)
    people = _people(site, at=began)
    cast_ = Cast(
        site=site, users=_users(people, site, at=began), people=[p for p in people if not p.email],
        areas={area.name: area for area in site.areas.all()},
        types={kind.slug: kind for kind in ActivityType.objects.all()},
    )  # fmt: skip
    story = events(today, site.zone)
    report(f"{len(people)} people, {len(story)} activities …")
    work = demo_routine.Setting(site, cast_.users, cast_.types, cast_.areas, today, judged_at=began)
    report(f"{demo_routine.begin(work)} routines …")
    _tell(cast_, story, today=today, work=work)
    demo_routine.finish(work, at=at)
    demo_improvement_action.answer_or_let_lapse(until=at)
    plant = demo_improvement_action.Plant(site, cast_.users, cast_.people, cast_.areas, today)
    report(f"{demo_improvement_action.tell(plant)} improvements …")
    report(f"{demo_risk.tell(plant)} risks and opportunities …")
    report(f"{demo_quality_cost.tell(plant)} months of quality costs …")
    report(f"{demo_objective.tell(plant)} objectives …")
    demo_quality_cost.save_money(plant)
    report(f"{demo_nonconformity.tell(plant)} nonconformities …")
    report(f"{demo_policy.tell(plant)} versions of the quality policy …")
    report(f"{demo_recognition.tell(plant)} thanks …")
    report(f"{demo_resource_request.tell(plant)} resource requests …")
    report(f"{demo_role.tell(plant)} roles …")
    report(f"{demo_communication.tell(plant)} communications …")
    demo_improvement_action.answer_or_let_lapse(until=at)
    organization = Organization.current()
    with transaction.atomic():
        trail.write(organization, "demo.loaded", by=None, at=at, changes={"activities": len(story)})
    return True


def _is_ours() -> bool:
    return TrailEntry.objects.filter(chain="organization", verb="demo.started").exists()


@transaction.atomic
def _plant(*, at: datetime) -> Site:
    site, is_new = Site.objects.get_or_create(
        code="DEN", defaults={"name": "Denver plant", "time_zone": "America/Denver"}
    )
    if not is_new:
        return site
    organization = Organization(
        pk=1, name="Ridgeline Precision Components", time_zone="America/Denver",
        scope_statement="Machining, heat treatment and assembly of precision components at the Denver plant.",
    )  # fmt: skip
    organization.save()
    trail.write(organization, "demo.started", by=None, at=at)
    trail.write(site, "site.added", by=None, at=at, changes={"name": [None, site.name]})
    return site


@transaction.atomic
def _people(site: Site, *, at: datetime) -> list[Person]:
    """The people of the sample list that can be taken: no name, a repeated row or one's own manager stay out."""
    with (DATA / "demo_people.csv").open("rb") as upload:
        rows = [cells for _line, cells in sheet.read_sheet(upload).rows]
    wanted = [row for row in {(r[0], r[1]): r for r in rows}.values() if row[0] and row[1] != (row[4] or None)]
    if Person.objects.exists():
        return list(Person.objects.filter(site=site).order_by("pk"))
    areas = {
        name: Area.objects.get_or_create(site=site, name=name)[0] for name in sorted({r[3] for r in wanted} - {""})
    }
    people = [
        Person(
            uid=uuid.uuid5(NAMESPACE, f"{row[0]} {row[1]}"), name=row[0], search_name=searchable(row[0]), email=row[1],
            job_title=row[2], area=areas.get(row[3]), site=site, shift=row[5],
            is_top_management=row[2] in {"Managing director", "Plant manager"},
        )
        for row in wanted
    ]  # fmt: skip
    Person.objects.bulk_create(people)
    by_email = {person.email: person for person in people if person.email}
    for person, row in zip(people, wanted, strict=True):
        person.manager = by_email.get(row[4])
    Person.objects.bulk_update(people, ["manager"])
    TrailEntry.objects.bulk_create(
        [trail.build_entry(p, "person.added", by=None, at=at, changes={"name": [None, p.name]}) for p in people]
    )
    return people


@transaction.atomic
def _users(people: list[Person], site: Site, *, at: datetime) -> dict[str, User]:
    by_email = {person.email: person for person in people if person.email}
    users: dict[str, User] = {}
    for name, profile in LOG_INS:
        users[name] = _user(by_email[f"{name}@plant.example"], profile, site, at=at)
    guest = Person.objects.filter(email=GUEST).first()
    if guest is None:
        guest = Person(uid=uuid.uuid5(NAMESPACE, GUEST), name="Ingrid Solberg", email=GUEST, job_title="Lead auditor")
        guest.clean()
        guest.save()
        trail.write(guest, "person.added", by=None, at=at, changes={"name": [None, guest.name]}, is_first=True)
    users["guest"] = _user(guest, AccessProfile.GUEST_AUDITOR, site, at=at)
    return users


def _user(person: Person, profile: str, site: Site, *, at: datetime) -> User:
    user = User.objects.filter(person=person).first()
    if user is None:
        user = User(uid=uuid.uuid5(NAMESPACE, f"user {person.email}"), email=person.email, person=person)
        user.profile = profile
        user.set_password(PASSWORD)
        user.save()
        user.sites.set([site])
        trail.write(
            user, "user.added", by=None, at=at, changes={"profile": [None, profile], "sites": [None, [site.code]]},
            is_first=True,
        )  # fmt: skip
    return user


def _tell(cast_: Cast, story: list[Event], *, today: date, work: demo_routine.Setting) -> None:
    """Log the events in the order they were entered, and keep or miss the promises on the way."""
    promises: list[tuple[datetime, uuid.UUID]] = []
    with_photos = {event.number for event in [e for e in story if e.photos][-PHOTO_EVENTS:]}
    for event in story:
        demo_routine.until(work, event.recorded_at)
        while promises and promises[0][0] <= event.recorded_at:
            _keep(promises.pop(0)[1], at=event.recorded_at)
        told = event if event.number in with_photos else replace(event, photos=())
        logged = _log(cast_, told)
        if event.promise and event.promise_kept_after is not None:
            kept_at = event.recorded_at + timedelta(days=event.promise_kept_after)
            if kept_at.date() < today:
                promises.append((kept_at, uuid.uuid5(logged.uid, "follow-up 0")))
                promises.sort()
    for kept_at, uid in promises:
        _keep(uid, at=kept_at)


def _log(cast_: Cast, event: Event) -> Activity:
    user = cast_.users[event.leader]
    area = cast_.areas.get(event.area)
    first = event.number * 7
    met = [cast_.people[(first + n) % len(cast_.people)] for n in range(event.met)]
    follow_up: activity_service.FollowUp = {
        "title": event.promise, "owner": user.person, "promised_to": met[0] if met else None,
        "due_on": event.recorded_at.date() + timedelta(days=event.promise_days),
    }  # fmt: skip
    logged = activity_service.log(
        uid=uuid.uuid5(NAMESPACE, f"event {event.number}"), activity_type=cast_.types[event.type_slug],
        site=cast_.site, area=area, title=event.title, happened_at=event.happened_at,
        leaders=[(user.person, "")], people_met=[(person, "") for person in met], duration_minutes=event.minutes,
        audience_size=event.audience, late_reason=event.late_reason,
        stops=[cast(activity_service.Stop, {**s, "area": cast_.areas.get(s["area"])}) for s in event.stops],
        follow_ups=[follow_up] if event.promise else [], by=user, at=event.recorded_at,
    )  # fmt: skip
    _photograph(logged, event, user)
    _change(logged, event, user)
    return logged


def _photograph(logged: Activity, event: Event, user: User) -> None:
    for number, name in enumerate(event.photos):
        path = DATA / "demo" / name
        with path.open("rb") as source:
            sent = attachment_service.Sent(source, name, path.stat().st_size)
            attachment_service.add(
                logged, sent, by=user, at=event.recorded_at + timedelta(minutes=1 + number),
                uid=uuid.uuid5(logged.uid, f"photo {number}"),
            )  # fmt: skip


def _change(logged: Activity, event: Event, user: User) -> None:
    at = event.recorded_at + timedelta(hours=20)
    if event.fate == "withdrawn" and logged.status == Activity.Status.LOGGED:
        activity_service.withdraw(logged, reason="Logged twice by mistake; the other entry stays", by=user, at=at)
    elif event.fate == "corrected" and logged.version == 1:
        activity_service.correct(
            logged, version=1, reason="The number of minutes was wrong", duration_minutes=event.minutes + 10, by=user,
            at=at,
        )  # fmt: skip


def _keep(uid: uuid.UUID, *, at: datetime) -> None:
    action = ImprovementAction.objects.select_related("owner__user__person").filter(uid=uid).first()
    if action and action.status == ImprovementAction.Status.ASSESSED:
        action_service.complete(action, outcome="Done, and shown to who asked for it.", by=action.owner.user, at=at)
