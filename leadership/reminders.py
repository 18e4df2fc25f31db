"""The moments the leadership package's records have besides their due and review days, and its letters."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from leadership.models import (
    Activity,
    Addressee,
    Communication,
    Invitation,
    Occurrence,
    Policy,
    ResourceRequest,
    Role,
    Routine,
)
from leadership.services import acknowledgement_letter, calendar_feed, corroboration, role_letter
from leadership.services import communication_question as question_service
from leadership.services import policy as policy_service
from leadership.services import role as role_service
from qms.letters import Letter
from qms.letters import register as register_letter
from qms.models import Site
from qms.reminder_events import ReminderEvent, register
from qms.services import api_token
from qms.services.reminder_people import Roles

register_letter(
    Letter(corroboration.LETTER, _("Question to somebody who was there"), corroboration.compose_invitation)
)  # fmt: skip
register_letter(Letter(role_letter.LETTER, _("Question whether somebody accepts a role"), role_letter.compose))
register_letter(Letter(acknowledgement_letter.LETTER, _("Request to read something"), acknowledgement_letter.compose))
ANSWER_AWAITED = register(
    ReminderEvent(
        kind=Activity.KIND, event="answer_awaited", label=_("Answer of somebody who was there awaited"),
        words=_("Asked on %(due)s whether this happened. Please answer with two taps."),
        waiting=lambda: Invitation.objects.filter(
            answered_at=None, activity__status=Activity.Status.LOGGED, participant__person__isnull=False
        ),
        record="activity_id", due="created_at__date", responsible="participant__person_id", site="activity__site_id",
        area="activity__area_id", subject="pk", escalates=False, in_person=True,
        obsolete_after=corroboration.LIFETIME.days - 1, url=corroboration.reminder_link,
    )
)  # fmt: skip
ACKNOWLEDGEMENT_MISSING = register(
    ReminderEvent(
        kind="acknowledgement", event="missing", label=_("Acknowledgement missing"),
        words=_("Read it and say that you understood it, by %(due)s."), waiting=Addressee.objects.missing,
        record="campaign_id", due="campaign__due_on", responsible="person_id", site="campaign__site_id", area="area_id",
    )
)  # fmt: skip
PLANNED_TIME = register(
    ReminderEvent(
        kind=Routine.KIND, event="window_opens", label=_("Standard work planned"),
        words=_("Planned for %(due)s. One tap logs it."), subject="pk", escalates=False,
        waiting=lambda: Occurrence.objects.filter(status=Occurrence.Status.PLANNED), record="routine_id",
        due="planned_on", responsible="leader_id",
    )
)  # fmt: skip
MISSED_TIME = register(
    ReminderEvent(
        kind=Routine.KIND, event="missed", label=_("Missed, without a reason"),
        words=_("Planned for %(due)s and not logged. Say why in a word, or log it late."), subject="pk",
        waiting=lambda: Occurrence.objects.all().unexplained(), record="routine_id", due="planned_on",
        responsible="leader_id",
    )
)  # fmt: skip
RESOURCE_DECISION = register(
    ReminderEvent(
        kind=ResourceRequest.KIND, event="decision_awaited", label=_("Decision awaited"),
        words=_("Your decision is awaited since %(due)s."), needs_signature=True,
        waiting=lambda: ResourceRequest.objects.filter(status=ResourceRequest.Status.REQUESTED), due="awaited_on",
        responsible="decider_id",
    )
)  # fmt: skip
RESOURCE_QUESTION = register(
    ReminderEvent(
        kind=ResourceRequest.KIND, event="question_asked", label=_("Question to answer"),
        words=_("Who decides has a question; the decision is awaited since %(due)s."),
        waiting=lambda: ResourceRequest.objects.filter(status=ResourceRequest.Status.ASKED), due="awaited_on",
    )
)  # fmt: skip
RESOURCE_ARRIVAL = register(
    ReminderEvent(
        kind=ResourceRequest.KIND, event="due", label=_("Arrival to confirm"),
        words=_("It was promised for %(due)s: is it there?"),
        waiting=lambda: ResourceRequest.objects.all().to_arrive(), due="arrives_on",
    )
)  # fmt: skip
RESOURCE_ACCEPTANCE = register(
    ReminderEvent(
        kind=ResourceRequest.KIND, event="review", label=_("Acceptance runs out"),
        words=_("The risk you bear for it is accepted until %(due)s; then it is to be decided again."),
        waiting=lambda: ResourceRequest.objects.all().borne(), due="acceptance__expires_on",
        responsible="decider_id", needs_signature=True,
    )
)  # fmt: skip
ROLE_UNACCEPTED = register(
    ReminderEvent(
        kind=Role.KIND, event="due", label=_("Role not accepted"), needs_signature=True,
        words=_("Say yes or no to the role you are offered, by %(due)s."), waiting=role_service.unaccepted,
        responsible="holder_id", url=role_letter.reminder_link,
    )
)  # fmt: skip
ROLE_REVIEW = register(
    ReminderEvent(
        kind=Role.KIND, event="review", label=_("Role to be reviewed"),
        words=_("Look at it with its holder: is it still right? By %(due)s."), waiting=role_service.review_due,
        due="review_on", deputy="deputy_id",
    )
)  # fmt: skip
POLICY_APPROVAL = register(
    ReminderEvent(
        kind=Policy.KIND, event="decision_awaited", label=_("Approval awaited"), needs_signature=True,
        words=_("Handed in on %(due)s: approve it with your signature, or send it back."),
        waiting=policy_service.awaiting, due="awaited_on", responsible="approver_id",
    )
)  # fmt: skip
COMMUNICATION_QUESTION = register(
    ReminderEvent(
        kind=Communication.KIND, event="question_asked", label=_("Question without an answer"),
        words=_("Somebody asked a question on %(due)s and waits for an answer."),
        waiting=question_service.open_questions, record="communication_id", due="asked_on",
        responsible="communication__owner_id", site="communication__site_id", area="communication__area_id",
        subject="pk",
    )
)  # fmt: skip


def _holders_of(slug: str, site_id: int) -> list[int]:
    """Who holds a role at a site, for rules that name the role: the holder, or else the deputy."""
    site = Site.objects.get(pk=site_id)
    holder = role_service.holder_of(slug, site=site)
    return [person.pk for person in ([holder] if holder else role_service.deputies(slug, site=site))]


Roles.holders = staticmethod(_holders_of)
api_token.also_ends.append(calendar_feed.revoke)
