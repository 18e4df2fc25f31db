"""The data files inside an evidence pack: their format, how they are made, and how an outsider checks them.

A pack is a PDF (PDF/A-3u) with these files embedded; each is UTF-8 text:

==================  ====================================================================================================
``manifest.json``   what the pack claims: scope, items, checkpoint, and the SHA-256 of every other embedded file
``records.json``    the frozen content of every item and every withdrawn record
``records.csv``     the same items as one row each, for a spreadsheet (formulas escaped with a leading apostrophe)
``trail.json``      the whole trail of each of those records up to the cut-off
``mappings.json``   which kind of record counted for which clause, since when
``people.json``     the people named in the pack
==================  ====================================================================================================

``manifest.json`` is canonical JSON (sorted keys, no spaces, no ASCII escapes) of::

    format      "qms-pack/1"
    pack        {uid, reference, organization, scope_statement, edition {slug, standard, title, edition,
                catalogue_version}, sites [{code, name, time_zone}], clauses [slug], from_on, to_on, purpose,
                cutoff_at, time_zone, requested_by (uid), software {name, version}, names ("full" | "initials"),
                has_photos, language, sampling_seed}
    items       [{position, uid, reference, kind, version, content_hash, clauses [slug], occurred_on, recorded_at,
                chain_length, chain_head, standing}]       standing: "counts" | "not_counted" | "withdrawn"
    checkpoint  {seq, at, hash, entries} or null           of the whole system's trail, made for this pack
    files       {name: SHA-256 in hexadecimal}             every embedded file except manifest.json itself

``records.json`` is an object: uid -> {version, content_hash, content, redacted_content, earlier: [{version, at,
content_hash}]}. ``trail.json``: uid -> {chain, entries: [{seq, at, by, verb, changes, redacted_changes, changes_hash,
reason, request_id, previous_hash, hash, is_redacted}]}, where ``by`` is a person's uid ("" for the system) and ``at``
is UTC with microseconds. ``people.json``: uid -> {name or initials, job_title}. ``mappings.json``: a list of {id, kind,
subtype, clause, strength, max_age_days, min_count, min_people, effective_from, effective_to}.

How to check, without the system that issued the pack:

1. The signature of the PDF covers the whole file (any PDF reader or ``pdfsig``).
2. SHA-256 of each embedded file is the one under ``files``; SHA-256 of ``manifest.json`` is the root hash that is
   printed on the cover and on the last page.
3. For each item: SHA-256 of the UTF-8 bytes of ``content`` (a string: the canonical JSON as it was frozen) is
   ``content_hash``, the same in records.json and in the manifest.
4. For each chain: entries are numbered 1, 2, 3 …; the first has sixty-four zeros as ``previous_hash``, every other one
   the ``hash`` before it; and ``hash`` = SHA-256(previous_hash + canonical JSON of [chain, seq, at, by, verb,
   changes_hash, reason, request_id]); ``changes_hash`` = SHA-256(changes). The number of entries and the last hash are
   ``chain_length`` and ``chain_head`` of the item.
5. The entry that made the item's version says so: ``changes`` holds {"version", "content_hash"} equal to the item's.

Personal names as initials: the frozen content holds full names, so it cannot be both shown and redacted. In that mode
``content`` is null and ``redacted_content`` holds the same JSON with names replaced; step 3 can then only compare the
hashes, and the issuing system (its verify page) confirms that they are its own. In a trail entry whose ``changes``
hold a name, ``changes`` is null and ``redacted_changes`` stands instead; step 4 still works, since ``changes_hash``
is given. Only an entry whose ``reason`` holds a name is marked ``is_redacted``: its own hash cannot be recomputed, its
place in the chain still can be followed. In the mode "full" nothing is shortened and every step works for everything.

Personal data that was redacted before the pack was made (of somebody who has left) is null in the same way, in both
modes: ``content_hash`` and ``changes_hash`` are those of the text as it was. An entry with the verb ``trail.redacted``
in the same chain names each such text: ``texts`` is a list of ["entry" or "version", its number, SHA-256 of the text
before, SHA-256 of the text after], where the text after is the one that stands in its place.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Protocol

from qms.services.sheet import csv_lines
from qms.services.trail import canonical, digest

FORMAT = "qms-pack/1"
MANIFEST = "manifest.json"
RECORDS = "records.json"
RECORDS_CSV = "records.csv"
TRAIL = "trail.json"
MAPPINGS = "mappings.json"
PEOPLE = "people.json"
MEDIA_TYPES = {
    MANIFEST: "application/json", RECORDS: "application/json", RECORDS_CSV: "text/csv", TRAIL: "application/json",
    MAPPINGS: "application/json", PEOPLE: "application/json",
}  # fmt: skip
CSV_HEADER = (
    "position", "reference", "kind", "type", "title", "site", "area", "event_date", "recorded_at", "late", "owner",
    "leaders", "met", "clauses", "standing", "version", "content_hash", "uid",
)  # fmt: skip


class Redactor(Protocol):
    """Replaces personal names; in the mode "full" there is none."""

    def text(self, value: str) -> str: ...
    def content(self, value: Any) -> Any: ...


def record_entry(
    version: int, content: str, content_hash: str, earlier: Iterable[tuple[int, str, str]], redactor: Redactor | None,
    *, is_redacted: bool = False,
) -> dict[str, Any]:  # fmt: skip
    """One value of records.json; ``earlier`` gives (version, moment, content hash) of the versions before.

    ``is_redacted``: the content is what a redaction left, and so does not give its hash.
    """
    shown = canonical(redactor.content(json.loads(content))) if redactor else content
    is_shown = not redactor and not is_redacted
    return {
        "version": version,
        "content_hash": content_hash,
        "content": content if is_shown else None,
        "redacted_content": None if is_shown else shown,
        "earlier": [{"version": v, "at": at, "content_hash": h} for v, at, h in earlier],
    }


def trail_entry(entry: Mapping[str, Any], redactor: Redactor | None) -> dict[str, Any]:
    """One entry of trail.json from its fields as text: seq, at, by, verb, changes, changes_hash, reason, request_id,
    both hashes. ``changes_hash`` is that of the changes before they were ever redacted.
    """
    changes, reason = entry["changes"], entry["reason"]
    shown_changes: str | None = changes
    redacted_changes = None
    shown_reason = redactor.text(reason) if redactor else reason
    redacted = canonical(redactor.content(json.loads(changes))) if redactor else changes
    if redacted != changes or digest(changes) != entry["changes_hash"]:
        shown_changes, redacted_changes = None, redacted
    return {
        "seq": entry["seq"], "at": entry["at"], "by": entry["by"], "verb": entry["verb"],
        "changes": shown_changes, "redacted_changes": redacted_changes, "changes_hash": entry["changes_hash"],
        "reason": shown_reason, "request_id": entry["request_id"],
        "previous_hash": entry["previous_hash"], "hash": entry["hash"], "is_redacted": shown_reason != reason,
    }  # fmt: skip


def object_pieces(members: Iterable[tuple[str, Any]]) -> Iterator[bytes]:
    """A JSON object, one member a line, piece by piece so that a large one never stands in memory whole."""
    opening = "{\n"
    for key, value in members:
        yield f"{opening}{canonical(key)}:{canonical(value)}".encode()
        opening = ",\n"
    yield b"\n}\n" if opening != "{\n" else b"{}\n"


def csv_pieces(rows: Iterable[Sequence[Any]]) -> Iterator[bytes]:
    """records.csv, piece by piece: comma, UTF-8 with byte-order mark, lines ended by CR LF, formulas escaped."""
    for line in csv_lines(CSV_HEADER, rows):
        yield line.encode()


def manifest_text(
    pack: Mapping[str, Any], items: list[dict[str, Any]], checkpoint: Mapping[str, Any] | None, files: Mapping[str, str]
) -> str:
    """The manifest's text; its SHA-256 is the root hash."""
    return canonical({
        "format": FORMAT, "pack": dict(pack), "items": items,
        "checkpoint": dict(checkpoint) if checkpoint else None, "files": dict(files),
    })  # fmt: skip
