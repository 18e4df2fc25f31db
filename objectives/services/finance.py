"""What waits for finance: amounts of benefits to confirm, and months of the cost of quality that have ended."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.db.models import OuterRef, QuerySet, Subquery

from objectives.models import ImprovementAction, QualityCostStatement
from objectives.services import benefit
from qms.models import Phase, Record, User
from qms.permissions import Permission

MOST = 50


def waiting_for(user: User, *, today: date) -> QuerySet[Record]:
    """What the user may confirm as finance, the longest waiting first, up to MOST of a kind; for the home page.

    Each row has ``benefit_id``: the benefit to confirm of an action, None for a month. Actions of one's own are for
    somebody else. One query; none, and no row, for who does not confirm.
    """
    if not user.can(Permission.BENEFIT_CONFIRM):
        return Record.objects.none()
    waiting = benefit.to_confirm()
    actions = ImprovementAction.objects.visible_to(user).filter(
        pk__in=waiting.values("action_id"), completed_on__isnull=False
    )  # fmt: skip
    actions = actions.exclude(owner_id=user.person_id).exclude(phase=Phase.WITHDRAWN)
    months = QualityCostStatement.objects.visible_to(user).filter(
        status=QualityCostStatement.Status.OPEN, begins_on__lt=today.replace(day=1)
    )  # fmt: skip
    kinds: tuple[QuerySet[Any], ...] = (actions, months)
    keys = [
        Record.objects.filter(pk__in=rows.order_by("occurred_on", "pk").values("pk")[:MOST]).values("pk")
        for rows in kinds
    ]
    first = Subquery(waiting.filter(action=OuterRef("pk")).order_by("pk").values("pk")[:1])
    found: QuerySet[Record] = Record.objects.filter(pk__in=keys[0].union(keys[1])).annotate(benefit_id=first)
    return found.order_by("occurred_on", "pk")
