"""Scenarios of the services of the quality policy, collected by name."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db import transaction

from leadership.services import policy
from tests.contracts.world import World
from tests.contracts.world_policy import draft, in_review, known, made_top


@transaction.atomic
def _approved(w: World, who: dict[str, Any]) -> Any:
    made_top(w)
    waiting, review_on = in_review(w), w.now.date() + timedelta(days=300)
    return policy.approve(waiting, review_on=review_on, method="password", **who)


@transaction.atomic
def _changed(w: World, who: dict[str, Any]) -> Any:
    return policy.change(draft(w), version=1, reason="Shorter", text="Parts that fit.", **who)


@transaction.atomic
def _translated(w: World, who: dict[str, Any]) -> Any:
    words = {"language": "de", "title": "Qualitätspolitik", "text": "Teile, die passen.", "translated_by": "Hiro Weber"}
    return policy.translate(draft(w), **words, **who)


@transaction.atomic
def _sent_back(w: World, who: dict[str, Any]) -> Any:
    return policy.send_back(in_review(w), reason="Too long", **who)


SCENARIOS: dict[str, Any] = {
    "leadership.services.policy.draft": lambda w, who: draft(w),
    "leadership.services.policy.change": _changed,
    "leadership.services.policy.translate": _translated,
    "leadership.services.policy.submit": lambda w, who: in_review(w),
    "leadership.services.policy.send_back": _sent_back,
    "leadership.services.policy.approve": _approved,
    "leadership.services.policy.review": lambda w, who: policy.review(
        known(w), review_on=w.now.date() + timedelta(days=200), words="It still fits", method="password", **who
    ),
    "leadership.services.policy.withdraw": lambda w, who: policy.withdraw(known(w), reason="The plant closed", **who),
}
