"""The letter that gathers what waits for one person."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from qms.letters import Composed
from qms.models import Person, Reminder
from qms.records import kind_of
from qms.reminder_events import event_of
from qms.services import secret_link


def compose(person: Person, reminders: Sequence[Reminder], at: datetime) -> Composed:
    """One letter with everything that waits for the person; the caller has checked that it still does."""
    lines = [_line(reminder) for reminder in sorted(reminders, key=lambda r: (r.due_on, r.pk))]
    subject = ngettext("%(n)s thing waits for you", "%(n)s things wait for you", len(lines)) % {"n": len(lines)}
    context = {"name": person.name, "lines": lines, "inbox_url": "/", "subject": subject, "at": at}
    return Composed(to=person.email, subject=subject, template="emails/digest", context=context)


def _line(reminder: Reminder) -> dict[str, Any]:
    """What to do, with the page to do it on. A confidential record is named by its number only."""
    record, event = reminder.record, event_of(reminder.kind, reminder.event)
    page = f"{kind_of(reminder.kind).url_stem}-detail"
    is_for_other = reminder.responsible_id != reminder.person_id
    title = record.reference if record.is_confidential else record.title
    facts = {"title": title, "reference": record.reference, "due": date_format(reminder.due_on, "j M Y")}
    return {
        "title": title, "reference": record.reference, "words": event.words % facts if event else "",
        "url": event.url(reminder) if event and event.url else secret_link.address_of(page, reminder.record_id),
        "waits_on": _("Waits on %s") % reminder.responsible.name if is_for_other else "",
        "instead_of": _("In place of %s") % reminder.instead_of.name if reminder.instead_of else "",
    }  # fmt: skip
