"""Notices about improvement actions to the people they concern, where those log in."""

from __future__ import annotations

from datetime import datetime

from django.urls import reverse

from objectives.models import ImprovementAction
from qms.models import Person, User
from qms.services import job


def log_in_of(person: Person, *, at: datetime) -> User | None:
    """The person's log-in, if there is one that works."""
    user: User | None = getattr(person, "user", None)
    return user if user is not None and user.may_log_in_at(at) else None


def tell(
    person: Person | None, text: str, action: ImprovementAction, *, but: User | None = None, at: datetime
) -> None:  # fmt: skip
    """A notice to the person, leading to the action; nothing for who has no log-in or did it (``but``)."""
    user = log_in_of(person, at=at) if person else None
    if user is not None and user != but:
        job.notify(user, text, at=at, url=reverse("objectives:improvement-action-detail", args=[action.pk]))
