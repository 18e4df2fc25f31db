"""Celery tasks of the objectives package; list each module here so workers find it."""

from objectives.tasks import promise

__all__ = ["promise"]
