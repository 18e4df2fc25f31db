"""Walks over everything the trail protects and names what does not fit. Reads tuples, in pieces; memory stays flat.

Each walk yields problems as it meets them and counts what it has seen. What is looked at, and why a change behind the
triggers shows: see ``trail_check.verify``, which runs them.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from itertools import groupby
from json.encoder import encode_basestring
from operator import itemgetter
from typing import Any

from django.db import connection, transaction

from qms.models import GENESIS, Checkpoint, TrailEntry
from qms.services.redaction_steps import ENTRY, REDACTED, VERSION, Steps, original, steps_of
from qms.services.trail import canonical, moment

PIECE = 2_000  # records held at a time
CONTENT_HASH = '{"content_hash":"'
Row = tuple[Any, ...]
Span = tuple[str, list[Any]]
"""A condition on ``{id}``, the column that holds a record's id, and its parameters."""
Counts = Counter[str]


@dataclass(frozen=True)
class Problem:
    """Something that does not fit: ``where`` is a record's reference, a chain or a checkpoint; ``seq`` its entry."""

    where: str
    seq: int
    what: str

    def __str__(self) -> str:
        return f"{self.where}, entry {self.seq}: {self.what}" if self.seq else f"{self.where}: {self.what}"


@dataclass
class _Kept:
    """One record as it is walked: what its row, its versions and its signatures say."""

    reference: str
    chain: str
    version: int
    seq: int = 0
    head: str = GENESIS
    versions: dict[int, str] = field(default_factory=dict)
    signatures: Counter[Row] = field(default_factory=Counter)
    sealed: dict[int, str] = field(default_factory=dict)
    signed: Counter[Row] = field(default_factory=Counter)
    redacted: Steps = field(default_factory=dict)
    is_gone: bool = False


class _Records(dict[int, _Kept]):
    """Records by id; one that rows point at and that is not there is kept as gone."""

    def __missing__(self, record_id: int) -> _Kept:
        self[record_id] = _Kept(f"record with id {record_id}", "", 0, is_gone=True)
        return self[record_id]


@contextmanager
def snapshot() -> Iterator[None]:
    """One unmoving view of the database while others write; nobody waits. Inside a transaction it adds nothing."""
    if connection.in_atomic_block:
        yield
    elif connection.vendor == "postgresql":
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            yield
    else:  # a plain BEGIN only reads; transaction.atomic would take the writer's lock
        with connection.cursor() as cursor:
            cursor.execute("BEGIN")
            try:
                yield
            finally:
                cursor.execute("ROLLBACK")


def _adapters() -> tuple[Callable[[Any], str], Callable[[Any], str]]:
    """How this engine's times and uids, as ``_sql`` selects them, become the text that is hashed."""
    return (_moment_of_datetime, str) if connection.vendor == "postgresql" else (_moment_of_text, _dashed)


def _sql(statement: str) -> str:
    """The statement with uids, and on SQLite times, selected as plain text: nothing is parsed that need not be."""
    on = connection.vendor == "postgresql"
    return statement.replace("(uid)", "::text" if on else "").replace("(time)", "" if on else " || ''")


def _moment_of_datetime(at: datetime) -> str:
    return at.isoformat(timespec="microseconds")


def _moment_of_text(at: str) -> str:
    return f"{at[:10]}T{at[11:]}{'' if len(at) > 19 else '.000000'}+00:00"


def _dashed(uid: str) -> str:
    return f"{uid[:8]}-{uid[8:12]}-{uid[12:16]}-{uid[16:20]}-{uid[20:]}"


def rehash(row: Row, at: str, by: str, redacted: Steps | None = None) -> str:
    """The hash an entry must have, from its tuple as ``_ENTRY`` selects it: ``trail.entry_hash``, faster."""
    _record_id, chain, seq, _at, _by, verb, changes, reason, request_id, previous, _hash = row
    quote = encode_basestring
    changes_hash = sha256(changes.encode()).hexdigest()
    if redacted:
        changes_hash = original(redacted, ENTRY, seq, changes_hash)
    text = (
        f'{previous}[{quote(chain)},{seq},"{at}","{by}",{quote(verb)},"{changes_hash}",'
        f"{quote(reason)},{quote(request_id)}]"
    )
    return sha256(text.encode()).hexdigest()


_ENTRY = (
    "SELECT record_id, chain, seq, at(time), by_id(uid), verb, changes, reason, request_id, previous_hash, hash "
    "FROM qms_trailentry "
)


def walk_records(after: int, until: int, counts: Counts) -> Iterator[Problem]:
    """Every record with ``after`` < id <= ``until``: chain, versions, signatures, and that they agree."""
    with connection.cursor() as cursor:
        while after < until:
            cursor.execute(
                "SELECT id FROM qms_record WHERE id > %s AND id <= %s ORDER BY id LIMIT 1 OFFSET %s",
                [after, until, PIECE - 1],
            )
            last = (cursor.fetchone() or (until,))[0]
            yield from walk_piece(cursor, ("{id} > %s AND {id} <= %s", [after, last]), counts)
            after = last


def walk_piece(cursor: Any, span: Span, counts: Counts) -> Iterator[Problem]:
    """The records of one span, held in memory together."""
    _at_text, uid_text = _adapters()
    _select(cursor, "SELECT id, reference, uid(uid), version FROM qms_record WHERE {span}", "id", span)
    records = _Records()
    for pk, reference, uid, version in cursor.fetchall():
        records[pk] = _Kept(reference, f"record:{uid_text(uid)}", version)
    counts["records"] += len(records)
    _select(cursor, _ENTRY + "WHERE {span} ORDER BY record_id, seq", "record_id", span)
    rows = cursor.fetchall()
    for record_id, own in groupby((row for row in rows if row[5] == REDACTED), key=itemgetter(0)):
        records[record_id].redacted = steps_of(row[6] for row in own)
    yield from _load_versions(cursor, span, records, counts)
    _load_signatures(cursor, span, records, counts)
    yield from _follow(rows, records, counts)
    for record in records.values():
        yield from _agree(record)


def _select(cursor: Any, statement: str, column: str, span: Span) -> None:
    condition, params = span
    cursor.execute(_sql(statement.replace("{span}", condition.replace("{id}", column))), params)


def _load_versions(cursor: Any, span: Span, records: _Records, counts: Counts) -> Iterator[Problem]:
    query = "SELECT record_id, version, content_hash, content FROM qms_recordversion WHERE {span} "
    _select(cursor, query + "ORDER BY record_id, version", "record_id", span)
    rows = cursor.fetchall()
    counts["versions"] += len(rows)
    for record_id, version, content_hash, content in rows:
        record = records[record_id]
        record.versions[version] = content_hash
        if original(record.redacted, VERSION, version, sha256(content.encode()).hexdigest()) != content_hash:
            yield Problem(record.reference, 0, f"the content of version {version} was changed")


def _load_signatures(cursor: Any, span: Span, records: _Records, counts: Counts) -> None:
    _at_text, uid_text = _adapters()
    query = (
        "SELECT s.record_id, s.version, s.content_hash, s.meaning, p.uid(uid) FROM qms_signature s "
        "JOIN qms_person p ON p.id = s.signer_id WHERE {span}"
    )
    _select(cursor, query, "s.record_id", span)
    for record_id, version, content_hash, meaning, signer in cursor.fetchall():
        records[record_id].signatures[version, content_hash, meaning, uid_text(signer)] += 1
        counts["signatures"] += 1


def _follow(rows: list[Row], records: _Records, counts: Counts) -> Iterator[Problem]:
    """Recompute the chains of records; ``rows`` stand in the order of record and seq."""
    at_text, uid_text = _adapters()
    counts["entries"] += len(rows)
    for row in rows:
        record = records[row[0]]
        if record.is_gone:
            continue
        by = uid_text(row[4]) if row[4] else ""
        if row[2] != record.seq + 1 or row[9] != record.head or row[1] != record.chain:
            yield from _misfit(row, record.chain, record.reference, record.seq, record.head)
        if rehash(row, at_text(row[3]), by, record.redacted) != row[10]:
            yield Problem(record.reference, row[2], f"“{row[5]}” was changed: what it says does not give its hash")
        record.seq, record.head = row[2], row[10]
        if '"content_hash":"' in row[6]:
            _note(record, row[5], row[6], by)


def _misfit(row: Row, chain: str, name: str, seq: int, head: str) -> Iterator[Problem]:
    """Why an entry cannot follow the one before it."""
    if row[1] != chain:
        yield Problem(name, row[2], f"“{row[5]}” belongs to another chain ({row[1]})")
    elif row[2] != seq + 1:
        lost = f"{seq + 1}" if row[2] == seq + 2 else f"{seq + 1} to {row[2] - 1}"
        yield Problem(name, row[2], f"“{row[5]}” follows entry {seq}; missing: {lost}")
    elif row[9] != head:
        yield Problem(name, row[2], f"“{row[5]}” does not follow from entry {seq}: the hash it names is another")


def _note(record: _Kept, verb: str, changes: str, by: str) -> None:
    """Keep what an entry says about a version or a signature, to be compared with the rows themselves."""
    version = changes.rpartition('"version":')[2][:-1]
    if verb != "record.signed" and version.isdecimal() and changes.startswith(CONTENT_HASH):
        record.sealed[int(version)] = changes[len(CONTENT_HASH) : len(CONTENT_HASH) + 64]
        return
    facts = json.loads(changes)
    if verb == "record.signed":
        signer = facts.get("signer", by)
        record.signed[facts["version"], facts["content_hash"], facts["meaning"], signer] += 1
    elif "content_hash" in facts:
        record.sealed[facts["version"]] = facts["content_hash"]


def _agree(record: _Kept) -> Iterator[Problem]:
    """The record's row, its versions, its signatures and its trail must tell the same story."""
    if record.is_gone:
        yield Problem(record.reference, 0, "its row is missing, but versions, signatures or trail of it are there")
        return
    if record.seq == 0:
        yield Problem(record.reference, 0, "its whole chain is missing from the trail")
        return
    if record.versions != record.sealed:
        for version in sorted(record.versions.keys() | record.sealed.keys()):
            yield from _agree_on_version(record, version)
    if record.version != max(record.versions, default=0):
        newest = max(record.versions, default=0)
        yield Problem(record.reference, 0, f"the record says version {record.version}, the newest kept is {newest}")
    if record.signatures != record.signed:
        yield from _agree_on_signatures(record)


def _agree_on_version(record: _Kept, version: int) -> Iterator[Problem]:
    kept, sealed = record.versions.get(version), record.sealed.get(version)
    if kept is None:
        yield Problem(record.reference, 0, f"version {version} is in the trail, but its content is missing")
    elif sealed is None:
        yield Problem(record.reference, 0, f"version {version} is not in the trail")
    elif kept != sealed:
        yield Problem(record.reference, 0, f"the content of version {version} is not the one the trail sealed")


def _agree_on_signatures(record: _Kept) -> Iterator[Problem]:
    for version, content_hash, meaning, _signer in record.signatures - record.signed:
        if record.versions.get(version) != content_hash:
            what = f"the signature “{meaning}” is not bound to the content of version {version}"
        else:
            what = f"the signature “{meaning}” on version {version} is not in the trail as it stands"
        yield Problem(record.reference, 0, what)
    for version, _content_hash, meaning, _signer in record.signed - record.signatures:
        yield Problem(record.reference, 0, f"the signature “{meaning}” on version {version} is missing")


def walk_loose_chains(counts: Counts) -> Iterator[Problem]:
    """Chains of everything that is not a record: people, sites, mappings, the organization."""
    at_text, uid_text = _adapters()
    chain, seq, head = "", 0, GENESIS
    redacted = _loose_redactions()
    for row in stream(_sql(_ENTRY + "WHERE record_id IS NULL ORDER BY chain, seq")):
        counts["entries"] += 1
        if row[1] != chain:
            chain, seq, head = row[1], 0, GENESIS
            counts["chains"] += 1
            if chain.startswith("record:"):
                yield Problem(chain, row[2], f"“{row[5]}” was cut off from its record")
        if row[2] != seq + 1 or row[9] != head:
            yield from _misfit(row, chain, chain, seq, head)
        if rehash(row, at_text(row[3]), uid_text(row[4]) if row[4] else "", redacted.get(chain)) != row[10]:
            yield Problem(chain, row[2], f"“{row[5]}” was changed: what it says does not give its hash")
        seq, head = row[2], row[10]


def _loose_redactions() -> dict[str, Steps]:
    """What was redacted in chains that are no record's, by chain."""
    rows = TrailEntry.objects.filter(record=None, verb=REDACTED).order_by("chain", "seq")
    chains = groupby(rows.values_list("chain", "changes"), key=itemgetter(0))
    return {chain: steps_of(changes for _chain, changes in own) for chain, own in chains}


def walk_checkpoints(counts: Counts) -> Iterator[Problem]:
    """Checkpoints follow one another and cover what was there when they were made: a cut tail shows here."""
    seq, head, after = 0, GENESIS, 0
    for row in Checkpoint.objects.order_by("seq").iterator():
        name = f"checkpoint {row.seq}"
        counts["checkpoints"] += 1
        if row.seq != seq + 1:
            yield Problem(name, 0, f"it follows checkpoint {seq}; those between are missing")
        elif row.previous_hash != head:
            yield Problem(name, 0, "it does not follow from the one before: the hash it names is another")
        start = row.previous_hash + canonical([row.seq, moment(row.at), row.last_entry_id, row.entries])
        state, found = sha256(start.encode()), 0
        for number, hashes in hash_blocks(after, row.last_entry_id):
            state.update(hashes.encode())
            found += number
        if found != row.entries:
            yield Problem(name, 0, f"it sealed {row.entries} entries, {found} are there (up to id {row.last_entry_id})")
        elif state.hexdigest() != row.hash:
            yield Problem(name, 0, "the entries it sealed, or what it says itself, do not give its hash")
        seq, head, after = row.seq, row.hash, max(after, row.last_entry_id)


def hash_blocks(after: int, until: int) -> Iterator[tuple[int, str]]:
    """The hashes of entries with ``after`` < id <= ``until`` by id, in pieces of (how many, their text)."""
    joined = "string_agg(hash, '' ORDER BY id)" if connection.vendor == "postgresql" else "group_concat(hash, '')"
    query = (  # SQLite takes the rows in the order of the inner query
        f"SELECT count(*), max(id), {joined} FROM (SELECT id, hash FROM qms_trailentry "  # noqa: S608  names from here
        "WHERE id > %s AND id <= %s ORDER BY id LIMIT 50000) piece"
    )
    with connection.cursor() as cursor:
        while after < until:
            cursor.execute(query, [after, until])
            number, last, hashes = cursor.fetchone()
            if not number:
                return
            yield number, hashes
            after = last


def stream(query: str) -> Iterator[Row]:
    """Rows one by one, fetched in pieces (a server-side cursor on PostgreSQL)."""
    with connection.chunked_cursor() as cursor:
        cursor.itersize = 10_000  # type: ignore[attr-defined]  # of psycopg2
        cursor.execute(query)
        while rows := cursor.fetchmany(10_000):
            yield from rows
