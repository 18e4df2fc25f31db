"""Decisions that two misses in a row ask of an objective's owner. ``objective_standing.refresh_all`` asks for them."""

from __future__ import annotations

from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from objectives.models import Objective, ObjectiveDecision
from objectives.services import objective_standing
from qms.models import Phase, User
from qms.services import record as record_service
from qms.services import trail


class NothingToDecide(Exception):
    """No decision is open, or somebody has decided already."""


def waiting_for(user: User) -> QuerySet[ObjectiveDecision]:
    """Open decisions about the user's own open objectives, the longest waiting first; for the home page."""
    own = Objective.objects.visible_to(user).filter(owner_id=user.person_id, phase=Phase.OPEN)
    rows = ObjectiveDecision.objects.filter(decided_at=None, objective__in=own)
    return rows.select_related("objective__site").order_by("asked_on", "pk")


@transaction.atomic
def decide(
    decision: ObjectiveDecision, *, choice: str, words: str, by: User, at: datetime
) -> ObjectiveDecision:  # fmt: skip
    """Answer an open decision. What was chosen is then done on its own page (a new action, a new target, giving up).

    Side effects: the decision, a trail entry, the standing. Raises NothingToDecide, ValidationError by field.
    """
    objective = record_service.lock(decision.objective)
    current = ObjectiveDecision.objects.filter(pk=decision.pk, decided_at=None).first()
    if current is None:
        raise NothingToDecide(_("This was decided already. Nothing was changed."))
    if choice not in ObjectiveDecision.Choice.values:
        raise ValidationError({"choice": _("Choose what you decide.")})
    if not words.strip():
        raise ValidationError({"words": _("Say in a sentence why; it stays in the timeline.")})
    current.choice, current.words = choice, words.strip()
    current.decided_at, current.decided_by = at, by.person
    record_service.validate(current)
    current.save()
    facts = {"decision": str(ObjectiveDecision.Choice(choice).label), "because": current.asked_because}
    trail.write(objective, "objective.decided", by=by, at=at, changes=facts, reason=current.words)
    objective_standing.refresh(objective, at=at)
    return current
