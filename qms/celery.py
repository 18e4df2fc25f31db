"""The Celery application. `celery -A qms worker` and `celery -A qms beat` start from here."""

import os
import time
from logging.config import dictConfig
from typing import Any

from celery import Celery, bootsteps
from celery.beat import PersistentScheduler
from celery.signals import setup_logging
from django.conf import settings
from django_structlog.celery.steps import DjangoStructLogInitStep

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "qms.settings")

app = Celery("qms")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.steps["worker"].add(DjangoStructLogInitStep)  # the request id that queued a task is in the task's log lines
app.autodiscover_tasks()


class WorkerPulse(bootsteps.StartStopStep):
    """Says every half minute that the worker lives, whatever its tasks do (qms/services/silence.py)."""

    requires = {"celery.worker.components:Timer"}

    def start(self, parent: Any) -> None:
        """Begin with the worker's own timer."""
        from qms.services.silence import PULSE_SECONDS  # noqa: PLC0415  models are loaded by then

        _pulse("worker")
        parent.timer.call_repeatedly(PULSE_SECONDS, _pulse, ("worker",))


class PulsingScheduler(PersistentScheduler):
    """Celery's own schedule in a file; besides, beat says every half minute that it lives."""

    _pulsed_at = 0.0

    def tick(self, *args: Any, **kwargs: Any) -> float:
        """Queue what is due; returns the seconds until the next look."""
        from qms.services.silence import PULSE_SECONDS  # noqa: PLC0415  models are loaded by then

        if time.monotonic() - self._pulsed_at >= PULSE_SECONDS:
            self._pulsed_at = time.monotonic()
            _pulse("beat")
        return min(float(super().tick(*args, **kwargs)), PULSE_SECONDS)


app.steps["worker"].add(WorkerPulse)


def _pulse(part: str) -> None:
    from django.db import close_old_connections  # noqa: PLC0415  after Django's set-up
    from django.utils import timezone  # noqa: PLC0415

    from qms.services import silence  # noqa: PLC0415

    close_old_connections()
    silence.pulse(part, at=timezone.now())


@setup_logging.connect
def use_settings_logging(**_: Any) -> None:
    """Keep Celery from replacing the logging of settings.py with its own."""
    dictConfig(settings.LOGGING)
