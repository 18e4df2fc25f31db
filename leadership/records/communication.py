"""What the product must know about communications."""

from __future__ import annotations

from collections.abc import Iterable
from typing import cast

from django.utils.translation import gettext_lazy as _

from leadership.models import Communication
from qms.models import Record
from qms.permissions import Permission
from qms.records import RecordKind, register


def _subtype(record: Record) -> str:
    return cast(Communication, record).origin


def _subtypes() -> Iterable[tuple[str, str]]:
    return [(value, str(label)) for value, label in Communication.Origin.choices]


COMMUNICATION = register(
    RecordKind(
        model=Communication,
        label=_("Communication"),
        label_plural=_("Communications"),
        icon="megaphone",
        prefix="COMM",
        url_stem="leadership:communication",
        detail_template="leadership/communication_detail.html",
        edit_permission=Permission.COMMUNICATION_EDIT,
        subtype_of=_subtype,
        subtype_lookup="origin",
        subtypes=_subtypes,
        description=_("What was told to whom, by whom and when, what they asked, and the answers."),
        content_labels={
            "message": _("What was said"),
            "channel": _("How"),
            "audience": _("To whom"),
            "audience_size": _("How many people"),
            "source": _("Written up from"),
            "questions_until_on": _("Questions by link until"),
            "questions": _("Questions and answers"),
        },
        verbs={
            "communication.planned": _("Planned"),
            "communication.given": _("Given"),
            "communication.changed": _("Changed"),
            "communication.asked": _("A question asked"),
            "communication.answered": _("A question answered"),
            "communication.withdrawn": _("Withdrawn"),
        },
    )
)
