"""Structured logs: one JSON object per line, with the request id of the request or of the task it queued."""

import re
from collections.abc import MutableMapping
from typing import Any

import structlog

SECRET_LINK = re.compile(
    r"(/(?:answer|promise|read|role|ideas|shared|screen|calendar|go|unsubscribe|reset/key)/)[\w.~:-]{16,}"
)
"""An address that lets in whoever knows it; deploy/nginx.conf leaves out the same."""


def without_secrets(_logger: Any, _method: str, entry: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Take the secret out of every address in the entry: who reads the logs is not let in by it."""
    for name, value in entry.items():
        if isinstance(value, str):
            entry[name] = SECRET_LINK.sub(r"\1***", value)
    return entry


def log_settings(level: str) -> dict[str, Any]:
    """Return Django's LOGGING for a level such as "INFO", and set structlog up to write through it."""
    steps: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
        structlog.processors.format_exc_info,
        without_secrets,
    ]
    structlog.configure(
        processors=[structlog.stdlib.filter_by_level, *steps, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    json_lines = {
        "()": structlog.stdlib.ProcessorFormatter,
        "processors": [
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.JSONRenderer(),
        ],
        "foreign_pre_chain": steps,
    }
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"json": json_lines},
        "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "json"}},
        "root": {"handlers": ["console"], "level": level},
        "loggers": {
            **{name: {"handlers": [], "propagate": True} for name in ("django", "django.server")},
            **{name: {"level": "WARNING"} for name in ("fontTools", "pikepdf", "pyhanko", "weasyprint")},
        },
    }
