"""Routines from a calendar file as a plant has it: each recurring entry is proposed, with its rule and its exceptions.

An upload is kept as a job until it is applied. Nothing of the file is lost: an entry that cannot become a routine is
shown with the reason, and exceptions are kept with the routine, so that they hold whenever its times are planned.
"""

from __future__ import annotations

import uuid as uuids
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import IO, Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from icalendar import Calendar

from leadership.models import ActivityType, Routine
from leadership.services import routine
from qms import recurrence
from qms.models import Job, Person, Site, User, site_today
from qms.services import job as job_service

JOB_KIND = "routine-import"
MAX_BYTES, MAX_ENTRIES = 2_000_000, 300
NAMESPACE = uuids.UUID("5e0e8a54-3a3c-4e5e-9b0e-1c4b7f6a9003")
# Words in an entry's title and the kind they speak of, the first that fits.
WORDS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("floor-walk", ("walk", "gemba", "round")),
    ("customer-contact", ("customer",)),
    ("vision-communicated", ("town hall", "all hands")),
    ("sponsored-improvement", ("suggestion", "idea", "improvement")),
    ("quality-review", ("review", "scrap")),
    ("coaching", ("coach", "one-on-one", "1:1")),
    ("quality-first-meeting", ("meeting", "huddle", "stand-up", "standup", "shift start")),
)


class CannotRead(ValueError):
    """The file is no calendar this product can read; the message says what to do."""


class AlreadyApplied(Exception):
    """This upload was imported before. Upload the file again to import it again."""


@dataclass
class Entry:
    """One recurring entry of the file: what it would become, or what is in the way; dates as ISO text in a job."""

    line: int
    uid: str
    title: str
    rule: str = ""
    starts_on: str = ""
    ends_on: str = ""
    at_time: str = ""
    minutes: int = 15
    exceptions: list[list[str]] = field(default_factory=list)
    kind: str = ""
    notes: list[str] = field(default_factory=list)
    problem: str = ""

    @property
    def often(self) -> str:
        """How often, in words."""
        return recurrence.words(self.rule) if self.rule else ""


def keep(site: Site, source: IO[bytes], *, name: str, leader: Person, by: User, at: datetime) -> Job:
    """Read the calendar and keep its entries for the preview. Raises CannotRead. Writes nothing but the job."""
    data = source.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise CannotRead(_("The file is too large. Export the recurring entries only."))
    try:
        calendar = Calendar.from_ical(data)
    except (ValueError, IndexError, KeyError) as error:
        raise CannotRead(_("This is not a calendar file. Export it as iCalendar (.ics) and try again.")) from error
    entries = read(calendar, site, today=site_today(site, at))
    if not entries:
        raise CannotRead(_("There is no entry in this calendar."))
    params = {"site": site.pk, "leader": leader.pk, "entries": [vars(entry) for entry in entries]}
    return job_service.start(JOB_KIND, name, by=by, at=at, total=len(entries), params=params)


def read(calendar: Any, site: Site, *, today: date) -> list[Entry]:
    """The entries of a calendar in the order of the file, exceptions joined to what they are of."""
    groups: dict[str, list[Any]] = defaultdict(list)
    for number, event in enumerate(calendar.walk("VEVENT")):
        groups[str(event.get("UID") or f"without-{number}")].append(event)
    if len(groups) > MAX_ENTRIES:
        raise CannotRead(_("The calendar has more than %d entries. Export the recurring ones only.") % MAX_ENTRIES)
    return [_entry(n + 1, uid, events, site, today) for n, (uid, events) in enumerate(groups.items())]


def entries_of(job: Job) -> list[Entry]:
    """The entries of an upload, each with what is in the way: also when the leader has it as a routine already."""
    entries = [Entry(**values) for values in job.params["entries"]]
    live = Routine.objects.filter(owner=job.params["leader"], status__in=["proposed", "agreed"])
    known = set(live.exclude(source_uid="").values_list("source_uid", flat=True))
    for entry in entries:
        if entry.uid in known and not entry.problem:
            entry.problem = _("Imported before; it is a routine already.")
    return entries


@transaction.atomic
def apply(job: Job, *, chosen: Mapping[int, ActivityType], by: User, at: datetime) -> list[Routine]:
    """Propose the chosen entries (line to kind) to the leader; entries with a problem are left out.

    Side effects in one transaction: routines with their exceptions (agreed at once when the leader imports them), the
    job's end. Raises AlreadyApplied, ValidationError naming the entry.
    """
    locked = Job.objects.select_for_update().get(pk=job.pk)
    if locked.status != Job.Status.QUEUED:
        raise AlreadyApplied(_("This upload was imported before. Upload the file again to import it again."))
    site, leader = Site.objects.get(pk=job.params["site"]), Person.objects.get(pk=job.params["leader"])
    made = [
        _propose(job, entry, chosen[entry.line], site, leader, by=by, at=at)
        for entry in entries_of(job)
        if entry.line in chosen and not entry.problem
    ]
    words = ngettext("%(n)d routine proposed.", "%(n)d routines proposed.", len(made)) % {"n": len(made)}
    job_service.finish(locked, at=at, message=words)
    return made


def _propose(
    job: Job, entry: Entry, kind: ActivityType, site: Site, leader: Person, *, by: User, at: datetime
) -> Routine:  # fmt: skip
    try:
        return routine.propose(
            uid=uuids.uuid5(NAMESPACE, f"{job.uid} {entry.line}"), owner=leader, site=site, activity_type=kind,
            rule=entry.rule, starts_on=date.fromisoformat(entry.starts_on), title=entry.title,
            ends_on=date.fromisoformat(entry.ends_on) if entry.ends_on else None,
            at_time=time.fromisoformat(entry.at_time) if entry.at_time else None, minutes=entry.minutes,
            exceptions=entry.exceptions, source_uid=entry.uid[:255], by=by, at=at,
        )  # fmt: skip
    except ValidationError as error:
        raise ValidationError(f"{entry.title}: {' '.join(error.messages)}") from error


def _entry(line: int, uid: str, events: list[Any], site: Site, today: date) -> Entry:
    main = next((event for event in events if "RECURRENCE-ID" not in event), events[0])
    entry = Entry(line, uid, " ".join(str(main.get("SUMMARY") or _("Without a title")).split())[:240])
    entry.kind = _kind(entry.title)
    try:
        _fill(entry, main, events, site, today)
    except ValidationError as error:
        entry.problem = str(error.messages[0])
    except (ValueError, KeyError, AttributeError, TypeError):
        entry.problem = _("This entry cannot be read. Enter it by hand.")
    return entry


def _fill(entry: Entry, main: Any, events: Iterable[Any], site: Site, today: date) -> None:
    starts = main["DTSTART"].dt
    if "RRULE" not in main:
        raise ValidationError(_("It does not come back. Log it when it happens."))
    if isinstance(main["RRULE"], list) or "RDATE" in main:
        raise ValidationError(_("It comes back by more than one rule. Enter it by hand."))
    day, clock = _local(starts, site)
    if isinstance(starts, datetime) and starts.date() != day:
        raise ValidationError(_("At the site it falls on another day. Enter it by hand."))
    if isinstance(starts, datetime) and starts.tzinfo and clock != starts.time():
        told = {"there": f"{starts:%H:%M}", "here": f"{clock:%H:%M}", "zone": str(starts.tzinfo)}
        entry.notes.append(_("%(there)s in %(zone)s is %(here)s at the site.") % told)
    rule = {name: values[0] if len(values) == 1 else values for name, values in main["RRULE"].items()}
    kept = main["RRULE"].copy()
    until, count = kept.pop("UNTIL", None), kept.pop("COUNT", None)
    entry.rule = recurrence.tidy(kept.to_ical().decode())
    entry.starts_on, entry.at_time = day.isoformat(), f"{clock:%H:%M}" if clock else ""
    if until:
        entry.ends_on = _local(rule["UNTIL"], site)[0].isoformat()
    elif count:
        entry.ends_on = recurrence.last_of(entry.rule, int(rule["COUNT"]), anchor=day).isoformat()
        entry.notes.append(_("%(n)d times: until %(day)s.") % {"n": int(rule["COUNT"]), "day": _words(entry.ends_on)})
    if entry.ends_on and date.fromisoformat(entry.ends_on) < today:
        raise ValidationError(_("It ended on %s.") % _words(entry.ends_on))
    entry.minutes = _minutes(main, starts)
    entry.exceptions = sorted(_left_out(main, site) + _moved(events, site))
    if entry.exceptions:
        text = ngettext("%(n)d exception kept.", "%(n)d exceptions kept.", len(entry.exceptions))
        entry.notes.append(text % {"n": len(entry.exceptions)})


def _left_out(main: Any, site: Site) -> list[list[str]]:
    lists = main.get("EXDATE") or []
    lists = lists if isinstance(lists, list) else [lists]
    return [[_local(one.dt, site)[0].isoformat(), ""] for dates in lists for one in dates.dts]


def _moved(events: Iterable[Any], site: Site) -> list[list[str]]:
    found = []
    for event in events:
        if "RECURRENCE-ID" in event:
            on = _local(event["RECURRENCE-ID"].dt, site)[0].isoformat()
            is_off = str(event.get("STATUS", "")).upper() == "CANCELLED"
            found.append([on, "" if is_off else _local(event["DTSTART"].dt, site)[0].isoformat()])
    return found


def _local(moment: Any, site: Site) -> tuple[date, time | None]:
    """The day and the clock at the site; no clock for a whole day, a clock without a zone is the site's."""
    if not isinstance(moment, datetime):
        return moment, None
    here = moment.astimezone(site.zone) if moment.tzinfo else moment
    return here.date(), here.time().replace(tzinfo=None)


def _minutes(main: Any, starts: Any) -> int:
    length = main["DURATION"].dt if "DURATION" in main else main["DTEND"].dt - starts if "DTEND" in main else None
    if length is None or not isinstance(starts, datetime):
        return 15
    return min(max(int(length / timedelta(minutes=1)), 1), 720)


def _kind(title: str) -> str:
    low = title.casefold()
    return next((slug for slug, words in WORDS if any(word in low for word in words)), "")


def _words(day: str) -> str:
    return date_format(date.fromisoformat(day), "j M Y")
