"""Celery tasks of the leadership package; list each module here so workers find it."""

from leadership.tasks import corroboration, resource_request

__all__ = ["corroboration", "resource_request"]
