"""The product with a database of its own: settings as in production, and commands run against it."""

from __future__ import annotations

import atexit
import functools
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg2
import pytest
from django.conf import settings

ROOT = Path(settings.BASE_DIR)


def eventually(condition: Callable[[], Any], seconds: float = 60) -> Any:
    """Return the condition's first true value; fail when it has none within the time."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if value := condition():
            return value
        time.sleep(0.2)
    return pytest.fail(f"Did not happen within {seconds} s.")


def free_port() -> int:
    """A port of this machine nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def manage(environment: dict[str, str], *arguments: str) -> str:
    """What a command of manage.py prints; fails with its last words when it fails."""
    command = [sys.executable, "manage.py", *arguments]
    done = subprocess.run(command, cwd=ROOT, env=environment, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


def environment_in(folder: Path, port: int, **others: str) -> dict[str, str]:
    """Production settings in an empty folder, with a database that is ready and nobody else's."""
    return production_settings(folder, port, DATABASE_URL=ready_database(folder), **others)


def production_settings(folder: Path, port: int, **others: str) -> dict[str, str]:
    """Production settings in an empty folder; the suite's Redis, unless told another."""
    return {
        **{name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LANG", "TMPDIR")},
        "ENV_FILE": str(folder / "no.env"),
        "VAR_DIR": str(folder / "var"),
        "SECRET_KEY": "s" * 64,
        "SIGNING_KEY_PASSWORD": "secret",
        "REDIS_URL": own_redis(),
        "PUBLIC_URL": f"http://localhost:{port}",
        **others,
    }


def own_redis() -> str:
    """The suite's Redis, and in it a database that no other worker of the suite uses; empty where there is none."""
    url = os.environ.get("TEST_REDIS_URL", "")
    number = 1 + int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % 14
    return f"{url.rpartition('/')[0]}/{number}" if url else ""


def ready_database(folder: Path) -> str:
    """The URL of a new database with every table in it: a copy of one that is migrated once, dropped at the end."""
    server = os.environ.get("TEST_DATABASE_URL")
    if not server:
        database = folder / "db.sqlite3"
        shutil.copy(_migrated_file(), database)
        return f"sqlite:///{database}"
    name = f"live_{uuid.uuid4().hex[:12]}"
    _on_server(server, f'CREATE DATABASE "{name}" TEMPLATE "{_migrated_database(server)}"')
    atexit.register(_drop, server, name)
    return f"{server.rpartition('/')[0]}/{name}"


@functools.cache
def _migrated_file() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="qms-live-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    _migrate(folder, f"sqlite:///{folder / 'db.sqlite3'}")
    return folder / "db.sqlite3"


@functools.cache
def _migrated_database(server: str) -> str:
    name = f"live_template_{uuid.uuid4().hex[:12]}"
    _on_server(server, f'CREATE DATABASE "{name}"')
    atexit.register(_drop, server, name)
    with tempfile.TemporaryDirectory() as folder:
        _migrate(Path(folder), f"{server.rpartition('/')[0]}/{name}")
    return name


def _migrate(folder: Path, url: str) -> None:
    environment = production_settings(folder, 1, DATABASE_URL=url)
    manage(environment, "migrate", "--verbosity", "0")
    manage(environment, "createcachetable")


def _on_server(server: str, statement: str) -> None:
    connection = psycopg2.connect(server)
    connection.autocommit = True
    connection.cursor().execute(statement)
    connection.close()


def _drop(server: str, name: str) -> None:
    _on_server(server, f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
