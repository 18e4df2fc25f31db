"""Samples of the addresses of the quality policy, collected by name."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.db import transaction

from leadership.models import Policy
from leadership.services import policy as service
from qms.models import Person
from qms.permissions import AccessProfile

if TYPE_CHECKING:
    from tests.contracts.world import World


def draft(w: World, **facts: Any) -> Policy:
    """A draft of Denver's."""
    return service.draft(
        uid=uuid.uuid4(), title="Quality policy", text="We build parts that fit.", owner=w.leader.person, site=w.site,
        applies_to=w.site, is_public=True, by=w.users[AccessProfile.QUALITY_MANAGER], at=w.now, **facts,
    )  # fmt: skip


def in_review(w: World) -> Policy:
    with transaction.atomic():
        return service.submit(draft(w), by=w.users[AccessProfile.QUALITY_MANAGER], at=w.now)


def made_top(w: World) -> None:
    """Everybody who may approve is of top management, so that the contracts can sign."""
    Person.objects.filter(user__in=[user.pk for user in w.users.values()]).update(is_top_management=True)
    for user in w.users.values():
        user.person.is_top_management = True


def approved(w: World) -> Policy:
    """The current policy of Denver; the one before is superseded."""
    made_top(w)
    return service.approve(
        in_review(w), review_on=w.now.date() + timedelta(days=300), method="password", by=w.leader, at=w.now
    )


def known(w: World) -> Policy:
    """The second version of two, so that something changed."""
    if "policy" not in w.made:
        approved(w)
    return w.one("policy")  # type: ignore[no-any-return]


OF_SITE: dict[str, Any] = {
    **{
        f"leadership:policy-{page}": lambda w, u: {"pk": known(w).pk}
        for page in ("detail", "print", "poster", "edit", "translate", "approve", "review", "changes")
    },
    "leadership:policy-move": lambda w, u: {"pk": known(w).pk, "verb": "withdraw"},
}
OF_ALL: dict[str, Any] = {"leadership:policy-public-site": lambda w, u: {"code": known(w).applies_to.code}}
ONE_OF: dict[str, Any] = {"policy": approved}
RULES_BEYOND_THE_PERMISSION = {"leadership:policy-move": "who drafts or approves the policy"}
NOT_THERE = {"leadership:policy-public": "the organization has no policy of its own in this world"}
