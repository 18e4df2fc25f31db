"""What enters a pack: counted live while it is asked for, frozen when it is built."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db.models import Q, QuerySet, Sum

from audits.models import Pack, PackItem
from qms.models import (
    Attachment,
    Clause,
    ClauseLink,
    Phase,
    Record,
    RecordVersion,
    Signature,
    Site,
    StandardEdition,
    TrailEntry,
    User,
)
from qms.services.trail import canonical, moment

DEFAULT_NUMBERS = ("5", "6.1", "6.2", "10")
COUNT_LIMIT = 20_000
BATCH = 500
BYTES_PER_RECORD = 4_500
BYTES_PER_PACK = 400_000
RECORDS_PER_PAGE = 4


@dataclass(frozen=True)
class PackScope:
    """What somebody asks for. Both days of the period are included; it is by event date."""

    sites: list[Site]
    edition: StandardEdition
    clauses: list[Clause]
    from_on: date
    to_on: date
    purpose: str = ""
    has_photos: bool = True
    names: str = Pack.Names.FULL


@dataclass(frozen=True)
class Estimate:
    """How large a pack would be; ``is_capped`` when there are more records than were counted."""

    records: int
    withdrawn: int
    photos: int
    pages: int
    size: int
    is_capped: bool


def edition_name(standard: str, edition: str) -> str:
    """“ISO 9001:2026” from “ISO 9001” and “2026 (edition 6)”."""
    return f"{standard}:{edition.split(maxsplit=1)[0]}" if edition else standard


def default_clauses(edition: StandardEdition) -> list[Clause]:
    """The clauses a pack is about unless somebody chooses: leadership, risks, objectives, improvement."""
    return list(edition.clauses.filter(number__in=DEFAULT_NUMBERS, letter="").order_by("sort_key", "pk"))


def with_descendants(edition: StandardEdition, chosen: Iterable[Clause]) -> list[Clause]:
    """The chosen clauses and everything below them, in printed order."""
    rows = list(edition.clauses.select_related("commitment").order_by("sort_key", "pk"))
    wanted = {clause.pk for clause in chosen}
    while True:
        below = {clause.pk for clause in rows if clause.parent_id in wanted} - wanted
        if not below:
            return [clause for clause in rows if clause.pk in wanted]
        wanted |= below


def links_in_scope(scope: PackScope, user: User | None) -> QuerySet[ClauseLink]:
    """Clause links of the records that enter; ``user`` None means the system, which sees all but drafts."""
    records = Record.objects.visible_to(user) if user else Record.objects.all()
    return ClauseLink.objects.filter(
        clause__in=with_descendants(scope.edition, scope.clauses), site__in=scope.sites,
        occurred_on__range=(scope.from_on, scope.to_on), record__in=records.exclude(phase=Phase.DRAFT),
    )  # fmt: skip


def estimate(scope: PackScope, user: User | None) -> Estimate:
    """Count what a pack would hold now. At most COUNT_LIMIT records are looked at."""
    links = links_in_scope(scope, user)
    counted = links.filter(counts=True).values_list("record_id", flat=True)
    ids = list(counted.order_by("record_id").distinct()[: COUNT_LIMIT + 1])
    records = min(len(ids), COUNT_LIMIT)
    withdrawn = links.filter(record__phase=Phase.WITHDRAWN).values("record_id").distinct()[:COUNT_LIMIT].count()
    photos, photo_bytes = _photos(ids[:COUNT_LIMIT]) if scope.has_photos else (0, 0)
    return Estimate(
        records=records, withdrawn=withdrawn, photos=photos, is_capped=len(ids) > COUNT_LIMIT,
        pages=14 + records // RECORDS_PER_PAGE + photos // 6 + (records + withdrawn) // 40,
        size=BYTES_PER_PACK + records * BYTES_PER_RECORD + photo_bytes,
    )  # fmt: skip


def _photos(record_ids: list[int]) -> tuple[int, int]:
    count = total = 0
    for ids in batches(record_ids):
        found = Attachment.objects.filter(record_id__in=ids, form=Attachment.Form.PHOTO, withdrawn_at=None)
        count += found.count()
        total += found.aggregate(total=Sum("size"))["total"] or 0
    return count, total


def batches(values: list[int], size: int = BATCH) -> Iterator[list[int]]:
    """The values in lists of at most ``size``, in order."""
    for start in range(0, len(values), size):
        yield values[start : start + size]


@dataclass
class Selection:
    """The rows of a pack before they are written, and what was met on the way."""

    items: list[PackItem] = field(default_factory=list)
    people: set[str] = field(default_factory=set)
    mapping_ids: set[int] = field(default_factory=set)
    has_confidential: bool = False
    records: int = 0
    positions: dict[int, int] = field(default_factory=dict)


def select(pack: Pack, scope: PackScope, user: User | None) -> Selection:
    """Every record of the scope with its latest version, as unsaved PackItems. Call it inside the freezing transaction.

    Counting records come first, clause by clause in printed order and by event date within; each has its sheet with the
    first clause it counts for. Then those that do not count yet, then the withdrawn ones.
    """
    selection = Selection()
    rows = _best_links(scope, user)
    for standing in (PackItem.Standing.COUNTS, PackItem.Standing.NOT_COUNTED, PackItem.Standing.WITHDRAWN):
        for clause_id, record_id, mapping_id, occurred_on in rows[standing]:
            is_home = record_id not in selection.positions
            position = selection.positions.setdefault(record_id, len(selection.positions) + 1)
            selection.mapping_ids.add(mapping_id)
            selection.items.append(
                PackItem(
                    pack=pack, record_id=record_id, clause_id=clause_id, mapping_id_frozen=mapping_id, version=0,
                    occurred_on=occurred_on, position=position, standing=standing, is_home=is_home,
                )
            )  # fmt: skip
    selection.records = len(selection.positions)
    _freeze_versions(selection)
    return selection


def _best_links(scope: PackScope, user: User | None) -> dict[str, list[tuple[int, int, int, date]]]:
    """(clause, record, mapping, event date) by standing, in pack order; the strongest mapping of a pair wins."""
    order = {clause.pk: n for n, clause in enumerate(with_descendants(scope.edition, scope.clauses))}
    best: dict[tuple[int, int], tuple[Any, ...]] = {}
    values = links_in_scope(scope, user).values_list(
        "clause_id", "record_id", "mapping_id", "occurred_on", "mapping__strength", "counts", "record__phase"
    )
    for clause_id, record_id, mapping_id, occurred_on, strength, counts, phase in values.iterator(chunk_size=5000):
        rank = (not counts, strength != "mandatory", mapping_id)
        known = best.get((clause_id, record_id))
        if known is None or rank < known[0]:
            best[clause_id, record_id] = (rank, clause_id, record_id, mapping_id, occurred_on, counts, phase)
    found: dict[str, list[tuple[int, int, int, date]]] = {standing: [] for standing in PackItem.Standing.values}
    for row in sorted(best.values(), key=lambda row: (order[row[1]], row[4], row[2])):
        withdrawn = PackItem.Standing.WITHDRAWN if row[6] == Phase.WITHDRAWN else PackItem.Standing.NOT_COUNTED
        found[PackItem.Standing.COUNTS if row[5] else withdrawn].append(row[1:5])
    return found


def _freeze_versions(selection: Selection) -> None:
    rows: dict[int, list[PackItem]] = {}
    for item in selection.items:
        rows.setdefault(item.record_id, []).append(item)
    for ids in batches(sorted(rows)):
        facts: dict[int, dict[str, Any]] = {}
        _gather(ids, facts, selection)
        for record_id in ids:
            for item in rows[record_id]:
                for name, value in facts[record_id].items():
                    setattr(item, name, value if name != "extra" or item.is_home else "")


def _gather(ids: list[int], facts: dict[int, dict[str, Any]], selection: Selection) -> None:
    records = Record.objects.filter(pk__in=ids).select_related("site").order_by("pk")
    by_id = {record.pk: record for record in records}
    for version in RecordVersion.objects.filter(_latest(by_id.values())):
        record = by_id[version.record_id]
        content = json.loads(version.content)
        selection.people |= people_of(content)
        selection.has_confidential |= bool(content.get("is_confidential"))
        facts[record.pk] = {
            "version": version.version, "content_hash": version.content_hash, "is_late": record.is_late,
            "chain_length": 0, "chain_head": "", "extra": {"signatures": [], "attachments": {}},
        }  # fmt: skip
    _add_chains(ids, facts, selection)
    _add_extras(ids, facts, selection)


def _latest(records: Iterable[Record]) -> Q:
    wanted = Q(pk__in=[])
    by_version: dict[int, list[int]] = {}
    for record in records:
        by_version.setdefault(record.version, []).append(record.pk)
    for version, ids in sorted(by_version.items()):
        wanted |= Q(version=version, record_id__in=ids)
    return wanted


def _add_chains(ids: list[int], facts: dict[int, dict[str, Any]], selection: Selection) -> None:
    entries = TrailEntry.objects.filter(record_id__in=ids).order_by("record_id", "seq")
    for record_id, seq, head, by in entries.values_list("record_id", "seq", "hash", "by_id"):
        if record_id in facts:
            facts[record_id]["chain_length"], facts[record_id]["chain_head"] = seq, head
        if by:
            selection.people.add(str(by))


def _add_extras(ids: list[int], facts: dict[int, dict[str, Any]], selection: Selection) -> None:
    for sign in Signature.objects.filter(record_id__in=ids).select_related("signer").order_by("record_id", "pk"):
        facts[sign.record_id]["extra"]["signatures"].append({
            "name": sign.name, "meaning": sign.meaning, "at": moment(sign.at), "version": sign.version,
            "content_hash": sign.content_hash, "uid": str(sign.signer.uid),
        })  # fmt: skip
        selection.people.add(str(sign.signer.uid))
    for file in Attachment.objects.filter(record_id__in=ids, withdrawn_at=None).order_by("record_id", "pk"):
        facts[file.record_id]["extra"]["attachments"][str(file.uid)] = {
            "form": file.form, "caption": file.caption, "media_type": file.media_type, "size": file.size,
            "stored": file.file.name, "captured_at": moment(file.captured_at) if file.captured_at else "",
            "width": file.width, "height": file.height, "same_as": bool(file.same_as_id),
        }  # fmt: skip
    for fact in facts.values():
        fact["extra"] = canonical(fact["extra"])


def people_of(content: dict[str, Any]) -> set[str]:
    """The uids of the people a record's content names."""
    found = {content["owner"]["uid"], content.get("recorded_by", ""), *(p["uid"] for p in content["people"])}
    return found - {""}
