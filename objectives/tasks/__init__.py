"""Celery tasks of the objectives package; list each module here so workers find it."""

from objectives.tasks import objective, promise, risk

__all__ = ["objective", "promise", "risk"]
