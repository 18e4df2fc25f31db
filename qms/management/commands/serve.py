"""`manage.py serve`: the web server, a worker and beat as one foreground process group."""

import contextlib
import ctypes
import fcntl
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from argparse import ArgumentParser
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import close_old_connections
from django.utils import timezone

from qms.management.commands.watchdog import LOOK_EVERY_SECONDS, look_and_tell

STOP_SECONDS = 20  # a task that still runs after that is cut off; it was acknowledged late, so it runs again
START_SECONDS = 90
PR_SET_PDEATHSIG = 1
DEMO_LOGINS = "demo_logins.txt"  # in VAR_DIR, written by load_demo


class Command(BaseCommand):
    """Serve everything from one machine, without any other server. Ctrl-C or SIGTERM stops all of it."""

    help = "Run the web server, a Celery worker and beat in the foreground until Ctrl-C or SIGTERM."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the address to listen on."""
        parser.add_argument("--host", default=os.environ.get("HOST", "127.0.0.1"))
        parser.add_argument("--port", type=int, default=int(os.environ.get("PORT", "8000")))

    def handle(self, *args: Any, host: str, port: int, **options: Any) -> None:
        """Start, wait, stop. Ends with an error when one of the processes ends by itself."""
        with (settings.VAR_DIR / "serve.lock").open("w") as lock:
            _refuse_second_start(lock.fileno(), host, port)
            for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
                signal.signal(number, _stop_requested)
            running: dict[str, subprocess.Popen[bytes]] = {}
            try:
                for name, command in commands().items():
                    running[name] = _start(command, host, port)
                _wait_for_web(running, port)
                self._announce(port)
                _wait_for_first_end(running)
            except KeyboardInterrupt:
                self.stdout.write("Stopping...")
            finally:
                for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
                    signal.signal(number, signal.SIG_IGN)
                stop(list(running.values()))
        self.stdout.write("Stopped.")

    def _announce(self, port: int) -> None:
        self.stdout.write("\n" + "=" * 72)
        self.stdout.write(f"Ready: http://localhost:{port}/        Ctrl-C stops everything.")
        logins = settings.VAR_DIR / DEMO_LOGINS
        if logins.is_file():
            self.stdout.write("\n" + logins.read_text(encoding="utf-8").rstrip())
        self.stdout.write("=" * 72 + "\n")
        self.stdout.flush()


def commands() -> dict[str, list[str]]:
    """Return the processes that make up the running product. docker-compose.yml runs the same ones, each by itself.

    One worker takes from all queues here; there each group of queues has workers of its own.
    """
    python = [sys.executable, "-m"]
    concurrency = os.environ.get("WORKER_CONCURRENCY", "2")
    worker = ["worker", "--loglevel", "INFO", "--without-gossip", "--without-mingle", "--concurrency", concurrency]
    queues = ",".join(queue.name for queue in settings.CELERY_TASK_QUEUES)
    return {
        "web": [*python, "gunicorn", "--config", "deploy/gunicorn.conf.py", "qms.wsgi"],
        "worker": [*python, "celery", "--quiet", "--app", "qms", *worker, "--queues", queues],
        "beat": [*python, "celery", "--quiet", "--app", "qms", "beat", "--loglevel", "INFO", "--pidfile="],
    }


def public_url(port: int) -> str:
    """Return PUBLIC_URL; when that is this machine itself, with the port that is really listened on."""
    address = urlsplit(settings.PUBLIC_URL)
    if address.hostname not in ("localhost", "127.0.0.1"):
        return str(settings.PUBLIC_URL)
    return address._replace(netloc=f"{address.hostname}:{port}").geturl()


def stop(processes: list["subprocess.Popen[bytes]"]) -> None:
    """Ask each process to end, wait, and after STOP_SECONDS kill what is left, with its children."""
    for process in processes:
        if process.poll() is None:
            process.terminate()
    deadline = time.monotonic() + STOP_SECONDS
    for process in processes:
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(timeout=max(0.1, deadline - time.monotonic()))
        try:
            os.killpg(process.pid, signal.SIGKILL)  # each process leads its own group, so this reaches its children
        except ProcessLookupError:
            continue
        process.wait()


def _stop_requested(_number: int, _frame: object) -> None:
    raise KeyboardInterrupt


def _refuse_second_start(lock: int, host: str, port: int) -> None:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise CommandError(f"The program already runs on {settings.VAR_DIR}. Stop it first (Ctrl-C there).") from None
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise CommandError(
                f"Cannot listen on {host}:{port} ({error.strerror}). Choose another: make run PORT=8001"
            ) from None


def _start(command: list[str], host: str, port: int) -> "subprocess.Popen[bytes]":
    prctl = ctypes.CDLL(None).prctl if sys.platform == "linux" else None

    def end_with_parent() -> None:
        if prctl:
            prctl(PR_SET_PDEATHSIG, signal.SIGTERM)  # also when this process is killed without warning

    return subprocess.Popen(
        command,
        cwd=Path(settings.BASE_DIR),
        env={**os.environ, "HOST": host, "PORT": str(port), "PUBLIC_URL": public_url(port)},
        start_new_session=True,
        preexec_fn=end_with_parent,  # noqa: PLW1509  no threads run at this moment
    )


def _wait_for_web(running: dict[str, "subprocess.Popen[bytes]"], port: int) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        _raise_if_ended(running)
        try:
            with urllib.request.urlopen(f"http://localhost:{port}/healthz", timeout=5):
                return
        except (urllib.error.URLError, TimeoutError, ConnectionError):
            time.sleep(0.2)
    raise CommandError(f"The web server did not answer within {START_SECONDS} s; see the messages above.")


def _wait_for_first_end(running: dict[str, "subprocess.Popen[bytes]"]) -> None:
    since, looked_at = timezone.now(), time.monotonic()
    while True:
        _raise_if_ended(running)
        if time.monotonic() - looked_at >= LOOK_EVERY_SECONDS:  # a process may live and yet stand still
            close_old_connections()
            look_and_tell(since=since)
            looked_at = time.monotonic()
        time.sleep(0.5)


def _raise_if_ended(running: dict[str, "subprocess.Popen[bytes]"]) -> None:
    for name, process in running.items():
        if process.poll() is not None:
            raise CommandError(f"The {name} process ended by itself (code {process.returncode}); see above.")
