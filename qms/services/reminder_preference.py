"""How somebody wants to be told: when the digest comes, and what comes by no mail."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, time
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from qms.models import Concern, Person, ReminderPreference, User
from qms.records import all_kinds, known_kinds
from qms.services import trail

NAMED = ("rhythm", "weekday", "at_time", "unsubscribed")
OPTIONAL_CONCERNS = (Concern.NEWS, Concern.WATCHED)


def preference_of(person: Person) -> ReminderPreference:
    """What the person chose; the defaults, unsaved, for who chose nothing."""
    return ReminderPreference.objects.filter(person=person).first() or ReminderPreference(person=person)


def subjects() -> list[tuple[str, str]]:
    """What one can do without by mail: the news, what one watches, and each kind of record, with its words."""
    concerns = [(str(Concern.NEWS), _("News")), (str(Concern.WATCHED), _("What I watch"))]
    return concerns + [(kind.kind, str(kind.label_plural)) for kind in all_kinds()]


def subject_label(subject: str) -> str:
    """The words of one of them; empty for what one cannot unsubscribe from."""
    return dict(subjects()).get(subject, "")


@transaction.atomic
def choose(
    person: Person, *, rhythm: str, weekday: int, at_time: time, unsubscribed: Iterable[str], by: User, at: datetime
) -> ReminderPreference:
    """Keep how the person wants to be told. Side effects: the row, an entry in the person's chain when it differs.

    What waits for a signature comes by mail whatever is chosen here. Raises ValidationError.
    """
    wanted = {"rhythm": rhythm, "weekday": weekday, "at_time": at_time, "unsubscribed": _known(unsubscribed)}
    return _keep(preference_of(person), wanted, "person.reminders_chosen", by=by, at=at)


@transaction.atomic
def unsubscribe(person: Person, subject: str, *, at: datetime) -> ReminderPreference:
    """Send the person no more mails about a subject, asked for by the link of a mail. Idempotent.

    Side effects: the row, an entry in the person's chain. Raises ValidationError for an unknown subject.
    """
    preference = preference_of(person)
    wanted = {"unsubscribed": _known([*preference.unsubscribed, subject])}
    return _keep(preference, wanted, "person.unsubscribed", by=None, at=at)


def _known(subjects_given: Iterable[str]) -> list[str]:
    may = {*OPTIONAL_CONCERNS, *known_kinds()}
    return sorted({str(subject) for subject in subjects_given} & may)


def _keep(
    preference: ReminderPreference, wanted: dict[str, Any], verb: str, *, by: User | None, at: datetime
) -> ReminderPreference:
    before = {name: getattr(preference, name) for name in wanted}
    changed = {name: [_plain(before[name]), _plain(wanted[name])] for name in wanted if before[name] != wanted[name]}
    for name, value in wanted.items():
        setattr(preference, name, value)
    preference.full_clean(exclude=["person"], validate_unique=False)
    if changed or not preference.pk:
        preference.save()
        trail.write(preference, verb, by=by, at=at, changes=changed)
    return preference


def _plain(value: Any) -> Any:
    return value.isoformat("minutes") if isinstance(value, time) else value
