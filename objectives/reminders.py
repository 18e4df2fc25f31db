"""The moments the objectives package's records have besides their due and review days, and its letters."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from objectives.services import promise
from qms.letters import Letter
from qms.letters import register as register_letter

register_letter(Letter(promise.LETTER, _("Question whether a promise is kept"), promise.compose_question))
