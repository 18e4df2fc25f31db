"""Standstills of workers and beat: noticed after five minutes, told once by mail, ended when they are heard again."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from django.core import mail
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from qms.celery import PulsingScheduler, app
from qms.models import Silence
from qms.permissions import AccessProfile
from qms.services import silence
from tests.factories import NOW, cast_member, hiro, yusuf

pytestmark = pytest.mark.django_db
LONG = silence.SILENT_AFTER + timedelta(seconds=1)


def test_nothing_is_silent_that_was_heard_in_the_last_five_minutes() -> None:
    for part in Silence.Part.values:
        silence.pulse(part, at=NOW)
    assert silence.silent_parts(at=NOW + silence.SILENT_AFTER) == {}
    assert silence.silent_parts(at=NOW + LONG) == {"worker": NOW, "beat": NOW}


def test_silence_begins_once_and_ends_when_it_is_heard_again() -> None:
    silence.pulse("worker", at=NOW)
    silence.pulse("beat", at=NOW + timedelta(minutes=9))
    (found,) = silence.look(at=NOW + timedelta(minutes=10), since=NOW)
    assert (found.part, found.last_heard_at) == ("worker", NOW)
    assert [row.pk for row in silence.look(at=NOW + timedelta(minutes=11), since=NOW)] == [found.pk]
    silence.pulse("worker", at=NOW + timedelta(minutes=12))
    assert silence.look(at=NOW + timedelta(minutes=12), since=NOW) == []
    assert Silence.objects.get().ended_at == NOW + timedelta(minutes=12)


def test_a_part_that_was_never_heard_has_five_minutes_from_the_start() -> None:
    assert silence.look(at=NOW + silence.SILENT_AFTER, since=NOW) == []
    assert {row.part for row in silence.look(at=NOW + LONG, since=NOW)} == {"worker", "beat"}


def test_who_watches_what_is_sent_is_told_once() -> None:
    quality, admin = hiro(), cast_member("Ada Admin", AccessProfile.ADMINISTRATOR)
    yusuf()
    open_ones = silence.look(at=NOW + LONG, since=NOW)
    assert silence.tell(open_ones, at=NOW + LONG) == 2
    assert silence.tell(silence.look(at=NOW + 2 * LONG, since=NOW), at=NOW + 2 * LONG) == 0
    (sent,) = mail.outbox
    assert set(sent.bcc) == {quality.email, admin.email}
    assert "Workers" in sent.body


def test_a_mail_server_that_is_away_leaves_it_untold(monkeypatch: pytest.MonkeyPatch) -> None:
    hiro()

    def away(*_: object, **__: object) -> int:
        raise OSError("away")

    with monkeypatch.context() as patch:
        patch.setattr("django.core.mail.backends.locmem.EmailBackend.send_messages", away)
        call_command("watchdog", "--once")
    assert [row.told_at for row in Silence.objects.order_by("part")] == [None, None]
    call_command("watchdog", "--once")
    assert all(row.told_at for row in Silence.objects.all())
    assert len(mail.outbox) == 1


def test_pages_of_reminders_show_a_standstill(client: Client) -> None:
    client.force_login(hiro())
    assert "Background work stands still" in client.get(reverse("qms:reminder-list")).content.decode()
    for part in Silence.Part.values:
        silence.pulse(part, at=timezone.now())
    assert "Background work stands still" not in client.get(reverse("qms:reminder-list")).content.decode()


def test_beat_leaves_a_pulse_by_itself(tmp_path: Path) -> None:
    scheduler = PulsingScheduler(app=app, schedule_filename=str(tmp_path / "beat"))
    scheduler.data.clear()
    assert silence.last_heard()["beat"] is None
    assert scheduler.tick() <= silence.PULSE_SECONDS
    scheduler.close()
    assert silence.last_heard()["beat"] is not None
