"""The files an operator deploys with, checked against the code they start."""

import ast
import importlib
import re
import shlex
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from celery import Celery, Task
from django.conf import settings
from django.core.management import get_commands

from qms.celery import app as celery_app
from qms.management.commands import serve
from qms.services import outbox

ROOT = Path(settings.BASE_DIR)
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = ("setup", "web", "worker", "packs", "beat", "watchdog")
EXAMPLE = set(re.findall(r"^#?([A-Z][A-Z0-9_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE))


def variables_read(path: Path) -> set[str]:
    """Return every environment variable a Python file reads with a literal name."""
    readers = {"text", "required", "env.str", "env.bool", "env.int", "env.list", "os.environ.get"}
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call) and node.args and ast.unparse(node.func) in readers:
            found |= set(re.findall(r"^'([A-Z][A-Z0-9_]+)'$", ast.unparse(node.args[0])))
        if isinstance(node, ast.Subscript) and ast.unparse(node.value) == "os.environ":
            found.add(ast.literal_eval(node.slice))
    return found


def test_every_variable_of_compose_is_in_the_example() -> None:
    used = set(re.findall(r"(?<!\$)\$\{([A-Z0-9_]+)", (ROOT / "docker-compose.yml").read_text()))
    assert used - EXAMPLE == set()


@pytest.mark.parametrize(
    "path",
    ["qms/settings.py", "deploy/gunicorn.conf.py", "deploy/healthcheck.py", "qms/management/commands/serve.py"],
)
def test_every_variable_the_code_reads_is_in_the_example(path: str) -> None:
    read = variables_read(ROOT / path)
    assert read
    assert read - EXAMPLE == set()


def test_the_example_names_nothing_that_is_not_read() -> None:
    read = set(re.findall(r"\$\{([A-Z0-9_]+)", (ROOT / "docker-compose.yml").read_text()))
    for path in ("qms/settings.py", "deploy/gunicorn.conf.py", "qms/management/commands/serve.py"):
        read |= variables_read(ROOT / path)
    assert EXAMPLE - read == set()


def test_compose_passes_on_only_what_the_settings_read() -> None:
    read = variables_read(ROOT / "qms/settings.py") | variables_read(ROOT / "deploy/gunicorn.conf.py")
    assert set(COMPOSE["x-product"]["environment"]) - read == set()


def test_defaults_of_compose_fit_the_settings(tmp_path: Path) -> None:
    """Start the settings with what compose would pass on from an .env that holds only the secrets."""
    given = dict.fromkeys(
        ("SECRET_KEY", "SIGNING_KEY_PASSWORD", "POSTGRES_PASSWORD", "REDIS_PASSWORD"), "0123456789abcdef" * 4
    )
    given |= {"PUBLIC_URL": "https://quality.example.com", "EMAIL_URL": "smtp://mail:25", "EMAIL_FROM": "q@example.com"}

    def fill(match: re.Match[str]) -> str:
        return given.get(match[1]) or (match[3] or "" if match[2] == ":-" else "")

    environment = {
        name: re.sub(r"\$\{([A-Z0-9_]+)(?:(:[-?])([^}]*))?\}", fill, str(value))
        for name, value in COMPOSE["x-product"]["environment"].items()
    }
    environment |= {
        "VAR_DIR": str(tmp_path),
        "ENV_FILE": str(tmp_path / "none"),
        "DJANGO_SETTINGS_MODULE": "qms.settings",
    }
    command = [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]


@pytest.mark.parametrize("name", OURS)
def test_command_exists_in_the_code(name: str) -> None:
    words = shlex.split(SERVICES[name]["command"])
    if words[:2] == ["python", "manage.py"]:
        assert words[2] in get_commands()
    elif words[0] == "gunicorn":
        assert (ROOT / words[words.index("--config") + 1]).is_file()
        assert callable(importlib.import_module(words[-1]).application)
    else:
        assert words[0] == "celery"
        assert isinstance(importlib.import_module(words[words.index("--app") + 1]).celery_app, Celery)


@pytest.mark.parametrize("name", ["web", "worker", "beat"])
def test_serve_runs_the_same_program(name: str) -> None:
    alone = [word for word in shlex.split(SERVICES[name]["command"]) if not word.startswith("$")]
    if "--queues" in alone:
        del alone[alone.index("--queues") + 1]
    together = serve.commands()[name]
    assert [word for word in alone if word not in together] == []


def queues(words: list[str]) -> list[str]:
    return words[words.index("--queues") + 1].split(",")


def test_every_queue_has_workers_here_and_there() -> None:
    known = sorted(queue.name for queue in settings.CELERY_TASK_QUEUES)
    assert sorted(queues(serve.commands()["worker"])) == known
    apart = [name for service in ("worker", "packs") for name in queues(shlex.split(SERVICES[service]["command"]))]
    assert sorted(apart) == known


def own_tasks() -> dict[str, Task]:
    celery_app.loader.import_default_modules()
    packages = ("qms.", "objectives.", "audits.", "leadership.")
    return {name: task for name, task in celery_app.tasks.items() if name.startswith(packages)}


def test_every_task_ends_in_time_is_acknowledged_late_and_goes_to_a_queue_that_is_read() -> None:
    known = {queue.name: (queue.exchange.name, queue.routing_key) for queue in settings.CELERY_TASK_QUEUES}
    assert all(place == (name, name) for name, place in known.items())
    assert len(own_tasks()) > 12
    for name, task in own_tasks().items():
        soft = task.soft_time_limit or settings.CELERY_TASK_SOFT_TIME_LIMIT
        hard = task.time_limit or settings.CELERY_TASK_TIME_LIMIT
        assert 0 < soft < hard < settings.BROKER_VISIBILITY_SECONDS, name
        assert task.acks_late, name
        assert celery_app.amqp.router.route({}, name)["queue"].name in known, name


def test_sending_ends_before_others_take_over_its_claims() -> None:
    for name, task in own_tasks().items():
        if name.startswith("qms.tasks.outbox."):
            assert timedelta(seconds=task.time_limit or 0) < outbox.STALE / 1.5


def test_beat_asks_for_tasks_that_are_there_and_lets_no_two_of_them_pile_up() -> None:
    for entry in settings.CELERY_BEAT_SCHEDULE.values():
        assert entry["task"] in own_tasks()
        assert 0 < entry["options"]["expires"] <= max(entry["schedule"], 60)


@pytest.mark.parametrize("name", OURS)
def test_one_image_for_all_of_ours(name: str) -> None:
    assert SERVICES[name]["image"] == COMPOSE["x-product"]["image"]


def test_web_and_worker_can_be_replicated() -> None:
    for name in ("web", "worker"):
        assert {"container_name", "ports"} & set(SERVICES[name]) == set()


@pytest.mark.parametrize("name", ["web", "worker", "proxy", "database", "redis"])
def test_service_has_a_health_check(name: str) -> None:
    assert SERVICES[name]["healthcheck"]["test"]


def test_every_named_volume_is_declared() -> None:
    mounted = {volume.split(":")[0] for service in SERVICES.values() for volume in service.get("volumes", [])}
    assert {name for name in mounted if not name.startswith(".")} == set(COMPOSE["volumes"])


def test_no_secret_is_written_down() -> None:
    for name, value in COMPOSE["x-product"]["environment"].items():
        if name.endswith(("_KEY", "_PASSWORD", "_SECRET")):
            assert re.fullmatch(r"\$\{[A-Z0-9_]+:[?-][^}]*\}", str(value)), name


def test_python_version_is_one_everywhere() -> None:
    images = set(re.findall(r"FROM python:(\d+\.\d+)-", (ROOT / "Dockerfile").read_text()))
    locked = set(re.findall(r"--python-version (\S+)", (ROOT / "script/lock").read_text()))
    types = set(re.findall(r'python_version = "(.+?)"', (ROOT / "pyproject.toml").read_text()))
    promised = set(re.findall(r"Python (\d+\.\d+)", (ROOT / "README.md").read_text()))
    assert images == locked == types == promised == {"3.11"}


def test_images_are_pinned_to_a_version() -> None:
    for name in ("proxy", "database", "redis"):
        assert re.search(r":\d+", SERVICES[name]["image"]), name


def test_proxy_lets_a_whole_file_of_evidence_through() -> None:
    megabytes = int(re.findall(r"client_max_body_size (\d+)m;", (ROOT / "deploy/nginx.conf").read_text())[0])
    assert megabytes * 1_000_000 > settings.EVIDENCE_MAX_FILE_BYTES


def test_example_leaves_to_compose_what_stands_in_front() -> None:
    """A copied example must not say there is no proxy: https would redirect for ever and all would share one limit."""
    example = dict(re.findall(r"^([A-Z0-9_]+)=(.*)$", (ROOT / ".env.example").read_text(), re.MULTILINE))
    assert {"TRUSTED_PROXY_COUNT", "BEHIND_TLS_PROXY"} & set(example) == set()
    assert COMPOSE["x-product"]["environment"]["TRUSTED_PROXY_COUNT"] == "${TRUSTED_PROXY_COUNT:-1}"


def test_proxy_counts_and_passes_on_the_address_it_saw() -> None:
    text = (ROOT / "deploy/nginx.conf").read_text()
    assert re.findall(r"proxy_set_header X-Forwarded-For (\S+);", text) == ["$remote_addr"]
    assert re.findall(r"real_ip_header (\S+);", text) == ["X-Forwarded-For"]
    assert "0.0.0.0/0" not in text


@pytest.mark.parametrize("missing", ["SECRET_KEY", "DATABASE_URL", "PUBLIC_URL", "SIGNING_KEY_PASSWORD"])
def test_settings_stop_with_the_name_of_a_missing_secret(missing: str, tmp_path: Path) -> None:
    environment = {
        "SECRET_KEY": "s" * 60,
        "DATABASE_URL": "sqlite:///:memory:",
        "PUBLIC_URL": "http://localhost:8000",
        "SIGNING_KEY_PASSWORD": "secret",
        "VAR_DIR": str(tmp_path),
        "ENV_FILE": str(tmp_path / "none"),
    }
    del environment[missing]
    command = [sys.executable, "-c", "import qms.settings"]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert f"Set the environment variable {missing} (or {missing}_FILE)" in done.stderr


def test_settings_read_a_secret_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("from-a-file-" + "s" * 50 + "\n")
    environment = {
        "SECRET_KEY_FILE": str(tmp_path / "key"),
        "DATABASE_URL": "sqlite:///:memory:",
        "PUBLIC_URL": "http://localhost:8000",
        "SIGNING_KEY_PASSWORD": "secret",
        "VAR_DIR": str(tmp_path),
        "ENV_FILE": str(tmp_path / "none"),
    }
    command = [sys.executable, "-c", "from qms import settings; print(settings.SECRET_KEY)"]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "from-a-file-" + "s" * 50
