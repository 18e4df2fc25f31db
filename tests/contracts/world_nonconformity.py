"""Samples of the addresses of nonconformities, collected by name."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from objectives.models import CauseNode, ImprovementAction, Nonconformity
from objectives.services import improvement_action, nonconformity, nonconformity_cause, nonconformity_effect
from qms.models import Attachment

if TYPE_CHECKING:
    from tests.contracts.world import World


def raised(w: World, **fields: Any) -> Nonconformity:
    """One of the leader's, just raised."""
    facts: dict[str, Any] = {
        "uid": uuid.uuid4(), "title": "Bore 0.2 mm too wide on 40 covers", "site": w.site, "area": w.area,
        "owner": w.leader.person,
    }  # fmt: skip
    return nonconformity.open_nonconformity(**(facts | fields), by=w.leader, at=w.now)


def contained(w: World) -> Nonconformity:
    return nonconformity.contain(raised(w), containment="Sorted and blocked", by=w.leader, at=w.now)


def asked(w: World) -> tuple[Nonconformity, CauseNode]:
    """Contained, with one answer to “why?”."""
    found = contained(w)
    node = nonconformity_cause.answer_why(found, text="The insert was worn", branch="machine", by=w.leader, at=w.now)
    return Nonconformity.objects.get(pk=found.pk), node


def analyzed(w: World) -> Nonconformity:
    return nonconformity_cause.analyze(asked(w)[0], cause="No limit for tool wear", by=w.leader, at=w.now)


def acting(w: World) -> Nonconformity:
    due = w.now.date() + timedelta(days=20)
    return nonconformity.act(
        analyzed(w), uid=uuid.uuid4(), title="Count the parts per insert", owner=w.leader.person, due_on=due,
        by=w.leader, at=w.now,
    )  # fmt: skip


def proof_of(w: World, found: Nonconformity) -> Attachment:
    """A file in the record that shows the new way."""
    return Attachment.objects.create(
        record_id=found.pk, form="document", name="sheet.pdf", media_type="application/pdf", size=3, sha256="b" * 64,
        original_sha256="b" * 64, uploaded_at=w.now, uploaded_by=w.leader,
    )  # fmt: skip


def ready_to_close(w: World) -> Nonconformity:
    found = acting(w)
    for action in ImprovementAction.objects.filter(source_id=found.pk):
        improvement_action.complete(action, outcome="Counter fitted", by=w.leader, at=w.now)
    found = nonconformity_effect.prove_use(
        found, used_on=w.now.date() - timedelta(days=0 if found.happened_on >= w.now.date() else 1),
        used_note="Order 4711", proof=proof_of(w, found), by=w.leader, at=w.now,
    )  # fmt: skip
    return nonconformity_effect.evaluate(
        found, effectiveness="effective", effectiveness_note="None in 2,000 parts", by=w.leader, at=w.now
    )


def an_answer(w: World) -> dict[str, int]:
    """The arguments of a page about one answer."""
    found, node = asked(w)
    return {"pk": found.pk, "node_pk": node.pk}


OF_SITE: dict[str, Any] = {
    **{
        f"objectives:nonconformity-{page}": lambda w, u: {"pk": w.nonconformity.pk}
        for page in ("detail", "print", "edit", "why")
    },
    "objectives:nonconformity-why-remove": lambda w, u: an_answer(w),
    "objectives:nonconformity-step": lambda w, u: {"pk": w.nonconformity.pk, "verb": "contain"},
}
