"""Samples of the addresses of communications, collected by name."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

from leadership.models import Communication, CommunicationQuestion
from leadership.services import communication, communication_question
from qms.models import site_today

if TYPE_CHECKING:
    from tests.contracts.world import World


def given(w: World, **fields: Any) -> Communication:
    """One of the leader's, given today, with a question."""
    facts: dict[str, Any] = {
        "uid": uuid.uuid4(), "title": "Why we stop rather than sort", "message": "A sorted part is still a wrong part.",
        "site": w.site, "owner": w.leader.person, "occurred_on": site_today(w.site, w.now), "areas": [w.area],
    }  # fmt: skip
    return communication.enter(**(facts | fields), by=w.leader, at=w.now)


def asked(w: World) -> Communication:
    one = given(w)
    communication_question.ask(one, text="And the rush orders?", by=w.leader, at=w.now)
    return Communication.objects.select_related("site", "owner", "recorded_by__person").get(pk=one.pk)


def planned(w: World) -> Communication:
    return given(w, occurred_on=None, due_on=site_today(w.site, w.now))


def question(w: World) -> CommunicationQuestion:
    return CommunicationQuestion.objects.get(communication=asked(w))


OF_SITE: dict[str, Any] = {
    **{
        f"leadership:communication-{page}": lambda w, u: {"pk": w.one("communication").pk}
        for page in ("detail", "print", "edit", "give", "question")
    },
    "leadership:communication-move": lambda w, u: {"pk": w.one("communication").pk, "verb": "withdraw"},
    "leadership:communication-answer": lambda w, u: {"pk": question(w).pk},
}
OF_ALL: dict[str, Any] = {"leadership:communication-ask": lambda w, u: {"uid": uuid.UUID(int=1)}}
NOT_THERE = {"leadership:communication-ask": "a communication that takes no questions by link"}
RULES_BEYOND_THE_PERMISSION = {
    f"leadership:communication-{page}": "who spoke, who entered it, or the quality manager"
    for page in ("edit", "give", "move", "answer")
}
ONE_OF: dict[str, Any] = {"communication": asked}
OTHER_LISTS = {"quality_manager": ("leadership:communication-questions",)}
