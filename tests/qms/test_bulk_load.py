"""Bulk loads: the schema is the same afterwards, keys still bind, odd values arrive as they were."""

from datetime import UTC, datetime
from uuid import uuid4

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models import Model

from qms.models import Person, Record, ReferenceCounter, TrailEntry
from qms.services import bulk_load
from tests.factories import MappingFactory, SiteFactory, logged_activity, yusuf

pytestmark = pytest.mark.django_db
POSTGRESQL = (
    "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint WHERE connamespace = 'public'::regnamespace",
    "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'",
    "SELECT tgname, pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal",
)
SQLITE = ("SELECT name, sql FROM sqlite_master",)


def schema() -> set[tuple[str, str]]:
    """Every constraint, index and trigger, as the database itself writes them."""
    found = set()
    with connection.cursor() as cursor:
        for query in POSTGRESQL if connection.vendor == "postgresql" else SQLITE:
            cursor.execute(query)
            found |= set(cursor.fetchall())
    return found


def counter_rows(site: object, *prefixes: str) -> dict[type[Model], tuple[tuple[str, ...], list[list[object]]]]:
    rows: list[list[object]] = [[prefix, site, 2026, 1] for prefix in prefixes]
    return {ReferenceCounter: (("prefix", "site_id", "year", "last"), rows)}


def test_schema_is_the_same_after_a_load() -> None:
    MappingFactory()
    logged_activity(yusuf())  # its rows wait for their keys to be checked when the load begins
    before = schema()
    with bulk_load.bare_tables(Record, TrailEntry, Person):
        during = schema()
        SiteFactory(code="LYO")
    assert schema() == before
    assert (before == during) is (connection.vendor == "sqlite")
    assert not {name for name, _sql in before - during} & {"qms_record_pkey", "qms_person_uid_key"}


def test_broken_key_is_found_at_the_end_of_the_load() -> None:
    before, entries = schema(), TrailEntry.objects.count()
    row = ["x", 1, 999_999, datetime(2026, 1, 1, tzinfo=UTC), "x", "{}", "", "", "0" * 64, "0" * 64]
    columns = (
        "chain", "seq", "record_id", "at", "verb", "changes", "reason", "request_id", "previous_hash", "hash",
    )  # fmt: skip

    def load() -> None:
        with transaction.atomic():
            with bulk_load.bare_tables(TrailEntry), bulk_load.RowWriter() as writer:
                writer.write({TrailEntry: (columns, [row])})
            connection.check_constraints()  # SQLite looks at the end of the outermost transaction only

    with pytest.raises(IntegrityError):
        load()
    assert schema() == before
    assert TrailEntry.objects.count() == entries


def test_odd_values_arrive_as_they_were() -> None:
    names = ["tab\there", "line\nbreak\r", "\\n \\N \\.", "\" ' ;", "Łódź 工場 🏭", "\\N", "\\."]
    with bulk_load.RowWriter() as writer:
        writer.write(counter_rows(SiteFactory().pk, *names))
    assert list(ReferenceCounter.objects.order_by("pk").values_list("prefix", flat=True)) == names


def test_nothing_and_times_and_uuids_arrive_as_they_were() -> None:
    activity, uid, at = logged_activity(yusuf()), uuid4(), datetime(2026, 2, 28, 23, 59, 59, 123456, tzinfo=UTC)
    with bulk_load.RowWriter() as writer:
        writer.write({
            Person: (("uid", "name"), []),
            TrailEntry: (
                ("chain", "seq", "record_id", "at", "by_id", "verb", "changes", "reason", "request_id",
                 "previous_hash", "hash"),
                [["a", 1, None, at, activity.owner.uid, "x", "{}", "", "", "", ""],
                 [str(uid), 1, activity.pk, at, None, "x", "{}", "", "", "", ""]],
            ),
        })  # fmt: skip
    first, second = TrailEntry.objects.filter(verb="x").order_by("pk")
    assert (first.record_id, first.at, first.by) == (None, at, activity.owner)
    assert (second.record, second.by) == (Record.objects.get(pk=activity.pk), None)


def test_refused_row_raises_at_the_end_of_the_block() -> None:
    site = SiteFactory().pk

    def load() -> None:
        with transaction.atomic(), bulk_load.RowWriter() as writer:
            writer.write(counter_rows(site, "WALK"))
            writer.write(counter_rows(site, "MEET", "WALK"))

    with pytest.raises(IntegrityError):
        load()
    assert not ReferenceCounter.objects.exists()
