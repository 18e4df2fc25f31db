"""Celery tasks of the audits package. A task loads by id and calls one service; list each module here."""

from audits.tasks import pack

__all__ = ["pack"]
