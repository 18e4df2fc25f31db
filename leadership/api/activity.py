"""Leadership activities that another system logs for its user."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from ninja import Router, Schema
from pydantic import Field

from leadership.models import Activity, ActivityType
from leadership.services import activity as service
from objectives.services import contribution
from qms.api.bearer import Bearer, caller, refuse_narrow
from qms.api.errors import READING, WRITING
from qms.api.place import area_of, people_of, person_of, site_of
from qms.api.record import Made, Word, as_json, made, was_there
from qms.models import ApiToken, Record, Site, User
from qms.permissions import Permission

router = Router(tags=["Activities"])
logs = Bearer(ApiToken.Scope.ACTIVITY, Permission.ACTIVITY_LOG)
EARLIEST, LATEST = 1971, 9000
"""Years whose days exist in every time zone and on every machine."""
Text = Annotated[str, Field(pattern=r"^[^\x00]*$")]
Name = Annotated[str, Field(pattern=r"^[^\x00]{1,160}$", description="A uid, an e-mail address, or a free name.")]
Words = Annotated[str, Field(max_length=600, pattern=r"^[^\x00]*$")]


class StopIn(Schema):
    """One stop of a walk."""

    area: Word | None = None
    seen: Words = ""
    heard: Words = ""
    promised: Words = ""


class FollowUpIn(Schema):
    """Something to do afterwards; without an owner it belongs to the token's owner."""

    title: str = Field(min_length=1, max_length=240, pattern=r"^[^\x00]*$")
    owner: Name | None = None
    due_on: date | None = None
    promised_to: Name | None = None


class ActivityIn(Schema):
    """What happened. ``site``: the code; without it the owner's own. A time without offset is the site's clock.

    Without leaders the token's owner led it. More than 24 hours after the event ``late_reason`` is needed.
    """

    uid: UUID
    activity_type: Word = Field(description="The slug; see /api/v1/activity-types.")
    title: Text = Field(max_length=240)
    happened_at: datetime
    site: Word | None = None
    area: Word | None = None
    leaders: Annotated[list[Name], Field(max_length=10)] = []
    people_met: Annotated[list[Name], Field(max_length=40)] = []
    duration_minutes: int | None = Field(None, ge=1, le=1440)
    audience_size: int | None = Field(None, ge=0, le=100_000)
    notes: Text = Field("", max_length=8000)
    stops: Annotated[list[StopIn], Field(max_length=service.MAX_STOPS)] = []
    follow_ups: Annotated[list[FollowUpIn], Field(max_length=20)] = []
    is_confidential: bool = False
    late_reason: Text = Field("", max_length=400)
    serves: UUID | None = Field(None, description="The goal or objective it was done for.")


class TypeLine(Schema):
    slug: str
    label: str
    has_stops: bool


@router.get(
    "/activity-types", auth=Bearer(None, Permission.RECORD_VIEW), response=READING | {200: list[TypeLine]},
    url_name="activity-types",
)  # fmt: skip
def activity_types(request: HttpRequest) -> HttpResponse:
    """The kinds of activity that can be logged."""
    found = ActivityType.objects.active().in_order()
    return as_json([{"slug": kind.slug, "label": kind.label, "has_stops": kind.has_stops} for kind in found])


@router.post("/activities", auth=logs, response=WRITING | {200: Made, 201: Made}, url_name="activities")
def log_activity(request: HttpRequest, sent: ActivityIn) -> HttpResponse:
    """Log an activity that happened. The same uid again changes nothing."""
    refuse_narrow(request)
    user, now = caller(request), timezone.now()
    was_there(sent.uid, Activity.KIND, user)
    site = site_of(user, sent.site)
    logged = service.log(
        uid=sent.uid, site=site, area=area_of(site, sent.area), by=user, at=now, **values(sent, site, user)
    )  # fmt: skip
    return made(logged, is_new=logged.recorded_at == now)


def values(sent: ActivityIn, site: Site, user: User) -> dict[str, Any]:
    """What was sent, by the service's names. Raises ValidationError by field."""
    kind = ActivityType.objects.active().filter(slug=sent.activity_type).first()
    if kind is None:
        raise ValidationError({"activity_type": _("There is no such kind. See /api/v1/activity-types.")})
    plain = ("title", "duration_minutes", "audience_size", "notes", "is_confidential", "late_reason")
    return {name: getattr(sent, name) for name in plain} | {
        "activity_type": kind,
        "serves": served(sent.serves, user),
        "happened_at": moment(sent.happened_at, site),
        "leaders": people_of(user, sent.leaders, "leaders"),
        "people_met": people_of(user, sent.people_met, "people_met"),
        "stops": [
            {"area": area_of(site, s.area, "stops"), "seen": s.seen, "heard": s.heard, "promised": s.promised}
            for s in sent.stops
        ],
        "follow_ups": [
            {
                "title": f.title, "due_on": f.due_on, "owner": person_of(user, f.owner, "follow_ups"),
                "promised_to": person_of(user, f.promised_to, "follow_ups"),
            }
            for f in sent.follow_ups
        ],
    }  # fmt: skip


def served(uid: UUID | None, user: User) -> Record | None:
    """The goal or objective of that uid. Raises ValidationError when there is none the user may see."""
    found = contribution.find(uid, user) if uid else None
    if uid and found is None:
        raise ValidationError({"serves": _("There is no such goal or objective.")})
    return found


def moment(given: datetime, site: Site) -> datetime:
    """The moment, by the site's clock where it names no offset. Raises ValidationError for a year nobody means."""
    if not EARLIEST <= given.year <= LATEST:
        raise ValidationError({"happened_at": _("Check the date: nobody keeps records of that year here.")})
    return given if given.tzinfo else given.replace(tzinfo=site.zone)
