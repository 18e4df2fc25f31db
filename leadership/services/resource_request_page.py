"""What the page of a request shows of its decision: on what it stands, and what was decided before."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from leadership.models import ResourceDecision, ResourceRequest
from objectives.models import ObjectiveTarget


@dataclass(frozen=True)
class Answer:
    """The decisions so far, the newest last; the target before the adjusted one; days the acceptance still runs."""

    decisions: list[ResourceDecision]
    old_target: ObjectiveTarget | None
    days_left: int | None

    @property
    def earlier(self) -> list[ResourceDecision]:
        """Decisions that no longer stand or were followed by another one."""
        return self.decisions[:-1]


def page_of(request: ResourceRequest, *, today: date) -> Answer:
    """Gather it; two queries at most, none for what was never decided."""
    decisions = list(request.decisions.select_related("decided_by").order_by("number")) if request.asked_on else []
    target, borne = request.adjusted_target, request.acceptance
    return Answer(
        decisions=decisions,
        old_target=target_before(target) if target else None,
        days_left=(borne.expires_on - today).days if borne else None,
    )


def target_before(target: ObjectiveTarget) -> ObjectiveTarget | None:
    """The version of the target that held before this one."""
    earlier = ObjectiveTarget.objects.filter(objective_id=target.objective_id, number__lt=target.number)
    return earlier.order_by("-number").first()
