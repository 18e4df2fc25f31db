"""The Celery application. `celery -A qms worker` and `celery -A qms beat` start from here."""

import os
from logging.config import dictConfig
from typing import Any

from celery import Celery
from celery.signals import setup_logging
from django.conf import settings
from django_structlog.celery.steps import DjangoStructLogInitStep

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "qms.settings")

app = Celery("qms")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.steps["worker"].add(DjangoStructLogInitStep)  # the request id that queued a task is in the task's log lines
app.autodiscover_tasks()


@setup_logging.connect
def use_settings_logging(**_: Any) -> None:
    """Keep Celery from replacing the logging of settings.py with its own."""
    dictConfig(settings.LOGGING)
