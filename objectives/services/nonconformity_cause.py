"""Why it happened: one answer to one “why?” at a time, in branches, down to the root cause from the catalogue."""

from __future__ import annotations

from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from objectives.models import CauseNode, Nonconformity
from objectives.services.nonconformity import forget_judgement, lock_open, named_cause
from qms.models import User
from qms.services import record as record_service
from qms.services.record import CannotChange
from qms.services.wording import said

Status = Nonconformity.Status
DEEPEST = 7
"""“Why?” is asked five times as a rule of thumb; two more are allowed before it becomes guessing."""
MOST_NODES = 60


class WhyMissing(CannotChange):
    """A root cause is to be named and nobody has asked why."""


@transaction.atomic
def answer_why(
    found: Nonconformity, *, text: str, branch: str = "", parent: CauseNode | None = None, by: User, at: datetime,
    version: int | None = None,
) -> CauseNode:  # fmt: skip
    """Answer one “why?”: of the nonconformity itself (then ``branch`` says where it belongs), or of an answer.

    Side effects: the node, a version, a trail entry. Raises ReasonMissing (no words), CannotChange (no longer open, or
    too deep), StaleRecord, ValidationError by field.
    """
    text = " ".join(said(text, field="text").split())
    current = lock_open(found, version=version)
    known = {node.pk: node for node in current.causes}
    if len(known) >= MOST_NODES:
        raise CannotChange(_("There are %d answers already. Take out those that led nowhere.") % MOST_NODES)
    if parent is not None:
        if parent.pk not in known:
            raise ValidationError({"text": _("The answer you were asking about is gone. Start from another one.")})
        if known[parent.pk].depth >= DEEPEST:
            raise CannotChange(_("“Why?” was asked %d times here. Name the root cause now.") % DEEPEST)
        branch = known[parent.pk].branch
    if branch not in CauseNode.Branch.values:
        raise ValidationError({"branch": _("Choose where this answer belongs.")})
    node = CauseNode(nonconformity=current, parent=parent, branch=branch, text=text)
    record_service.validate(node)
    node.save()
    _reread(current)
    facts = {"because": f"{node.get_branch_display()}: {text}"}
    record_service.seal(current, "nonconformity.why_answered", by=by, at=at, facts=facts)
    return node


@transaction.atomic
def remove_why(
    found: Nonconformity, node: CauseNode, *, by: User, at: datetime, version: int | None = None
) -> Nonconformity:
    """Take an answer out, with the answers below it; the versions and the trail keep what was there.

    Raises CannotChange (no longer open, or the last answer under a root cause that was named), StaleRecord.
    """
    current = lock_open(found, version=version)
    current.cause_tree.filter(pk=node.pk).delete()
    _reread(current)
    if current.cause_id and not current.cause_tree.exists():
        raise CannotChange(_("The root cause that was named rests on this answer. Answer “why?” otherwise first."))
    facts = {"taken_out": f"{node.get_branch_display()}: {node.text}"}
    return record_service.seal(current, "nonconformity.why_removed", by=by, at=at, facts=facts)


@transaction.atomic
def analyze(
    found: Nonconformity, *, cause: str, by: User, at: datetime, version: int | None = None
) -> Nonconformity:  # fmt: skip
    """Name the root cause by its name in the catalogue; a new name is entered on the way.

    While it is contained or acted upon; another cause than the one acted upon sends it back to be acted upon anew.
    Side effects: perhaps the cause with its trail entry; the row, a version, a trail entry, clause links. Raises
    ReasonMissing, WhyMissing (nobody asked why), CannotChange, StaleRecord, IllegalTransition.
    """
    named, is_new = named_cause(cause, by=by, at=at)
    current = lock_open(found, version=version)
    if not current.cause_tree.exists():
        raise WhyMissing(_("Ask “why?” at least once first, so that others can follow how you got there."))
    if current.cause_id == named.pk:
        return current
    if current.status == Status.EVALUATED:
        record_service.move(current, Status.ACTING)
    if current.status != Status.ANALYZED:
        record_service.move(current, Status.ANALYZED)
    forget_judgement(current)
    current.cause = named
    facts = {"new_in_catalogue": named.name} if is_new else None
    return record_service.seal(current, "nonconformity.analyzed", by=by, at=at, facts=facts)


def _reread(found: Nonconformity) -> None:
    found.__dict__.pop("causes", None)
