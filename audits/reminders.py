"""The moments the audits package's records have besides their due and review days."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from audits.models import Pack
from qms.models import Concern
from qms.reminder_events import ReminderEvent, register

PACK_READY = register(
    ReminderEvent(
        kind=Pack.KIND, event="ready", label=_("Evidence pack ready"),
        words=_("Built on %(due)s and not downloaded yet."),
        waiting=lambda: Pack.objects.filter(status=Pack.Status.READY, downloads__isnull=True),
        due="job__finished_at__date", concern=Concern.NEWS, escalates=False, obsolete_after=14,
    )
)  # fmt: skip
