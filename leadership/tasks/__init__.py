"""Celery tasks of the leadership package; list each module here so workers find it."""

from leadership.tasks import acknowledgement, resource_request

__all__ = ["acknowledgement", "resource_request"]
