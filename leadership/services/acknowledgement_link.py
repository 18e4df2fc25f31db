"""How people come to what they are asked to read: by a notice, a mail, a link handed over, or name and PIN."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.core import signing
from django.db import transaction
from django.db.models import F, Q
from django.utils.translation import gettext as _

from leadership.models import AcknowledgementCampaign, Addressee
from leadership.services.acknowledgement import CannotAcknowledge, CannotAsk, missing
from leadership.services.acknowledgement_letter import RELATED, tell
from qms.models import Person, User
from qms.models.person import searchable
from qms.services import person as person_service
from qms.services import record as record_service
from qms.services import secret_link, trail

REMIND_AGAIN = timedelta(hours=20)
"""The shortest time between two reminders of one campaign, so that each may come at the same hour of the next day."""
MAX_FAILED_PINS = 10
PASS_SECONDS = 15 * 60
"""How long somebody who came in by PIN has for reading."""
NAMESAKES = 3


@transaction.atomic
def remind(campaign: AcknowledgementCampaign, *, by: User, at: datetime) -> int:
    """Remind everybody missing, and nobody else; returns how many they are.

    Side effects: a trail entry, notices, letters in the outbox; links mailed before are void. Raises CannotAsk (over,
    nobody is missing, reminded less than REMIND_AGAIN ago).
    """
    current = record_service.lock(campaign)
    if current.status not in AcknowledgementCampaign.RUNNING:
        raise CannotAsk(_("This campaign is over."))
    if current.reminded_at and at - current.reminded_at < REMIND_AGAIN:
        raise CannotAsk(_("They were reminded less than a day ago. Give them time."))
    count = missing(current).count()
    if not count:
        raise CannotAsk(_("Nobody is missing."))
    current.reminded_at = at
    AcknowledgementCampaign.objects.filter(pk=current.pk).update(reminded_at=at)
    trail.write(current, "acknowledgement.reminded", by=by, at=at, changes={"missing": count})
    tell(current, at=at)
    return count


@transaction.atomic
def hand_over(addressee: Addressee, *, by: User, at: datetime) -> Addressee:
    """A fresh link for one person missing, in ``secret_link`` and nowhere else; the one before is void.

    An acknowledgement through it says that it was handed over. Writes the trail. Raises CannotAsk.
    """
    current = record_service.lock(addressee.campaign)
    found = missing(current).filter(pk=addressee.pk).select_related(*RELATED).first()
    if found is None:
        raise CannotAsk(_("This person is not missing any more."))
    secret = secret_link.new_secret()
    found.token_digest, found.is_handed_over = secret_link.digest(secret), True
    found.save(update_fields=["token_digest", "is_handed_over"])
    found.secret_link = secret_link.address_of("leadership:acknowledge", secret)
    trail.write(current, "acknowledgement.link_handed", by=by, at=at, changes={"who": found.person.name})
    return found


def by_token(token: str) -> Addressee:
    """Whom a link is for. Raises CannotAcknowledge for an unknown, used or void one, without telling which."""
    rows = Addressee.objects.missing().filter(token_digest=secret_link.digest(token), person__deactivated_at=None)
    found = rows.select_related(*RELATED).first()
    if found is None:
        raise CannotAcknowledge(_("This link is not open any more. Ask the person who gave it to you for a new one."))
    return found


def by_name_and_pin(campaign: AcknowledgementCampaign, name: str, pin: str) -> Addressee:
    """Who is at the shared device: a name or e-mail address as it is written here, and the PIN.

    Of people who share a name it is the one whose PIN fits; after the name and a comma, the job title, area or shift
    tells them apart. Every refusal reads the same and takes as long, so that nobody learns who is asked. Five wrong
    PINs within 15 minutes make a person wait, ten wrong ones end this way for the campaign. Raises CannotAcknowledge.
    """
    rows = Addressee.objects.asked().filter(_named(name), campaign=campaign, failed_pins__lt=MAX_FAILED_PINS)
    found = list(rows.select_related(*RELATED).order_by("pk")[:NAMESAKES]) if searchable(name) else []
    fits, wrong = person_service.whose_pin([addressee.person for addressee in found], pin)
    mine = [addressee for addressee in found if addressee.person in fits]
    if len(mine) > 1:
        raise CannotAcknowledge(_(
            "Two people of this name have this PIN. Add a comma and your job title or area after the name."
        ))  # fmt: skip
    if mine:
        if mine[0].acknowledged_at:
            raise CannotAcknowledge(_("You have acknowledged this already. Thank you."))
        return mine[0]
    Addressee.objects.filter(campaign=campaign, person__in=wrong).update(failed_pins=F("failed_pins") + 1)
    if not found:
        person_service.check_pin(Person(name=name), pin)
    raise CannotAcknowledge(_(
        "Name and PIN do not fit together here. Check both. After five wrong PINs wait 15 minutes, or ask for a link."
    ))  # fmt: skip


def _named(text: str) -> Q:
    """People of that name or address; “Ana Pop, Setter” or “Ana Pop, Goods in, B”: those of them who fit the rest."""
    name, *marks = (part.strip() for part in text.split(","))
    narrowed = Q(person__search_name=searchable(name))
    for mark in filter(None, marks):
        narrowed &= (
            Q(person__job_title__iexact=mark) | Q(person__area__name__iexact=mark) | Q(person__shift__iexact=mark)
        )
    whole = Q(person__search_name=searchable(text)) | (Q(person__email__iexact=text.strip()) & ~Q(person__email=""))
    return whole | narrowed


def pass_for(addressee: Addressee) -> str:
    """What lets the person at the shared device read and acknowledge for PASS_SECONDS; it is kept nowhere."""
    return signing.dumps(addressee.pk, salt="leadership.acknowledgement")


def by_pass(campaign: AcknowledgementCampaign, text: str) -> Addressee:
    """Whom a pass was given to. Raises CannotAcknowledge when it is too old, void, or of another campaign."""
    try:
        pk = signing.loads(text, salt="leadership.acknowledgement", max_age=PASS_SECONDS)
    except signing.BadSignature as error:
        raise CannotAcknowledge(_("This took too long. Begin again with your name and PIN.")) from error
    rows = Addressee.objects.missing().filter(pk=pk, campaign=campaign, person__deactivated_at=None)
    found = rows.select_related(*RELATED).first()
    if found is None:
        raise CannotAcknowledge(_("You are not asked here any more."))
    return found
