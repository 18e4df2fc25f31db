"""A fast look over many records at once, by PostgreSQL itself: which of them must be walked entry by entry.

It computes what ``trail_walk`` computes, set by set. A record it lets pass is intact; one it names may be intact too
(every signed one is named), so ``trail_walk`` always has the last word, and the words.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from django.db import connection

from qms.models import GENESIS
from qms.services.trail_walk import CONTENT_HASH, Counts, Problem, walk_piece
from qms.services.trail_walk import PIECE as MOST_HELD

PIECE = 10_000  # ids looked at together

# Functions are named with their schema, so that none of the same name can be put in their way.
_SHA = "pg_catalog.encode(pg_catalog.sha256(pg_catalog.convert_to({}, 'UTF8')), 'hex')"
_MOMENT = """pg_catalog.to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"+00:00"')"""
_ENTRY_TEXT = (
    "previous_hash || '[' || pg_catalog.to_json(chain)::text || ',' || seq || ',\"' || " + _MOMENT + " || '\",\"' || "
    "coalesce(by_id::text, '') || '\",' || pg_catalog.to_json(verb)::text || ',\"' || "
    + _SHA.format("changes")
    + " || "
    "'\",' || pg_catalog.to_json(reason)::text || ',' || pg_catalog.to_json(request_id)::text || ']'"
)
_QUERY = f"""
WITH entry AS (
    SELECT record_id, chain, seq, hash, verb, changes,
           {_SHA.format(_ENTRY_TEXT)} <> hash
           OR previous_hash <> lag(hash, 1, '{GENESIS}'::varchar) OVER chain_order
           OR seq <> row_number() OVER chain_order AS is_bad
    FROM qms_trailentry WHERE record_id > %(after)s AND record_id <= %(until)s
    WINDOW chain_order AS (PARTITION BY record_id ORDER BY seq)
), chain AS (
    SELECT record_id, count(*) AS entries, min(chain) AS first_chain, max(chain) AS last_chain,
           bool_or(is_bad OR verb = 'record.signed') AS is_bad,
           string_agg(CASE WHEN starts_with(changes, '{CONTENT_HASH}') THEN substr(changes, 18, 64) END, ''
                      ORDER BY seq) AS sealed
    FROM entry GROUP BY record_id
), kept AS (
    SELECT record_id, count(*) AS versions, min(version) AS first_version, max(version) AS last_version,
           bool_or({_SHA.format("content")} <> content_hash) AS is_bad,
           string_agg(content_hash, '' ORDER BY version) AS sealed
    FROM qms_recordversion WHERE record_id > %(after)s AND record_id <= %(until)s GROUP BY record_id
), judged AS (
    SELECT coalesce(r.id, chain.record_id, kept.record_id) AS id, chain.entries, kept.versions, NOT coalesce(
        NOT chain.is_bad AND NOT kept.is_bad AND chain.sealed = kept.sealed
        AND chain.first_chain = 'record:' || r.uid AND chain.last_chain = chain.first_chain
        AND kept.first_version = 1 AND kept.last_version = kept.versions AND r.version = kept.versions
        AND NOT EXISTS (SELECT 1 FROM qms_signature WHERE qms_signature.record_id = r.id), false) AS is_named
    FROM (SELECT id, uid, version FROM qms_record WHERE id > %(after)s AND id <= %(until)s) r
    FULL JOIN chain ON chain.record_id = r.id FULL JOIN kept ON kept.record_id = coalesce(r.id, chain.record_id)
)
SELECT count(*), coalesce(sum(entries), 0), coalesce(sum(versions), 0),
       (SELECT count(*) FROM qms_signature WHERE record_id > %(after)s AND record_id <= %(until)s),
       coalesce(array_agg(id ORDER BY id) FILTER (WHERE is_named), '{{}}')
FROM judged
"""  # noqa: S608  nothing from outside


def walk_screened(after: int, until: int, counts: Counts) -> Iterator[Problem]:
    """As ``trail_walk.walk_records``, reading row by row only what does not pass the screen."""
    with connection.cursor() as cursor:
        cursor.execute("SET jit = off")  # compiling the query takes longer than running it
        while after < until:
            last = min(after + PIECE, until)
            cursor.execute(_QUERY, {"after": after, "until": last})
            *numbers, named = cursor.fetchone()
            for name, number in zip(("records", "entries", "versions", "signatures"), numbers, strict=True):
                counts[name] += int(number)
            for start in range(0, len(named), MOST_HELD):
                span = ("{id} = ANY(%s)", [named[start : start + MOST_HELD]])
                yield from walk_piece(cursor, span, Counter())
            after = last
