"""/healthz and /readyz, as a load balancer asks them."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from celery import Celery
from django.test import Client
from django.utils import timezone
from kombu.exceptions import OperationalError

from qms.services import health
from qms.tasks.health import heartbeat


def test_healthz_without_log_in(client: Client) -> None:
    response = client.get("/healthz")
    assert (response.status_code, response.content) == (200, b"ok\n")


@pytest.mark.django_db
def test_readyz_when_all_works(client: Client) -> None:
    heartbeat()
    response = client.get("/readyz")
    assert response.status_code == 200
    assert response.json() == {
        "ready": True,
        "failing": [],
        "checks": {"database": True, "broker": True, "storage": True, "beat": True},
    }


@pytest.mark.django_db
def test_readyz_before_the_first_heartbeat(client: Client) -> None:
    response = client.get("/readyz")
    assert (response.status_code, response.json()["failing"]) == (503, ["beat"])


@pytest.mark.django_db
@pytest.mark.parametrize(("seconds", "failing"), [(170, []), (190, ["beat"])])
def test_readyz_by_age_of_the_heartbeat(client: Client, seconds: int, failing: list[str]) -> None:
    health.record_heartbeat(at=timezone.now() - timedelta(seconds=seconds))
    assert client.get("/readyz").json()["failing"] == failing


@pytest.mark.django_db
def test_readyz_when_storage_cannot_be_written(client: Client, settings: Any, tmp_path: Path) -> None:
    heartbeat()
    (tmp_path / "file").write_text("not a folder")
    settings.MEDIA_ROOT = tmp_path / "file"
    response = client.get("/readyz")
    assert (response.status_code, response.json()["failing"]) == (503, ["storage"])


@pytest.mark.django_db
def test_readyz_leaves_no_file_behind(client: Client, settings: Any) -> None:
    client.get("/readyz")
    assert [path for path in Path(settings.MEDIA_ROOT).rglob("*") if path.is_file()] == []


def test_check_broker_when_nobody_listens() -> None:
    with pytest.raises(OperationalError):
        health.check_broker(Celery("unreachable", broker="redis://127.0.0.1:9/0"))


@pytest.mark.parametrize("method", ["post", "put", "delete"])
def test_healthz_reads_only(client: Client, method: str) -> None:
    assert getattr(client, method)("/healthz").status_code == 405
