"""The moments every kind of record has, and the foundation's letters. Apps add theirs in their own ``reminders``."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from qms.letters import Letter
from qms.letters import register as register_letter
from qms.models import Phase, Record
from qms.reminder_events import ReminderEvent, register
from qms.services import reminder, user

DUE = register(
    ReminderEvent(
        kind="", event="due", label=_("Due"), words=_("To be done by %(due)s."),
        waiting=lambda: Record.objects.filter(phase=Phase.OPEN, due_on__isnull=False),
    )
)  # fmt: skip
REVIEW = register(
    ReminderEvent(
        kind="", event="review", label=_("Review due"), words=_("To be looked at again by %(due)s."),
        waiting=lambda: Record.objects.filter(phase=Phase.OPEN, review_on__isnull=False), due="review_on",
    )
)  # fmt: skip
register_letter(Letter(reminder.LETTER, _("Digest"), reminder.compose))
register_letter(Letter(user.INVITATION, _("Invitation to log in"), user.compose_invitation))
register_letter(Letter(user.PASSWORD_RESET, _("Link for a new password"), user.compose_password_reset))
