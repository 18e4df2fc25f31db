"""One plant on one page: what its leaders read on Monday, and before the auditor asks them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import F, JSONField, OuterRef, QuerySet

from leadership.models import Activity, Answer, Recognition
from leadership.services import corroboration
from leadership.services.corroboration import Tally
from leadership.services.engagement import Figure, Scope, figures, months_after
from leadership.services.engagement_measures import MEASURES
from leadership.services.home import Standing, how_it_stands, quarter_start
from objectives.models import ImprovementAction, Objective
from qms.models import Phase, Record, RecordPerson, Site, User
from qms.models.person import Listed

MONTHS = 3
OBJECTIVES_SHOWN, PROMISES_SHOWN, THANKS_SHOWN = 6, 4, 3
COUNTED_UP_TO = 200
SHOWN = (
    "adherence", "walk-on-time", "contact", "say-do-seen", "closing-the-loop", "proactive", "resources-answered",
    "declined-signed", "late",
)  # fmt: skip
"""The measures of the page, in its order: those that one query counts together."""


@dataclass(frozen=True)
class SitePage:
    """A site's page; lists are cut short, and say of how many."""

    site: Site
    today: date
    first: date
    standing: Standing | None
    objectives: list[Objective]
    promises: list[ImprovementAction]
    open_promises: int
    late_promises: int
    thanks: list[Recognition]
    tally: Tally | None
    figures: list[Figure]


def site_page(site: Site, *, user: User, on: date) -> SitePage:
    """Gather the page of a site the user may see. At most ten queries, however much there is."""
    first = months_after(on, 1 - MONTHS)
    measures = [next(one for one in MEASURES if one.slug == slug) for slug in SHOWN]
    objectives, open_promises = objectives_and_promises(site, user)
    return SitePage(
        site=site,
        today=on,
        first=first,
        standing=how_it_stands(user, on=on, site=site),
        objectives=objectives,
        promises=open_promises[:PROMISES_SHOWN],
        open_promises=len(open_promises),
        late_promises=sum(bool(row.due_on and row.due_on < on) for row in open_promises),
        thanks=newest_thanks(site, user),
        tally=corroboration.tally(answers_at(site, user, since=quarter_start(on))),
        figures=figures(measures, Scope(user, (site,), first, on)),
    )


def objectives_and_promises(site: Site, user: User) -> tuple[list[Objective], list[ImprovementAction]]:
    """Objectives under way, the worst first, and what was promised and is not done, the soonest due first. One query.

    Promises up to COUNTED_UP_TO, since the page counts them.
    """
    objectives = Objective.objects.visible_to(user).filter(site=site, phase=Phase.OPEN)
    promises = ImprovementAction.objects.visible_to(user).filter(site=site, phase=Phase.OPEN, promised_to__isnull=False)
    parts: tuple[QuerySet[Any], ...] = (
        objectives.order_by("standing_rank", "due_on", "pk")[:OBJECTIVES_SHOWN],
        promises.order_by("due_on", "pk")[:COUNTED_UP_TO],
    )
    keys = [Record.objects.filter(pk__in=part.values("pk")).values("pk") for part in parts]
    rows = Record.objects.filter(pk__in=keys[0].union(keys[1])).order_by(F("due_on").asc(nulls_last=True), "pk")
    found = list(rows.select_related("owner", "objective", "improvementaction__promised_to"))
    worst = [_child(row, row.objective) for row in found if row.kind == Objective.KIND]
    promised = [_child(row, row.improvementaction) for row in found if row.kind == ImprovementAction.KIND]
    return sorted(worst, key=lambda row: row.standing_rank), promised


def _child(row: Record, child: Any) -> Any:
    child.owner = row.owner
    return child


def newest_thanks(site: Site, user: User) -> list[Recognition]:
    """What hangs on the wall, newest first, each with its ``names``. One query."""
    wall: Any = Recognition.objects.filter(kind=Recognition.KIND, site=site).visible_to(user)
    thanked = RecordPerson.objects.filter(record_id=OuterRef("pk"), part=RecordPerson.Part.THANKED)
    names = Listed(thanked.order_by("position", "pk").values(value=F("name")), output_field=JSONField())
    return list(wall.on_the_wall().newest_first().annotate(names=names)[:THANKS_SHOWN])


def answers_at(site: Site, user: User, *, since: date) -> Any:
    """What people answered about acts at the site; shown only from five answers up, by the query that reads them."""
    acts = Activity.objects.visible_to(user).filter(site=site, occurred_on__gte=since)
    return Answer.objects.filter(activity__in=acts.order_by().values("pk"))
