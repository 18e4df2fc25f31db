"""The parts of `manage.py serve` that need no process; tests/live starts it for real."""

import subprocess
import sys
import time
from typing import Any

import pytest

from qms.management.commands import serve


@pytest.mark.parametrize(
    ("configured", "expected"),
    [
        ("http://localhost:8000", "http://localhost:8077"),
        ("http://127.0.0.1", "http://127.0.0.1:8077"),
        ("https://quality.example.com", "https://quality.example.com"),
    ],
)
def test_public_url_follows_the_port_on_this_machine_only(settings: Any, configured: str, expected: str) -> None:
    settings.PUBLIC_URL = configured
    assert serve.public_url(8077) == expected


def test_stop_kills_what_does_not_end_and_its_children(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serve, "STOP_SECONDS", 1)
    stubborn = "import signal, subprocess, sys, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); "
    child = "subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'], stdout=sys.stdout); "
    script = stubborn + child + "print('started', flush=True); time.sleep(60)"
    process = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, start_new_session=True)
    assert process.stdout
    assert process.stdout.readline() == b"started\n"
    began = time.monotonic()
    serve.stop([process])
    assert process.stdout.read() == b""  # the pipe closes only when the child is gone too
    assert process.returncode == -9
    assert time.monotonic() - began < 10
    process.stdout.close()
