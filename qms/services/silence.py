"""Noticing that background work stands still, and telling people by another way than background work.

Workers and beat leave a pulse in the shared cache every PULSE_SECONDS. Whoever looks finds a part silent when its pulse
is older than SILENT_AFTER; ``manage.py watchdog``, which neither is, looks every minute and sends the mail itself.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import structlog
from django.conf import settings
from django.core.cache import cache
from django.core.mail import EmailMultiAlternatives
from django.db import transaction
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _

from qms.models import Organization, Silence, User
from qms.permissions import Permission

PULSE_SECONDS = 30
SILENT_AFTER = timedelta(minutes=5)
log = structlog.get_logger(__name__)


def pulse(part: str, *, at: datetime) -> None:
    """Say that a part lives. Never raises: a cache that is away must not end what lives."""
    try:
        cache.set(_key(part), at.timestamp(), timeout=None)
    except Exception as error:  # noqa: BLE001  whatever the cache's driver raises
        log.warning("pulse_not_kept", part=part, error=str(error))


def last_heard() -> dict[str, datetime | None]:
    """When each part was last heard of; one read of the cache."""
    found = cache.get_many([_key(part) for part in Silence.Part.values])
    return {part: _moment(found.get(_key(part))) for part in Silence.Part.values}


def silent_parts(*, at: datetime) -> dict[str, datetime | None]:
    """The parts that are silent now, with when they were last heard of; None: never since the cache was emptied."""
    return {part: last for part, last in last_heard().items() if last is None or at - last > SILENT_AFTER}


@transaction.atomic
def look(*, at: datetime, since: datetime) -> list[Silence]:
    """Begin and end silences as the pulses say; returns those that are open. Idempotent.

    ``since`` is when watching began: a part that was never heard of is given SILENT_AFTER from then. Side effects:
    Silence rows.
    """
    heard = last_heard()
    silent = {part for part, last in heard.items() if at - max(last or since, since) > SILENT_AFTER}
    for row in Silence.objects.filter(ended_at=None).exclude(part__in=silent):
        if heard[row.part] is not None:
            row.ended_at = at
            row.save(update_fields=["ended_at"])
    for part in sorted(silent):
        Silence.objects.get_or_create(
            part=part, ended_at=None, defaults={"last_heard_at": heard[part], "noticed_at": at}
        )
    return list(Silence.objects.filter(ended_at=None).order_by("noticed_at", "pk"))  # fmt: skip


def tell(silences: list[Silence], *, at: datetime) -> int:
    """Mail those silences nobody was told of yet to everybody who watches what is sent; returns how many were told.

    Not by the outbox, which stands still as well. Side effects: one mail to each, ``told_at``. Raises OSError when the
    mail server does not answer; nothing is marked then, and the next look tries again.
    """
    news = [silence for silence in silences if silence.told_at is None]
    readers = [user.email for user in User.objects.filter(is_active=True) if user.can(Permission.REMINDER_EDIT)]
    if not news or not readers:
        return 0
    context = {
        "silences": news, "organization_name": Organization.current().name, "action_label": _("See what waits"),
        "action_url": settings.PUBLIC_URL + reverse("qms:reminder-watch"),
        "minutes": int(SILENT_AFTER.total_seconds() // 60),
    }  # fmt: skip
    mail = EmailMultiAlternatives(
        _("Reminders and packs stand still"), render_to_string("emails/silence.txt", context), bcc=readers
    )
    mail.attach_alternative(render_to_string("emails/silence.html", context), "text/html")
    mail.send()
    Silence.objects.filter(pk__in=[silence.pk for silence in news]).update(told_at=at)
    return len(news)


def _key(part: str) -> str:
    return f"pulse:{part}"


def _moment(value: float | None) -> datetime | None:
    return datetime.fromtimestamp(value, UTC) if value is not None else None
