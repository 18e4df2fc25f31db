"""The data files of a pack, made from its frozen rows and packed as they are written, so that memory stays small."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import md5, sha256
from typing import Any

from audits.models import PackItem
from audits.services import manifest, pack_plan
from audits.services.pack_data import BATCH, FrozenPack
from qms.models import RecordVersion
from qms.services.redaction_steps import ENTRY, VERSION, original, steps_of_records
from qms.services.trail import canonical, digest, moment

LEVEL = 6


@dataclass(frozen=True)
class DataFile:
    """One embedded file: ``packed`` is its content compressed by zlib; the hashes and ``size`` are of the content."""

    name: str
    packed: bytes
    size: int
    sha256: str
    md5: bytes


def pack_file(name: str, pieces: Iterable[bytes]) -> DataFile:
    """Compress and hash a file piece by piece."""
    squeeze, digest, check, size = zlib.compressobj(LEVEL), sha256(), md5(usedforsecurity=False), 0
    packed = bytearray()
    for piece in pieces:
        size += len(piece)
        digest.update(piece)
        check.update(piece)
        packed += squeeze.compress(piece)
    packed += squeeze.flush()
    return DataFile(name, bytes(packed), size, digest.hexdigest(), check.digest())


def data_files(frozen: FrozenPack) -> list[DataFile]:
    """All embedded files, the manifest first. The same frozen rows give the same bytes."""
    files = [
        pack_file(manifest.RECORDS, manifest.object_pieces(_records(frozen))),
        pack_file(manifest.RECORDS_CSV, manifest.csv_pieces(_csv_rows(frozen))),
        pack_file(manifest.TRAIL, manifest.object_pieces(_chains(frozen))),
        pack_file(manifest.MAPPINGS, [canonical(_mappings(frozen)).encode()]),
        pack_file(manifest.PEOPLE, manifest.object_pieces(_people(frozen))),
    ]
    text = manifest.manifest_text(
        _pack_facts(frozen), list(_items(frozen)), frozen.data["checkpoint"], {file.name: file.sha256 for file in files}
    )
    return [pack_file(manifest.MANIFEST, [text.encode()]), *files]


def _batches(frozen: FrozenPack) -> Iterator[list[PackItem]]:
    batch: list[PackItem] = []
    for item in pack_plan.home_items(frozen.pack).select_related("record").iterator(chunk_size=BATCH):
        batch.append(item)
        if len(batch) == BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


def _records(frozen: FrozenPack) -> Iterator[tuple[str, Any]]:
    for batch in _batches(frozen):
        newest = {item.record_id: item.version for item in batch}
        earlier: dict[int, list[tuple[int, str, str]]] = {record_id: [] for record_id in newest}
        older = RecordVersion.objects.filter(record_id__in=newest).order_by("record_id", "version")
        for record_id, version, at, content_hash in older.values_list("record_id", "version", "at", "content_hash"):
            if version < newest[record_id]:
                earlier[record_id].append((version, moment(at), content_hash))
        versions, steps = frozen.versions(batch), steps_of_records(newest)
        for item in batch:
            row = versions[item.record_id]
            now = digest(row.content)
            before = original(steps.get(item.record_id, {}), VERSION, row.version, now)
            yield (
                str(item.record.uid),
                manifest.record_entry(
                    row.version,
                    row.content,
                    row.content_hash,
                    earlier[item.record_id],
                    frozen.redactor,
                    is_redacted=before == row.content_hash != now,
                ),
            )


def _chains(frozen: FrozenPack) -> Iterator[tuple[str, Any]]:
    for batch in _batches(frozen):
        entries, steps = frozen.entries(batch), steps_of_records(item.record_id for item in batch)
        for item in batch:
            own = steps.get(item.record_id, {})
            chain = [
                manifest.trail_entry(
                    {
                        "seq": e.seq, "at": moment(e.at), "by": str(e.by_id or ""), "verb": e.verb,
                        "changes": e.changes, "changes_hash": original(own, ENTRY, e.seq, digest(e.changes)),
                        "reason": e.reason, "request_id": e.request_id,
                        "previous_hash": e.previous_hash, "hash": e.hash,
                    },
                    frozen.redactor,
                )
                for e in entries[item.record_id]
            ]  # fmt: skip
            yield str(item.record.uid), {"chain": item.record.trail_key, "entries": chain}


def _csv_rows(frozen: FrozenPack) -> Iterator[list[Any]]:
    items = pack_plan.home_items(frozen.pack).select_related("record").iterator(chunk_size=BATCH)
    for sheet in frozen.sheets(items):
        content = sheet.content
        yield [
            sheet.item.position, content["reference"], content["kind"], content["subtype"], content["title"],
            content["site"], content["area"], content["occurred_on"], content["recorded_at"],
            "late" if sheet.item.is_late else "", sheet.owner, "; ".join(sheet.leaders), "; ".join(sheet.met),
            "; ".join(clause["slug"] for clause in sheet.clauses), sheet.item.standing, sheet.item.version,
            sheet.item.content_hash, content["uid"],
        ]  # fmt: skip


def _items(frozen: FrozenPack) -> Iterator[dict[str, Any]]:
    for batch in _batches(frozen):
        slugs: dict[int, list[str]] = {item.position: [] for item in batch}
        rows = PackItem.objects.filter(pack=frozen.pack, position__in=slugs).order_by("position", "pk")
        for position, clause_id in rows.values_list("position", "clause_id"):
            slugs[position].append(frozen.clause_by_id[clause_id]["slug"])
        for item in batch:
            yield {
                "position": item.position, "uid": str(item.record.uid), "reference": item.record.reference,
                "kind": item.record.kind, "version": item.version, "content_hash": item.content_hash,
                "clauses": slugs[item.position], "occurred_on": item.occurred_on.isoformat(),
                "recorded_at": moment(item.record.recorded_at), "chain_length": item.chain_length,
                "chain_head": item.chain_head, "standing": item.standing,
            }  # fmt: skip


def _mappings(frozen: FrozenPack) -> list[dict[str, Any]]:
    return [{key: value for key, value in row.items() if key != "is_used"} for row in frozen.data["mappings"]]


def _people(frozen: FrozenPack) -> Iterator[tuple[str, Any]]:
    for uid, person in sorted(frozen.data["people"].items()):
        if frozen.redactor:
            yield uid, {"initials": frozen.name(person["name"]), "job_title": person["job_title"]}
        else:
            yield uid, {"name": person["name"], "initials": person["initials"], "job_title": person["job_title"]}


def _pack_facts(frozen: FrozenPack) -> dict[str, Any]:
    pack, data = frozen.pack, frozen.data
    return {
        "uid": str(pack.uid), "reference": pack.reference, "organization": data["organization"]["name"],
        "scope_statement": data["organization"]["scope_statement"], "edition": data["edition"], "sites": data["sites"],
        "clauses": [clause["slug"] for clause in frozen.clauses if clause["is_chosen"]],
        "from_on": pack.from_on.isoformat(), "to_on": pack.to_on.isoformat(), "purpose": frozen.text(pack.purpose),
        "cutoff_at": moment(frozen.cutoff_at), "time_zone": frozen.zone.key, "requested_by": data["requested_by"],
        "software": data["software"], "names": pack.names, "has_photos": pack.has_photos,
        "language": data["language"], "sampling_seed": pack.sampling_seed,
    }  # fmt: skip
