"""The product's processes, started for real: do they start, talk to each other and stop?"""

import json
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.live.product import ROOT, environment_in, eventually, free_port, manage

pytestmark = [pytest.mark.live, pytest.mark.xdist_group("processes")]

PUBLISH = """
import structlog
from qms.tasks.health import heartbeat
structlog.contextvars.bind_contextvars(request_id="asked-by-a-test")
heartbeat.delay()
"""


@pytest.fixture
def port() -> int:
    return free_port()


@pytest.fixture
def environment(tmp_path: Path, port: int) -> dict[str, str]:
    return environment_in(tmp_path, port)


@pytest.fixture
def start(tmp_path: Path, environment: dict[str, str]) -> Iterator[Callable[..., tuple[Any, Path]]]:
    """Start a process in a group of its own; whatever the test does, the group is gone afterwards."""
    started: list[subprocess.Popen[bytes]] = []

    def begin(*command: str) -> tuple[subprocess.Popen[bytes], Path]:
        log = tmp_path / f"log-{len(started)}"
        with log.open("wb") as output:
            process = subprocess.Popen(
                command, cwd=ROOT, env=environment, stdout=output, stderr=output, start_new_session=True
            )
        started.append(process)
        return process, log

    yield begin
    for process in started:
        if process.poll() is None:
            process.terminate()
            process.wait(timeout=40)


def readiness(port: int) -> dict[str, Any]:
    try:
        with urllib.request.urlopen(f"http://localhost:{port}/readyz", timeout=10) as response:
            return dict(json.load(response))
    except urllib.error.HTTPError as error:
        return dict(json.load(error))
    except OSError:
        return {"ready": False}


def descendants(pid: int) -> set[int]:
    found: set[int] = set()
    parents = {}
    for entry in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = entry.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        parents[int(entry.parent.name)] = int(fields[1])
    waiting = [pid]
    while waiting:
        current = waiting.pop()
        children = {child for child, parent in parents.items() if parent == current} - found
        found |= children
        waiting += children
    return found


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="reads /proc")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_serve_starts_all_and_a_signal_stops_all(start: Any, port: int, number: int) -> None:
    serve, log = start(sys.executable, "manage.py", "serve", "--port", str(port))
    eventually(lambda: f"Ready: http://localhost:{port}/" in log.read_text())
    children = descendants(serve.pid)
    assert len(children) >= 3
    serve.send_signal(number)
    assert serve.wait(timeout=40) == 0
    assert {child for child in children if Path(f"/proc/{child}").exists()} == set()


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel's signal on a parent's death is Linux's")
def test_serve_killed_outright_leaves_nothing_running(start: Any, port: int) -> None:
    serve, log = start(sys.executable, "manage.py", "serve", "--port", str(port))
    eventually(lambda: f"Ready: http://localhost:{port}/" in log.read_text())
    children = descendants(serve.pid)
    serve.kill()
    serve.wait()
    eventually(lambda: not any(Path(f"/proc/{child}").exists() for child in children), seconds=40)


def test_serve_becomes_ready_with_the_first_heartbeat(start: Any, port: int) -> None:
    start(sys.executable, "manage.py", "serve", "--port", str(port))
    state = eventually(lambda: (found := readiness(port)).get("ready") and found, seconds=120)
    assert state["failing"] == []


def test_serve_on_a_taken_port_names_it(start: Any, port: int) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", port))
        taken.listen()
        serve, log = start(sys.executable, "manage.py", "serve", "--port", str(port))
        assert serve.wait(timeout=60) == 1
    assert f"Cannot listen on 127.0.0.1:{port}" in log.read_text()


def test_request_id_reaches_the_task(start: Any, environment: dict[str, str]) -> None:
    _worker, log = start(sys.executable, "-m", "celery", "-A", "qms", "worker", "--concurrency", "1", "-l", "INFO")
    manage(environment, "shell", "-c", PUBLISH)

    def finished() -> list[dict[str, Any]]:
        lines = [json.loads(line) for line in log.read_text().splitlines() if line.startswith("{")]
        return [line for line in lines if line.get("event") == "task_succeeded"]

    lines = eventually(finished)
    assert lines[0]["request_id"] == "asked-by-a-test"
