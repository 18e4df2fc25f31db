"""The moments the leadership package's records have besides their due and review days, and its letters."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from leadership.models import Addressee
from leadership.services import corroboration
from qms.letters import Letter
from qms.letters import register as register_letter
from qms.reminder_events import ReminderEvent, register

register_letter(
    Letter(corroboration.LETTER, _("Question to somebody who was there"), corroboration.compose_invitation)
)  # fmt: skip
ACKNOWLEDGEMENT_MISSING = register(
    ReminderEvent(
        kind="acknowledgement", event="missing", label=_("Acknowledgement missing"),
        words=_("Read it and say that you understood it, by %(due)s."), waiting=Addressee.objects.missing,
        record="campaign_id", due="campaign__due_on", responsible="person_id", site="campaign__site_id", area="area_id",
    )
)  # fmt: skip
