"""Rows that go to the database together."""

from __future__ import annotations

import pytest
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from qms.models import Notification, RecordPerson, RecordVersion
from qms.services import one_message
from tests.factories import logged_activity, yusuf

pytestmark = pytest.mark.django_db


def test_rows_of_different_models_arrive_in_order_and_at_once_on_postgresql() -> None:
    manager = yusuf()
    walk = logged_activity(manager)
    told = [Notification(user=manager, text=words, at=timezone.now()) for words in ("100 % first", "second")]
    met = RecordPerson(record_id=walk.pk, name="Ana; DROP", part="met")
    with CaptureQueriesContext(connection) as queries:
        one_message.insert(*told, met)
    assert list(manager.notifications.order_by("pk").values_list("text", flat=True)) == ["100 % first", "second"]
    assert walk.participants.filter(part="met").get().name == "Ana; DROP"
    assert len(queries) == (1 if connection.vendor == "postgresql" else 3)


def test_one_refused_row_leaves_none_behind() -> None:
    walk = logged_activity(yusuf())
    same = RecordVersion(record_id=walk.pk, version=walk.version, at=timezone.now(), content="{}", content_hash="0")
    with pytest.raises(DatabaseError), transaction.atomic():
        one_message.insert(RecordPerson(record_id=walk.pk, name="Ana", part="met"), same)
    assert not walk.participants.filter(name="Ana").exists()
