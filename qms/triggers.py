"""Database triggers that keep the trail honest on PostgreSQL and SQLite alike.

Append-only: trail entries, checkpoints, signatures, record versions and acknowledgements refuse UPDATE and DELETE
(PostgreSQL: TRUNCATE too). One change is let through: the text of an entry or of a version, alone, when an entry
``trail.redacted`` that is already in the same chain names the SHA-256 of the text before and after
(qms/services/redaction.py). Records refuse DELETE and any change of the facts the server set; a sent message keeps what
went to whom and when. On SQLite, INSERT OR REPLACE deletes the row in its way without asking the delete triggers unless
``PRAGMA recursive_triggers`` is on; settings.py sets it, and because another program would not, a trigger before INSERT
refuses a row whose keys are taken. trigger_rules.py says what no check constraint can see. Installed by migrations; a
superuser who drops them is found by the hash chains.
"""

from __future__ import annotations

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from qms.trigger_rules import RULES

APPEND_ONLY = (
    "qms_trailentry",
    "qms_checkpoint",
    "qms_signature",
    "qms_recordversion",
    "leadership_acknowledgement",
    "leadership_roleholding",
    "leadership_roleacceptance",
)
UNDELETABLE = (
    "qms_record",
    "qms_person",
    "qms_clausemapping",
    "qms_outboxmessage",
    "qms_reminderrule",
    "qms_closure",
    "qms_absence",
    "objectives_riskacceptance",
    "objectives_objectivetarget",
    "leadership_resourcerequest",
    "leadership_resourcedecision",
    "leadership_occurrence",
    "leadership_policy",
)
SERVER_FACTS = ("id", "uid", "kind", "reference", "recorded_at", "recorded_by_id")
# Facts that are set once: the columns, what must be true for them to be set already, and the sentence.
FACT_MESSAGE = "immutable: uid, kind, reference and the recorded date are set once"
SIGNED_MESSAGE = "immutable: what was signed or decided stays as it was"
FACTS: dict[str, tuple[tuple[str, ...], str, str]] = {
    "qms_record": (SERVER_FACTS, "", FACT_MESSAGE),
    "qms_outboxmessage": (
        ("id", "uid", "key", "letter", "person_id", "about", "status", "sent_at", "to_sha256", "subject_sha256"),
        "OLD.sent_at IS NOT NULL",
        "immutable: what was sent, when and to whom is evidence",
    ),
    # Free text is not among them: a redaction takes names out of it.
    "objectives_riskacceptance": (
        ("id", "risk_id", "accepted_on", "expires_on", "accepted_by_id", "signature_id"), "", SIGNED_MESSAGE,
    ),
    "objectives_objectivetarget": (
        ("id", "objective_id", "number", "target_value", "due_on", "baseline_value", "baseline_on", "approved_at",
         "signature_id"),
        "", SIGNED_MESSAGE,
    ),
    "leadership_resourcedecision": (
        ("id", "request_id", "number", "choice", "awaited_on", "decided_on", "decided_at", "decided_by_id", "days",
         "acceptance_id", "adjusted_target_id", "signature_id"),
        "", SIGNED_MESSAGE,
    ),
    "leadership_occurrence": (
        ("id", "uid", "routine_id", "routine_version", "leader_id", "site_id", "activity_type_id", "rule_on"), "",
        "immutable: whose planned time it is, and by which version of the routine",
    ),
    # What was approved: a later version takes its place.
    "leadership_policy": (
        ("record_ptr_id", "applies_to_id", "number", "language", "text", "translations", "approved_on",
         "approved_by_id"),
        "OLD.approved_on IS NOT NULL", SIGNED_MESSAGE,
    ),
}  # fmt: skip
# What makes a row of each table the only one: REPLACE would delete by any of these.
KEYS: dict[str, tuple[tuple[str, ...], ...]] = {
    "qms_trailentry": (("id",), ("chain", "seq")),
    "qms_checkpoint": (("id",), ("seq",)),
    "qms_signature": (("id",), ("record_id", "version", "signer_id", "meaning")),
    "qms_recordversion": (("id",), ("record_id", "version")),
    "leadership_acknowledgement": (("id",), ("campaign_id", "person_id")),
    "leadership_roleholding": (("id",),),
    "leadership_roleacceptance": (("id",), ("role_id", "version")),
    "qms_record": (("id",), ("uid",), ("reference",)),
    "qms_person": (("id",), ("uid",)),
    "qms_clausemapping": (("id",),),
    "qms_outboxmessage": (("id",), ("uid",)),
    "qms_reminderrule": (("id",),),
    "qms_closure": (("id",),),
    "qms_absence": (("id",),),
    "objectives_riskacceptance": (("id",),),
    "objectives_objectivetarget": (("id",), ("objective_id", "number")),
    "leadership_resourcerequest": (("record_ptr_id",),),
    "leadership_resourcedecision": (("id",), ("request_id", "number")),
    "leadership_occurrence": (("id",), ("uid",), ("activity_id",), ("routine_id", "routine_version", "rule_on")),
    "leadership_policy": (("record_ptr_id",),),
}
# The same where only some rows must be the only one: a condition on the row in the way.
PARTIAL_KEYS = {
    "objectives_riskacceptance": "risk_id = NEW.risk_id AND ended_at IS NULL AND NEW.ended_at IS NULL",
    "leadership_occurrence": (
        "routine_id = NEW.routine_id AND planned_on = NEW.planned_on AND status <> 'cancelled' "
        "AND NEW.status <> 'cancelled'"
    ),
    "leadership_policy": "status = 'approved' AND NEW.status = 'approved' AND "
    "COALESCE(applies_to_id, 0) = COALESCE(NEW.applies_to_id, 0)",
}
# Tables with a text that may be redacted: the text, what a redaction calls it, the column that holds its number there,
# and the column by which the redaction's own entry belongs to the same chain.
REDACTABLE = {
    "qms_trailentry": ("changes", "entry", "seq", "chain"),
    "qms_recordversion": ("content", "version", "version", "record_id"),
}
COLUMNS = {
    "qms_trailentry": (
        "id", "chain", "seq", "record_id", "at", "by_id", "verb", "reason", "request_id", "previous_hash", "hash",
    ),
    "qms_recordversion": ("id", "record_id", "version", "at", "content_hash"),
}  # fmt: skip
REDACTED = "trail.redacted"
MESSAGE = "append-only: this table keeps evidence and refuses to be changed"


def install(connection: BaseDatabaseWrapper) -> None:
    """Create the triggers, replacing those that are there already. Call it after every migration of their tables:
    SQLite alters a table by making it anew, and its triggers are lost with the old one. Tables that a later migration
    makes are left out until then.
    """
    remove(connection)
    with connection.cursor() as cursor:
        tables = set(connection.introspection.table_names(cursor))
        for statement in _statements(connection.vendor, tables):
            cursor.execute(statement)


def install_by_migration(_apps: object, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """The same as a step of a migration: ``migrations.RunPython(triggers.install_by_migration, noop)``."""
    install(schema_editor.connection)


def remove_by_migration(_apps: object, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """The first step of a migration that alters a table which a rule looks into: SQLite checks the rules meanwhile."""
    remove(schema_editor.connection)


def remove(connection: BaseDatabaseWrapper) -> None:
    """Drop the triggers (migration backwards, and test databases that are emptied between tests)."""
    on = connection.vendor == "postgresql"
    with connection.cursor() as cursor:
        there = set(connection.introspection.table_names(cursor))
        for name, table in _names(connection.vendor):
            if table not in there:
                continue
            cursor.execute(f"DROP TRIGGER IF EXISTS {name}" + (f" ON {table}" if on else ""))


def missing(connection: BaseDatabaseWrapper) -> list[str]:
    """Names of the triggers that should be in the database and are not, or are switched off."""
    if connection.vendor == "postgresql":
        query = "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal AND tgenabled IN ('O', 'A')"
    else:
        query = "SELECT name FROM sqlite_master WHERE type = 'trigger'"
    with connection.cursor() as cursor:
        cursor.execute(query)
        there = {name for (name,) in cursor.fetchall()}
    return [name for name, _table in _names(connection.vendor) if name not in there]


def _names(vendor: str) -> list[tuple[str, str]]:
    names = [(f"{table}_refuse_{verb}", table) for table in APPEND_ONLY for verb in ("update", "delete")]
    names += [(f"{table}_refuse_delete", table) for table in UNDELETABLE]
    names += [(f"{table}_refuse_fact_update", table) for table in FACTS]
    names += [(rule.trigger(event), rule.table) for rule in RULES for event in rule.events]
    if vendor == "postgresql":
        names += [(f"{table}_refuse_truncate", table) for table in (*APPEND_ONLY, *UNDELETABLE)]
    else:
        names += [(f"{table}_refuse_replace", table) for table in (*APPEND_ONLY, *UNDELETABLE)]
    return names


def _statements(vendor: str, tables: set[str]) -> list[str]:
    changed = "IS DISTINCT FROM" if vendor == "postgresql" else "IS NOT"
    facts = {table: _facts_change(table, changed) for table in FACTS}
    rules = {rule.trigger(event): (rule, event) for rule in RULES for event in rule.events}
    names = [(name, table) for name, table in _names(vendor) if table in tables and name not in rules]
    ruled = [
        line for rule, event in rules.values() if rule.table in tables for line in rule.sql(event, vendor, changed)
    ]  # fmt: skip
    if vendor == "sqlite":
        return ruled + [_sqlite(name, table, facts.get(table, "")) for name, table in names]
    functions = [
        f"CREATE OR REPLACE FUNCTION qms_refuse() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION '{MESSAGE}'; END $$",
        *(
            f"CREATE OR REPLACE FUNCTION {table}_refuse_fact() RETURNS trigger LANGUAGE plpgsql AS "
            f"$$ BEGIN RAISE EXCEPTION '{message}'; END $$"
            for table, (_columns, _when, message) in FACTS.items()
        ),
        *(
            f"CREATE OR REPLACE FUNCTION {table}_refuse() RETURNS trigger LANGUAGE plpgsql AS "
            f"$$ BEGIN IF {_is_redaction(table, 'postgresql')} THEN RETURN NEW; END IF; "
            f"RAISE EXCEPTION '{MESSAGE}'; END $$"
            for table in REDACTABLE
        ),
    ]
    return functions + ruled + [_postgresql(name, table, facts.get(table, "")) for name, table in names]


def _facts_change(table: str, changed: str) -> str:
    columns, is_set, _message = FACTS[table]
    differs = " OR ".join(f"OLD.{column} {changed} NEW.{column}" for column in columns)
    return f"{is_set} AND ({differs})" if is_set else differs


def _is_redaction(table: str, vendor: str) -> str:
    """A condition: only the text differs, and an entry in the same chain names both its states. Never NULL."""
    text, what, number, chain = REDACTABLE[table]
    if vendor == "postgresql":
        sha = "pg_catalog.encode(pg_catalog.sha256(pg_catalog.convert_to({}, 'UTF8')), 'hex')"
        same, find = "IS NOT DISTINCT FROM", "pg_catalog.strpos"
    else:  # a program whose SQLite has no sha256() cannot change the row at all
        sha, same, find = "sha256({})", "IS", "instr"
    untouched = " AND ".join(f"OLD.{column} {same} NEW.{column}" for column in COLUMNS[table])
    before, after = sha.format(f"OLD.{text}"), sha.format(f"NEW.{text}")
    step = f"""'["{what}",' || OLD.{number} || ',"' || {before} || '","' || {after} || '"]'"""
    own = f"OLD.verb <> '{REDACTED}' AND " if table == "qms_trailentry" else ""
    return (
        f"({own}{untouched} AND NEW.{text} IS NOT NULL AND EXISTS (SELECT 1 FROM qms_trailentry act "  # noqa: S608
        f"WHERE act.{chain} = OLD.{chain} AND act.verb = '{REDACTED}' AND {find}(act.changes, {step}) > 0))"
    )


def _sqlite(name: str, table: str, facts: str) -> str:
    if name.endswith("_fact_update"):
        event, when, message = "UPDATE", f"WHEN {facts} ", FACTS[table][2]
    elif name.endswith("_replace"):
        same = [" AND ".join(f"{column} = NEW.{column}" for column in key) for key in KEYS[table]]
        same += [PARTIAL_KEYS[table]] if table in PARTIAL_KEYS else []
        taken = " OR ".join(f"EXISTS (SELECT 1 FROM {table} WHERE {keys})" for keys in same)  # noqa: S608  our names
        event, when, message = "INSERT", f"WHEN {taken} ", MESSAGE
    elif name.endswith("_update") and table in REDACTABLE:
        event, when, message = "UPDATE", f"WHEN NOT {_is_redaction(table, 'sqlite')} ", MESSAGE
    else:
        event, when, message = name.rsplit("_", 1)[1].upper(), "", MESSAGE
    return (
        f"CREATE TRIGGER {name} BEFORE {event} ON {table} FOR EACH ROW {when}"
        f"BEGIN SELECT RAISE(ABORT, '{message}'); END"
    )


def _postgresql(name: str, table: str, facts: str) -> str:
    if name.endswith("_fact_update"):
        when = f"FOR EACH ROW WHEN ({facts})"
        return f"CREATE TRIGGER {name} BEFORE UPDATE ON {table} {when} EXECUTE FUNCTION {table}_refuse_fact()"
    event = name.rsplit("_", 1)[1].upper()
    level = "STATEMENT" if event == "TRUNCATE" else "ROW"
    function = f"{table}_refuse" if event == "UPDATE" and table in REDACTABLE else "qms_refuse"
    return f"CREATE TRIGGER {name} BEFORE {event} ON {table} FOR EACH {level} EXECUTE FUNCTION {function}()"
