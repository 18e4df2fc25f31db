"""Samples of the addresses of improvement actions, ideas, benefits and promises, collected by name."""

from __future__ import annotations

import uuid
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from objectives.models import Benefit, ImprovementAction, Promise
from objectives.services import benefit, idea, improvement_action, promise
from qms.models import User
from qms.services import person as person_service

if TYPE_CHECKING:
    from tests.contracts.world import World


def done_action(w: World, **fields: Any) -> ImprovementAction:
    """An action of the leader's that is done."""
    facts: dict[str, Any] = {
        "uid": uuid.uuid4(), "title": "Light above the bench", "owner": w.leader.person, "due_on": date(2027, 1, 10),
        "site": w.site,
    }  # fmt: skip
    action = improvement_action.open_action(**(facts | fields), by=w.leader, at=w.now)
    return improvement_action.complete(action, outcome="Hung up", by=w.leader, at=w.now)


def raised_idea(w: World) -> ImprovementAction:
    """An idea that waits for the leader to take it up."""
    action = idea.raise_idea(uid=uuid.uuid4(), title="A hook for the hose", area=w.area, by=w.leader, at=w.now).action
    return improvement_action.change(
        action, version=1, reason="It is the leader's", owner=w.leader.person, by=w.leader, at=w.now
    )


def some_benefit(w: World) -> Benefit:
    """A benefit with an actual amount, not confirmed yet."""
    facts = {"nature": "hard", "rhythm": "per_year", "description": "Less scrap", "method": "Scrap book"}
    return benefit.add(done_action(w), **facts, actual_amount=Decimal(1200), by=w.leader, at=w.now)


def question_to(w: World, user: User) -> Promise:
    """A question about a promise made to the user."""
    action = done_action(w, owner=w.chief, promised_to=user.person)
    found = promise.pending(action)
    assert found is not None
    return found


def promised_with_pin(w: World) -> ImprovementAction:
    """A done action promised to somebody who has a PIN."""
    person_service.set_pin(w.person, by=None, at=w.now)
    w.person.refresh_from_db()
    return done_action(w, promised_to=w.person)


OF_SITE: dict[str, Any] = {
    "objectives:improvement-action-assess": lambda w, u: {"pk": raised_idea(w).pk},
    "objectives:improvement-action-cycle": lambda w, u: {"pk": w.action.pk},
    "objectives:improvement-action-check": lambda w, u: {"pk": done_action(w).pk},
    "objectives:improvement-action-photo": lambda w, u: {"pk": w.action.pk},
    "objectives:improvement-action-copy": lambda w, u: {"pk": done_action(w).pk},
    "objectives:improvement-action-benefit": lambda w, u: {"pk": w.action.pk},
    "objectives:improvement-action-promise": lambda w, u: {"pk": promised_with_pin(w).pk},
    "objectives:benefit-edit": lambda w, u: {"pk": some_benefit(w).pk},
    "objectives:benefit-withdraw": lambda w, u: {"pk": some_benefit(w).pk},
    "objectives:benefit-confirm": lambda w, u: {"pk": some_benefit(w).pk},
}
OF_USER: dict[str, Any] = {
    "objectives:promise-mine": lambda w, u: {"pk": question_to(w, u).pk},
}
OF_ALL: dict[str, Any] = {
    "objectives:promise-at": lambda w, u: {"uid": promised_with_pin(w).uid},
    "objectives:promise-answer": lambda w, u: {"token": "no-such-token"},
    "objectives:idea-ticket": lambda w, u: {"token": "no-such-token"},
    "objectives:idea-at": lambda w, u: {"token": w.code.token},
}
