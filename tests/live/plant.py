"""A plant with a database, a broker, a mail server and workers of its own, whose parts a test takes down one by one."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg2

from tests.live.mail_server import MailServer
from tests.live.product import ROOT, environment_in, eventually, free_port, manage

SINCE_LONG = "11 minutes"
"""Longer than any claim of a dead worker stands (outbox.STALE, pack_build.STALE_AFTER)."""

CAST = """
from qms.models import Area, Person, Site, User
from qms.models.person import searchable
site = Site.objects.create(code="DEN", name="Denver plant", time_zone="America/Denver")
person = Person.objects.create(name="Hiro Weber", search_name=searchable("Hiro Weber"), site=site)
user = User.objects.create_user("hiro.weber@plant.example", person=person, profile="quality_manager")
user.sites.set([site])
"""


@dataclass
class Plant:
    """What runs, and how to stop it. Everything it starts is gone after ``close``."""

    folder: Path
    has_redis: bool
    environment: dict[str, str] = field(default_factory=dict)
    started: list[subprocess.Popen[bytes]] = field(default_factory=list)
    redis: subprocess.Popen[bytes] | None = None

    def open(self) -> Plant:
        """Make the database with a site and its quality manager, start the broker and the mail server."""
        self.mail = MailServer(free_port()).start()
        self.redis_port = free_port()
        own = {"EMAIL_URL": f"smtp://127.0.0.1:{self.mail.port}", "EMAIL_FROM": "quality@plant.example"}
        own["REDIS_URL"] = f"redis://127.0.0.1:{self.redis_port}/0" if self.has_redis else ""
        self.start_redis()
        self.environment = environment_in(self.folder, free_port(), **own)
        manage(self.environment, "setup", "--no-static")
        self.do(CAST)
        return self

    def start_redis(self) -> None:
        """Start the broker on its port, with what it knew before."""
        if not self.has_redis:
            return
        program = shutil.which("redis-server")
        assert program, "redis-server is not installed; script/system_packages test installs it"
        self.redis = subprocess.Popen(
            [program, "--port", str(self.redis_port), "--bind", "127.0.0.1", "--dir", str(self.folder),
             "--save", "", "--appendonly", "yes", "--loglevel", "warning"],
            stdout=subprocess.DEVNULL,
        )  # fmt: skip
        eventually(lambda: self._answers(self.redis_port), seconds=20)

    def stop_redis(self) -> None:
        """Take the broker down without a warning."""
        if self.redis is not None:
            self.redis.kill()
            self.redis.wait()

    def _answers(self, port: int) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", port)) == 0

    def start(self, *arguments: str) -> subprocess.Popen[bytes]:
        """A Celery process (worker, beat) in a group of its own."""
        command = [sys.executable, "-m", "celery", "--quiet", "--app", "qms", *arguments, "--loglevel", "INFO"]
        with (self.folder / f"log-{len(self.started)}").open("wb") as log:
            process = subprocess.Popen(
                command, cwd=ROOT, env=self.environment, stdout=log, stderr=log, start_new_session=True
            )
        self.started.append(process)
        return process

    def worker(self) -> subprocess.Popen[bytes]:
        """A worker that takes from every queue."""
        return self.start("worker", "--concurrency", "2", "--without-gossip", "--without-mingle")

    def beat(self) -> subprocess.Popen[bytes]:
        """Beat, which asks for everything again and again."""
        return self.start("beat", "--pidfile=", "--max-interval", "1")

    def kill(self, process: subprocess.Popen[bytes]) -> None:
        """kill -9 of a process and its children, at once."""
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def do(self, code: str) -> str:
        """Run some code inside the product, in a process that then ends."""
        return manage(self.environment, "shell", "-v", "0", "-c", code)

    def ask(self, sql: str) -> list[tuple[Any, ...]]:
        """Look into the database, past the product."""
        url = self.environment["DATABASE_URL"]
        if url.startswith("sqlite:///"):
            connection: Any = sqlite3.connect(url.removeprefix("sqlite:///"), timeout=20)
        else:
            connection = psycopg2.connect(url)
        try:
            cursor = connection.cursor()
            cursor.execute(sql)
            rows = cursor.fetchall() if cursor.description else []
            connection.commit()
        finally:
            connection.close()
        return rows

    def let_claims_grow_old(self) -> None:
        """As if a long time had passed: no claim is younger than the time after which others take it over."""
        claimed = "status = 'claimed'"
        for table, column, which in (
            ("qms_outboxmessage", "claimed_at", claimed), ("audits_packpart", "claimed_at", claimed),
            ("qms_job", "heartbeat_at", "status = 'running'"),
        ):  # fmt: skip
            past = f"datetime({column}, '-{SINCE_LONG}')"
            if not self.environment["DATABASE_URL"].startswith("sqlite"):
                past = f"{column} - interval '{SINCE_LONG}'"
            self.ask(f"UPDATE {table} SET {column} = {past} WHERE {which}")

    def close(self) -> None:
        """Stop what was started, and nothing else."""
        for process in self.started:
            if process.poll() is None:
                self.kill(process)
        self.stop_redis()
        self.mail.stop()
