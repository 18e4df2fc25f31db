"""Celery tasks of the foundation. A task loads by id and calls one service; list each module here."""

from qms.tasks import elevation, health, mapping, outbox, reminder, trail

__all__ = ["elevation", "health", "mapping", "outbox", "reminder", "trail"]
