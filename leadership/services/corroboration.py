"""Corroboration: people who were there are asked, answer once without a log-in, and are counted from five answers up.

What keeps an anonymous answer anonymous: its row has no participant and only a date; the invitation keeps only the day
it was used on; the trail entry has that day instead of the time, and no request id that a log file could be joined by.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta

import structlog
from django.db import models, transaction
from django.utils.translation import gettext as _

from leadership.models import Activity, Answer, Invitation
from leadership.models.corroboration import AnswerQuerySet
from qms.letters import Composed, Obsolete
from qms.models import CountUpTo, OutboxMessage, RecordPerson, Reminder, User
from qms.services import outbox, secret_link, trail
from qms.services import person as person_service
from qms.services import record as record_service

LETTER = "corroboration"
LIFETIME = timedelta(days=14)
MAX_FAILED_PINS = 10
MOST_ANSWERS = 10_000


class CannotInvite(Exception):
    """Nobody can be asked about this activity now; the message says why."""


class CannotAnswer(Exception):
    """The link or PIN does not, or does no longer, open a question; the message says what to do."""


@dataclass(frozen=True)
class Tally:
    """Answers that may be shown: how many there are of each, and words, in no order that tells who."""

    n: int
    happened: list[tuple[str, int]]
    point: list[tuple[str, int]]
    points_raised: int
    words: list[tuple[str, str]]
    ways: list[tuple[str, int]]


def tally(answers: AnswerQuerySet, *, with_words: bool = False) -> Tally | None:
    """Count answers, or None while fewer than five may be shown. One query.

    A name stands beside somebody's words only, never beside a yes or no: who answered without a name could otherwise
    be found by taking the named ones away. How people came in is counted over everybody who answered so far.
    """
    ways = _ways_counted() if with_words else []
    rows = list(answers.shown().values_list("happened", "point", "words", "participant__name", "activity_id", *ways))
    if not rows:
        return None
    happened, point = Counter(row[0] for row in rows), Counter(row[1] for row in rows)
    raised = [value for value in Answer.Point.values if value != Answer.Point.NONE]
    return Tally(
        n=len(rows),
        happened=[(str(choice.label), happened[choice.value]) for choice in Answer.Happened],
        point=[(str(Answer.Point(value).label), point[value]) for value in raised],
        points_raised=sum(point[value] for value in raised),
        words=sorted((row[2], row[3] or "") for row in rows if row[2]) if with_words else [],
        ways=_ways({row[4]: row[5:] for row in rows}.values()),
    )


def _ways_counted() -> list[CountUpTo]:
    """For each way, how many of an answer's activity came in by it; read along with the answers."""
    answered = Invitation.objects.filter(activity_id=models.OuterRef("activity_id")).exclude(answered_at=None)
    return [CountUpTo(answered.filter(answered_through=way), MOST_ANSWERS) for way in Invitation.Way]


def _ways(of_activities: Iterable[Sequence[int]]) -> list[tuple[str, int]]:
    sums = [sum(numbers) for numbers in zip(*of_activities, strict=True)]
    return [(str(way.label), number) for way, number in zip(Invitation.Way, sums, strict=False) if number]


@transaction.atomic
def invite(activity: Activity, *, participant_ids: Iterable[int], by: User, at: datetime) -> list[Invitation]:
    """Ask people met whether it happened; who has an unanswered invitation gets a fresh one in its place.

    Side effects: invitations for 14 days, a trail entry, a letter in the outbox to each with an address. The links
    of people without one are in ``secret_link`` of the invitations returned, and nowhere else: only hashes are kept.
    Raises CannotInvite.
    """
    current = record_service.lock(activity)
    if current.status != Activity.Status.LOGGED:
        raise CannotInvite(_("People can be asked about a logged activity only."))
    chosen = current.participants.filter(part=RecordPerson.Part.MET, pk__in=list(participant_ids))
    people = [p for p in chosen.select_related("person", "invitation").order_by("position", "pk") if not _answered(p)]
    if not people:
        raise CannotInvite(_("Choose at least one person who was met and has not answered yet."))
    invitations = [_invitation(current, person, by=by, at=at) for person in people]
    names = [person.name for person in people]
    trail.write(current, "activity.invited", by=by, at=at, changes={"invited": names})
    for invitation in invitations:
        if invitation.email:
            _send_later(invitation, at=at)
    return invitations


def _answered(participant: RecordPerson) -> bool:
    invitation = getattr(participant, "invitation", None)
    return bool(invitation and invitation.answered_at)


def _invitation(activity: Activity, participant: RecordPerson, *, by: User, at: datetime) -> Invitation:
    token = secret_link.new_secret()
    email = participant.person.email if participant.person and participant.person.is_active else ""
    invitation, _is_new = Invitation.objects.update_or_create(
        participant=participant,
        defaults={
            "activity": activity, "token_hash": token_hash(token), "created_at": at, "created_by": by,
            "expires_at": at + LIFETIME, "failed_pins": 0, "is_handed_over": not email,
        },
    )  # fmt: skip
    invitation.email = email
    invitation.secret_link = "" if invitation.email else link_of(token)
    return invitation


def link_of(token: str) -> str:
    """The address a person answers at."""
    return secret_link.address_of("leadership:answer", token)


def token_hash(token: str) -> str:
    """What is kept of a token."""
    return secret_link.digest(token)


def _send_later(invitation: Invitation, *, at: datetime) -> None:
    outbox.drop_about(LETTER, invitation.pk, reason=_("Sent anew"))
    person = invitation.participant.person
    if person is not None:
        outbox.put(LETTER, person_id=person.pk, about=invitation.pk, at=at)


def compose_invitation(message: OutboxMessage, at: datetime) -> Composed:
    """The question with a link of its own; each time it is composed the link before is void. Raises Obsolete.

    The token is made here, so that it never lies in the outbox.
    """
    rows = open_invitations(at).select_related("activity__owner", "activity__activity_type", "participant__person")
    invitation = rows.filter(pk=message.about or 0).first()
    participant = invitation.participant if invitation else None
    if invitation is None or participant is None or participant.person is None or not participant.person.is_active:
        raise Obsolete(_("This question cannot be answered any more"))
    context = {
        "name": participant.name, "activity": invitation.activity, "action_url": fresh_link(invitation),
        "action_label": _("Answer"), "days": LIFETIME.days,
    }  # fmt: skip
    subject = _("%(leader)s asks: did this happen?") % {"leader": invitation.activity.owner.name}
    return Composed(to=participant.person.email, subject=subject, template="emails/corroboration", context=context)


def fresh_link(invitation: Invitation) -> str:
    """A new link to answer at, for a letter that is composed right now: the token never stands anywhere else."""
    token = secret_link.new_secret()
    Invitation.objects.filter(pk=invitation.pk, answered_at=None).update(token_hash=token_hash(token))
    return link_of(token)


def reminder_link(reminder: Reminder) -> str:
    """Where the person reminded answers: with the log-in, or by a fresh link that nobody else gets."""
    invitation = Invitation.objects.select_related("participant__person").get(pk=reminder.subject)
    if getattr(invitation.participant.person, "user", None) is not None:
        return secret_link.address_of("leadership:answer-mine", invitation.pk)
    return fresh_link(invitation)


def by_token(token: str, *, at: datetime) -> Invitation:
    """The invitation a link opens. Raises CannotAnswer for an unknown, used or expired one, without telling which."""
    found = open_invitations(at).filter(token_hash=token_hash(token)).first()
    if found is None:
        raise CannotAnswer(_("This link is not open any more. Ask the person who gave it to you for a new one."))
    return found


def open_at(activity: Activity, *, at: datetime) -> list[Invitation]:
    """Who may still answer at the activity's QR code: invited, with a PIN.

    The code shows the activity to anybody who knows its uid; about a confidential one people are asked by link only.
    """
    if activity.is_confidential:
        return []
    return list(open_invitations(at).filter(activity=activity, participant__person__pin_hash__gt=""))


def open_invitations(at: datetime) -> models.QuerySet[Invitation]:
    """Invitations that can still be answered, by who has not left, with what the question shows."""
    rows = Invitation.objects.filter(answered_at=None, expires_at__gt=at, activity__status=Activity.Status.LOGGED)
    rows = rows.filter(participant__person__deactivated_at=None)  # a free name has nobody who could have left
    related = ("activity__site", "activity__owner", "activity__activity_type", "participant__person")
    return rows.filter(failed_pins__lt=MAX_FAILED_PINS).select_related(*related).order_by("participant__name", "pk")


def check_pin(invitation: Invitation, pin: str) -> None:
    """Let the person of the invitation in by PIN. Raises CannotAnswer; ten wrong PINs end the invitation."""
    person = invitation.participant.person
    try:
        if person is not None and person_service.check_pin(person, pin):
            return
    except person_service.TooManyPinFailures as error:
        raise CannotAnswer(str(error)) from error
    Invitation.objects.filter(pk=invitation.pk).update(failed_pins=models.F("failed_pins") + 1)
    raise CannotAnswer(_("Name and PIN do not fit together. Check both and try again."))


@transaction.atomic
def answer(
    invitation: Invitation, *, happened: str, point: str, words: str, is_anonymous: bool, at: datetime,
    through: str = "",
) -> Answer:  # fmt: skip
    """Take the one answer of an invitation, which came in ``through`` (empty: the invitation's own link).

    Side effects: the answer, the invitation's day of use and way, a trail entry that says an answer came in, never what
    it was.
    Raises CannotAnswer when it was used meanwhile, and ValidationError.
    """
    record_service.lock(invitation.activity)
    day = at.astimezone(invitation.activity.site.zone).date()
    day_start = datetime.combine(day, time.min, tzinfo=invitation.activity.site.zone)
    way = through or (Invitation.Way.HANDED if invitation.is_handed_over else Invitation.Way.MAIL)
    unanswered = Invitation.objects.filter(pk=invitation.pk, answered_at=None)
    if not unanswered.update(answered_at=day_start, answered_through=way):
        raise CannotAnswer(_("You have answered already. Thank you."))
    given = Answer(
        activity=invitation.activity, participant=None if is_anonymous else invitation.participant, happened=happened,
        point=point, words=words.strip(), answered_on=day,
    )  # fmt: skip
    record_service.validate(given)
    given.save(force_insert=True)
    with structlog.contextvars.bound_contextvars(request_id=""):
        trail.write(invitation.activity, "activity.answered", by=None, at=day_start)
    return given
