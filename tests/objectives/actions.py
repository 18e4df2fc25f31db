"""Improvement actions for tests, opened the short way."""

from __future__ import annotations

import io
import uuid
from datetime import timedelta
from typing import Any

from django.test import Client
from PIL import Image

from objectives.models import ImprovementAction, Promise
from objectives.services import improvement_action as service
from objectives.services import promise
from qms.models import Person, User
from qms.services.attachment import Sent
from tests.factories import NOW, TODAY, PersonFactory


def as_user(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def opened(by: User, **values: Any) -> ImprovementAction:
    facts: dict[str, Any] = {
        "uid": uuid.uuid4(), "title": "Fix the gauge", "owner": by.person, "due_on": TODAY + timedelta(days=7),
        "site": by.person.site, "by": by, "at": NOW,
    }  # fmt: skip
    return service.open_action(**(facts | values))


def done(by: User, **values: Any) -> ImprovementAction:
    return service.complete(opened(by, **values), outcome="Done", by=by, at=values.get("at", NOW))


def asked(by: User, person: Person | None = None) -> Promise:
    """The question about a done action that was promised to somebody without a log-in."""
    action = done(by, promised_to=person or PersonFactory(name="Paula Sato"))
    found = promise.pending(action)
    assert found is not None
    return found


def picture(color: tuple[int, int, int] = (200, 30, 30)) -> bytes:
    body = io.BytesIO()
    Image.new("RGB", (64, 48), color).save(body, "JPEG")
    return body.getvalue()


def photo(color: tuple[int, int, int] = (200, 30, 30)) -> Sent:
    body = picture(color)
    return Sent(io.BytesIO(body), "place.jpg", len(body))
