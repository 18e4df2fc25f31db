"""The database itself refuses to lose or rewrite evidence, whatever program asks it."""

import uuid

import pytest
from django.db import DatabaseError, connection, transaction

from leadership.models import (
    Acknowledgement,
    Occurrence,
    Policy,
    ResourceDecision,
    ResourceRequest,
    RoleAcceptance,
    RoleHolding,
)
from leadership.services import role as role_service
from leadership.services import role_acceptance, routine
from objectives.models import ObjectiveTarget, RiskAcceptance
from qms import triggers
from qms.models import (
    Absence,
    Checkpoint,
    ClauseMapping,
    Closure,
    OutboxMessage,
    Person,
    Record,
    RecordVersion,
    ReminderRule,
    Signature,
    TrailEntry,
    User,
)
from qms.services import absence, site_calendar, trail_check
from qms.services import record as record_service
from tests.factories import NOW, TODAY, MappingFactory, cast_member, logged_activity, yusuf
from tests.leadership.acknowledgements import acknowledged, asked
from tests.leadership.policies import approved_policy
from tests.leadership.resource_requests import asked_for, declined, scrap

pytestmark = pytest.mark.django_db
MODELS = {
    "qms_trailentry": TrailEntry,
    "qms_checkpoint": Checkpoint,
    "qms_signature": Signature,
    "qms_recordversion": RecordVersion,
    "leadership_acknowledgement": Acknowledgement,
    "leadership_roleholding": RoleHolding,
    "leadership_roleacceptance": RoleAcceptance,
    "qms_record": Record,
    "qms_person": Person,
    "qms_clausemapping": ClauseMapping,
    "qms_outboxmessage": OutboxMessage,
    "qms_reminderrule": ReminderRule,
    "qms_closure": Closure,
    "qms_absence": Absence,
    "objectives_riskacceptance": RiskAcceptance,
    "objectives_objectivetarget": ObjectiveTarget,
    "leadership_resourcerequest": ResourceRequest,
    "leadership_resourcedecision": ResourceDecision,
    "leadership_occurrence": Occurrence,
    "leadership_policy": Policy,
}
HARMLESS = {
    "qms_trailentry": "reason",
    "qms_checkpoint": "seq",
    "qms_signature": "name",
    "qms_recordversion": "content",
    "leadership_acknowledgement": "words",
    "leadership_roleholding": "starts_on",
    "leadership_roleacceptance": "way",
}
sqlite_only = pytest.mark.skipif("connection.vendor != 'sqlite'", reason="REPLACE is SQLite's")


@pytest.fixture(autouse=True)
def something_of_everything() -> None:
    user = yusuf()
    MappingFactory()
    activity = logged_activity(user)
    site_calendar.add_closure(activity.site, starts_on=TODAY, ends_on=TODAY, reason="Fair", by=user, at=NOW)
    absence.enter(user.person, starts_on=TODAY, ends_on=TODAY, cause="leave", by=user, at=NOW)
    approved_policy(user)
    acknowledged(asked(activity, by=user, people=[user.person]), user.person)
    routine.propose(
        uid=uuid.uuid4(), owner=user.person, site=activity.site, activity_type=activity.activity_type,
        rule="FREQ=DAILY", starts_on=TODAY, by=user, at=NOW,
    )  # fmt: skip
    record_service.sign(activity, meaning="Confirmed", by=user, at=NOW, method="password")
    trail_check.checkpoint(at=NOW)
    ReminderRule.objects.create(slug="due", name="Due", event="due", from_on=NOW.date(), created_at=NOW)
    OutboxMessage.objects.create(
        letter="digest", person=user.person, created_at=NOW, next_at=NOW, status="sent", sent_at=NOW,
        to_sha256="a" * 64, subject_sha256="b" * 64,
    )  # fmt: skip
    boss = cast_member("Ana Ruiz")
    declined(asked_for(user, decider=boss.person, objective_served=scrap(boss)), boss)
    held_and_accepted_role(user)
    if connection.vendor == "postgresql":  # foreign keys still to be checked would stand in the way of ALTER
        connection.cursor().execute("SET CONSTRAINTS ALL IMMEDIATE")


def held_and_accepted_role(user: User) -> None:
    drafted = role_service.draft(
        uid=uuid.uuid4(), title="Release", owner=user.person, site=user.person.site, responsibilities=["All of it"],
        by=user, at=NOW,
    )  # fmt: skip
    role = role_service.offer(drafted, holder=user.person, by=user, at=NOW)
    role_acceptance.accept(role, version=role.version, by=user, at=NOW, method="password")


def refused(sql: str, params: list[object] | None = None) -> str:
    """The message the database refuses a statement with; fails when it does not."""
    with pytest.raises(DatabaseError) as error, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql, params)
    return str(error.value)


def test_tables_listed_here_are_the_protected_ones() -> None:
    assert tuple(MODELS) == (*triggers.APPEND_ONLY, *triggers.UNDELETABLE)
    assert [model._meta.db_table for model in MODELS.values()] == list(MODELS)


@pytest.mark.parametrize("table", triggers.APPEND_ONLY)
def test_update_of_append_only_table_refused(table: str) -> None:
    assert triggers.MESSAGE in refused(f"UPDATE {table} SET {HARMLESS[table]} = {HARMLESS[table]}")


@pytest.mark.parametrize("table", MODELS)
def test_delete_refused(table: str) -> None:
    before = MODELS[table].objects.count()
    assert before > 0
    assert triggers.MESSAGE in refused(f"DELETE FROM {table}")
    assert MODELS[table].objects.count() == before


@pytest.mark.postgresql
@pytest.mark.parametrize("table", MODELS)
def test_truncate_refused(table: str) -> None:
    assert triggers.MESSAGE in refused(f"TRUNCATE {table} CASCADE")


@sqlite_only
@pytest.mark.parametrize("pragma", ["ON", "OFF"])
@pytest.mark.parametrize("table", MODELS)
def test_insert_or_replace_refused_with_and_without_the_pragma(table: str, pragma: str) -> None:
    connection.cursor().execute(f"PRAGMA recursive_triggers={pragma}")
    try:
        message = refused(f"INSERT OR REPLACE INTO {table} SELECT * FROM {table}")
    finally:
        connection.cursor().execute("PRAGMA recursive_triggers=ON")
    assert triggers.MESSAGE in message


@sqlite_only
@pytest.mark.parametrize("table", [table for table, keys in triggers.KEYS.items() if len(keys) > 1])
def test_insert_or_replace_under_a_new_id_refused(table: str) -> None:
    columns = [field.column for field in MODELS[table]._meta.concrete_fields if field.column != "id"]
    names = ", ".join(columns)
    assert triggers.MESSAGE in refused(f"INSERT OR REPLACE INTO {table} ({names}) SELECT {names} FROM {table}")


@sqlite_only
def test_update_or_replace_that_would_swallow_another_row_refused() -> None:
    low, high = Record.objects.order_by("pk").values_list("pk", flat=True)[:2]
    assert triggers.FACT_MESSAGE in refused("UPDATE OR REPLACE qms_record SET id = %s WHERE id = %s", [low, high])


@sqlite_only
def test_connections_ask_triggers_on_replace() -> None:
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA recursive_triggers")
        assert cursor.fetchone() == (1,)


@pytest.mark.parametrize("column", ["reference", "kind", "recorded_at", "uid"])
def test_change_of_a_servers_fact_refused(column: str) -> None:
    value = {"uid": "00000000000000000000000000000001", "recorded_at": "2020-01-01 00:00:00"}.get(column, "CHANGED")
    assert triggers.FACT_MESSAGE in refused(f"UPDATE qms_record SET {column} = %s", [value])


def test_change_of_other_facts_of_a_record_accepted() -> None:
    assert Record.objects.update(title="Corrected") == Record.objects.count()


def test_missing_names_a_dropped_trigger() -> None:
    assert triggers.missing(connection) == []
    on = " ON qms_trailentry" if connection.vendor == "postgresql" else ""
    connection.cursor().execute(f"DROP TRIGGER qms_trailentry_refuse_update{on}")
    assert triggers.missing(connection) == ["qms_trailentry_refuse_update"]
    triggers.install(connection)
    assert triggers.missing(connection) == []


@pytest.mark.postgresql
def test_missing_names_a_trigger_that_is_switched_off() -> None:
    connection.cursor().execute("ALTER TABLE qms_trailentry DISABLE TRIGGER qms_trailentry_refuse_delete")
    assert triggers.missing(connection) == ["qms_trailentry_refuse_delete"]


@pytest.mark.parametrize("column", ["sent_at", "to_sha256", "subject_sha256", "letter", "status", "person_id"])
def test_what_was_sent_cannot_be_told_otherwise(column: str) -> None:
    values = {"sent_at": NOW.replace(year=2020), "person_id": 0}
    message = triggers.FACTS["qms_outboxmessage"][2]
    assert message in refused(f"UPDATE qms_outboxmessage SET {column} = %s", [values.get(column, "pending")])
    assert OutboxMessage.objects.filter(subject="").update(subject="Redacted") == 1
