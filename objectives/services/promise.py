"""Promises: the person something was promised to says whether it is kept, by log-in, by link, or by QR code and PIN.

An answer counts until 14 days after the question; then the promise stands as unconfirmed. Asking again gives a new link
and never more time.
"""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _

from objectives.models import ImprovementAction, Promise
from objectives.services.improvement_notice import log_in_of, tell
from qms.letters import Composed, Obsolete
from qms.models import OutboxMessage, Reminder, User
from qms.services import job, outbox, secret_link
from qms.services import person as person_service
from qms.services import record as record_service

LETTER = "promise"
LIFETIME = timedelta(days=14)
Answer = Promise.Answer
Status = ImprovementAction.Status
ASKED_IN = frozenset({Status.DONE, Status.CHECKED})


class CannotAnswer(Exception):
    """The link or PIN does not, or does no longer, open a question; the message says what to do."""


class CannotAsk(Exception):
    """There is nothing to ask, or nobody; the message says why."""


def put(action: ImprovementAction, *, at: datetime) -> Promise | None:
    """Ask the person an action was promised to whether it is kept: a part of completing it, which seals.

    None when it was promised to nobody else than its owner. Side effects: the question, a notice to a person who logs
    in, a letter in the outbox to one who has only an address. The link of anybody else is made by ``ask_again``.
    """
    if action.promised_to is None or action.promised_to_id == action.owner_id:
        return None
    unknown = secret_link.digest(secret_link.new_secret())
    question = Promise(action=action, person=action.promised_to, token_digest=unknown, asked_at=at)
    record_service.validate(question)
    question.save(force_insert=True)
    _deliver(question, at=at)
    return question


@transaction.atomic
def ask_again(action: ImprovementAction, *, by: User, at: datetime) -> Promise:
    """Hand the open question out anew, or ask afresh after it lapsed; the link given before is void.

    Who neither logs in nor has an e-mail address gets a link by hand: it is in ``secret_link`` and nowhere else, and an
    answer through it says so. An open question keeps the day it was asked on. Writes a version and the trail. Raises
    CannotAsk.
    """
    current = record_service.lock(action)
    if current.status not in ASKED_IN:
        raise CannotAsk(_("Somebody is asked once the action is done, and until it is closed."))
    question = pending(current)
    if question is None:
        last = current.questions.order_by("-pk").first()
        if last is not None and last.answer != Answer.LAPSED:
            raise CannotAsk(_("This promise is answered already."))
        question = put(current, at=at)
    else:
        _deliver(question, at=at)
    if question is None:
        raise CannotAsk(_("Nobody but the owner was promised anything here."))
    if log_in_of(question.person, at=at) is None and not has_mail(question):
        secret = secret_link.new_secret()
        question.token_digest, question.is_handed_over = secret_link.digest(secret), True
        question.save(update_fields=["token_digest", "is_handed_over"])
        question.secret_link = secret_link.address_of("objectives:promise-answer", secret)
    record_service.seal(
        current, "improvement_action.promise_asked", by=by, at=at, facts={"promised_to": question.person.name}
    )
    return question


def pending(action: ImprovementAction) -> Promise | None:
    """The question that waits for its answer, if any."""
    return action.questions.filter(answer="").select_related("person").first()


def take_back(action: ImprovementAction, *, at: datetime) -> None:
    """End an open question because the action is not done after all; a part of reopening it, which seals."""
    action.questions.filter(answer="").update(answer=Answer.TAKEN_BACK, answered_at=at)


def open_questions(at: datetime) -> QuerySet[Promise]:
    """Questions that can still be answered, by who has not left, with what their page shows."""
    rows = Promise.objects.filter(
        answer="", asked_at__gt=at - LIFETIME, action__status__in=ASKED_IN, person__deactivated_at=None
    )
    return rows.select_related("action__site", "action__area", "action__owner", "person").order_by("asked_at", "pk")


def open_at(uid: uuid.UUID, *, at: datetime) -> Promise | None:
    """The question at an action's QR code, for who has a PIN; the code shows the action to anybody who knows its uid.

    About something confidential one is asked by log-in or by one's own link only.
    """
    found = open_questions(at).filter(action__uid=uid, person__pin_hash__gt="", action__is_confidential=False)
    return found.first()


def questions_for(user: User, *, at: datetime) -> QuerySet[Promise]:
    """Promises made to the user that wait for an answer."""
    return open_questions(at).filter(person_id=user.person_id)


def by_token(token: str, *, at: datetime) -> Promise:
    """The question a link opens. Raises CannotAnswer for an unknown, used or lapsed one, without telling which."""
    found = open_questions(at).filter(token_digest=secret_link.digest(token)).first()
    if found is None:
        raise CannotAnswer(_("This link is not open any more. Ask the person who gave it to you for a new one."))
    return found


def check_pin(question: Promise, pin: str) -> None:
    """Let the person of the question in by PIN. Raises CannotAnswer."""
    try:
        if person_service.check_pin(question.person, pin):
            return
    except person_service.TooManyPinFailures as error:
        raise CannotAnswer(str(error)) from error
    raise CannotAnswer(_("This is not the PIN of %(name)s. Try again.") % {"name": question.person.name})


@transaction.atomic
def answer(
    question: Promise, *, answer: str, words: str, by: User | None, at: datetime, through: str = ""
) -> Promise:  # fmt: skip
    """Take the answer: kept lets the action be closed, not kept takes it back into progress.

    ``by`` is None for who answers by link or PIN; the version names the person and the way the answer came in
    (``through``; empty: the question's own link). Side effects: the answer, a version, a
    trail entry, a notice to the owner. Raises CannotAnswer when it was answered or taken back meanwhile.
    """
    current = record_service.lock(question.action)
    words = words.strip()[:400]
    way = through or (Promise.Way.HANDED if question.is_handed_over else Promise.Way.MAIL)
    facts = {"answer": answer, "words": words, "answered_at": at, "answered_by": by, "answered_through": way}
    waiting = Promise.objects.filter(pk=question.pk, answer="", asked_at__gt=at - LIFETIME)
    if answer not in (Answer.KEPT, Answer.NOT_KEPT) or not waiting.update(**facts):
        raise CannotAnswer(_("This question is answered already. Thank you."))
    if answer == Answer.KEPT:
        record_service.seal(current, "improvement_action.promise_kept", by=by, at=at, reason=words)
        text = _("%(name)s says: %(reference)s is kept.")
    else:
        record_service.move(current, Status.IN_PROGRESS)
        current.completed_on = None
        record_service.seal(current, "improvement_action.promise_not_kept", by=by, at=at, reason=words)
        text = _("%(name)s says: not yet. %(reference)s is in progress again.")
    tell(current.owner, text % {"name": question.person.name, "reference": current.reference}, current, at=at)
    return Promise.objects.get(pk=question.pk)


def lapse_overdue(*, at: datetime) -> int:
    """Let every question lapse that was asked 14 days ago or earlier; returns how many. A second run finds none."""
    overdue = Promise.objects.filter(answer="", asked_at__lte=at - LIFETIME).order_by("pk")
    return sum(_lapse(question, at=at) for question in overdue.select_related("action__site", "person"))


@transaction.atomic
def _lapse(question: Promise, *, at: datetime) -> bool:
    current = record_service.lock(question.action)
    if not Promise.objects.filter(pk=question.pk, answer="").update(answer=Answer.LAPSED, answered_at=at):
        return False
    record_service.seal(current, "improvement_action.promise_lapsed", by=None, at=at)
    words = {"name": question.person.name, "reference": current.reference}
    tell(current.owner, _("%(name)s has not answered; %(reference)s stands as unconfirmed.") % words, current, at=at)
    return True


def compose_question(message: OutboxMessage, at: datetime) -> Composed:
    """The question with a link of its own; each time it is composed the link before is void. Raises Obsolete."""
    question = open_questions(at).filter(pk=message.about or 0).first()
    if question is None or not has_mail(question):
        raise Obsolete(_("This question cannot be answered any more"))
    context = {
        "name": question.person.name, "action": question.action, "action_url": fresh_link(question),
        "action_label": _("Answer"), "days": LIFETIME.days,
    }  # fmt: skip
    subject = _("%(owner)s asks: is this promise kept?") % {"owner": question.action.owner.name}
    return Composed(to=question.person.email, subject=subject, template="emails/promise", context=context)


def fresh_link(question: Promise) -> str:
    """A new link to answer at, for a letter that is composed right now: the secret never stands anywhere else."""
    secret = secret_link.new_secret()
    facts = {"token_digest": secret_link.digest(secret), "is_handed_over": False}
    Promise.objects.filter(pk=question.pk, answer="").update(**facts)
    return secret_link.address_of("objectives:promise-answer", secret)


def reminder_link(reminder: Reminder) -> str:
    """Where the person reminded answers: with the log-in, or by a fresh link that nobody else gets."""
    question = Promise.objects.select_related("person").get(pk=reminder.subject)
    if getattr(question.person, "user", None) is not None:
        return secret_link.address_of("objectives:promise-mine", question.pk)
    return fresh_link(question)


def has_mail(question: Promise) -> bool:
    """Whether the person can be mailed the question."""
    return bool(question.person.email) and question.person.is_active


def _deliver(question: Promise, *, at: datetime) -> None:
    user = log_in_of(question.person, at=at)
    if user is not None:
        words = {"owner": question.action.owner.name, "title": question.action.title}
        text = _("%(owner)s asks whether a promise to you is kept: %(title)s") % words
        job.notify(user, text, at=at, url=reverse("objectives:promise-mine", args=[question.pk]))
    elif has_mail(question):
        outbox.drop_about(LETTER, question.pk, reason=_("Sent anew"))
        outbox.put(LETTER, person_id=question.person_id, about=question.pk, at=at)
