"""The whole system's trail as a page, its export, and the page that says whether it is intact."""

import csv
import io

import pytest
from django.test import Client
from pytest_django import DjangoCaptureOnCommitCallbacks

from qms.models import Job, TrailEntry, User
from qms.permissions import AccessProfile
from qms.services import record as record_service
from qms.services import trail, trail_check, trail_list
from tests.factories import NOW, cast_member, hiro, logged_activity, omar, yusuf

pytestmark = pytest.mark.django_db


@pytest.fixture
def manager(client: Client) -> User:
    user = hiro()
    client.force_login(user)
    return user


def page(client: Client, path: str = "/admin/trail/", **query: str) -> str:
    response = client.get(path, query)
    assert response.status_code == 200
    return response.content.decode()


def test_list_shows_who_did_what_to_which_record(client: Client, manager: User) -> None:
    activity = logged_activity(yusuf())
    activity.notes = "Gauge 4 is worn"
    record_service.seal(activity, "activity.corrected", by=activity.recorded_by, at=NOW, reason="Said more")
    shown = page(client)
    for words in (activity.reference, "Yusuf Chen", "Corrected", "“Said more”", "Gauge 4 is worn"):
        assert words in shown


def test_list_is_cut_by_key_both_ways(client: Client, manager: User) -> None:
    for n in range(60):
        trail.write(manager, "user.noted", by=manager, at=NOW, changes={"number": f"note {n:02d}"})
    first = page(client)
    assert "note 59" in first
    assert "note 09" not in first
    oldest = TrailEntry.objects.order_by("-pk")[49].pk
    older = page(client, after=str(oldest))
    assert "note 09" in older
    assert "note 10" not in older
    assert "note 59" in page(client, before=str(TrailEntry.objects.order_by("-pk")[50].pk))


@pytest.mark.parametrize(
    ("query", "seen"),
    [
        ({"verb": "activity.logged"}, [True, False]),
        ({"by": "chen"}, [True, False]),
        ({"by": "weber"}, [False, True]),
        ({"q": "walk-den"}, [True, False]),
        ({"since": "2026-11-20", "until": "2026-11-20"}, [True, True]),
        ({"since": "2026-11-21"}, [False, False]),
        ({"until": "2026-11-19"}, [False, False]),
        ({"since": "nonsense"}, [True, True]),
    ],
)
def test_filters_narrow_the_list(client: Client, manager: User, query: dict[str, str], seen: list[bool]) -> None:
    activity = logged_activity(yusuf())
    trail.write(manager, "user.noted", by=manager, at=NOW, changes={"number": "a note of Hiro"})
    shown = page(client, **query)
    assert [activity.reference in shown, "a note of Hiro" in shown] == seen


def test_stranger_of_another_site_sees_nothing_of_this_one() -> None:
    user = yusuf()
    logged_activity(user)
    trail.write(user, "user.noted", by=user, at=NOW)
    stranger = omar()
    trail.write(stranger, "user.noted", by=stranger, at=NOW)
    assert [entry.by for entry in trail_list.visible_to(stranger)] == [stranger.person]


def test_confidential_records_are_left_out_for_who_may_not_read_them() -> None:
    logged_activity(yusuf(), is_confidential=True)
    logged_activity(TrailEntry.objects.get().record.recorded_by, title="Open to all")
    administrator = cast_member("Ada Admin", AccessProfile.ADMINISTRATOR, has_all_sites=True)
    assert [entry.record.title for entry in trail_list.visible_to(administrator)] == ["Open to all"]
    assert trail_list.visible_to(hiro()).count() == 2


def test_export_holds_every_hash_and_is_noted(client: Client, manager: User) -> None:
    activity = logged_activity(yusuf())
    response = client.get("/admin/trail/export/", {"verb": "activity.logged"})
    rows = list(csv.reader(io.StringIO(b"".join(response).decode("utf-8-sig"))))
    entry = TrailEntry.objects.get(record=activity)
    assert [row[4] for row in rows[1:]] == [activity.reference]
    assert rows[1][-1] == entry.hash
    assert TrailEntry.objects.filter(chain=manager.trail_key, verb="records.exported").count() == 1


def test_export_as_workbook(client: Client, manager: User) -> None:
    logged_activity(yusuf())
    response = client.get("/admin/trail/export/", {"format": "xlsx"})
    assert b"".join(response).startswith(b"PK")


def test_check_is_done_by_a_worker_and_its_result_is_shown_and_trailed(
    client: Client, manager: User, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    logged_activity(yusuf())
    trail_check.checkpoint(at=NOW)
    with django_capture_on_commit_callbacks(execute=False) as callbacks:
        assert client.post("/admin/trail/check/").url == "/admin/trail/check/"
        assert client.post("/admin/trail/check/").status_code == 302
    assert len(callbacks) == 1
    assert "Check of the whole trail" in page(client, "/admin/trail/check/")
    job = Job.objects.get()

    trail_check.run_check(job.pk, at=NOW)
    trail_check.run_check(job.pk, at=NOW)

    assert "Intact" in page(client, "/admin/trail/check/")
    assert list(TrailEntry.objects.filter(chain="organization").order_by("seq").values_list("verb", flat=True)) == [
        "trail.check_requested", "trail.checked",
    ]  # fmt: skip


def test_broken_link_is_shown_by_name(client: Client, manager: User) -> None:
    from tests.qms.test_trail_check import behind_the_triggers

    activity = logged_activity(yusuf())
    behind_the_triggers("UPDATE qms_trailentry SET reason = 'Forged' WHERE record_id = %s", activity.pk)
    job = trail_check.request_check(by=manager, at=NOW)
    trail_check.run_check(job.pk, at=NOW)
    shown = page(client, "/admin/trail/check/")
    assert f"{activity.reference}, entry 1: “activity.logged” was changed" in shown


def test_missing_trigger_is_shown(client: Client, manager: User) -> None:
    from django.db import connection

    from qms import triggers

    if connection.vendor == "postgresql":
        connection.cursor().execute("SET CONSTRAINTS ALL IMMEDIATE")
    triggers.remove(connection)
    assert "The database is not protected." in page(client, "/admin/trail/check/")
    triggers.install(connection)
