"""Everything a record's page shows, gathered in a constant number of queries."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from qms.models import Attachment, ClauseLink, Json, Phase, Record, RecordPerson, Signature, User
from qms.records import RecordKind, Text, kind_of
from qms.services.timeline import LABELS, LONGEST, TimelineEntry, timeline_of, value_words


@dataclass(frozen=True)
class FactTable:
    """A fact that is a list of things, such as the stops of a walk."""

    label: Text
    header: list[str]
    rows: list[list[dict[str, str]]]


@dataclass(frozen=True)
class Evidence:
    """A clause the record is evidence for, and why."""

    link: ClauseLink
    why: str
    fresh_until: date | None


@dataclass(frozen=True)
class File:
    """An attachment with the drawings made on it, and where the same picture was used before (None: nowhere)."""

    attachment: Attachment
    drawings: list[Attachment]
    used_before: str | None


@dataclass(frozen=True)
class SignatureLine:
    """A signature, and whether it stands under the content as it is now."""

    signature: Signature
    is_of_current_version: bool


@dataclass(frozen=True)
class NextDue:
    """What falls due next for this record, and when."""

    on: date
    what: str


@dataclass(frozen=True)
class RecordPage:
    """What the page, its print view and nothing else shows; all of it what ``user`` may see."""

    record: Record
    declared: RecordKind
    facts: list[tuple[Text, object]]
    tables: list[FactTable]
    leaders: list[RecordPerson]
    met: list[RecordPerson]
    evidence: list[Evidence]
    files: list[File]
    follow_ups: list[Record]
    signatures: list[SignatureLine]
    timeline: list[TimelineEntry]
    next_due: NextDue | None


def record_page(record: Record, *, user: User) -> RecordPage:
    """Gather the page of a record the user may see; ``record`` is the child, loaded with site, area and owner.

    Moments are put into words in the active time zone: activate the site's.
    """
    declared = kind_of(record)
    facts, tables = split_facts(record.content(), declared.content_labels, leave_out=("summary",))
    there = record.participants.select_related("person") if declared.has_people else ()
    people = sorted(there, key=lambda p: (p.part != RecordPerson.Part.LEADER, p.position))
    links = list(
        record.clause_links.select_related("clause__edition", "clause__commitment", "mapping").order_by(
            "-clause__edition__is_default", "clause__edition_id", "clause__sort_key", "pk"
        )
    )
    evidence = [_evidence(link, record) for link in links]
    timeline = timeline_of(record)
    return RecordPage(
        record=record,
        declared=declared,
        facts=facts,
        tables=tables,
        leaders=[p for p in people if p.part == RecordPerson.Part.LEADER],
        met=[p for p in people if p.part == RecordPerson.Part.MET],
        evidence=evidence,
        files=_files(record, user),
        follow_ups=list(follow_ups_of(record, user)),
        signatures=_signatures(record) if told(timeline, "record.signed") else [],
        timeline=timeline,
        next_due=next_due(record, declared, evidence),
    )


def told(timeline: list[TimelineEntry], verb: str) -> bool:
    """Whether the trail tells of it; a timeline cut at its longest may tell of it further back. Saves a query."""
    return len(timeline) >= LONGEST or any(entry.verb == verb for entry in timeline)


def split_facts(
    content: dict[str, Json], labels: dict[str, Text], leave_out: Iterable[str] = ()
) -> tuple[list[tuple[Text, object]], list[FactTable]]:
    """A version's facts as (words, value) pairs in reading order, empty ones left out, and its lists as tables."""
    facts: list[tuple[Text, object]] = []
    tables: list[FactTable] = []
    for key, label in labels.items():
        value = content.get(key)
        if key in leave_out or value in (None, "", []):
            continue
        if isinstance(value, list) and all(isinstance(item, dict) for item in value):
            tables.append(_table(label, value))
        else:
            facts.append((label, value if isinstance(value, int | float) else value_words(value)))
    return facts, tables


def shared_facts(content: dict[str, Json]) -> list[tuple[Text, object]]:
    """What a version says of the facts all records share, as (words, value) pairs."""
    wanted = (
        "site",
        "area",
        "owner",
        "occurred_on",
        "recorded_at",
        "due_on",
        "people",
        "attachments",
        "is_confidential",
    )
    words = {**LABELS, "recorded_at": _("Recorded")}
    return [(words[key], value_words(content[key])) for key in wanted if content.get(key)]


def _table(label: Text, items: list[dict[str, Json]]) -> FactTable:
    keys = list(dict.fromkeys(key for item in items for key in item))
    used = [key for key in keys if any(item.get(key) for item in items)]
    header = [key.replace("_", " ").capitalize() for key in used]
    rows = [
        [{"label": head, "text": value_words(item.get(key))} for key, head in zip(used, header, strict=True)]
        for item in items
    ]
    return FactTable(label=label, header=header, rows=rows)


def follow_ups_of(record: Record, user: User) -> Any:
    """The improvement actions that came from this record, as far as the user may see them, soonest due first."""
    rows = record.follow_up_rows().visible_to(user).select_related("owner", "promised_to", "area", "site")
    return rows.order_by("due_on", "id")


def _evidence(link: ClauseLink, record: Record) -> Evidence:
    mapping = link.mapping
    days = mapping.max_age_days or link.clause.max_age_days
    if link.counts:
        why = _("%(strength)s evidence, by the mapping in force since %(since)s.") % {
            "strength": mapping.get_strength_display(), "since": date_format(mapping.effective_from, "j M Y"),
        }  # fmt: skip
    elif record.phase == Phase.WITHDRAWN:
        why = _("Does not count: the record is withdrawn.")
    else:
        why = _("Does not count yet: only completed records do.")
    fresh_until = record.occurred_on + timedelta(days=days) if days and link.counts else None
    return Evidence(link=link, why=why, fresh_until=fresh_until)


def _files(record: Record, user: User) -> list[File]:
    rows = list(
        record.attachments.filter(withdrawn_at=None)
        .select_related("same_as__record", "uploaded_by__person")
        .order_by("pk")
    )
    drawings: dict[int, list[Attachment]] = {}
    for row in rows:
        if row.annotation_of_id:
            drawings.setdefault(row.annotation_of_id, []).append(row)
    shown_ids = {row.pk for row in rows}
    return [
        File(row, drawings.get(row.pk, []), _used_before(row, record, user))
        for row in rows
        if row.annotation_of_id not in shown_ids
    ]


def _used_before(row: Attachment, record: Record, user: User) -> str | None:
    """Words on the first use of the same picture; a record the user may not see is not named."""
    if row.same_as is None:
        return None
    first = row.same_as.record
    if first.pk == record.pk:
        return _("the same file is in this record twice")
    is_open = first.phase != Phase.DRAFT and not first.is_confidential
    if is_open and (user.has_all_sites or first.site_id in user.visible_site_ids):
        return _("used before in %(reference)s") % {"reference": first.reference}
    return _("used before in another record")


def _signatures(record: Record) -> list[SignatureLine]:
    rows = record.signatures.order_by("-at", "-pk")
    return [SignatureLine(signature, signature.version == record.version) for signature in rows]


def next_due(record: Record, declared: RecordKind, evidence: list[Evidence]) -> NextDue | None:
    """The record's own due or review date while it is open; for evidence, the day it stops keeping a clause current."""
    own = declared.due_on(record)
    if own and record.phase == Phase.OPEN:
        return NextDue(own, _("Due"))
    if record.review_on and record.phase != Phase.WITHDRAWN:
        return NextDue(record.review_on, _("Periodic review"))
    ending = [item for item in evidence if item.fresh_until and item.link.clause.edition.is_default]
    if not ending:
        return None
    first = min(ending, key=lambda item: (item.fresh_until or date.max, item.link.pk))
    count = sum(1 for item in ending if item.fresh_until == first.fresh_until)
    words = ngettext(
        "Stops keeping %(clause)s current; a newer record is needed by then.",
        "Stops keeping %(clause)s and others current; newer records are needed by then.",
        count,
    ) % {"clause": first.link.clause.label}
    assert first.fresh_until  # noqa: S101  chosen above
    return NextDue(first.fresh_until, words)
