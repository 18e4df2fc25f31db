"""The measures of leadership engagement that this installation declares, in the order of the page.

Sources are named with each measure; where a figure is our own choice it says so. What people on the floor answered is
never counted by itself here: only that an answer came in.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import Any

from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.db.models.functions import TruncMonth
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from leadership.models import (
    Activity,
    ActivityStop,
    Decision,
    Invitation,
    Occurrence,
    Recognition,
    ResourceDecision,
    ResourceRequest,
    Routine,
)
from leadership.services.adherence import BAND
from leadership.services.engagement import Group, Line, Measure, Scope, SetMeasure, flag, record_line
from leadership.services.engagement_honesty import HONESTY
from leadership.services.engagement_shifts import shift_lines, shifts_visited, shifts_worked
from leadership.services.resource_request_figures import in_time_days
from objectives.models import ImprovementAction, Promise, Risk, RiskAcceptance
from qms.models import Area, Person, RecordPerson

WALK = "floor-walk"
OWN_CHOICE = _("Our own definition.")
DECIDED_RELATED = ("request__site", "request__area")


EVERY = Q(pk__isnull=False)


# --- being there ------------------------------------------------------------------------------------------------------


def acts_in_areas(scope: Scope) -> Any:
    """Leadership acts with an area, of their own or of a stop."""
    stops = ActivityStop.objects.filter(activity=OuterRef("pk"), area__isnull=False)
    return scope.seen(Activity).filter(Q(area__isnull=False) | Exists(stops)).annotate(fits=flag(EVERY))


def areas_visited(scope: Scope) -> Iterable[tuple[date, int]]:
    """(month, area) of every leadership act and every stop of one. One query."""
    acts = scope.seen(Activity).filter(occurred_on__range=(scope.first, scope.last)).order_by()
    own = acts.filter(area__isnull=False).values_list(TruncMonth("occurred_on"), "area_id")
    at_stops = ActivityStop.objects.filter(activity__in=acts.values("pk"), area__isnull=False).order_by()
    both: Iterable[tuple[date, int]] = own.union(at_stops.values_list(TruncMonth("activity__occurred_on"), "area_id"))
    return both


def areas_of(scope: Scope) -> set[int]:
    """Every area in use. One query."""
    return set(Area.objects.active().filter(site__in=scope.site_ids).values_list("pk", flat=True))


def area_lines(scope: Scope) -> Sequence[Line]:
    """Every area in use, with whether somebody came. Two queries."""
    visited = {area for _month, area in areas_visited(scope)}
    areas = Area.objects.active().filter(site__in=scope.site_ids).select_related("site").order_by("site__name", "name")
    return [
        Line(
            area.name, area.site.name, None, f"{reverse('leadership:activity-list')}?area={area.pk}", area.pk in visited
        )
        for area in areas
    ]


def walks(scope: Scope) -> Any:
    """Floor walks; fits: somebody was met by name."""
    met = RecordPerson.objects.filter(record_id=OuterRef("pk"), part=RecordPerson.Part.MET)
    return scope.seen(Activity).filter(activity_type__slug=WALK).annotate(fits=Exists(met))


def acts_seen_by_others(scope: Scope) -> Any:
    """Leadership acts; fits: somebody who was there answered, or said whether a promise made there was kept."""
    answered = Invitation.objects.filter(activity=OuterRef("pk"), answered_at__isnull=False)
    told = Promise.objects.filter(
        action__source=OuterRef("pk"), answer__in=[Promise.Answer.KEPT, Promise.Answer.NOT_KEPT]
    )
    return scope.seen(Activity).annotate(fits=Exists(answered) | Exists(told))


def planned_times(scope: Scope) -> QuerySet[Any]:
    """Planned times of standard work that came to an end; fits: done in their window."""
    routines = scope.seen(Routine).order_by().values("pk")
    rows = Occurrence.objects.counted().filter(site__in=scope.site_ids, routine__in=routines)
    return rows.annotate(fits=flag(Q(status=Occurrence.Status.DONE)))


def planned_walks(scope: Scope) -> QuerySet[Any]:
    """The same, of floor walks only."""
    return planned_times(scope).filter(activity_type__slug=WALK)


def planned_line(row: Any) -> Line:
    """A planned time, without the name of who planned it."""
    what = f"{row.activity_type.label} · {row.area.name}" if row.area else str(row.activity_type.label)
    note = f"{row.routine.reference} · {row.get_status_display()}"
    return Line(what, note, row.planned_on, reverse("leadership:routine-detail", args=[row.routine_id]), bool(row.fits))


# --- closing the loop -------------------------------------------------------------------------------------------------


def raised_by_somebody(scope: Scope) -> Any:
    """Improvements somebody other than the owner raised or was promised; fits: that person said it is done."""
    kept = Promise.objects.filter(action=OuterRef("pk"), answer=Promise.Answer.KEPT)
    somebody = Q(raiser__isnull=False) & ~Q(raiser=F("owner")) | Q(promised_to__isnull=False) & ~Q(
        promised_to=F("owner")
    )
    return scope.seen(ImprovementAction).filter(somebody).annotate(fits=Exists(kept))


# --- noticing good work -----------------------------------------------------------------------------------------------


def thanks_given(scope: Scope) -> Any:
    """Thanks that stand."""
    return scope.seen(Recognition).filter(status=Recognition.Status.GIVEN).annotate(fits=flag(EVERY))


def people_thanked(scope: Scope) -> Iterable[tuple[date, int]]:
    """(month, person) of everybody thanked by name. One query."""
    given = thanks_given(scope).filter(occurred_on__range=(scope.first, scope.last))
    rows = RecordPerson.objects.filter(
        part=RecordPerson.Part.THANKED, person__isnull=False, record_id__in=given.values("pk")
    )
    return rows.order_by().values_list(TruncMonth("record__occurred_on"), "person_id").distinct()


def people_here(scope: Scope) -> set[int]:
    """Everybody who works at the sites. One query."""
    return set(Person.objects.filter(site__in=scope.site_ids, deactivated_at=None).values_list("pk", flat=True))


def weeks_thanked(scope: Scope) -> Iterable[tuple[date, date]]:
    """(month, Monday) of every week in which somebody was thanked; a week is of the month of its Monday. One query."""
    given = thanks_given(scope).filter(occurred_on__range=(scope.first, scope.last)).order_by()
    for day in given.values_list("occurred_on", flat=True).distinct():
        monday = day - timedelta(days=day.weekday())
        yield monday.replace(day=1), monday


def weeks_of(scope: Scope) -> set[date]:
    """The Mondays in the days of the scope."""
    days = (scope.last - scope.first).days + 1
    found = (scope.first + timedelta(days=number) for number in range(days))
    return {day for day in found if day.weekday() == 0}


def week_lines(scope: Scope) -> Sequence[Line]:
    """Every week of the scope, newest first, with whether somebody was thanked. One query."""
    thanked = {monday for _month, monday in weeks_thanked(scope)}
    address = reverse("leadership:recognition-list")
    return [
        Line(
            _now("Week of %(day)s") % {"day": date_format(monday, "j M Y")}, "", None,
            f"{address}?since={monday:%Y-%m-%d}&until={monday + timedelta(days=6):%Y-%m-%d}", monday in thanked,
        )
        for monday in sorted(weeks_of(scope), reverse=True)
    ]  # fmt: skip


# --- acting before it fails, resources --------------------------------------------------------------------------------


def actions_opened(scope: Scope) -> Any:
    """Improvements; fits: they began before anything failed."""
    proactive = ImprovementAction.Drive.PROACTIVE
    return scope.seen(ImprovementAction).annotate(fits=flag(Q(drive=proactive)))


def decisions(scope: Scope) -> QuerySet[Any]:
    """Decisions on resource requests the reader may see."""
    return ResourceDecision.objects.filter(request__in=scope.seen(ResourceRequest).order_by().values("pk"))


def decided_in_time(scope: Scope) -> Any:
    """All of them; fits: within the days the organization has set."""
    return decisions(scope).annotate(fits=flag(Q(days__lte=in_time_days())))


def declined(scope: Scope) -> Any:
    """Those that said no, wholly or in part; fits: a leader signed the acceptance of the risk."""
    signed = Q(acceptance__isnull=False, signature__isnull=False)
    return decisions(scope).filter(choice__in=[Decision.DECLINED, Decision.PARTLY]).annotate(fits=flag(signed))


def acceptances(scope: Scope) -> QuerySet[Any]:
    """Acceptances of risks that stand; fits: their day has passed."""
    risks = scope.seen(Risk).order_by().values("pk")
    rows = RiskAcceptance.objects.filter(ended_at=None, risk__in=risks)
    return rows.annotate(fits=flag(Q(expires_on__lt=scope.last)))


def decision_line(row: Any) -> Line:
    """A decision on a request."""
    note = f"{row.request.reference} · {row.get_choice_display()}"
    return Line(row.request.title, note, row.decided_on, f"/records/{row.request.uid}/", bool(row.fits))


def acceptance_line(row: Any) -> Line:
    """An acceptance of a risk."""
    note = _now("%(reference)s · until %(day)s") % {"reference": row.risk.reference, "day": row.expires_on}
    return Line(row.risk.title, note, row.accepted_on, f"/records/{row.risk.uid}/", bool(row.fits))


PLANNED: dict[str, Any] = {"day": "planned_on", "related": ("activity_type", "area", "routine")}
MEASURES: tuple[Measure, ...] = (
    Measure(
        "adherence", Group.PRESENCE, _("Standard work done in time"),
        _("How much of what leaders planned for themselves was done within its window."),
        _("planned times done in their window"), _("planned times that were done, done late, or missed"),
        _("85 to 95 % is healthy. Always 100 % says more about the entries than about the floor."),
        _("Schedule compliance as in maintenance; absences and closures are left out."), planned_times, planned_line,
        band=BAND, **PLANNED,
    ),
    Measure(
        "walk-on-time", Group.PRESENCE, _("Planned walks done in time"),
        _("How many floor walks that were planned took place within their window."),
        _("planned floor walks done in their window"), _("planned floor walks that were done, done late, or missed"),
        _("A walk nobody planned is not in it."),
        _("After the start window and grace period of layered process audits."), planned_walks, planned_line, **PLANNED,
    ),
    SetMeasure(
        "area-coverage", Group.PRESENCE, _("Areas visited"),
        _("How many areas saw a leader at least once."),
        _("areas in which a leadership act, or a stop of a walk, took place"), _("areas in use today"),
        _("It does not say for how long, nor on which shift; the next figure does."), OWN_CHOICE, acts_in_areas,
        record_line, related=("site", "area"), pairs=areas_visited, whole=areas_of, things=area_lines,
    ),
    SetMeasure(
        "shift-coverage", Group.PRESENCE, _("Areas visited, shift by shift"),
        _("How many areas saw a leader on each of their shifts: an area with three shifts counts three times."),
        _("areas and shifts during which a leadership act, or a stop of a walk, began"),
        _("areas with each shift on which people of it work today"),
        _("By the hour the act began, on the clock of the site; where shifts overlap, it is in both."), OWN_CHOICE,
        acts_in_areas, record_line, related=("site", "area"), pairs=shifts_visited, whole=shifts_worked,
        things=shift_lines,
    ),
    Measure(
        "contact", Group.PRESENCE, _("Walks with a talk"),
        _("How many floor walks led to a talk with somebody who is named."),
        _("floor walks on which somebody was met by name"), _("floor walks"),
        _("People who were seen and not spoken to are not recorded, so this is not the share of people contacted."),
        _("After the contact ratio of behavioral observation; counted per walk."), walks, record_line,
        related=("site", "area"),
    ),
    Measure(
        "say-do-seen", Group.PRESENCE, _("Seen by somebody else"),
        _("How many leadership acts have a second record that the leader did not write."),
        _("acts somebody who was there answered about, or whose promise its receiver judged"), _("leadership acts"),
        _("That an answer came in, not what it said. Not every act has somebody to ask."), OWN_CHOICE,
        acts_seen_by_others, record_line, related=("site", "area"),
    ),
    SetMeasure(
        "recognition-reach", Group.PEOPLE, _("People thanked"),
        _("How many different people were thanked by name."),
        _("people thanked at least once"), _("people who work here today"),
        _("Teams and areas thanked as a whole reach nobody in particular. Nobody is listed by how often."),
        _("After the question in surveys of engagement whether one was recognized lately."), thanks_given, record_line,
        related=("site", "area"), pairs=people_thanked, whole=people_here,
    ),
    SetMeasure(
        "recognition-rate", Group.PEOPLE, _("Weeks with thanks"),
        _("How steadily people are thanked."), _("weeks in which somebody was thanked"),
        _("weeks that began in the period"),
        _("One thanks a week is as much as twenty."), OWN_CHOICE, thanks_given, record_line, related=("site", "area"),
        pairs=weeks_thanked, whole=weeks_of, things=week_lines, is_of_days=True,
    ),
    Measure(
        "closing-the-loop", Group.DEEDS, _("Raised, done, and confirmed"),
        _("How often the person who raised something, or was promised it, said that it is done."),
        _("those that person has confirmed"), _("improvements somebody other than the owner raised or was promised"),
        _("Counted in the month they were raised: recent ones are still under way and pull it down."),
        _("Stricter than closure: the owner's word does not count."), raised_by_somebody, record_line,
        related=("site", "area"),
    ),
    Measure(
        "proactive", Group.DEEDS, _("Begun before anything failed"),
        _("How many improvements began with an idea, a risk or an opportunity rather than a failure."),
        _("improvements that did not come from a nonconformity, a complaint or a finding"), _("improvements opened"),
        _("A plant that hides failures looks good here. Read it beside the nonconformities."),
        _("Three to one is often quoted, without a source."), actions_opened, record_line, related=("site", "area"),
    ),
    Measure(
        "resources-answered", Group.RESOURCES, _("Resource requests answered in time"),
        _("How many decisions on resources came within the days the organization has set; 14 to begin with."),
        _("decisions made in time"), _("decisions made"),
        _("Requests that still wait are not in it; the register shows for how long."), OWN_CHOICE, decided_in_time,
        decision_line, day="decided_on", related=DECIDED_RELATED,
    ),
    Measure(
        "declined-signed", Group.RESOURCES, _("Declined with a signed risk"),
        _("Whoever declines a resource signs for the risk that is left. It must be all of them."),
        _("those with an acceptance and a signature"), _("requests declined, wholly or in part"),
        _("The database refuses any other; a figure below 100 % means somebody changed it from outside."),
        OWN_CHOICE, declined, decision_line, day="decided_on", related=DECIDED_RELATED, band=(100, 100),
    ),
    Measure(
        "acceptances-expired", Group.RESOURCES, _("Acceptances past their day"),
        _("Accepted risks whose day has passed without a new decision. It must be none."),
        _("those whose day has passed"), _("acceptances that stand today"),
        _("As of today; there is no trend."), OWN_CHOICE, acceptances, acceptance_line, day="",
        related=("risk__site", "risk__area"), band=(0, 0), is_flaw=True,
    ),
    *HONESTY,
)  # fmt: skip


def measure_of(slug: str) -> Measure | None:
    """The declared measure of that name."""
    return next((measure for measure in MEASURES if measure.slug == slug), None)
