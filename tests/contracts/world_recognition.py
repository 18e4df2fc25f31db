"""Samples of the addresses of recognition, collected by name."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

from leadership.models import Recognition, RecognitionValue, WallScreen
from leadership.services import recognition, recognition_wall
from qms.models import User
from qms.permissions import AccessProfile

if TYPE_CHECKING:
    from tests.contracts.world import World


def value(w: World) -> RecognitionValue:
    found, _made = RecognitionValue.objects.get_or_create(slug="speaking-up", defaults={"label": "Speaking up"})
    return found


def given(w: World, **fields: Any) -> Recognition:
    """Thanks of the leader's to somebody without a log-in, and to the employee."""
    facts: dict[str, Any] = {
        "uid": uuid.uuid4(), "title": "Stopped the line when the gauge drifted", "site": w.site, "area": w.area,
        "recipients": [(w.person, ""), (w.users[AccessProfile.EMPLOYEE].person, ""), (None, "Night shift")],
        "value": value(w), "is_agreed": True,
    }  # fmt: skip
    return recognition.give(**(facts | fields), by=w.leader, at=w.now)


def given_to(w: World, user: User) -> Recognition:
    """Thanks the user got."""
    return given(w, recipients=[(user.person, "")])


def screen(w: World) -> WallScreen:
    return recognition_wall.make_screen(site=w.site, name="Canteen", by=w.leader, at=w.now)


OF_SITE: dict[str, Any] = {
    **{
        f"leadership:recognition-{page}": lambda w, u: {"pk": w.one("recognition").pk}
        for page in ("detail", "print", "card", "edit", "withdraw")
    },
    "leadership:wall-screen-revoke": lambda w, u: {"pk": screen(w).pk},
    "leadership:recognition-answer": lambda w, u: {"pk": w.one("recognition").pk},
}
OF_ALL: dict[str, Any] = {
    "leadership:recognition-value-edit": lambda w, u: {"slug": value(w).slug},
    "leadership:wall-screen": lambda w, u: {"token": screen(w).secret.rstrip("/").rpartition("/")[2]},
}
ONE_OF: dict[str, Any] = {"recognition": given}
OTHER_LISTS = {
    AccessProfile.QUALITY_MANAGER: (
        "leadership:recognition-wall", "leadership:recognition-new", "leadership:wall-screens",
        "leadership:recognition-value-list",
    ),
}  # fmt: skip
RULES_BEYOND_THE_PERMISSION = {
    "leadership:recognition-new": "leaders, or everybody where the organization allows it",
    "leadership:recognition-edit": "who thanked, or the quality manager",
    "leadership:recognition-withdraw": "the same",
    "leadership:recognition-answer": "who was thanked",
}
