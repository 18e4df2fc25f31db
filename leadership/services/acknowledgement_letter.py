"""Telling people that they are asked to read something: a notice to who logs in, a letter with a link to the others."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Exists, OuterRef, Q
from django.urls import reverse
from django.utils.translation import gettext as _

from leadership.models import AcknowledgementCampaign, Addressee
from leadership.models.acknowledgement import AddresseeQuerySet
from qms.letters import Composed, Obsolete
from qms.models import Notification, OutboxMessage, User
from qms.services import outbox, secret_link

LETTER = "acknowledgement"
BATCH = 500
RELATED = ("campaign__site", "campaign__owner", "campaign__subject", "person")


def tell(campaign: AcknowledgementCampaign, *, at: datetime) -> None:
    """Tell everybody missing who was not told since the campaign began or its last reminder; a part of the act that
    asks or reminds. Side effects: notices, letters in the outbox. A handful of queries for every five hundred people.
    """
    untold = _untold(campaign).annotate(logs_in=_logs_in(at)).order_by("pk")
    rows = list(untold.values_list("pk", "person_id", "person__email", "logs_in"))
    for start in range(0, len(rows), BATCH):
        part = rows[start : start + BATCH]
        _notify(campaign, {person: pk for pk, person, _email, logs_in in part if logs_in}, at=at)
        OutboxMessage.objects.bulk_create(
            outbox.new(LETTER, person_id=person, about=pk, at=at)
            for pk, person, email, logs_in in part
            if email and not logs_in
        )
        Addressee.objects.filter(pk__in=[row[0] for row in part]).update(told_at=at)
    outbox.wake()


def _untold(campaign: AcknowledgementCampaign) -> AddresseeQuerySet:
    rows, never = Addressee.objects.filter(campaign=campaign).missing(), Q(told_at=None)
    return rows.filter(never | Q(told_at__lt=campaign.reminded_at) if campaign.reminded_at else never)


def _logs_in(at: datetime) -> Exists:
    users = User.objects.filter(person_id=OuterRef("person_id"), is_active=True)
    return Exists(users.filter(Q(access_expires_at=None) | Q(access_expires_at__gt=at)))


def _notify(campaign: AcknowledgementCampaign, people: dict[int, int], *, at: datetime) -> None:
    """A notice for each person (key) that leads to their place among those asked (value)."""
    users = User.objects.filter(person_id__in=people).order_by("pk").values_list("pk", "person_id")
    Notification.objects.bulk_create(
        Notification(
            user_id=user, text=subject_of(campaign)[:300], at=at,
            url=reverse("leadership:acknowledge-mine", args=[people[person]]),
        )
        for user, person in users
    )  # fmt: skip


def subject_of(campaign: AcknowledgementCampaign) -> str:
    """What people are told; of something confidential only its reference."""
    return _("Please read and acknowledge: %s") % what_of(campaign)


def what_of(campaign: AcknowledgementCampaign) -> str:
    """What is read: its title, of something confidential only its reference."""
    return campaign.subject.reference if campaign.is_confidential else campaign.title


def compose(message: OutboxMessage, at: datetime) -> Composed:  # noqa: ARG001  every letter is given the time
    """The letter with a link of its own; each time it is composed the link before is void. Raises Obsolete.

    The secret is made here, so that it never lies in the outbox.
    """
    rows = Addressee.objects.missing().filter(pk=message.about or 0, person__deactivated_at=None)
    addressee = rows.select_related(*RELATED).first()
    if addressee is None:
        raise Obsolete(_("Acknowledged meanwhile, or not asked any more"))
    secret = secret_link.new_secret()
    claim = {"token_digest": secret_link.digest(secret), "is_handed_over": False}
    Addressee.objects.filter(pk=addressee.pk, acknowledged_at=None).update(**claim)
    context = {
        "name": addressee.person.name, "campaign": addressee.campaign, "what": what_of(addressee.campaign),
        "action_url": secret_link.address_of("leadership:acknowledge", secret), "action_label": _("Read it"),
    }  # fmt: skip
    subject = subject_of(addressee.campaign)
    return Composed(addressee.person.email, subject, template="emails/acknowledgement", context=context)
