"""Asking the holder of a role by mail: one tap opens it, to be accepted with a signature or with the own PIN."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.utils import timezone
from django.utils.translation import gettext as _

from leadership.models import Role
from objectives.services.improvement_notice import log_in_of
from qms.letters import Composed, Obsolete
from qms.models import OutboxMessage, Person, Reminder
from qms.services import digest, outbox, secret_link

LETTER = "role_offer"
LINK_LIFETIME = timedelta(days=14)


def tell(role: Role, *, at: datetime) -> None:
    """Put the letter into the outbox, in place of one not sent yet; nothing for a holder who could not answer it."""
    outbox.drop_about(LETTER, role.pk, reason=_("Sent anew"))
    if role.holder is not None and role.holder.email and _can_answer(role.holder, at=at):
        outbox.put(LETTER, person_id=role.holder.pk, about=role.pk, at=at)


def compose(message: OutboxMessage, at: datetime) -> Composed:
    """The letter; the secret of a link is made here, so that it never lies in the outbox. Raises Obsolete."""
    found = Role.objects.filter(pk=message.about or 0, status=Role.Status.OFFERED, holder_id=message.person_id)
    role = found.select_related("holder", "owner", "site").first()
    if role is None or role.holder is None:
        raise Obsolete(_("Answered meanwhile, or not asked any more"))
    if not _can_answer(role.holder, at=at):
        raise Obsolete(_("There is neither a log-in nor a PIN"))
    what = role.reference if role.is_confidential else role.title
    context = {
        "name": role.holder.name, "owner": role.owner.name, "what": what, "due_on": role.due_on,
        "is_by_pin": log_in_of(role.holder, at=at) is None, "days": LINK_LIFETIME.days,
        "action_url": _address(role, role.holder, at=at), "action_label": _("Read it and answer"),
    }  # fmt: skip
    return Composed(role.holder.email, _("You are asked to accept the role “%s”") % what, "emails/role_offer", context)


def reminder_link(reminder: Reminder) -> str:
    """Where the person reminded answers; who is told instead of the holder, or besides, only comes to the role."""
    role = Role.objects.select_related("holder").get(pk=reminder.record_id)
    at = timezone.now()
    if role.holder is None or role.holder_id != reminder.person_id or not _can_answer(role.holder, at=at):
        return digest.open_url(reminder)
    return _address(role, role.holder, at=at)


def fresh_link(role: Role, *, at: datetime) -> str:
    """An address with a new secret, good for 14 days; the one before is void. The row keeps its digest."""
    secret = secret_link.new_secret()
    kept = {"link_digest": secret_link.digest(secret), "link_expires_at": at + LINK_LIFETIME}
    Role.objects.filter(pk=role.pk).update(**kept)
    return secret_link.address_of("leadership:role-answer", secret)


def _can_answer(holder: Person, *, at: datetime) -> bool:
    return log_in_of(holder, at=at) is not None or bool(holder.pin_hash)


def _address(role: Role, holder: Person, *, at: datetime) -> str:
    if log_in_of(holder, at=at) is not None:
        return secret_link.address_of("leadership:role-accept", role.pk)
    return fresh_link(role, at=at)
