"""Records as programs read them: lines of lists and whole records, as plain JSON values, by few queries."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable
from typing import Any, cast

from django.db.models import F, QuerySet

from qms.models import Json, Record, TrailEntry, User
from qms.records import RecordKind, kind_of, known_kinds
from qms.services import trail
from qms.services.record_page import follow_ups_of

LINE_FIELDS = (
    "uid", "kind", "reference", "title", "site_id", "occurred_on", "recorded_at", "phase", "due_on", "review_on",
    "is_confidential", "version", "area__name", "owner__uid", "owner__name",
)  # fmt: skip


def statuses(declared: RecordKind) -> dict[str, str]:
    """The statuses of a kind, in words."""
    choices = dict(cast(Any, declared.model)._meta.get_field("status").flatchoices)
    return {str(value): str(label) for value, label in choices.items()}


def lines(rows: QuerySet[Any], declared: RecordKind) -> QuerySet[Any]:
    """The rows with what ``line`` shows of them, and nothing else."""
    rows = rows.select_related("area", "owner").only(*LINE_FIELDS, "status")
    return rows.annotate(line_subtype=F(declared.subtype_lookup)) if declared.subtype_lookup else rows


def line(row: Any, site_code: str, address: str) -> dict[str, Json]:
    """One record of a list; ``address`` is that of a record's page, with ``{}`` for the uid."""
    uid = str(row.uid)
    return {
        "uid": uid, "kind": row.kind, "reference": row.reference, "title": row.title, "site": site_code,
        "area": row.area.name if row.area else None, "owner": {"uid": str(row.owner.uid), "name": row.owner.name},
        "occurred_on": row.occurred_on.isoformat(), "recorded_at": row.recorded_at.isoformat(), "phase": row.phase,
        "status": row.status, "subtype": row.__dict__.get("line_subtype") or "",
        "due_on": row.due_on.isoformat() if row.due_on else None,
        "review_on": row.review_on.isoformat() if row.review_on else None, "is_confidential": row.is_confidential,
        "version": row.version, "url": address.format(uid),
    }  # fmt: skip


def find(uid: uuid.UUID, *, user: User) -> Record | None:
    """The record of any kind with this uid, as its own kind, if the user may see it by the rules of that kind."""
    kind = Record.objects.filter(uid=uid).values_list("kind", flat=True).first()
    declared = known_kinds().get(kind or "")
    if declared is None or not user.can(declared.view_permission):
        return None
    rows: Any = declared.model._default_manager.select_related("site", "area", "owner")
    return cast(Record | None, rows.visible_to(user).filter(uid=uid).first())


def whole(record: Record, *, user: User, address: str) -> dict[str, Json]:
    """Everything that is told of one record; the content is the frozen version that stands now."""
    declared = kind_of(record)
    version = record.versions.filter(version=record.version).first()
    content: dict[str, Json] = json.loads(version.content) if version else {}
    return line(record, record.site.code, address) | {
        "subtype": declared.subtype_of(record),
        "content": content.get("facts", {}),
        "content_hash": version.content_hash if version else "",
        "people": content.get("people", []),
        "clauses": _clauses(record),
        "files": [
            {"uid": str(a.uid), "name": a.name, "media_type": a.media_type, "size": a.size, "sha256": a.sha256}
            for a in record.attachments.filter(withdrawn_at=None).order_by("pk")
        ],
        "signatures": [
            {
                "name": s.name, "meaning": s.meaning, "at": s.at.isoformat(), "version": s.version,
                "content_hash": s.content_hash,
            }
            for s in record.signatures.order_by("at", "pk")
        ],
        "follow_ups": _follow_ups(follow_ups_of(record, user)),
        "trail": _head(record),
    }  # fmt: skip


def _clauses(record: Record) -> list[Json]:
    links = record.clause_links.select_related("clause__edition", "mapping").order_by(
        "clause__edition_id", "clause__sort_key", "pk"
    )
    return [
        {
            "edition": link.clause.edition.slug, "clause": link.clause.label, "title": link.clause.title,
            "strength": link.mapping.strength, "counts": link.counts,
        }
        for link in links
    ]  # fmt: skip


def _follow_ups(rows: Iterable[Any]) -> list[Json]:
    return [
        {
            "uid": str(row.uid), "reference": row.reference, "title": row.title, "phase": row.phase,
            "due_on": row.due_on.isoformat() if row.due_on else None,
        }
        for row in rows
    ]  # fmt: skip


def _head(record: Record) -> Json:
    entry = TrailEntry.objects.filter(chain=record.trail_key).order_by("-seq").first()
    if entry is None:
        return None
    return {"entries": entry.seq, "hash": entry.hash, "at": trail.moment(entry.at), "verb": entry.verb}
