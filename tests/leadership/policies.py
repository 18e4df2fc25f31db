"""The quality policy for tests, drafted and approved the short way."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

from leadership.models import Policy
from leadership.services import policy as service
from qms.models import Person, User
from tests.factories import NOW, TODAY

TEXT = "# Our policy\n\nWe build parts that fit.\n\n- Anybody stops the line.\n- We improve every week.\n"


def top(user: User) -> User:
    """The user as somebody of top management."""
    Person.objects.filter(pk=user.person_id).update(is_top_management=True)
    user.person.is_top_management = True
    return user


def drafted(by: User, **values: Any) -> Policy:
    """A draft for the user's site."""
    facts: dict[str, Any] = {
        "uid": uuid.uuid4(), "title": "Quality policy", "text": TEXT, "owner": by.person, "site": by.person.site,
        "applies_to": by.person.site, "by": by, "at": NOW,
    }  # fmt: skip
    return service.draft(**(facts | values))


def approve(policy: Policy, by: User, **values: Any) -> Policy:
    """Handed in, and approved by the user, who becomes top management."""
    at = values.get("at", NOW)
    submitted = service.submit(policy, by=by, at=at)
    facts: dict[str, Any] = {"review_on": TODAY + timedelta(days=365), "method": "password", "by": top(by), "at": at}
    return service.approve(submitted, **(facts | values))


def approved_policy(by: User, **values: Any) -> Policy:
    """The current policy of the user's site."""
    return approve(drafted(by, **values), by)
