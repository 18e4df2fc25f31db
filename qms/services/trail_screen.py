"""A fast look over many records at once, by PostgreSQL itself: which of them must be walked entry by entry.

It asks what ``trail_walk`` asks, set by set: each entry against its hash, the entry before it, its record and the
version it sealed; then, by counting, whether anything stands there that no entry speaks of. A record it lets pass is
intact; one it names may be intact too (every signed one is named), so ``trail_walk`` always has the last word, and
the words. Where the counts of a piece do not agree, the whole piece is walked.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from django.db import connection

from qms.models import GENESIS
from qms.services.trail_walk import PIECE as MOST_HELD
from qms.services.trail_walk import Counts, Problem, Span, walk_piece

PIECE = 10_000  # ids looked at together
SEALED = '"content_hash":"'
# Compiling the query takes longer than running it. Sorted inputs are merged: with statistics from before a large
# import the planner expects few rows, and a loop over loops would never end.
_SETTINGS = "SET LOCAL jit = off; SET LOCAL enable_nestloop = off; SET LOCAL enable_seqscan = off"

# Functions are named with their schema, so that none of the same name can be put in their way.
_SHA = "pg_catalog.encode(pg_catalog.sha256(pg_catalog.convert_to({}, 'UTF8')), 'hex')"
_MOMENT = """pg_catalog.to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"+00:00"')"""
_QUOTED = "CASE WHEN {0} = '' THEN '\"\"' ELSE pg_catalog.to_json({0})::text END"
_ENTRY_TEXT = (  # a chain that passes is "record:" and a uid, which needs no escapes
    "previous_hash || '[\"' || chain || '\",' || seq || ',\"' || " + _MOMENT + " || '\",\"' || "
    "coalesce(by_id::text, '') || '\",' || pg_catalog.to_json(verb)::text || ',\"' || "
    + _SHA.format("changes")
    + " || '\",' || "
    + _QUOTED.format("reason")
    + " || ',' || "
    + _QUOTED.format("request_id")
    + " || ']'"
)
_RECORDS = "SELECT id, uid, version FROM qms_record WHERE id > %(after)s AND id <= %(until)s"
_PIECE = "WHERE record_id > %(after)s AND record_id <= %(until)s"
_ENTRIES = f"""
WITH entry AS (
    SELECT record_id, chain, changes, verb, sealed_at, row_number() OVER in_order AS place,
           {_SHA.format(_ENTRY_TEXT)} = hash AND seq = row_number() OVER in_order
           AND previous_hash = lag(hash, 1, '{GENESIS}'::varchar) OVER in_order AS fits,
           CASE WHEN sealed_at > 0 THEN count(nullif(sealed_at, 0)) OVER in_order END AS version
    FROM (
        SELECT *, CASE WHEN verb = 'record.signed' THEN 0 ELSE pg_catalog.strpos(changes, '{SEALED}') END AS sealed_at
        FROM qms_trailentry {_PIECE}
    ) piece WINDOW in_order AS (PARTITION BY record_id ORDER BY seq)
)
SELECT count(*), count(*) FILTER (WHERE place = 1), count(v.id), count(v.id) FILTER (WHERE v.version <= r.version),
       array_agg(DISTINCT entry.record_id) FILTER (WHERE NOT coalesce(
           fits AND chain = 'record:' || r.uid AND verb <> 'record.signed' AND (
               entry.version IS NULL
               OR v.version <= r.version
               AND pg_catalog.substr(changes, sealed_at + {len(SEALED)}, 64) = v.content_hash
               AND changes LIKE '%%"version":' || v.version || '}}'
               AND {_SHA.format("v.content")} = v.content_hash
           ), false))
FROM entry JOIN ({_RECORDS}) r ON r.id = entry.record_id
LEFT JOIN (SELECT id, record_id, version, content, content_hash FROM qms_recordversion {_PIECE}) v
       ON v.record_id = entry.record_id AND v.version = entry.version
"""  # noqa: S608  nothing from outside
_COUNTS = f"""
SELECT (SELECT count(*) FROM ({_RECORDS}) r), (SELECT coalesce(sum(version), 0) FROM ({_RECORDS}) r),
       (SELECT count(*) FROM qms_trailentry {_PIECE}), (SELECT count(*) FROM qms_recordversion {_PIECE}),
       (SELECT array_agg(record_id) FROM qms_signature {_PIECE})
"""  # noqa: S608  nothing from outside


def walk_screened(after: int, until: int, counts: Counts) -> Iterator[Problem]:
    """As ``trail_walk.walk_records``, reading row by row only what does not pass the screen. In a transaction only."""
    with connection.cursor() as cursor:
        cursor.execute(_SETTINGS)
        while after < until:
            last = min(after + PIECE, until)
            for span in _doubtful(cursor, after, last, counts):
                yield from walk_piece(cursor, span, Counter())
            after = last


def _doubtful(cursor: Any, after: int, until: int, counts: Counts) -> list[Span]:
    """What must be walked of the records with ``after`` < id <= ``until``."""
    piece = {"after": after, "until": until}
    cursor.execute(_COUNTS, piece)
    records, versions_said, entries, versions, signed = cursor.fetchone()
    counts.update(records=records, entries=entries, versions=versions, signatures=len(signed or ()))
    cursor.execute(_ENTRIES, piece)
    *seen, named = cursor.fetchone()
    # Every entry has its record, every record a chain, every version its entry; no record says more or fewer versions.
    if seen != [entries, records, versions, versions_said]:
        lows = range(after, until, MOST_HELD)
        return [("{id} > %s AND {id} <= %s", [low, min(low + MOST_HELD, until)]) for low in lows]
    ids = sorted({*(named or ()), *(signed or ())})
    return [("{id} = ANY(%s)", [ids[start : start + MOST_HELD]]) for start in range(0, len(ids), MOST_HELD)]
