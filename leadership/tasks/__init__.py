"""Celery tasks of the leadership package; list each module here so workers find it."""

from leadership.tasks import acknowledgement, occurrence, resource_request

__all__ = ["acknowledgement", "occurrence", "resource_request"]
