"""Is the installation able to work? Asked by load balancers and container health checks."""

from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import uuid4

import structlog
from celery import Celery, current_app
from django.core.cache import cache
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import connection

HEARTBEAT_KEY = "health:heartbeat"
HEARTBEAT_MAX_AGE = timedelta(minutes=3)  # beat sends one each 30 s, and a worker may be busy for a while

log = structlog.get_logger(__name__)


class NotReady(Exception):
    """A part of the installation does not answer as it should; the message says how."""


def record_heartbeat(*, at: datetime) -> None:
    """Remember that a worker ran beat's task at this moment. Side effect: one cache entry."""
    cache.set(HEARTBEAT_KEY, at.timestamp(), timeout=None)


def check_database() -> None:
    """Raise if the database does not answer a query."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")


def check_broker(app: Celery = current_app) -> None:
    """Raise if the broker takes no connection within two seconds."""
    with app.connection_for_write() as broker:
        broker.ensure_connection(max_retries=1, interval_start=0.1, timeout=2)


def check_storage() -> None:
    """Raise if a small file cannot be written, read back and deleted. Side effect: that file, for a moment."""
    content = uuid4().hex.encode()
    name = default_storage.save(f"health/{uuid4().hex}", ContentFile(content))
    try:
        with default_storage.open(name) as stored:
            if stored.read() != content:
                raise NotReady("A file came back with other content than was written.")
    finally:
        default_storage.delete(name)


def check_beat(*, at: datetime) -> None:
    """Raise if no worker has run beat's heartbeat lately."""
    last = cache.get(HEARTBEAT_KEY)
    if last is None:
        raise NotReady("No heartbeat yet: beat or the workers are not running.")
    age = at.timestamp() - last
    if age > HEARTBEAT_MAX_AGE.total_seconds():
        raise NotReady(f"The last heartbeat is {age:.0f} s old.")


def readiness(*, at: datetime) -> dict[str, bool]:
    """Return each part's name with whether it works. What exactly fails goes to the log, not to the world."""
    checks: dict[str, Callable[[], None]] = {
        "database": check_database,
        "broker": check_broker,
        "storage": check_storage,
        "beat": lambda: check_beat(at=at),
    }
    return {name: _passes(name, check) for name, check in checks.items()}


def _passes(name: str, check: Callable[[], None]) -> bool:
    try:
        check()
    except Exception as error:  # noqa: BLE001  any failure of a part means that this part is not ready
        log.error("not_ready", part=name, error=str(error), kind=type(error).__name__)
        return False
    return True
