"""Samples of the addresses of acknowledgement campaigns, collected by name."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from leadership.models import AcknowledgementCampaign, Addressee
from leadership.services import acknowledgement
from qms.models import User

if TYPE_CHECKING:
    from tests.contracts.world import World


def campaign(w: World) -> AcknowledgementCampaign:
    """Everybody of Denver is asked to read the activity."""
    return acknowledgement.ask(
        w.activity, uid=uuid.uuid4(), due_on=w.now.date() + timedelta(days=14), owner=w.leader.person,
        for_sites=[w.site], by=w.leader, at=w.now,
    )  # fmt: skip


def known(w: World) -> AcknowledgementCampaign:
    return w.one("acknowledgement")  # type: ignore[no-any-return]


def addressee(w: World, user: User | None = None) -> Addressee:
    """One of those asked; with a user of the site, that one."""
    rows = Addressee.objects.filter(campaign=known(w)).select_related("campaign", "person")
    return (rows.filter(person=user.person).first() if user else None) or rows.order_by("pk")[0]


OF_SITE: dict[str, Any] = {
    "leadership:acknowledgement-ask": lambda w, u: {"uid": w.activity.uid},
    **{
        f"leadership:acknowledgement-{page}": lambda w, u: {"pk": known(w).pk}
        for page in ("detail", "print", "edit", "remind", "people", "people-export")
    },
    "leadership:acknowledgement-move": lambda w, u: {"pk": known(w).pk, "verb": "withdraw"},
    "leadership:acknowledgement-link": lambda w, u: {"pk": known(w).pk, "addressee_pk": addressee(w).pk},
}
OF_USER: dict[str, Any] = {"leadership:acknowledge-mine": lambda w, u: {"pk": addressee(w, u).pk}}
OF_ALL: dict[str, Any] = {
    "leadership:acknowledge-at": lambda w, u: {"uid": known(w).uid},
    "leadership:acknowledge": lambda w, u: {"token": "no-such-token"},
}
ONE_OF: dict[str, Any] = {"acknowledgement": campaign}
RULES_BEYOND_THE_PERMISSION = {
    "leadership:acknowledgement-ask": "who may work on the kind of record that is read",
    "leadership:acknowledgement-edit": "who looks after it, who began it, who may work on what is read",
    "leadership:acknowledgement-move": "the same",
    "leadership:acknowledgement-remind": "the same",
    "leadership:acknowledgement-link": "the same",
}
NOT_THERE = {"leadership:acknowledge": "a token that does not exist"}
