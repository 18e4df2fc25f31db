"""Reading records of every kind through the registry: a new kind is readable without a line here."""

from __future__ import annotations

import json
from datetime import date, datetime
from typing import Annotated, Any, Literal, cast
from uuid import UUID

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from ninja import Query, Router, Schema
from pydantic import Field

from qms.api.bearer import Bearer, caller, token_of
from qms.api.errors import READING, Refused
from qms.models import ApiToken, Phase, Record, User
from qms.permissions import Permission
from qms.records import RecordKind, all_kinds, known_kinds
from qms.services import record_list, record_reading

router = Router(tags=["Records"])
reads = Bearer(ApiToken.Scope.READ, Permission.RECORD_VIEW)
Word = Annotated[str, Field(pattern=r"^[^\x00]{1,120}$")]


class PersonLine(Schema):
    uid: str
    name: str


class Line(Schema):
    """A record in a list."""

    uid: UUID
    kind: str
    reference: str
    title: str
    site: str = Field(description="The site's code.")
    area: str | None
    owner: PersonLine
    occurred_on: date = Field(description="The event date, at the site.")
    recorded_at: datetime
    phase: Phase
    status: str
    subtype: str
    due_on: date | None
    review_on: date | None
    is_confidential: bool
    version: int
    url: str = Field(description="The record's page, for people.")


class Lines(Schema):
    """One page of a list; ``next`` is what ``after`` takes for the next one, null at the end."""

    records: list[Line]
    next: str | None


class Part(PersonLine):
    part: str


class ClauseLine(Schema):
    edition: str
    clause: str
    title: str
    strength: str
    counts: bool = Field(description="Whether it counts as evidence for the clause.")


class FileLine(Schema):
    uid: UUID
    name: str
    media_type: str
    size: int
    sha256: str


class SignatureLine(Schema):
    name: str
    meaning: str
    at: datetime
    version: int
    content_hash: str


class FollowUpLine(Schema):
    uid: UUID
    reference: str
    title: str
    phase: Phase
    due_on: date | None


class TrailHead(Schema):
    """The last entry of the record's chain; its hash vouches for all before it."""

    entries: int
    hash: str
    at: datetime
    verb: str


class Detail(Line):
    """A record whole. ``content`` is its frozen version, word by word; ``content_hash`` is its SHA-256."""

    content: dict[str, Any]
    content_hash: str
    people: list[Part]
    clauses: list[ClauseLine]
    files: list[FileLine]
    signatures: list[SignatureLine]
    follow_ups: list[FollowUpLine]
    trail: TrailHead | None


class Made(Schema):
    """What was made, or was there already under the same uid (``is_new`` false: nothing was changed)."""

    uid: UUID
    reference: str
    url: str
    is_new: bool


class KindLine(Schema):
    kind: str
    label: str
    description: str
    content: dict[str, str] = Field(description="The keys of a record's own facts, in words.")
    statuses: dict[str, str]


class Filters(Schema):
    """What a list can be asked for."""

    site: Word | None = Field(None, description="The site's code.")
    area: Word | None = Field(None, description="The area's name.")
    owner: UUID | None = Field(None, description="The owner's uid.")
    phase: Phase | None = None
    status: Word | None = None
    subtype: Word | None = None
    reference: Word | None = None
    since: date | None = Field(None, description="Event date, from this day on.")
    until: date | None = Field(None, description="Event date, up to and with this day.")
    due_until: date | None = Field(None, description="Due up to and with this day.")
    sort: Literal["-occurred_on", "occurred_on"] = "-occurred_on"
    after: Word | None = Field(None, description="`next` of the page before.")
    limit: int = Field(50, ge=1, le=100)


@router.get("/kinds", auth=reads, response=READING | {200: list[KindLine]}, url_name="kinds")
def kinds(request: HttpRequest) -> HttpResponse:
    """The kinds of record there are, and what their facts are called."""
    user = caller(request)
    return as_json([
        {
            "kind": k.kind, "label": str(k.label), "description": str(k.description),
            "content": {key: str(words) for key, words in k.content_labels.items()},
            "statuses": record_reading.statuses(k),
        }
        for k in all_kinds() if user.can(k.view_permission)
    ])  # fmt: skip


@router.get("/kinds/{slug:kind}/records", auth=reads, response=READING | {200: Lines}, url_name="records")
def records(request: HttpRequest, kind: str, filters: Query[Filters]) -> HttpResponse:
    """Records of a kind, newest event first, as far as the token's owner may see them."""
    refuse_unknown(request, Filters)
    user, declared = caller(request), readable_kind(request, kind)
    rows = record_reading.lines(narrowed(request, filtered(visible(declared, user), declared, filters)), declared)
    if filters.after and not record_list.is_key(declared.model, filters.sort, filters.after):
        raise ValidationError({"after": _("This is no key of a page. Take `next` as it was given.")})
    page = record_list.page_of(
        rows, sort=filters.sort, after=filters.after or "", size=filters.limit, is_counted=False
    )  # fmt: skip
    sites = {site.pk: site.code for site in user.visible_sites}
    address = record_address()
    found = [record_reading.line(row, sites[row.site_id], address) for row in page.rows]
    return as_json({"records": found, "next": page.next_key or None})


@router.get("/records/{uuid:uid}", auth=reads, response=READING | {200: Detail}, url_name="record")
def record(request: HttpRequest, uid: UUID) -> HttpResponse:
    """A record whole: its frozen content, people, clauses, files, signatures, follow-ups and the head of its trail."""
    user = caller(request)
    found = record_reading.find(uid, user=user)
    if found is None or token_of(request).record_id not in (None, found.pk):
        raise Http404
    return as_json(record_reading.whole(found, user=user, address=record_address()))


def made(record: Record, *, is_new: bool) -> HttpResponse:
    """The answer to a record that was sent in: 201 for a new one, 200 for one that was there."""
    address = record_address().format(record.uid)
    told = {"uid": str(record.uid), "reference": record.reference, "url": address, "is_new": is_new}
    response = as_json(told)
    response.status_code = 201 if is_new else 200
    return response


def was_there(uid: UUID, kind: str, user: User) -> bool:
    """Whether the user sent this record in before. Raises Refused (409) when the uid is of any other record."""
    found = Record.objects.filter(uid=uid).values_list("kind", "recorded_by_id").first()
    if found is not None and found != (kind, user.pk):
        raise Refused(409, _("This uid is in use by another record. Make a new one."))
    return found is not None


def readable_kind(request: HttpRequest, kind: str) -> RecordKind:
    """The declaration of a kind whose records the caller may see; Http404 otherwise."""
    declared = known_kinds().get(kind)
    if declared is None or not caller(request).can(declared.view_permission):
        raise Http404
    return declared


def visible(declared: RecordKind, user: User) -> QuerySet[Any]:
    """The kind's records, as far as its own rules show them to the user."""
    rows: Any = declared.model._default_manager.filter(kind=declared.kind)
    return cast(QuerySet[Any], rows.visible_to(user))


def narrowed(request: HttpRequest, rows: QuerySet[Any]) -> QuerySet[Any]:
    """Only the one record, for a token that is for one."""
    only = token_of(request).record_id
    return rows.filter(pk=only) if only else rows


def filtered(rows: QuerySet[Any], declared: RecordKind, wanted: Filters) -> QuerySet[Any]:
    """The rows that fit what is asked for."""
    lookups = {
        "site__code": wanted.site, "area__name": wanted.area, "owner__uid": wanted.owner, "phase": wanted.phase,
        "reference": wanted.reference, "occurred_on__gte": wanted.since, "occurred_on__lte": wanted.until,
        "due_on__lte": wanted.due_until, "status": wanted.status, declared.subtype_lookup: wanted.subtype,
    }  # fmt: skip
    if wanted.subtype and not declared.subtype_lookup:
        raise ValidationError({"subtype": _("Records of this kind have no types.")})
    return rows.filter(**{name: value for name, value in lookups.items() if value is not None})


def refuse_unknown(request: HttpRequest, schema: type[Schema]) -> None:
    """Raise ValidationError for a parameter nobody knows: a filter with a slip of the pen must not be passed over."""
    if unknown := [name for name in request.GET if name not in schema.model_fields]:
        raise ValidationError({name[:80]: _("There is no such parameter.") for name in unknown})


def record_address() -> str:
    """The address of a record's page for people, with ``{}`` where its uid goes."""
    nobody = "00000000-0000-0000-0000-000000000000"
    return settings.PUBLIC_URL + reverse("qms:record", args=[nobody]).replace(nobody, "{}")


def as_json(value: Any) -> HttpResponse:
    """JSON as it is, without a second look: what is read here is made by our own code, and checked by tests."""
    return HttpResponse(json.dumps(value, ensure_ascii=False), content_type="application/json; charset=utf-8")
