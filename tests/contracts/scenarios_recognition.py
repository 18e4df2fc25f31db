"""Scenarios of the services of recognition, collected by name."""

from __future__ import annotations

import uuid
from typing import Any

from django.db import transaction

from leadership.models import RecognitionValue
from leadership.services import recognition, recognition_value, recognition_wall
from tests.contracts import world_recognition as some
from tests.contracts.world import World


@transaction.atomic
def _answered(w: World, who: dict[str, Any]) -> Any:
    return recognition.answer(some.given_to(w, who["by"]), wish="refused", **who)


@transaction.atomic
def _revoked(w: World, who: dict[str, Any]) -> Any:
    return recognition_wall.revoke_screen(some.screen(w), **who)


SCENARIOS: dict[str, Any] = {
    "leadership.services.recognition.give": lambda w, who: recognition.give(
        uid=uuid.uuid4(), title="Found the crack", recipients=[(w.person, "")], site=w.site, value=some.value(w), **who
    ),
    "leadership.services.recognition.change": transaction.atomic(
        lambda w, who: recognition.change(
            some.given(w), version=1, reason="It was another gauge", title="Stopped line 2", **who
        )
    ),
    "leadership.services.recognition.withdraw": transaction.atomic(
        lambda w, who: recognition.withdraw(some.given(w), reason="Given twice", **who)
    ),
    "leadership.services.recognition.answer": _answered,
    "leadership.services.recognition_wall.make_screen": lambda w, who: recognition_wall.make_screen(
        site=w.site, name="Canteen", **who
    ),
    "leadership.services.recognition_wall.revoke_screen": _revoked,
    "leadership.services.recognition_value.add": lambda w, who: recognition_value.add(
        RecognitionValue(slug="new", label="New"), **who
    ),
    "leadership.services.recognition_value.change": lambda w, who: recognition_value.change(
        some.value(w), label="Speaking up early", **who
    ),
    "leadership.services.recognition_value.load_defaults": lambda w, who: recognition_value.load_defaults(**who),
}
