"""Celery tasks of the leadership package; list each module here so workers find it."""

from leadership.tasks import resource_request

__all__ = ["resource_request"]
