"""The moments the leadership package's records have besides their due and review days, and its letters."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from leadership.services import corroboration
from qms.letters import Letter
from qms.letters import register as register_letter

register_letter(
    Letter(corroboration.LETTER, _("Question to somebody who was there"), corroboration.compose_invitation)
)  # fmt: skip
