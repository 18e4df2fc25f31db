"""What a person should see first: the week, what waits, how the plant stands, and at most three red things."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from leadership.models import Activity, Answer, Occurrence
from leadership.services import corroboration, occurrence
from leadership.services.corroboration import Tally
from leadership.services.waiting import Thing, waiting_for
from qms.models import Phase, Record, Site, StandardEdition, User
from qms.permissions import Permission
from qms.services.coverage import ClauseCoverage, Status, coverage, summary

RED_THINGS = 3
SHOWN = 6
OVERDUE_CAP = 99


@dataclass(frozen=True)
class RedThing:
    """Something that must not wait, in one sentence, with the page where it is dealt with."""

    title: str
    why: str
    url: str


@dataclass(frozen=True)
class Standing:
    """How the clauses stand over the sites of the user: the strip, and the rows behind it."""

    edition: StandardEdition
    sites: Sequence[Site]
    parts: list[tuple[str, int]]
    total: int
    rows: list[ClauseCoverage]


@dataclass(frozen=True)
class PlannedAct:
    """Something the user has agreed to do this week and has not done: one tap from being logged."""

    label: str
    day: date
    area: str
    url: str
    is_late: bool


@dataclass(frozen=True)
class Concerning:
    """Records the home page is about: ``due`` up to OVERDUE_CAP, the other lists as shown; others' only counted."""

    acts: list[Activity]
    due: list[Record]
    drafts: list[Record]
    overdue_of_others: int


@dataclass(frozen=True)
class Home:
    """The home page's content; every list is cut short, the pages behind show all."""

    today: date
    monday: date
    sunday: date
    planned: list[PlannedAct]
    acts: list[Activity]
    due: list[Record]
    drafts: list[Record]
    waiting: list[Thing]
    tally: Tally | None
    standing: Standing | None
    red: list[RedThing]


def home(user: User, *, at: datetime) -> Home:
    """Gather the home page in at most nine queries, however much there is."""
    today = local_today(user, at)
    monday = today - timedelta(days=today.weekday())
    found = concerning(user, today=today, since=monday)
    standing = how_it_stands(user, on=today)
    return Home(
        today=today,
        monday=monday,
        sunday=monday + timedelta(days=6),
        planned=planned_acts(user, monday, today=today, at=at),
        acts=found.acts,
        due=found.due[:SHOWN],
        drafts=found.drafts,
        waiting=waiting_for(user, at=at, most=SHOWN),
        tally=corroboration.tally(answers_about(user, since=quarter_start(today))),
        standing=standing,
        red=red_things(standing, mine=sum(is_overdue(row, today) for row in found.due), others=found.overdue_of_others),
    )


def planned_acts(user: User, monday: date, *, today: date, at: datetime) -> list[PlannedAct]:
    """What the user planned for the week and has not done, the soonest first. One query."""
    rows = occurrence.planned_for(user, monday, monday + timedelta(days=6)).filter(status=Occurrence.Status.PLANNED)
    return [
        PlannedAct(
            label=row.activity_type.label, day=row.planned_on, area=row.area.name if row.area else "",
            url=f"{reverse('leadership:log')}?occurrence={row.uid}" if row.opens_at <= at else "",
            is_late=row.planned_on < today,
        )
        for row in rows
    ]  # fmt: skip


def concerning(user: User, *, today: date, since: date) -> Concerning:
    """The user's records of the week, due soon or unfinished, and what is overdue around: one query."""
    seen = Record.objects.visible_to(user)
    closed = seen.filter(kind=Activity.KIND, owner_id=user.person_id, occurred_on__gte=since, phase=Phase.CLOSED)
    overdue = seen.filter(phase=Phase.OPEN, due_on__lt=today).exclude(owner_id=user.person_id)
    soon = today + timedelta(days=7)
    parts: list[QuerySet[Record]] = [
        closed.order_by("-occurred_on", "-id")[:SHOWN],
        due_for(user).filter(due_on__lte=soon).order_by("due_on", "id")[:OVERDUE_CAP],
        drafts_of(user)[:SHOWN],
        overdue.order_by()[:OVERDUE_CAP],
    ]
    first, *rest = (Record.objects.filter(pk__in=part.values("pk")).values("pk") for part in parts)
    found = Record.objects.filter(pk__in=first.union(*rest))
    rows = list(found.select_related("area", "activity__activity_type"))
    mine = [row for row in rows if row.phase == Phase.OPEN and row.owner_id == user.person_id]
    acts = [row for row in rows if row.phase == Phase.CLOSED]
    return Concerning(
        acts=[_as_activity(row) for row in sorted(acts, key=lambda row: (row.occurred_on, row.pk), reverse=True)],
        due=sorted((row for row in mine if row.due_on and row.due_on <= soon), key=lambda row: (row.due_on, row.pk)),
        drafts=sorted((row for row in rows if row.phase == Phase.DRAFT), key=lambda row: -row.pk),
        overdue_of_others=sum(row.phase == Phase.OPEN and row.owner_id != user.person_id for row in rows),
    )


def _as_activity(row: Record) -> Activity:
    activity: Activity = row.activity
    activity.area = row.area
    return activity


def is_overdue(record: Record, today: date) -> bool:
    """Whether something open should have been done before today."""
    return record.due_on is not None and record.due_on < today


def local_today(user: User, at: datetime) -> date:
    """Today where the user works, UTC for who has no site."""
    site = user.person.site
    return at.astimezone(site.zone if site else ZoneInfo("UTC")).date()


def quarter_start(day: date) -> date:
    """The first day of the calendar quarter: a fixed period, so that shown figures cannot be shifted by a day."""
    return day.replace(month=(day.month - 1) // 3 * 3 + 1, day=1)


def due_for(user: User) -> QuerySet[Record]:
    """Open things of the user with a due date, of every kind."""
    mine = Record.objects.visible_to(user).filter(owner_id=user.person_id, phase=Phase.OPEN, due_on__isnull=False)
    return mine.select_related("site", "area")


def drafts_of(user: User) -> QuerySet[Record]:
    """What the user began and has not finished."""
    mine = Record.objects.visible_to(user).filter(phase=Phase.DRAFT, recorded_by=user)
    return mine.select_related("site").order_by("-id")


def answers_about(user: User, *, since: date) -> Any:
    """Answers about the user's own activities of a day or later."""
    activities = Activity.objects.visible_to(user).filter(owner_id=user.person_id, occurred_on__gte=since)
    return Answer.objects.filter(activity__in=activities)


def how_it_stands(user: User, *, on: date, site: Site | None = None) -> Standing | None:
    """The clauses of the default edition over the user's sites, or one of them; None for who may not see coverage."""
    if not user.can(Permission.EVIDENCE_VIEW):
        return None
    edition = StandardEdition.objects.filter(is_default=True).first()
    sites = [site] if site else [one for one in user.visible_sites if one.is_active]
    if edition is None or not sites:
        return None
    rows = [row for row in coverage(edition, sites, on=on, user=user) if row.is_mapped and not row.items]
    counts = summary(rows)
    return Standing(edition, sites, [(str(status), counts[status]) for status in Status], len(rows), rows)


def red_things(standing: Standing | None, *, mine: int, others: int) -> list[RedThing]:
    """Clauses gone stale or without evidence; before them what is overdue for the user, after them for others."""
    found = []
    if mine:
        found.append(RedThing(
            ngettext("%(n)d thing of yours is overdue", "%(n)d things of yours are overdue", mine) % {"n": mine},
            _("Finish it, or move the date with a reason."), reverse("leadership:due"),
        ))  # fmt: skip
    for row in _worst(standing):
        url = reverse("qms:evidence-clause", args=[row.clause.pk])
        found.append(RedThing(f"{row.clause.label} {row.clause.title}", row.reason, url))
    if others:
        found.append(RedThing(
            ngettext("%(n)d thing is overdue at your sites", "%(n)d things are overdue at your sites", others)
            % {"n": others},
            _("Ask the owners what they need."), reverse("objectives:improvement-action-list") + "?view=overdue",
        ))  # fmt: skip
    return found[:RED_THINGS]


def _worst(standing: Standing | None) -> list[ClauseCoverage]:
    """Clauses that were covered and went stale first, then those without any evidence, in printed order."""
    if standing is None:
        return []
    order = {Status.STALE: 0, Status.MISSING: 1}
    return sorted((row for row in standing.rows if row.status in order), key=lambda row: order[row.status])
