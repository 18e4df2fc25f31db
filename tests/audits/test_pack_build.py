"""Building by many hands: claims, dead workers, failures that say why, and the same bytes everywhere."""

import os
import subprocess
import sys
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.db import connection

from audits.models import Pack, PackPart
from audits.services import pack as pack_service
from audits.services import pack_build
from audits.services.pack_build import MAX_CLAIMS, STALE_AFTER
from qms.models import Job, Notification, User
from tests.audits import packs
from tests.factories import NOW, logged_activity, yusuf

pytestmark = pytest.mark.django_db


def started(by: User) -> Pack:
    top, *_rest = packs.clauses()
    logged_activity(by)
    pack = packs.requested(by, [top])
    pack_build.start(pack.pk, at=NOW, is_queued=False)
    return Pack.objects.get(pk=pack.pk)


def parts_of(pack: Pack) -> list[PackPart]:
    return list(PackPart.objects.filter(pack=pack).order_by("position"))


def test_started_pack_has_parts_in_printed_order_and_the_finish_last() -> None:
    pack = started(yusuf())
    assert [part.spec["form"] for part in parts_of(pack)] == [
        "leadership", "boards", "clauses", "population", "trail", "sampling", "attachments", "people", "finish",
    ]  # fmt: skip
    assert pack.status == Pack.Status.BUILDING


def test_start_of_a_frozen_pack_does_nothing() -> None:
    pack = started(yusuf())
    pack_build.start(pack.pk, at=NOW + timedelta(hours=1), is_queued=False)
    again = Pack.objects.get(pk=pack.pk)
    assert (again.cutoff_at, again.frozen, len(parts_of(again))) == (pack.cutoff_at, pack.frozen, 9)


def test_part_is_claimed_once() -> None:
    part = parts_of(started(yusuf()))[0]
    assert pack_build.claim(part.pk, at=NOW) is not None
    assert pack_build.claim(part.pk, at=NOW) is None


def test_finish_cannot_be_claimed_before_the_others_are_done() -> None:
    last = parts_of(started(yusuf()))[-1]
    assert pack_build.claim(last.pk, at=NOW) is None


def test_claim_of_a_dead_worker_is_taken_over_and_the_pack_completes(
    django_capture_on_commit_callbacks: Any,
) -> None:
    by = yusuf()
    pack = started(by)
    dead = pack_build.claim(parts_of(pack)[1].pk, at=NOW)
    assert dead is not None
    assert pack_build.sweep(at=NOW + STALE_AFTER - timedelta(seconds=1)) == 0
    with django_capture_on_commit_callbacks():
        assert pack_build.sweep(at=NOW + STALE_AFTER + timedelta(seconds=1)) == 1
    clock: Any = packs.clock_from(NOW + timedelta(minutes=20))
    done = pack_build.build_now(pack, clock=clock)
    assert (done.status, done.failure) == ("ready", "")
    assert PackPart.objects.get(pk=dead.pk).claims == 2
    assert Notification.objects.filter(user=by, text=f"{pack.reference} is ready.").count() == 1


def test_sweep_queues_lost_parts_again(django_capture_on_commit_callbacks: Any) -> None:
    pack = started(yusuf())
    with django_capture_on_commit_callbacks() as queued:
        pack_build.sweep(at=NOW + timedelta(minutes=3))
    assert len(queued) == len(parts_of(pack))


def test_part_that_dies_too_often_fails_the_pack_with_the_reason() -> None:
    by = yusuf()
    pack = started(by)
    part = parts_of(pack)[0]
    for n in range(1, MAX_CLAIMS + 1):
        assert pack_build.claim(part.pk, at=NOW + n * timedelta(hours=1)) is not None
        pack_build.sweep(at=NOW + n * timedelta(hours=1) + STALE_AFTER + timedelta(seconds=1))
    failed = Pack.objects.get(pk=pack.pk)
    assert failed.status == "failed"
    assert failed.failure == (
        "The part “Leadership timeline” could not be made after 3 tries. Last reason: The worker went silent."
    )
    assert Job.objects.get(pk=pack.job_id).status == Job.Status.FAILED


def test_retry_keeps_finished_parts_and_what_was_frozen() -> None:
    by = yusuf()
    pack = started(by)
    first = parts_of(pack)[0]
    pack_build.run_part(first.pk, clock=packs.clock_from(), is_queued=False)  # type: ignore[arg-type]
    pack_service.fail(Pack.objects.get(pk=pack.pk), "Out of disk", at=NOW)
    pack_service.retry(Pack.objects.get(pk=pack.pk), by=by, at=NOW + timedelta(minutes=5))
    kept = PackPart.objects.get(pk=first.pk)
    assert (kept.status, kept.claims) == ("done", 1)
    assert Pack.objects.get(pk=pack.pk).cutoff_at == pack.cutoff_at


def test_supersede_replaces_the_older_pack_once_the_newer_is_ready() -> None:
    by = yusuf()
    _top, general, _focus = packs.clauses()
    older = packs.built(by, [general])
    newer = pack_service.supersede(older, by=by, at=NOW + timedelta(hours=1))
    assert Pack.objects.get(pk=older.pk).status == "ready"
    clock: Any = packs.clock_from(NOW + timedelta(hours=1))
    assert pack_build.build_now(newer, clock=clock).status == "ready"
    replaced = Pack.objects.get(pk=older.pk)
    assert (replaced.status, bool(replaced.file)) == ("superseded", True)


SCRIPT = """
import sys, tempfile, django, hashlib
from pathlib import Path
django.setup()
from django.db import transaction
from django.utils import translation
from audits.models import Pack, PackPart
from audits.services import pack_build, pack_finish, pack_render
from audits.services.pack_data import FrozenPack
with transaction.atomic(), tempfile.TemporaryDirectory() as folder:
    pack = Pack.objects.get(pk=int(sys.argv[1]))
    for part in PackPart.objects.filter(pack=pack).order_by("position"):
        if part.spec["form"] != "finish":
            pack_build._store(part, pack_render.render_part(part))
    with translation.override("en"):
        pack_finish._assemble(FrozenPack(pack), Path(folder), lambda: None)
    print(hashlib.sha256((Path(folder) / "unsigned.pdf").read_bytes()).hexdigest())
    transaction.set_rollback(True)
"""


def database_url() -> str:
    known = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{known['NAME']}"
    login = f"{known['USER']}:{known['PASSWORD']}@" if known["USER"] else ""
    port = f":{known['PORT']}" if known["PORT"] else ""
    return f"postgres://{login}{known['HOST'].replace('/', '%2F')}{port}/{known['NAME']}"


@pytest.mark.django_db(transaction=True)
def test_same_frozen_pack_gives_the_same_bytes_in_two_processes() -> None:
    by = yusuf()
    pack = started(by)
    packs.corrected(logged_activity(by), by, "After the cut-off", notes="Not in the pack")
    by.person.name = "Yusuf Renamed"
    by.person.save()
    sums = []
    for seed in ("1", "4711"):
        environment = {
            **os.environ, "PYTHONHASHSEED": seed, "DJANGO_SETTINGS_MODULE": "tests.settings",
            "TEST_DATABASE_URL": database_url(), "PYTHONPATH": str(settings.BASE_DIR),
        }  # fmt: skip
        done = subprocess.run(
            [sys.executable, "-W", "ignore", "-c", SCRIPT, str(pack.pk)],
            env=environment, cwd=settings.BASE_DIR, capture_output=True, text=True, timeout=300, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        sums.append(done.stdout.strip())
    assert len(sums[0]) == 64
    assert sums[0] == sums[1]
