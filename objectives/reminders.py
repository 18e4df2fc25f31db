"""The moments the objectives package's records have besides their due and review days, and its letters."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from objectives.models import ImprovementAction, Objective, ObjectiveDecision, Promise, Risk, RiskAcceptance
from objectives.services import promise
from qms.letters import Letter
from qms.letters import register as register_letter
from qms.models import Phase
from qms.reminder_events import ReminderEvent, register

register_letter(Letter(promise.LETTER, _("Question whether a promise is kept"), promise.compose_question))

ACCEPTANCE_EXPIRES = register(
    ReminderEvent(
        kind=Risk.KIND, event="acceptance_expires", label=_("Acceptance of a risk expires"),
        words=_("Accepted until %(due)s. Renew it with your signature, or treat the risk."),
        waiting=lambda: RiskAcceptance.objects.filter(ended_at=None, risk__status=Risk.Status.ACCEPTED),
        record="risk_id", due="expires_on", responsible="accepted_by_id", site="risk__site_id", area="risk__area_id",
        deputy="risk__owner_id", needs_signature=True,
    )
)  # fmt: skip
DECISION_AWAITED = register(
    ReminderEvent(
        kind=Objective.KIND, event="decision_awaited", label=_("Decision about an objective awaited"),
        words=_("Off track: since %(due)s your decision is awaited."),
        waiting=lambda: ObjectiveDecision.objects.filter(decided_at=None, objective__phase=Phase.OPEN),
        record="objective_id", due="asked_on", responsible="objective__owner_id", site="objective__site_id",
        area="objective__area_id", subject="pk",
    )
)  # fmt: skip
PROMISE_UNANSWERED = register(
    ReminderEvent(
        kind=ImprovementAction.KIND, event="promise_unanswered", label=_("Question about a promise unanswered"),
        words=_("Asked on %(due)s whether this promise to you is kept. Please say so with one tap."),
        waiting=lambda: Promise.objects.filter(answer="", action__status__in=promise.ASKED_IN),
        record="action_id", due="asked_at__date", responsible="person_id", site="action__site_id",
        area="action__area_id", subject="pk", escalates=False, in_person=True, obsolete_after=promise.LIFETIME.days - 1,
        url=promise.reminder_link,
    )
)  # fmt: skip
